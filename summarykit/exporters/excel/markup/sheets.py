"""Everything of a sheet but its rows, set with openpyxl: panes, paper, rules, tables, links."""

from __future__ import annotations

import re

from openpyxl.formatting.rule import DataBar as ExcelDataBar
from openpyxl.formatting.rule import FormatObject, Rule
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook as ExcelWorkbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.header_footer import _HeaderFooterPart as HeaderFooterPart
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import Outline, PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from summarykit.exporters.excel.markup.cells import MAX_LEVEL, whole
from summarykit.exporters.excel.markup.charts import bar_chart
from summarykit.exporters.excel.markup.elements import Chart, DataBar, Element, Format, Print, Table, Validation
from summarykit.exporters.excel.markup.layout import PlacedRow, PlacedRows, PlacedSheet
from summarykit.exporters.excel.markup.parsing import mistake
from summarykit.exporters.excel.markup.references import Area, References, bounds
from summarykit.exporters.excel.markup.styles import StyleBook
from summarykit.exporters.excel.markup.tables import add_table

_PAPER = {"letter": 1, "A3": 8, "A4": 9, "A5": 11}
_MAX_TITLE, _MAX_PROMPT = 32, 255


class SheetMaker:
    """Builds one openpyxl worksheet, without its rows."""

    def __init__(self, excel: ExcelWorkbook, layout: PlacedSheet, styles: StyleBook, references: References) -> None:
        self.worksheet: Worksheet = excel.create_sheet(layout.sheet.name)
        self._layout = layout
        self._styles = styles
        self._references = references
        self._whole = Area(layout.sheet.name, 1, max(layout.height, 1), 1, layout.width)

    def make(self) -> Worksheet:
        """Return the worksheet with everything set but the rows."""
        self._view()
        self._outline()
        self._cells()
        for part in self._layout.sheet.parts:
            match part:
                case Print():
                    self._print(part)
                case Validation():
                    self._validation(part)
                case Format():
                    self._format(part)
                case DataBar():
                    self._data_bar(part)
                case Chart():
                    ranges = self._range(part.categories, part), self._range(part.values, part)
                    self.worksheet.add_chart(bar_chart(part, self._layout, *ranges), self._range(part.at, part))
                case Table():
                    add_table(self.worksheet, part, self._layout, self._range(part.range, part))
        return self.worksheet

    def _view(self) -> None:
        sheet, worksheet = self._layout.sheet, self.worksheet
        if sheet.hidden:
            worksheet.sheet_state = worksheet.SHEETSTATE_VERYHIDDEN
        worksheet.sheet_view.showGridLines = sheet.gridlines
        worksheet.sheet_view.zoomScale = sheet.zoom
        worksheet.sheet_properties.tabColor = sheet.tab
        for column, width in enumerate(sheet.widths, 1):
            worksheet.column_dimensions[get_column_letter(column)].width = width
        if sheet.freeze is not None:
            worksheet.freeze_panes = self._range(sheet.freeze, sheet)
        if sheet.filter is not None:
            worksheet.auto_filter.ref = self._range(sheet.filter, sheet)
        if sheet.protect:
            worksheet.protection.sheet = True
            # In openpyxl as in the file, False means that it is allowed.
            worksheet.protection.formatColumns = worksheet.protection.formatRows = False
            worksheet.protection.autoFilter = False

    def _outline(self) -> None:
        worksheet = self.worksheet
        worksheet.sheet_properties.outlinePr = Outline(summaryBelow=self._layout.sheet.summary_below)
        worksheet.sheet_format.outlineLevelRow = min(max(map(_deepest, self._layout.blocks), default=0), MAX_LEVEL)

    def _cells(self) -> None:
        """Set the extent of the sheet, its merged cells and its links; the cells are written later."""
        worksheet = self.worksheet
        worksheet.cell(1, 1)
        worksheet.cell(self._whole.bottom, self._whole.right)
        for block in self._layout.blocks:
            if not isinstance(block, PlacedRow):
                continue
            for column, cell in block.cells:
                top = block.area.top
                here = f"{get_column_letter(column)}{top}"
                if cell.span > 1:
                    worksheet.merge_cells(f"{here}:{get_column_letter(column + cell.span - 1)}{top}")
                if cell.link is not None:
                    target = self._references.fill(cell.link, block.area, top, cell.line, with_sheet=True)
                    worksheet[here].hyperlink = Hyperlink(ref=here, location=target.replace("$", ""))

    def _print(self, part: Print) -> None:
        worksheet = self.worksheet
        worksheet.page_setup.paperSize = _PAPER[part.paper]
        worksheet.page_setup.orientation = part.orientation
        if part.fit_width is not None or part.fit_height is not None:
            worksheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
            worksheet.page_setup.fitToWidth = part.fit_width or 0
            worksheet.page_setup.fitToHeight = part.fit_height or 0
            if worksheet.page_setup.fitToWidth > 1:  # pages that are side by side are printed one after the other
                worksheet.page_setup.pageOrder = "overThenDown"
        if part.area is not None:
            worksheet.print_area = self._range(part.area, part)
        if part.titles is not None:
            _, top, _, bottom = bounds(self._fill(part.titles, part), part.line)
            worksheet.print_title_rows = f"{top}:{bottom}"
        if part.columns is not None:
            worksheet.print_title_cols = _columns(part)
        if part.margin is not None:
            margins = worksheet.page_margins
            margins.left = margins.right = margins.top = margins.bottom = part.margin / 2.54
            margins.header = margins.footer = part.margin / 2.54 / 2
        left, right = HeaderFooterPart(text=part.footer_left), HeaderFooterPart(text=part.footer_right)
        worksheet.oddFooter = HeaderFooterItem(left=left, right=right)

    def _validation(self, part: Validation) -> None:
        long = len(part.title or "") > _MAX_TITLE or max(len(part.prompt or ""), len(part.error or "")) > _MAX_PROMPT
        if long or len(part.values or "") > _MAX_PROMPT:
            hint = f"Excel takes a title of {_MAX_TITLE} and texts of {_MAX_PROMPT} characters"
            raise mistake(part.line, "a <validation> with too long a text", hint=hint)
        rule = DataValidation(
            type=part.type,
            allow_blank=True,
            showErrorMessage=True,
            showInputMessage=part.prompt is not None,
            promptTitle=part.title,
            prompt=part.prompt,
            errorTitle=part.title,
            error=part.error,
        )
        if part.type == "list":
            rule.formula1 = '"{}"'.format((part.values or "").replace('"', '""'))
        elif part.max is None:
            rule.operator, rule.formula1 = "greaterThanOrEqual", f"{part.min or 0:g}"
        else:
            rule.operator, rule.formula1, rule.formula2 = "between", f"{part.min or 0:g}", f"{part.max:g}"
        for one in part.range.split():
            rule.add(self._range(one, part))
        self.worksheet.add_data_validation(rule)

    def _format(self, part: Format) -> None:
        cells = self._range(part.range, part)
        top = bounds(cells, part.line)[1]
        block = self._layout.block(top)
        when = self._references.fill(part.when, block.area if block else self._whole, top, part.line, for_range=True)
        rule = Rule(
            type="expression", dxf=self._styles.difference(part.style, part.line), formula=[when.removeprefix("=")]
        )
        self.worksheet.conditional_formatting.add(cells, rule)

    def _data_bar(self, part: DataBar) -> None:
        ends = [FormatObject(type="num", val=0), FormatObject(type="max")]
        bar = ExcelDataBar(cfvo=ends, color=f"FF{part.color}", minLength=0, maxLength=100)
        self.worksheet.conditional_formatting.add(self._range(part.range, part), Rule(type="dataBar", dataBar=bar))

    def _fill(self, text: str, element: Element) -> str:
        cells = self._references.fill(text, self._whole, 1, element.line)
        if "!" in cells:
            raise mistake(element.line, f"{text!r} lies on another sheet", hint="name cells of this sheet")
        return cells

    def _range(self, text: str, element: Element) -> str:
        left, top, right, bottom = bounds(self._fill(text, element), element.line)
        first, last = f"{get_column_letter(left)}{top}", f"{get_column_letter(right)}{bottom}"
        return first if first == last else f"{first}:{last}"


def _columns(part: Print) -> str:
    match = re.fullmatch("([A-Z]{1,3}):([A-Z]{1,3})", part.columns or "")
    if match is None:
        raise mistake(part.line, f"columns={part.columns!r} are no columns", hint="write their letters, such as A:B")
    return match[0]


def _deepest(block: PlacedRow | PlacedRows) -> int:
    if isinstance(block, PlacedRow):
        return block.row.level
    if block.rows.deepest is not None:
        return block.rows.deepest
    key, line = block.rows.level_key, block.rows.line
    return max((whole(record, key, line) for record in block.records), default=0) if key else 0
