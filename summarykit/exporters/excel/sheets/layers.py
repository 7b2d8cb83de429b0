"""The Layers sheet: the tree, repeated layers in one row with their number, or one row a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from summarykit.exporters.excel.cells.labels import plain_note, quiet
from summarykit.exporters.excel.cells.lazy_rows import LazyRows, extents
from summarykit.exporters.excel.cells.live_blocks import WIDEST
from summarykit.exporters.excel.cells.row_height import between, row_height
from summarykit.exporters.excel.sheets.layer_columns import (
    default_keys,
    sheet_cell,
    sheet_columns,
    width_for,
)
from summarykit.exporters.excel.values import SheetColumn
from summarykit.exporters.view.columns import RowContext
from summarykit.exporters.view.rows import shared_note
from summarykit.exporters.view.tree import VisibleRows, visible_places
from summarykit.exporters.view.words import count_noun, visible
from summarykit.expression import Words
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, own_name
from summarykit.summary.selection import Chosen, Selection, choose

#: Excel holds 1,048,576 rows; some stand above and below the tree.
MOST_ROWS = 1_048_500
_TOO_LONG = "More layers than a sheet has rows: repeated ones stand in one."
#: Deeper rows stand no further to the right.
_MOST_INDENT = 12


class _Place(NamedTuple):
    layer: int
    name: str
    path: str
    times: int
    hidden: int  #: rows inside it that are not shown, nor inside another one that is


class LayerSheet(NamedTuple):
    """What the Layers sheet shows, and how wide its columns are."""

    rows: LazyRows[_Place]
    columns: tuple[SheetColumn, ...]  #: beside name and path
    folded: bool  #: equal layers stand in one row, with a column for their number
    notes: bool
    widths: tuple[int, ...]
    told: str  #: what is left out, in a sentence
    deepest: int  #: level of its rows


def layer_sheet(data: SummaryData, folding: Folding, selection: Selection, title: str, *, fold: bool) -> LayerSheet:
    """Return one row for each group of equal layers, or one a layer; of those selected, in the order asked for.

    Where *fold* is False and a sheet cannot hold all rows, it folds and says so. What is left out has a row at the
    end, so that the columns still add up to the totals.
    """
    chosen = choose(data, selection)
    places, left_out = _places(data, folding, chosen, folded=fold or len(data.layers) > MOST_ROWS)
    folded = any(place.times > 1 for place in places)
    keys = selection.columns or default_keys(with_copies=folded, with_run=bool(data.flows))
    keys = tuple(key for key in keys if key != "path")
    rest = [_rest(left_out, keys)] if left_out and left_out.rows else []
    sizes = extents(LazyRows(places, lambda place: _row(data, place, title, keys, chosen), rest), {"name": "indent"})
    notes = sizes["note"].longest > 0
    columns = sheet_columns(data, keys, sizes)
    widths = {
        "name": between(30, width_for(sizes["name"]), WIDEST),
        "path": between(34, width_for(sizes["path"]), WIDEST),
        **{column.key: column.width for column in columns},
        **({"note": 44} if notes else {}),
    }

    def row_of(place: _Place) -> Mapping[str, object]:
        return _with_height(_row(data, place, title, keys, chosen), widths)

    too_long = _TOO_LONG if folded and not fold else ""
    message = " ".join(filter(None, (too_long, quiet(left_out.told) if left_out else "")))
    rows = LazyRows(places, row_of, [_with_height(row, widths) for row in rest])
    return LayerSheet(
        rows, tuple(columns), folded, notes, tuple(widths.values()), message, deepest=sizes["level"].largest
    )


def _with_height(row: dict[str, object], widths: Mapping[str, int]) -> dict[str, object]:
    name = (row["name"], widths["name"] - 2 * int(str(row["indent"])))
    return row | {"height": row_height(name, *((row[key], width) for key, width in widths.items() if key != "name"))}


def _places(
    data: SummaryData, folding: Folding, chosen: Chosen, *, folded: bool
) -> tuple[list[_Place], VisibleRows | None]:
    """Return the rows of the sheet, and what is left out where something may be."""
    if not chosen.selection.leaves_out and chosen.selection.sort == "model" and not folded:
        return [_Place(layer.id, own_name(layer, data), layer.path, 1, 0) for layer in data.layers], None
    if chosen.apart or not folded:
        folding = Folding(data, folded, chosen.apart)
    visible_rows = visible_places(data, folding, MOST_ROWS, with_empty=True, chosen=chosen)
    rows = ((folding.rows[place.row], place.hidden) for place in visible_rows.places)
    return [_Place(row.layer, row.name, row.path, row.times, hidden) for row, hidden in rows], visible_rows


def _row(data: SummaryData, place: _Place, title: str, keys: Sequence[str], chosen: Chosen) -> dict[str, object]:
    layer = data.layers[place.layer]
    depth = data.columns.depth[layer.id]
    subject = RowContext(data, layer, place.times, place.path)
    aside = chosen.around(layer.id) or not (data.columns.total[layer.id] or layer.explanation >= 0)
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
    missing = quiet(Words(count_noun(place.hidden, "row"), " not shown")) if place.hidden else ""
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
