"""LibreOffice computes every formula anew: the counts are PyTorch's, the words are Python's, changes go through."""

import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
import torch
from openpyxl.workbook import Workbook
from torch import nn

from support.torch_layers import CASES
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
    return nn.Sequential(nn.LSTM(10, 20, 3, bidirectional=True, proj_size=5))


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
    """Each torch.nn layer that owns parameters, in every option that changes what it owns."""
    with torch.device("meta"):
        return nn.ModuleList(case.make() for case in CASES)


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


def experts() -> nn.Module:
    transformers = pytest.importorskip("transformers")
    sizes = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 6, "vocab_size": 100}
    with torch.device("meta"):
        return transformers.OlmoeForCausalLM(transformers.OlmoeConfig(**sizes, num_experts=8))


@pytest.mark.parametrize("make", [tiny, gpt2, resnet, lstm, mixture, experts, every_layer])
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
    assert total(found, "By formula").value == total(found, "Counted in total").value == sum(owners.values())
    assert counts(found) == {
        name: sum(parameter.numel() for parameter in module.parameters(recurse=False))
        for name, module in model.named_modules()
        if list(module.parameters(recurse=False))
    }


def counts(book: Workbook) -> dict[str, object]:
    """What each layer counts by its formula, also of those that share a row; all of them agree with PyTorch."""
    found: dict[str, object] = {}
    for path, row in formula_rows(book).items():
        members = list(layers_at(path))
        assert row["Copies"].value == len(members)
        assert (path, row["Check"].value) == (path, "✓ agrees")
        assert not found.keys() & set(members)
        found |= dict.fromkeys(members, row["By formula"].value)
    return found


def layers_at(path: str) -> Iterator[str]:
    """The layers that a row stands for: ``h.0–1,7.attn`` is ``h.0.attn``, ``h.1.attn`` and ``h.7.attn``."""
    return map(".".join, product(*(list(names_in(part)) for part in path.split("."))))


def names_in(part: str) -> Iterator[str]:
    for span in part.split(","):
        ends = re.fullmatch(r"(\d+)–(\d+)", span)
        yield from map(str, range(int(ends[1]), int(ends[2]) + 1)) if ends else [span]


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
    assert row["Formula in words"].value == ("–" if count == "–" else "24 × (⌊12 ÷ 5⌋ × 3 × 3 + 1)")
    every = [cell.value for sheet in book for cells in sheet.iter_rows() for cell in cells]
    assert not [value for value in every if str(value).startswith("#") and value != "#"]
    assert isinstance(total(book, "By formula").value, int)


def test_every_sheet_can_be_printed(libreoffice: Callable[..., Path], tmp_path: Path):
    source = tmp_path / "book.xlsx"
    source.write_bytes(workbook_bytes(tiny()))
    assert libreoffice(source, "pdf").stat().st_size > 5_000
