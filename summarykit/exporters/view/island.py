"""The whole tree in little, for the script of a page: each structure once, however often it is repeated.

A model of 75,000 modules may have a dozen structures: a block, an expert, a linear layer of one size. Told once,
with the names and numbers of their copies, they give every row of the tree, folded or not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from summarykit.exporters.view.flow import row_flow
from summarykit.exporters.view.rows import details_of, has_details, shared_note
from summarykit.exporters.view.values import Details, Ranking, RowFlow
from summarykit.exporters.view.words import GRADE_WORDS, shape_words, visible
from summarykit.expression import Unanswerable, latex
from summarykit.records import LayerRecord
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, is_number, own_name
from summarykit.summary.folding.borrowing import meeting, owners
from summarykit.summary.folding.tree import sibling_runs, taking_turns

#: Larger ones are told as text: a script's numbers are exact up to here.
EXACT = 2**53 - 1

#: A number as ``grouped()`` writes it, and what stands in its place: a character that no visible text holds.
_NUMBER = re.compile(r"(?<![\d,])(?:0|[1-9]\d{0,2}(?:,\d{3})*)(?![\d,]*\d)", re.ASCII)
_HOLE = "\ue000"

#: What a script reads: numbers, texts, and lists of these.
Cell = int | str | None | list["Cell"]


class Run(NamedTuple):
    """Siblings of one structure whose names count up: the first name, and how many there are."""

    name: str
    copies: int
    structure: int
    joins: bool  #: folded, they stand in the row of an earlier run


class Texts:
    """Each text once, by its number; of texts that differ in numbers alone, what is alike once."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {"": 0}

    def number(self, text: str) -> int:
        return self.numbers.setdefault(visible(text), len(self.numbers))

    def table(self) -> tuple[list[str], list[Cell]]:
        """Return the patterns, and each text as it is or as a list of its pattern and its numbers."""
        split = [
            (_NUMBER.sub(_HOLE, text), [int(n.replace(",", "")) for n in _NUMBER.findall(text)])
            for text in self.numbers
        ]
        often = Counter(pattern for pattern, numbers in split if numbers)
        patterns: dict[str, int] = {}
        cells: list[Cell] = []
        for text, (pattern, numbers) in zip(self.numbers, split, strict=True):
            alike = often[pattern] > 1 and max(numbers, default=0) <= EXACT
            cells.append([patterns.setdefault(pattern, len(patterns)), *numbers] if alike else text)
        return list(patterns), cells


#: Further facts of a layer.
More = Callable[[LayerRecord, Texts], dict[str, Cell]]


def no_more(_layer: LayerRecord, _texts: Texts) -> dict[str, Cell]:
    """Return no further facts."""
    return {}


def island(data: SummaryData, folding: Folding, told: Collection[int], more: More = no_more) -> dict[str, object]:
    """Return the tree as columns, one entry a structure, and a table of the texts they point to.

    Args:
        data: The summary.
        folding: Its folded form; repeats must be folded.
        told: The layers whose details stand in the page already, so that they are not said twice.
        more: Further facts of a structure's first layer.

    """
    firsts, numbers = _firsts(folding.structures)
    runs = _runs(data, folding.structures, firsts, numbers)
    told_structures = {folding.structures[layer] for layer in told}
    texts = Texts()
    untold = [folding.structures[layer] not in told_structures for layer in firsts]
    facts = [
        facts_of(data, data.layers[at], texts, untold=new) | more(data.layers[at], texts)
        for at, new in zip(firsts, untold, strict=True)
    ]
    return written(data, facts, runs, texts, len(data.layers))


