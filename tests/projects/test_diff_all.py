"""All models of a project in one report: changed, new, removed, broken ones; limits; room; hostile names; mistakes."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch import nn

import summarykit
from summarykit.cli import main
from summarykit.comparison import make_diff
from summarykit.exporters.markdown.step_summary import MOST_BYTES
from summarykit.options import Overrides
from summarykit.projects.diff_all import ProjectDiff
from summarykit.projects.models import file_name, model_name
from summarykit.summary.budget import parse_limits
from summarykit.summary.diff import ModelChange, ProjectChanges, compare_without_base
from support import hostile, programs
from support.hosts import PARSERS, parsed, unpadded

MODELS = """from torch import nn

WIDTH = {width}


def small():
    return nn.Sequential(nn.Linear(16, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 2))


def heads():
    return nn.MultiheadAttention(32, {heads})


def fixed(n=3):
    return nn.Linear(n, 3)
"""
BEFORE = """
[tool.summarykit.models.small]
target = "shop:small"
max_parameters = 100
[tool.summarykit.models.heads]
target = "shop:heads"
[tool.summarykit.models.fixed]
target = "shop:fixed"
args = { n = 5 }
max_parameters = "1M"
[tool.summarykit.models.leaving]
target = "shop:fixed"
"""
AFTER = BEFORE.replace("models.leaving]", "models.coming]")
BROKEN = """
[tool.summarykit.models.broken]
target = "shop_broken:build"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """``project(text, width, heads)`` is a project with these models, and the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def make(text, width=4, heads=8):
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
        (tmp_path / "shop.py").write_text(MODELS.format(width=width, heads=heads))
        (tmp_path / "shop_broken.py").write_text("def build():\n    return undefined\n")
        forget()
        return tmp_path

    yield make
    forget()


def forget():
    for name in ("shop", "shop_broken"):
        sys.modules.pop(name, None)


def said(capsys, *arguments):
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def bases(project, capsys):
    """A folder ``base`` with the models before, in a project that has those after."""
    folder = project(BEFORE)
    (folder / "base").mkdir()
    told = (
        "small: 78 parameters · 312 bytes\n  wrote base/small.json\n"
        "heads: 4,224 parameters · 16.9 kB\n  wrote base/heads.json\n"
        "fixed: 18 parameters · 72 bytes\n  wrote base/fixed.json\n"
        "leaving: 12 parameters · 48 bytes\n  wrote base/leaving.json\n"
    )
    assert said(capsys, "report", "--all", "-o", "base/{name}.json") == (0, told, "")
    return project(AFTER + BROKEN, 8, 16)


def states(found):
    return {model["name"]: model["state"] for model in found["models"]}


def test_one_comment_tells_of_all(bases, golden, capsys):
    code, out, err = said(capsys, "diff", "--all", "--base", "base", "-o", "all.md", "-o", "all.json", "-o", "all.txt")
    assert (code, err) == (2, "")  # one cannot be built, and hides none of the others
    comment = (bases / "all.md").read_text("utf-8").replace(str(bases), "FOLDER")
    golden("diff_all.md", comment)
    golden("diff_all.txt", (bases / "all.txt").read_text("utf-8").replace(str(bases), "FOLDER"))
    assert comment.count("<!--") == 1
    assert len(comment.partition("<details>")[0].splitlines()) <= 25
    assert comment.count("<details>") == comment.count("</details>")
    found = json.loads((bases / "all.json").read_text())
    assert states(found) == {
        "small": "changed", "heads": "changed", "fixed": "same", "coming": "new", "broken": "failed",
        "leaving": "removed",
    }  # fmt: skip
    assert (found["ok"], found["same"]) == (False, False)
    assert sorted(found) == ["comparison", "models", "notes", "ok", "same"]
    assert sorted(found["models"][0]) == ["comparison", "error", "name", "ok", "removed", "state"]
    small = next(model for model in found["models"] if model["name"] == "small")
    assert small["comparison"]["totals"]["parameters"] == 76
    assert [limit["outcome"] for limit in small["comparison"]["limits"]] == ["over"]
    with pytest.raises(ValueError, match="what changed between"):
        summarykit.load("all.json")
    assert "wrote all.md" in out


def test_a_revision_of_git_tells_the_same_as_a_folder(project, capsys, golden):
    programs.require("git")
    folder = project(BEFORE)

    def git(*arguments):
        names = ("-c", "user.name=A", "-c", "user.email=a@b")
        subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    (folder / "base").mkdir()
    assert main(["report", "--all", "-o", "base/{name}.json"]) == 0
    project(AFTER, 8, 16)
    found = summarykit.diff_all("git.md", git="HEAD")
    other = summarykit.diff_all(base="base")
    assert not found.failed
    assert states(json.loads(found.to_json())) == {**states(json.loads(other.to_json())), "coming": "same"}
    assert "HEAD " in found.to_markdown()
    known = [[each for each in changes.models if each.name != "coming"] for changes in (found.changes, other.changes)]
    assert known[0] == known[1]  # the target of "coming" was there before its table, as a folder cannot know
    project(BROKEN)  # it was not named there, and what was is gone: all but that one is removed
    assert states(json.loads(summarykit.diff_all(git="HEAD").to_json())) == {
        "broken": "failed", "small": "removed", "heads": "removed", "fixed": "removed", "leaving": "removed",
    }  # fmt: skip
    git("rm", "--quiet", "--cached", "pyproject.toml")
    git("commit", "--quiet", "-m", "none")
    project(AFTER)
    assert (
        "new" not in states(json.loads(summarykit.diff_all(git="HEAD").to_json())).values()
    )  # older than their tables
    (folder / "pyproject.toml").write_text("[tool.summarykit.models.small]\ntarget = 3\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "wrong")
    project(AFTER)
    code, _, err = said(capsys, "diff", "--all", "--git", "HEAD")
    assert (code, "at HEAD: pyproject.toml: [tool.summarykit.models.small]: target is 3" in err) == (2, True)


def test_in_python(bases):
    found = summarykit.diff_all("all.md", base="base", title="Shop")
    assert (found.ok, found.same, set(found.failed)) == (False, False, {"broken"})
    assert found.failed["broken"].startswith("shop_broken:build() fails: NameError")
    assert list(found.diffs) == ["small", "heads", "fixed", "coming"]
    assert found.diffs["small"].totals.parameters == 76
    assert found.diffs["coming"].comparison.new
    assert found._repr_markdown_() == found.to_markdown() == (bases / "all.md").read_text("utf-8")
    assert found.to_markdown().startswith("<!-- summarykit:diff all=Shop -->\n### ❌ `Shop`: 2 of 5 models changed")
    assert repr(found) == "<ProjectDiff of 6 models: 5 changed>"


def test_a_page_and_a_workbook_tell_of_one_model_each(bases, capsys):
    (bases / "out").mkdir()
    main(["diff", "--all", "--base", "base", "-o", "out/{name}.html", "-o", "out/{name}.xlsx"])
    names = ("coming", "fixed", "heads", "small")
    assert sorted(path.name for path in (bases / "out").iterdir()) == [
        f"{name}.{end}" for name in names for end in ("html", "xlsx")
    ]
    assert "over budget" in (bases / "out" / "small.html").read_text("utf-8")
    code, _, err = said(capsys, "diff", "--all", "--base", "base", "-o", "out/all.html")
    assert code == 2
    assert "the format .html has no report on all models at once" in err
    assert "all-{name}.html" in err


def test_nothing_changed_is_one_line(project, capsys):
    folder = project(BEFORE)
    (folder / "base").mkdir()
    assert main(["report", "--all", "-o", "base/{name}.json"]) == 0
    capsys.readouterr()
    code, out, _ = said(capsys, "diff", "--all", "--base", "base", "-o", "all.md")
    assert (code, out) == (0, "✓ nothing changed in 4 models, within budget  base → here\nwrote all.md\n")
    text = (folder / "all.md").read_text("utf-8")
    assert text == "<!-- summarykit:diff all -->\n✅ nothing changed in 4 models, within budget\n"
    project(BEFORE.replace("max_parameters = 100", "max_parameters = 10"))
    text = summarykit.diff_all(base="base").to_markdown()  # nothing changed in the model, but in what it may hold
    assert "### ❌ nothing changed in 4 models, 1 over budget" in text
    assert "| `small` | 78 | unchanged | ✅ load | ❌ 78 of 10 (780%) |" in unpadded(text)
    assert "3 models unchanged" in text


def test_what_is_wrong_with_a_base_is_told_and_hides_nothing(bases, capsys):
    base = bases / "base"
    kept = (base / "small.json").read_text()
    (base / "small.json").write_text(kept[: len(kept) // 2])
    (base / "heads.json").write_text(kept.replace('"checksum":"', '"checksum":"0'))
    (base / "fixed.json").write_text(json.dumps({**json.loads(kept), "format": 99}))
    (base / "coming.json").write_text('{"what": "else"}')
    (base / "package.json").write_text('{"name": "else"}')
    (base / "folder.json").mkdir()
    code, _, _ = said(capsys, "diff", "--all", "--base", "base", "-o", "all.json", "-o", "all.md")
    assert code == 2
    found = json.loads((bases / "all.json").read_text())
    errors = {model["name"]: model["error"] for model in found["models"]}
    assert all(errors[name].startswith("its base 'base/") for name in ("small", "heads", "fixed", "coming"))
    assert "format 99" in errors["fixed"]
    assert states(found)["leaving"] == "removed"
    assert found["notes"] == [
        f"among the bases {name}.json is no summary that can be read" for name in ("folder", "package")
    ]
    assert "⚠︎ Among the bases folder.json is no summary" in (bases / "all.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["diff", "--all"], "give one of the two: --base FOLDER or --git REVISION"),
        (["diff", "--all", "--base", "base", "--git", "HEAD"], "give one of the two"),
        (["diff", "--all", "--base", "nowhere"], "there is no folder 'nowhere'"),
        (["diff", "--all", "--base", "base", "--meta"], "--all takes its models, and how they are built"),
        (["diff", "small", "--all", "--base", "base"], "--all takes its models"),
        (["diff", "small", "heads", "--base", "base"], "--base is for --all"),
        (["diff", "small", "base/small.json", "--meta"], "[tool.summarykit.models.small] says how it is built"),
        (["report", "--all", "-o", "one.json"], "-o 'one-{name}.json'"),
        (["report", "--all", "-o", "pyproject.toml/{name}.json"], "'pyproject.toml' is not a folder"),
        (["report", "--all", "-o", "{name}.nothing"], "no format has the suffix"),
        (["report", "--all", "--input", "1,2"], "--all takes its models"),
        (["report", "small", "--forward", "off"], "says how it is built and what its inputs are"),
        (["report", "small", "--meta"], "[tool.summarykit.models.small] says how it is built"),
        (["report"], "missing TARGET"),
        (["diff", "--all", "--base", "base", "-o", "pyproject.toml/{name}.html"], "'pyproject.toml' is not a folder"),
    ],
)
def test_a_mistake_is_told_before_any_work(arguments, message, bases, capsys):
    code, out, err = said(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_a_typing_mistake_in_a_budget_is_told(project, capsys):
    project(BEFORE.replace("max_parameters = 100", "max_paramters = 100"))
    for command in ("check", "lock", "diff --all --base .", "diff small small", "report --all"):
        code, _, err = said(capsys, *command.split())
        assert (code, "did you mean 'max_parameters'?" in err) == (2, True), command


def test_a_limit_that_fits_no_layer_is_that_models_error(project, capsys):
    folder = project(BEFORE + '[tool.summarykit.models.leaving.layers]\n"encoder.*" = { max_parameters = 3 }\n')
    (folder / "base").mkdir()
    code, out, _ = said(capsys, "diff", "--all", "--base", "base")
    assert (code, "✗ leaving: max_parameters: no layer fits 'encoder.*'" in out) == (2, True)


def test_one_named_model_is_reported_and_compared_with_its_limits(bases, capsys):
    files = ["-o", "small.md", "-o", "small.html", "-o", "small.xlsx"]
    code, out, _ = said(capsys, "diff", "base/small.json", "small", *files)
    assert code == 0
    assert "✗ small: +76 parameters (+97.4%), over budget  base/small.json → small" in out
    text = (bases / "small.md").read_text("utf-8")
    assert "### ❌ `small`: +76 parameters (+97.4%), over budget" in text
    assert "78 → 154 · 312 → 616 bytes · 154 of 100 budget (154%)" in text
    assert "❌ 154 parameters, 54 more than `max_parameters = 100` allows; grew most: `0` +68 and `2` +8" in text
    assert "54 more than" in (bases / "small.html").read_text("utf-8")
    code, out, _ = said(capsys, "diff", "heads", "base/heads.json")
    assert (code, out.startswith("heads: parameters unchanged  heads →")) == (0, False)  # the model after has no name
    code, out, _ = said(capsys, "report", "fixed", "-o", "fixed.json")
    assert (code, "fixed  shop:fixed" in out) == (0, True)
    assert summarykit.diff("fixed.json", "base/fixed.json").same


def test_a_report_on_all_goes_on_after_one_that_fails(bases, capsys):
    (bases / "out").mkdir()
    code, out, err = said(capsys, "report", "--all", "-o", "out/{name}.md", "-o", "out/{name}.xlsx", "--depth", "1")
    assert code == 2
    assert "summarykit: pyproject.toml: [tool.summarykit.models.broken]: shop_broken:build() fails: NameError" in err
    assert sorted(path.stem for path in (bases / "out").glob("*.md")) == ["coming", "fixed", "heads", "small"]
    assert "coming: 12 parameters" in out


# ---------------------------------------------------------------- names, room, the step


ODD = ("", ".", "..", "a/b", "a\\b", "%", "%2F", "A b", "é", "x" * 80)


@pytest.mark.parametrize("name", [*hostile.NAMES, *ODD], ids=ascii)
def test_a_name_is_a_file_of_its_own(name):
    made = file_name(name)
    assert not set(made) & set('/\\:*?<>|"\0\n\r')
    assert not made.startswith(".")
    assert made
    assert model_name(made) == name


def all_of(models):
    """A diff of these models, as ``diff_all`` would find it."""
    diffs = {name: summarykit.diff(before, after, title=name) for name, (before, after) in models.items()}
    changes = ProjectChanges(tuple(ModelChange(name, diff.comparison) for name, diff in diffs.items()))
    return ProjectDiff(changes, diffs)


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("name", hostile.NAMES, ids=ascii)
def test_a_name_stays_where_it_is_put(name, parse):
    found = all_of({name: (nn.Module(), hostile.model(name)), "other": (nn.Linear(2, 2), nn.Linear(2, 3))})
    failed = ModelChange(f"{name}2", error=f"{name}: it fails\n    {name}:3 in {name}: {name}")
    gone = ModelChange(f"{name}3", before=found.diffs["other"].comparison.before)
    found = replace(found, changes=ProjectChanges((*found.changes.models, failed, gone), (name,)))
    text = found.to_markdown()
    assert text.startswith("<!-- summarykit:diff all -->\n")
    root = parse(text)
    table = root.find(".//table")
    assert [len(row) for row in table.iter("tr")] == [5] * 5
    assert len(root.findall(".//details")) >= 2
    assert json.loads(found.to_json())["models"][2]["error"] == failed.error
    assert max(map(len, str(found).partition("models")[0].splitlines())) <= 120


def wide(number, layers, more):
    made = nn.Module()
    for at in range(layers):
        made._modules[f"layer_{number}_{at}"] = nn.Linear(at + 2 + more, 3)
    return made


@pytest.mark.parametrize(("models", "layers"), [(20, 12), (20, 200), (300, 8), (1, 400)])
def test_a_comment_on_many_stays_within_what_a_host_takes(models, layers):
    pairs = {f"model-{at}": (wide(at, layers, 0), wide(at, layers, models - at)) for at in range(models)}
    text = all_of(pairs).to_markdown()
    assert len(text) <= 60_000
    assert text.count("<details>") == text.count("</details>")
    root = parsed(text)
    assert root.find(".//sub") is not None
    shown = len(root.findall("body/details"))
    assert "| `model-0` |" in unpadded(text)
    if models > 1:
        assert text.index("`model-0`") < text.index("`model-1`")  # the largest change first
    if shown < models:
        assert f"The details of {models - shown:,} models are left out here to keep this short" in text
    if models > 100:
        assert f"{models - 100} models more" in text


def test_broken_limits_that_have_no_room_are_counted():
    limits = parse_limits({"max_parameters": 1, "layers": {"*": {"max_bytes": 1}}}, "test")
    diffs = {
        str(at): make_diff(None, summarykit.summarize(nn.Linear(2, at + 2)), Overrides(), limits) for at in range(30)
    }
    changes = ProjectChanges(tuple(ModelChange(name, diff.comparison) for name, diff in diffs.items()))
    for text in (ProjectDiff(changes, diffs).to_markdown(), str(ProjectDiff(changes, diffs))):
        assert "30 over budget" in text
        assert text.count("more than") >= 20
        assert "40 broken limits more, left out here to keep this short" in text


def test_two_different_models_under_one_name_are_told():
    text = all_of({"one": (nn.Sequential(nn.Linear(2, 3)), nn.ModuleDict({"a": nn.Conv2d(3, 4, 5)}))}).to_markdown()
    assert "| `one` | 9 → 304 | +295 (+3,277.8%), a different model |" in unpadded(text)
    assert "The two have no layer in common: they are different models." in text


def test_errors_and_names_without_end_stay_within_it_too():
    failed = [ModelChange("&" * 300 + str(at), error="\n".join(["<" * 900] * 30)) for at in range(200)]
    text = ProjectDiff(ProjectChanges(tuple(failed)), {}).to_markdown()
    assert len(text) <= 60_000
    assert "errors more, left out here to keep this short" in text
    assert parsed(text).find(".//sub") is not None


def test_it_stands_on_the_page_of_a_run(bases, capsys, monkeypatch):
    path = bases / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    assert said(capsys, "diff", "--all", "--base", "base", "--step-summary", "-o", "all.md")[0] == 2
    assert path.read_text("utf-8") == (bases / "all.md").read_text("utf-8")
    path.write_text("x" * (MOST_BYTES - 500) + "\n\n")
    said(capsys, "diff", "--all", "--base", "base", "--step-summary")
    assert path.read_text("utf-8").endswith("\n\nsummarykit: a report is left out here, for want of room.\n")


def test_a_template_of_ones_own_goes_before_the_built_in_one(bases):
    (bases / "mine" / "markdown").mkdir(parents=True)
    (bases / "mine" / "markdown" / "project.md.j2").write_text("{{ project.headline }} {{ details|length }}", "utf-8")
    (bases / "mine" / "markdown" / "diff.md.j2").write_text("{{ diff.title }} {{ inside }}", "utf-8")
    found = summarykit.diff_all(base="base", templates="mine")
    assert found.to_markdown().startswith("2 of 5 models changed, 1 new, 1 removed, 1 cannot be compared, 1 over")
    assert found.diffs["small"].to_markdown() == "small False"
    shutil.rmtree(bases / "mine" / "markdown")


@pytest.mark.parametrize(
    "model",
    [
        nn.Module(),
        nn.Linear(3, 2),
        nn.Sequential(),
        nn.ReLU(),
        nn.LazyLinear(3),
        nn.Transformer(8, 2, 1, 1, 8, batch_first=True),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_new_model_is_told_in_every_format(model, tmp_path):
    summary = summarykit.summarize(model)
    made = compare_without_base(summary.data)
    found = ProjectDiff(ProjectChanges((ModelChange("new", made),)), {"new": summarykit.Diff(made)})
    assert found.diffs["new"].checks.ok
    assert found.diffs["new"].changes.parameters.sum() == summary.totals.parameters
    for text in (found.to_markdown(), str(found), found.diffs["new"].to_html(), found.diffs["new"].to_markdown()):
        assert "new, no base" in text.lower()
        assert "checkpoints still" not in text
    found.diffs["new"].save(tmp_path / "new.xlsx", tmp_path / "new.json")
    told = json.loads((tmp_path / "new.json").read_text())
    assert (told["new"], told["before"], told["checkpoint"]) == (True, None, None)


def test_a_model_on_meta_of_any_size_is_exact():
    huge = nn.Module()
    huge.weight = nn.Parameter(torch.empty(2**30, 2**30, device="meta"))
    text = all_of({"huge": (nn.Module(), huge)}).to_markdown()
    assert "0 → 1,152,921,504,606,846,976" in text


def test_exit_codes_and_files_only_where_something_changed(bases, capsys):
    assert main(["report", "small", "-o", "now.json"]) == 0
    assert main(["diff", "now.json", "small", "--exit-code", "--only-if-changed", "-o", "same.md"]) == 0
    assert main(["diff", "base/small.json", "small", "--exit-code", "--only-if-changed", "-o", "changed.md"]) == 1
    assert main(["diff", "base/small.json", "small", "-o", "always.md"]) == 0
    assert main(["diff", "now.json", "small", "-o", "as-before.md"]) == 0
    assert main(["diff", "--all", "--base", "base", "--exit-code", "--only-if-changed", "-o", "all.md"]) == 2
    capsys.readouterr()
    assert main(["diff", "now.json", "small", "--only-if-changed", "--format", "md"]) == 0
    assert capsys.readouterr().out == ""
    written = sorted(path.name for path in bases.glob("*.md"))
    assert written == ["all.md", "always.md", "as-before.md", "changed.md"]


def test_a_project_without_changes_writes_no_comment(project, capsys):
    folder = project(BEFORE)
    assert main(["report", "--all", "-o", "base/{name}.json"]) == 0
    arguments = ["diff", "--all", "--base", "base", "-o", "all.md", "-o", "pages/{name}.html"]
    assert main([*arguments, "--exit-code", "--only-if-changed"]) == 0
    assert not (folder / "all.md").exists()
    assert not (folder / "pages").exists()
    project(BEFORE, 8)
    assert main([*arguments, "--exit-code", "--only-if-changed"]) == 1
    assert (folder / "all.md").exists()
    assert (folder / "pages" / "small.html").exists()
    capsys.readouterr()
