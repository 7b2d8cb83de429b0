"""Markdown: every name stays in its cell and is shown as it is, whatever it is."""

import re

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import html
from markdown_it import MarkdownIt
from torch import nn

import summarykit
from summarykit.exporters.markdown import escape
from summarykit.exporters.view.words import visible
from support import hostile
from support.own_layers import fill

GITHUB = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ALLOWED = {"html", "body", "h3", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}
ALLOWED |= {"details", "summary", "b", "strong", "code", "sub"}


def page(markdown):
    """What GitHub would make of it; nothing but the elements of the template may come out."""
    root = html.document_fromstring(f"<html><body>{GITHUB.render(markdown)}</body></html>")
    assert {element.tag for element in root.iter()} <= ALLOWED
    assert not [element.attrib for element in root.iter() if element.attrib and element.tag not in {"th", "td"}]
    return root


def tables(root):
    for table in root.iter("table"):
        yield [[cell.text_content() for cell in row] for row in table.iter("tr")]


def check(name, model, paths):
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
def test_a_name_stays_in_its_cell(name):
    check(name, hostile.model(name), [name, f"block.{name}"])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(name=st.text(alphabet=st.characters(), max_size=30) | st.text(alphabet="|`\\<>&*_[]()#!~\n ab.1-", max_size=12))
@example(name="a|b")
@example(name="</details><script>")
@example(name="x\n| y |")
def test_any_name_stays_in_its_cell(name):
    check(name, hostile.model(name), [name, f"block.{name}"])


@pytest.mark.parametrize(
    "name", [name for name in hostile.NAMES if "\x00" not in name and name.isprintable()], ids=ascii
)
def test_the_name_of_a_class_stays_in_its_cell(name):
    summary = summarykit.summarize(hostile.of_class(name))
    root = page(summary.to_markdown())
    heading = root.find(".//h3").text_content()
    assert heading == f"{visible(name)}: 78 parameters"
    (layers,) = [table for table in tables(root) if table[0][0] == "Layer"]
    assert [row[1] for row in layers[1:]] == ["Linear", visible(name)]


@pytest.mark.parametrize("name", hostile.NAMES, ids=ascii)
def test_a_title_a_source_and_a_tensor_stay_text(name):
    layer = nn.Linear(16, 4)
    layer._parameters[name] = nn.Parameter(torch.zeros(3))
    summary = summarykit.summarize(nn.Sequential(layer), title=name or "x", source=name)
    root = page(summary.to_markdown())
    assert root.find(".//h3").text_content() == f"{visible(name or 'x')}: 71 parameters"
    assert summarykit.summarize(summary_of(layer)).totals.parameters == 71


def summary_of(layer):
    return nn.Sequential(nn.Sequential(layer))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(max_size=40))
def test_plain_text_is_shown_as_it_stands(text):
    shown = " ".join(visible(text).split())
    root = page(f"| {escape(visible(text))} | end |\n|:--|:--|\n| x | y |\n")
    (table,) = tables(root)
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


def test_the_small_model_is_told_as_a_textbook_would():
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
def test_numbers_of_the_tables_add_up(make):
    root = page(summarykit.summarize(make()).to_markdown())
    found = {table[0][0]: table for table in tables(root)}
    total = int(re.search(r"([\d,]+) parameters", root.find(".//h3").text_content())[1].replace(",", ""))

    def last(cell):
        return 0 if cell == "not known yet" else int(cell.split("=")[-1].replace(",", ""))

    assert sum(last(row[2]) for row in found["Block"][1:]) == total
    assert sum(last(row[2]) for row in found.get("Part", found["Block"])[1:]) == total
    assert sum(last(row[4]) for row in found["Layer"][1:]) == total
