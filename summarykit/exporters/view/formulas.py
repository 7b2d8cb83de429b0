"""The Formulas sheet: one block a kind of layer, its counts live over cells that may be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from summarykit.exporters.view.fitting import height, row_height
from summarykit.exporters.view.formula_links import Arrangement, Place, arrange, inputs_of, is_live
from summarykit.exporters.view.formula_rows import Record, Sources, counted_elsewhere, formula_record, size_record
from summarykit.exporters.view.labels import in_lines, label
from summarykit.exporters.view.layer_rows import WIDEST, between
from summarykit.exporters.view.words import listed
from summarykit.exporters.workbook import Formula
from summarykit.expression import Value, excel_inputs
from summarykit.expression.nodes import Name, Negative, Node, Number, Quotient, Remainder, Sum, walk
from summarykit.records import Explanation, LayerRecord, LayerType
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, LayerGroup

#: Of a column of inputs, in characters.
INPUT_WIDTH = 10
PATH_WIDTH, WORDS_WIDTH, CHECK_WIDTH, NOTE_WIDTH = 34, 44, 28, 44
SIZE_ONLY = "No formula is known for these layers. The count is the size of their own tensors, which checks nothing."
ELSEWHERE = "These are further places of layers that stand above: one and the same layer, counted there."


class Input(NamedTuple):
    """A column of inputs in one block."""

    key: str  #: of the column; names of the model never enter a formula
    label: tuple[str, ...]  #: its lines
    code: tuple[str, ...]  #: its lines
    switch: bool  #: 1 or 0
    least: int


class FormulaBlock(NamedTuple):
    """Layers of one kind, explained by one formula."""

    id: str
    kind: str  #: "formula", "size" or "elsewhere"
    title: str
    about: str
    inputs: tuple[Input, ...]
    rows: int
    head: float  #: height of the labels
    codes: float  #: height of the line below


class FormulaSheet(NamedTuple):
    """What the Formulas sheet shows."""

    blocks: tuple[FormulaBlock, ...]
    records: Mapping[str, list[Record]]  #: the rows of each block, by its id
    places: Mapping[int, str]  #: of the first layer of each row: ``kind0[3]``
    layers: int  #: that hold parameters themselves
    agreeing: int  #: whose count agrees with PyTorch
    linked: bool  #: some input follows the layer before it
    proven: bool  #: every input does, but for the first
    notes: bool
    path_width: int
    fixed: bool  #: some parameters are kept fixed in training


#: What makes layers one kind: class, what the formula is about, and its text.
_Kind = tuple[LayerType, str, str]


def formula_sheet(data: SummaryData, folding: Folding, title: str, *, live: bool = True) -> FormulaSheet:
    """Return the Formulas sheet; not *live*, its cells hold numbers, for models beyond Excel's 15 digits."""
    arrangement = arrange(data, folding)
    kinds, sizes, elsewhere = _sorted_by_kind(data, arrangement)
    blocks: list[FormulaBlock] = []
    records: dict[str, list[Record]] = {}
    columns = {kind: _inputs([_why(data, row) for _, row in rows]) for kind, rows in kinds.items()}
    places = {
        row.layers[0]: f"kind{number}[{at}]"
        for number, rows in enumerate([*kinds.values(), *([sizes] if sizes else [])])
        for at, (_, row) in enumerate(rows)
    }
    for number, (kind, rows) in enumerate(kinds.items()):
        inputs = columns[kind]
        keys = {name: made.key for name, made in inputs.items()}
        block = f"kind{number}"
        cells = {row.layers[0]: _sources(data, row, arrangement, columns, places) for _, row in rows}
        records[block] = [
            formula_record(data, at, row, keys, cells[row.layers[0]], title, live=live) for at, row in rows
        ]
        about = _why(data, rows[0][1]).about
        blocks.append(_block(block, "formula", _title(kind[0].name, inputs), about, len(rows), tuple(inputs.values())))
    if sizes:
        block = f"kind{len(kinds)}"
        records[block] = [size_record(data, at, row, title, live=live) for at, row in sizes]
        blocks.append(_block(block, "size", "Size only", SIZE_ONLY, len(sizes)))
    if elsewhere:
        records["elsewhere"] = [counted_elsewhere(data, at, row, title) for at, row in elsewhere]
        blocks.append(_block("elsewhere", "elsewhere", "Counted elsewhere", ELSEWHERE, len(elsewhere)))
    return FormulaSheet(
        tuple(blocks),
        records,
        places,
        data.checks.graded_layers,
        data.checks.checked_layers,
        bool(arrangement.links) and live,
        arrangement.proven,
        any(record["note"] for made in records.values() for record in made),
        _fitted(records),
        bool(data.totals.frozen),
    )


