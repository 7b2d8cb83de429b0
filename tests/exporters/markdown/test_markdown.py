"""Markdown: every name stays in its cell and is shown as it is, whatever it is."""

import re

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from torch import nn

import summarykit
from summarykit.exporters.markdown.exporter import escape
from summarykit.exporters.view.words import visible
from support import hostile
from support.hosts import PARSERS, tables, unpadded
from support.own_layers import fill


@pytest.fixture(params=PARSERS, ids=lambda parser: parser.__name__)
def page(request):
    """What a host would make of it; nothing but the elements of the template may come out."""
    return request.param


def check(page, model, paths):
    summary = summarykit.summarize(model)
    root = page(summary.to_markdown())
    (layers,) = [table for table in tables(root) if table[0][0] == "Layer"]
    assert len(layers) == 1 + len(paths)
    assert {len(row) for row in layers} == {6}
    assert [row[0] for row in layers[1:]] == [visible(path) or '""' for path in paths]
    assert [row[4] for row in layers[1:]] == ["68", "10"]
    told = [item.text_content() for item in root.iter("li")]
    assert len(told) >= 2
    for path, line in zip(paths, told[-2:], strict=True):
        assert line.startswith((visible(path) or '""') + " ")


@pytest.mark.parametrize("name", hostile.NAMES, ids=ascii)
def test_a_name_stays_in_its_cell(name, page):
    check(page, hostile.model(name), [name, f"block.{name}"])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(name=st.text(alphabet=st.characters(), max_size=30) | st.text(alphabet="|`\\<>&*_[]()#!~\n ab.1-", max_size=12))
@example(name="a|b")
@example(name="</details><script>")
@example(name="x\n| y |")
@example(name="@someone")
@example(name="#12")
def test_any_name_stays_in_its_cell(name):
    for page in PARSERS:
        check(page, hostile.model(name), [name, f"block.{name}"])


@pytest.mark.parametrize(
    "name", [name for name in hostile.NAMES if "\x00" not in name and name.isprintable()], ids=ascii
)
def test_the_name_of_a_class_stays_in_its_cell(name, page):
    summary = summarykit.summarize(hostile.of_class(name))
    root = page(summary.to_markdown())
    heading = root.find(".//h3").text_content()
    assert heading == f"{visible(name)}: 78 parameters"
    (layers,) = [table for table in tables(root) if table[0][0] == "Layer"]
    assert [row[1] for row in layers[1:]] == ["Linear", visible(name)]


@pytest.mark.parametrize("name", hostile.NAMES, ids=ascii)
def test_a_title_a_source_and_a_tensor_stay_text(name, page):
    layer = nn.Linear(16, 4)
    layer._parameters[name] = nn.Parameter(torch.zeros(3))
    summary = summarykit.summarize(nn.Sequential(layer), title=name or "x", source=name)
    root = page(summary.to_markdown())
    assert root.find(".//h3").text_content() == f"{visible(name or 'x')}: 71 parameters"
    assert summarykit.summarize(summary_of(layer)).totals.parameters == 71


def summary_of(layer):
    return nn.Sequential(nn.Sequential(layer))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(max_size=40) | st.text(alphabet="@#$!&:/~_*`<>|w.a1- ", max_size=20))
def test_plain_text_is_shown_as_it_stands(text):
    shown = " ".join(visible(text).split())
    for page in PARSERS:
        (table,) = tables(page(f"| {escape(visible(text))} | end |\n|:--|:--|\n| x | y |\n"))
        assert [" ".join(cell.split()) for cell in table[0]] == [shown, "end"]


def sequential():
    return nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2), nn.Linear(2, 1))


