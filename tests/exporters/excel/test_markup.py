"""Workbook markup becomes what Excel, LibreOffice, pandas and openpyxl read: values, formulas, text, one file."""

import csv
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarykit.exporters.excel.markup import Formula
from support.markup import HOSTILE, TINY, TINY_ROWS, escaped, loaded, made, part, sheet

# openpyxl says so of every file with solid data bars, those of Excel included.
pytestmark = pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")


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


# -- the file


def test_same_input_same_bytes() -> None:
    code = (
        "import hashlib, sys; sys.path.insert(0, 'tests'); from support import markup as t;"
        "print(hashlib.sha256(t.made(t.TINY, t.TINY_ROWS).getvalue()).hexdigest())"
    )
    root = Path(__file__).parents[3]
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
