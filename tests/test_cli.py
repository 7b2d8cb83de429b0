"""The command line: exit codes, words instead of tracebacks, and that it starts at once."""

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import summarykit
from summarykit.cli import main
from support.workbooks import formula_rows, opened

SEQUENTIAL = "summarykit.examples:sequential"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current folder with a module of models; nothing imported from it stays."""
    (tmp_path / "mine.py").write_text(
        textwrap.dedent("""
        from torch import nn

        class Net(nn.Module):
            def __init__(self, width=4, name="x", sizes=()):
                super().__init__()
                self.layer = nn.Linear(width, 2)
                self.name = name
                self.more = nn.ModuleList(nn.Linear(size, 1) for size in sizes)

        ready = Net()
        number = 3

        def factory(width):
            return Net(width)

        def wrong():
            return [Net()]

        def broken():
            raise RuntimeError("no such luck")

        class inner:
            net = Net(8)
        """),
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    yield tmp_path
    sys.modules.pop("mine", None)


def ran(capsys, *arguments):
    """Exit code, what was printed and what was complained."""
    code = main(list(map(str, arguments)))
    out, error = capsys.readouterr()
    assert "Traceback" not in out + error
    return code, out, error


def test_a_report_is_printed_and_written(here, capsys):
    code, out, error = ran(capsys, "report", SEQUENTIAL, "-o", "out.md", "--output", "out.json", "-o", "out.html")
    assert (code, error) == (0, "")
    assert "4 × (16 + 1)" in out
    assert "Total 81 parameters" in out
    assert re.findall("^wrote (.*)$", out, re.MULTILINE) == ["out.md", "out.json", "out.html"]
    assert summarykit.load("out.json").totals.parameters == 81
    assert SEQUENTIAL.replace("_", r"\_") in (here / "out.md").read_text("utf-8")


def test_nothing_need_be_written(here, capsys):
    code, out, _ = ran(capsys, "report", SEQUENTIAL)
    assert code == 0
    assert "wrote" not in out
    assert [path.name for path in here.iterdir()] == ["mine.py"]


def test_a_saved_summary_needs_no_model(here, capsys):
    ran(capsys, "report", SEQUENTIAL, "-o", "saved.json")
    code, out, _ = ran(capsys, "report", "saved.json", "-o", "again.md", "--title", "Again")
    assert code == 0
    assert "Total 81 parameters" in out
    assert "Again" in (here / "again.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "total"),
    [
        (("mine:Net",), 10),
        (("mine:Net", "--arg", "width=16"), 34),
        (("mine:Net", "--arg", "width=16", "--arg", "name=a=b", "--arg", "sizes=(3, 4)"), 43),
        (("mine:Net", "--meta", "--arg", "width=1_000_000"), 2_000_002),
        (("mine:factory", "--arg", "width=3"), 8),
        (("mine:ready",), 10),
        (("mine:inner.net",), 18),
        (("torch.nn:Linear", "--arg", "in_features=3", "--arg", "out_features=2", "--meta"), 8),
        (("mine:Net", "--arg", "width=100_000_000_000", "--meta"), 200_000_000_002),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_target_is_a_model_a_class_or_a_factory(arguments, total, here, capsys):
    code, out, error = ran(capsys, "report", *arguments)
    assert (code, error) == (0, "")
    assert f"Total {total:,} parameters" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report", "mine"), "names no model"),
        (("report", "mine:"), "names no model"),
        (("report", ":Net"), "names no model"),
        (("report", ""), "names no model"),
        (("report", "missing:Net"), "cannot be imported"),
        (("report", "mine:Missing"), "has no 'Missing'"),
        (("report", "mine:ready.missing"), "has no"),
        (("report", "mine:number"), "this is a int"),
        (("report", "mine:wrong"), "this is a list"),
        (("report", "mine:broken"), "RuntimeError: no such luck"),
        (("report", "mine:factory"), "width"),
        (("report", "mine:Net", "--arg", "width"), "name=value"),
        (("report", "mine:Net", "--arg", "=3"), "name=value"),
        (("report", "mine:Net", "--arg", "depth=3"), "depth"),
        (("report", "mine:ready", "--arg", "width=3"), "is a model already"),
        (("report", "mine:ready", "--meta"), "is a model already"),
        (("report", "mine:Net", "-o", "out.pdf"), "'.pdf'"),
        (("report", "mine:Net", "-o", "damaged.json/out.md"), "'damaged.json' is not a folder"),
        (("report", "mine:Net", "-o", "out.md", "-o", "out.md"), "the same file"),
        (("report", "missing.json"), "there is no file"),
        (("report", "mine:Net", "--templates", "missing"), "no folder"),
        (("report", "damaged.json"), "no summary"),
        (("read-review", "missing.xlsx"), "there is no file"),
        (("read-review", "damaged.json"), "no Excel workbook"),
        (("formulas", "Lineer"), "no formula for 'Lineer'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_is_told_in_words_and_ends_with_2(arguments, said, here, capsys):
    (here / "damaged.json").write_text("{}")
    before = sorted(path.name for path in here.iterdir() if path.is_file())
    code, out, error = ran(capsys, *arguments)
    assert code == 2
    assert said in error
    assert error.startswith("summarykit: ")
    assert "hint: " in error
    assert "see: docs/errors.md#" in error
    assert out == ""
    assert sorted(path.name for path in here.iterdir() if path.is_file()) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("report",), ("report", "a:b", "c:d"), ("report", "a:b", "--nonsense"), ("nonsense",), ("report", "a:b", "-o"),
        ("--nonsense",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_wrong_command_ends_with_2_and_says_where_help_is(arguments, capsys):
    code, out, error = ran(capsys, *arguments)
    assert code == 2
    assert "--help" in error
    assert out == ""


def test_without_a_command_there_is_help(capsys):
    code, out, error = ran(capsys)
    assert code in (0, 2)
    assert "report" in out + error
    assert "formulas" in out + error


def test_the_version(capsys):
    assert ran(capsys, "--version") == (0, f"summarykit {summarykit.__version__}\n", "")


@pytest.mark.parametrize(
    "arguments", [("--help",), ("report", "--help"), ("formulas", "--help"), ("read-review", "--help")], ids=" ".join
)
def test_help(arguments, capsys):
    code, out, error = ran(capsys, *arguments)
    assert (code, error) == (0, "")
    assert "Usage" in out


def test_all_formulas_are_listed(capsys):
    code, out, _ = ran(capsys, "formulas")
    assert code == 0
    for name in ("Linear", "Conv2d", "ConvTranspose2d", "LSTM", "MultiheadAttention", "LayerNorm", "PReLU", "Bilinear"):
        assert re.search(rf"\b{name}\b", out)
    assert "out_features × (in_features + bias)" in out
    assert not re.search(r"\b_\w+Nd\b", out)


@pytest.mark.parametrize("name", ["Conv2d", "conv2d", "torch.nn.modules.conv.Conv2d", "Conv1d", "EmbeddingBag"])
def test_one_formula(name, capsys):
    code, out, _ = ran(capsys, "formulas", name)
    assert code == 0
    assert len(re.findall("parameters: ", out)) == 1


def process(*arguments, code=0, **options):
    environment = {**os.environ, **options.pop("env", {})}
    done = subprocess.run(
        [sys.executable, "-m", "summarykit", *arguments], capture_output=True, env=environment, check=False, **options
    )
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return done


def test_a_terminal_without_these_signs_shows_others():
    done = process("report", SEQUENTIAL, env={"PYTHONIOENCODING": "ascii", "NO_COLOR": "1"})
    assert done.stdout.isascii()
    assert b"Total 81 parameters | 324 bytes" in done.stdout
    assert b"4 x (16 + 1)          68  84.0%  ok" in done.stdout
    western = process("report", SEQUENTIAL, env={"PYTHONIOENCODING": "cp1252", "NO_COLOR": "1"}).stdout.decode("cp1252")
    assert "4 × (16 + 1)" in western
    assert "ok 3 of 3 counts agree" in western
    process("report", "größe:é", code=2, env={"PYTHONIOENCODING": "ascii"})


def test_a_narrow_terminal_and_no_colour():
    done = process("report", SEQUENTIAL, env={"COLUMNS": "40", "NO_COLOR": "1", "TERM": "dumb"})
    assert b"\x1b" not in done.stdout
    assert max(len(line) for line in done.stdout.decode().splitlines()) <= 40


@pytest.mark.parametrize("arguments", [("formulas",), ("report", SEQUENTIAL), ("--help",)], ids=" ".join)
def test_a_pipe_that_is_closed_early(arguments):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "summarykit", *arguments], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_that_is_full_is_told():
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "summarykit", "formulas"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert b"Traceback" not in done.stderr
    assert b"No space left" in done.stderr
    assert done.returncode == 2


def test_the_models_own_printing_and_errors_do_not_confuse(here, capsys):
    (here / "mine.py").write_text("import sys\nprint('hello')\nsys.exit(3)\n")
    code, _, error = ran(capsys, "report", "mine:Net")
    assert code == 2
    assert "cannot be imported" in error
    (here / "mine.py").write_text("def Net(:\n")
    code, _, error = ran(capsys, "report", "mine:Net")
    assert code == 2
    assert "SyntaxError" in error


@pytest.mark.parametrize(
    "given",
    [["--input", "1,4"], ["--input", "x=float32:1,4"], ["--input", "1x4"], ["--inputs", "guess"]],
    ids=" ".join,
)
def test_the_forward_is_watched_where_inputs_are_given(capsys, here, given):
    (here / "mine2.py").write_text(
        "from torch import nn\nclass Net(nn.Sequential):\n"
        "    def __init__(self):\n        super().__init__(nn.Linear(4, 2))\n"
        "    def forward(self, x):\n        return super().forward(x)\n"
    )
    code, out, _ = ran(capsys, "report", "mine2:Net", *given)
    assert code == 0
    assert "Multiply-adds (MACs) 8" in out
    sys.modules.pop("mine2")


@pytest.mark.parametrize(("strict", "expected"), [([], 0), (["--strict"], 1)])
def test_a_forward_that_fails_ends_no_report(capsys, here, strict, expected):
    code, out, _ = ran(capsys, "report", SEQUENTIAL, "--input", "1,5", "-o", here / "a.md", *strict)
    assert code == expected
    assert "The forward fails" in out
    assert (here / "a.md").exists()


@pytest.mark.parametrize(
    "given",
    [["--input", "1,x"], ["--input", "int65:1"], ["--inputs", "maybe"], ["--input", "1,16", "--forward", "fast"]],
    ids=" ".join,
)
def test_inputs_that_are_none_are_refused(capsys, here, given):
    code, _, error = ran(capsys, "report", SEQUENTIAL, *given, "-o", here / "a.md")
    assert code == 2
    assert "hint:" in error
    assert not (here / "a.md").exists()


@pytest.fixture
def mixture(here):
    """A folder with the config of a small mixture of experts."""
    folder = here / "small-mixtral"
    folder.mkdir()
    (folder / "config.json").write_text(
        '{"architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "vocab_size": 100, "hidden_size": 16,'
        ' "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2}'
    )
    return folder


@pytest.mark.parametrize("target", ["small-mixtral", "./small-mixtral/", "small-mixtral/config.json"])
def test_a_folder_with_a_config_is_a_target(mixture, target, capsys):
    code, out, error = ran(capsys, "report", target, "-o", "out.md", "--meta")
    assert (code, error) == (0, "")
    assert "MixtralForCausalLM  small-mixtral" in out
    assert "2 of 8 experts per token in 2 layers" in " ".join(out.split())
    assert "small-mixtral" in Path("out.md").read_text("utf-8")


def test_a_folder_takes_inputs_and_a_number_of_experts(mixture, capsys):
    code, out, _ = ran(capsys, "report", mixture, "--input", "input_ids=int64:1,8", "--experts-per-token", "3")
    assert code == 0
    assert "Multiply-adds" in out
    assert "3 of 8 experts per token" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("small-mixtral", "--arg", "a=1"), "leave out --arg"),
        (("small-mixtral", "--experts-per-token", "0"), "experts_per_token is 0"),
        ((SEQUENTIAL, "--experts-per-token", "2"), "no experts are found"),
        ((".",), "has no config.json"),
    ],
)
def test_mistakes_with_folders_and_experts(mixture, arguments, said, capsys):
    code, _, error = ran(capsys, "report", *arguments)
    assert code == 2
    assert said in error


def test_a_csv_begins_with_a_mark_on_request(here, capsys):
    ran(capsys, "report", SEQUENTIAL, "-o", "plain.csv")
    ran(capsys, "report", SEQUENTIAL, "-o", "marked.csv", "--bom", "-o", "saved.json")
    ran(capsys, "report", "saved.json", "-o", "again.csv", "--bom")
    plain, marked, again = ((here / f"{name}.csv").read_bytes() for name in ("plain", "marked", "again"))
    assert marked == again == b"\xef\xbb\xbf" + plain


@pytest.fixture
def reviewed(here, capsys):
    """A workbook somebody worked in; what they wrote tries to be more than text."""
    ran(capsys, "report", SEQUENTIAL, "-o", "out.xlsx")
    book = opened(here / "out.xlsx")
    formula_rows(book)["0"]["in_features"].value = 32
    cells = {cell.value: cell for row in book["Overview"].iter_rows() for cell in row if cell.value}
    cells["Reviewer"].offset(column=1).value = "[red]Ada[/] \u202e\x7f"
    cells["Remark"].offset(column=1).value = "=1+1\n<b>two</b>"
    cells["Remark"].offset(column=1).data_type = "s"
    book.save(here / "out.xlsx")


@pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")
def test_a_review_is_told(reviewed, capsys):
    code, out, error = ran(capsys, "read-review", "out.xlsx")
    assert (code, error) == (0, "")
    assert "1 input changed:\n  0  Inputs (in_features)  16 → 32\n" in out
    assert "Reviewer: [red]Ada[/] \\u202e\\x7f\n" in out
    assert "Remark:\n  =1+1\n  <b>two</b>\n" in out
    assert "computed nothing" in out


@pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")
def test_a_review_is_told_to_programs(reviewed, capsys):
    code, out, _ = ran(capsys, "read-review", "out.xlsx", "--json")
    told = json.loads(out)
    assert code == 0
    assert [(change["layer"], change["name"], change["now"]) for change in told["changes"]] == [
        ("0", "in_features", 32)
    ]
    assert told["reviewer"] == "[red]Ada[/] \u202e\x7f"


def test_an_untouched_workbook_is_told_as_such(here, capsys):
    ran(capsys, "report", SEQUENTIAL, "-o", "out.xlsx")
    code, out, _ = ran(capsys, "read-review", "out.xlsx")
    assert code == 0
    assert out.endswith("No input was changed.\n")
