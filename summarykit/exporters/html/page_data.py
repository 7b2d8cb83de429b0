"""Page data: the compact layer tree that is embedded in a page for its script. Each structure is in it once.

A model of 75,000 modules may have a dozen structures: a block, an expert, a linear layer of one size. With the names
and numbers of their copies, they give every row of the tree, folded or not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from summarykit.exporters.html.cells import EXACT, Cell, Texts, exact
from summarykit.exporters.view.flow import row_flow
from summarykit.exporters.view.rows import details_of, has_details, named_shape, shared_note
from summarykit.exporters.view.tree import VisibleRows
from summarykit.exporters.view.values import Details, Ranking, RowFlow
from summarykit.exporters.view.words import GRADE_WORDS, visible
from summarykit.expression import Unanswerable, Words, group_digits, latex
from summarykit.records import LayerRecord
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import FoldedRow, Folding, is_number, own_name
from summarykit.summary.folding.naming import spans
from summarykit.summary.folding.shared_tensors import meeting, owners
from summarykit.summary.folding.tree import sibling_runs, taking_turns
from summarykit.summary.selection import RowFilter
from summarykit.summary.texts import ExplanationTexts
from summarykit.summary.totals import added_up

#: Further facts of a layer.
More = Callable[[LayerRecord, Texts], dict[str, Cell]]


class Siblings(NamedTuple):
    """Siblings of one structure whose names count up: the first name, and how many there are."""

    name: str
    copies: int
    structure: int
    row: int  #: number of their row among the folded rows


class Inside(NamedTuple):
    """The children of a row, in the order of the model."""

    runs: Sequence[Siblings]
    turns: Sequence[str]  #: names of the folded rows if runs alternate; else empty


def no_more(_layer: LayerRecord, _texts: Texts) -> dict[str, Cell]:
    """Return no further facts."""
    return {}


def whole_page_data(
    data: SummaryData, folding: Folding, in_page: Collection[int], more: More = no_more
) -> dict[str, object]:
    """Return the tree as columns, one entry a structure, and a table of the texts they point to.

    Args:
        data: The summary.
        folding: Its folded form; repeats must be folded.
        in_page: The layers whose details are in the page already, so that the data leaves them out.
        more: Further facts of a structure's first layer.

    """
    firsts, numbers = first_of_each(folding.structures)
    insides = insides_of(data, folding.structures, firsts, numbers)
    structures_in_page = {folding.structures[layer] for layer in in_page}
    texts = Texts()
    with_details = [folding.structures[layer] not in structures_in_page for layer in firsts]
    facts = [
        facts_of(data, data.layers[at], texts, with_details=new) | more(data.layers[at], texts)
        for at, new in zip(firsts, with_details, strict=True)
    ]
    return page_data_of(data, facts, insides, texts, len(data.layers))


def filtered_page_data(
    data: SummaryData, rows: Sequence[FoldedRow], visible: VisibleRows, row_filter: RowFilter, more: More = no_more
) -> dict[str, object]:
    """Return the *visible* rows of a folded tree in their order, encoded as in ``whole_page_data()``.

    Each row is a structure of its own, because rows inside it may be visible that are not visible in its copies. Other
    layers count in the row around them, so that the sums of a search are complete.
    """
    holds = [int(layer.explanation >= 0 and layer.alias_of < 0) for layer in data.layers]
    layers, parameters = added_up(data.layers, holds), data.columns.counted
    runs: list[list[tuple[int, Siblings]]] = [[] for _ in visible.places]
    names: list[list[str]] = [[] for _ in visible.places]
    same_structure = [0] * len(data.layers)
    here = [(layers[rows[place.row].layer], parameters[rows[place.row].layer]) for place in visible.places]
    for at, place in enumerate(visible.places):
        if place.parent >= 0:
            row, above = rows[place.row], here[place.parent]
            for run in sibling_runs(row.siblings, data, same_structure):
                first = data.layers[run[0]]
                siblings = Siblings(own_name(first, data), len(run), at, len(names[place.parent]))
                runs[place.parent].append((first.id, siblings))
            names[place.parent].append(row.name if row.copies > 1 else "")
            here[place.parent] = (
                above[0] - layers[row.layer] * row.copies,
                above[1] - parameters[row.layer] * row.copies,
            )
    texts = Texts()
    facts = []
    for place, (number, adds) in zip(visible.places, here, strict=True):
        layer = data.layers[rows[place.row].layer]
        cells = (
            facts_of(data, layer, texts, with_details=False)
            | {"layers": number, "adds": exact(adds)}
            | more(layer, texts)
        )
        if row_filter.asked_for(layer.id) or row_filter.around(layer.id):
            cells["holds"] = 1  # it is visible although it has no parameters
        facts.append(cells)
    if row_filter.selection.sort == "model":
        runs = [sorted(inside) for inside in runs]
    insides = [
        Inside([run for _, run in siblings], rows if len(rows) < len(siblings) else ())
        for siblings, rows in zip(runs, names, strict=True)
    ]
    return page_data_of(data, facts, insides, texts, sum(rows[place.row].times for place in visible.places))


def page_data_of(
    data: SummaryData, facts: Sequence[dict[str, Cell]], insides: Sequence[Inside], texts: Texts, modules: int
) -> dict[str, object]:
    """Return the page data of these structures: their facts, their children, and the totals of the model."""
    total, macs = data.totals.parameters, data.totals.macs or 0
    return {
        "large": int(max(total, macs, data.totals.bytes) * 2 > EXACT),
        "total": exact(total),
        "macs": exact(macs),
        "layers": data.totals.layers,
        "modules": modules,
        **tree_cells(facts, insides, texts),
    }


def tree_cells(facts: Sequence[dict[str, Cell]], insides: Sequence[Inside], texts: Texts) -> dict[str, object]:
    """Return the tree as cells: the facts and the children of each structure.

    Structures without parameters of their own come last, because zeros at the end of a column are left out.
    """
    order = sorted(range(len(facts)), key=lambda at: not facts[at].get("explained"))
    places = {at: place for place, at in enumerate(order)}
    columns: dict[str, list[Cell]] = {}
    for place, at in enumerate(order):
        for name, cell in facts[at].items():
            if cell:
                column = columns.setdefault(name, [])
                column += [0] * (place - len(column))
                column.append(cell)
    patterns, text_cells = texts.table()
    names: dict[str, int] = {}
    return {
        "columns": _each_once(columns),
        "root": places[0],
        "runs": [
            run_cells([run._replace(structure=places[run.structure]) for run in insides[at].runs], names)
            for at in order
        ],
        "turns": {
            places[at]: [[visible(name) for name in inside.turns], [run.row for run in inside.runs]]
            for at, inside in enumerate(insides)
            if inside.turns
        },
        "names": list(names),
        "patterns": patterns,
        "texts": text_cells,
    }


def _each_once(columns: dict[str, list[Cell]]) -> dict[str, Cell]:
    """Return *columns*; one that equals an earlier one is replaced by its name."""
    firsts: dict[str, str] = {}
    cells_by_name: dict[str, Cell] = {}
    for name, cells in columns.items():
        first = firsts.setdefault(json.dumps(cells), name)
        cells_by_name[name] = cells if first == name else first
    return cells_by_name


def ranking_cells(rankings: Sequence[Ranking], *, formats_differ: bool) -> dict[str, dict[str, Cell]]:
    """Return the rankings by measure and by grouping; of bytes only if *formats_differ*.

    The blocks of the other measures are in the page already. With one dtype, bytes show the same as parameters.
    A row is label, class, copies (0 for the rest), number, share, length of its bar.
    """
    cells: dict[str, dict[str, Cell]] = {}
    for ranking in rankings:
        if formats_differ if ranking.measure == "bytes" else ranking.by != "block":
            cells.setdefault(ranking.measure, {})[ranking.by] = [
                [visible(b.label), visible(b.type), b.copies if b.name else 0, b.text, b.share, b.bar]
                for b in ranking.blocks
            ]
    return cells


def first_of_each(structures: Sequence[int]) -> tuple[list[int], dict[int, int]]:
    """Return the first layer of each structure, in model order, and the structures' new numbers in that order."""
    firsts: list[int] = []
    numbers: dict[int, int] = {}
    for layer, structure in enumerate(structures):
        if structure not in numbers:
            numbers[structure] = len(firsts)
            firsts.append(layer)
    return firsts, numbers


