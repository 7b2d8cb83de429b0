"""Layers, Tensors and Glossary: which rows they have, and that their columns add up to the totals."""

import io
import zipfile
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from summarykit.exporters.base import Options
from summarykit.exporters.excel.cells.row_height import on_one_line
from summarykit.exporters.excel.sheets import layers as layer_rows
from summarykit.exporters.excel.sheets import tensors as tensor_rows
from summarykit.reading import read_model
from summarykit.summary import SummaryData
from summarykit.summary.selection import Selection
from support.paper import printed
from support.workbooks import opened, texts, workbook_bytes

# openpyxl says so of every file with solid data bars, those of Excel included.
pytestmark = pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")

UNFOLDED = Options(fold=False)


class Tied(nn.Module):
    """Repeated blocks, a tied head, kept fixed, stored, unsaved and unknown tensors."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 8)
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8)) for _ in range(4))
        self.blocks.requires_grad_(False)
        self.register_buffer("mask", torch.zeros(3, dtype=torch.int8), persistent=False)
        self.lazy = nn.LazyLinear(7, bias=False)
        self.head = nn.Linear(8, 50, bias=False)
        self.head.weight = self.embed.weight


def table(made: bytes, sheet: str = "Tensors") -> pd.DataFrame:
    """The rows of a sheet below its header, by the header's words."""
    page = opened(made, values=True)[sheet]
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    top = next(at for at, row in enumerate(rows) if row[0] in ("Tensor", "Layer"))
    return pd.DataFrame(rows[top + 1 :], columns=rows[top])


def above(made: bytes, heading: str, sheet: str = "Tensors") -> object:
    """What stands in the TOTAL row above a heading."""
    rows = list(opened(made, values=True)[sheet].iter_rows(values_only=True))
    top = next(at for at, row in enumerate(rows) if row[0] in ("Tensor", "Layer"))
    return rows[top - 1][rows[top].index(heading)]


def test_every_tensor_has_a_row_in_an_excel_table():
    model = Tied()
    made = workbook_bytes(model)
    data, rows = SummaryData(read_model(model)), table(made)
    assert list(rows["Tensor"]) == data.tensor_paths
    assert rows["Counted in total"].sum() == above(made, "Counted in total") == data.totals.parameters
    assert rows["Bytes"].sum() == above(made, "Bytes") == data.totals.bytes + data.totals.buffer_bytes
    page = opened(made)["Tensors"]
    (found,) = page.tables.values()
    assert found.ref == f"A3:{page.cell(3, page.max_column).column_letter}{page.max_row}"
    assert found.autoFilter is not None
    assert found.column_names == [cell.value for cell in page[3]]
    assert page["F2"].value == f"=SUM($F$4:$F${page.max_row})"


def test_what_a_tensor_is_stands_in_words():
    rows = table(workbook_bytes(Tied())).set_index("Tensor")
    assert list(rows.loc["embed.weight", ["Shape", "Numbers in it", "Number format"]]) == ["50 × 8", 400, "float32"]
    assert rows.loc["embed.weight", "In training"] == "learned in training"
    assert rows.loc["embed.weight", "Check"] == "✓ Checked"
    assert rows.loc["blocks.0.0.weight", "In training"] == "kept fixed"
    assert rows.loc["blocks.0.1.running_mean", "In training"] == "stored, not learned"
    assert pd.isna(rows.loc["blocks.0.1.running_mean", "Check"])
    assert rows.loc["mask", "Note"] == "not saved with the model"
    assert rows.loc["head.weight", "Note"] == "same numbers as embed.weight, counted there"
    assert (rows.loc["head.weight", "Counted in total"], rows.loc["head.weight", "Bytes"]) == (0, 0)
    assert rows.loc["lazy.weight", "Note"] == "not known until the first input"
    assert pd.isna(rows.loc["lazy.weight", "Numbers in it"])


def test_tensors_of_very_many_layers_are_folded_unless_asked_for(monkeypatch):
    monkeypatch.setattr(tensor_rows, "MOST_UNFOLDED", 10)
    model = Tied()
    data = SummaryData(read_model(model))
    made = workbook_bytes(model)
    rows = table(made)
    assert "blocks.0–3.0.weight" in set(rows["Tensor"])
    assert rows["Copies"].sum() == above(made, "Copies") == len(data.tensors)
    assert rows["Counted in total"].sum() == data.totals.parameters
    assert rows["Bytes"].sum() == data.totals.bytes + data.totals.buffer_bytes
    every = table(workbook_bytes(model, options=UNFOLDED))
    assert list(every["Tensor"]) == data.tensor_paths
    assert "Copies" not in every


