"""Workbook markup becomes what Excel, LibreOffice, pandas and openpyxl read, through the public entry alone."""

import csv
import hashlib
import io
import re
import subprocess
import sys
import zipfile
from dataclasses import fields
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarykit.errors import TemplateError
from summarykit.exporters.workbook import Formula, elements, write_workbook

# openpyxl says so of every file with solid data bars, those of Excel included.
pytestmark = pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")

GUIDE = Path(__file__).parents[2] / "docs" / "workbook-markup.md"
STYLES = """
<styles>
  <style name="int" format="#,##0" align="right"/>
  <style name="input" base="int" fill="FFF4CC" color="1F4FBF" locked="false"/>
  <style name="bold" bold="true"/>
  <style name="bad" color="B3261E" fill="FDECEA"/>
</styles>"""
#: 4 × (16 + 1) = 68, 2 × (4 + 1) = 10, 1 × (2 + 1) = 3: together 81.
TINY = f"""
<workbook title="Tiny">{STYLES}
  <sheet name="Overview" widths="34 18">
    <row><cell type="number" formula="={{ref:totals.count}}" style="int bold" id="total">81</cell></row>
    <row><cell formula='=FIXED({{ref:total}},0)&amp;" parameters {{row}}"'>81 parameters {{row}}</cell></row>
    <row><cell link="{{ref:layers[1].path}}">1</cell></row>
  </sheet>
  <sheet name="All formulas" freeze="{{ref:layers.path}}" protect="true">
    <print orientation="landscape" fit-width="1" titles="{{range:head}}" area="A1:F5"/>
    <row id="totals"><cell at="E" key="count" type="number" formula="SUM({{range:layers.count}})">81</cell></row>
    <row id="head" style="bold">
      <cell>Layer</cell><cell>In</cell><cell>Out</cell><cell>Bias</cell><cell>Count</cell><cell>Words</cell>
    </row>
    <rows of="layers" id="layers">
      <column key="path"/><column key="in" style="input"/><column key="out" style="input"/>
      <column key="bias" style="input"/><column key="count" style="int"/>
      <column key="words"
        formula='={{this:out}}&amp;" × ("&amp;{{this:in}}&amp;" + 1) = "&amp;FIXED({{this:count}},0)'/>
    </rows>
    <validation range="{{range:layers.in}}:{{range:layers.out}}" type="whole" min="0" prompt="A whole number"/>
    <validation range="{{range:layers.bias}}" type="whole" min="0" max="1"/>
    <format range="{{range:layers}}" when="{{this:count}}&lt;5" style="bad"/>
    <databar range="{{range:layers.count}}" color="0B84D8"/>
  </sheet>
</workbook>"""


def tiny_layer(index: int, taken: int, given: int) -> dict[str, object]:
    chained = Formula(f"={{ref:layers[{index - 1}].out}}", taken) if index else taken
    count = given * (taken + 1)
    return {
        "path": str(index),
        "in": chained,
        "out": given,
        "bias": 1,
        "count": Formula("={this:out}*({this:in}+{this:bias})", count),
        "words": f"{given} × ({taken} + 1) = {count}",
    }


TINY_ROWS = {"layers": [tiny_layer(0, 16, 4), tiny_layer(1, 4, 2), tiny_layer(2, 2, 1)]}


def made(markup: str, rows=None, **options) -> io.BytesIO:
    out = io.BytesIO()
    write_workbook(markup, rows or {}, out, **options)
    out.seek(0)
    return out


def loaded(markup: str, rows=None, *, shown: bool = False) -> openpyxl.Workbook:
    return openpyxl.load_workbook(made(markup, rows), data_only=shown)


def sheet(inside: str, attributes: str = "") -> str:
    return f'<workbook>{STYLES}<sheet name="Sheet" {attributes}>{inside}</sheet></workbook>'


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def part(file: io.BytesIO, name: str) -> str:
    with zipfile.ZipFile(file) as archive:
        return archive.read(name).decode()


# -- what formulas show and name


def test_openpyxl_and_pandas_read_what_formulas_show() -> None:
    assert loaded(TINY, TINY_ROWS, shown=True)["Overview"]["A1"].value == 81
    frame = pd.read_excel(made(TINY, TINY_ROWS), sheet_name="All formulas", skiprows=1, engine="openpyxl")
    assert frame["Count"].tolist() == [68, 10, 3]
    assert frame["In"].tolist() == [16, 4, 2]
    assert frame["Words"].tolist() == ["4 × (16 + 1) = 68", "2 × (4 + 1) = 10", "1 × (2 + 1) = 3"]


