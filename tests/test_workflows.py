"""The workflows that docs/pull-requests.md gives to be copied, and the project's own: safe for forks, and they run."""

import json
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from summarykit.cli import main
from summarykit.cli.main import app
from support import programs

ROOT = Path(__file__).resolve().parents[1]
OWN = ROOT / ".github" / "workflows"
PAGE = (ROOT / "docs" / "pull-requests.md").read_text("utf-8")
TEXTS = [block.partition("```")[0] for block in PAGE.split("```yaml\n")[1:]]
BUILDS, COMMENTS = map(yaml.safe_load, TEXTS)
CI = yaml.safe_load((OWN / "ci.yml").read_text("utf-8"))
#: What a user puts in place of what stands in the page, and the project itself does.
INSTALL, OWN_INSTALL = "pip install summarykit .", "pip install . transformers"


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_the_projects_own_files_are_those_of_the_page():
    for text in TEXTS:
        name = text.splitlines()[0].removeprefix("# .github/workflows/")
        assert (OWN / name).read_text("utf-8") == text.replace(INSTALL, OWN_INSTALL)
    assert sorted(path.name for path in OWN.iterdir()) == ["ci.yml", "models-comment.yml", "models.yml"]


def test_what_runs_code_of_a_pull_request_may_only_read():
    assert BUILDS[True] == "pull_request"  # "on" is a boolean to YAML 1.1
    for workflow in (BUILDS, CI):
        assert workflow["permissions"] == {"contents": "read"}
        assert not any("permissions" in job for job in workflow["jobs"].values())
        (checkout,) = [step["with"] for step in steps(workflow) if "actions/checkout" in step.get("uses", "")]
        assert checkout["persist-credentials"] is False  # code of the pull request finds no token


def test_what_may_write_runs_no_code_of_a_pull_request():
    assert COMMENTS[True]["workflow_run"]["workflows"] == [BUILDS["name"]]
    assert COMMENTS["permissions"] == {"actions": "read", "pull-requests": "write"}
    assert not any("checkout" in step.get("uses", "") for step in steps(COMMENTS))
    assert not any("summarykit" in step.get("run", "") or "pip" in step.get("run", "") for step in steps(COMMENTS))


@pytest.mark.parametrize("workflow", [BUILDS, COMMENTS, CI], ids=["builds", "comments", "ci"])
def test_nothing_that_others_write_is_put_into_a_script_and_actions_are_pinned(workflow):
    assert not any("${{" in step.get("run", "") for step in steps(workflow))
    assert all("@v" in step["uses"] for step in steps(workflow) if "uses" in step)


def test_what_one_keeps_the_other_takes():
    kept = {step["with"]["name"]: step["with"] for step in steps(BUILDS) if "upload-artifact" in step.get("uses", "")}
    (taken,) = [step["with"] for step in steps(COMMENTS) if "download-artifact" in step.get("uses", "")]
    assert kept[taken["name"]]["path"] == taken["path"]
    (sticky,) = [step["with"] for step in steps(COMMENTS) if "sticky" in step.get("uses", "")]
    assert any(sticky["path"] in step.get("run", "") for step in steps(BUILDS))


def test_the_commands_have_these_options():
    lines = [shlex.split(step["run"]) for step in steps(BUILDS) if step.get("run", "").startswith("summarykit ")]
    assert [line[1] for line in lines] == ["diff", "report", "check"]
    for _, name, *arguments in lines:
        command = typer.main.get_command(app).commands[name]
        assert command.make_context(name, arguments).params


def test_the_project_is_tested_as_its_readme_says():
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = [step["run"] for step in steps(CI) if "run" in step]
    assert commands[-1] == "make test"
    assert "\nmake test " in readme


def test_the_projects_own_models_keep_their_limits_and_their_lock(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert main(["check", "--locked"]) == 0, capsys.readouterr().out


# ---------------------------------------------------------------- the steps, run here

MODELS = """from torch import nn


def small():
    return nn.Linear(16, {width})


def large():
    return nn.Linear(16, 64)
"""
PROJECT = """
[tool.summarykit.models.small]
target = "mine.model:small"
max_parameters = 100
[tool.summarykit.models.large]
target = "mine.model:large"
"""


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """``shell(step, **environment)`` runs a step as a runner does, in a repository that a pull request changes."""
    programs.require("git")
    tools, folder = tmp_path / "tools", tmp_path / "repository"
    (folder / "mine").mkdir(parents=True)
    tools.mkdir()
    tool(
        tools / "summarykit",
        f'PYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m summarykit "$@"',
    )
    tool(tools / "gh", 'echo "$*" >> "$GH_LOG"; echo abc123')

    def run(step, **environment):
        env = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", **environment}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)

    def git(*arguments):
        done = run({"run": shlex.join(["git", "-c", "user.name=A", "-c", "user.email=a@b", *arguments])})
        assert not done.returncode, done.stderr
        return done.stdout.strip()

    run.folder, run.git = folder, git
    git("init", "--quiet")
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "mine" / "model.py").write_text(MODELS.format(width=4))
    assert not run({"run": "summarykit lock"}).returncode
    git("add", ".")
    git("commit", "--quiet", "-m", "base")
    return run


