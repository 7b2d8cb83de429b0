"""Styles, widths, rules, tables, charts and paper, as the markup asks for them."""

import io
import re

import pytest

from summarykit.exporters.excel.markup import Formula
from support.markup import TINY, TINY_ROWS, loaded, made, part, sheet

# openpyxl says so of every file with solid data bars, those of Excel included.
pytestmark = pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")


def test_styles_build_on_each_other() -> None:
    page = loaded(TINY, TINY_ROWS)["All formulas"]
    total, cell, head = loaded(TINY, TINY_ROWS)["Overview"]["A1"], page["B3"], page["A2"]
    assert (total.font.name, total.font.size, total.font.b, total.number_format) == ("Calibri", 11, True, "#,##0")
    assert (cell.number_format, cell.fill.fgColor.rgb, cell.font.color.rgb) == ("#,##0", "00FFF4CC", "001F4FBF")
    assert not cell.protection.locked
    assert head.protection.locked
    assert page.protection.sheet
    assert page.protection.password is None
    assert {c.alignment.vertical for row in page["A2:F5"] for c in row} == {"center"}


def test_the_default_style_can_be_changed() -> None:
    markup = (
        '<workbook><styles><style name="default" font="Arial"/></styles>'
        '<sheet name="S"><row><cell>a</cell></row></sheet></workbook>'
    )
    font = loaded(markup)["S"]["A1"].font
    assert (font.name, font.size) == ("Arial", 11)


def test_rows_carry_their_level_style_and_indent() -> None:
    markup = sheet(
        '<rows of="r" level-key="depth" style-key="look" hidden-key="hidden">'
        '<column key="name" indent-key="depth"/><column key="n" style="int" style-key="n_look"/></rows>'
    )
    rows = [
        {"name": "a", "depth": 0, "look": "bold", "n": 1},
        {"name": "b", "depth": 9, "n": 2, "n_look": "bad", "hidden": True},
    ]
    page = loaded(markup, {"r": iter(rows)})["Sheet"]
    assert page["A1"].font.b
    assert page["B1"].font.b
    assert page["B1"].number_format == page["B2"].number_format == "#,##0"
    assert (page["A2"].alignment.horizontal, page["A2"].alignment.indent) == ("left", 9)
    assert page["B2"].fill.fgColor.rgb == "00FDECEA"
    assert page.row_dimensions[2].outlineLevel == 7, "Excel has no deeper level"
    assert page.row_dimensions[2].hidden
    assert page.row_dimensions[1].collapsed
    assert not page.sheet_properties.outlinePr.summaryBelow


def test_a_cell_may_span_columns_and_start_further_right() -> None:
    page = loaded(sheet('<row height="30"><cell span="3">a</cell><cell at="F" span="2">b</cell></row>'))["Sheet"]
    assert page["F1"].value == "b"
    assert [str(cells) for cells in page.merged_cells.ranges] in (["A1:C1", "F1:G1"], ["F1:G1", "A1:C1"])
    assert page.row_dimensions[1].height == 30


def test_rules_lie_where_they_were_put() -> None:
    page = loaded(TINY, TINY_ROWS)["All formulas"]
    rules = {str(cells.sqref): rule for cells in page.conditional_formatting for rule in cells.rules}
    assert rules["A3:F5"].formula == ["$E3<5"]
    assert rules["A3:F5"].dxf.fill.bgColor.rgb == "00FDECEA"
    whole, flag = page.data_validations.dataValidation
    assert (str(whole.sqref), whole.operator, whole.formula1) == ("B3:C5", "greaterThanOrEqual", "0")
    assert (str(flag.sqref), flag.operator, flag.formula1, flag.formula2) == ("D3:D5", "between", "0", "1")
    assert whole.prompt == "A whole number"


def test_data_bars_are_solid_and_start_at_nothing() -> None:
    text = part(made(TINY, TINY_ROWS), "xl/worksheets/sheet2.xml")
    assert 'minLength="0" maxLength="100" gradient="0"' in text
    names = re.findall(r"<x14:id>(.*?)</x14:id>|<x14:cfRule type=\"dataBar\" id=\"(.*?)\"", text)
    assert names[0][0] == names[1][1], "both halves of the rule bear the same name"


def test_a_sheet_can_be_a_table_with_filter_panes_and_paper() -> None:
    markup = sheet(
        '<print paper="A4" fit-width="1" fit-height="1" footer-right="&amp;P" margin="2.54"/>'
        '<row id="head"><cell>Name</cell><cell>Size</cell></row>'
        '<rows of="r" id="r"><column key="a"/><column key="b"/></rows>'
        "",
        'zoom="80" tab="0B84D8" gridlines="false" filter="{range:head}:{range:r}" widths="34 18.5"',
    )
    page = loaded(markup, {"r": [{"a": "x", "b": 1}, {"a": "y", "b": 2}]})["Sheet"]
    assert page.auto_filter.ref == "A1:B3"
    assert (page.page_setup.paperSize, page.page_setup.fitToHeight, page.page_margins.left) == (9, 1, 1)
    assert page.oddFooter.right.text == "&P"
    assert (page.sheet_view.zoomScale, page.sheet_view.showGridLines) == (80, False)
    assert (page.column_dimensions["A"].width, page.column_dimensions["B"].width) == (34, 18.5)


def test_a_table_brings_its_filter_buttons() -> None:
    rows = (
        '<row id="head"><cell>Name</cell><cell>Size</cell></row>'
        '<rows of="r" id="r"><column key="a"/><column key="b"/></rows>'
        '<table name="Layers" range="{range:head}:{range:r}" FILTER/>'
    )
    for attribute, buttons in (("", "A1:B3"), ('filter="false"', None)):
        page = loaded(sheet(rows.replace("FILTER", attribute)), {"r": [{"a": "x", "b": 1}, {"a": "y", "b": 2}]})[
            "Sheet"
        ]
        table = page.tables["Layers"]
        assert table.ref == "A1:B3"
        assert table.column_names == ["Name", "Size"]
        assert (table.autoFilter.ref if table.autoFilter else None) == buttons


def chart_of(values: list[object]) -> io.BytesIO:
    markup = sheet(
        '<rows of="r" id="r"><column key="name"/><column key="n"/></rows>'
        '<chart at="D1" categories="{range:r.name}" values="{range:r.n}" title="By &lt;block&gt;"'
        ' alt="Layer 4 &quot;leads&quot;" color="0B84D8"/>'
    )
    return made(markup, {"r": [{"name": f"=b{i}", "n": n} for i, n in enumerate(values)]})


def test_a_chart_has_words_and_room_for_its_labels() -> None:
    file = chart_of([80, 20])
    chart = part(file, "xl/charts/chart1.xml")
    assert "By &lt;block&gt;" in chart
    assert "<f>Sheet!$B$1:$B$2</f>" in chart
    assert re.search(r'<(?:c:)?max val="100(\.0)?"', chart)
    assert "<v>=b0</v>" in chart, "what it shows stands in it, for viewers that compute nothing"
    assert 'descr="Layer 4 &quot;leads&quot;"' in part(file, "xl/drawings/drawing1.xml")


def test_a_chart_of_live_values_can_grow() -> None:
    assert not re.search(r"<(?:c:)?max val", part(chart_of([Formula("=40+40", 80), 20]), "xl/charts/chart1.xml"))
