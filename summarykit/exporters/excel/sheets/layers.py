"""The Layers sheet: the tree of layers, with equal layers in one row or each in its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from summarykit.exporters.excel.cells.labels import plain_note, quiet
from summarykit.exporters.excel.cells.lazy_rows import Extent, LazyRows, extents
from summarykit.exporters.excel.cells.live_blocks import WIDEST, number_width
from summarykit.exporters.excel.cells.row_height import between, row_height
from summarykit.exporters.excel.values import SheetColumn
from summarykit.exporters.view.columns import cell_of, in_words
from summarykit.exporters.view.rows import shared_note
from summarykit.exporters.view.tree import VisibleRows, visible_places
from summarykit.exporters.view.words import count_noun, shape_words, visible
from summarykit.expression import Words
from summarykit.runs import Flow
from summarykit.summary.columns import REPORT_COLUMNS, RowContext, Share
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, own_name
from summarykit.summary.selection import RowFilter, Selection, choose

#: Labels of columns that differ from other reports.
_LABELS = {
    "macs": "Multiplications per run", "macs_total": "Multiplications with everything inside",
    "macs_formula": "Multiplications by formula", "macs_evidence": "Evidence of multiplications",
    "trainable": "Learned in training", "frozen": "Kept fixed", "check": "Check",
}  # fmt: skip
#: Columns that hold names: their digits are not numbers.
_NAMES = {"path", "type", "qualified_type", "raw_path", "shared_with"}
#: How wide a column of text is at least and at most, and what is added to its longest text.
_TEXTS = {
    "type": (16, 2, 40), "weight_shape": (12, 0, 32), "bias_shape": (8, 0, 24), "formula": (24, 0, 44),
    "input_shapes": (16, 1, 32), "output_shapes": (16, 1, 32), "check": (8, 0, 8),
}  # fmt: skip
_WIDTHS = {"times": 10, "calls": 8, "total": 18, "share": 10}


def default_keys(*, with_copies: bool, with_run: bool) -> tuple[str, ...]:
    """Return the columns of the sheet if none are selected."""
    flow = ("calls", "input_shapes", "output_shapes", "macs", "macs_total") if with_run else ()
    copies = ("times",) if with_copies else ()
    sizes = ("parameters", "adds_to_total", "total", "share")
    return ("type", *copies, "weight_shape", "bias_shape", "formula", *flow, *sizes)


def sheet_columns(data: SummaryData, keys: Sequence[str], extents: Mapping[str, Extent]) -> list[SheetColumn]:
    """Return the columns of these names; left-aligned text after a right-aligned column is indented."""
    columns, before = [], "left"
    for key in keys:
        column = REPORT_COLUMNS[key]
        head, style = _styles(key, column.align, after=before == "right" or key == "type")
        columns.append(SheetColumn(key, _LABELS.get(key, column.heading), head, style, _width(data, key, extents[key])))
        before = column.align
    return columns


def _styles(key: str, align: str, *, after: bool) -> tuple[str, str]:
    """Return the styles of a column's heading and of its cells."""
    if align == "left":
        return ("after", "line text after") if after else ("", "line text")
    return ("headinset" if key == "total" else "headright"), f"line {_NUMBERS.get(key, 'count')}"


_NUMBERS = {"times": "times", "total": "countinset", "share": "share"}


def _width(data: SummaryData, key: str, extent: Extent) -> int:
    if key in _WIDTHS:
        return _WIDTHS[key]
    if key in ("parameters", "adds_to_total"):
        return number_width([data.totals.parameters], 16)
    if key in ("macs", "macs_total"):
        return number_width([sum(call.macs for call in data.run.calls)], 22)
    if REPORT_COLUMNS[key].align == "right":
        return number_width([extent.largest], 14)
    least, more, most = _TEXTS.get(key, (16, 0, 44))
    return between(least, width_for(extent) + more, most)


def width_for(extent: Extent) -> int:
    """Return the width that the longest text of a column needs, with room beside it."""
    return min(extent.longest, WIDEST * 2) + 3


def sheet_cell(key: str, subject: RowContext) -> object:
    """Return the content of a column, as text or number."""
    data, layer = subject.data, subject.layer
    if key in ("input_shapes", "output_shapes"):
        return _flow(data, layer.id, key)
    if key == "adds_to_total" and layer.explanation < 0:
        return None
    cell = cell_of(key, subject)
    if isinstance(cell, Share):
        return cell.part / cell.whole if cell.whole else 0.0
    if cell is None or isinstance(cell, int):
        return "" if cell is None and REPORT_COLUMNS[key].align == "left" else cell
    text = in_words(cell)
    return visible(text) if key in _NAMES else quiet(text)


def _flow(data: SummaryData, layer: int, key: str) -> str:
    """Return the size of what enters or leaves a layer in a run; empty at a further place of a module."""
    if not data.flows or data.layers[layer].alias_of >= 0:
        return ""
    flow = data.flows[layer]
    return sizes(flow.outputs) if key == "output_shapes" else sizes(flow.inputs) or flow.status


def sizes(flows: Sequence[Flow]) -> str:
    """Return the shape of the first of these tensors, and how many more there are; without those inside others."""
    more = sum("." not in flow.name for flow in flows[1:])
    return quiet(shape_words(flows[0].shape)) + (f" and {more} more" if more else "") if flows else ""