def _fitted(records: Mapping[str, list[Record]]) -> int:
    """Give each row the height its texts need; return the width of the column of names."""
    every = [record for made in records.values() for record in made]
    path_width = between(PATH_WIDTH, max((len(str(record["path"])) + 3 for record in every), default=0), WIDEST)
    for record in every:
        texts = (record["words"], record["note"], record["check"])
        shown = (str(text.value) if isinstance(text, Formula) else text for text in texts)
        widths = (WORDS_WIDTH, NOTE_WIDTH, CHECK_WIDTH)
        record["height"] = row_height((record["path"], path_width), *zip(shown, widths, strict=True))
    return path_width


def _block(block: str, kind: str, title: str, about: str, rows: int, inputs: tuple[Input, ...] = ()) -> FormulaBlock:
    head = max((height("\n".join(made.label), INPUT_WIDTH) for made in inputs), default=0)
    codes = max((height("\n".join(made.code), INPUT_WIDTH, 9) for made in inputs), default=0)
    return FormulaBlock(block, kind, title, about, inputs, rows, max(head, 18), max(codes, 14))


def _title(kind: str, inputs: Mapping[str, Input]) -> str:
    """Return what a block is called; layers with tensors beyond their formula say so."""
    extra = [name.removesuffix(".numel") for name in inputs if name.endswith(".numel")]
    return f"{kind} with {listed(extra)}" if extra else kind


def _why(data: SummaryData, row: LayerGroup) -> Explanation:
    why = data.explanation(data.layers[row.layers[0]])
    assert why is not None, "a row of Formulas is a layer that holds parameters"
    return why


_Numbered = list[tuple[int, LayerGroup]]


def _sorted_by_kind(data: SummaryData, arrangement: Arrangement) -> tuple[dict[_Kind, _Numbered], _Numbered, _Numbered]:
    """Return the numbered rows of each kind, those that have a size only, and those counted elsewhere."""
    kinds: dict[_Kind, _Numbered] = {}
    sizes: _Numbered = []
    elsewhere: _Numbered = []
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


def _inputs(whys: list[Explanation]) -> dict[str, Input]:
    """Return the columns that the layers of one kind need, by the names of their inputs."""
    names: dict[str, bool] = {}
    least: dict[str, int] = {}
    for why in {id(why): why for why in whys}.values():
        bindings = dict(why.bindings)
        for name in inputs_of(why):
            names.setdefault(name, isinstance(bindings.get(name), bool))
        if why.formula and is_live(why):
            least |= _least(why.formula.tree, bindings)
    among = tuple(names)
    return {
        name: Input(f"in{at}", in_lines(label(name, among=among)), in_lines(name, "_.", 11), switch, least.get(name, 0))
        for at, (name, switch) in enumerate(_natural(names).items())
    }


def _natural(names: Mapping[str, bool]) -> dict[str, bool]:
    """Return the inputs with the switches last, as the formulas of most kinds have them."""
    return dict(sorted(names.items(), key=lambda item: item[1]))


def _least(tree: Node, bindings: Mapping[str, Value]) -> dict[str, int]:
    """Return the inputs that must not be 0: divisors, and those of which something is subtracted."""
    found: dict[str, int] = {}
    for part in walk(tree):
        match part:
            case Quotient(divisor=divisor) | Remainder(divisor=divisor):
                found |= dict.fromkeys(excel_inputs(divisor, bindings), 1)
            case Sum(terms=(Name(name=name), Negative(term=Number(value=value)))):
                found[name] = value
    return found


def _sources(
    data: SummaryData,
    row: LayerGroup,
    arrangement: Arrangement,
    columns: Mapping[_Kind, Mapping[str, Input]],
    places: Mapping[int, str],
) -> Sources:
    """Return for each linked input of a row the cell it follows: ``{ref:kind0[3].in1}``."""
    found: dict[str, str] = {}
    for name in inputs_of(_why(data, row)):
        here: Place = (row.layers[0], name)
        if here in arrangement.links:
            source, gives = arrangement.links[here]
            layer, why = data.layers[source], data.explanation(data.layers[source])
            assert why is not None
            found[name] = f"{{ref:{places[source]}.{columns[_kind(data, layer, why)][gives].key}}}"
    return found
