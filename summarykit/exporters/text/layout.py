"""Lines and tables of plain text, each part with its style: laid out once, for a terminal, a file and ``str()``.

Rich prints the same table, but asks each cell several times how wide it is and makes an object of every run of
blanks. For a table of texts that is most of the work: here a cell is measured once, and only what is too wide for its
column is broken, by rich.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from io import StringIO
from typing import Literal, NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

#: Runs of text, each with the name of its style; no run is read as markup.
StyledText = tuple[tuple[str, str | Style], ...]

_GAP = 2
#: The end of a part of a name: ``self_``, ``layers.``, ``0–2,``.
_PART = re.compile(r"[._,/ ]+")


class Column(NamedTuple):
    """A column of a table of texts."""

    label: str
    right: bool = False
    whole: bool = False  #: it stays at its full width in a narrow table
    overflow: Literal["fold", "ellipsis", "name"] = "fold"  #: how a text that is too wide continues or ends
    least: int = 0
    most: int | None = None


def plain(line: StyledText) -> str:
    """Return the text of a line, without styles."""
    return line[0][0] if len(line) == 1 else "".join(text for text, _ in line)


def as_text(line: StyledText) -> Text:
    """Return a line as a text of rich."""
    return Text.assemble(*line, end="")


def wrap(line: StyledText, width: int) -> list[StyledText]:
    """Return *line* as lines of at most *width* columns."""
    return [line] if cell_len(plain(line)) <= width else _fold(line, width, Column(""))


def table(columns: Sequence[Column], rows: Sequence[Sequence[StyledText]], width: int) -> list[StyledText]:
    """Return the lines of a table with a heading, at most *width* columns wide if its texts can be broken."""
    grid = [[((column.label, "bold"),) for column in columns], *rows]
    lengths = [[cell_len(plain(cell)) for cell in row] for row in grid]
    gaps = [_GAP] * (len(columns) - 1) + [0]
    widths = _widths(columns, [max(column) for column in zip(*lengths, strict=True)], gaps, width)
    lines: list[StyledText] = []
    for number, (row, sizes) in enumerate(zip(grid, lengths, strict=True)):
        lines += _row(columns, row, sizes, widths, gaps, low=number == 0)
    return lines


def _row(
    columns: Sequence[Column],
    row: Sequence[StyledText],
    sizes: Sequence[int],
    widths: Sequence[int],
    gaps: Sequence[int],
    *,
    low: bool,
) -> list[StyledText]:
    """Return the lines of a row; its cells begin in the first line, or, where *low*, end in the last."""
    spaces = [max(width - gap, 0) for width, gap in zip(widths, gaps, strict=True)]
    cells = [
        [cell] if size <= space else _fold(cell, space, column)
        for cell, size, space, column in zip(row, sizes, spaces, columns, strict=True)
    ]
    height = max(map(len, cells))
    if low:
        cells = [[()] * (height - len(cell)) + cell for cell in cells]
    lines = []
    for at in range(height):
        line: list[tuple[str, str | Style]] = []
        for column, cell, size, space, width in zip(columns, cells, sizes, spaces, widths, strict=True):
            piece = cell[at] if at < len(cell) else ()
            before = space - (size if height == 1 and size <= space else cell_len(plain(piece)))
            after = width - space
            if column.right:
                line += [(" " * before, ""), *piece, (" " * after, "")]
            else:
                line += [*piece, (" " * (before + after), "")]
        while line and not line[-1][0].strip(" "):
            line.pop()
        lines.append(tuple(line))
    return lines


def _fold(cell: StyledText, width: int, column: Column) -> list[StyledText]:
    if width < 1:
        return [()]
    if column.overflow == "name":
        return wrap_name(cell, width)
    lines = as_text(cell).wrap(_console(), width, overflow=column.overflow, no_wrap=column.overflow == "ellipsis")
    for line in lines:
        line.rstrip()
    return [tuple((part.text, part.style or "") for part in line.render(_console(), end="")) for line in lines]


def wrap_name(name: StyledText, width: int) -> list[StyledText]:
    """Return a name as lines of at most *width* columns, broken between its parts; later lines are indented."""
    text = plain(name)
    inset = len(text) - len(text.lstrip(" ")) + _GAP
    inset = inset if inset <= width // 2 else 0
    lines: list[StyledText] = []
    rest, before = as_text(name), 0
    while cell_len(rest.plain) > width - before:
        head, rest = rest.divide([_break_at(rest.plain, width - before)])
        head.rstrip()
        lines.append(_after(before, head))
        rest, before = rest[len(rest.plain) - len(rest.plain.lstrip(" ")) :], inset
    return [*lines, _after(before, rest)]


def _break_at(text: str, width: int) -> int:
    """Return where to break a name: after the last part that fits, or at *width* if that part ends too early."""
    fits = 0
    for sign in text:
        if cell_len(text[: fits + 1]) > width:
            break
        fits += len(sign)
    ends = [match.end() for match in _PART.finditer(text, 0, fits) if match.end() > fits // 2]
    return max(ends[-1] if ends else fits, 1)


def _after(before: int, text: Text) -> StyledText:
    parts = tuple((part.text, part.style or "") for part in text.render(_console(), end=""))
    return ((" " * before, ""), *parts) if before else parts


@cache
def _console() -> Console:
    """Return the console that rich needs to break a text; nothing is printed on it."""
    return Console(file=StringIO(), color_system="truecolor", width=100)


def _widths(columns: Sequence[Column], natural: Sequence[int], gaps: Sequence[int], space: int) -> list[int]:
    """Return the width of each column with its gap: that of its widest text, or less in a narrow table."""
    most = [space if column.most is None else column.most for column in columns]
    limits = [min(wide, limit) + gap for wide, limit, gap in zip(natural, most, gaps, strict=True)]
    # A column at full width becomes narrower only after all others have.
    floors = [
        wide if column.whole else min(wide, column.least + gap)
        for column, wide, gap in zip(columns, limits, gaps, strict=True)
    ]
    return _narrow(limits, floors, space)


def _narrow(widths: list[int], floors: Sequence[int], space: int) -> list[int]:
    """Return *widths* that fit in *space*: the widest shrink first, each down to its floor, and in the end all."""
    while (excess := sum(widths) - space) > 0:
        loose = [wide for wide, floor in zip(widths, floors, strict=True) if wide > floor]
        if not loose:
            return _reduce(widths, [wide > 0 for wide in widths], excess, excess)
        widest = max(loose)
        row_filter = [wide == widest > floor for wide, floor in zip(widths, floors, strict=True)]
        below = [wide for wide in loose if wide < widest]
        below += [floor for floor, is_chosen in zip(floors, row_filter, strict=True) if is_chosen]
        widths = _reduce(widths, row_filter, excess, min(excess, widest - max(below)))
    return widths


def _reduce(widths: list[int], row_filter: Sequence[bool], excess: int, most: int) -> list[int]:
    """Return *widths* with *excess* taken evenly from those *chosen*, at most so much from each."""
    rest, sharers = excess, sum(row_filter)
    result = []
    for wide, is_chosen in zip(widths, row_filter, strict=True):
        cut = min(wide, most, round(rest / sharers)) if is_chosen else 0
        rest, sharers = rest - cut, sharers - is_chosen
        result.append(wide - cut)
    return result
