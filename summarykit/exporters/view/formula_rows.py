"""One row of the Formulas sheet: its inputs, and everything that is computed from them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from summarykit.exporters.view.formula_links import is_live
from summarykit.exporters.view.labels import quiet
from summarykit.exporters.view.rows import shared_note
from summarykit.exporters.view.values import Rich
from summarykit.exporters.view.words import shape_words, visible
from summarykit.exporters.workbook import Formula
from summarykit.expression import Unanswerable, Value, excel_formula, excel_words, numbers
from summarykit.expression.evaluate import elements
from summarykit.records import NOT_KNOWN_YET, Evidence, Explanation
from summarykit.summary.checks import CHECKED
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import LayerGroup

Record = dict[str, object]
#: From a linked input to the cell it follows.
Sources = Mapping[str, str]

AGREES = "✓ agrees"
CHANGED = "✎ changed by you"
DIFFERS = "✗ formula and PyTorch differ"
READ = "◐ read from the code"
PARTLY = "– agrees in part"
IMPOSSIBLE = "✎ cannot be computed"
SIZE = "– size only"
UNKNOWN = "– not known yet"
NOTHING = "–"
LEARNED, FIXED, MIXED = "learned", "kept fixed", "partly fixed"
_ITEM = re.compile(r"(?P<name>.+)\[(?P<index>\d+)\]")


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
    assert why.formula is not None
    assert why.value is not None
    live = live and is_live(why)
    bindings = dict(why.bindings)
    adds, own = data.columns.adds[layer.id], data.columns.own[layer.id] or 0
    tied = not adds and bool(own)
    record = _common(data, number, row, title)
    originals = {name: input_value(name, bindings) for name in keys if _has(name, bindings)}
    for name, key in keys.items():
        if name not in originals:
            record |= {key: NOTHING, f"{key}_look": "none"}
        elif live and name in sources:
            record |= {key: Formula(f"={sources[name]}", originals[name]), f"{key}_look": "linked"}
        else:
            record |= {key: originals[name], f"{key}_look": "given" if tied or not live else "input"}
    cells = {name: f"{{this:{keys[name]}}}" for name in originals}
    status = _status(why, own)
    words = numbers(why.formula.tree, bindings)
    if not live:
        return record | _counts(row, words, why.value, own, adds, status)
    unchanged = ",".join(f"{cells[name]}={value}" for name, value in originals.items())
    offset = adds - why.value
    counted = f"{{this:by}}{offset:+d}" if offset else "{this:by}"
    return record | {
        "words": _live_words(why, bindings, cells, words),
        "copies": len(row.layers),
        "by": Formula(f'=IFERROR({excel_formula(why.formula.tree, bindings, cells)},"–")', why.value),
        "torch": own,
        "difference": Formula('=IFERROR({this:by}-{this:torch},"–")', why.value - own),
        "check": Formula(_check(unchanged, status), status),
        "counted": 0
        if tied
        else Formula(f"=IF(ISNUMBER({{this:by}}),{{this:copies}}*({counted}),0)", adds * len(row.layers)),
    }


def size_record(data: SummaryData, number: int, row: LayerGroup, title: str, *, live: bool) -> Record:
    """Return the row of layers that nothing is known of but the size of their tensors."""
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
        "torch": "not known yet" if own is None else own,
        "difference": NOTHING,
        "check": status,
        "counted": Formula(f"={{this:copies}}*{adds}", copies * adds) if live and adds else copies * adds,
    }


def counted_elsewhere(data: SummaryData, number: int, row: LayerGroup, title: str) -> Record:
    """Return the row of layers that were met before: the very same modules, which count there."""
    layer = data.layers[row.layers[0]]
    own = data.columns.own[layer.id]
    return _common(data, number, row, title) | {
        "type": visible(data.records.types[layer.type].name),
        "words": _plain(shared_note(data, layer)),
        "copies": NOTHING,
        "by": NOTHING,
        "torch": "not known yet" if own is None else own,
        "difference": NOTHING,
        "check": "– counted elsewhere",
        "counted": 0,
        "note": "",
    }


def shapes(data: SummaryData, row: LayerGroup) -> str:
    """Return the shapes of a layer's own parameters: "weight 768 × 2 304, bias 2 304"."""
    layer = data.layers[row.layers[0]]
    held = [
        tensor for tensor in data.tensors[layer.first_tensor : layer.end_tensor] if tensor.facts.kind == "parameter"
    ]
    return ", ".join(f"{visible(tensor.name)} {quiet(shape_words(tensor.facts.shape))}" for tensor in held)


def input_value(name: str, bindings: Mapping[str, Value]) -> int:
    """Return what an input cell holds: ``kernel_size[1]`` of (3, 5) is 5, a switch reads 1 or 0."""
    if name in bindings:
        return int(elements(name, bindings)[0])
    item = _ITEM.fullmatch(name)
    assert item is not None
    return int(elements(item["name"], bindings)[int(item["index"])])


def _has(name: str, bindings: Mapping[str, Value]) -> bool:
    if name in bindings:
        return isinstance(bindings[name], int)
    item = _ITEM.fullmatch(name)
    value = bindings.get(item["name"]) if item else None
    return item is not None and isinstance(value, tuple) and int(item["index"]) < len(value)


def _common(data: SummaryData, number: int, row: LayerGroup, title: str) -> Record:
    layer = data.layers[row.layers[0]]
    note = _plain(shared_note(data, layer)) if data.columns.shared_with[layer.id] is not None else ""
    why = data.explanation(layer)
    reason = quiet(visible(why.reason)).replace("`", "") if why and why.origin and why.reason != NOT_KNOWN_YET else ""
    return {
        "number": number,
        "path": visible(row.path or title),
        "training": _training(data, layer.id),
        "note": "; ".join(part for part in (note, reason) if part),
        "look": "" if data.columns.adds[layer.id] or not data.columns.own[layer.id] else "aside",
    }


def _training(data: SummaryData, layer: int) -> str:
    adds, learned = data.columns.adds[layer], data.columns.trainable[layer]
    if not adds:
        return NOTHING
    return LEARNED if learned == adds else MIXED if learned else FIXED


def _plain(note: Rich) -> str:
    return "".join(visible(piece.text) if piece.code else quiet(visible(piece.text)) for piece in note)


def _status(why: Explanation, own: int) -> str:
    if why.evidence is Evidence.DISAGREES or why.value != own:
        return DIFFERS
    if why.evidence in CHECKED:
        return AGREES
    return READ if why.evidence is Evidence.SIZE_FROM_TENSOR else PARTLY


def _check(unchanged: str, status: str) -> str:
    """Return the formula of Check: words for what the cells hold now."""
    same = f'IF({{this:by}}={{this:torch}},"{status}","{DIFFERS}")' if status != DIFFERS else f'"{DIFFERS}"'
    if unchanged:
        same = f'IF(AND({unchanged}),{same},"{CHANGED}")'
    return f'=IF(ISNUMBER({{this:by}}),{same},"{IMPOSSIBLE}")'


def _live_words(why: Explanation, bindings: Mapping[str, Value], cells: Mapping[str, str], words: str) -> Formula | str:
    assert why.formula is not None
    try:
        return Formula(f'=IFERROR({excel_words(why.formula.tree, bindings, cells)},"–")', words)
    except Unanswerable:
        return quiet(words)


def _counts(row: LayerGroup, words: str, value: int, own: int, adds: int, status: str) -> Record:
    return {
        "words": quiet(words),
        "copies": len(row.layers),
        "by": value,
        "torch": own,
        "difference": value - own,
        "check": status,
        "counted": adds * len(row.layers),
    }
