"""The workbook on what changed: its rows add up, live and as written, and a name is text in it."""

import io

import openpyxl
import pytest
from torch import nn

import summarykit
from summarykit.exporters.base import Options
from summarykit.exporters.excel import diff as excel_diff
from summarykit.exporters.view.words import visible
from support import hostile


def block(width):
    return nn.ModuleDict({"up": nn.Linear(width, 8), "down": nn.Linear(8, width)})


def model(width, *, head=True):
    return nn.ModuleDict(
        {"blocks": nn.ModuleList([block(width) for _ in range(3)])} | ({"head": nn.Linear(width, 5)} if head else {})
    )


def written(found, *, fill_cache=True):
    out = io.BytesIO()
    excel_diff.write_excel_diff(found.comparison, out, found.options, fill_cache=fill_cache)
    return out.getvalue()


def opened(content, *, values=True):
    return openpyxl.load_workbook(io.BytesIO(content), data_only=values)


def changes(book):
    """The rows of the Changes sheet, by the headings."""
    sheet = [[cell.value for cell in row] for row in book["Changes"].iter_rows()]
    head = next(at for at, row in enumerate(sheet) if row[0] == "What")
    names = [str(name).replace("\n", " ") for name in sheet[head]]
    total = next(row for row in sheet if row[0] == "TOTAL")
    return dict(zip(names, total, strict=True)), [dict(zip(names, row, strict=True)) for row in sheet[head + 1 :]]


def check(found, book):
    total, rows = changes(book)
    assert total["Change"] == found.totals.parameters
    assert total["Bytes"] == found.totals.bytes
    assert total["Note"] == "✓ the difference of the totals"
    for row in rows:
        each = (row["Counted after, each"] or 0) - (row["Counted before, each"] or 0)
        assert row["Change"] == row["Copies"] * each
    return rows


def test_the_changes_add_up_to_the_difference_of_the_totals():
    found = summarykit.diff(model(4), model(6, head=False))
    rows = check(found, opened(written(found)))
    assert [(row["What"], row["Layer"], row["Copies"]) for row in rows] == [
        ("changed", "blocks.0–2.down", 3),
        ("changed", "blocks.0–2.up", 3),
        ("removed", "head", 1),
    ]
    assert rows[1]["Formula before"] == "8 × (4 + 1) = 40"
    assert rows[1]["Formula after"] == "8 × (6 + 1) = 56"


@pytest.mark.office
def test_libreoffice_computes_the_same(libreoffice, tmp_path):
    found = summarykit.diff(model(4), model(6, head=False))
    (tmp_path / "diff.xlsx").write_bytes(written(found, fill_cache=False))
    assert changes(opened((tmp_path / "diff.xlsx").read_bytes()))[0]["Change"] is None
    check(found, opened(libreoffice(tmp_path / "diff.xlsx", "xlsx").read_bytes()))


def test_rows_that_are_not_listed_are_one_row(monkeypatch):
    monkeypatch.setattr(excel_diff, "MOST_ROWS", 1)
    found = summarykit.diff(model(4), model(6, head=False))
    book = opened(written(found))
    total, rows = changes(book)
    assert len(rows) == 1
    assert total["Change"] == found.totals.parameters
    (left,) = [row for row in book["Changes"].iter_rows(values_only=True) if row[0] == "Not listed"]
    assert rows[0]["Change"] + left[8] == found.totals.parameters


def test_nothing_changed_and_names_alone(tmp_path):
    assert opened(written(summarykit.diff(model(4), model(4)))).sheetnames == ["Overview"]
    wrapped = summarykit.diff(nn.Linear(2, 2), nn.DataParallel(nn.Linear(2, 2)))
    assert opened(written(wrapped)).sheetnames == ["Overview", "Checkpoints"]


def test_numbers_beyond_15_digits_are_text_and_exact():
    layer = nn.Module()
    layer.weight = nn.Parameter(nn.Linear(2**30, 2**30, device="meta").weight)
    found = summarykit.diff(nn.ModuleDict({}), nn.ModuleDict({"huge": layer}))
    total, rows = changes(opened(written(found)))
    assert "".join(filter(str.isdigit, str(total["Change"]))) == str(2**60)
    assert "".join(filter(str.isdigit, str(rows[0]["Change"]))) == str(2**60)


def test_multiply_adds_have_a_column():
    before = summarykit.summarize(nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 2)), input_size=(1, 8))
    after = summarykit.summarize(nn.Sequential(nn.Linear(8, 6), nn.Linear(6, 2)), input_size=(1, 8))
    found = summarykit.diff(before, after)
    total, rows = changes(opened(written(found)))
    assert total["Multiplications per run"] == found.totals.macs == sum(row["Multiplications per run"] for row in rows)


@pytest.mark.parametrize("name", hostile.NAMES, ids=ascii)
def test_a_name_is_text(name):
    found = summarykit.diff(nn.Module(), hostile.model(name), title=name)
    book = opened(written(found), values=False)
    _, rows = changes(book)
    shown = visible(name) or '""'
    assert len(shown) > 60 or shown in [row["Layer"] for row in rows]
    for sheet in book:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            assert "script" not in cell.value
            assert "HYPERLINK" not in cell.value


def test_the_same_two_models_give_the_same_bytes():
    found = summarykit.diff(model(4), model(6))
    assert written(found) == written(summarykit.diff(model(4), model(6)))
    assert written(found) != written(summarykit.diff(model(4), model(7)))
    assert found.options == Options()
