"""The row and column of every element."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from openpyxl.utils import column_index_from_string

from summarykit.exporters.excel.markup.elements import Cell, Column, Row, Rows, Sheet, Workbook
from summarykit.exporters.excel.markup.parsing import mistake
from summarykit.exporters.excel.markup.references import Area, References
from summarykit.exporters.excel.markup.values import Formula, scalar

Record = Mapping[str, object]
_C = TypeVar("_C", Cell, Column)
_MAX_ROWS, _MAX_COLUMNS = 1_048_576, 16_384


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row of the markup with its number and its cells' columns."""

    row: Row
    area: Area
    cells: tuple[tuple[int, Cell], ...]


@dataclass(frozen=True, slots=True)
class PlacedRows:
    """Bulk rows with their first number, their columns and the data."""

    rows: Rows
    area: Area
    columns: tuple[tuple[int, Column], ...]
    records: Sequence[Record]


@dataclass(slots=True)
class PlacedSheet:
    """A sheet with its rows placed."""

    sheet: Sheet
    blocks: list[PlacedRow | PlacedRows] = field(default_factory=list)
    height: int = 0
    width: int = 1

    def block(self, row: int) -> PlacedRow | PlacedRows | None:
        """Return the block of this row."""
        return next((block for block in self.blocks if block.area.top <= row <= block.area.bottom), None)

    def value(self, row: int, column: int) -> object:
        """Return the content of this cell: a text, a number, a `Formula` or None."""
        block = self.block(row)
        if isinstance(block, PlacedRow):
            match = next((cell for at, cell in block.cells if at == column), None)
            return None if match is None else value_of(match)
        if block is not None:
            column_match = next((c for at, c in block.columns if at == column), None)
            return None if column_match is None else value_in(block.records[row - block.area.top], column_match)
        return None


def place(book: Workbook, data: Mapping[str, Iterable[Record]]) -> tuple[list[PlacedSheet], References]:
    """Return the sheets with every row numbered, and the area of every id."""
    references = References()
    sheets: dict[str, PlacedSheet] = {}
    for sheet in book.parts:
        if not isinstance(sheet, Sheet):
            continue
        if sheet.name.lower() in sheets:
            raise mistake(sheet.line, f"a second sheet named {sheet.name!r}", hint="Excel wants names that differ")
        sheets[sheet.name.lower()] = _place_sheet(sheet, data, references)
    if not sheets:
        raise mistake(book.line, "a workbook without a sheet", hint="add <sheet name=…>")
    if all(layout.sheet.hidden for layout in sheets.values()):
        raise mistake(book.line, "a workbook whose sheets are all hidden", hint="Excel shows at least one")
    return list(sheets.values()), references


def value_of(cell: Cell) -> str | int | float | Formula | None:
    """Return the content of a cell of the markup."""
    value: str | int | float = cell.content
    if cell.type == "number" and (cell.content.strip() or cell.formula is not None):
        value = _number(cell)
    if cell.formula is not None:
        return Formula(cell.formula, value)
    return None if value == "" else value


def value_in(record: Record, column: Column) -> object:
    """Return the content of a cell of bulk rows."""
    value = None if column.key is None else record.get(column.key)
    return value if column.formula is None or value is None else Formula(column.formula, scalar(value))


def _number(cell: Cell) -> int | float:
    try:
        return int(cell.content)
    except ValueError:
        pass
    try:
        return float(cell.content)
    except ValueError:
        hint = "write it plainly, without units or thousands separators: 1234567 or 0.25"
        raise mistake(cell.line, f"{cell.content.strip()[:40]!r} is no number", hint=hint) from None


def _place_sheet(sheet: Sheet, data: Mapping[str, Iterable[Record]], references: References) -> PlacedSheet:
    result = PlacedSheet(sheet)
    for part in sheet.parts:
        top = result.height + 1
        if isinstance(part, Row):
            _add(result, _place_row(sheet, part, top, references), references)
        elif isinstance(part, Rows):
            _add(result, _place_rows(sheet, part, top, data), references)
    return result


def _add(sheet: PlacedSheet, block: PlacedRow | PlacedRows, references: References) -> None:
    element = block.row if isinstance(block, PlacedRow) else block.rows
    references.add(element.id, block.area, element.line)
    sheet.blocks.append(block)
    sheet.height = block.area.bottom
    sheet.width = max(sheet.width, block.area.right)
    if sheet.height > _MAX_ROWS or sheet.width > _MAX_COLUMNS:
        hint = "fold repeated layers, or leave rows out and say how many"
        raise mistake(element.line, f"more than the {_MAX_ROWS:,} rows a sheet holds", hint=hint)


def _place_row(sheet: Sheet, row: Row, top: int, references: References) -> PlacedRow:
    cells, right = _columns(row.cells)
    for column, cell in cells:
        references.add(cell.id, Area(sheet.name, top, top, column, column + max(cell.span, 1) - 1), cell.line)
    keys = {cell.key: column for column, cell in cells if cell.key is not None}
    return PlacedRow(row, Area(sheet.name, top, top, cells[0][0] if cells else 1, right, keys), cells)


def _place_rows(sheet: Sheet, rows: Rows, top: int, data: Mapping[str, Iterable[Record]]) -> PlacedRows:
    if rows.of not in data:
        raise mistake(rows.line, f"no rows named {rows.of!r}", hint=f"there are: {', '.join(data) or 'none'}")
    source = data[rows.of]
    records = source if isinstance(source, Sequence) else list(source)
    columns, right = _columns(rows.columns)
    keys = {column.key: at for at, column in columns if column.key is not None}
    area = Area(sheet.name, top, top + len(records) - 1, columns[0][0] if columns else 1, right, keys)
    return PlacedRows(rows, area, columns, records)


def _columns(cells: Sequence[_C]) -> tuple[tuple[tuple[int, _C], ...], int]:
    """Return the cells with their columns, from left to right, and the last column."""
    places = []
    free = 1
    for cell in cells:
        at = free if cell.at is None else _letter(cell)
        if at < free:
            raise mistake(cell.line, f"at={cell.at!r} lies left of the cell before it", hint="go from left to right")
        places.append((at, cell))
        free = at + max(getattr(cell, "span", 1), 1)
    return tuple(places), max(free - 1, 1)


def _letter(cell: Cell | Column) -> int:
    try:
        return column_index_from_string(cell.at or "")
    except ValueError:
        raise mistake(cell.line, f"at={cell.at!r} is no column", hint="write a column's letters, such as C") from None