def facts_of(data: SummaryData, layer: LayerRecord, texts: Texts, *, with_details: bool) -> dict[str, Cell]:
    """Return the facts of one copy of a row; 0 is nothing, or the empty text."""
    columns, why = data.columns, data.explanation(layer)
    own, explanation = columns.own[layer.id], data.texts(layer)
    holds = layer.explanation >= 0
    facts: dict[str, Cell] = {
        "type": texts.number(data.records.types[layer.type].name),
        "holds": int(columns.total[layer.id] > 0 or holds),
        "explained": int(holds),
        "layers": int(holds and layer.alias_of < 0),
        "unknown": int(holds and own is None),
        "own": exact(own or 0) if holds else 0,
        "adds": exact(columns.adds[layer.id]),
        "inside": exact(columns.counted[layer.id]),
        "numbers": texts.number(_numbers(explanation, why.value if why else None)),
        "equation": texts.number(explanation.equation or ""),
        "grade": texts.number("|".join(GRADE_WORDS[why.evidence])) if why else 0,
        "latex": texts.number(_latex(data, layer)),
        "note": _note(data, layer, texts),
        "dtype": texts.number(columns.dtype[layer.id] or ""),
        "bytes": exact(columns.bytes[layer.id]),
        "trainable": exact(columns.trainable[layer.id]),
        "weight": texts.number(named_shape(data, layer, "weight")),
        "bias": texts.number(named_shape(data, layer, "bias")),
        "more": int(has_details(data, layer)),
    }
    flow = row_flow(data, layer, 1)
    if flow:
        facts |= _flow(flow, texts)
    if with_details:
        elsewhere = [data.tensors[at].owner != at for at in range(layer.first_tensor, layer.end_tensor)]
        facts["details"] = _details(details_of(data, layer, layer.path), elsewhere, flow, texts)
    return facts


