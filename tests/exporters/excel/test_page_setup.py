"""On paper: whatever a model is called and however many columns it needs, no text is too small to read."""

import io

import pytest
import torch
from torch import nn

import summarykit
from summarykit.errors import TemplateError
from summarykit.exporters.base import Options
from summarykit.exporters.excel.cells.page_setup import LEAST, Paper, paper
from summarykit.exporters.excel.diff import write_excel_diff
from summarykit.summary.selection import Selection
from support import hostile, pages
from support.paper import pages as pages_across
from support.paper import printed, scale
from support.torch_layers import CASES
from support.workbooks import opened, sheets, texts, workbook_bytes

# openpyxl says so of every file with solid data bars, those of Excel included.
pytestmark = pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")


def named(name: str, title: str = "") -> bytes:
    return workbook_bytes(hostile.model(name), options=Options(title=title or name, source=name))


def every_layer() -> nn.Module:
    return nn.ModuleList(case.make() for case in CASES)


def convolutions() -> nn.Module:
    """A model with many blocks, large numbers and a run: the widest sheets."""
    model = nn.Sequential()
    for number in range(12):
        width = 8 * (number + 1)
        stage = nn.Sequential(nn.Conv2d(3 if not number else width - 8, width, 3, padding=1), nn.BatchNorm2d(width))
        model.add_module(f"stage_with_a_name_of_some_length_{number}", stage)
    return model


def books():
    yield "tiny", workbook_bytes(pages.sequential())
    yield "nothing", workbook_bytes(nn.ReLU())
    yield "repeated", workbook_bytes(pages.repeated())
    yield "problems", workbook_bytes(pages.Odd())
    yield "names", workbook_bytes(pages.hostile(), options=Options(title="x" * 5_000, source="y/" * 400))
    yield "layers", workbook_bytes(every_layer())
    yield "run", workbook_bytes(convolutions(), input_size=(2, 3, 224, 224))
    yield "lstm", workbook_bytes(nn.LSTM(10, 20, 3, bidirectional=True, proj_size=5), input_size=(7, 2, 10))
    with torch.device("meta"):
        yield "large", workbook_bytes(nn.Sequential(nn.Linear(10**8, 10**7), nn.Linear(10**7, 10**8)))
    columns = ("path", "qualified_type", "formula", "evidence", "dtype", "shared_with", "total", "share", "explanation")
    yield "columns", workbook_bytes(pages.Odd(), options=Options(selection=Selection(columns=columns)))


BOOKS = dict(books())


@pytest.mark.parametrize("name", BOOKS)
def test_no_sheet_is_printed_too_small_to_read(name):
    book = opened(BOOKS[name])
    found = {title: printed(book[title]) for title in sheets(book)}
    assert {title: size for title, size in found.items() if size < LEAST} == {}


@pytest.mark.parametrize("name", [name for name in hostile.NAMES if len(name) < 400], ids=ascii)
def test_no_name_makes_the_first_page_too_small(name):
    assert printed(opened(named(name))["Overview"]) >= LEAST


def test_changes_are_printed_large_enough():
    found, out = summarykit.diff(pages.hostile(), pages.Odd()), io.BytesIO()
    write_excel_diff(found.comparison, out, found.options)
    book = opened(out.getvalue())
    assert {title: printed(book[title]) for title in sheets(book) if printed(book[title]) < LEAST} == {}


def test_a_wide_sheet_goes_over_several_pages_that_say_which_row_is_which():
    sheet = opened(BOOKS["run"])["Compute"]
    assert sheet.page_setup.fitToWidth == 2
    assert (sheet.print_title_cols, sheet.page_setup.pageOrder) == ("$A:$B", "overThenDown")
    assert scale(sheet) * 9 >= LEAST
    narrow = opened(BOOKS["tiny"])["Formulas"]
    assert (narrow.page_setup.fitToWidth, narrow.print_title_cols) == (1, None)


@pytest.mark.parametrize("count", range(1, 60))
@pytest.mark.parametrize("smallest", [9, 10, 11])
def test_columns_find_the_paper_that_takes_them(count, smallest):
    widths = [5, 34, *(7 + 11 * at % 37 for at in range(count))]
    found = paper(widths, titles=2, smallest=smallest)
    room = {"A4": 773, "A3": 1122}[found.size] / (LEAST / smallest) / 5.25
    assert pages_across(widths, room, sum(widths[:2])) <= found.across


def test_one_page_of_a4_is_taken_where_it_will_do():
    assert paper([100, 90], titles=1) == Paper("A4", 1)
    assert paper([100, 120], titles=1) == Paper("A3", 1)


def test_the_first_page_keeps_what_matters_most():
    shown = texts(opened(BOOKS["run"]), "Overview")
    assert {"Where the parameters are", "The largest layers", "Checks", "Reviewer", "Remark"} <= set(shown)
    assert opened(BOOKS["repeated"])["Overview"]._charts


def test_a_first_page_of_ones_own_may_bring_a_sheet_along_and_tells_its_mistakes(tmp_path):
    folder = tmp_path / "excel"
    folder.mkdir()
    own = folder / "overview.xml.j2"
    extended = '{% include "summarykit/excel/overview.xml.j2" %}<sheet name="Cost"><row><cell>a</cell></row></sheet>'
    own.write_text(extended, encoding="utf-8")
    made = workbook_bytes(pages.sequential(), options=Options(templates=(tmp_path,)))
    assert sheets(opened(made))[:2] == ["Overview", "Cost"]
    own.write_text("<sheet name='Overview'>\n<row><cel/></row></sheet>", encoding="utf-8")
    with pytest.raises(TemplateError, match=r"line [0-9]{2,}.*<cel>"):
        workbook_bytes(pages.sequential(), options=Options(templates=(tmp_path,)))
