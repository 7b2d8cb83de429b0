"""Reading a workbook as a person does: by the names on the page, not by addresses."""

import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from torch import nn

from summarykit.exporters.base import Options
from summarykit.exporters.excel import write_excel
from summarykit.reading import read_model
from summarykit.summary import SummaryData

Row = dict[str, Cell]


def workbook_bytes(model: nn.Module, *, fill_cache: bool = True, options: Options | None = None) -> bytes:
    """The workbook on *model*; without cached values whatever it shows was computed by who opened it."""
    out = io.BytesIO()
    write_excel(SummaryData(read_model(model)), out, options or Options(), fill_cache=fill_cache)
    return out.getvalue()


def opened(source: bytes | Path, *, values: bool = False) -> Workbook:
    """The workbook as openpyxl reads it: its formulas, or the values they show."""
    return openpyxl.load_workbook(io.BytesIO(source) if isinstance(source, bytes) else source, data_only=values)


def formula_rows(book: Workbook) -> dict[str, Row]:
    """The rows of Formulas by path; their cells by the code name of an input or the heading of another column."""
    return {str(row["Layer"].value): row for row in _formula_rows(book["Formulas"])}


def _formula_rows(sheet: Worksheet) -> Iterator[Row]:
    names: dict[int, str] = {}
    rows = sheet.iter_rows(min_row=4)
    for cells in rows:
        if cells[0].value == "#":
            codes = next(rows)
            notes = ("of one copy", "all copies")
            names = {
                head.column: str(head.value if code.value in (None, *notes) else code.value).replace("\n", "")
                for head, code in zip(cells, codes, strict=True)
                if head.value is not None
            }
        elif isinstance(cells[0].value, int | float) and names:
            yield {name: cells[column - 1] for column, name in names.items()}
        else:
            names = {}


def total(book: Workbook, heading: str) -> Cell:
    """A cell of the frozen TOTAL row of Formulas."""
    sheet = book["Formulas"]
    column = next(cell.column for cell in sheet[2] if cell.value == heading)
    return sheet.cell(3, column)


def overview(book: Workbook, label: str) -> list[object]:
    """What stands right of *label* on Overview."""
    row = next(row for row in book["Overview"].iter_rows() if row[0].value == label)
    return [cell.value for cell in row[1:]]


def texts(book: Workbook, sheet: str) -> list[str]:
    """Every text of a sheet."""
    return [cell.value for row in book[sheet].iter_rows() for cell in row if isinstance(cell.value, str)]
