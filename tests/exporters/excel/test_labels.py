"""The workbook's words are those of readers who are no engineers, whatever other formats say."""

import io
import zipfile

import pytest
from torch import nn

import summarykit
from summarykit.exporters.excel.diff import write_excel_diff
from support import pages
from support.workbooks import opened, overview, sheets, texts, workbook_bytes

# openpyxl says so of every file with solid data bars, those of Excel included.
pytestmark = pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")

#: Words of the field, and in Glossary those that say what engineers call it.
OF_THE_FIELD = ("trainable", "frozen", "multiply-add", "buffers", "alias", "MACs", "dtype")


def said(made: bytes) -> list[str]:
    book = opened(made, values=True)
    return [text for sheet in sheets(book) if sheet not in ("Glossary", "Memory") for text in texts(book, sheet)]


def partly_fixed() -> nn.Module:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8 * 36, 10))
    model[0].requires_grad_(False)
    return model


def test_no_sheet_but_the_glossary_speaks_of_trainable_and_multiply_adds():
    found = said(workbook_bytes(partly_fixed(), input_size=(1, 3, 8, 8)))
    assert [text for text in found for word in OF_THE_FIELD if word in text] == []
    assert any("learned in training (" in text for text in found)


def test_a_workbook_of_changes_has_the_same_words():
    before, after = (summarykit.summarize(model, input_size=(1, 3, 8, 8)) for model in (partly_fixed(), wider()))
    found, out = summarykit.diff(before, after), io.BytesIO()
    write_excel_diff(found.comparison, out, found.options)
    shown = said(out.getvalue())
    assert [text for text in shown for word in OF_THE_FIELD if word in text] == []
    assert {"Learned in training", "Multiplications per run"} <= set(shown)


def wider() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.Flatten(), nn.Linear(16 * 36, 10))


def test_what_is_left_over_among_the_blocks_is_no_copy():
    made = workbook_bytes(nn.Sequential(*(nn.Linear(n, n + 1) for n in range(1, 15))))
    rest = sum((n + 1) * (n + 1) for n in range(1, 7))
    assert overview(opened(made, values=True), "Other (6)")[:3] == [None, None, rest]


def test_every_bar_of_the_chart_has_its_name():
    with zipfile.ZipFile(io.BytesIO(workbook_bytes(pages.repeated()))) as archive:
        assert b'tickLblSkip val="1"' in archive.read("xl/charts/chart1.xml")
