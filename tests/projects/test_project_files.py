"""Which pyproject.toml holds the settings: in monorepos, with ``--project``, and at a revision."""

import json
import subprocess

import pytest

import summarykit
from summarykit.cli import main
from summarykit.errors import ProjectError
from summarykit.settings import nearest_project, project_of

CODE = "from torch import nn\n\ndef build():\n    return nn.Linear({width}, 1)\n"
TABLE = '[tool.summarykit]\ntitle = "{name}"\n[tool.summarykit.models.{name}]\ntarget = "{module}:build"\n'


def module_name(root, name):
    """Return a name that no other test imports: a module is imported once in a process."""
    return f"model_{name}_{root.name}"


def package(root, name, width, limit=""):
    folder = root / "packages" / name
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(TABLE.format(name=name, module=module_name(root, name)) + limit)
    (folder / f"{module_name(root, name)}.py").write_text(CODE.format(width=width))
    (folder / "src").mkdir()
    return folder


@pytest.fixture
def monorepo(tmp_path, monkeypatch):
    """Packages a and b with a table each, and c with a pyproject.toml without one."""
    package(tmp_path, "a", 3, "max_parameters = 3\n")
    package(tmp_path, "b", 7)
    (tmp_path / "packages" / "c").mkdir()
    (tmp_path / "packages" / "c" / "pyproject.toml").write_text('[project]\nname = "c"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_package_has_its_own_settings_from_any_folder_in_it(monorepo, monkeypatch):
    for name, width in (("a", 4), ("b", 8)):
        for folder in (monorepo / "packages" / name, monorepo / "packages" / name / "src"):
            monkeypatch.chdir(folder)
            (model,) = summarykit.check().models
            assert (model.name, model.data.totals.parameters) == (name, width)


def test_a_file_without_our_table_is_passed_over(monorepo, monkeypatch):
    (monorepo / "pyproject.toml").write_text("[tool.summarykit]\ndepth = 1\n")
    monkeypatch.chdir(monorepo / "packages" / "c")
    assert project_of(monorepo / "packages" / "c").path == monorepo / "pyproject.toml"
    (monorepo / "pyproject.toml").unlink()
    assert nearest_project(monorepo / "packages" / "c") == monorepo / "packages" / "c" / "pyproject.toml"


def test_a_nearer_file_that_is_not_toml_is_named(monorepo):
    (monorepo / "pyproject.toml").write_text("[tool.summarykit]\n")
    (monorepo / "packages" / "c" / "pyproject.toml").write_text("[tool")
    with pytest.raises(ProjectError, match=r"^packages.c.pyproject\.toml cannot be read: "):
        project_of(monorepo / "packages" / "c")


@pytest.mark.parametrize("end", ["", "/pyproject.toml"])
def test_project_chooses_the_file_the_lock_is_beside_it_and_its_folder_is_importable(monorepo, capsys, end):
    for name in "ab":
        assert main(["lock", "--project", f"packages/{name}{end}"]) == 0
    assert list(json.loads((monorepo / "packages" / "b" / "summarykit.lock.json").read_text())["models"]) == ["b"]
    assert not (monorepo / "summarykit.lock.json").exists()
    assert main(["check", "--locked", "--project", f"packages/b{end}"]) == 0
    assert main(["check", "--locked", "--project", f"packages/a{end}"]) == 1
    target = f"{module_name(monorepo, 'b')}:build"
    for command in (
        ["report", "b"],
        ["report", target],
        ["explain", "b"],
        ["formulas", "Linear"],
    ):
        assert main([*command, "--project", f"packages/b{end}"]) == 0, command
    assert main(["report", "b"]) == 2  # the choice ends with its command


def test_python_functions_take_the_project(monorepo):
    assert [model.name for model in summarykit.check(project="packages/b").models] == ["b"]
    assert summarykit.lock(project=monorepo / "packages" / "a").parent == monorepo / "packages" / "a"
    import torch

    assert summarykit.summarize(torch.nn.Linear(2, 2), project="packages/a").options.title == "a"
    with pytest.raises(ProjectError, match=r"there is no packages.d\b"):
        summarykit.check(project="packages/d")


@pytest.mark.parametrize(
    "text",
    [
        "[tool.summarykit]\nmodels = 1\n",
        "[tool.summarykit]\nfold = 1\n",
        '[tool.summarykit]\nsort = "colour"\n',
        "[tool.summarykit]\ncolour = 1\n",
        "[tool]\nsummarykit = 1\n",
        '[tool.summarykit.models.a]\ntarget = "x:y"\nmax_parameters = "many"\n',
        '[tool.summarykit.models.a]\ntarget = "not_there_at_all:build"\n',
        "[tool.summarykit.formulas]\nLinear = 3\n",
    ],
)
def test_every_message_about_settings_names_the_file(monorepo, capsys, text):
    (monorepo / "packages" / "a" / "pyproject.toml").write_text(text)
    target = ["report", "summarykit.examples:sequential"] if "models" not in text else ["check"]
    assert main([*target, "--project", "packages/a"]) == 2
    assert "packages/a/pyproject.toml" in capsys.readouterr().err.splitlines()[0].replace("\\", "/")


def git(folder, *arguments):
    subprocess.run(
        ["git", "-c", "user.name=n", "-c", "user.email=e@e", *arguments], cwd=folder, check=True, capture_output=True
    )


def test_a_revision_is_read_with_the_same_file(monorepo, capsys):
    git(monorepo, "init", "-q")
    git(monorepo, "add", ".")
    git(monorepo, "commit", "-qm", "one")
    (monorepo / "packages" / "b" / f"{module_name(monorepo, 'b')}.py").write_text(CODE.format(width=9))
    result = summarykit.check(git="HEAD", project="packages/b")
    assert [(each.base.totals.parameters, each.data.totals.parameters) for each in result.models] == [(8, 10)]
    diff = summarykit.diff_all(git="HEAD", project="packages/b/pyproject.toml")
    assert [each.name for each in diff.changes.models] == ["b"]
    assert diff.diffs["b"].comparison.before.totals.parameters == 8
    assert main(["diff", "b", "--git", "HEAD", "--project", "packages/b"]) == 0
