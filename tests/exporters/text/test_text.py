"""The terminal: at most 100 columns and 30 rows, names as text, the total last."""

import io
import re

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from torch import nn

import summarykit
from summarykit.exporters.base import Options
from summarykit.exporters.text.exporter import MOST_ROWS, WIDTH, print_summary, terminal
from summarykit.exporters.view.words import visible
from support import hostile
from support.own_layers import fill


def wide(count):
    return nn.Sequential(*(nn.Linear(i + 1, 2) for i in range(count)))


@pytest.mark.parametrize("count", [1, 2, 29, 30, 31, 100, 3_000])
def test_it_is_at_most_so_wide_and_long_and_says_what_is_left_out(count):
    model = wide(count)
    lines = str(summarykit.summarize(model)).split("\n")
    assert max(map(len, lines)) <= WIDTH
    table = [line for line in lines if " Linear " in line and "neuron" not in line]
    assert len(table) == min(count, MOST_ROWS - 1)
    total = sum(tensor.numel() for tensor in model.parameters())
    assert any(line.startswith(f"Total {total:,} parameter") for line in lines)
    if count > MOST_ROWS:
        (left_out,) = [line for line in lines if "not shown" in line]
        assert f"{count - len(table):,} rows" in left_out


@pytest.mark.parametrize("name", hostile.NAMES, ids=ascii)
def test_a_name_is_text_and_never_markup(name):
    for model in (hostile.model(name), *([hostile.of_class(name)] if name.isprintable() else [])):
        text = str(summarykit.summarize(model, title=name, source=name))
        assert {character for character in text if not character.isprintable()} <= {"\n"}
        assert max(map(cell_len, text.split("\n"))) <= WIDTH
        assert "78" in text
    shown = "".join(str(summarykit.summarize(hostile.model(name))).split())
    assert "".join(visible(name).split())[:17] in shown


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(name=st.text(max_size=40))
def test_any_name_is_text(name):
    text = str(summarykit.summarize(hostile.model(name)))
    assert {character for character in text if not character.isprintable()} <= {"\n", "\u202f"}
    assert text.split("\n")[-1] == "✓ 2 of 2 counts agree with PyTorch"


def printed(summary, width, **options):
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False, emoji=False, **options)
    print_summary(console, summary.data, summary.options)
    return out.getvalue()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 200])
def test_a_narrow_terminal_loses_no_total(width):
    summary = summarykit.summarize(nn.Sequential(nn.Linear(160, 40), nn.LSTM(40, 3, 2, bidirectional=True)))
    text = printed(summary, width)
    assert max(map(len, text.split("\n"))) <= min(width, WIDTH)
    assert f"{summary.totals.parameters:,}" in text


def test_colours_say_nothing_that_words_do_not():
    summary = summarykit.summarize(nn.Sequential(nn.Linear(16, 4), nn.LazyLinear(3)))
    coloured = printed(summary, 100, force_terminal=True, color_system="truecolor")
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured).split() == printed(summary, 100).split()


def test_numbers_the_model_holds_itself_have_a_row():
    model = nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2))
    fill(model, cls_token=(1, 1, 8))
    lines = str(summarykit.summarize(model)).split("\n")
    rows = [re.split(r"\s{2,}", line) for line in lines if re.search(r"\d%", line)]
    assert [row[0] for row in rows] == ["Sequential (itself)", "0", "1"]
    numbers = [int(re.search(r"([\d,]+) +[\d.]+%", line)[1]) for line in lines if re.search(r"\d%", line)]
    assert sum(numbers) == 86


def test_rows_of_one_level_add_up_to_the_total():
    model = nn.Transformer(8, 2, 2, 2, 16, batch_first=True)
    lines = str(summarykit.summarize(model)).split("\n")
    level = [line for line in lines if re.match(r"(encoder|decoder) ", line)]
    assert sum(int(re.search(r"([\d,]+) +[\d.]+%", line)[1].replace(",", "")) for line in level) == sum(
        tensor.numel() for tensor in model.parameters()
    )


def test_a_saved_text_is_what_is_printed(tmp_path):
    summary = summarykit.summarize(wide(3))
    summary.save(tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text("utf-8") == str(summary) + "\n"
    assert repr(summary) == f"<Summary of Sequential: {summary.totals.parameters:,} parameters, {summary.fingerprint}>"


@pytest.mark.parametrize("width", [80, 100, 200])
def test_names_stay_whole_where_there_is_little_room(width, monkeypatch, capsys):
    with torch.device("meta"):
        model = nn.ModuleDict({"post_attention_norm": nn.LayerNorm(12_345), "projection": nn.Linear(12_345, 54_321)})
    monkeypatch.setenv("COLUMNS", str(width))
    data = summarykit.summarize(model).data
    print_summary(terminal(), data, Options())
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= min(width, 100)
    assert any(line.startswith("post_attention_norm  ") for line in lines)
    assert any("54,321 × (12,345 + 1)" in line and "670,647,066" in line for line in lines)


def test_a_pipe_has_room_for_the_whole_table(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert terminal().width == 100


class Decoder(nn.Module):
    """Names and numbers as long as those of a large language model, with a run."""

    def __init__(self):
        super().__init__()
        self.post_attention_layernorm = nn.Linear(4_096, 14_336)
        self.down_projection = nn.Linear(14_336, 128_256)

    def forward(self, x):
        return self.down_projection(self.post_attention_layernorm(x))


@pytest.mark.parametrize("width", [80, 95, 100])
def test_a_table_of_a_run_loses_neither_numbers_nor_checks(width):
    with torch.device("meta"):
        summary = summarykit.summarize(Decoder(), inputs=torch.zeros(16, 128, 4_096))
    lines = printed(summary, width).split("\n")
    assert max(map(cell_len, lines)) <= width
    row = next(line for line in lines if line.startswith("down_projection  "))
    assert row.split()[-4:] == ["1,838,806,272", "3.77", "T", "✓"]


def test_only_what_matters_is_bold():
    coloured = printed(
        summarykit.summarize(wide(3), source="m:build"), 100, force_terminal=True, color_system="standard"
    )
    head, *rest = coloured.split("\n")
    assert head.startswith("\x1b[1mSequential\x1b[0m\x1b[2m  m:build")
    assert any(line.startswith("\x1b[1mTotal 18\x1b[0m parameters") for line in rest)
