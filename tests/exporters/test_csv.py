"""CSV: what was written is what programs read back, and no name is ever computed."""

import csv
import io
import re

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import summarykit
from summarykit.exporters.csv import escape_formulas
from summarykit.exporters.view.words import visible
from support import hostile
from support.own_layers import fill

#: How a name is read back: without the apostrophe that stands before a sign that begins a formula.
GUARD = re.compile("(^|[;,|\"])'([ \u202f']*)(?=[=+@\uff1d\uff0b\uff0d\uff20-])")


def tiny() -> nn.Module:
    return nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2), nn.Linear(2, 1))


class Mixed(nn.Module):
    """Tied, repeated, kept fixed, lazy, of no dimension, unknown, and more than 64 bits hold."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(10, 4)
        self.blocks = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))
        self.fixed = nn.Linear(4, 4).requires_grad_(False)
        self.again = self.fixed
        self.lazy = nn.LazyLinear(7)
        self.conv = nn.Conv2d(6, 8, (3, 5))
        self.one = nn.Linear(1, 1)
        self.one.weight = nn.Parameter(torch.tensor(1.0))
        fill(self, own=(3, 4))
        self.head = nn.Linear(4, 10)
        self.head.weight = self.embed.weight


def huge() -> nn.Module:
    with torch.device("meta"):
        return nn.ModuleList(nn.Linear(2**30, 2**30, bias=False) for _ in range(9))


def written(summary: summarykit.Summary, folder, name="out.csv", **options) -> str:
    summarykit.report(summary, folder / name, **options)
    return (folder / name).read_bytes().decode("utf-8")


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def expected(value: object) -> str:
    """A cell as docs/columns.md has it, in the plainest way."""
    if value is None or value is pd.NA:
        return ""
    if isinstance(value, tuple):
        if any(isinstance(part, tuple) for part in value):
            return " ".join(map(expected, value))
        return "x".join(map(str, value)) or "()"
    return GUARD.sub(r"\1\2", escape_formulas(visible(value))) if isinstance(value, str) else str(value)


@pytest.mark.parametrize("make", [tiny, Mixed, huge, nn.ReLU])
@pytest.mark.parametrize("name", ["out.csv", "OUT.TSV"])
def test_every_cell_of_every_layer_is_there(make, name, tmp_path):
    summary = summarykit.summarize(make(), input_size=(1, 16) if make is tiny else None)
    text = written(summary, tmp_path, name)
    frame = summary.layers
    found = rows(text, "," if name == "out.csv" else "\t")
    assert list(found[0]) == list(frame.columns)
    assert [list(row.values()) for row in found] == [
        [expected(value) for value in row] for row in zip(*(frame[name].tolist() for name in frame), strict=True)
    ]
    assert sum(int(row["adds_to_total"]) for row in found) == summary.totals.parameters


def test_shapes_are_readable(tmp_path):
    found = {row["path"]: row for row in rows(written(summarykit.summarize(Mixed()), tmp_path))}
    assert [found[path]["weight_shape"] for path in ("conv", "one", "lazy")] == ["8x6x3x5", "()", ""]
    assert [found[path]["bias_shape"] for path in ("conv", "one", "lazy")] == ["8", "1", ""]
    watched = rows(written(summarykit.summarize(tiny(), input_size=(8, 16)), tmp_path))
    assert (watched[1]["input_shapes"], watched[1]["output_shapes"]) == ("8x16", "8x4")


def test_repeats_are_unfolded_whatever_was_asked(tmp_path):
    summary = summarykit.summarize(Mixed())
    folded, every = (written(summary, tmp_path, f"{fold}.csv", fold=fold) for fold in (True, False))
    assert folded == every == written(summary, tmp_path, depth=1, only="blocks", columns="type", sort="size")
    assert [row["path"] for row in rows(folded) if row["path"].startswith("blocks.")] == [f"blocks.{i}" for i in "012"]


@pytest.mark.parametrize("make", [tiny, Mixed, huge])
def test_pandas_reads_the_frame_back(make, tmp_path):
    """In the way that docs/columns.md says."""
    summary = summarykit.summarize(make())
    written(summary, tmp_path)
    texts = dict.fromkeys(("path", "parent", "raw_path", "shared_with"), str)
    read = pd.read_csv(tmp_path / "out.csv", dtype=texts, keep_default_na=False, na_values=[""])
    assert list(read.columns) == list(summary.layers.columns)
    assert list(read["path"].fillna("")) == summary.layers["path"].tolist()
    total = sum(map(int, read["adds_to_total"]))
    assert total == summary.totals.parameters
    assert read["approximate"].dtype == bool


def test_a_byte_order_mark_on_request_and_in_no_other_way(tmp_path):
    summary = summarykit.summarize(tiny())
    plain, marked = (written(summary, tmp_path, f"{bom}.csv", bom=bom) for bom in (False, True))
    assert marked == f"\ufeff{plain}"
    summarykit.summarize(tiny(), bom=True).save(tmp_path / "kept.csv")
    assert (tmp_path / "kept.csv").read_bytes().decode() == marked
    assert pd.read_csv(tmp_path / "True.csv").equals(pd.read_csv(tmp_path / "False.csv"))


def test_the_same_model_gives_the_same_bytes(tmp_path):
    first, second = (written(summarykit.summarize(Mixed()), tmp_path, f"{i}.csv") for i in (1, 2))
    assert first == second
    assert first.endswith("\r\n")


@pytest.mark.parametrize("name", hostile.NAMES, ids=ascii)
def test_a_name_stays_in_its_cell_and_is_never_computed(name, tmp_path):
    for delimiter, suffix in ((",", "csv"), ("\t", "tsv")):
        text = written(summarykit.summarize(hostile.model(name)), tmp_path, f"out.{suffix}")
        found = rows(text, delimiter)
        assert len(found) == 4
        paths = [GUARD.sub(r"\1\2", row["path"]) for row in found]
        assert paths == ["", visible(name), "block", f"block.{visible(name)}"]
        assert "\x00" not in text
        assert not any(cell.startswith(tuple("=+-@\t\r")) for row in found for cell in row.values())


SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
TRICKY = st.text(st.sampled_from([*SIGNS, ";", ",", "|", '"', "'", " ", "a", "1"]), max_size=12)


@given(TRICKY | st.text(max_size=20))
def test_what_is_guarded_can_be_taken_back(name):
    text = visible(name)
    assert GUARD.sub(r"\1\2", escape_formulas(text)) == text


@given(st.lists(TRICKY, min_size=1, max_size=4), st.sampled_from(",;|\t"))
def test_no_cell_begins_a_formula_wherever_lines_are_parted(names, delimiter):
    """Where a comma is the decimal sign, Excel parts a line at semicolons, quoted or not."""
    out = io.StringIO()
    csv.writer(out).writerow([escape_formulas(visible(name)) for name in names])
    line = out.getvalue().rstrip("\r\n")
    for part in [*line.split(delimiter), *next(csv.reader([line], delimiter=delimiter))]:
        assert not part.strip(' "').startswith(tuple(SIGNS))


def test_two_names_that_differ_by_the_guard_stay_apart():
    assert escape_formulas("=1") == "'=1"
    assert escape_formulas("'=1") == "''=1"
    assert escape_formulas("a;=1;b") == "a;'=1;b"
    assert escape_formulas("it's 4 × (16 + 1) = 68, no more") == "it's 4 × (16 + 1) = 68, no more"
