"""LibreOffice computes every formula anew: the counts are PyTorch's, the words are Python's, changes go through."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from openpyxl.workbook import Workbook
from torch import nn

from support.workbooks import formula_rows, opened, overview, texts, total, workbook_bytes

pytestmark = [
    pytest.mark.office,
    # openpyxl says so of every file with solid data bars, those of Excel included.
    pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl"),
    # transformers reads its own configuration in old ways
    pytest.mark.filterwarnings("ignore::DeprecationWarning:transformers"),
    pytest.mark.filterwarnings("ignore::FutureWarning:transformers"),
]


def tiny() -> nn.Module:
    return nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2), nn.Linear(2, 1))


def gpt2() -> nn.Module:
    transformers = pytest.importorskip("transformers")
    with torch.device("meta"):
        return transformers.GPT2LMHeadModel(transformers.GPT2Config())


def resnet() -> nn.Module:
    transformers = pytest.importorskip("transformers")
    with torch.device("meta"):
        return transformers.ResNetForImageClassification(transformers.ResNetConfig())


def lstm() -> nn.Module:
    return nn.LSTM(10, 20, 3, bidirectional=True, proj_size=5)


def mixture() -> nn.Module:
    """Repeated blocks of repeated experts, with a tied head."""

    def experts() -> nn.ModuleList:
        return nn.ModuleList(nn.Sequential(nn.Linear(8, 32), nn.SiLU(), nn.Linear(32, 8)) for _ in range(6))

    model = nn.Module()
    model.embed = nn.Embedding(50, 8)
    model.blocks = nn.ModuleList(nn.ModuleDict({"router": nn.Linear(8, 6), "experts": experts()}) for _ in range(4))
    model.head = nn.Linear(8, 50, bias=False)
    model.head.weight = model.embed.weight
    return model


def every_layer() -> nn.Module:
    """Each torch.nn layer that owns parameters, in several options."""
    with torch.device("meta"):
        layers = [
            nn.Linear(16, 4),
            nn.Linear(16, 4, bias=False),
            nn.Bilinear(3, 5, 7),
            nn.Bilinear(3, 5, 7, bias=False),
            *(conv(12, 24, 3, groups=groups, bias=bias) for conv in CONVOLUTIONS for groups, bias in OPTIONS),
            nn.Conv2d(6, 8, (3, 5)),
            nn.Embedding(10, 3),
            nn.EmbeddingBag(10, 3),
            *(norm(6) for norm in (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)),
            nn.InstanceNorm2d(6, affine=True),
            nn.GroupNorm(3, 6),
            nn.LayerNorm(6),
            nn.LayerNorm((2, 3, 4)),
            nn.LayerNorm(6, bias=False),
            nn.RMSNorm((4, 5)),
            nn.PReLU(),
            nn.PReLU(7),
            *(cell(5, 6, bias=bias) for cell in (nn.RNNCell, nn.GRUCell, nn.LSTMCell) for bias in (True, False)),
            *(
                kind(5, 6, layers, bias=bias, bidirectional=both)
                for kind in (nn.RNN, nn.GRU, nn.LSTM)
                for layers in (1, 3)
                for bias in (True, False)
                for both in (True, False)
            ),
            nn.LSTM(5, 6, proj_size=2),
            nn.MultiheadAttention(8, 2),
            nn.MultiheadAttention(8, 2, bias=False, add_bias_kv=True),
            nn.MultiheadAttention(8, 2, kdim=5, vdim=3),
            nn.TransformerEncoderLayer(8, 2, 16),
        ]
        return nn.ModuleList(layers)


CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
OPTIONS = ((1, True), (1, False), (3, True), (12, False))

Recompute = Callable[..., Workbook]


@pytest.fixture
def recomputed(libreoffice: Callable[..., Path], tmp_path: Path) -> Recompute:
    """The values LibreOffice finds in a workbook that brings none, after cells of Formulas were changed."""

    def compute(model: nn.Module, changes: dict[tuple[str, str], object] | None = None) -> Workbook:
        book = opened(workbook_bytes(model, fill_cache=False))
        rows = formula_rows(book)
        for (path, name), value in (changes or {}).items():
            assert not rows[path][name].protection.locked
            rows[path][name].value = value
        source = tmp_path / "book.xlsx"
        book.save(source)
        return opened(libreoffice(source, "xlsx"), values=True)

    return compute


@pytest.mark.parametrize("make", [tiny, gpt2, resnet, lstm, mixture, every_layer])
def test_every_live_cell_shows_what_python_wrote(make: Callable[[], nn.Module], recomputed: Recompute):
    model = make()
    found, written = recomputed(model), opened(workbook_bytes(model), values=True)
    formulas = opened(workbook_bytes(model))
    compared = 0
    for sheet in formulas:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            here = (sheet.title, cell.coordinate)
            computed, expected = found[sheet.title][cell.coordinate].value, written[sheet.title][cell.coordinate].value
            shown = pytest.approx(expected) if isinstance(expected, float) else expected or 0
            assert (*here, computed or 0) == (*here, shown)
            compared += 1
    assert compared > 20
    owners = {id(p): p.numel() for p in model.parameters()}
    assert total(found, "By formula").value == sum(owners.values())


def test_every_live_count_is_pytorchs(recomputed: Recompute):
    for make in (tiny, lstm, every_layer):
        model = make()
        rows = formula_rows(recomputed(model))
        for name, module in model.named_modules():
            own = sum(parameter.numel() for parameter in module.parameters(recurse=False))
            row = rows.get(name or type(module).__name__)
            if own and row:
                assert (name, row["By formula"].value) == (name, own)
                assert row["Check"].value == "✓ agrees"
        assert not any(str(row["Check"].value).startswith("✗") for row in rows.values())


def test_sixteen_becomes_thirty_two(recomputed: Recompute):
    book = recomputed(tiny(), {("0", "in_features"): 32})
    row = formula_rows(book)["0"]
    assert row["By formula"].value == 132
    assert row["Formula in words"].value == "4 × (32 + 1)"
    assert (row["Difference"].value, row["Check"].value) == (64, "✎ changed by you")
    assert total(book, "By formula").value == 145
    assert overview(book, "Parameters")[:3] == [81, 145, 64]
    assert overview(book, "Size in MB")[1] == pytest.approx(145 * 4 / 10**6)
    said = texts(book, "Overview")
    assert "2 of 3 counts agree with PyTorch; 1 changed by you" in said
    assert "Sum with your changes: 145. The model itself: 81." in said


def test_one_expert_changed_changes_all_its_copies(recomputed: Recompute):
    model = mixture()
    before = sum(parameter.numel() for parameter in model.parameters())
    book = recomputed(model, {("blocks.0–3.experts.0–5.0", "out_features"): 64})
    more = 4 * 6 * (32 * 9 + 32 * 8)
    assert overview(book, "Parameters")[:3] == [before, before + more, more]
    assert formula_rows(book)["blocks.0–3.experts.0–5.2"]["in_features"].value == 64


def test_the_words_follow_a_switch(recomputed: Recompute):
    row = formula_rows(recomputed(tiny(), {("0", "bias"): 0}))["0"]
    assert (row["By formula"].value, row["Formula in words"].value) == (64, "4 × 16")


def test_a_change_runs_down_the_chain(recomputed: Recompute):
    book = recomputed(tiny(), {("0", "out_features"): 8})
    rows = formula_rows(book)
    assert [rows[path]["By formula"].value for path in "012"] == [136, 18, 3]
    assert rows["1"]["Formula in words"].value == "2 × (8 + 1)"
    assert total(book, "By formula").value == 157
    assert rows["1"]["Check"].value == "✎ changed by you"


class Parallel(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(12, 24, 3, groups=3)
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 8)) for _ in range(5))
        self.frozen = nn.Linear(8, 8).requires_grad_(False)


def test_a_change_counts_for_every_copy_and_says_what_is_not_adjusted(recomputed: Recompute):
    model = Parallel()
    before = sum(parameter.numel() for parameter in model.parameters())
    book = recomputed(model, {("blocks.0–4.0", "out_features"): 64, ("frozen", "bias"): 0})
    more = 5 * (32 * 9 + 32 * 8)
    assert total(book, "By formula").value == before + more - 8
    assert overview(book, "Learned in training")[:3] == [before - 72, before - 72 + more, more]
    said = f"Sum with your changes: {before + more - 8:,}; other layers not adjusted, such a model may not run."
    assert f"{said} The model itself: {before:,}." in texts(book, "Overview")


@pytest.mark.parametrize(("groups", "count"), [(5, 24 * (12 // 5 * 9 + 1)), (None, "–"), (0, "–"), ("three", "–")])
def test_groups_that_do_not_divide_give_a_difference_and_never_an_error(groups, count, recomputed: Recompute):
    book = recomputed(Parallel(), {("conv", "groups"): groups})
    row = formula_rows(book)["conv"]
    assert row["By formula"].value == count
    assert row["Check"].value == ("✎ cannot be computed" if count == "–" else "✎ changed by you")
    every = [cell.value for sheet in book for cells in sheet.iter_rows() for cell in cells]
    assert not [value for value in every if str(value).startswith("#") and value != "#"]
    assert isinstance(total(book, "By formula").value, int)


def test_every_sheet_can_be_printed(libreoffice: Callable[..., Path], tmp_path: Path):
    source = tmp_path / "book.xlsx"
    source.write_bytes(workbook_bytes(tiny()))
    assert libreoffice(source, "pdf").stat().st_size > 5_000
