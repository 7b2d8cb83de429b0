"""The workbook's parts hold nothing that Excel would repair, whatever the model is called and however large it is."""

import io
import re
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from torch import nn

from summarykit.exporters.base import Options
from support.packages import complaints
from support.workbooks import opened, workbook_bytes

# openpyxl says so of every file with solid data bars, those of Excel included.
pytestmark = pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")

HOSTILE = [
    "=1+1", "#N/A", "_x0041_", "+x", "-x", "@x", "\tx", "a\x1bb", "\ud800s", "\ufffe", "x" * 33_000, "</t>", "]]>",
    "a|b", "http://a b", "1234567890123456789", "\u202eabc", '=HYPERLINK("http://x")', "{ref:layers}", "'", '"', "TRUE",
    "%s", "é" * 300,
]  # fmt: skip


def hostile() -> nn.Module:
    model = nn.Module()
    for name in HOSTILE:
        model.add_module(name, nn.Linear(3, 2))
    model.register_parameter("=1", nn.Parameter(torch.zeros(3)))
    return model


def deep() -> nn.Module:
    model: nn.Module = nn.Linear(2, 2)
    for _ in range(60):
        model = nn.Sequential(model, nn.ReLU())
    return model


def wide() -> nn.Module:
    with torch.device("meta"):
        return nn.Sequential(nn.Linear(10**8, 10**7), nn.Linear(10**7, 10**8))


def many_sizes() -> nn.Module:
    """A tensor of so many sizes that its words and its formula are long."""
    model = nn.Module()
    model.weight = nn.Parameter(torch.zeros((1,) * 64))
    model.conv = nn.LayerNorm((1,) * 60)
    return model


MODELS: dict[str, Callable[[], nn.Module]] = {
    "sequential": lambda: nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2), nn.Linear(2, 1)),
    "nothing": nn.ReLU,
    "hostile names": hostile,
    "deep": deep,
    "beyond Excel's digits": wide,
    "many sizes": many_sizes,
    "repeated": lambda: nn.Sequential(*(nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8)) for _ in range(9))),
    "lstm": lambda: nn.LSTM(10, 20, 3, bidirectional=True, proj_size=5),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("fold", [True, False])
def test_excel_finds_nothing_to_repair(name: str, fold: bool) -> None:
    assert complaints(workbook_bytes(MODELS[name](), options=Options(fold=fold))) == []


def test_excel_finds_nothing_to_repair_after_a_run() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 10))
    made = workbook_bytes(model, input_size=(1, 3, 8, 8))
    assert "Compute" in opened(made).sheetnames
    assert complaints(made) == []


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.text(min_size=1).filter(lambda name: "." not in name and not hasattr(nn.Module(), name)), unique=True)
)
def test_any_names_make_a_sound_file(names: list[str]) -> None:
    model = nn.Module()
    for name in names:
        model.add_module(name, nn.Linear(2, 1))
    assert complaints(workbook_bytes(model)) == []


def values(sheet: Worksheet) -> list[list[object]]:
    """What a sheet's cells hold; of fractions as many digits as openpyxl writes."""
    cells = ([cell.value for cell in row] for row in sheet.iter_rows())
    return [[float(f"{value:.12g}") if isinstance(value, float) else value for value in row] for row in cells]


@pytest.mark.parametrize("name", MODELS)
def test_openpyxl_reads_and_writes_it_without_loss(name: str) -> None:
    made = opened(workbook_bytes(MODELS[name]()))
    out = io.BytesIO()
    made.save(out)
    again = openpyxl.load_workbook(out)
    for before, after in zip(made, again, strict=True):
        assert values(before) == values(after)
        assert before.tables.keys() == after.tables.keys()
        assert before.merged_cells.ranges == after.merged_cells.ranges
        assert len(before._charts) == len(after._charts)


def broken(part: str, old: str, new: str) -> bytes:
    """A workbook of which one part was spoilt."""
    out, found = io.BytesIO(), 0
    with (
        zipfile.ZipFile(io.BytesIO(workbook_bytes(MODELS["sequential"]()))) as whole,
        zipfile.ZipFile(out, "w") as archive,
    ):
        for name in whole.namelist():
            text = whole.read(name).decode()
            if name == part:
                text, found = re.subn(old, new, text, count=1, flags=re.DOTALL)
            archive.writestr(name, text)
    assert found, "the part is as it was"
    return out.getvalue()


SHEET, TABLE = "xl/worksheets/sheet4.xml", "xl/tables/table1.xml"


@pytest.mark.parametrize(
    ("part", "old", "new", "complaint"),
    [
        (SHEET, "(<sheetFormatPr.*?/>)(<cols>.*?</cols>)", r"\2\1", "is in the order"),
        (SHEET, 'r="A2"', 'r="B2"', "after column 2"),
        (SHEET, ' s="[0-9]+"', ' s="9999"', "asks for the style 9999"),
        (SHEET, ">Tensor<", ">Tensors<", "stands under 'Tensors'"),
        (TABLE, 'displayName="Tensors"', 'displayName="T1"', "cannot be named 'T1'"),
        (TABLE, 'name="Name"', 'name="Tensor"', "one name or id"),
        ("xl/_rels/workbook.xml.rels", "sheet4.xml", "sheet9.xml", "which is not there"),
        ("xl/workbook.xml", 'name="Tensors"', 'name="layers"', "two sheets of one name"),
        ("xl/worksheets/sheet1.xml", "<f>", "<f>=", "the formula '="),
        ("xl/worksheets/sheet1.xml", 'ht="40"', 'ht="410"', "too high"),
        ("[Content_Types].xml", "/xl/tables/table1.xml", "/xl/tables/table2.xml", "has a type and is not there"),
    ],
)  # fmt: skip
def test_the_checker_finds_what_excel_would(part: str, old: str, new: str, complaint: str) -> None:
    assert any(complaint in found for found in complaints(broken(part, old, new)))