def test_more_rows_than_a_sheet_has_are_folded_and_in_the_end_left_out(monkeypatch):
    model = Tied()
    data = SummaryData(read_model(model))
    for most, told in ((20, "those of repeated layers stand in one"), (6, "the largest are shown")):
        monkeypatch.setattr(tensor_rows, "MOST_ROWS", most)
        monkeypatch.setattr(layer_rows, "MOST_ROWS", most)
        made = workbook_bytes(model, options=UNFOLDED)
        rows = table(made)
        assert len(rows) <= most
        assert rows["Counted in total"].sum() == data.totals.parameters
        assert rows["Copies"].sum() == len(data.tensors)
        assert any(told in text for text in texts(opened(made), "Tensors"))
        layers = table(made, "Layers")
        assert len(layers) <= most + 1
        assert layers["Counted in total"].sum() == data.totals.parameters
    assert any("not shown" in text for text in texts(opened(made), "Layers"))


def test_layers_says_why_it_folds_although_every_row_was_asked_for(monkeypatch):
    monkeypatch.setattr(layer_rows, "MOST_ROWS", 12)
    said = texts(opened(workbook_bytes(Tied(), options=UNFOLDED)), "Layers")
    assert "More layers than a sheet has rows: repeated ones stand in one." in said


def test_repeated_layers_stand_once_in_layers_unless_asked_for():
    model = Tied()
    rows = table(workbook_bytes(model), "Layers").set_index("Path")
    assert list(rows.loc["blocks.0–3.0", ["Copies", "Counted in total", "With everything inside"]]) == [4, 288, 288]
    every = table(workbook_bytes(model, options=UNFOLDED), "Layers")
    assert len(every) == len(list(model.modules()))
    assert "Copies" not in every
    assert "Copies" not in table(workbook_bytes(nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2))), "Layers")


def test_a_selection_is_told_and_still_adds_up():
    model = Tied()
    data = SummaryData(read_model(model))
    for selection in (Selection(only=("blocks.1*",)), Selection(depth=1), Selection(exclude=("*",))):
        made = workbook_bytes(model, options=Options(selection=selection))
        rows = table(made)
        assert rows["Counted in total"].sum() == data.totals.parameters
        assert rows["Tensor"].iloc[-1].endswith("not shown")
        assert any("not shown (as asked" in text for text in texts(opened(made), "Tensors"))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3), st.booleans()), max_size=6), st.booleans())
def test_columns_add_up_whatever_the_model(parts, fold):
    model = nn.Module()
    for number, (kind, copies, tied) in enumerate(parts):
        layers = [[nn.Linear(2, 3), nn.BatchNorm1d(2), nn.Embedding(3, 2), nn.ReLU()][kind] for _ in range(copies)]
        if tied and copies > 1:
            layers[-1] = layers[0]
        model.add_module(f"part{number}", nn.Sequential(*layers))
    data = SummaryData(read_model(model))
    made = workbook_bytes(model, options=Options(fold=fold))
    if data.tensors:
        assert table(made)["Counted in total"].sum() == data.totals.parameters
    assert table(made, "Layers")["Counted in total"].fillna(0).sum() == data.totals.parameters


def test_the_glossary_has_the_words_and_how_far_each_grade_goes():
    rows = [list(row) for row in opened(workbook_bytes(Tied()), values=True)["Glossary"].iter_rows(values_only=True)]
    words = {row[0]: row for row in rows}
    assert words["In this layer"][1].startswith("The parameters a layer holds itself")
    grades = {row[1]: row for row in rows if row[1] and row[3] is not None}
    data = SummaryData(read_model(Tied()))
    assert grades["verified"][0] == "✓ Checked"
    assert sum(row[3] for name, row in grades.items() if name != "Grade in the data") == data.checks.graded_layers
    assert any(row[0] and str(row[0]).startswith("Checked means: the count") for row in rows)
    assert "✎ changed by you" in words


