"""What the tables show, asked for in Python, on the command line and in pyproject.toml; in every format."""

import re
from pathlib import Path

import pytest
from torch import nn

import summarykit
from summarykit.errors import SelectionError
from summarykit.summary.columns import REPORT_COLUMNS
from support import hostile
from support.selection import TOTAL, Block, Net, listed, names, ran, sheet, table
from support.workbooks import opened


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """A folder without a project of its own."""
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)


pytestmark = pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")


DOCS = Path(__file__).resolve().parents[1] / "docs" / "selecting.md"


# ---------------------------------------------------------------- what is shown


@pytest.mark.parametrize(
    ("asked", "shown", "left"),
    [
        ({"depth": 0}, ["Net"], 12),
        ({"depth": 1}, ["embed", "h", "head"], 9),
        ({"depth": 2}, ["embed", "h", "0–2 × 3", "head"], 8),
        ({"only": "h.1.*"}, ["h", "1", "norm", "attn", "qkv", "drop", "mlp", "0", "1", "2"], 11),
        ({"only": "*.attn", "exclude": "Dropout"}, ["h", "0–2 × 3", "attn", "qkv"], 8),
        ({"only": nn.LayerNorm}, ["h", "0–2 × 3", "norm"], 9),
        ({"only": ["LayerNorm", "embed"]}, ["embed", "h", "0–2 × 3", "norm"], 8),
        ({"only": "LayerNorm, embed"}, ["embed", "h", "0–2 × 3", "norm"], 8),
        ({"only": "torch.nn.ReLU"}, ["h", "0–2 × 3", "mlp", "1"], 8),
        ({"exclude": "h"}, ["embed", "head"], 10),
        ({"exclude": "*"}, ["Net"], 12),
        ({"only": "Net"}, ["Net"], 12),
        ({"sort": "size", "depth": 1}, ["h", "embed", "head"], 9),
        ({"sort": "name", "depth": 1}, ["embed", "h", "head"], 9),
        ({"sort": "type", "depth": 1}, ["embed", "head", "h"], 9),
    ],
    ids=str,
)
def test_the_terminal_shows_what_was_asked_for(asked, shown, left):
    text = str(summarykit.summarize(Net(), **asked))
    assert [row[0] for row in table(text)] == shown
    assert f"\n{left} rows of the tree" in text
    assert "not shown here, as asked:" in " ".join(text.split())
    assert f"Total {TOTAL:,} parameters" in text


def test_a_fold_is_split_where_only_some_copies_are_asked_for():
    summary = summarykit.summarize(Net(blocks=6), only="h.[14].norm")
    assert names(summary) == ["h", "1,4 × 2", "norm"]
    assert listed(summary.to_markdown()) == ["h.1,4.norm"]
    assert listed(summarykit.summarize(Net(blocks=6), only="h.[12].norm").to_markdown()) == ["h.1–2.norm"]
    assert "h.0–5 × 6" in " ".join(
        summarykit.summarize(Net(blocks=6)).to_markdown().replace("`", "").replace("*", "").split()
    )


def test_depth_in_a_flat_list_stands_for_all_inside():
    summary = summarykit.summarize(Net(), depth=2)
    text = summary.to_markdown()
    assert listed(text) == ["embed", "h.0–2", "head"]
    each = sum(tensor.numel() for tensor in Block(4).parameters())
    assert f"3 × {each} = {3 * each}" in text
    assert "with everything inside, 4 layers" in text
    assert "2 of 14 layers and 3 parts with everything inside" in text
    assert "not listed" not in text


def test_what_a_flat_list_leaves_out_is_told():
    text = summarykit.summarize(Net(), only="*.norm").to_markdown()
    assert listed(text) == ["h.0–2.norm"]
    assert f"11 layers with {TOTAL - 3 * 8} parameters are not listed here, as asked: only" in text
    none = summarykit.summarize(Net(), only="ReLU").to_markdown()
    assert listed(none) == []
    assert f"14 layers with {TOTAL} parameters are not listed here" in none


def test_the_workbook_shows_it_and_adds_up(tmp_path):
    rows, above = sheet(summarykit.summarize(Net(), only="h.1.*", columns="type,adds_to_total", sort="size"), tmp_path)
    assert list(rows[0]) == ["Layer", "Path", "Type", "Counted in total", "Note"]
    assert [row["Note"] for row in rows if row["Path"] == "h.1"] == [None]
    assert [row["Note"] for row in rows if row["Path"] == "h"] == ["9 rows not shown"]
    assert [row["Path"] for row in rows[:-1]] == [
        None, "h", "h.1", "h.1.mlp", "h.1.mlp.0", "h.1.mlp.2", "h.1.mlp.1", "h.1.attn", "h.1.attn.qkv", "h.1.attn.drop",
        "h.1.norm",
    ]  # fmt: skip
    assert rows[-1]["Layer"].endswith("not shown")
    assert sum(row["Counted in total"] or 0 for row in rows) == TOTAL
    assert any(cell == TOTAL for row in above for cell in row)
    assert any("not shown here, as asked: only h.1.*" in str(cell) for row in above for cell in row)


