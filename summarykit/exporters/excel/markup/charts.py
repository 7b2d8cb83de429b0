"""The one kind of chart: horizontal bars with their numbers, and nothing else around them."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl.chart import BarChart
from openpyxl.chart.data_source import AxDataSource, NumData, NumDataSource, NumRef, NumVal, StrData, StrRef, StrVal
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.series import Series
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import (
    CharacterProperties,
    Font,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
)
from openpyxl.utils import absolute_coordinate

from summarykit.exporters.excel.markup.elements import Chart
from summarykit.exporters.excel.markup.layout import PlacedSheet
from summarykit.exporters.excel.markup.parsing import mistake
from summarykit.exporters.excel.markup.references import bounds, quote_sheet
from summarykit.exporters.excel.markup.text import holdable
from summarykit.exporters.excel.markup.values import Formula

# The label of the longest bar would leave the chart.
_ROOM_FOR_LABEL = 1.25
_INK = "1A2230"


def bar_chart(part: Chart, sheet: PlacedSheet, categories: str, values: str) -> BarChart:
    """Return the chart of two ranges of this sheet, such as `A5:A9`, with their values cached in it."""
    names, numbers = _values_at(sheet, categories, part.line), _values_at(sheet, values, part.line)
    chart = BarChart(barDir="bar", gapWidth=40, varyColors=False)
    chart.width, chart.height = part.width, part.height  # type: ignore[assignment]  # the stubs know whole centimetres only
    chart.title = _title(part.title)
    chart.legend = None
    chart.roundedCorners = False
    chart.graphical_properties = GraphicalProperties(ln=LineProperties(noFill=True))
    chart.series.append(_series(part, sheet.sheet.name, (categories, names), (values, numbers)))
    chart.x_axis.delete = False
    chart.x_axis.scaling.orientation = "maxMin"  # the first row on top
    chart.x_axis.majorTickMark = "none"
    chart.x_axis.tickLblSkip = 1  # every bar has its name
    chart.x_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    chart.x_axis.txPr = _labels()
    chart.y_axis.delete = True
    chart.y_axis.majorGridlines = None
    chart.y_axis.scaling.min = 0
    chart.y_axis.scaling.max = _axis_end(part, numbers)
    return chart


def _values_at(sheet: PlacedSheet, cells: str, line: int) -> list[object]:
    start, top, right, bottom = bounds(cells, line)
    return [sheet.value(row, column) for row in range(top, bottom + 1) for column in range(start, right + 1)]


def _axis_end(part: Chart, numbers: Sequence[object]) -> float | None:
    """Return the end of the axis; None, which lets Excel choose, if a live value may grow."""
    plain = [number for number in numbers if isinstance(number, int | float)]
    if any(isinstance(number, Formula) for number in numbers):
        return None
    if not plain:
        raise mistake(part.line, "a <chart> without a number", hint="values= must name the cells of the numbers")
    return max(plain) * _ROOM_FOR_LABEL or 1.0


def _series(
    part: Chart, sheet: str, categories: tuple[str, Sequence[object]], values: tuple[str, Sequence[object]]
) -> Series:
    names = [StrVal(idx=i, v=holdable(str(_plain(name)))) for i, name in enumerate(categories[1])]
    points = [
        NumVal(idx=i, v=value) for i, value in enumerate(map(_plain, values[1])) if isinstance(value, int | float)
    ]
    numbers = NumData(formatCode=part.format, ptCount=len(values[1]), pt=points)
    series = Series(idx=0, order=0)
    name = quote_sheet(sheet)
    series.cat = AxDataSource(
        strRef=StrRef(
            f=f"{name}!{absolute_coordinate(categories[0])}",
            strCache=StrData(ptCount=len(names), pt=names),
        )
    )
    series.val = NumDataSource(numRef=NumRef(f=f"{name}!{absolute_coordinate(values[0])}", numCache=numbers))
    series.graphicalProperties = GraphicalProperties(solidFill=part.color, ln=LineProperties(noFill=True))
    series.invertIfNegative = False
    series.dLbls = DataLabelList(
        showVal=True,
        showSerName=False,
        showCatName=False,
        showLegendKey=False,
        showPercent=False,
        dLblPos="outEnd",
        numFmt=part.format,
        txPr=_labels(),
    )
    return series


def _plain(value: object) -> object:
    return value.value if isinstance(value, Formula) else value


def _title(text: str) -> Title:
    look = _characters(1200, bold=True)
    words = Paragraph(pPr=ParagraphProperties(defRPr=look), r=[RegularTextRun(rPr=look, t=holdable(text))])
    return Title(tx=Text(rich=RichText(p=[words])), overlay=False)


def _labels() -> RichText:
    look = _characters(1000)
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=look), r=[], endParaRPr=look)])


def _characters(size: int, *, bold: bool = False) -> CharacterProperties:
    return CharacterProperties(sz=size, b=bold, solidFill=_INK, latin=Font(typeface="Calibri"))