def test_placeholders_become_cells() -> None:
    book = loaded(TINY, TINY_ROWS)
    overview, formulas = book["Overview"], book["All formulas"]
    assert overview["A1"].value == "='All formulas'!$E$1"
    assert overview["A2"].value == '=FIXED($A$1,0)&" parameters {row}"', "quoted text is no placeholder"
    assert overview["A3"].hyperlink.location == "'All formulas'!A4"
    assert formulas["E1"].value == "=SUM($E$3:$E$5)"
    assert [formulas[f"B{row}"].value for row in (3, 4, 5)] == [16, "=$C$3", "=$C$4"]
    assert formulas["E4"].value == "=C4*(B4+D4)"
    assert formulas.freeze_panes == "A3"
    assert formulas.print_title_rows == "$2:$2"


def test_row_numbers_can_be_counted_from_this_one() -> None:
    book = loaded(sheet('<row/><row><cell type="number" formula="=A{row-1}+A{row+1}">0</cell></row>'))
    assert book["Sheet"]["A2"].value == "=A1+A3"


def test_without_cache_formulas_show_nothing_yet() -> None:
    book = openpyxl.load_workbook(made(TINY, TINY_ROWS, fill_cache=False), data_only=True)
    assert book["Overview"]["A1"].value is None


def test_excel_computes_on_opening() -> None:
    assert 'fullCalcOnLoad="1"' in part(made(TINY, TINY_ROWS), "xl/workbook.xml")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(True, True), (0.1, 0.1), (10**20, 1e20), (10**400, str(10**400)), (float("inf"), "inf"), ("", None)],
)
def test_every_value_a_formula_can_show(value, shown) -> None:
    markup = sheet('<rows of="r"><column key="v"/></rows>')
    assert loaded(markup, {"r": [{"v": Formula("=A1", value)}]}, shown=True)["Sheet"]["A1"].value == shown


# -- text is text

HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://x","y")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "#N/A",
    "#REF!",
    "</t></is></c><c><f>1+1</f></c>",
    " spaces ",
    "two\nlines",
    "{row}{ref:nothing}",
    "&amp;",
    "]]>",
    "123",
    "TRUE",
    "layer‮name\x7f",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(text: str) -> None:
    markup = sheet(f'<row><cell>{escaped(text)}</cell></row><rows of="r"><column key="v"/></rows>')
    page = loaded(markup, {"r": [{"v": text}]})["Sheet"]
    for cell in (page["A1"], page["A2"]):
        assert cell.value == text
        assert cell.data_type == "s"
        assert cell.quotePrefix == (text[0] in "=+-@\t#")


@given(st.text())
def test_any_text_can_be_written_and_is_no_formula(text: str) -> None:
    file = made(sheet('<rows of="r"><column key="v"/></rows>'), {"r": [{"v": text}]})
    assert "<f>" not in part(file, "xl/worksheets/sheet1.xml")
    cell = openpyxl.load_workbook(file)["Sheet"]["A1"]
    assert cell.data_type in {"s", "n"}  # an empty cell is a number to openpyxl


@pytest.mark.parametrize("text", ["\x00", "a\x1bb", "\ud800", "\ufffe", "\uffff"])
def test_what_no_file_can_hold_is_replaced(text: str) -> None:
    markup = sheet(f'<row><cell>{text}</cell></row><rows of="r"><column key="v"/></rows>')
    page = loaded(markup, {"r": [{"v": text}]})["Sheet"]
    assert "\ufffd" in page["A1"].value
    assert page["A1"].value == page["A2"].value


def test_what_excel_takes_for_an_escape_is_escaped() -> None:
    file = made(sheet("<row><cell>_x0041_x0042_</cell></row>"))
    assert ">_x005F_x0041_x005F_x0042_<" in part(file, "xl/worksheets/sheet1.xml")


def test_too_long_a_text_says_that_it_goes_on() -> None:
    text = loaded(sheet('<rows of="r"><column key="v"/></rows>'), {"r": [{"v": "x" * 40_000}]})["Sheet"]["A1"].value
    assert len(text) == 32_767
    assert text.endswith("x…")


@pytest.mark.parametrize("number", [10**15, -(10**15), 2**53, 2**60, 10**400])
def test_an_integer_too_long_for_excel_is_exact_text(number: int) -> None:
    cell = loaded(sheet('<rows of="r"><column key="v"/></rows>'), {"r": [{"v": number}]})["Sheet"]["A1"]
    assert cell.value == str(number)
    assert cell.alignment.horizontal == "right"