def test_the_notebook_and_the_page_show_it():
    summary = summarykit.summarize(Net(), only="h.1.*", exclude="Dropout", columns=["dtype", "bytes"])
    notebook = summary._repr_html_()
    assert re.findall(r'<th scope="col"[^>]*>([^<]*)', notebook) == ["Layer", "Number format", "Bytes"]
    assert notebook.count('<tr class="around">') == 2
    assert "not shown here, as asked: only h.1.*, without Dropout" in notebook
    page = summary.to_html()
    assert "as asked: only h.1.*, without Dropout" in page.replace("<wbr>", "")
    # The page begins with the model itself, the notebook ends with the total.
    assert page.count("<tr class=d") == notebook.count('<th scope="row"')


def test_what_was_asked_for_is_shown_though_it_holds_nothing():
    summary = summarykit.summarize(Net(), only="ReLU")
    assert names(summary)[-1] == "1"
    assert summary._repr_html_().count("ReLU") >= 1


def test_what_is_said_of_the_whole_and_the_data_stay(tmp_path):
    whole, part = summarykit.summarize(Net()), summarykit.summarize(Net(), depth=0, exclude="*", columns="type")
    assert part == whole
    assert part.to_json() == whole.to_json()
    assert part.layers.equals(whole.layers)
    assert part.folded.equals(whole.folded)
    for text in (str(part), part.to_markdown(), part._repr_html_()):
        assert f"{TOTAL:,}" in text
        assert "14 of 14 counts agree with PyTorch" in text
    one_line = "40 embed + 3 × 144 h = 472"
    assert one_line in str(whole)
    assert one_line in str(part)
    for summary, name in ((whole, "whole"), (part, "part")):
        summary.save(tmp_path / f"{name}.xlsx")
    books = [opened(tmp_path / f"{name}.xlsx") for name in ("whole", "part")]
    for title in ("Overview", "Formulas"):
        first, second = ([[cell.value for cell in row] for row in book[title]] for book in books)
        assert first == second


def test_work_sorts_and_is_shown():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 9))
    summary = summarykit.summarize(model, input_size=(5, 2), sort="macs", columns="macs,calls,output_shapes")
    assert table(str(summary)) == [["1", "90", "1", "5 × 9"], ["0", "20", "1", "5 × 2"]]
    assert listed(summary.to_markdown()) == ["1", "0"]
    assert names(summarykit.summarize(model, sort="macs")) == ["0", "1"]


# ---------------------------------------------------------------- columns


