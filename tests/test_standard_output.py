"""A report on standard output, and nothing else there."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from summarykit.cli import main

ROOT = Path(__file__).resolve().parents[1]
SEQUENTIAL = "summarykit.examples:sequential"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])


def run(*arguments):
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "summarykit", *arguments]
    done = subprocess.run(command, env=env, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.mark.parametrize("suffix", ["md", "json", "txt", "html", "csv", "tex"])
def test_a_format_on_standard_output_is_the_file(suffix, capsys):
    assert main(["report", SEQUENTIAL, "-o", f"out.{suffix}"]) == 0
    capsys.readouterr()
    assert main(["report", SEQUENTIAL, "--format", suffix]) == 0
    out, err = capsys.readouterr()
    assert out.encode() == Path(f"out.{suffix}").read_bytes()
    assert err == ""


def test_a_dash_is_text_unless_a_format_is_given(capsys):
    assert main(["report", SEQUENTIAL, "-o", "-"]) == 0
    text = capsys.readouterr().out
    assert main(["report", SEQUENTIAL, "-o", "out.txt"]) == 0
    assert text == Path("out.txt").read_text("utf-8")
    capsys.readouterr()
    assert main(["report", SEQUENTIAL, "-o", "-", "--format", ".MD", "-o", "new/out.json"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(("<!--", "#"))
    assert err == "wrote new/out.json\n"
    assert not Path("-").exists()


def test_json_of_each_command_is_one_document(capsys):
    assert main(["report", SEQUENTIAL, "--json", "-o", "base.json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["format"] == json.loads(Path("base.json").read_text("utf-8"))["format"]
    assert err == "wrote base.json\n"
    assert main(["diff", "base.json", SEQUENTIAL, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["same"] is True
    Path("pyproject.toml").write_text(f'[tool.summarykit.models.small]\ntarget = "{SEQUENTIAL}"\n')
    assert main(["report", "--all", "-o", "base/{name}.json"]) == 0
    capsys.readouterr()
    assert main(["diff", "--all", "--base", "base", "--format", "json", "-o", "{name}.html"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["models"][0]["state"] == "same"
    assert err == "wrote {name}.html for each of 1\n"


def test_a_workbook_goes_into_a_pipe():
    code, out, _ = run("report", SEQUENTIAL, "--format", "xlsx")
    assert code == 0
    assert "Overview" in openpyxl.load_workbook(io.BytesIO(out)).sheetnames


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", SEQUENTIAL, "--format", "pdf"], "no format has the suffix '.pdf'"),
        (["report", SEQUENTIAL, "--json", "--format", "md"], "--json and --format md are both given"),
        (["report", "--all", "--json"], "--all has many reports"),
        (["diff", "--all", "--base", ".", "--format", "html"], "the format .html has no "),
    ],
)
def test_a_mistake_is_told_before_any_work(arguments, message, capsys):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "hint: " in err


def test_a_reader_that_has_enough_ends_the_command_quietly():
    command = f"{sys.executable} -m summarykit report {SEQUENTIAL} --format html | head -c 10; echo ${{PIPESTATUS[0]}}"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", command], env=env, capture_output=True, text=True, check=False)
    assert done.stderr == ""
