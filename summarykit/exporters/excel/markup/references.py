"""Placeholders in formulas, resolved when every row of every sheet has its number.

- ``{row}``, ``{row-1}``: this row's number, or one near it
- ``{this:KEY}``: the cell of this row in the column KEY
- ``{ref:ID}``, ``{ref:ID.KEY}``: the first cell of the row or rows ID; its cell in the column KEY
- ``{ref:ID[3].KEY}``: the same in the fourth of those rows
- ``{range:ID}``, ``{range:ID.KEY}``: all cells of these rows; those in the column KEY
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from openpyxl.utils import get_column_letter, range_boundaries

from summarykit.exporters.excel.markup.parsing import mistake

# Quoted strings come first: their content is text and is not changed.
_TOKEN = re.compile(
    r'"(?:[^"]|"")*"'
    r"|\{row(?P<offset>[+-]\d+)?\}"
    r"|\{this:(?P<this>[^{}]+)\}"
    r"|\{(?P<verb>ref|range):(?P<id>[\w-]+)(?:\[(?P<index>\d+)\])?(?:\.(?P<key>[^{}]+))?\}"
    r"|(?P<unknown>\{[A-Za-z][^{}]*\})"
)


@dataclass(frozen=True, slots=True)
class Area:
    """The cells of one row, of bulk rows or of a single cell; `columns` has the columns by key."""

    sheet: str
    top: int
    bottom: int
    left: int
    right: int
    columns: Mapping[str, int] = field(default_factory=dict)


class References:
    """The area of each id, and the placeholders resolved with them."""

    def __init__(self) -> None:
        self._areas: dict[str, Area] = {}

    def add(self, name: str | None, area: Area, line: int) -> None:
        """Add the area of the element with this id."""
        if name is None:
            return
        if name in self._areas:
            raise mistake(line, f"a second element with id {name!r}", hint="an id names one place of the workbook")
        self._areas[name] = area

    def area(self, name: str, line: int) -> Area:
        """Return the area with this id."""
        if name not in self._areas:
            ids = ", ".join(sorted(self._areas)) or "none"
            raise mistake(line, f"nothing has the id {name!r}", hint=f"ids there are: {ids}")
        return self._areas[name]

    def fill(
        self, text: str, here: Area, row: int, line: int, *, with_sheet: bool = False, for_range: bool = False
    ) -> str:
        """Return a formula in `row` of `here` with its placeholders replaced.

        The sheet's name is left out for cells of the same sheet, unless `with_sheet`. A rule `for_range` is moved by
        Excel from cell to cell: it must name its columns absolutely.
        """
        if "{" not in text:
            return text

        def replace(match: re.Match[str]) -> str:
            if match["unknown"]:
                raise mistake(
                    line,
                    f"unknown placeholder {match['unknown']}",
                    hint="use {row}, {this:KEY}, {ref:ID.KEY} or {range:ID.KEY}",
                )
            if match["this"]:
                return f"{'$' * for_range}{get_column_letter(_column(here, match['this'], line))}{row}"
            if match["verb"]:
                return self._address_of(match, "" if with_sheet else here.sheet, line)
            return match[0] if match[0].startswith('"') else str(row + int(match["offset"] or 0))

        return _TOKEN.sub(replace, text)

    def _address_of(self, match: re.Match[str], sheet: str, line: int) -> str:
        area = self.area(match["id"], line)
        top = area.top + int(match["index"] or 0)
        bottom = top if match["index"] or match["verb"] == "ref" else area.bottom
        if not area.top <= top <= bottom <= area.bottom:
            raise mistake(
                line,
                f"{match[0]} names no row: {match['id']!r} has {area.bottom - area.top + 1}",
                hint="leave the reference out when there are no rows: {% if rows %} … {% endif %}",
            )
        left = _column(area, match["key"], line) if match["key"] else area.left
        right = left if match["key"] or match["verb"] == "ref" else area.right
        cells = _cells(left, top) if match["verb"] == "ref" else f"{_cells(left, top)}:{_cells(right, bottom)}"
        return cells if area.sheet == sheet else f"{quote_sheet(area.sheet)}!{cells}"


def quote_sheet(sheet: str) -> str:
    """Return a sheet's name as a formula writes it; a short one is quoted, since it could be a column."""
    return sheet if re.fullmatch(r"[A-Za-z_]{4,}", sheet) else f"'{sheet}'"


def bounds(text: str, line: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the smallest box around the cells of a text such as `A4:C4:A5:C99`."""
    try:
        boxes = [range_boundaries(part) for part in text.rpartition("!")[2].split(":")]
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)
    except (ValueError, TypeError):
        raise mistake(line, f"{text!r} is no range", hint="write cells such as A5:C9, or {range:ID}") from None


def _cells(column: int, row: int) -> str:
    return f"${get_column_letter(column)}${row}"


def _column(area: Area, key: str, line: int) -> int:
    if key not in area.columns:
        keys = ", ".join(area.columns) or "none"
        raise mistake(line, f"no column with key {key!r} there", hint=f"keys there are: {keys}")
    return area.columns[key]