def written(
    data: SummaryData, facts: Sequence[dict[str, Cell]], runs: Sequence[Sequence[Run]], texts: Texts, modules: int
) -> dict[str, object]:
    """Return the island of these structures: what each says, and what stands right below it."""
    columns: dict[str, list[Cell]] = {}
    for at, said in enumerate(facts):
        for name, cell in said.items():
            column = columns.setdefault(name, [])
            column += [0] * (at - len(column))
            column.append(cell)
    patterns, told = texts.table()
    total, macs = data.totals.parameters, data.totals.macs or 0
    return {
        "large": int(max(total, macs, data.totals.bytes) * 2 > EXACT),
        "total": exact(total),
        "macs": exact(macs),
        "layers": data.totals.layers,
        "modules": modules,
        "columns": {name: cells for name, cells in columns.items() if any(cells)},
        "runs": [_flat(inside) for inside in runs],
        "patterns": patterns,
        "texts": told,
    }


def ranking_cells(rankings: Sequence[Ranking], *, mixed: bool) -> dict[str, dict[str, Cell]]:
    """Return the rankings by measure and by grouping; of bytes only where number formats are *mixed*.

    Where all numbers take the same room, bytes say what parameters do. A row is label, class, copies (0 for the
    rest), number, share, length of its bar.
    """
    found: dict[str, dict[str, Cell]] = {}
    for ranking in rankings:
        if ranking.measure != "bytes" or mixed:
            found.setdefault(ranking.measure, {})[ranking.by] = [
                [visible(b.label), visible(b.type), b.copies if b.name else 0, b.text, b.share, b.bar]
                for b in ranking.blocks
            ]
    return found


def _firsts(structures: Sequence[int]) -> tuple[list[int], dict[int, int]]:
    """Return the first layer of each structure, in model order, and the structures' new numbers in that order."""
    firsts: list[int] = []
    numbers: dict[int, int] = {}
    for layer, structure in enumerate(structures):
        if structure not in numbers:
            numbers[structure] = len(firsts)
            firsts.append(layer)
    return firsts, numbers


def _runs(
    data: SummaryData, structures: Sequence[int], firsts: Sequence[int], numbers: dict[int, int]
) -> list[list[Run]]:
    """Return for each structure what stands right below it."""
    children: dict[int, list[int]] = {layer: [] for layer in firsts}
    for layer in data.layers[1:]:
        if layer.parent in children:
            children[layer.parent].append(layer.id)
    found = []
    for inside in children.values():
        turns = taking_turns(sibling_runs(inside, data, structures), data, structures)
        told = sorted((run, at > 0) for turn in turns for at, run in enumerate(turn))
        found.append(
            [Run(own_name(data.layers[run[0]], data), len(run), numbers[structures[run[0]]], at) for run, at in told]
        )
    return found


def _flat(runs: Sequence[Run]) -> list[Cell]:
    """Return runs as one list, three cells a run: name, copies, structure.

    A number that counts on from the run before it is left out (0). Copies below zero stand, folded, in the row of an
    earlier run of the same structure and word.
    """
    cells: list[Cell] = []
    due = "0"
    for name, copies, structure, joins in runs:
        cells += [0 if due and name == due else visible(name), -copies if joins else copies, structure]
        due = str(int(name) + copies) if is_number(name) else ""
    return cells


def exact(value: int) -> Cell:
    """Return a number as a script can hold it: as text where it is too large to be exact."""
    return value if abs(value) <= EXACT else str(value)


def facts_of(data: SummaryData, layer: LayerRecord, texts: Texts, *, untold: bool) -> dict[str, Cell]:
    """Return what a row says of one copy; 0 is nothing, or the empty text."""
    columns, why = data.columns, data.explanation(layer)
    own, said = columns.own[layer.id], data.texts(layer)
    held = layer.explanation >= 0
    facts: dict[str, Cell] = {
        "type": texts.number(data.records.types[layer.type].name),
        "holds": int(columns.total[layer.id] > 0 or held),
        "explained": int(held),
        "layers": int(held and layer.alias_of < 0),
        "unknown": int(held and own is None),
        "own": exact(own or 0) if held else 0,
        "adds": exact(columns.adds[layer.id]),
        "inside": exact(columns.counted[layer.id]),
        "numbers": texts.number(said.numbers or ""),
        "equation": texts.number(said.equation or ""),
        "grade": texts.number("|".join(GRADE_WORDS[why.evidence])) if why else 0,
        "latex": texts.number(_latex(data, layer)),
        "note": _note(data, layer, texts),
        "dtype": texts.number(columns.dtype[layer.id] or ""),
        "bytes": exact(columns.bytes[layer.id]),
        "trainable": exact(columns.trainable[layer.id]),
        "weight": texts.number(_shape(data, layer, "weight")),
        "bias": texts.number(_shape(data, layer, "bias")),
        "more": int(has_details(data, layer)),
    }
    flow = row_flow(data, layer, 1)
    if flow:
        facts |= _flow(flow, texts)
    if untold:
        facts["details"] = _details(details_of(data, layer, layer.path), flow, texts)
    return facts


