"""The Layers sheet: the tree, one row a layer; folded where it would be too long to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from summarykit.exporters.view.fitting import between, row_height
from summarykit.exporters.view.labels import plain_note, quiet
from summarykit.exporters.view.live_blocks import WIDEST, number_width
from summarykit.exporters.view.rows import shared_note
from summarykit.exporters.view.words import shape_words, visible
from summarykit.runs import Flow
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, own_name

#: A model with more layers than this is shown folded.
MOST_ROWS = 5_000
#: Deeper rows stand no further to the right.
_MOST_INDENT = 12


class _Place(NamedTuple):
    layer: int
    name: str
    path: str
    times: int


class LayerSheet(NamedTuple):
    """What the Layers sheet shows, and how wide its columns are."""

    rows: list[dict[str, object]]
    folded: bool  #: equal layers stand in one row, with a column for their number
    traced: bool  #: there was a run, with columns for what flows
    notes: bool
    widths: tuple[int, ...]


def layer_sheet(data: SummaryData, folding: Folding, title: str) -> LayerSheet:
    """Return one row a layer, or one for each group of equal ones."""
    folded, traced = folding.fold and len(data.layers) > MOST_ROWS, bool(data.flows)
    rows = [_row(data, place, title) for place in (_folded(folding) if folded else _unfolded(data))]
    notes = any(row["note"] for row in rows)
    widths = {
        "name": between(30, _lengths(rows, "name", "indent"), WIDEST),
        "path": between(34, _lengths(rows, "path"), WIDEST),
        "type": between(16, _lengths(rows, "type") + 2, 40),
        **({"copies": 10} if folded else {}),
        "weight": between(12, _lengths(rows, "weight"), 32),
        "bias": between(8, _lengths(rows, "bias"), 24),
        "formula": between(24, _lengths(rows, "formula"), 44),
        **(_flow_widths(data, rows) if traced else {}),
        "own": number_width([data.totals.parameters], 16),
        "counted": number_width([data.totals.parameters], 16),
        "inside": 18,
        "share": 10,
        **({"note": 44} if notes else {}),
    }
    for row in rows:
        name = (row["name"], widths["name"] - 2 * int(str(row["indent"])))
        row["height"] = row_height(name, *((row[key], width) for key, width in widths.items() if key != "name"))
    return LayerSheet(rows, folded, traced, notes, tuple(widths.values()))


def _flow_widths(data: SummaryData, rows: list[dict[str, object]]) -> dict[str, int]:
    count = number_width([sum(call.macs for call in data.run.calls)], 22)
    inputs, outputs = (between(16, _lengths(rows, key) + 1, 32) for key in ("input", "output"))
    return {"calls": 8, "input": inputs, "output": outputs, "macs": count, "macs_inside": count}


def _lengths(rows: list[dict[str, object]], key: str, indent: str = "") -> int:
    return max(len(str(row[key])) + (2 * int(str(row[indent])) if indent else 0) for row in rows) + 3


def _folded(folding: Folding) -> Iterator[_Place]:
    return (_Place(row.layer, row.name, row.path, row.times) for row in folding.rows)


def _unfolded(data: SummaryData) -> Iterator[_Place]:
    return (_Place(layer.id, own_name(layer, data), layer.path, 1) for layer in data.layers)


def _row(data: SummaryData, place: _Place, title: str) -> dict[str, object]:
    layer, columns, times = data.layers[place.layer], data.columns, place.times
    depth = columns.depth[layer.id]
    own = columns.own[layer.id] if layer.explanation >= 0 else None
    unknown = layer.explanation >= 0 and own is None
    holds = layer.explanation >= 0
    inside = columns.counted[layer.id] * times
    total = data.totals.parameters
    numbers = data.texts(layer).numbers if holds else None
    return {
        "name": visible(place.name or title),
        "path": visible(place.path),
        "type": visible(data.records.types[layer.type].name),
        "copies": times,
        "weight": _shape(data, layer.id, "weight"),
        "bias": _shape(data, layer.id, "bias"),
        "formula": quiet(numbers) if numbers else "",
        "own": "not known yet" if unknown else own * times if own is not None else None,
        "counted": columns.adds[layer.id] * times if holds else None,
        "inside": inside,
        "share": inside / total if total else 0.0,
        "note": plain_note(shared_note(data, layer, place.path)),
        "level": depth,
        "indent": min(depth, _MOST_INDENT),
        "look": "root" if depth == 0 else "" if columns.total[layer.id] or holds else "aside",
        "name_look": "strong" if depth == 1 else "",
        **(_flow(data, layer.id, times) if data.flows else {}),
    }


def _flow(data: SummaryData, layer: int, times: int) -> dict[str, object]:
    """Return what flows through a layer in a run; nothing at a further place of a module."""
    flow = data.flows[layer]
    if data.layers[layer].alias_of >= 0:
        return dict.fromkeys(("calls", "macs", "macs_inside")) | {"input": "", "output": ""}
    return {
        "calls": len(flow.calls),
        "input": sizes(flow.inputs) or flow.status,
        "output": sizes(flow.outputs),
        "macs": flow.macs * times,
        "macs_inside": flow.macs_total * times,
    }


def sizes(flows: Sequence[Flow]) -> str:
    """Return the shape of the first of these tensors, and how many more there are; those inside others apart."""
    more = sum("." not in flow.name for flow in flows[1:])
    return quiet(shape_words(flows[0].shape)) + (f" and {more} more" if more else "") if flows else ""


def _shape(data: SummaryData, layer: int, name: str) -> str:
    held = data.layers[layer]
    for tensor in data.tensors[held.first_tensor : held.end_tensor]:
        if tensor.name == name and tensor.facts.kind == "parameter":
            return quiet(shape_words(tensor.facts.shape))
    return ""
