"""Excel tables, with the checks without which Excel reports a damaged file."""

from __future__ import annotations

import re
from collections.abc import Iterable

from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.table import Table as ExcelTable
from openpyxl.worksheet.table import TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from summarykit.exporters.excel.markup.elements import Table
from summarykit.exporters.excel.markup.layout import PlacedSheet
from summarykit.exporters.excel.markup.parsing import mistake
from summarykit.exporters.excel.markup.references import bounds

# Excel reads these as cell addresses, not as names.
_PLACE = re.compile(r"[A-Z]{1,3}\d+|R\d*(C\d*)?|C\d*", re.IGNORECASE)
_MAX_NAME = 255


def add_table(worksheet: Worksheet, part: Table, layout: PlacedSheet, cells: str) -> None:
    """Add a table over *cells*: its header and at least one row."""
    _check_name(worksheet, part)
    left, top, right, bottom = bounds(cells, part.line)
    if bottom == top:
        raise mistake(part.line, f"the table {part.name!r} has no rows", hint="leave it out with {% if %}")
    areas = [table.ref for table in worksheet.tables.values()]
    areas += [worksheet.auto_filter.ref] if worksheet.auto_filter.ref else []
    if any(_overlap((left, top, right, bottom), bounds(other, part.line)) for other in areas):
        hint = "a table brings filter buttons of its own; filter= is for rows outside it"
        raise mistake(part.line, f"the table {part.name!r} lies over another table or filter", hint=hint)
    heads = [layout.value(top, column) for column in range(left, right + 1)]
    table = ExcelTable(displayName=part.name, ref=cells)
    table.tableStyleInfo = TableStyleInfo(name=part.look, showRowStripes=False)
    for number, head in enumerate(_different(part, heads), 1):
        table.tableColumns.append(TableColumn(id=number, name=head))
    table.autoFilter = AutoFilter(ref=cells) if part.filter else None
    worksheet.add_table(table)


def _check_name(worksheet: Worksheet, part: Table) -> None:
    if "-" in part.name or len(part.name) > _MAX_NAME or _PLACE.fullmatch(part.name):
        hint = f"letters, digits and _, at most {_MAX_NAME}, and nothing that reads as a cell"
        raise mistake(part.line, f"a table cannot be named {part.name!r}", hint=hint)
    book = worksheet.parent
    names = {name.lower() for sheet in book.worksheets for name in sheet.tables} if book else set()
    if part.name.lower() in names:
        raise mistake(part.line, f"a second table named {part.name!r}", hint="Excel wants names that differ")


def _different(part: Table, heads: Iterable[object]) -> Iterable[str]:
    names: set[str] = set()
    for head in heads:
        if not isinstance(head, str) or not head.strip():
            raise mistake(part.line, f"the table {part.name!r} has a column without a text", hint="name it")
        if head.lower() in names:
            raise mistake(part.line, f"the table {part.name!r} has two columns {head!r}", hint="rename one of them")
        names.add(head.lower())
        yield head


def _overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