def _latex(data: SummaryData, layer: LayerRecord) -> str:
    why = data.explanation(layer)
    if why is None or why.formula is None:
        return ""
    bindings = dict(why.bindings)
    try:
        value = f" = {why.value}" if why.value is not None else ""
        return f"{latex(why.formula.tree, bindings)} = {latex(why.formula.tree, bindings, values=True)}{value}"
    except Unanswerable:
        return ""


def _shape(data: SummaryData, layer: LayerRecord, name: str) -> str:
    for tensor in data.tensors[layer.first_tensor : layer.end_tensor]:
        if tensor.name == name and tensor.facts.kind == "parameter":
            return shape_words(tensor.facts.shape)
    return ""


def _flow(flow: RowFlow, texts: Texts) -> dict[str, Cell]:
    status = "" if flow.calls or "itself" in flow.status else flow.status
    return {
        "calls": flow.calls,
        "output": texts.number(flow.output if flow.done else ""),
        "status": texts.number(status if flow.done else "did not end"),
        "failed": int(not flow.done),
        "macs": exact(flow.macs_value),
        "macsInside": exact(flow.inside_value),
        "about": int(flow.approximate),
    }


def _note(data: SummaryData, layer: LayerRecord, texts: Texts) -> Cell:
    """Return the pieces of a note; a name as pairs: so many parts of the row's own path, and what follows them."""
    pieces = shared_note(data, layer, layer.path)
    return [_borrowed(data, layer, texts) if piece.code else texts.number(piece.text) for piece in pieces] or 0


def _borrowed(data: SummaryData, layer: LayerRecord, texts: Texts) -> list[Cell]:
    found: dict[str, list[Cell]] = {}
    for owner in owners(data, layer):
        top, path = data.layers[meeting(data, layer.id, owner)].path, data.layers[owner].path
        found.setdefault(path, [top.count(".") + 1 if top else 0, texts.number(path[len(top) :])])
    return [cell for pair in found.values() for cell in pair]


def _details(details: Details | None, flow: RowFlow | None, texts: Texts) -> Cell:
    """Return an opened row as lists: lines, tensors, and what goes in and out."""
    if details is None:
        return 0
    grade = f"{details.sign} {details.word} {details.grade}{' · ' * bool(details.origin)}{details.origin}".strip()
    sentence = "".join(piece.text for piece in details.sentence)
    said = [details.formula, f"= {details.equation}" if details.equation else "", sentence, grade]
    said += [f"{label}: {equation}" for label, equation in details.lines if len(details.lines) > 1]
    tensors = [
        (t.name, t.shape, t.elements or "–", f"{t.dtype}, {t.kind}{'; counted elsewhere' * t.note.endswith('there')}")
        for t in details.tensors
    ]
    flows: list[tuple[str, ...]] = []
    if flow:
        work = f"{flow.formula} = {flow.equation} multiply-adds" if flow.formula else ""
        said += [work, flow.sentence]
        flows += [("In", line.name, line.shape, line.dtype) for line in flow.inputs]
        flows += [("Out", line.name, line.shape, line.dtype) for line in flow.outputs]
    return [
        [texts.number(text) for text in said if text],
        [texts.number(text) for tensor in tensors for text in tensor],
        [texts.number(text) for line in flows for text in line],
    ]
