"""The columns of ``summary.calls``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from summarykit.records import LayerRecord
from summarykit.runs import CallRecord, Flow
from summarykit.summary.columns.spec import ColumnSpec
from summarykit.summary.data import SummaryData
from summarykit.summary.texts import ExplanationTexts


@dataclass(frozen=True)
class CallRows:
    """The rows of ``summary.calls``, and what several of its columns need."""

    data: SummaryData

    @property
    def calls(self) -> tuple[CallRecord, ...]:
        """One record a row."""
        return self.data.run.calls

    @cached_property
    def layers(self) -> list[LayerRecord | None]:
        """The layer of each call; None for a module that is no part of the model."""
        return [self.data.layers[call.layer] if call.layer >= 0 else None for call in self.calls]

    @cached_property
    def texts(self) -> list[ExplanationTexts]:
        """Formula and sentence of the multiply-accumulates of each call."""
        return [self.data.compute_texts[call.compute] for call in self.calls]


def _inputs(value: Callable[[Flow], object]) -> Callable[[CallRows], list[object]]:
    return lambda rows: [tuple(map(value, call.inputs)) for call in rows.calls]


def _outputs(value: Callable[[Flow], object]) -> Callable[[CallRows], list[object]]:
    return lambda rows: [tuple(map(value, call.outputs)) for call in rows.calls]


def _types(rows: CallRows) -> list[str | None]:
    return [rows.data.records.types[layer.type].name if layer else None for layer in rows.layers]


def _reasons(rows: CallRows) -> list[str | None]:
    reasons = rows.data.run.reasons
    return ["; ".join(reasons[number] for number in call.approximate) or None for call in rows.calls]


#: In the order of the frame.
CALL_COLUMNS: tuple[ColumnSpec[CallRows], ...] = (
    ColumnSpec(
        name="path",
        dtype="object",
        meaning="The layer that was called; `None` for a module that is no part of the model.",
        values=lambda rows: [layer.path if layer else None for layer in rows.layers],
    ),
    ColumnSpec(
        name="type",
        dtype="object",
        meaning="Its class.",
        values=_types,
    ),
    ColumnSpec(
        name="caller",
        dtype="Int64",
        meaning="The row of the call it happened in; `<NA>` for the first.",
        values=lambda rows: [call.caller if call.caller >= 0 else None for call in rows.calls],
    ),
    ColumnSpec(
        name="inputs",
        dtype="object",
        meaning="The name of each tensor that entered: `input`, `mask.0`.",
        values=_inputs(lambda flow: flow.name),
    ),
    ColumnSpec(
        name="input_shapes",
        dtype="object",
        meaning="Their shapes.",
        values=_inputs(lambda flow: flow.shape),
    ),
    ColumnSpec(
        name="input_dtypes",
        dtype="object",
        meaning="Their dtypes.",
        values=_inputs(lambda flow: flow.dtype),
    ),
    ColumnSpec(
        name="outputs",
        dtype="object",
        meaning="The name of each tensor that left.",
        values=_outputs(lambda flow: flow.name),
    ),
    ColumnSpec(
        name="output_shapes",
        dtype="object",
        meaning="Their shapes.",
        values=_outputs(lambda flow: flow.shape),
    ),
    ColumnSpec(
        name="output_dtypes",
        dtype="object",
        meaning="Their dtypes.",
        values=_outputs(lambda flow: flow.dtype),
    ),
    ColumnSpec(
        name="output_bytes",
        dtype="int64",
        meaning="Their size.",
        unit="bytes",
        values=lambda rows: [call.output_bytes for call in rows.calls],
    ),
    ColumnSpec(
        name="macs",
        dtype="int64",
        meaning="Multiply-accumulates of the call itself.",
        unit="MACs",
        total="macs",
        values=lambda rows: [call.macs for call in rows.calls],
    ),
    ColumnSpec(
        name="macs_total",
        dtype="int64",
        meaning="With all calls inside.",
        unit="MACs",
        values=lambda rows: [call.macs_total for call in rows.calls],
    ),
    ColumnSpec(
        name="macs_formula",
        dtype="object",
        meaning="`macs` in numbers, with the result.",
        values=lambda rows: [text.equation for text in rows.texts],
    ),
    ColumnSpec(
        name="explanation",
        dtype="object",
        meaning="The same in words.",
        values=lambda rows: [text.sentence or None for text in rows.texts],
    ),
    ColumnSpec(
        name="operators",
        dtype="object",
        meaning="The operators of torch that multiplied, in order.",
        values=lambda rows: [tuple(operator.name for operator in call.operators) for call in rows.calls],
    ),
    ColumnSpec(
        name="done",
        dtype="bool",
        meaning="The call ended; `False` where the forward pass failed inside.",
        values=lambda rows: [call.done for call in rows.calls],
    ),
    ColumnSpec(
        name="approximate",
        dtype="object",
        meaning="What was assumed before it ended, in words; `None` where nothing was.",
        values=_reasons,
    ),
)
