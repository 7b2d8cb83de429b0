"""Rows that stand elsewhere in a reviewed workbook: what was changed in them is told of the right layers."""

import itertools
from pathlib import Path

import pytest
from openpyxl.workbook import Workbook
from torch import nn

import summarykit
from support.workbooks import formula_rows, opened, workbook_bytes

# openpyxl says so of every file with solid data bars, those of Excel included.
pytestmark = pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")


def model() -> nn.Module:
    return nn.ModuleList([nn.Linear(16, 4), nn.Linear(7, 2), nn.Linear(2, 1)])


def reviewed(book: Workbook, folder: Path) -> list[tuple[str, str, object, object]]:
    book.save(folder / "reviewed.xlsx")
    review = summarykit.read_review(folder / "reviewed.xlsx")
    return [(change.layer, change.name, change.original, change.now) for change in review.changes]


@pytest.mark.parametrize("order", [*itertools.permutations("012")])
def test_sorted_rows_are_found_by_their_number(order, tmp_path):
    book = opened(workbook_bytes(model()))
    rows = formula_rows(book)
    held = {path: {name: cell.value for name, cell in row.items()} for path, row in rows.items()}
    for path, other in zip("012", order, strict=True):
        for name, cell in rows[path].items():
            cell.value = held[other][name]
    assert reviewed(book, tmp_path) == []
    formula_rows(book)["1"]["in_features"].value = 9
    assert reviewed(book, tmp_path) == [("1", "in_features", 7, 9)]


def test_rows_that_a_program_moved_without_a_word_are_found(tmp_path):
    book = opened(workbook_bytes(model()))
    formula_rows(book)["2"]["bias"].value = 0
    book["Formulas"].insert_rows(5, 4)
    assert reviewed(book, tmp_path) == [("2", "bias", 1, 0)]


def test_a_row_that_was_copied_leaves_the_first_one_where_it_was(tmp_path):
    book = opened(workbook_bytes(model()))
    rows = formula_rows(book)
    rows["0"]["out_features"].value = 5
    for row in (rows["1"], rows["2"]):
        row["#"].value = rows["0"]["#"].value
    assert reviewed(book, tmp_path) == [("0", "out_features", 4, 5)]