class Troubled(nn.Module):
    """Tied, frozen, lazy, disagreeing and unknown, each once."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 4)
        self.frozen = nn.Linear(4, 4).requires_grad_(False)
        self.wrong = nn.Linear(4, 3)
        self.wrong.weight = nn.Parameter(torch.zeros(5, 4))
        self.lazy = nn.LazyLinear(2)
        self.norm = nn.BatchNorm1d(4)
        fill(self, scale=(4,))
        self.head = nn.Linear(4, 10)
        self.head.weight = self.embedding.weight


GOLDEN = {"sequential": sequential, "troubled": Troubled}


def scrubbed(text):
    """Without what changes with the machine: the version of torch."""
    return re.sub(r"torch \d[\w.+]*", "torch X", text)


@pytest.mark.parametrize("name", GOLDEN)
def test_the_report_is_as_accepted(name, golden):
    golden(f"{name}.md", scrubbed(summarykit.summarize(GOLDEN[name](), source=f"tests:{name}").to_markdown()))


@pytest.mark.parametrize("name", GOLDEN)
def test_the_terminal_is_as_accepted(name, golden):
    golden(f"{name}.txt", scrubbed(str(summarykit.summarize(GOLDEN[name](), source=f"tests:{name}"))) + "\n")


def test_the_small_model_is_told_as_a_textbook_would(page):
    markdown = summarykit.summarize(sequential()).to_markdown()
    words = [line.text_content() for line in page(markdown).iter("li")]
    assert words == [
        "Input: 16 numbers, no parameters.",
        "0 Linear: each of the 4 neurons has 16 weights, one per input, and 1 bias: 4 × (16 + 1) = 68.",
        "1 Linear: each of the 2 neurons has 4 weights, one per input, and 1 bias: 2 × (4 + 1) = 10.",
        "2 Linear: the one neuron has 2 weights, one per input, and 1 bias: 1 × (2 + 1) = 3.",
    ]
    assert "Total 68 + 10 + 3 = 81." in markdown


@pytest.mark.parametrize(
    "make",
    [lambda: nn.Transformer(8, 2, 2, 2, 16, batch_first=True), Troubled, sequential],
    ids=["big", "troubled", "small"],
)
def test_numbers_of_the_tables_add_up(make, page):
    root = page(summarykit.summarize(make()).to_markdown())
    found = {table[0][0]: table for table in tables(root)}
    total = int(re.search(r"([\d,]+) parameters", root.find(".//h3").text_content())[1].replace(",", ""))

    def last(cell):
        return 0 if cell == "not known yet" else int(cell.split("=")[-1].replace(",", ""))

    assert sum(last(row[2]) for row in found["Block"][1:]) == total
    assert sum(last(row[2]) for row in found.get("Part", found["Block"])[1:]) == total
    assert sum(last(row[4]) for row in found["Layer"][1:]) == total


@pytest.mark.parametrize("name", ["abc", "abc.def", "\u05d0\u05d1", "a\u0627.weight", "1\u06612"])
def test_a_name_that_runs_leftward_leaves_the_line_around_it_in_order(name, page):
    root = page(summarykit.summarize(hostile.model(name)).to_markdown())
    leftward = not name.isascii()
    found = {element.text: element.get("dir") for element in root.iter("code")}
    assert (found[name] == "ltr") is leftward


def test_a_sum_reads_as_plain_text_and_names_no_commit():
    def model(**parts):
        return nn.ModuleDict({name: nn.Sequential(*(nn.Linear(2, 2) for _ in range(7))) for name in parts.values()})

    plain = summarykit.summarize(model(a="embed_tokens", b="lm_head")).to_markdown()
    assert "7 × 6 embed_tokens + 7 × 6 lm_head = 84" in plain
    linked = summarykit.summarize(model(a="deadbeef1", b="www", c="@someone", d="$x$")).to_markdown()
    codes = "7 × 6 `deadbeef1` + 7 × 6 www + 7 × 6 `@someone` + 7 × 6 `$x$` = 168"
    assert codes in linked


class Wide(nn.Module):
    """Layers that are all different, with names that take six characters a sign."""

    def __init__(self, number, size):
        super().__init__()
        for at in range(number):
            self._modules[f"{'|' * size}{at}"] = nn.Linear(at + 1, 1)
        self.odd = nn.Linear(2, 2)
        self.odd.weight = nn.Parameter(torch.zeros(5, 4))


@pytest.mark.parametrize(
    ("number", "size", "left_out"),
    [
        (9, 20, ""),
        (400, 20, "what memory it takes"),
        (60, 300, "what memory it takes and the list of layers"),
        (9, 3_000, "the middle of long names"),
        (300, 20_000, "the middle of long names"),
    ],
)
@pytest.mark.large
def test_a_comment_stays_within_what_a_host_takes(number, size, left_out, page):
    with torch.device("meta"):
        model = Wide(number, size)
    text = summarykit.summarize(model, title="\U0001f600" * size).to_markdown()
    assert len(text.encode("utf-16-le")) // 2 <= 60_000
    root = page(text)
    assert f": {sum(p.numel() for p in model.parameters()):,} parameters" in root.find(".//h3").text_content()
    assert "Formula and PyTorch differ" in text
    assert text.count("<details>") == text.count("</details>") == len(root.findall(".//details"))
    said = [p.text_content() for p in root.iter("p") if p.text_content().startswith("Left out here")]
    assert len(said) == bool(left_out)
    assert left_out in "".join(said)


def test_a_table_is_set_in_columns_and_says_the_same(page):
    text = summarykit.summarize(sequential()).to_markdown()
    lines = [line for line in text.split("\n") if line.startswith("|")]
    first = [lines.index(line) for line in lines if line.startswith(("| Block", "| Layer", "| To run"))]
    for at in first:
        assert len({len(line) for line in lines[at : at + 4]}) == 1
    assert "| `0` | Linear | 4 × 16 | 4 × (16 + 1) = 68 | 68 | ✓ |" in unpadded(text)


def test_a_heading_keeps_formulas_in_one_line_and_is_read_without_its_blanks(page):
    (layers,) = [t for t in tables(page(summarykit.summarize(sequential()).to_markdown())) if t[0][0] == "Layer"]
    assert layers[0] == ["Layer", "Type", "Weight", "Formula", "Parameters", ""]
    heading = next(line for line in summarykit.summarize(sequential()).to_markdown().split("\n") if "| Formula" in line)
    assert re.search("Formula\u2007+\u00a0", heading)


def test_cells_of_a_users_template_may_hold_signs(tmp_path):
    (tmp_path / "markdown").mkdir()
    table = "| a | b |\n|:--|--:|\n| x \\| y | 1 |\n| long long | 2 |\n"
    (tmp_path / "markdown" / "report.md.j2").write_text(table, "utf-8")
    assert summarykit.summarize(sequential(), templates=[tmp_path]).to_markdown() == table
