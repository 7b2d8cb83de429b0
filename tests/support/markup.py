"""Small workbooks in markup, and reading what became of them."""

import io
import zipfile

import openpyxl

from summarykit.exporters.excel.markup import Formula, write_workbook

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


#: Texts that a spreadsheet could take for something else.
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
