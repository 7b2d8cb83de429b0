"""What a notebook shows: the table in little, beside the text and the Markdown; it keeps to itself."""

import re

import lxml.html
import pytest
from IPython.core import formatters
from torch import nn

import summarykit
from summarykit.exporters.base import Options
from summarykit.exporters.html.exporter import fragment
from summarykit.exporters.view.words import visible
from support.pages import HOSTILE, Odd, data_of, hostile, repeated, sequential, wide


def fragment_of(model):
    return lxml.html.fragment_fromstring(fragment(data_of(model), Options()))


def text_of(element):
    return " ".join(element.text_content().split())


def rows_of(element, part="tbody"):
    return [[text_of(cell) for cell in row] for row in element.xpath(f".//{part}/tr")]


def test_the_table_comes_first_then_the_total_then_the_checks():
    element = fragment_of(sequential())
    assert rows_of(element) == [
        ["0", "Linear", "✓ 4 × (16 + 1)", "68", "68", "84.0%"],
        ["1", "Linear", "✓ 2 × (4 + 1)", "10", "10", "12.3%"],
        ["2", "Linear", "✓ 1 × (2 + 1)", "3", "3", "3.7%"],
    ]
    assert rows_of(element, "tfoot") == [["Total", "", "", "", "81", "100%"]]
    text = text_of(element)
    places = [text.index(words) for words in ("Total", "81 parameters", "✓ 3 of 3 counts agree", "Checked means:")]
    assert places == sorted(places)


def test_what_the_model_holds_itself_has_a_row_so_that_rows_add_up():
    rows = rows_of(fragment_of(Odd()))
    assert rows[0][0] == "Odd (itself)"
    top = [row for row in fragment_of(Odd()).xpath(".//tbody/tr") if not row[0].text_content().startswith("\u2003")]
    assert sum(int(text_of(row[4]).replace(",", "")) for row in top) == data_of(Odd()).totals.parameters
    assert "1 layer without parameters not shown." in text_of(fragment_of(Odd()))


def test_problems_are_told_before_the_table():
    text = text_of(fragment_of(Odd()))
    assert text.index("✗ Formula and PyTorch differ.") < text.index("With everything inside")
    assert "counts agree with PyTorch" in text


def test_a_run_adds_sizes_and_multiply_adds():
    element = lxml.html.fragment_fromstring(
        summarykit.summarize(nn.Sequential(nn.Linear(16, 4), nn.ReLU()), input_size=(8, 16))._repr_html_()
    )
    assert rows_of(element) == [["0", "Linear", "✓ 4 × (16 + 1)", "68", "100.0%", "8 × 4", "512"]]
    assert rows_of(element, "tfoot") == [["Total", "", "", "68", "100%", "", "512"]]
    assert "1 layer without parameters or multiply-adds not shown." in text_of(element)


def test_one_layer_and_nothing_are_shown_too():
    assert rows_of(fragment_of(nn.Linear(16, 4)))[0][:3] == ["Linear", "Linear", "✓ 4 × (16 + 1)"]
    assert rows_of(fragment_of(nn.ReLU()), "tfoot") == [["Total", "", "", "", "0", "–"]]


@pytest.mark.parametrize("make", [Odd, hostile, repeated, wide])
def test_it_keeps_to_itself(make):
    element = fragment_of(make())
    assert not element.xpath(".//script | .//@id | .//@style | .//@*[starts-with(name(), 'on')] | .//img | .//svg")
    (style,) = (each.text for each in element.xpath(".//style"))
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    selectors = re.findall(r"([^{}]+)\{", style)
    assert selectors
    for selector in selectors:
        assert all(part.strip().startswith(".summarykit") for part in re.split(r",(?![^(]*\))", selector)), selector
    assert not re.search(r"url\(|@import|@media|https?:", style)


def test_at_most_thirty_rows_are_shown_and_the_rest_is_counted():
    element = fragment_of(wide())
    assert len(rows_of(element)) <= 30
    assert "not shown here" in text_of(element)


def test_hostile_names_are_text():
    element = fragment_of(hostile())
    assert {visible(name) for name in HOSTILE} <= {code.text_content() for code in element.xpath(".//th/code")}


def test_markdown_beside_it_is_bounded():
    summary = summarykit.summarize(wide())
    assert len(summary._repr_markdown_()) < 10_000 < len(summary.to_markdown())
    small = summarykit.summarize(sequential())
    assert small._repr_markdown_() == small.to_markdown()


class Printer:
    """What of IPython's printer is used: https://ipython.readthedocs.io, IPython.lib.pretty."""

    def __init__(self, depth):
        self.stack = list(range(depth))
        self.shown = ""

    def text(self, text):
        self.shown += text


def test_ipython_prints_the_table_and_a_list_of_summaries_stays_short():
    summary = summarykit.summarize(sequential())
    for depth, cycle, expected in ((1, False, str(summary)), (2, False, repr(summary)), (1, True, repr(summary))):
        printer = Printer(depth)
        summary._repr_pretty_(printer, cycle)
        assert printer.shown == expected


def test_ipythons_own_formatter_finds_all_three():
    summary = summarykit.summarize(sequential())
    formats, _ = formatters.DisplayFormatter().format(summary)
    assert formats == {
        "text/plain": str(summary),
        "text/html": summary._repr_html_(),
        "text/markdown": summary._repr_markdown_(),
    }
