"""The columns of ``summary.folded``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from summarykit.records import LayerRecord
from summarykit.summary.columns.spec import ColumnSpec
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import FoldedRow, Folding, borrowed_from
from summarykit.summary.texts import ExplanationTexts


@dataclass(frozen=True)
class FoldedRows:
    """The rows of ``summary.folded``, and what several of its columns need."""

    data: SummaryData

    @cached_property
    def rows(self) -> tuple[FoldedRow, ...]:
        """The rows of the folded tree."""
        return Folding(self.data).rows

    @cached_property
    def layers(self) -> list[LayerRecord]:
        """The first layer of each row."""
        return [self.data.layers[row.layer] for row in self.rows]

    @cached_property
    def texts(self) -> list[ExplanationTexts]:
        """Formula and sentence of each row."""
        return [self.data.texts(layer) for layer in self.layers]

    def of_all_copies(self, values: list[int]) -> list[int]:
        """Return for each row the number of its first layer in *values*, times the layers it stands for."""
        return [values[row.layer] * row.times for row in self.rows]


def _evidences(rows: FoldedRows) -> list[str | None]:
    whys = rows.data.records.explanations
    return [str(whys[layer.explanation].evidence) if layer.explanation >= 0 else None for layer in rows.layers]


def _macs(rows: FoldedRows) -> list[int]:
    return [rows.data.flows[row.layer].macs * row.times for row in rows.rows]


#: In the order of the frame.
FOLDED_COLUMNS: tuple[ColumnSpec[FoldedRows], ...] = (
    ColumnSpec(
        name="path",
        dtype="object",
        meaning="The path with the numbers of the copies: `layers.0–31.mlp`. Of many ranges in one step the first two "
        "and the last are listed, `layers.3,7,…,67`; in no step, with how many are between: "
        "`layers.0–1,3–6,…55 more…,74–75`.",
        values=lambda rows: [row.path for row in rows.rows],
    ),
    ColumnSpec(
        name="type",
        dtype="object",
        meaning="The class.",
        values=lambda rows: [rows.data.records.types[layer.type].name for layer in rows.layers],
    ),
    ColumnSpec(
        name="depth",
        dtype="int64",
        meaning="How many rows it is in.",
        unit="rows",
        values=lambda rows: [row.depth for row in rows.rows],
    ),
    ColumnSpec(
        name="copies",
        dtype="int64",
        meaning="How many siblings the row stands for.",
        unit="layers",
        values=lambda rows: [row.copies for row in rows.rows],
    ),
    ColumnSpec(
        name="times",
        dtype="int64",
        meaning="How many layers: copies, times those of every row around it.",
        unit="layers",
        values=lambda rows: [row.times for row in rows.rows],
    ),
    ColumnSpec(
        name="first",
        dtype="object",
        meaning="The path of the first of them.",
        values=lambda rows: [layer.path for layer in rows.layers],
    ),
    ColumnSpec(
        name="parameters",
        dtype="Int64",
        meaning="The parameters of one copy itself.",
        unit="parameters",
        values=lambda rows: [rows.data.columns.own[row.layer] for row in rows.rows],
    ),
    ColumnSpec(
        name="adds_to_total",
        dtype="int64",
        meaning="What all copies add to the total themselves.",
        unit="parameters",
        total="parameters",
        values=lambda rows: rows.of_all_copies(rows.data.columns.adds),
    ),
    ColumnSpec(
        name="total",
        dtype="int64",
        meaning="What all copies add with everything inside.",
        unit="parameters",
        values=lambda rows: rows.of_all_copies(rows.data.columns.counted),
    ),
    ColumnSpec(
        name="formula",
        dtype="object",
        meaning="Of one copy, in names.",
        values=lambda rows: [text.formula for text in rows.texts],
    ),
    ColumnSpec(
        name="formula_numbers",
        dtype="object",
        meaning="In numbers, with the result.",
        values=lambda rows: [text.equation for text in rows.texts],
    ),
    ColumnSpec(
        name="evidence",
        dtype="object",
        meaning="How far it is proven.",
        values=_evidences,
    ),
    ColumnSpec(
        name="macs",
        dtype="Int64",
        meaning="Multiply-accumulates of all copies themselves, in a forward pass.",
        unit="MACs",
        total="macs",
        of_run=True,
        values=_macs,
    ),
    ColumnSpec(
        name="shared_with",
        dtype="object",
        meaning="Where the parameters are counted if not here; `layers.0–31.mlp` if each copy shares within itself.",
        values=lambda rows: [
            borrowed_from(rows.data, layer, row.path) for layer, row in zip(rows.layers, rows.rows, strict=True)
        ],
    ),
)