#: Excel holds 1,048,576 rows; some stand above and below the tree.
MOST_ROWS = 1_048_500
_TOO_LONG = "More layers than a sheet has rows: repeated ones stand in one."
#: The largest indent; deeper rows have the same.
_MOST_INDENT = 12


class _Place(NamedTuple):
    layer: int
    name: str
    path: str
    times: int
    hidden_rows: int  #: rows inside it that are not shown, nor inside another one that is


class LayerSheet(NamedTuple):
    """What the Layers sheet shows, and how wide its columns are."""

    rows: LazyRows[_Place]
    columns: tuple[SheetColumn, ...]  #: beside name and path
    has_copies: bool  #: equal layers stand in one row, with a column for their number
    notes: bool
    widths: tuple[int, ...]
    message: str  #: what is left out, in a sentence
    deepest: int  #: level of its rows


def layer_sheet(data: SummaryData, folding: Folding, selection: Selection, title: str, *, fold: bool) -> LayerSheet:
    """Return one row for each group of equal layers, or for each layer; of the selected ones, in the selected order.

    If *fold* is False but a sheet has too few rows, equal layers are folded, with a message. A last row has what is
    left out, so that the columns still add up to the totals.
    """
    row_filter = choose(data, selection)
    places, left_out = _places(data, folding, row_filter, fold=fold or len(data.layers) > MOST_ROWS)
    has_copies = any(place.times > 1 for place in places)
    keys = selection.columns or default_keys(with_copies=has_copies, with_run=bool(data.flows))
    keys = tuple(key for key in keys if key != "path")
    rest = [_rest(left_out, keys)] if left_out and left_out.rows else []
    sizes = extents(
        LazyRows(places, lambda place: _row(data, place, title, keys, row_filter), rest), {"name": "indent"}
    )
    notes = sizes["note"].longest > 0
    columns = sheet_columns(data, keys, sizes)
    widths = {
        "name": between(30, width_for(sizes["name"]), WIDEST),
        "path": between(34, width_for(sizes["path"]), WIDEST),
        **{column.key: column.width for column in columns},
        **({"note": 44} if notes else {}),
    }

    def row_of(place: _Place) -> Mapping[str, object]:
        return _with_height(_row(data, place, title, keys, row_filter), widths)

    too_long = _TOO_LONG if has_copies and not fold else ""
    message = " ".join(filter(None, (too_long, quiet(left_out.sentence) if left_out else "")))
    rows = LazyRows(places, row_of, [_with_height(row, widths) for row in rest])
    return LayerSheet(
        rows, tuple(columns), has_copies, notes, tuple(widths.values()), message, deepest=sizes["level"].largest
    )


def _with_height(row: dict[str, object], widths: Mapping[str, int]) -> dict[str, object]:
    name = (row["name"], widths["name"] - 2 * int(str(row["indent"])))
    return row | {"height": row_height(name, *((row[key], width) for key, width in widths.items() if key != "name"))}


def _places(
    data: SummaryData, folding: Folding, row_filter: RowFilter, *, fold: bool
) -> tuple[list[_Place], VisibleRows | None]:
    """Return the rows of the sheet, and what is left out where something may be."""
    if not row_filter.selection.leaves_out and row_filter.selection.sort == "model" and not fold:
        return [_Place(layer.id, own_name(layer, data), layer.path, 1, 0) for layer in data.layers], None
    if row_filter.apart or not fold:
        folding = Folding(data, fold, row_filter.apart)
    visible_rows = visible_places(data, folding, MOST_ROWS, with_empty=True, row_filter=row_filter)
    rows = ((folding.rows[place.row], place.hidden_rows) for place in visible_rows.places)
    return [_Place(row.layer, row.name, row.path, row.times, hidden_rows) for row, hidden_rows in rows], visible_rows


def _row(data: SummaryData, place: _Place, title: str, keys: Sequence[str], row_filter: RowFilter) -> dict[str, object]:
    layer = data.layers[place.layer]
    depth = data.columns.depth[layer.id]
    subject = RowContext(data, layer, place.times, place.path)
    aside = row_filter.around(layer.id) or not (data.columns.total[layer.id] or layer.explanation >= 0)
    return {
        "name": visible(place.name or title),
        "path": visible(place.path),
        **{key: sheet_cell(key, subject) for key in keys},
        "note": _note(data, place),
        "level": depth,
        "indent": min(depth, _MOST_INDENT),
        "look": "root" if depth == 0 else "aside" if aside else "",
        "name_look": "strong" if depth == 1 else "",
    }


def _note(data: SummaryData, place: _Place) -> str:
    """Return where the numbers of a row are counted, if not here, and how much inside it is not shown."""
    note = plain_note(shared_note(data, data.layers[place.layer], place.path, place.times))
    missing = quiet(Words(count_noun(place.hidden_rows, "row"), " not shown")) if place.hidden_rows else ""
    return "; ".join(filter(None, (note, missing)))


def _rest(left_out: VisibleRows, keys: Sequence[str]) -> dict[str, object]:
    """Return the last row: what all rows that are not shown add to the totals."""
    sums = {"adds_to_total": left_out.parameters, "macs": left_out.macs}
    return {
        "name": quiet(Words(count_noun(left_out.rows, "row"), " not shown")),
        "path": "",
        **{key: sums.get(key, "") for key in keys},
        "note": "",
        "level": 0,
        "indent": 0,
        "look": "aside",
        "name_look": "",
    }
