"""A mistake in markup says where it is and how to mend it; the guide names all there is."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from summarykit.errors import TemplateError
from summarykit.exporters.excel.markup import elements
from support.markup import made, sheet

GUIDE = Path(__file__).parents[3] / "docs" / "workbook-markup.md"

TABLE = (
    '<row><cell>a</cell><cell>b</cell></row><row><cell>1</cell><cell>2</cell></row><table name="NAME" range="A1:B2"/>'
)
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
    "table without rows": (
        sheet('<row><cell>a</cell></row><table name="T" range="A1"/>'),
        "has no rows",
        "leave it out",
    ),
    "table named as a cell": (sheet(TABLE.replace("NAME", "T1")), "cannot be named 'T1'", "reads as a cell"),
    "table with a dash": (sheet(TABLE.replace("NAME", "T-x")), "cannot be named 'T-x'", "letters"),
    "table twice": (
        sheet(TABLE.replace("NAME", "Rows") + "<row/>" + TABLE.replace("NAME", "ROWS").replace("A1:B2", "A4:B5")),
        "second table named 'ROWS'",
        "differ",
    ),
    "table over a filter": (sheet(TABLE.replace("NAME", "T"), 'filter="A1:B2"'), "lies over", "filter="),
    "table over a table": (sheet(TABLE.replace("NAME", "T") + TABLE.replace("NAME", "S")), "lies over", "filter="),
    "columns alike": (sheet(TABLE.replace("NAME", "T").replace(">b<", ">A<")), "two columns 'A'", "rename"),
    "column without a name": (sheet(TABLE.replace("NAME", "T").replace(">b<", "><")), "without a text", "name it"),
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
