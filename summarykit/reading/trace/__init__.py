"""Record a model's forward pass on a copy whose tensors have shapes and no values.

The caller's model is neither run nor changed: a copy made of fake tensors runs. Nothing is computed, and the copy
needs no memory for parameters.
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
    """Return the record of one forward pass of *model*. The model and the inputs do not change; no exception is raised.

    With ``how="fake"`` nothing is computed: the forward pass runs on fake tensors. If it fails, it runs again with
    other assumptions about values, and then on the meta device; the run that got furthest is returned. With
    ``how="real"`` a copy of the model computes.

    Args:
        model: The caller's model.
        args: Positional arguments of its forward.
        kwargs: Keyword arguments of its forward.
        layer_numbers: Layer number by id of the module.
        how: ``"fake"`` or ``"real"``.
        seconds: Time limit.
        inputs_from: Where the inputs come from, as text for the report.

    """
    deadline = monotonic() + seconds
    with warnings.catch_warnings():  # parts of torch are imported here, and add warning filters
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
    """Return the first attempt that succeeds, or the one that got furthest."""
    best: Attempt | None = None
    for kind, yes in ((REAL, False),) if how == REAL else ((FAKE, False), (FAKE, True), (META, False)):
        if best is not None and yes and not best.policy.unsure:
            continue  # no assumption was made, so the run would be the same
        attempt = Attempt(kind, yes=yes, deadline=deadline)
        attempt.run(model, args, kwargs, layer_numbers)
        if best is None or attempt.ok or attempt.call_count > best.call_count:
            best = attempt
        if attempt.ok or attempt.out_of_time:
            break
    assert best is not None
    return best


def run_record(attempt: Attempt, model: nn.Module, layer_numbers: Mapping[int, int], inputs_from: str) -> RunRecord:
    """Return the record of an attempt."""
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
    """Return the assumptions as text, in the order they were made."""
    assert attempt.model_clone is not None or not attempt.recorder.reasons
    originals = (
        {} if attempt.model_clone is None else {id(shell): original for original, shell in attempt.model_clone.pairs}
    )
    return tuple(
        f"{what} in {path_of(originals.get(id(module)), model)}: {answer}"
        for (what, answer, _), module in attempt.recorder.reasons.items()
    )


def notes(attempt: Attempt, model: nn.Module) -> tuple[str, ...]:
    """Return further notes on the run as text: hooks left out, objects not copied, other threads."""
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
    """Return a module's first path in backquotes, without the names of wrappers; "the model" for the root."""
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
