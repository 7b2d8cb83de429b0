"""The workbook as LibreOffice has it: on paper, saved anew, and beside what pandas reads without computing."""

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch
from openpyxl.utils.escape import unescape
from torch import nn

from support import programs
from support.workbooks import opened, sheets, workbook_bytes

pytestmark = [
    pytest.mark.office,
    # openpyxl says so of every file with solid data bars, those of Excel included.
    pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl"),
]

Convert = Callable[..., Path]


def tiny() -> nn.Module:
    return nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2), nn.Linear(2, 1))


def repeated() -> nn.Module:
    """Long names, many blocks, copies, a tied layer and a kept one."""
    model = nn.Module()
    for number in range(14):
        inner = nn.ModuleList(nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8)) for _ in range(number + 2))
        model.add_module(f"stage_with_a_long_name_{'x' * number}_{number}_", inner)
    model.embed = nn.Embedding(50, 8).requires_grad_(False)
    model.head = nn.Linear(8, 50, bias=False)
    model.head.weight = model.embed.weight
    return model


def hostile() -> nn.Module:
    model = nn.Module()
    for name in ("=1+1", "#N/A", "_x0041_", "+x", "@x", "\tx", "\ud800s", "x" * 3_000, "</t>", "123", "TRUE"):
        model.add_module(name, nn.Linear(3, 2))
    model.register_parameter("=1", nn.Parameter(torch.zeros(3)))
    return model


@pytest.mark.parametrize("make", [tiny, repeated, hostile, nn.ReLU])
def test_overview_takes_one_page(make: Callable[[], nn.Module], libreoffice: Convert, tmp_path: Path):
    source = tmp_path / "book.xlsx"
    source.write_bytes(workbook_bytes(make()))
    command = [str(programs.require("pdftotext", "poppler-utils")), "-layout", str(libreoffice(source, "pdf")), "-"]
    pages = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split("\f")
    assert [number for number, page in enumerate(pages) if "Overview, page" in page] == [0]
    assert "Remark" in pages[0]
    assert not [page for page in pages if "###" in page], "a number that its column has no room for"


@pytest.mark.parametrize("make", [tiny, repeated, hostile])
def test_libreoffice_saves_it_anew_without_loss(make: Callable[[], nn.Module], libreoffice: Convert, tmp_path: Path):
    source = tmp_path / "book.xlsx"
    source.write_bytes(workbook_bytes(make()))
    saved = libreoffice(source, "xlsx")
    before, after = opened(source, values=True), opened(saved, values=True)
    assert before.sheetnames == after.sheetnames
    for sheet in before:
        for row in sheet.iter_rows():
            for cell in row:
                again = after[sheet.title][cell.coordinate].value or None
                # openpyxl leaves Excel's escapes as they stand in the file; LibreOffice reads them.
                value = unescape(cell.value) if isinstance(cell.value, str) else cell.value or None
                shown = pytest.approx(value) if isinstance(value, float) else value
                assert (sheet.title, cell.coordinate, again) == (sheet.title, cell.coordinate, shown)
    assert opened(saved)["Tensors"].tables.keys() == {"Tensors"}
    assert opened(saved)["Formulas"].protection.sheet
    names = [cell for cells in opened(saved)["Tensors"].iter_rows(min_row=4, max_col=1) for cell in cells]
    assert {cell.data_type for cell in names} == {"s"}


@pytest.mark.parametrize("make", [tiny, repeated])
def test_pandas_reads_what_libreoffice_computes(make: Callable[[], nn.Module], libreoffice: Convert, tmp_path: Path):
    source = tmp_path / "book.xlsx"
    source.write_bytes(workbook_bytes(make(), fill_cache=False))
    computed = pd.read_excel(libreoffice(source, "xlsx"), sheet_name=None, header=None, engine="openpyxl")
    written = pd.read_excel(io.BytesIO(workbook_bytes(make())), sheet_name=None, header=None, engine="openpyxl")
    assert list(computed) == list(written)
    for name in sheets(opened(workbook_bytes(make()))):
        frame = written[name]
        shown, found = frame.astype(object), computed[name].reindex_like(frame).astype(object)
        pd.testing.assert_frame_equal(shown.where(shown.notna(), ""), found.where(found.notna(), ""), obj=name)
