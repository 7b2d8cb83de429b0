"""Work grows with the number of layers and no faster: calls are counted, since time on a busy machine proves little."""

import sys
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise

import pytest
import torch
from torch import nn

import summarykit
from summarykit.exporters.base import Options, built_in
from summarykit.exporters.excel.sheets import formula_links
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import Comparison
from summarykit.summary.diff import alignment as aligning
from summarykit.summary.folding import Folding, LayerGroup


def calls_in(work: Callable[[], object]) -> int:
    """How many functions are called, Python's own among them."""
    count = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def blocks(number: int) -> nn.Module:
    """Blocks of which no two neighbours are alike, with a tensor that all of them share."""
    with torch.device("meta"):
        model = nn.ModuleList(
            nn.ModuleList([nn.Linear(4 + n % 3, 8), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 8)]) for n in range(number)
        )
    for block in model:
        block[3].weight = model[0][3].weight
    return model


def write(data: SummaryData, name: str, *, fold: bool) -> None:
    built_in()[name]().write(SummaryData(data.records), BytesIO(), Options(fold=fold))


SUMMARIES = {
    "walk": summarykit.summarize,
    "frames": lambda model: (lambda summary: (summary.layers, summary.tensors, summary.folded))(
        summarykit.summarize(model)
    ),
}


@pytest.mark.parametrize("what", [*SUMMARIES, "markdown", "html", "json", "text", "excel"])
@pytest.mark.parametrize("fold", [True, False])
def test_twice_the_layers_are_twice_the_calls(what: str, fold: bool) -> None:
    counts = []
    for number in (20, 20, 40, 80):  # the first one warms up what is made once
        model = blocks(number)
        if what in SUMMARIES:
            counts.append(calls_in(lambda model=model: SUMMARIES[what](model)))
        else:
            data = summarykit.summarize(model).data
            counts.append(calls_in(lambda data=data: write(data, what, fold=fold)))
    (first, second) = pairwise(counts[1:])
    grown, grown_again = first[1] - first[0], second[1] - second[0]
    assert grown_again <= 2.3 * max(grown, 60)


def test_a_long_chain_is_looked_at_so_often_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    with torch.device("meta"):
        widths = [8 + number % 7 for number in range(300)]
        model = nn.Sequential(
            *(nn.Sequential(nn.LayerNorm(w), nn.Linear(w, 2 * w), nn.GELU(), nn.Linear(2 * w, w)) for w in widths)
        )
    looks = 0
    split = formula_links._split_rows

    def counted(rows: list[LayerGroup], *others: object) -> list[LayerGroup]:
        nonlocal looks
        looks += sum(len(row.layers) for row in rows)
        return split(rows, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(formula_links, "_split_rows", counted)
    monkeypatch.setattr(formula_links, "MOST_LOOKS", 5_000)
    data = summarykit.summarize(model).data
    arrangement = formula_links.arrange(data, Folding(data))
    assert looks <= 5_000 + 2 * 900
    assert {layer for row in arrangement.rows for layer in row.layers} == {
        layer.id for layer in data.layers if layer.explanation >= 0
    }


def line(sizes: list[int]) -> nn.Module:
    with torch.device("meta"):
        return nn.Sequential(*(nn.Linear(size, 2) for size in sizes))


def chain(depth: int, size: int) -> nn.Module:
    with torch.device("meta"):
        model: nn.Module = nn.Linear(size, 2)
        for _ in range(depth):
            model = nn.ModuleList([model, nn.Linear(3, size)])
    return model


def named(number: int, word: str) -> nn.Module:
    with torch.device("meta"):
        return nn.ModuleDict({f"{word}{at}": nn.Sequential(nn.Linear(1 + at % 5, 2)) for at in range(number)})


PAIRS = {
    "equal": lambda n: (blocks(n), blocks(n)),
    "every one changed": lambda n: (line(list(range(1, n))), line([2 * size for size in range(1, n)])),
    "moved on by one": lambda n: (line(list(range(1, n))), line(list(range(2, n + 1)))),
    "in another order": lambda n: (line(list(range(1, n))), line(list(range(n - 1, 0, -1)))),
    "alternating": lambda n: (line([1 + at % 2 for at in range(n)]), line([1 + at // 2 % 2 for at in range(n)])),
    "nothing in common": lambda n: (line([1] * n), blocks(n)),
    "numbered otherwise": lambda n: (named(n, "layer"), named(n, "stage")),
    "deep": lambda n: (chain(n, 4), chain(n, 5)),
    "frozen": lambda n: (blocks(n), blocks(n).requires_grad_(False)),
}


@pytest.mark.parametrize("what", PAIRS)
def test_twice_the_layers_are_twice_the_work_of_comparing(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aligning, "MOST_EDITS", 20)
    counts = []
    for number in (80, 80, 160, 320):  # the first one warms up what is made once
        one, other = (summarykit.summarize(model).data for model in PAIRS[what](number))
        comparison = Comparison(one, other)
        counts.append(calls_in(lambda made=comparison: (made.told, made.checkpoint, made.checks, made.reasons)))
    (first, second) = pairwise(counts[1:])
    assert second[1] - second[0] <= 2.3 * max(first[1] - first[0], 60)
