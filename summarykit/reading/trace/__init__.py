"""What flows through a model: its forward, watched on a copy that holds shapes and no numbers.

The caller's model is never run and never written; a copy of stand-ins is. Nothing is computed, and no memory is
needed beyond what a model's structure takes.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from time import monotonic
from typing import Any

from torch import nn

from summarykit.reading.layer_kinds import WRAPPERS
from summarykit.reading.trace.attempt import FAKE, META, REAL, Attempt
from summarykit.reading.trace.lazy import materialise_lazy
from summarykit.reading.trace.never_called import uncalled_layers
from summarykit.runs import RunRecord

__all__ = ["materialise_lazy", "run"]


def run(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    layer_numbers: Mapping[int, int],
    how: str = FAKE,
    seconds: float = 60.0,
    inputs_from: str = "given",
) -> RunRecord:
    """Return what one forward of *model* tells. Nothing on *model* or the inputs changes, no exception comes out.

    With ``how="fake"`` nothing is computed: the forward runs on fake tensors; where that fails, once more with other
    answers to what it asks about values, and on meta. What got furthest is told. With ``how="real"`` a copy
    of the model computes.

    Args:
        model: The caller's model.
        args: What its forward is given by position.
        kwargs: What its forward is given by name.
        layer_numbers: The number of each layer, by the id of its module.
        how: ``"fake"`` or ``"real"``.
        seconds: How long it may take at most.
        inputs_from: Where the inputs come from, in words.

    """
    deadline = monotonic() + seconds
    with warnings.catch_warnings():  # some parts of torch are loaded now, and add filters of their own
        best = furthest(model, args, kwargs, layer_numbers, how, deadline)
    if best.out_of_time:
        best.error = f"TimeoutError: the forward did not end within {seconds:g} seconds"
    return run_record(best, model, layer_numbers, inputs_from)


def furthest(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    layer_numbers: Mapping[int, int],
    how: str,
    deadline: float,
) -> Attempt:
    """Return the first try that ends well, else the one that got furthest."""
    best: Attempt | None = None
    for kind, yes in ((REAL, False),) if how == REAL else ((FAKE, False), (FAKE, True), (META, False)):
        if best is not None and yes and not best.policy.unsure:
            continue  # it would be the same run again
        attempt = Attempt(kind, yes=yes, deadline=deadline)
        attempt.run(model, args, kwargs, layer_numbers)
        if best is None or attempt.ok or attempt.call_count > best.call_count:
            best = attempt
        if attempt.ok or attempt.out_of_time:
            break
    assert best is not None
    return best


def run_record(attempt: Attempt, model: nn.Module, layer_numbers: Mapping[int, int], inputs_from: str) -> RunRecord:
    """Return the record of a try."""
    recorder = attempt.recorder
    calls = recorder.records()
    ok = attempt.ok
    failed_call = recorder.failed if not ok else -1
    while failed_call >= 0 and calls[failed_call].layer < 0:
        failed_call = calls[failed_call].caller
    layers_without_calls = (
        ()
        if attempt.model_clone is None
        else uncalled_layers(
            attempt.model_clone, layer_numbers, {call.layer for call in calls if call.layer >= 0}, recorder.used
        )
    )
    return RunRecord(
        how=attempt.how,
        ok=ok,
        inputs=attempt.inputs,
        inputs_from=inputs_from,
        calls=calls,
        uncalled=layers_without_calls,
        reasons=reasons(attempt, model),
        notes=notes(attempt, model),
        uncounted=tuple(sorted(recorder.uncounted.items())),
        peak_inference=recorder.activations.peak if ok else None,
        peak_training=recorder.activations.total if ok else None,
        error=attempt.error,
        failed_at=calls[failed_call].layer if failed_call >= 0 else -1,
        met=calls[failed_call].inputs if failed_call >= 0 else (),
    )


def reasons(attempt: Attempt, model: nn.Module) -> tuple[str, ...]:
    """Return what was assumed, in words, in the order it was."""
    assert attempt.model_clone is not None or not attempt.recorder.reasons
    originals = (
        {} if attempt.model_clone is None else {id(shell): original for original, shell in attempt.model_clone.pairs}
    )
    return tuple(
        f"{what} in {path_of(originals.get(id(module)), model)}: {answer}"
        for (what, answer, _), module in attempt.recorder.reasons.items()
    )


def notes(attempt: Attempt, model: nn.Module) -> tuple[str, ...]:
    """Return what else is to be known of the run, in words."""
    if attempt.model_clone is None:
        return ()
    left_out = [f"hooks of {path_of(module, model)} were left out" for module in attempt.model_clone.left_out]
    shared_values_notes = [
        f"{what} in {path_of(owner, model)} was not copied: the run used the model's own"
        for what, owner in attempt.model_clone.shared_values.items()
    ]
    threads = [
        "layers were called in other threads: what they multiply is not counted"
    ] * attempt.recorder.other_threads
    return (*left_out, *shared_values_notes, *threads)


def path_of(target: nn.Module | None, model: nn.Module) -> str:
    """Return the first path of a module in backquotes, wrappers seen through; of the root, "the model"."""
    stack: list[tuple[str, nn.Module]] = [("", model)]
    seen_ids: set[int] = set()
    while stack:
        path, module = stack.pop()
        if module is target:
            return f"`{path}`" if path else "the model"
        if id(module) in seen_ids:
            continue
        seen_ids.add(id(module))
        kind = type(module)
        child_name = WRAPPERS.get(f"{kind.__module__}.{kind.__qualname__}")
        children = module.__dict__.get("_modules")
        for name, child in reversed(children.items()) if children else ():
            if child is not None:
                stack.append((path if name == child_name else f"{path}.{name}" if path else name, child))
    return "the model"
