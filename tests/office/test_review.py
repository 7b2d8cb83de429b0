"""A workbook that LibreOffice saved after a reviewer's work: the changes, and what counts became by its reckoning."""

import datetime
from pathlib import Path

import pytest
from torch import nn

import summarykit
from summarykit.exporters.excel.review import Total
from support.office import Office
from support.workbooks import formula_rows, opened, workbook_bytes

pytestmark = [
    pytest.mark.office,
    # openpyxl says so of every file with solid data bars, those of Excel included.
    pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl"),
]


def tiny() -> nn.Module:
    return nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2), nn.Linear(2, 1))


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "out.xlsx"
    path.write_bytes(workbook_bytes(tiny(), input_size=(1, 16)))
    return path


def address(path: Path, layer: str, name: str) -> str:
    return str(formula_rows(opened(path))[layer][name].coordinate)


def test_what_was_changed_by_hand_comes_back(workbook: Path, office: Office, tmp_path: Path):
    overview = opened(workbook)["Overview"]
    places = {cell.value: cell for row in overview.iter_rows() for cell in row if cell.value}
    who, when, what = (places[name].offset(column=1).coordinate for name in ("Reviewer", "Date ", "Remark"))
    typed = f"""
      formulas = book.Sheets.getByName("Formulas")
      formulas.getCellRangeByName("{address(workbook, "0", "out_features")}").Value = 8
      formulas.getCellRangeByName("{address(workbook, "2", "bias")}").Formula = "=1-1"
      overview = book.Sheets.getByName("Overview")
      overview.getCellRangeByName("{who}").String = "Ada [/] <b>"
      overview.getCellRangeByName("{when}").FormulaLocal = "2026-03-01"
      overview.getCellRangeByName("{what}").String = "Wider" & Chr(10) & "=1+1"
      overview.Annotations.insertNew(overview.getCellRangeByName("A5").CellAddress, "why so?")
    """
    review = summarykit.read_review(office.edit(workbook, tmp_path / "reviewed.xlsx", typed))
    told = [(c.layer, c.name, c.original, c.now, c.counted, c.becomes) for c in review.changes]
    assert told == [("0", "out_features", 4, 8, 68, 136), ("2", "bias", 1, 0, 3, 2)]
    assert review.totals == (Total("Parameters", 81, 136 + 18 + 2), Total("Multiplications", 74, 74))
    assert (review.reviewer, review.remark) == ("Ada [/] <b>", "Wider\n=1+1")
    assert review.date == datetime.date(2026, 3, 1).isoformat()
    assert [comment._replace(author="") for comment in review.comments] == [("Overview", "A5", "", "why so?")]
    assert review.notes == ()


def test_cells_are_found_where_they_were_moved_to(workbook: Path, office: Office, tmp_path: Path):
    cell = address(workbook, "1", "out_features")
    moved = f"""
      sheet = book.Sheets.getByName("Formulas")
      sheet.unprotect("")
      sheet.getCellRangeByName("{cell}").Value = 5
      sheet.Rows.insertByIndex(4, 3)
      sheet.Columns.insertByIndex(1, 1)
      sheet.Name = "Bob's, (new)"
      book.Sheets.moveByName("Bob's, (new)", 0)
    """
    review = summarykit.read_review(office.edit(workbook, tmp_path / "moved.xlsx", moved))
    (change,) = review.changes
    assert (change.sheet, change.layer, change.original, change.now) == ("Bob's, (new)", "1", 2, 5)
    assert change.cell == f"{chr(ord(cell[0]) + 1)}{int(cell[1:]) + 3}"
    assert (change.becomes, review.totals[0].now) == (5 * (4 + 1), 68 + 25 + 6)


def test_a_file_that_was_only_opened_and_saved_has_no_changes(workbook: Path, office: Office, tmp_path: Path):
    review = summarykit.read_review(office.edit(workbook, tmp_path / "saved.xlsx", ""))
    assert (review.changes, review.comments, review.notes) == ((), (), ())
    assert review.totals == (Total("Parameters", 81, 81), Total("Multiplications", 74, 74))


def test_a_deleted_row_is_told(workbook: Path, office: Office, tmp_path: Path):
    row = int("".join(filter(str.isdigit, address(workbook, "2", "bias")))) - 1
    deleted = f"""
      sheet = book.Sheets.getByName("Formulas")
      sheet.unprotect("")
      sheet.Rows.removeByIndex({row}, 1)
    """
    review = summarykit.read_review(office.edit(workbook, tmp_path / "less.xlsx", deleted))
    assert review.changes == ()
    gone = "Neurons of 2, Inputs of 2, Bias of 2"
    assert review.notes == (f"Cells that are deleted, of which nothing is known (3): {gone}",)


def test_sorted_rows_are_told_of_their_own_layers(office: Office, tmp_path: Path):
    path = tmp_path / "out.xlsx"
    path.write_bytes(workbook_bytes(nn.ModuleList([nn.Linear(16, 4), nn.Linear(7, 2), nn.Linear(2, 1)])))
    rows = formula_rows(opened(path))
    first, last = rows["0"]["#"].row, rows["2"]["#"].row
    backwards = f"""
      sheet = book.Sheets.getByName("Formulas")
      sheet.unprotect("")
      Dim by(0) As New com.sun.star.util.SortField
      by(0).Field = 0 : by(0).SortAscending = False
      Dim fields(0) As New com.sun.star.beans.PropertyValue
      fields(0).Name = "SortFields" : fields(0).Value = by()
      sheet.getCellRangeByName("A{first}:Z{last}").sort(fields())
      sheet.getCellRangeByName("{rows["0"]["out_features"].coordinate}").Value = 9
    """
    review = summarykit.read_review(office.edit(path, tmp_path / "sorted.xlsx", backwards))
    told = [(c.layer, c.name, c.original, c.now, c.counted, c.becomes) for c in review.changes]
    assert told == [("2", "out_features", 1, 9, 3, 27)]
    assert review.totals[0].now == 68 + 16 + 27
