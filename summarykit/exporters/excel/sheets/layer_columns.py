"""The columns of the Layers sheet: what stands above them and in them, and how wide they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from summarykit.exporters.excel.cells.labels import quiet
from summarykit.exporters.excel.cells.lazy_rows import Extent
from summarykit.exporters.excel.cells.live_blocks import WIDEST, number_width
from summarykit.exporters.excel.cells.row_height import between
from summarykit.exporters.excel.values import SheetColumn
from summarykit.exporters.view.columns import COLUMNS, RowContext, Share
from summarykit.exporters.view.words import shape_words, visible
from summarykit.runs import Flow
from summarykit.summary.data import SummaryData

#: What the workbook calls a column in its own way.
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
    """Return the columns of the sheet where none are asked for."""
    flow = ("calls", "input_shapes", "output_shapes", "macs", "macs_total") if with_run else ()
    copies = ("times",) if with_copies else ()
    sizes = ("parameters", "adds_to_total", "total", "share")
    return ("type", *copies, "weight_shape", "bias_shape", "formula", *flow, *sizes)


def sheet_columns(data: SummaryData, keys: Sequence[str], extents: Mapping[str, Extent]) -> list[SheetColumn]:
    """Return the columns of these names; a left one after a right one stands a little further in."""
    columns, before = [], "left"
    for key in keys:
        column = COLUMNS[key].column
        head, style = _styles(key, column.align, after=before == "right" or key == "type")
        columns.append(SheetColumn(key, _LABELS.get(key, column.label), head, style, _width(data, key, extents[key])))
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
    if COLUMNS[key].column.align == "right":
        return number_width([extent.largest], 14)
    least, more, most = _TEXTS.get(key, (16, 0, 44))
    return between(least, width_for(extent) + more, most)


def width_for(extent: Extent) -> int:
    """Return the width that the longest text of a column needs, with room beside it."""
    return min(extent.longest, WIDEST * 2) + 3


def sheet_cell(key: str, subject: RowContext) -> object:
    """Return what stands in a column, as text or number."""
    data, layer = subject.data, subject.layer
    if key in ("input_shapes", "output_shapes"):
        return _flow(data, layer.id, key)
    if key == "adds_to_total" and layer.explanation < 0:
        return None
    cell = COLUMNS[key].cell(subject)
    if isinstance(cell, Share):
        return cell.part / cell.whole if cell.whole else 0.0
    if isinstance(cell, str):
        return visible(cell) if key in _NAMES else quiet(cell)
    return "" if cell is None and COLUMNS[key].column.align == "left" else cell


def _flow(data: SummaryData, layer: int, key: str) -> str:
    """Return the size of what enters or leaves a layer in a run; nothing at a further place of a module."""
    if not data.flows or data.layers[layer].alias_of >= 0:
        return ""
    flow = data.flows[layer]
    return sizes(flow.outputs) if key == "output_shapes" else sizes(flow.inputs) or flow.status


def sizes(flows: Sequence[Flow]) -> str:
    """Return the shape of the first of these tensors, and how many more there are; those inside others apart."""
    more = sum("." not in flow.name for flow in flows[1:])
    return quiet(shape_words(flows[0].shape)) + (f" and {more} more" if more else "") if flows else ""
