"""One row of the Formulas sheet: its inputs, and all cells computed from them."""

from __future__ import annotations

from collections.abc import Mapping

from summarykit.exporters.excel.cells.labels import plain_note, quiet
from summarykit.exporters.excel.cells.live_cells import (
    AGREES,
    NOT_EQUAL,
    NOTHING,
    Comparison,
    Record,
    Sources,
    is_live,
    live_cells,
)
from summarykit.exporters.excel.markup import Formula
from summarykit.exporters.view.rows import rich, shared_note
from summarykit.exporters.view.words import shape_words, visible
from summarykit.records import NOT_KNOWN_YET, Evidence, Explanation
from summarykit.summary.checks import CHECKED_GRADES
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import LayerGroup

DIFFERS = f"{NOT_EQUAL} formula and PyTorch differ"
FROM_CODE = "◐ read from the code"
PARTLY = "– agrees in part"
SIZE = "– size only"
UNKNOWN = "– not known yet"
TRAINABLE, FROZEN, PARTLY_FROZEN = "learned", "kept fixed", "partly fixed"


def formula_record(
    data: SummaryData,
    number: int,
    row: LayerGroup,
    keys: Mapping[str, str],
    sources: Sources,
    title: str,
    *,
    live: bool,
) -> Record:
    """Return the row of layers that have a formula; *keys* are the columns of the inputs."""
    layer = data.layers[row.layers[0]]
    why = data.explanation(layer)
    assert why is not None
    assert why.value is not None
    adds, own = data.columns.adds[layer.id], data.columns.own[layer.id] or 0
    tied = not adds and bool(own)
    comparison = Comparison(own, _status(why, own), DIFFERS)
    copies = len(row.layers)
    total: object = adds * copies
    if live and is_live(why) and not tied:
        offset = adds - why.value
        each = f"{{this:by}}{offset:+d}" if offset else "{this:by}"
        total = Formula(f"=IF(ISNUMBER({{this:by}}),{{this:copies}}*({each}),0)", adds * copies)
    cells = live_cells(why, comparison, keys, sources, live=live, read_only=tied)
    return _common(data, number, row, title) | cells | {"copies": copies, "counted": total}


def size_record(data: SummaryData, number: int, row: LayerGroup, title: str, *, live: bool) -> Record:
    """Return the row of layers without a formula: only the size of their tensors is known."""
    layer = data.layers[row.layers[0]]
    why = data.explanation(layer)
    assert why is not None
    own, adds = data.columns.own[layer.id], data.columns.adds[layer.id]
    record = _common(data, number, row, title)
    status = DIFFERS if why.evidence is Evidence.DISAGREES else UNKNOWN if own is None else SIZE
    copies = len(row.layers)
    return record | {
        "type": visible(data.records.types[layer.type].name),
        "words": shapes(data, row),
        "copies": copies,
        "by": NOTHING,
        "known": "not known yet" if own is None else own,
        "difference": NOTHING,
        "check": status,
        "counted": Formula(f"={{this:copies}}*{adds}", copies * adds) if live and adds else copies * adds,
    }


def counted_elsewhere(data: SummaryData, number: int, row: LayerGroup, title: str) -> Record:
    """Return the row of modules that appear earlier in the model and are counted there."""
    layer = data.layers[row.layers[0]]
    own = data.columns.own[layer.id]
    return _common(data, number, row, title) | {
        "type": visible(data.records.types[layer.type].name),
        "words": plain_note(shared_note(data, layer, row.path)),
        "copies": NOTHING,
        "by": NOTHING,
        "known": "not known yet" if own is None else own,
        "difference": NOTHING,
        "check": "– counted elsewhere",
        "counted": 0,
        "note": "",
    }


def shapes(data: SummaryData, row: LayerGroup) -> str:
    """Return the shapes of a layer's own parameters: "weight 768 × 2 304, bias 2 304"."""
    layer = data.layers[row.layers[0]]
    parameters = [
        tensor for tensor in data.tensors[layer.first_tensor : layer.end_tensor] if tensor.facts.kind == "parameter"
    ]
    return ", ".join(f"{visible(tensor.name)} {quiet(shape_words(tensor.facts.shape))}" for tensor in parameters)


def reason_text(reason: str) -> str:
    """Return the reason for weak evidence as the text of a cell."""
    return plain_note(rich(reason))


def _common(data: SummaryData, number: int, row: LayerGroup, title: str) -> Record:
    layer = data.layers[row.layers[0]]
    note = plain_note(shared_note(data, layer, row.path)) if data.columns.shared_with[layer.id] is not None else ""
    why = data.explanation(layer)
    reason = reason_text(why.reason) if why and why.origin and why.reason != NOT_KNOWN_YET else ""
    return {
        "number": number,
        "path": visible(row.path or title),
        "training": _training(data, layer.id),
        "note": "; ".join(part for part in (note, reason) if part),
        "look": "" if data.columns.adds[layer.id] or not data.columns.own[layer.id] else "aside",
    }


def _training(data: SummaryData, layer: int) -> str:
    adds, trainable = data.columns.adds[layer], data.columns.trainable[layer]
    if not adds:
        return NOTHING
    return TRAINABLE if trainable == adds else PARTLY_FROZEN if trainable else FROZEN


def _status(why: Explanation, own: int) -> str:
    if why.evidence is Evidence.DISAGREES or why.value != own:
        return DIFFERS
    if why.evidence in CHECKED_GRADES:
        return AGREES
    return FROM_CODE if why.evidence is Evidence.SIZE_FROM_TENSOR else PARTLY
