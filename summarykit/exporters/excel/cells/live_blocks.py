"""Blocks of rows with the same formula, for the sheets whose counts are live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from openpyxl.utils import get_column_letter

from summarykit.exporters.excel.cells.labels import in_lines, label
from summarykit.exporters.excel.cells.live_cells import AnyExplanation, Record, inputs_of, is_live
from summarykit.exporters.excel.cells.page_setup import Paper, paper
from summarykit.exporters.excel.cells.row_height import between, height, row_height
from summarykit.exporters.excel.markup import Formula
from summarykit.expression import Value, excel_inputs, group_digits
from summarykit.expression.nodes import Name, Negative, Node, Number, Quotient, Remainder, Sum, walk

#: Widths of columns, in characters.
INPUT_WIDTH, PATH_WIDTH, WORDS_WIDTH, CHECK_WIDTH, NOTE_WIDTH = 10, 34, 44, 28, 44
#: Longer names are wrapped.
WIDEST = 56
#: The fewest columns of inputs: the type of a layer without inputs needs their space.
FEWEST_INPUTS = 3
#: Font size of the code names below the labels, in points.
_CODE = 9


class InputColumn(NamedTuple):
    """A column of inputs in one block."""

    key: str  #: of the column; names from the model are never part of a formula
    label: tuple[str, ...]  #: its lines
    code: tuple[str, ...]  #: its lines
    switch: bool  #: 1 or 0
    least: int


class FormulaBlock(NamedTuple):
    """Rows of one kind, with one formula or none."""

    id: str
    live: bool  #: its inputs can be changed
    title: str
    about: str
    heading: str  #: of the column that has the formula in words
    inputs: tuple[InputColumn, ...]
    rows: int
    head: float  #: height of the labels
    codes: float  #: height of the line below


class ColumnLetters(NamedTuple):
    """The letters of the columns that templates refer to."""

    words: str
    copies: str
    check: str


class Geometry(NamedTuple):
    """The columns of such a sheet: number, path, inputs, a spacer, words, and its own."""

    inputs: int
    at: ColumnLetters
    widths: tuple[int, ...]
    paper: Paper
    first: str  #: the first row of all blocks
    last: str


def make_block(
    name: str, title: str, about: str, rows: int, inputs: Sequence[InputColumn] | None = None, heading: str = ""
) -> FormulaBlock:
    """Return a block; *inputs* is None if its rows have no formula."""
    columns = tuple(inputs or ())
    head = max((height("\n".join(column.label), INPUT_WIDTH) for column in columns), default=0)
    codes = max((height("\n".join(column.code), INPUT_WIDTH, _CODE) for column in columns), default=0)
    heading = heading or "Formula in words"
    return FormulaBlock(name, inputs is not None, title, about, heading, columns, rows, max(head, 18), max(codes, 14))


def input_columns(whys: Sequence[AnyExplanation]) -> dict[str, InputColumn]:
    """Return the columns that rows of one kind need, by the names of their inputs."""
    names: dict[str, bool] = {}
    least: dict[str, int] = {}
    for why in {id(why): why for why in whys}.values():
        bindings = dict(why.bindings)
        for name in inputs_of(why):
            names.setdefault(name, isinstance(bindings.get(name), bool))
        if why.formula and is_live(why):
            least |= _least(why.formula.tree, bindings)
    among = tuple(names)
    switches_last = sorted(names.items(), key=lambda item: item[1])  # the order in most formulas
    return {
        name: InputColumn(
            f"in{at}", in_lines(label(name, among=among)), in_lines(name, "_.", 11), switch, least.get(name, 0)
        )
        for at, (name, switch) in enumerate(switches_last)
    }


def _least(tree: Node, bindings: Mapping[str, Value]) -> dict[str, int]:
    """Return the minimum of inputs that must not be 0: divisors, and those from which a number is subtracted."""
    minimums: dict[str, int] = {}
    for part in walk(tree):
        match part:
            case Quotient(divisor=divisor) | Remainder(divisor=divisor):
                minimums |= dict.fromkeys(excel_inputs(divisor, bindings), 1)
            case Sum(terms=(Name(name=name), Negative(term=Number(value=value)))):
                minimums[name] = value
    return minimums


def fit_rows(records: Mapping[str, list[Record]]) -> int:
    """Set the height of each row for its texts; return the width of the column of names."""
    every = [record for rows in records.values() for record in rows]
    path_width = between(PATH_WIDTH, max((len(str(record["path"])) + 3 for record in every), default=0), WIDEST)
    for record in every:
        texts = (record["words"], record["note"], record["check"])
        values = (str(text.value) if isinstance(text, Formula) else text for text in texts)
        widths = (WORDS_WIDTH, NOTE_WIDTH, CHECK_WIDTH)
        record["height"] = row_height((record["path"], path_width), *zip(values, widths, strict=True))
    return path_width


def geometry(
    blocks: Sequence[FormulaBlock], records: Mapping[str, list[Record]], path_width: int, columns: Mapping[str, int]
) -> Geometry:
    """Return the positions of the columns; *columns* are those right of the words, with their widths."""
    inputs = [_input_width(at, records) for at in range(max([FEWEST_INPUTS, *(len(b.inputs) for b in blocks)]))]
    widths = [5, path_width, *inputs, 2, WORDS_WIDTH, *columns.values()]
    start = 3 + len(inputs) + 1
    letters = {key: get_column_letter(start + at) for at, key in enumerate(("words", *columns))}
    return Geometry(
        inputs=len(inputs),
        at=ColumnLetters(letters["words"], letters["copies"], letters["check"]),
        widths=tuple(widths),
        paper=paper(widths, titles=2, smallest=_CODE),
        first=blocks[0].id if blocks else "",
        last=f"{blocks[-1].id}[{blocks[-1].rows - 1}]" if blocks else "",
    )


def _input_width(at: int, records: Mapping[str, list[Record]]) -> int:
    values = (record.get(f"in{at}") for rows in records.values() for record in rows)
    numbers = (value.value if isinstance(value, Formula) else value for value in values)
    return number_width((number for number in numbers if isinstance(number, int)), INPUT_WIDTH)


def number_width(numbers: Iterable[int], least: int) -> int:
    """Return the width of a column of numbers, wide enough for a total in bold."""
    return max([least, *(len(group_digits(number)) + 3 for number in numbers)])
