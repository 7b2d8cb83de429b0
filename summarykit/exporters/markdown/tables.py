"""Align the columns of Markdown tables, for readers of the source, and keep formulas on one line in a page.

A host gives a table the width of the page and then breaks its cells at every blank, names and formulas too. It never
makes a column narrower than its heading: blanks in the heading that cannot be broken and are as wide as a digit keep
what stands below it in one line, and the reader scrolls sideways instead.
"""

from __future__ import annotations

import html
import math
import re
import unicodedata
from collections.abc import Sequence

#: A wider table is not padded: a terminal or a mail breaks its lines in any case.
WIDEST = 120
#: The largest width of a heading; a longer name or formula is broken.
_MOST = 60
#: The width of a character of a formula or a heading, and of a name in code, relative to a bold digit.
_TEXT, _CODE = 0.85, 0.92
_DIGIT_BLANK, _BLANK = "\u2007", "\u00a0"

_RULE = re.compile(r"\|(?: ?:?-+:? ?\|)+")
_MARKS = re.compile(r"`|\*\*|<(?!br>)/?[a-z][^>]*>")
_BREAKABLE = re.compile(r"[ –-]")


def in_columns(text: str) -> str:
    """Return *text* with the columns of every table aligned."""
    lines = text.split("\n")
    result: list[str] = []
    at = 0
    while at < len(lines):
        end = at
        if lines[at].startswith("|") and at + 1 < len(lines) and _RULE.fullmatch(lines[at + 1]):
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            result += _lay_out(lines[at:end])
        else:
            end += 1
            result.append(lines[at])
        at = end
    return "\n".join(result)


def _lay_out(lines: list[str]) -> list[str]:
    heads, rules, *rows = ([cell.strip(" ") for cell in line[1:-1].split("|")] for line in lines)
    if any(len(row) != len(heads) for row in (rules, *rows)):
        return lines  # a user's template, with bars in its cells
    right = [rule.endswith(":") and not rule.startswith(":") for rule in rules]
    columns = [[row[column] for row in rows] for column in range(len(heads))]
    heads = [_widen(head, cells, at_right) for head, cells, at_right in zip(heads, columns, right, strict=True)]
    widths = [max(map(_width, (head, *cells)), default=0) for head, cells in zip(heads, columns, strict=True)]
    if sum(widths) + 3 * len(widths) + 1 > WIDEST:
        return [_line(heads), lines[1], *lines[2:]]
    result = [_line([_pad(*cell) for cell in zip(row, widths, right, strict=True)]) for row in (heads, *rows)]
    return [result[0], _rule_line(rules, widths), *result[1:]]


def _widen(head: str, cells: Sequence[str], at_right: bool) -> str:
    """Return a heading as wide as the longest breakable one of *cells*."""
    least = 0.0
    for cell in cells:
        wide = _CODE if "`" in cell else _TEXT
        if len(cell) * wide > least and _BREAKABLE.search(cell):
            least = max(least, _visible_width(cell) * wide)
    if not least:
        return head
    whole = head.replace(" ", _BLANK)
    beside = whole.partition("-")[0] if at_right else whole.rpartition("-")[2]  # a heading may be broken there
    more = math.ceil(min(least, _MOST) - len(beside) * _TEXT)
    if more <= 0:
        return whole
    blanks = _DIGIT_BLANK * more
    # An ordinary no-break space comes outermost: digit-wide ones may overflow at the end of a line.
    return f"{_BLANK}{blanks}{whole}" if at_right else f"{whole}{blanks}{_BLANK}"


def _visible_width(cell: str) -> int:
    """Return the number of visible characters in the longest line of a cell."""
    return max(len(html.unescape(_MARKS.sub("", line))) for line in cell.split("<br>"))


def _width(text: str) -> int:
    """Return the width of *text* in columns of a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int, at_right: bool) -> str:
    blanks = " " * (width - _width(text))
    return blanks + text if at_right else text + blanks


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rule_line(rules: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        f"{':' if rule.startswith(':') else '-'}{'-' * width}{':' if rule.endswith(':') else '-'}"
        for rule, width in zip(rules, widths, strict=True)
    ]
    return f"|{'|'.join(cells)}|"
