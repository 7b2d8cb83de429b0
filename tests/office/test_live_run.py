"""LibreOffice computes Compute and Memory anew: our numbers unchanged, and what follows when an input is changed."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from openpyxl.workbook import Workbook
from torch import nn

from support.workbooks import (
    formula_rows,
    live_rows,
    memory_rows,
    opened,
    overview,
    total,
    watched,
    workbook_of,
)

pytestmark = [
    pytest.mark.office,
    # openpyxl says so of every file with solid data bars, those of Excel included.
    pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl"),
    # transformers reads its own configuration in old ways
    pytest.mark.filterwarnings("ignore::DeprecationWarning:transformers"),
    pytest.mark.filterwarnings("ignore::FutureWarning:transformers"),
]


def sequential():
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 8, 3, groups=2), nn.Flatten()
    )
    return watched(model.append(nn.Linear(8 * 36, 10)), input_size=(2, 3, 8, 8))


def gpt2():
    transformers = pytest.importorskip("transformers")
    with torch.device("meta"):
        model = transformers.GPT2LMHeadModel(transformers.GPT2Config())
    return watched(model, inputs="declared")


def resnet():
    transformers = pytest.importorskip("transformers")
    with torch.device("meta"):
        model = transformers.ResNetForImageClassification(transformers.ResNetConfig())
    return watched(model, input_size=(1, 3, 224, 224))


def mixture():
    transformers = pytest.importorskip("transformers")
    sizes = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "vocab_size": 100}
    config = transformers.MixtralConfig(**sizes, num_attention_heads=4, num_key_value_heads=2, sliding_window=16)
    with torch.device("meta"):
        model = transformers.MixtralForCausalLM(config)
    return watched(model, inputs="declared")


def lstm():
    return watched(nn.LSTM(10, 20, 3, bidirectional=True, proj_size=5), input_size=(7, 2, 10))


Recompute = Callable[..., Workbook]


@pytest.fixture
def recomputed(libreoffice: Callable[..., Path], tmp_path: Path) -> Recompute:
    """The values LibreOffice finds in a workbook that brings none, once *change* has changed cells of it."""

    def compute(data, change: Callable[[Workbook], None] = lambda book: None) -> Workbook:
        book = opened(workbook_of(data, fill_cache=False))
        change(book)
        source = tmp_path / "book.xlsx"
        book.save(source)
        return opened(libreoffice(source, "xlsx"), values=True)

    return compute


@pytest.mark.parametrize("make", [sequential, gpt2, resnet, mixture, lstm])
def test_every_live_cell_shows_what_python_wrote(make, recomputed: Recompute):
    data = make()
    found, written, formulas = recomputed(data), opened(workbook_of(data), values=True), opened(workbook_of(data))
    compared = 0
    for sheet in formulas:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            computed, expected = found[sheet.title][cell.coordinate].value, written[sheet.title][cell.coordinate].value
            shown = pytest.approx(expected) if isinstance(expected, float) else expected or 0
            assert (sheet.title, cell.coordinate, computed or 0) == (sheet.title, cell.coordinate, shown)
            compared += sheet.title in ("Compute", "Memory")
    assert compared > 30
    assert total(found, "Multiplications", "Compute").value == data.totals.macs
    assert total(found, "FLOPs", "Compute").value == data.totals.flops
    for row in live_rows(found, "Compute"):
        assert row["By formula"].value == row["Counted"].value
        assert str(row["Check"].value)[0] in "✓–"
    memory = memory_rows(found)
    for row in (data.memory.run_total, *data.memory.train_totals):
        assert memory[row.label][1].value == row.bytes


def set_input(cell, value) -> None:
    assert not cell.protection.locked
    cell.value = value


def test_a_changed_input_moves_count_words_check_and_total(recomputed: Recompute):
    data = sequential()

    def change(book: Workbook) -> None:
        set_input(formula_rows(book, "Compute")["0"]["positions[0]"], 16)

    book = recomputed(data, change)
    row = formula_rows(book, "Compute")["0"]
    more = 2 * 8 * 8 * 16 * 27
    assert row["By formula"].value == 2 * 16 * 8 * 16 * 27
    assert row["Formula in words"].value == "2 × 16 × 8 × 16 × (3 × 3 × 3)"
    assert (row["Difference"].value, row["Check"].value) == (more, "✎ changed by you")
    assert total(book, "Multiplications", "Compute").value == data.totals.macs + more
    assert total(book, "FLOPs", "Compute").value == 2 * (data.totals.macs + more)
    assert overview(book, "Multiplications per run")[:3] == [data.totals.macs, data.totals.macs + more, more]
    assert overview(book, "FLOPs, 2 × multiplications")[2] == 2 * more


def test_copies_and_calls_multiply_a_change(recomputed: Recompute):
    data = gpt2()

    def change(book: Workbook) -> None:
        set_input(formula_rows(book, "Compute")["transformer.h.0–11.attn"]["keys"], 256)

    book = recomputed(data, change)
    assert total(book, "Difference", "Compute").value == 12 * 12 * 128 * 128 * 128
    assert formula_rows(book, "Compute")["transformer.h.0–11.attn"]["Check"].value == "✎ changed by you"


def test_what_a_run_proves_carries_a_change_from_layer_to_layer(recomputed: Recompute):
    stage = "resnet.encoder.stages.0.layers.1–2.layer"

    def change(book: Workbook) -> None:
        set_input(formula_rows(book)[f"{stage}.0.convolution"]["out_channels"], 32)

    rows = formula_rows(recomputed(resnet(), change))
    assert rows[f"{stage}.0.normalization"]["By formula"].value == 2 * 32
    assert rows[f"{stage}.1.convolution"]["By formula"].value == 64 * 32 * 9
    assert rows[f"{stage}.2.convolution"]["Check"].value == "✓ agrees"


def test_bytes_for_each_number_move_all_that_is_kept_of_it(recomputed: Recompute):
    data = gpt2()
    weights = data.totals.bytes

    def change(book: Workbook) -> None:
        rows = memory_rows(book)
        set_input(rows["Weights in float32"][2], 2)
        set_input(rows["Tokens kept in the cache"][1], 1024)

    book = recomputed(data, change)
    rows = memory_rows(book)
    cache = 1024 * data.memory.cache.per_token.bytes
    assert rows["Cache of keys and values"][1].value == cache
    assert rows["To run"][1].value == data.memory.run_total.bytes - weights // 2 + cache
    assert rows["Gradients"][1].value == rows["SGD with momentum"][1].value == weights // 2
    adam = {row.label: row.bytes for row in data.memory.train_totals}["To train: Adam or AdamW"]
    assert rows["To train: Adam or AdamW"][1].value == adam - 2 * weights
    assert rows["To train: Adam or AdamW"][3].value == -2 * weights


def test_parameters_changed_in_formulas_are_kept_in_memory(recomputed: Recompute):
    data = lstm()

    def change(book: Workbook) -> None:
        (row,) = formula_rows(book).values()
        set_input(row["bias"], 0)

    rows = memory_rows(recomputed(data, change))
    without = sum(p.numel() for p in nn.LSTM(10, 20, 3, bidirectional=True, proj_size=5, bias=False).parameters())
    assert rows["Weights at 16 bits"][1].value == 2 * without
    assert rows["Gradients"][1].value == 4 * without
