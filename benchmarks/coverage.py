"""How far formulas reach: the default model of each transformers configuration, by grade of evidence.

Run by ``make coverage-of-formulas``. Models are built on the meta device, one after another; what takes longer than
the limit to build is left out and said so. Each result is written as it comes, so that a stopped run goes on where
it was; ``--fresh`` starts again.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

SECONDS = 20
STATE = Path(__file__).parents[1] / "build" / "coverage-of-formulas.jsonl"
CHECKED = ("verified", "from source")


class TookTooLong(Exception):
    """A model was not built within the limit."""


@contextmanager
def limit(seconds: int) -> Iterator[None]:
    """Raise ``TookTooLong`` in the block after so many seconds."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def measured(config: type[Any]) -> dict[str, Any]:
    """Return layers and parameters by grade, and the classes without a formula, of one default model."""
    import torch
    from transformers import MODEL_MAPPING

    import summarykit

    result: dict[str, Any] = {"model": config.__name__}
    try:
        classes = MODEL_MAPPING[config]
        cls = classes[0] if isinstance(classes, tuple | list) else classes
        with limit(SECONDS), torch.device("meta"):
            model = cls(config())
    except TookTooLong:
        return {**result, "left_out": f"not built within {SECONDS} s"}
    except Exception as error:  # noqa: BLE001 - what a default configuration lacks
        return {**result, "left_out": f"{type(error).__name__}: {error}"[:120]}
    summary = summarykit.summarize(model)
    unknown: Counter[str] = Counter()
    for layer in summary.data.layers:
        why = summary.data.explanation(layer)
        if why and layer.alias_of < 0 and str(why.evidence) not in CHECKED:
            unknown[f"{summary.data.records.types[layer.type].name}: {why.evidence}"] += 1
    return {
        **result,
        "grades": {str(grade.evidence): [grade.layers, grade.parameters] for grade in summary.checks.grades},
        "unknown": dict(unknown),
    }


def kept() -> dict[str, dict[str, Any]]:
    """Return the results of a run that was stopped."""
    if not STATE.exists():
        return {}
    found = [json.loads(line) for line in STATE.read_text(encoding="utf-8").splitlines()]
    return {result["model"]: result for result in found}


def run() -> dict[str, dict[str, Any]]:
    """Measure what is not measured yet, and return everything."""
    from rich.console import Console
    from rich.progress import track
    from transformers import MODEL_MAPPING

    results = kept()
    STATE.parent.mkdir(exist_ok=True)
    console = Console(file=sys.stderr)
    with STATE.open("a", encoding="utf-8") as out:
        for config in track(list(MODEL_MAPPING.keys()), "Models", console=console, disable=not console.is_terminal):
            if config.__name__ in results:
                continue
            results[config.__name__] = measured(config)
            out.write(json.dumps(results[config.__name__]) + "\n")
            out.flush()
            gc.collect()
    return results


def tell(results: dict[str, dict[str, Any]], *, each: bool) -> None:
    """Print shares by grade, overall and per model, then the classes without a formula, biggest first."""
    done = [result for result in results.values() if "grades" in result]
    layers: Counter[str] = Counter()
    parameters: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for result in done:
        for grade, (count, size) in result["grades"].items():
            layers[grade] += count
            parameters[grade] += size
        unknown.update(result["unknown"])
        if each:
            total = sum(count for count, _ in result["grades"].values())
            shares = ", ".join(f"{grade} {count}" for grade, (count, _) in result["grades"].items())
            print(f"{result['model']}: {total} layers with parameters: {shares}")
    print(f"{len(done)} models, {len(results) - len(done)} left out (not built within {SECONDS} s, or not at all)")
    for grade in sorted(layers, key=lambda grade: -layers[grade]):
        share, size = layers[grade] / layers.total(), parameters[grade] / parameters.total()
        print(f"  {grade:32} {layers[grade]:>9,} layers {share:8.3%}   {parameters[grade]:>21,} parameters {size:9.4%}")
    print("without a checked formula, biggest first:")
    for name, count in unknown.most_common(40):
        print(f"  {count:>6,} {name}")


def main() -> None:
    """Measure and print."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="forget an earlier run")
    parser.add_argument("--each", action="store_true", help="print every model")
    options = parser.parse_args()
    if options.fresh:
        STATE.unlink(missing_ok=True)
    tell(run(), each=options.each)


if __name__ == "__main__":
    main()