@pytest.mark.parametrize("number", [0, -3, 999_999_999_999_999, 0.1, 1e-9, True, False, None])
def test_numbers_are_exact(number) -> None:
    assert loaded(sheet('<rows of="r"><column key="v"/></rows>'), {"r": [{"v": number}]})["Sheet"]["A1"].value == number


# -- looks


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
        '<table name="Layers" range="{range:head}:{range:r}"/>',
        'zoom="80" tab="0B84D8" gridlines="false" filter="{range:head}:{range:r}" widths="34 18.5"',
    )
    page = loaded(markup, {"r": [{"a": "x", "b": 1}, {"a": "y", "b": 2}]})["Sheet"]
    assert page.tables["Layers"].ref == page.auto_filter.ref == "A1:B3"
    assert page.tables["Layers"].column_names == ["Name", "Size"]
    assert (page.page_setup.paperSize, page.page_setup.fitToHeight, page.page_margins.left) == (9, 1, 1)
    assert page.oddFooter.right.text == "&P"
    assert (page.sheet_view.zoomScale, page.sheet_view.showGridLines) == (80, False)
    assert (page.column_dimensions["A"].width, page.column_dimensions["B"].width) == (34, 18.5)


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


# -- the file


def test_same_input_same_bytes() -> None:
    code = (
        "import hashlib, io, sys; sys.path.insert(0, 'tests/exporters'); import test_workbook as t;"
        "print(hashlib.sha256(t.made(t.TINY, t.TINY_ROWS).getvalue()).hexdigest())"
    )
    root = Path(__file__).parents[2]
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root), "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert found == {hashlib.sha256(made(TINY, TINY_ROWS).getvalue()).hexdigest()}


