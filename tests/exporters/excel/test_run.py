"""What flows, in the workbook: sheets Compute and Memory, columns of Layers, lines of Overview, links a run proves."""

import io
from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import nn

from support.workbooks import (
    formula_rows,
    live_rows,
    memory_rows,
    opened,
    overview,
    sheets,
    texts,
    total,
    watched,
    workbook_bytes,
    workbook_of,
)

# openpyxl says so of every file with solid data bars, those of Excel included.
pytestmark = pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")


class Block(nn.Module):
    """A residual block: what its sum makes comes from no layer."""

    def __init__(self, width: int):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(width, 2 * width, 3, padding=1), nn.BatchNorm2d(2 * width)
        self.conv2, self.bn2 = nn.Conv2d(2 * width, width, 3, padding=1), nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += x
        return self.relu(out)


class Net(nn.Module):
    """Convolutions, called twice with other sizes, and a product that no layer makes."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.blocks = nn.ModuleList(Block(8) for _ in range(3))
        self.head = nn.Linear(8, 5)
        self.unused = nn.Linear(4, 4)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        small = self.stem(x[:, :3, ::2, ::2])
        pooled = torch.einsum("bchw,bdhw->bcd", small, small).mean(1)
        return self.head(pooled)


SIZE = (1, 3, 8, 8)
STEM, BLOCK = 64 * 8 * 3 * 9, 2 * 64 * 8 * 16 * 9
MACS = STEM + STEM // 4 + 3 * BLOCK + 16 * 8 * 8 + 8 * 5


@pytest.fixture(scope="module")
def made() -> bytes:
    return workbook_bytes(Net(), input_size=SIZE)


def test_compute_is_a_sheet_of_a_run_alone(made: bytes):
    assert sheets(opened(made)) == ["Overview", "Formulas", "Layers", "Tensors", "Compute", "Memory", "Glossary"]
    assert "Compute" not in opened(workbook_bytes(Net())).sheetnames
    assert "Compute" not in opened(workbook_bytes(nn.ReLU(), input_size=(1, 4))).sheetnames
    assert "Memory" not in opened(workbook_bytes(nn.ReLU(), input_size=(1, 4))).sheetnames


def test_every_call_stands_under_its_formula(made: bytes):
    shown = opened(made, values=True)
    rows = [
        [row[key].value for key in ("Layer", "Copies", "Calls", "By formula", "Counted", "Multiplications")]
        for row in live_rows(shown, "Compute")
    ]
    half = BLOCK // 2
    assert sorted(rows, key=str) == sorted(
        [
            ["Net", 1, 1, 16 * 8 * 8, 16 * 8 * 8, 16 * 8 * 8],
            ["stem", 1, 1, STEM, STEM, STEM],
            ["stem", 1, 1, STEM // 4, STEM // 4, STEM // 4],
            ["blocks.0–2.conv1", 3, 1, half, half, 3 * half],
            ["blocks.0–2.conv2", 3, 1, half, half, 3 * half],
            ["head", 1, 1, 40, 40, 40],
        ],
        key=str,
    )
    assert total(shown, "Multiplications", "Compute").value == MACS
    assert total(shown, "FLOPs", "Compute").value == 2 * MACS
    checks = {row["Layer"].value: row["Check"].value for row in live_rows(shown, "Compute")}
    assert checks["head"] == checks["stem"] == "✓ agrees"
    assert checks["Net"] == "– counted, not checked"


def test_compute_is_protected_but_for_its_inputs(made: bytes):
    sheet = opened(made)["Compute"]
    assert sheet.protection.sheet
    unlocked = [cell for row in sheet.iter_rows() for cell in row if not cell.protection.locked]
    assert len(unlocked) > 20
    assert {cell.fill.fgColor.rgb for cell in unlocked} == {"00FFF4CC"}
    assert all(isinstance(cell.value, int) for cell in unlocked)


def test_layers_tell_what_flows(made: bytes):
    frame = pd.read_excel(io.BytesIO(made), sheet_name="Layers", header=2, engine="openpyxl").set_index("Path")
    assert frame["Multiplications per run"].sum() == MACS
    inside = frame["Multiplications with everything inside"]
    assert inside["blocks"] == 3 * BLOCK
    assert inside.iloc[0] == MACS
    assert frame.loc["stem", ["Calls", "Input", "Output"]].tolist() == [2, "1 × 3 × 8 × 8", "1 × 8 × 8 × 8"]
    assert frame["Input"]["unused"] == "never called"
    plain = pd.read_excel(io.BytesIO(workbook_bytes(Net())), sheet_name="Layers", header=2, engine="openpyxl")
    assert not {"Calls", "Input", "Multiplications per run"} & set(plain.columns)


def test_overview_tells_multiplications_and_activations(made: bytes):
    data = watched(Net(), input_size=SIZE)
    shown = opened(made, values=True)
    assert overview(shown, "Multiplications per run")[:3] == [MACS, MACS, 0]
    assert overview(shown, "FLOPs, 2 × multiplications")[:3] == [2 * MACS, 2 * MACS, 0]
    peak = data.run.peak_inference / 10**6
    assert overview(shown, "Activations in a run, MB")[:3] == [peak, peak, 0]
    assert opened(made)["Overview"].page_setup.fitToHeight == 1
    assert any("Never called" in text for text in texts(shown, "Overview"))


def test_a_run_links_a_layer_to_the_one_that_feeds_it(made: bytes):
    rows = formula_rows(opened(made))

    def follows(path: str, name: str, source: str) -> bool:
        return rows[path][name].value == f"={rows[source]['out_channels'].coordinate.replace('C', '$C$')}"

    assert follows("blocks.0.conv1", "in_channels", "stem")
    for blocks in ("blocks.0", "blocks.1–2"):
        assert follows(f"{blocks}.bn1", "num_features", f"{blocks}.conv1")
        assert follows(f"{blocks}.conv2", "in_channels", f"{blocks}.conv1")
        assert follows(f"{blocks}.bn2", "num_features", f"{blocks}.conv2")
    assert rows["blocks.1–2.conv1"]["in_channels"].value == 8, "a sum feeds it, in place or not"
    assert rows["head"]["in_features"].value == 8
    said = " ".join(map(str, texts(opened(made), "Formulas")))
    assert "no other does" in said


def test_a_run_that_failed_shows_what_ran_before():
    model = nn.Sequential(nn.Linear(8, 4), nn.Linear(5, 2))
    shown = opened(workbook_bytes(model, input_size=(2, 8)), values=True)
    assert total(shown, "Multiplications", "Compute").value == 64
    assert overview(shown, "Multiplications until it failed")[0] == 64
    assert any("it failed" in text for text in texts(shown, "Compute"))


def test_what_excel_cannot_count_is_not_computed():
    with torch.device("meta"):
        model = nn.Sequential(nn.Linear(2**25, 2**25), nn.Linear(2**25, 4))
    book = opened(workbook_bytes(model, input_size=(64, 2**25)))
    for name in ("Compute", "Memory"):
        assert not any(cell.data_type == "f" for row in book[name].iter_rows() for cell in row)
        assert any("beyond Excel" in text for text in texts(book, name))


def test_memory_is_what_the_summary_says(made: bytes):
    data = watched(Net(), input_size=SIZE)
    memory, rows = data.memory, memory_rows(opened(made, values=True))
    every = (*memory.formats, *memory.run, memory.run_total, *memory.optimizers, *memory.train_totals)
    for row in (*every, memory.train[1], memory.train[2]):
        if row.key == "activations":
            continue  # of a run and of training: one name, two figures
        assert (row.key, rows[row.label][1].value) == (row.key, row.bytes)
        assert rows[row.label][2].value == pytest.approx(row.bytes / 10**6)
    assert rows["Activations in a run, bytes"][1].value == data.run.peak_inference
    assert rows["Buffers in int64"][2].value == 8


def test_memory_without_a_run_says_that_activations_are_not_in_it():
    book = opened(workbook_bytes(nn.Linear(4, 4).half()), values=True)
    assert "Activations" not in memory_rows(book)
    assert memory_rows(book)["Weights"][1].value == 40
    assert any("no run was watched" in text for text in texts(book, "Memory"))


def test_a_saved_summary_makes_the_same_workbook(tmp_path: Path):
    import summarykit

    summary = summarykit.summarize(Net(), input_size=SIZE)
    summary.save(tmp_path / "net.json")
    assert workbook_of(summarykit.load(tmp_path / "net.json").data) == workbook_of(summary.data)
