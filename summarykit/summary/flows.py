"""What flowed through each layer of a watched run: calls, sizes and multiply-accumulates, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from summarykit.records import LayerRecord
from summarykit.runs import CallRecord, Flow, RunRecord
from summarykit.summary.totals import added_up

#: Of a layer that is no row of a run: a second place of a module, or one made while it ran.
NOT_CALLED = "never called"


class LayerFlow(NamedTuple):
    """What one layer did in all its calls."""

    calls: tuple[int, ...]  #: indices of its calls, in order
    inputs: tuple[Flow, ...]  #: of its first call
    outputs: tuple[Flow, ...]  #: of its first call that ended
    varies: bool  #: other calls have other sizes
    macs: int  #: of its own operators, in all calls
    macs_total: int  #: with all layers inside
    output_bytes: int  #: of all calls
    status: str  #: why it was not called; empty where it was
    approximate: bool
    done: bool  #: every call of it ended


class Trace(NamedTuple):
    """What a run told of itself."""

    how: str  #: "fake", "meta", "real", or "off" where nothing was run
    ok: bool
    error: str  #: type and message of the exception that ended it
    failed_at: str | None  #: path of the layer whose call did not end
    approximate: tuple[str, ...]  #: why sizes and counts are assumed, in words
    inputs: tuple[Flow, ...]
    inputs_from: str
    met: tuple[Flow, ...]  #: what the layer that failed was given
    notes: tuple[str, ...]
    uncounted: tuple[tuple[str, int], ...]  #: operators nobody can count, and how often each ran
    peak_inference: int | None  #: bytes
    peak_training: int | None  #: bytes


def make_trace(run: RunRecord, layers: Sequence[LayerRecord]) -> Trace:
    """Return what *run* told of itself."""
    failed_at = layers[run.failed_at].path if run.failed_at >= 0 else None
    return Trace(
        run.how,
        run.ok,
        run.error,
        failed_at,
        run.reasons,
        run.inputs,
        run.inputs_from,
        run.met,
        run.notes,
        run.uncounted,
        run.peak_inference,
        run.peak_training,
    )


def layer_flows(run: RunRecord, layers: Sequence[LayerRecord]) -> list[LayerFlow]:
    """Return what each layer did; a second place of a module has none of its own."""
    calls: list[list[int]] = [[] for _ in layers]
    own = [0] * len(layers)
    for index, call in enumerate(run.calls):
        if call.layer >= 0:
            calls[call.layer].append(index)
        at = nearest_layer(run.calls, index)
        if at >= 0:
            own[at] += call.macs
    totals = added_up(layers, own)
    status = dict(run.uncalled)
    return [
        _flow(run.calls, calls[layer.id], own[layer.id], totals[layer.id], status.get(layer.id, "")) for layer in layers
    ]


def nearest_layer(calls: Sequence[CallRecord], index: int) -> int:
    """Return the layer a call belongs to: its own, or that of the nearest call around it that is in the model."""
    while index >= 0:
        if calls[index].layer >= 0:
            return calls[index].layer
        index = calls[index].caller
    return -1


def _flow(calls: Sequence[CallRecord], indices: Sequence[int], own: int, total: int, status: str) -> LayerFlow:
    records = [calls[index] for index in indices]
    first = next((call for call in records if call.done), records[0] if records else None)
    if first is None:
        return LayerFlow((), (), (), False, own, total, 0, status, False, True)
    return LayerFlow(
        calls=tuple(indices),
        inputs=first.inputs,
        outputs=first.outputs,
        varies=any(call.inputs != first.inputs or call.outputs != first.outputs for call in records),
        macs=own,
        macs_total=total,
        output_bytes=sum(call.output_bytes for call in records),
        status="",
        approximate=any(call.approximate for call in records),
        done=all(call.done for call in records),
    )
