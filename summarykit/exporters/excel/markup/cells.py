"""Rows as the XML of a sheet, written here and not by openpyxl.

openpyxl has no place for a formula's cached value and spends some 30 µs on a styled cell; these few element
kinds are quickly written, and text can become nothing but text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, pairwise
from math import isfinite
from typing import SupportsIndex

from openpyxl.utils import get_column_letter

from summarykit.exporters.excel.markup.elements import Column, Rows
from summarykit.exporters.excel.markup.layout import PlacedRow, PlacedRows, PlacedSheet, Record, value_in, value_of
from summarykit.exporters.excel.markup.parsing import mistake
from summarykit.exporters.excel.markup.references import Area, References
from summarykit.exporters.excel.markup.styles import Look, StyleBook
from summarykit.exporters.excel.markup.text import MAX_TEXT, xml, xml_of_cell_text
from summarykit.exporters.excel.markup.values import Formula, scalar

#: Excel shows 15 digits and makes the others 0: a longer integer is written as text.
MAX_INTEGER = 10**15 - 1
MAX_DOUBLE = 10**308
#: Excel refuses a formula of more characters than this.
MAX_FORMULA = 8_192
MAX_LEVEL = 7
#: Of a row, in points.
MAX_HEIGHT = 409.5
# Text that needs more than to be put between two tags.
_DELICATE = re.compile("[&<>\x00-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|^[\\s=+@#-]|\\s$")
_FORMULA_LIKE = re.compile("[=+@\t\r-]|#[A-Z/0!?]")


class CellWriter:
    """Writes the rows of one sheet; `fill_cache=False` leaves out what formulas show before they are computed."""

    def __init__(self, styles: StyleBook, references: References, *, fill_cache: bool = True) -> None:
        self._styles = styles
        self._references = references
        self._fill_cache = fill_cache

    def rows(self, sheet: PlacedSheet) -> Iterator[str]:
        """Yield the XML of each row, from the top."""
        for block in sheet.blocks:
            if isinstance(block, PlacedRow):
                yield self._row(block)
            else:
                yield from self._bulk(block)

    def _row(self, block: PlacedRow) -> str:
        row, number = block.row, block.area.top
        parts = [_row_start(number, row.height, row.level, is_hidden=row.hidden)]
        for column, cell in block.cells:
            look = self._styles.look((*row.style, *cell.style), cell.line)
            address = f"{get_column_letter(column)}{number}"
            parts.append(self._cell(address, look, value_of(cell), block.area, number, cell.line))
            # The other cells of a merged one carry its borders.
            parts += [f'<c r="{get_column_letter(column + i)}{number}" s="{look.plain}"/>' for i in range(1, cell.span)]
        parts.append("</row>")
        return "".join(parts)

    def _bulk(self, block: PlacedRows) -> Iterator[str]:
        rows, area, records = block.rows, block.area, block.records
        columns = [_BulkColumn(get_column_letter(at), column, self._styles) for at, column in block.columns]
        last: Record = {}
        # Each row is read once: it may be built on access.
        for number, (record, after) in enumerate(pairwise(chain(records, [last])), area.top):
            row_style = record.get(rows.style_key) if rows.style_key else None
            is_hidden = bool(record.get(rows.hidden_key)) if rows.hidden_key else False
            # The visible row above hidden ones has the + sign.
            is_collapsed = not is_hidden and bool(after.get(rows.hidden_key)) if rows.hidden_key else False
            level = whole(record, rows.level_key, rows.line)
            height = _height(record, rows)
            parts = [_row_start(number, height, level, is_hidden=is_hidden, is_collapsed=is_collapsed)]
            for bulk in columns:
                look, value = bulk.look(row_style, record), value_in(record, bulk.column)
                parts.append(self._cell(f"{bulk.letter}{number}", look, value, area, number, bulk.column.line))
            parts.append("</row>")
            yield "".join(parts)

    def _cell(self, address: str, look: Look, value: object, area: Area, row: int, line: int) -> str:
        if isinstance(value, str):
            return _text(address, look, value) if value else f'<c r="{address}" s="{look.plain}"/>'
        if type(value) is int and -MAX_INTEGER <= value <= MAX_INTEGER:
            return f'<c r="{address}" s="{look.plain}"><v>{value}</v></c>'
        if type(value) is Formula:
            return self._formula(address, look, value, area, row, line)
        return _rare(address, look, value)

    def _formula(self, address: str, look: Look, formula: Formula, area: Area, row: int, line: int) -> str:
        text = self._references.fill(formula.text.removeprefix("="), area, row, line)
        if len(text) > MAX_FORMULA:
            raise mistake(line, f"a formula of {len(text):,} characters", hint=f"Excel takes {MAX_FORMULA:,}")
        kind, value = _cache_value(formula.value)
        if not self._fill_cache:
            return f'<c r="{address}" s="{look.plain}"><f>{xml(text)}</f></c>'
        return f'<c r="{address}" s="{look.plain}"{kind}><f>{xml(text)}</f><v>{value}</v></c>'


class _BulkColumn:
    """A column of bulk rows, with the looks its cells have had so far."""

    __slots__ = ("_looks", "_styles", "column", "letter")

    def __init__(self, letter: str, column: Column, styles: StyleBook) -> None:
        self.letter = letter
        self.column = column
        self._styles = styles
        self._looks: dict[tuple[object, object, object], Look] = {}

    def look(self, row_style: object, record: Record) -> Look:
        column = self.column
        cell_style = record.get(column.style_key) if column.style_key else None
        indent = record.get(column.indent_key) if column.indent_key else None
        key = (row_style, cell_style, indent)
        match = self._looks.get(key)
        if match is None:
            names = (*column.style, *str(row_style or "").split(), *str(cell_style or "").split())
            steps = whole(record, column.indent_key, column.line)
            match = self._looks[key] = self._styles.look(names, column.line, steps)
        return match


def _row_start(number: int, height: float | None, level: int, *, is_hidden: bool, is_collapsed: bool = False) -> str:
    start = f'<row r="{number}"'
    if height is not None:
        start += f' ht="{min(height, MAX_HEIGHT):g}" customHeight="1"'
    if level:
        start += f' outlineLevel="{min(level, MAX_LEVEL)}"'
    if is_hidden:
        start += ' hidden="1"'
    return f'{start} collapsed="1">' if is_collapsed else f"{start}>"


def _height(record: Record, rows: Rows) -> float | None:
    """Return the height of one bulk row: its own, or that of all."""
    value = record.get(rows.height_key) if rows.height_key else None
    if value is None:
        return rows.height
    points = scalar(value)
    if isinstance(points, str):
        raise mistake(rows.line, f"{rows.height_key} = {value!r} in the data", hint="a height is a number of points")
    return float(points)


def _text(address: str, look: Look, text: str) -> str:
    if not _DELICATE.search(text) and len(text) <= MAX_TEXT:
        return f'<c r="{address}" s="{look.plain}" t="inlineStr"><is><t>{text}</t></is></c>'
    style = look.quote_prefix if _FORMULA_LIKE.match(text) else look.plain
    content = xml_of_cell_text(str(text))
    return f'<c r="{address}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{content}</t></is></c>'


def _rare(address: str, look: Look, value: object) -> str:
    """Return the cell of None, a bool, a float, a number of another library or one too long for Excel."""
    if value is None:
        return f'<c r="{address}" s="{look.plain}"/>'
    number = scalar(value)
    if isinstance(number, str):  # something that only str() knows
        return _text(address, look, number)
    if isinstance(number, bool):
        return f'<c r="{address}" s="{look.plain}" t="b"><v>{number:d}</v></c>'
    if isinstance(number, float) and isfinite(number):
        return f'<c r="{address}" s="{look.plain}"><v>{number!r}</v></c>'
    if isinstance(number, int) and abs(number) <= MAX_INTEGER:
        return f'<c r="{address}" s="{look.plain}"><v>{number}</v></c>'
    return f'<c r="{address}" s="{look.big_number}" t="inlineStr"><is><t>{number}</t></is></c>'


def _cache_value(value: object) -> tuple[str, str]:
    """Return what a formula shows before it is computed: the attribute for its type, and its text."""
    plain_value = scalar(value)
    if isinstance(plain_value, bool):
        return ' t="b"', f"{plain_value:d}"
    if isinstance(plain_value, int) and MAX_INTEGER < abs(plain_value) < MAX_DOUBLE:
        plain_value = float(plain_value)  # Excel computes it in double precision too
    if isinstance(plain_value, float) and isfinite(plain_value):
        return "", repr(plain_value)
    if isinstance(plain_value, int) and abs(plain_value) <= MAX_INTEGER:
        return "", str(plain_value)
    return ' t="str"', xml_of_cell_text(str(plain_value))


def whole(record: Record, key: str | None, line: int) -> int:
    """Return a level or indent in the data: 0 if there is none."""
    value = record.get(key) if key else None
    if value is None:
        return 0
    if not isinstance(value, SupportsIndex):
        raise mistake(line, f"{key} = {value!r} in the data", hint="levels and indents are whole numbers")
    return max(value.__index__(), 0)
