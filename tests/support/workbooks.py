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
from summarykit.exporters.excel.exporter import write_excel
from summarykit.reading.model import Feed, read_and_run
from summarykit.summary import SummaryData

Row = dict[str, Cell]
#: Headings of the column right of the inputs.
WORDS = ("Formula in words", "Shapes", "Counted where", "Operations")


def watched(model: nn.Module, **feed: object) -> SummaryData:
    """What is known of *model*, and of one run where *feed* says what it is given."""
    return SummaryData(*read_and_run(model, Feed(**feed)))


def workbook_bytes(
    model: nn.Module, *, fill_cache: bool = True, options: Options | None = None, **feed: object
) -> bytes:
    """The workbook on *model*; without cached values whatever it shows was computed by who opened it."""
    return workbook_of(watched(model, **feed), fill_cache=fill_cache, options=options)


def workbook_of(data: SummaryData, *, fill_cache: bool = True, options: Options | None = None) -> bytes:
    """The workbook on a model that was read."""
    out = io.BytesIO()
    write_excel(data, out, options or Options(), fill_cache=fill_cache)
    return out.getvalue()


def opened(source: bytes | Path, *, values: bool = False) -> Workbook:
    """The workbook as openpyxl reads it: its formulas, or the values they show."""
    return openpyxl.load_workbook(io.BytesIO(source) if isinstance(source, bytes) else source, data_only=values)


def sheets(book: Workbook) -> list[str]:
    """The names of the sheets that are shown."""
    return [sheet.title for sheet in book if sheet.sheet_state == "visible"]


def formula_rows(book: Workbook, sheet: str = "Formulas") -> dict[str, Row]:
    """The rows of Formulas, or Compute, by path; their cells by an input's code name or a column's heading."""
    return {str(row["Layer"].value): row for row in live_rows(book, sheet)}


def live_rows(book: Workbook, sheet: str) -> list[Row]:
    """The rows of Formulas or Compute in their order; a layer whose calls differ has several."""
    return list(_formula_rows(book[sheet]))


def _formula_rows(sheet: Worksheet) -> Iterator[Row]:
    names: dict[int, str] = {}
    rows = sheet.iter_rows(min_row=4)
    for cells in rows:
        if cells[0].value == "#":
            codes = next(rows)
            words = next(head.column for head in cells if head.value in WORDS)
            names = {
                head.column: str(code.value if code.value and head.column < words else head.value).replace("\n", "")
                for head, code in zip(cells, codes, strict=True)
                if head.value is not None
            }
        elif isinstance(cells[0].value, int | float) and names:
            yield {name: cells[column - 1] for column, name in names.items()}
        else:
            names = {}


def total(book: Workbook, heading: str, sheet: str = "Formulas") -> Cell:
    """A cell of the frozen TOTAL row of Formulas or Compute."""
    column = next(cell.column for cell in book[sheet][2] if cell.value == heading)
    return book[sheet].cell(3, column)


def memory_rows(book: Workbook) -> dict[str, list[Cell]]:
    """The rows of Memory by what they are, the last of each name; the cells right of it."""
    return {str(row[0].value): list(row[1:]) for row in book["Memory"].iter_rows() if row[0].value}


def overview(book: Workbook, label: str) -> list[object]:
    """What stands right of *label* on Overview."""
    row = next(row for row in book["Overview"].iter_rows() if row[0].value == label)
    return [cell.value for cell in row[1:]]


def texts(book: Workbook, sheet: str) -> list[str]:
    """Every text of a sheet."""
    return [cell.value for row in book[sheet].iter_rows() for cell in row if isinstance(cell.value, str)]
