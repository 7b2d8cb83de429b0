"""The workflows that docs/pull-requests.md gives to be copied: YAML, safe for forks, with commands that there are."""

import re
import shlex
from pathlib import Path

import pytest
import typer
import yaml

from summarykit import cli

PAGE = Path(__file__).resolve().parents[1] / "docs" / "pull-requests.md"
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BUILDS, COMMENTS = map(yaml.safe_load, BLOCK.findall(PAGE.read_text("utf-8")))


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_what_runs_code_of_a_pull_request_may_only_read():
    assert BUILDS[True] == "pull_request"  # "on" is a boolean to YAML 1.1
    assert BUILDS["permissions"] == {"contents": "read"}


def test_what_may_write_runs_no_code_of_a_pull_request():
    assert COMMENTS[True]["workflow_run"]["workflows"] == [BUILDS["name"]]
    assert COMMENTS["permissions"] == {"actions": "read", "pull-requests": "write"}
    assert not any("checkout" in step.get("uses", "") for step in steps(COMMENTS))
    assert not any("summarykit" in step.get("run", "") or "pip" in step.get("run", "") for step in steps(COMMENTS))


@pytest.mark.parametrize("workflow", [BUILDS, COMMENTS], ids=["builds", "comments"])
def test_nothing_that_others_write_is_put_into_a_script(workflow):
    assert not any("${{" in step.get("run", "") for step in steps(workflow))


def test_what_one_keeps_the_other_takes():
    (kept,) = [step["with"] for step in steps(BUILDS) if "upload-artifact" in step.get("uses", "")]
    (taken,) = [step["with"] for step in steps(COMMENTS) if "download-artifact" in step.get("uses", "")]
    assert (kept["name"], kept["path"]) == (taken["name"], taken["path"])
    (sticky,) = [step["with"] for step in steps(COMMENTS) if "sticky" in step.get("uses", "")]
    assert any(sticky["path"] in step.get("run", "") for step in steps(BUILDS))


def test_the_commands_have_these_options():
    lines = [shlex.split(step["run"]) for step in steps(BUILDS) if step.get("run", "").startswith("summarykit ")]
    assert [line[1] for line in lines] == ["diff", "check"]
    for _, name, *arguments in lines:
        command = typer.main.get_command(cli.app).commands[name]
        assert command.make_context(name, arguments).params