def test_the_date_is_the_one_asked_for(monkeypatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    file = made(TINY, TINY_ROWS)
    with zipfile.ZipFile(file) as archive:
        assert {info.date_time for info in archive.infolist()} == {(2023, 11, 14, 22, 13, 20)}
    assert openpyxl.load_workbook(file).properties.modified.isoformat() == "2023-11-14T22:13:20"


def test_empty_rows_leave_no_trace() -> None:
    page = loaded(sheet('<rows of="r"><column key="v"/></rows><row><cell>after</cell></row>'), {"r": []})["Sheet"]
    assert page["A1"].value == "after"


# -- mistakes

MISTAKES = {
    "not well-formed": ("<workbook>\n<sheet>", "line 2", "write &lt;"),
    "document type": ('<!DOCTYPE a [<!ENTITY b "c">]><workbook/>', "document type", "remove"),
    "other root": ("<html/>", "line 1", "<workbook>"),
    "unknown element": (sheet("\n<rwo/>"), "unknown element <rwo>", "did you mean 'row'"),
    "unknown attribute": (sheet('<row heigth="3"/>'), "unknown attribute 'heigth'", "did you mean 'height'"),
    "missing attribute": (sheet("<rows/>"), "<rows> has no 'of'", "add of="),
    "wrong flag": (sheet('<row hidden="yes"/>'), "hidden='yes'", "one of true, false"),
    "wrong colour": (sheet("", 'tab="blue"'), "tab='blue'", "six hexadecimal digits"),
    "wrong number": (sheet('<row height="tall"/>'), "height='tall'", "a number"),
    "negative number": (sheet('<row level="-1"/>'), "level='-1'", "not negative"),
    "wrong choice": (sheet('<print paper="A7"/>'), "paper='A7'", "one of A3"),
    "loose text": (sheet("<row>text</row>"), "text 'text' in <row>", "<cell>"),
    "element in text": (sheet("<row><cell><b/></cell></row>"), "<b> inside <cell>", "text only"),
    "children of none": (sheet("<print><row/></print>"), "<row> inside <print>", "nothing"),
    "unknown style": (sheet('<row><cell style="blod"/></row>'), "unknown style 'blod'", "bold"),
    "style twice": (
        sheet("").replace("</styles>", '<style name="bad"/></styles>'),
        "second style named 'bad'",
        "rename",
    ),
    "unknown rows": (sheet('<rows of="nothing"/>'), "no rows named 'nothing'", "none"),
    "no number": (sheet('<row><cell type="number">1,000</cell></row>'), "'1,000' is no number", "separators"),
    "formula shows nothing": (sheet('<row><cell type="number" formula="=1"/></row>'), "'' is no number", "plainly"),
    "unknown id": (sheet('<row><cell formula="={ref:x}"/></row>'), "nothing has the id 'x'", "none"),
    "unknown key": (sheet('<row id="a"><cell formula="={ref:a.b}"/></row>'), "no column with key 'b'", "none"),
    "unknown placeholder": (sheet('<row><cell formula="={rwo}"/></row>'), "{rwo}", "{row}"),
    "id twice": (sheet('<row id="a"/><row id="a"/>'), "second element with id 'a'", "one place"),
    "sheet twice": (sheet("").replace("</workbook>", '<sheet name="sheet"/></workbook>'), "second sheet", "differ"),
    "no sheet": ("<workbook/>", "without a sheet", "add"),
    "sheet name": ('<workbook><sheet name="a/b"/></workbook>', "name='a/b'", "31"),
    "no range": (sheet('<databar range="here" color="0B84D8"/>'), "'here' is no range", "A5:C9"),
    "back to the left": (sheet('<row><cell at="C"/><cell at="B"/></row>'), "at='B'", "left to right"),
    "no column": (sheet('<row><cell at="?"/></row>'), "at='?'", "letters"),
    "long prompt": (sheet(f'<validation range="A1" type="whole" prompt="{"x" * 256}"/>'), "too long", "255"),
    "long formula": (sheet(f'<row><cell formula="={"1+" * 5000}1"/></row>'), "10,001 characters", "8,192"),
    "chart of nothing": (
        sheet('<row/><chart at="A1" categories="A1" values="B1" title="t" alt="a" color="0B84D8"/>'),
        "without a number",
        "values=",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_says_where_it_is_and_how_to_mend_it(case: str) -> None:
    markup, what, hint = MISTAKES[case]
    with pytest.raises(TemplateError) as caught:
        made(markup)
    assert what in caught.value.what
    assert hint in caught.value.hint


def test_a_reference_to_rows_that_are_none_is_a_mistake() -> None:
    markup = sheet('<rows of="r" id="r"><column key="v"/></rows><row><cell formula="=SUM({range:r.v})">0</cell></row>')
    with pytest.raises(TemplateError, match="names no row"):
        made(markup, {"r": []})


def test_the_guide_names_every_element_and_attribute() -> None:
    guide = GUIDE.read_text("utf-8")
    kinds = [kind for kind in vars(elements).values() if isinstance(kind, type) and hasattr(kind, "tag")]
    assert len(kinds) > 10
    for kind in kinds:
        section = re.search(rf"^### `<{kind.tag}>`$(.*?)(?=^##|\Z)", guide, re.MULTILINE | re.DOTALL)
        assert section, f"no section on <{kind.tag}>"
        attributes = {made.name.replace("_", "-") for made in fields(kind) if not made.metadata}
        assert set(re.findall(r"^\| `([\w-]+)`", section[1], re.MULTILINE)) == attributes, kind.tag


# -- in LibreOffice


@pytest.mark.office
def test_libreoffice_computes_what_the_file_says(libreoffice, tmp_path: Path) -> None:
    source = tmp_path / "uncached.xlsx"
    source.write_bytes(made(TINY, TINY_ROWS, fill_cache=False).getvalue())
    computed = openpyxl.load_workbook(libreoffice(source, "xlsx"), data_only=True)
    told = loaded(TINY, TINY_ROWS, shown=True)
    for name in told.sheetnames:
        assert list(computed[name].values) == list(told[name].values)


@pytest.mark.office
def test_a_changed_input_moves_the_chain_and_the_total(libreoffice, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(made(TINY, TINY_ROWS, fill_cache=False))
    book["All formulas"]["C3"] = 8
    book.save(tmp_path / "changed.xlsx")
    page = openpyxl.load_workbook(libreoffice(tmp_path / "changed.xlsx", "xlsx"), data_only=True)["All formulas"]
    assert [page[f"E{row}"].value for row in (1, 3, 4, 5)] == [157, 136, 18, 3]
    assert page["F4"].value == "2 × (8 + 1) = 18"


@pytest.mark.office
def test_libreoffice_shows_hostile_text_as_it_is(libreoffice, tmp_path: Path) -> None:
    texts = [text for text in HOSTILE if "\t" not in text]
    source = tmp_path / "hostile.xlsx"
    source.write_bytes(
        made(
            sheet('<rows of="r"><column key="v"/></rows>'), {"r": [{"v": text} for text in [*texts, "_x0041_x0042_"]]}
        ).getvalue()
    )
    with libreoffice(source, "csv:Text - txt - csv (StarCalc):44,34,76,1").open(encoding="utf-8", newline="") as file:
        assert [row[0] for row in csv.reader(file)] == [*texts, "_x0041_x0042_"]