def tool(path, line):
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_the_first_file_makes_a_comment_and_reports_and_fails_where_a_budget_breaks(shell, tmp_path):
    base = shell.git("rev-parse", "HEAD")
    (shell.folder / "mine" / "model.py").write_text(MODELS.format(width=8))
    ends = {}
    for step in steps(BUILDS):
        if "run" in step and INSTALL not in step["run"]:
            done = shell(step, NUMBER="17", BASE=base, GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))
            ends[step["run"].split(" -")[0]] = done.returncode
            assert done.returncode in (0, 1), done.stderr
    assert ends.pop("summarykit check") == 1  # 136 of 100, and not as it was locked
    assert set(ends.values()) == {0}
    comment = (shell.folder / "comment" / "comment.md").read_text("utf-8")
    assert comment.startswith("<!-- summarykit:diff all -->\n### ❌ 1 of 2 models changed, 1 over budget\n")
    assert f"{base[:7]} → here" in comment
    assert base not in comment
    assert (tmp_path / "summary.md").read_text("utf-8") == comment
    assert (shell.folder / "comment" / "number").read_text() == "17\n"
    made = sorted(path.name for path in (shell.folder / "pages").iterdir())
    assert made == [f"{name}{end}" for name in ("large", "small") for end in ("-changes.html", ".html", ".json")]
    assert json.loads((shell.folder / "pages" / "small.json").read_text())


def test_the_comment_tells_of_the_pull_request_and_not_of_what_happened_on_main(shell, tmp_path):
    (checkout,) = [step["with"] for step in steps(BUILDS) if "actions/checkout" in step.get("uses", "")]
    assert checkout["ref"] == "${{ github.event.pull_request.head.sha }}"
    began = shell.git("rev-parse", "HEAD")
    shell.git("switch", "--quiet", "--create", "main-moves-on")
    (shell.folder / "mine" / "model.py").write_text(MODELS.format(width=400))
    shell.git("commit", "--quiet", "--all", "-m", "main")
    base = shell.git("rev-parse", "HEAD")
    shell.git("switch", "--quiet", "--detach", began)
    (shell.folder / "mine" / "model.py").write_text(MODELS.format(width=5))
    shell.git("commit", "--quiet", "--all", "-m", "of the pull request")
    (shell.folder / "comment").mkdir()
    (shell.folder / "pages").mkdir()
    (step,) = [step for step in steps(BUILDS) if step.get("run", "").startswith("summarykit diff")]
    done = shell(step, BASE=base, GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))
    assert done.returncode == 0, done.stderr
    comment = (shell.folder / "comment" / "comment.md").read_text("utf-8")
    assert "+17" in comment
    assert f"{base[:7]}... {began[:7]} → here" in comment
    assert "6,800" not in comment


@pytest.mark.parametrize(
    ("number", "head", "ends"),
    [
        ("17\n", "abc123", 0),
        ("17\n", "another", 1),
        ("17; echo x\n", "abc123", 1),
        ("\n", "abc123", 1),
        ("1\n2\n", "abc123", 1),
    ],
)
def test_the_second_file_believes_a_number_only_where_the_commit_is_its_own(number, head, ends, shell, tmp_path):
    (shell.folder / "comment").mkdir()
    (shell.folder / "comment" / "number").write_text(number)
    (step,) = [step for step in steps(COMMENTS) if "run" in step]
    assert set(step["env"]) == {"GH_TOKEN", "REPOSITORY", "HEAD"}
    log, output = tmp_path / "log", tmp_path / "output"
    output.touch()
    done = shell(step, REPOSITORY="me/mine", HEAD=head, GH_LOG=str(log), GITHUB_OUTPUT=str(output))
    assert bool(done.returncode) == bool(ends), done.stderr
    assert output.read_text() == ("" if ends else "number=17\n")
    assert not log.exists() or log.read_text() == "api repos/me/mine/pulls/17 --jq .head.sha\n"
