"""Defaults that a project sets in its pyproject.toml: which file, what they change, mistakes in them."""

import os
import re
import tomllib
from pathlib import Path

import pytest
from torch import nn

import summarykit
from summarykit.cli import main
from summarykit.errors import ProjectError, SelectionError, TemplateError
from summarykit.options import project_options
from summarykit.settings import DEFAULTS, TABLES
from support.selection import Net, names, project, ran

DOCS = Path(__file__).resolve().parents[1] / "docs" / "selecting.md"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """A folder without a project of its own."""
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)


# ---------------------------------------------------------------- the project


def test_a_project_says_what_holds_where_nothing_else_does(capsys):
    project(
        'depth = 1\nexclude = ["Embedding", "Nowhere"]\ncolumns = "type,total"\n'
        'sort = "size"\ntitle = "Ours"\nfold = false'
    )
    summary = summarykit.summarize(Net())
    text = str(summary)
    assert text.startswith("Ours")
    assert names(summary)[:2] == ["h (27 rows not shown)", "head (same numbers as embed, counted"]
    assert re.search(r"Layer +Type +Parameters", text)
    assert not summary.options.fold
    assert "h.0" in summarykit.summarize(Net(), depth=9).to_markdown()
    code, out, _ = ran(capsys, "report", "summarykit.examples:sequential")
    assert code == 0
    assert out.startswith("Ours")


def test_an_argument_goes_before_the_project():
    project(
        'depth = 1\nonly = "h"\nexclude = "Dropout"\ncolumns = ["type"]\nsort = "size"\ntitle = "Ours"\nfold = false'
    )
    summary = summarykit.summarize(
        Net(), depth=100, only=[], exclude=[], columns=[], sort="model", title="Mine", fold=True
    )
    assert summary.options.selection == (100, (), (), (), "model")
    assert summary.options.title == "Mine"
    assert summary.options.fold
    assert (
        summary.to_markdown()
        == summarykit.summarize(
            Net(), depth=100, only=(), exclude=(), columns=(), sort="model", title="Mine", fold=True
        ).to_markdown()
    )


def test_a_summary_keeps_what_it_was_made_with(tmp_path):
    made = summarykit.summarize(Net(), depth=1, sort="size", title="First")
    again = summarykit.report(made, tmp_path / "out.md", columns="type", depth=2)
    assert again.options.selection == (2, (), (), ("type",), "size")
    assert again.options.title == "First"
    assert made.options.selection.depth == 1


def test_a_saved_summary_is_shown_as_the_project_says(tmp_path):
    summarykit.report(Net(), tmp_path / "net.json")
    project("depth = 0")
    assert "not shown here" in " ".join(str(summarykit.load(tmp_path / "net.json")).split())
    assert "not shown here" in " ".join(str(summarykit.summarize(tmp_path / "net.json")).split())
    with pytest.raises(SelectionError, match="ReLU"):
        summarykit.summarize(tmp_path / "net.json", only="relu")


