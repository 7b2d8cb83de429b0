"""Write an .xlsx file from workbook markup and rows; this package knows nothing about models.

The markup is described in ``docs/workbook-markup.md``. One module a step: `parsing` reads it into `elements`, `layout`
gives everything its row and column, `references` can then resolve placeholders, `sheets` and `charts` set with
openpyxl what lies around the cells, `cells` writes the rows themselves and `package` puts the file together.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import BinaryIO

from openpyxl.workbook import Workbook as ExcelWorkbook

from summarykit.exporters.excel.markup.cells import CellWriter
from summarykit.exporters.excel.markup.elements import Chart, Row, Sheet, Styles
from summarykit.exporters.excel.markup.layout import place
from summarykit.exporters.excel.markup.package import EARLIEST, Page, write_package
from summarykit.exporters.excel.markup.parsing import parse
from summarykit.exporters.excel.markup.sheets import SheetMaker
from summarykit.exporters.excel.markup.styles import StyleBook
from summarykit.exporters.excel.markup.values import Formula

__all__ = ["Formula", "sheet_height", "write_workbook"]

#: Height of a row without its own, in points.
_USUAL_ROW = 15.0


def sheet_height(markup: str) -> float:
    """Return the height in points of the first ``<sheet>``, whose rows all stand in its markup.

    Raises:
        TemplateError: The markup is not well-formed or refers to something that does not exist.

    """
    sheet = next((part for part in parse(f"<workbook>{markup}</workbook>").parts if isinstance(part, Sheet)), None)
    rows = [part for part in sheet.parts if isinstance(part, Row)] if sheet else []
    return sum(_USUAL_ROW if row.height is None else row.height for row in rows)


def write_workbook(
    markup: str,
    rows: Mapping[str, Iterable[Mapping[str, object]]],
    out: BinaryIO,
    *,
    fill_cache: bool = True,
    creation_date: datetime | None = None,
) -> None:
    """Write an .xlsx file.

    Args:
        markup: The workbook, as ``docs/workbook-markup.md`` describes it.
        rows: The data of each ``<rows of=…>``; values are texts, numbers, bools, None or `Formula`.
        out: A binary file.
        fill_cache: Whether formulas carry what they show before anything computes them. Only tests leave it out:
            LibreOffice shows cached values without computing, so a test with them would prove nothing.
        creation_date: The date of the file. Otherwise ``SOURCE_DATE_EPOCH``, or the first day of 1980.

    Raises:
        TemplateError: The markup is not well-formed or refers to something that does not exist.

    """
    book = parse(markup)
    sheets, references = place(book, rows)
    excel = ExcelWorkbook()
    blank = excel.worksheets[0]
    excel.remove(blank)
    excel.properties.title, excel.properties.creator = book.title or None, book.creator
    styles = StyleBook(blank, [style for part in book.parts if isinstance(part, Styles) for style in part.styles])
    writer = CellWriter(styles, references, fill_cache=fill_cache)
    pages: dict[str, Page] = {}
    for sheet in sheets:
        SheetMaker(excel, sheet, styles, references).make()
        alt_texts = [part.alt for part in sheet.sheet.parts if isinstance(part, Chart)]
        pages[sheet.sheet.name] = Page(writer.rows(sheet), sheet.height, alt_texts)
    write_package(excel, pages, out, (creation_date or _source_date()).astimezone(UTC))


def _source_date() -> datetime:
    """Return the date of reproducible builds, ``SOURCE_DATE_EPOCH``."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(seconds), UTC) if seconds.isdecimal() else EARLIEST
