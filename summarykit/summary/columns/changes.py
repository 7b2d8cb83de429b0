"""The columns of ``diff.changes``."""

from __future__ import annotations

from collections.abc import Callable

from summarykit.summary.columns.spec import ColumnSpec
from summarykit.summary.data import SummaryData
from summarykit.summary.diff.comparison import Comparison

#: The value of one layer of a model.
_Value = Callable[[SummaryData, int], object]


def _before(value: _Value, missing: object = None) -> Callable[[Comparison], list[object]]:
    """Return *value* of each changed layer in the model before, and *missing* for a new one."""
    return lambda diff: [
        value(diff.before, change.before) if change.before >= 0 else missing for change in diff.changes
    ]


def _after(value: _Value, missing: object = None) -> Callable[[Comparison], list[object]]:
    """Return *value* of each changed layer in the model after, and *missing* for a removed one."""
    return lambda diff: [value(diff.after, change.after) if change.after >= 0 else missing for change in diff.changes]


def _path(data: SummaryData, layer: int) -> str:
    return data.layers[layer].path


def _type(data: SummaryData, layer: int) -> str:
    return data.records.types[data.layers[layer].type].name


def _formula(data: SummaryData, layer: int) -> str | None:
    return data.texts(data.layers[layer]).equation


def _adds(data: SummaryData, layer: int) -> int:
    return data.columns.adds[layer]


#: In the order of the frame.
CHANGE_COLUMNS: tuple[ColumnSpec[Comparison], ...] = (
    ColumnSpec(
        name="state",
        dtype="object",
        meaning="What happened to it first of all: the first of `states`.",
        values=lambda diff: [str(change.states[0]) for change in diff.changes],
    ),
    ColumnSpec(
        name="states",
        dtype="object",
        meaning="All that happened to it, a tuple; [the words](comparing.md#what-can-happen-to-a-layer).",
        values=lambda diff: [tuple(map(str, change.states)) for change in diff.changes],
    ),
    ColumnSpec(
        name="path",
        dtype="object",
        meaning="Its path after; `None` for a removed one.",
        values=_after(_path),
    ),
    ColumnSpec(
        name="path_before",
        dtype="object",
        meaning="Its path before; `None` for a new one.",
        values=_before(_path),
    ),
    ColumnSpec(
        name="type",
        dtype="object",
        meaning="Its class after.",
        values=_after(_type),
    ),
    ColumnSpec(
        name="type_before",
        dtype="object",
        meaning="Its class before.",
        values=_before(_type),
    ),
    ColumnSpec(
        name="formula",
        dtype="object",
        meaning="The formula in numbers after.",
        values=_after(_formula),
    ),
    ColumnSpec(
        name="formula_before",
        dtype="object",
        meaning="The formula in numbers before.",
        values=_before(_formula),
    ),
    ColumnSpec(
        name="adds_to_total",
        dtype="int64",
        meaning="What it adds to the total after.",
        unit="parameters",
        values=_after(_adds, missing=0),
    ),
    ColumnSpec(
        name="adds_to_total_before",
        dtype="int64",
        meaning="What it added before.",
        unit="parameters",
        values=_before(_adds, missing=0),
    ),
    ColumnSpec(
        name="parameters",
        dtype="int64",
        meaning="The difference.",
        unit="parameters",
        total="parameters",
        values=lambda diff: [change.change.parameters for change in diff.changes],
    ),
    ColumnSpec(
        name="trainable",
        dtype="int64",
        meaning="The change of what it adds to the trainable parameters.",
        unit="parameters",
        total="trainable",
        values=lambda diff: [change.change.trainable for change in diff.changes],
    ),
    ColumnSpec(
        name="bytes",
        dtype="int64",
        meaning="The change of its size.",
        unit="bytes",
        total="bytes",
        values=lambda diff: [change.change.bytes for change in diff.changes],
    ),
    ColumnSpec(
        name="buffers",
        dtype="int64",
        meaning="The change of its buffers.",
        unit="elements",
        total="buffers",
        values=lambda diff: [change.change.buffers for change in diff.changes],
    ),
    ColumnSpec(
        name="macs",
        dtype="Int64",
        meaning="The change of its multiply-accumulates; `<NA>` unless both models have a forward pass.",
        unit="MACs",
        total="macs",
        of_run=True,
        values=lambda diff: [change.change.macs for change in diff.changes],
    ),
    ColumnSpec(
        name="settings",
        dtype="object",
        meaning="Each setting that changed: name, before, after; a value is a tuple of one, empty if it was not set.",
        values=lambda diff: [tuple(map(tuple, change.settings)) for change in diff.changes],
    ),
    ColumnSpec(
        name="dtypes",
        dtype="object",
        meaning="Number formats before and after, each pair once.",
        values=lambda diff: [change.dtypes for change in diff.changes],
    ),
)