def test_templates_of_a_project_are_beside_it(tmp_path, monkeypatch):
    project('templates = "brand"')
    with pytest.raises(TemplateError, match="brand"):
        summarykit.summarize(Net())
    (tmp_path / "brand" / "markdown").mkdir(parents=True)
    (tmp_path / "brand" / "markdown" / "report.md.j2").write_text("branded")
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert summarykit.summarize(Net()).to_markdown() == "branded"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colums = 3", "did you mean 'columns'"), ("Depth = 3", "'depth'"),
        ("whatever = 1", "has no setting 'whatever'"),
        ("depth = -1", "of at least 0"), ('depth = "2"', "of at least 0"), ("only = 3", "only is"),
        ('columns = ["typ"]', "'type'"),
        ('sort = "siz"', "'size'"), ("title = 3", "title is a text"), ('fold = "yes"', "fold is true or false"),
        ("templates = 3", "templates is 3"), ("templates = [3]", "templates is [3]"), ('exclude = ""', "empty"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_project_is_told(text, said):
    project(text)
    with pytest.raises(ProjectError) as caught:
        summarykit.summarize(Net())
    assert said in str(caught.value)
    assert "[tool.summarykit]" in str(caught.value)


@pytest.mark.parametrize("text", ["tool = 3", "[tool]\nsummarykit = 3", "[tool.summarykit.models.net]\nbudget = 3", ""])
def test_other_tables_are_no_mistake_of_ours(text):
    Path("pyproject.toml").write_text(text)
    if "= 3" in text and "summarykit =" in text:
        with pytest.raises(ProjectError, match="is no table"):
            summarykit.summarize(Net())
    else:
        assert summarykit.summarize(Net()).options.selection.depth is None


def test_the_example_in_the_docs_is_read(tmp_path):
    (example,) = re.findall(r"^```toml\n(.*?)^```$", DOCS.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    (tmp_path / "brand").mkdir()
    Path("pyproject.toml").write_text(example)
    options = project_options(tmp_path)
    assert options.selection.depth == 3
    assert options.templates == (tmp_path / "brand",)
    assert set(tomllib.loads(example)["tool"]["summarykit"]) <= {*DEFAULTS, *TABLES}


def test_a_project_that_changed_is_read_again():
    project("depth = 1")
    assert summarykit.summarize(Net()).options.selection.depth == 1
    project("depth = 2")
    os.utime("pyproject.toml", ns=(1, 1))
    assert summarykit.summarize(Net()).options.selection.depth == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--depth", "-1"], "depth is"), (["--columns", "typ"], "no column 'typ'"), (["--sort", "siz"], "sorted by"),
        (["--only", ""], "empty pattern"), (["--templates", "nowhere"], "no folder 'nowhere'"),
        (["--experts-per-token", "0"], "experts_per_token is 0"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_option_is_reported_before_any_code_of_the_user_runs(options, message, tmp_path, capsys):
    (tmp_path / "slow.py").write_text("from pathlib import Path\nPath('imported').touch()\n")
    project('[tool.summarykit.models.slow]\ntarget = "slow:build"')
    for target in ("slow:build", "slow", "--all"):
        assert main(["report", target, *options]) == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize("call", [summarykit.diff, summarykit.report, summarykit.summarize])
def test_a_folder_of_templates_that_is_missing_is_reported_before_any_model_is_read(call):
    class Unreadable(nn.Module):
        def named_modules(self, *_, **__):
            raise AssertionError("the model was read")

    with pytest.raises(TemplateError, match="no folder 'nowhere'"):
        call(*[Unreadable()] * (2 if call is summarykit.diff else 1), templates="nowhere")


def test_only_the_patterns_of_the_call_have_to_match_a_layer(tmp_path):
    project('only = "encoder.*"')
    summary = summarykit.summarize(Net())
    assert summary.options.selection.only == ("encoder.*",)
    assert summarykit.report(summary, depth=1).options.selection[:2] == (1, ("encoder.*",))
    with pytest.raises(SelectionError, match=r"only: no layer fits 'encoder\.\*'"):
        summarykit.report(summary, only="encoder.*")


def test_the_nearest_project_is_the_nearest_with_a_table_of_ours(tmp_path, monkeypatch, capsys):
    package = tmp_path / "root" / "packages" / "one"
    package.mkdir(parents=True)
    (tmp_path / "root" / "pyproject.toml").write_text('[tool.summarykit]\ntitle = "From the root"\n')
    (package / "pyproject.toml").write_text('[project]\nname = "one"\n')
    monkeypatch.chdir(package)
    assert summarykit.summarize(nn.Linear(2, 2)).to_markdown().count("From the root")
    (package / "pyproject.toml").write_text('[tool.summarykit]\ntitle = "Its own"\n')
    assert summarykit.summarize(nn.Linear(2, 2)).to_markdown().count("Its own")
    (package / "pyproject.toml").write_text("not = toml = at all")
    with pytest.raises(summarykit.errors.ProjectError, match=r"^pyproject\.toml cannot be read"):
        summarykit.summarize(nn.Linear(2, 2))
    (package / "pyproject.toml").unlink()
    (tmp_path / "root" / "pyproject.toml").write_text("[tool.summarykit]\ntitel = 1\n")
    with pytest.raises(summarykit.errors.ProjectError) as caught:
        summarykit.summarize(nn.Linear(2, 2))
    assert f"{tmp_path / 'root' / 'pyproject.toml'}: [tool.summarykit] has no setting 'titel'" in str(caught.value)
