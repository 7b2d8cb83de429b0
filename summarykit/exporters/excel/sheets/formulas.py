"""The Formulas sheet: one block for each kind of layer, with counts computed from cells that can be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from summarykit.exporters.excel.cells.live_blocks import (
    CHECK_WIDTH,
    NOTE_WIDTH,
    FormulaBlock,
    Geometry,
    InputColumn,
    fit_rows,
    geometry,
    input_columns,
    make_block,
    number_width,
)
from summarykit.exporters.excel.cells.live_cells import Record, Sources, inputs_of
from summarykit.exporters.excel.sheets.formula_links import Arrangement, Place, arrange
from summarykit.exporters.excel.sheets.formula_rows import counted_elsewhere, formula_record, size_record
from summarykit.exporters.view.words import join_words
from summarykit.records import Explanation, LayerRecord, LayerType
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, LayerGroup

SIZE_ONLY = "No formula is known for these layers. The count is the size of their own tensors, which checks nothing."
ELSEWHERE = "These are further places of layers that stand above: one and the same layer, counted there."


class FormulaSheet(NamedTuple):
    """What the Formulas sheet shows."""

    blocks: tuple[FormulaBlock, ...]
    records: Mapping[str, list[Record]]  #: the rows of each block, by its id
    places: Mapping[int, str]  #: of the first layer of each row: ``kind0[3]``
    layers: int  #: layers with parameters of their own
    agreeing: int  #: layers whose count agrees with PyTorch
    beyond: int  #: what formulas count beyond PyTorch where the two differ, in all copies
    has_links: bool  #: some input follows the layer before it
    proven: bool  #: every input does, but for the first
    notes: bool
    has_frozen: bool  #: some parameters are frozen
    geometry: Geometry


#: What makes layers one kind: class, what the formula is about, and its text.
_Kind = tuple[LayerType, str, str]


def formula_sheet(data: SummaryData, folding: Folding, title: str, *, live: bool = True) -> FormulaSheet:
    """Return the Formulas sheet; without *live* its cells are numbers, for models beyond Excel's 15 digits."""
    arrangement = arrange(data, folding)
    kinds, sizes, elsewhere = _sorted_by_kind(data, arrangement)
    blocks: list[FormulaBlock] = []
    records: dict[str, list[Record]] = {}
    columns = {kind: input_columns([_why(data, row) for _, row in rows]) for kind, rows in kinds.items()}
    places = {
        row.layers[0]: f"kind{number}[{at}]"
        for number, rows in enumerate([*kinds.values(), *([sizes] if sizes else [])])
        for at, (_, row) in enumerate(rows)
    }
    for number, (kind, rows) in enumerate(kinds.items()):
        inputs = columns[kind]
        keys = {name: columns_of_kind.key for name, columns_of_kind in inputs.items()}
        name = f"kind{number}"
        cells = {row.layers[0]: _sources(data, row, arrangement, columns, places) for _, row in rows}
        records[name] = [
            formula_record(data, at, row, keys, cells[row.layers[0]], title, live=live) for at, row in rows
        ]
        about = _why(data, rows[0][1]).about
        blocks.append(make_block(name, _title(kind[0].name, inputs), about, len(rows), tuple(inputs.values())))
    if sizes:
        name = f"kind{len(kinds)}"
        records[name] = [size_record(data, at, row, title, live=live) for at, row in sizes]
        blocks.append(make_block(name, "Size only", SIZE_ONLY, len(sizes), heading="Shapes"))
    if elsewhere:
        records["elsewhere"] = [counted_elsewhere(data, at, row, title) for at, row in elsewhere]
        blocks.append(make_block("elsewhere", "Counted elsewhere", ELSEWHERE, len(elsewhere), heading="Counted where"))
    notes = any(record["note"] for columns_of_kind in records.values() for record in columns_of_kind)
    has_frozen = bool(data.totals.frozen)
    return FormulaSheet(
        blocks=tuple(blocks),
        records=records,
        places=places,
        layers=data.checks.graded_layers,
        agreeing=data.checks.checked_layers,
        beyond=sum(_beyond(data, row) for rows in kinds.values() for _, row in rows),
        has_links=bool(arrangement.links) and live,
        proven=arrangement.proven,
        notes=notes,
        has_frozen=has_frozen,
        geometry=geometry(blocks, records, fit_rows(records), _columns(data, has_frozen=has_frozen, notes=notes)),
    )


def _columns(data: SummaryData, *, has_frozen: bool, notes: bool) -> dict[str, int]:
    """Return the columns right of the words, with their widths."""
    count = number_width([data.totals.parameters], 14)
    numbers = {"copies": 10, "by": count, "known": count, "difference": max(12, count), "check": CHECK_WIDTH}
    more = (
        {"counted": max(16, count)} | ({"training": 13} if has_frozen else {}) | ({"note": NOTE_WIDTH} if notes else {})
    )
    return numbers | more


def _title(kind: str, inputs: Mapping[str, InputColumn]) -> str:
    """Return the title of a block, with the names of tensors beyond the formula."""
    extra = [name.removesuffix(".numel") for name in inputs if name.endswith(".numel")]
    return f"{kind} with {join_words(extra)}" if extra else kind


def _why(data: SummaryData, row: LayerGroup) -> Explanation:
    why = data.explanation(data.layers[row.layers[0]])
    assert why is not None, "a row of Formulas is a layer that holds parameters"
    return why


def _beyond(data: SummaryData, row: LayerGroup) -> int:
    """Return by how much the formula of a row differs from PyTorch; 0 if its parameters are counted elsewhere."""
    layer = row.layers[0]
    own, value = data.columns.own[layer], _why(data, row).value
    if own is None or value is None or not data.columns.adds[layer]:
        return 0
    return (value - own) * len(row.layers)


_NumberedGroups = list[tuple[int, LayerGroup]]


def _sorted_by_kind(
    data: SummaryData, arrangement: Arrangement
) -> tuple[dict[_Kind, _NumberedGroups], _NumberedGroups, _NumberedGroups]:
    """Return the numbered rows of each kind, those that have a size only, and those counted elsewhere."""
    kinds: dict[_Kind, _NumberedGroups] = {}
    sizes: _NumberedGroups = []
    elsewhere: _NumberedGroups = []
    for number, row in enumerate(arrangement.rows, 1):
        layer, why = data.layers[row.layers[0]], _why(data, row)
        if layer.alias_of >= 0:
            elsewhere.append((number, row))
        elif why.formula is None or why.value is None:
            sizes.append((number, row))
        else:
            kinds.setdefault(_kind(data, layer, why), []).append((number, row))
    return kinds, sizes, elsewhere


def _kind(data: SummaryData, layer: LayerRecord, why: Explanation) -> _Kind:
    assert why.formula is not None
    return (data.records.types[layer.type], why.about, why.formula.source)


def _sources(
    data: SummaryData,
    row: LayerGroup,
    arrangement: Arrangement,
    columns: Mapping[_Kind, Mapping[str, InputColumn]],
    places: Mapping[int, str],
) -> Sources:
    """Return for each linked input of a row the cell it follows: ``{ref:kind0[3].in1}``."""
    cells: dict[str, str] = {}
    for name in inputs_of(_why(data, row)):
        here: Place = (row.layers[0], name)
        if here in arrangement.links:
            source, gives = arrangement.links[here]
            layer, why = data.layers[source], data.explanation(data.layers[source])
            assert why is not None
            cells[name] = f"{{ref:{places[source]}.{columns[_kind(data, layer, why)][gives].key}}}"
    return cells