def test_a_sheet_that_has_nothing_to_say_is_left_out():
    book = opened(workbook_bytes(nn.ReLU()))
    assert [sheet.title for sheet in book if sheet.sheet_state == "visible"] == ["Overview", "Layers", "Glossary"]
    frozen = nn.BatchNorm1d(3, affine=False)
    assert opened(workbook_bytes(frozen)).sheetnames[:3] == ["Overview", "Layers", "Tensors"]


def test_pandas_reads_the_table():
    frame = pd.read_excel(io.BytesIO(workbook_bytes(nn.Linear(16, 4))), "Tensors", header=2, engine="openpyxl")
    assert dict(zip(frame["Tensor"], frame["Counted in total"], strict=True)) == {"weight": 64, "bias": 4}


class Deep(nn.Module):
    def __init__(self, names=("stage",)):
        super().__init__()
        self.first = nn.Linear(3, 3)
        inner = nn.ModuleDict({f"{name}{'x' * 28}": nn.Linear(4, size) for size, name in enumerate(names, 5)})
        self.encoder_of_everything = nn.ModuleDict({"stages_of_the_encoder": inner})


class Wrong(nn.Module):
    """Layers whose tensors were replaced, each in its own way."""

    def __init__(self):
        super().__init__()
        for size in range(1, 20):
            layer = nn.Linear(2, 3)
            layer.weight = nn.Parameter(torch.zeros(size, 7))
            self.add_module(f"wrong_{size}_", layer)


def test_more_to_know_than_fits_the_page_is_counted():
    said = texts(opened(workbook_bytes(Wrong())), "Overview")
    assert said.count("Formula and PyTorch differ") == 3
    assert any(text.startswith("16 more to know") for text in said)


def chart(made: bytes) -> ET.Element | None:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/charts/chart")]
        return ET.fromstring(archive.read(names[0])) if names else None


def test_overview_has_one_chart_of_the_blocks_sorted_with_room_and_words():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 40), nn.Linear(40, 5))
    made = workbook_bytes(model)
    found = chart(made)
    cells = [cell.text for cell in found.iter() if cell.tag.endswith("}v")]
    assert cells == ["2", "1", "0", "205", "160", "9"]
    (end,) = [part.get("val") for part in found.iter() if part.tag.endswith("}max")]
    assert float(end) == 205 * 1.25
    (fill,) = {part.get("val") for part in found.iter() if part.tag.endswith("}srgbClr")} - {"1A2230"}
    assert fill == "0B84D8"
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        drawing = archive.read("xl/drawings/drawing1.xml").decode()
    assert 'descr="Bars of the parameters of each block, the largest first: 2 205 (54.8%), 1 160 (42.8%)' in drawing


def test_a_chart_of_one_block_or_of_text_is_left_out():
    assert chart(workbook_bytes(nn.Linear(16, 4))) is None
    with torch.device("meta"):
        assert chart(workbook_bytes(nn.Sequential(nn.Linear(10**8, 10**7), nn.Linear(10**7, 10**8)))) is None


def test_long_names_on_overview_differ_from_each_other():
    names = ("left", "right", "middle")
    rows = list(opened(workbook_bytes(Deep(names)), values=True)["Overview"].iter_rows(values_only=True))
    top = next(at for at, row in enumerate(rows) if row[0] == "Where the parameters are")
    shown = [row[0] for row in rows[top + 1 : top + 5]]
    assert shown == [f"…{name}{'x' * 28}" for name in reversed(names)] + ["first"]
    assert on_one_line(["a.b.stage.3.layers.0.conv", "a.b"], 20) == ["…3.layers.0.conv", "a.b"]
    assert on_one_line(["a.b.c", "x.b.c"], 4) == ["a.b.c", "x.b.c"]
    assert on_one_line(["a" * 50], 9) == ["aaa…aaaaa"]


@pytest.mark.parametrize(
    "model",
    [nn.Sequential(*(nn.Linear(n, n + 1) for n in range(1, 30))), Tied(), Deep(), Wrong(), nn.Linear(2, 2), nn.ReLU()],
)
def test_overview_is_printed_on_one_page_and_is_still_to_be_read(model):
    page = opened(workbook_bytes(model))["Overview"]
    assert (page.page_setup.fitToWidth, page.page_setup.fitToHeight) == (1, 1)
    assert printed(page) >= 8, "points"