def test_every_column_is_documented_and_can_be_shown(tmp_path):
    section = DOCS.read_text("utf-8").partition("\n## Columns\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(REPORT_COLUMNS)
    for model, given in ((Net(), {}), (Net(), {"input_size": (3,), "dtypes": "int64"})):
        for key in REPORT_COLUMNS:
            summary = summarykit.summarize(model, columns=key, **given)
            assert f"{TOTAL:,}" in str(summary)
            assert summary.to_markdown()
            assert summary._repr_html_()
        sheet(summarykit.summarize(model, columns=list(REPORT_COLUMNS), **given), tmp_path)


def test_columns_that_add_up_add_up(tmp_path):
    keys = ["adds_to_total", "trainable", "frozen", "bytes", "buffers"]
    model = nn.Sequential(Net(), nn.BatchNorm1d(4))
    model[0].h[1].requires_grad_(False)
    summary = summarykit.summarize(model, columns=keys)
    rows, _ = sheet(summary, tmp_path)
    totals = summary.totals
    expected = [totals.parameters, totals.trainable, totals.frozen, totals.bytes, totals.buffers]
    headings = ["Counted in total", "Learned in training", "Kept fixed", "Bytes", "Stored, not learned"]
    assert [sum(row[heading] or 0 for row in rows) for heading in headings] == expected


def test_columns_stand_in_the_order_asked_for_and_once():
    text = str(summarykit.summarize(Net(), columns="share, type,share,formula"))
    assert re.search(r"Layer +Share +Type +Formula *$", text, re.MULTILINE)


def test_where_numbers_are_counted_is_told_without_a_column_for_formulas():
    text = str(summarykit.summarize(Net(), columns="total"))
    assert "same numbers as embed" in " ".join(text.split())


def test_no_number_of_chosen_columns_is_cut():
    summary = summarykit.summarize(nn.Linear(10**6, 10**6, device="meta"), columns=list(REPORT_COLUMNS)[:20])
    assert "…" not in "".join(line for line in str(summary).split("\n")[1:-6])


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"depth": -1}, "of at least 0"), ({"depth": True}, "not True"), ({"depth": "2"}, "not '2'"),
        ({"depth": 1.5}, "1.5"),
        ({"only": "h.*.atn"}, "did you mean 'h.*.attn'"), ({"only": "relu"}, "'ReLU'"),
        ({"exclude": "Attnetion"}, "'Attention'"),
        ({"only": ""}, "empty"), ({"only": ["embed", ""]}, "empty"), ({"only": ","}, "empty"), ({"only": 3}, "not 3"),
        ({"only": [3]}, "not of 3"), ({"exclude": b"h"}, "not b'h'"), ({"only": "x" * 10_001}, "10,000 characters"),
        ({"only": "z" * 9_999}, "zzz…"), ({"only": "\ud800"}, r"\ud800"), ({"only": "(a+)+$[["}, "no layer fits"),
        ({"only": ["h", "nothing"]}, "'nothing'"),
        ({"columns": "typ"}, "did you mean 'type'"), ({"columns": "Type"}, "'type'"),
        ({"columns": ["type", 3]}, "column 3"),
        ({"columns": ""}, "column ''"), ({"columns": 3}, "not 3"), ({"columns": "weights"}, "there is no column"),
        ({"sort": "siz"}, "did you mean 'size'"), ({"depth": -5}, "-5"),
        ({"sort": "random"}, "Choose from: model"),
        ({"sort": 3}, "by 3"),
    ],
    ids=lambda value: ascii(value)[:40],
)  # fmt: skip
def test_a_mistake_is_told_with_what_is_near(asked, said):
    for ask in (
        lambda: summarykit.summarize(Net(), **asked),
        lambda: summarykit.report(summarykit.summarize(Net()), **asked),
    ):
        with pytest.raises(SelectionError) as caught:
            ask()
        assert said in str(caught.value)
        assert len(str(caught.value)) < 1_500


@pytest.mark.parametrize(
    "pattern", ["*a" * 2_000 + "*", "[" * 5_000, "**.*" * 1_000, ".*" * 3_000], ids=lambda p: p[:4]
)
def test_hostile_patterns_are_looked_at_and_no_more(pattern):
    with pytest.raises(SelectionError, match="no layer fits"):
        summarykit.summarize(Net(), only=[pattern])


@pytest.mark.parametrize("name", hostile.NAMES, ids=ascii)
def test_a_hostile_name_is_found_by_itself(name, tmp_path):
    model = hostile.model(name)
    (path, *_) = [path for path, _ in model.named_modules() if path]
    if not path:
        return
    summary = summarykit.summarize(model, only=[path], columns="path,type,raw_path,total")
    summary.save(tmp_path / "a.md", tmp_path / "a.html", tmp_path / "a.xlsx", tmp_path / "a.txt")
    assert summary.totals.parameters == summarykit.summarize(model).totals.parameters


# ---------------------------------------------------------------- the command line


def test_the_command_line_takes_the_same(capsys, tmp_path):
    target = "summarykit.examples:sequential"
    asked = [
        "--depth",
        1,
        "--only",
        "0",
        "--only",
        "Linear,1",
        "--exclude",
        "2",
        "--columns",
        "total,type",
        "--sort",
        "name",
    ]
    code, out, error = ran(capsys, "report", target, *asked, "-o", "out.md", "-o", "out.json", "--no-fold")
    assert (code, error) == (0, "")
    assert "Layer Parameters Type 0 68 Linear 1 10 Linear" in out
    assert "as asked: to depth 1, only 0, Linear and 1, without 2" in out
    assert "Total 81 parameters" in out
    assert listed(Path("out.md").read_text("utf-8")) == ["0", "1"]
    code, out, _ = ran(capsys, "report", "out.json", "--depth", 0)
    assert code == 0
    assert "3 rows not shown" in out


@pytest.mark.parametrize(
    "asked",
    [["--depth", -1], ["--depth", "x"], ["--only", "Lineal"], ["--columns", "x"], ["--sort", "x"], ["--only", ""]],
)
def test_a_mistake_ends_with_2_and_a_hint(capsys, asked):
    code, _, error = ran(capsys, "report", "summarykit.examples:sequential", *asked)
    assert code == 2
    assert "hint:" in error