def _numbers(explanation: ExplanationTexts, value: int | None) -> str:
    """Return a formula in numbers; empty if it equals the equation without its result."""
    text, equation = explanation.numbers, explanation.equation
    if text is None or value is None:
        return text or ""
    return "" if equation in (text, Words(text, " = ", value)) else text


def _latex(data: SummaryData, layer: LayerRecord) -> str:
    why = data.explanation(layer)
    if why is None or why.formula is None:
        return ""
    bindings = dict(why.bindings)
    try:
        value = f" = {group_digits(why.value)}" if why.value is not None else ""
        tex = f"{latex(why.formula.tree, bindings)} = {latex(why.formula.tree, bindings, values=True)}{value}"
    except Unanswerable:
        return ""
    return tex.replace("{,}", ",")  # in the notation of other numbers; the script restores it


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
    """Return the pieces of a note. A name is a pair: how many parts of the row's path it shares, and the rest."""
    pieces = shared_note(data, layer, layer.path)
    return [_owner_cells(data, layer, texts) if piece.code else texts.number(piece.text) for piece in pieces] or 0


def _owner_cells(data: SummaryData, layer: LayerRecord, texts: Texts) -> list[Cell]:
    cells_by_path: dict[str, list[Cell]] = {}
    for owner in owners(data, layer):
        top, path = data.layers[meeting(data, layer.id, owner)].path, data.layers[owner].path
        cells_by_path.setdefault(path, [top.count(".") + 1 if top else 0, texts.number(path[len(top) :])])
    return [cell for pair in cells_by_path.values() for cell in pair]


def _details(details: Details | None, elsewhere: Sequence[bool], flow: RowFlow | None, texts: Texts) -> Cell:
    """Return an opened row as lists: lines, tensors, and what goes in and out.

    *elsewhere* says for each tensor whether another one counts for it.
    """
    if details is None:
        return 0
    grade = f"{details.sign} {details.word} {details.grade}{' · ' * bool(details.origin)}{details.origin}".strip()
    sentence = "".join(piece.text for piece in details.sentence)
    lines = [details.formula, f"= {details.equation}" if details.equation else "", sentence, grade]
    lines += [f"{label}: {equation}" for label, equation in details.lines if len(details.lines) > 1]
    tensors = [
        (t.name, t.shape, t.elements or "–", f"{t.dtype}, {t.kind}{'; counted elsewhere' * is_elsewhere}")
        for t, is_elsewhere in zip(details.tensors, elsewhere, strict=True)
    ]
    flows: list[tuple[str, ...]] = []
    if flow:
        work = f"{flow.formula} = {flow.equation} multiply-adds" if flow.formula else ""
        lines += [work, flow.sentence]
        flows += [("In", line.name, line.shape, line.dtype) for line in flow.inputs]
        flows += [("Out", line.name, line.shape, line.dtype) for line in flow.outputs]
    return [
        [[texts.number(text) for text in lines if text]],
        [texts.number(text) for tensor in tensors for text in tensor],
        [texts.number(text) for line in flows for text in line],
    ]


def insides_of(
    data: SummaryData, structures: Sequence[int], firsts: Sequence[int], numbers: dict[int, int]
) -> list[Inside]:
    """Return the children of each structure."""
    children: dict[int, list[int]] = {layer: [] for layer in firsts}
    for layer in data.layers[1:]:
        if layer.parent in children:
            children[layer.parent].append(layer.id)
    insides = []
    for below in children.values():
        runs = sibling_runs(below, data, structures)
        rows = taking_turns(runs, data, structures)
        in_order = sorted((run, at) for at, row in enumerate(rows) for run in row)
        insides.append(
            Inside(
                [Siblings(_name(data, run[0]), len(run), numbers[structures[run[0]]], at) for run, at in in_order],
                [_row_name(data, row) for row in rows] if len(rows) < len(runs) else (),
            )
        )
    return insides


def _row_name(data: SummaryData, row: Sequence[Sequence[int]]) -> str:
    """Return the name of the folded row of these runs; empty for a single run."""
    return spans(_name(data, layer) for run in row for layer in run) if len(row) > 1 else ""


def _name(data: SummaryData, layer: int) -> str:
    return own_name(data.layers[layer], data)


def run_cells(runs: Sequence[Siblings], names: dict[str, int]) -> list[Cell]:
    """Return runs as one list, three cells a run: the name's place among all *names* from 1, copies, structure.

    A number that counts on from the run before it is left out (0).
    """
    cells: list[Cell] = []
    due = "0"
    for name, copies, structure, _ in runs:
        place = 0 if due and name == due else names.setdefault(visible(name), len(names)) + 1
        cells += [place, copies, structure]
        due = str(int(name) + copies) if is_number(name) else ""
    return cells
