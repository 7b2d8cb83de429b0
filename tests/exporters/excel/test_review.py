"""A reviewed workbook, read back: what was changed is told, what was not is not, and nothing in it is believed."""

import datetime
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from openpyxl.comments import Comment
from openpyxl.workbook import Workbook
from torch import nn

import summarykit
from summarykit.errors import MissingFileError, ReviewError
from summarykit.exporters.base import Options
from support import hostile
from support.workbooks import formula_rows, memory_rows, opened, workbook_bytes

# openpyxl says so of every file with solid data bars, those of Excel included.
pytestmark = pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")


class Net(nn.Module):
    """Repeats, a chain, tied and unknown layers, switches, several dimensions."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(10, 8)
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 8)) for _ in range(3))
        self.conv = nn.Conv2d(6, 8, (3, 5), groups=2)
        self.lazy = nn.LazyLinear(3)
        self.head = nn.Linear(8, 10, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def net(tmp_path: Path, edit: Callable[[Workbook], None] = lambda book: None, **feed: object) -> Path:
    """A workbook as a program saves it that computes nothing."""
    book = opened(workbook_bytes(Net(), **feed))
    edit(book)
    book.save(tmp_path / "reviewed.xlsx")
    return tmp_path / "reviewed.xlsx"


FEED = {"input_size": (2, 5), "dtypes": "int64"}


@pytest.mark.parametrize("make", [Net, nn.ReLU, lambda: nn.LSTM(3, 4, 2)])
@pytest.mark.parametrize("saved_again", [False, True])
def test_an_untouched_workbook_has_no_changes(make, saved_again, tmp_path):
    path = tmp_path / "out.xlsx"
    model = make()
    made = summarykit.report(model, path, source="tests")
    if saved_again:
        opened(path).save(path)
    review = summarykit.read_review(path)
    assert (review.changes, review.comments) == ((), ())
    assert (review.reviewer, review.date, review.remark) == ("", "", "")
    assert (review.title, review.fingerprint) == (type(model).__name__, made.fingerprint)
    assert review.source.startswith("tests · torch ")
    if not saved_again:
        assert [total.now for total in review.totals] == [total.original for total in review.totals]
        assert review.notes == ()


def test_a_change_is_told_with_its_layer_setting_and_count(tmp_path):
    def edit(book):
        rows = formula_rows(book)
        rows["blocks.0–2.0"]["out_features"].value = 64
        rows["conv"]["kernel_size[1]"].value = 7
        rows["conv"]["bias"].value = None

    review = summarykit.read_review(net(tmp_path, edit))
    assert [change[:1] + change[2:11] for change in review.changes] == [
        ("Formulas", "blocks.0–2.0", "out_features", "Neurons", 32, 64, False, 3, 288, None),
        ("Formulas", "conv", "kernel_size[1]", "Window width", 5, 7, False, 1, 368, None),
        ("Formulas", "conv", "bias", "Bias", 1, None, False, 1, 368, None),
    ]
    assert [note.partition(":")[0] for note in review.notes] == ["The program that saved this file computed nothing"]


def test_every_cell_that_may_be_changed_is_told_of(tmp_path):
    """Each unlocked cell of each sheet is one change; the samples of colours are locked."""
    book = opened(workbook_bytes(Net(), **FEED))
    inputs = [
        cell
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if not cell.protection.locked and isinstance(cell.value, int | float)
    ]
    assert {cell.parent.title for cell in inputs} == {"Overview", "Formulas", "Compute", "Memory"}
    for cell in inputs:
        cell.value += 1
    book.save(tmp_path / "all.xlsx")
    review = summarykit.read_review(tmp_path / "all.xlsx")
    found = {(change.sheet, change.cell): (change.original + 1, change.now) for change in review.changes}
    expected = {(cell.parent.title, cell.coordinate): cell.value for cell in inputs}
    assert {place: now for place, (_, now) in found.items()} == expected
    assert all(before == now for before, now in found.values())


def test_a_cell_that_follows_another_differs_once_it_is_typed_over(tmp_path):
    linked = nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2))
    book = opened(workbook_bytes(linked))
    formula_rows(book)["1"]["in_features"].value = 4
    memory_rows(book)["Weights in float32"][1].value = 100
    book.save(tmp_path / "out.xlsx")
    told = [
        (c.sheet, c.layer, c.label, c.original, c.now, c.followed)
        for c in summarykit.read_review(tmp_path / "out.xlsx").changes
    ]
    assert told == [
        ("Formulas", "1", "Inputs", 4, 4, True),
        ("Memory", "", "Weights in float32", 78, 100, True),
    ]


def test_what_somebody_wrote_is_kept_as_text(tmp_path):
    def edit(book):
        places = {cell.value: cell for row in book["Overview"].iter_rows() for cell in row if cell.value}
        places["Reviewer"].offset(column=1).value = "[bold]Ada[/] \u202e"
        places["Date "].offset(column=1).value = datetime.date(2026, 3, 1)
        places["Remark"].offset(column=1).value = "Fits.\nBut =HYPERLINK(1)?"
        book["Layers"]["B5"].comment = Comment("why\x85so?", "Bob")
        book["Formulas"]["B2"].comment = Comment(
            "[Threaded comment]\n\nYour version …\n\nComment:\n    hello", "tc={7}"
        )

    review = summarykit.read_review(net(tmp_path, edit))
    assert (review.reviewer, review.date) == ("[bold]Ada[/] \u202e", "2026-03-01")
    assert review.remark == "Fits.\nBut =HYPERLINK(1)?"
    assert review.comments == (("Formulas", "B2", "", "hello"), ("Layers", "B5", "Bob", "why\x85so?"))


def test_a_formula_typed_into_an_input_is_told_where_nothing_computed_it(tmp_path):
    def edit(book):
        formula_rows(book)["conv"]["groups"].value = "=1+1"

    (change,) = summarykit.read_review(net(tmp_path, edit)).changes
    assert (change.original, change.now) == (2, "=1+1")


def test_a_deleted_sheet_is_told(tmp_path):
    def edit(book):
        del book["Memory"]
        for row in book["Originals"].iter_rows():
            if row[1].value == "Memory":
                row[6].value = "=#REF!"

    (_, note) = summarykit.read_review(net(tmp_path, edit)).notes
    assert note.startswith("Cells that are deleted")
    assert "Weights in float32" in note


def test_the_record_is_hidden_and_found_under_any_name(tmp_path):
    def edit(book):
        assert book["Originals"].sheet_state == "veryHidden"
        book["Originals"].title = "Tabelle1"
        book.move_sheet("Tabelle1", -3)

    assert summarykit.read_review(net(tmp_path, edit)).title == "Net"


@pytest.mark.parametrize("name", hostile.NAMES, ids=ascii)
def test_names_come_back_as_the_workbook_shows_them(name, tmp_path):
    path = tmp_path / "out.xlsx"
    path.write_bytes(workbook_bytes(hostile.model(name)))
    assert summarykit.read_review(path).changes == ()
    book = opened(path)
    for row in formula_rows(book).values():
        row["in_features"].value = 99
    book.save(path)
    review = summarykit.read_review(path)
    assert [change.layer for change in review.changes] == list(formula_rows(book))
    assert {change.now for change in review.changes} == {99}


def test_numbers_beyond_excel_leave_nothing_to_change(tmp_path):
    with torch.device("meta"):
        model = nn.ModuleList(nn.Linear(2**30, 2**30, bias=False) for _ in range(9))
    path = tmp_path / "out.xlsx"
    path.write_bytes(workbook_bytes(model))
    review = summarykit.read_review(path)
    assert (review.changes, review.totals, review.notes) == ((), (), ())


def zipped(**parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def plain_workbook() -> bytes:
    out = io.BytesIO()
    Workbook().save(out)
    return out.getvalue()


def newer() -> bytes:
    book = opened(workbook_bytes(nn.Linear(2, 1)))
    book["Originals"]["B1"] = 2
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


OLE = bytes.fromhex("D0CF11E0A1B11AE1")
WORKBOOK = workbook_bytes(nn.Linear(2, 1))
WRONG = {
    "empty": (b"", "is no Excel workbook"),
    "text": (b"a,b\n1,2\n", "is no Excel workbook"),
    "old": (OLE + "Workbook".encode("utf-16-le"), "old format"),
    "password": (OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "has a password"),
    "cut": (WORKBOOK[: len(WORKBOOK) // 2], "is damaged"),
    "zip": (zipped(a="b"), "is no Excel workbook"),
    "docx": (zipped(**{"[Content_Types].xml": "<a/>", "word/document.xml": "<a/>"}), "is no Excel workbook"),
    "ods": (
        zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet", **{"content.xml": "<a/>"}),
        "OpenDocument",
    ),
    "hollow": (zipped(**{"[Content_Types].xml": "<a/>", "xl/workbook.xml": "<a/>"}), "cannot be read as a workbook"),
    "broken": (zipped(**{"[Content_Types].xml": "<a", "xl/workbook.xml": "&"}), "cannot be read as a workbook"),
    "other": (plain_workbook(), "no record of what it was"),
    "newer": (newer(), "newer summarykit"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_file_that_is_none_is_told_in_words(what, tmp_path):
    content, said = WRONG[what]
    path = tmp_path / "file.xlsx"
    path.write_bytes(content)
    with pytest.raises(ReviewError, match=said):
        summarykit.read_review(path)


def test_a_file_that_is_not_there_or_a_folder(tmp_path):
    with pytest.raises(MissingFileError):
        summarykit.read_review(tmp_path / "missing.xlsx")
    with pytest.raises(ReviewError, match="cannot be read"):
        summarykit.read_review(tmp_path)


@pytest.mark.parametrize("flipped", range(0, len(WORKBOOK), len(WORKBOOK) // 60))
def test_damage_is_an_error_in_words_or_changes_nothing(flipped, tmp_path):
    path = tmp_path / "file.xlsx"
    path.write_bytes(WORKBOOK[:flipped] + bytes([WORKBOOK[flipped] ^ 0x55]) + WORKBOOK[flipped + 1 :])
    try:
        review = summarykit.read_review(path)
    except ReviewError:
        return
    assert review.changes == ()


def test_a_template_of_ones_own_without_the_record_is_told(tmp_path):
    (tmp_path / "excel").mkdir()
    (tmp_path / "excel" / "report.xml.j2").write_text('<workbook><sheet name="Mine"/></workbook>', encoding="utf-8")
    path = tmp_path / "out.xlsx"
    path.write_bytes(workbook_bytes(nn.Linear(2, 1), options=Options(templates=(tmp_path,))))
    with pytest.raises(ReviewError, match="no record"):
        summarykit.read_review(path)


def test_the_json_has_every_field(tmp_path):
    from summarykit.exporters.excel.review.words import review_json

    def edit(book):
        formula_rows(book)["conv"]["groups"].value = 1
        book["Layers"]["B5"].comment = Comment("\U0001f600 größe", "Bob")

    review = summarykit.read_review(net(tmp_path, edit, **FEED))
    text = review_json(review)
    assert text.isascii()
    told = json.loads(text)
    assert list(told) == list(review._fields)
    for name in ("changes", "totals", "comments"):
        assert [tuple(part.values()) for part in told[name]] == list(getattr(review, name))
    assert told["changes"][0]["layer"] == "conv"
