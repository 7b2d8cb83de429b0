"""``--debug``: a traceback and a block for bug reports, in a process of its own, without any path of the user."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import summarykit

ROOT = Path(summarykit.__file__).resolve().parents[1]
MODEL = "from torch import nn\n\ndef build():\n    raise ValueError('no layers in {place}')\n"
#: Runs the command with a mistake in summarykit itself, which no input can cause on purpose.
BUG = """
import sys
from summarykit import api, cli
def broken(path):
    raise KeyError("a bug, in " + __file__ if "__file__" in globals() else "a bug, in " + sys.argv[1])
api.is_model_config = broken
import summarykit.projects.targets
summarykit.projects.targets.is_model_config = broken
sys.exit(cli.main(sys.argv[2:]))
"""

#: A shell starts jobs in the background with Ctrl-C ignored, which they would pass on.
_INTERRUPTIBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from summarykit.cli import main
sys.exit(main())
"""


@pytest.fixture
def home(tmp_path):
    """A home folder with a project in it; all of its names are secrets."""
    project = tmp_path / "home" / "jo.secret" / "client secret" / "shop"
    project.mkdir(parents=True)
    (project / "mine.py").write_text(MODEL.format(place=project))
    (project / "pyproject.toml").write_text("")
    return project


def run(home, *arguments, bug=False, **environment):
    prefix = [sys.executable, "-c", BUG, str(home)] if bug else [sys.executable, "-m", "summarykit"]
    env = {**os.environ, "HOME": str(home.parents[1]), "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run([*prefix, *arguments], cwd=home, env=env, capture_output=True, encoding="utf-8", check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr


def report_of(error):
    """The part that people copy."""
    message, line, block = error.partition("--- copy from here for a bug report; paths are shortened ---\n")
    assert line, error
    return message, block


def assert_no_paths(block, home):
    for secret in (
        "secret",
        str(home),
        str(ROOT),
        sys.prefix,
        os.path.realpath(sys.prefix),
        sys.base_prefix,
        "site-packages",
    ):
        assert secret not in block
    files = re.findall(r'File "([^"]*)"', block)
    assert files
    assert not [file for file in files if os.path.isabs(file)]  # noqa: PTH117 - of another machine as well


@pytest.mark.parametrize("arguments", [("--debug", "report", "mine:build"), ("report", "mine:build", "--debug")])
def test_an_error_of_the_user_comes_with_its_traceback(arguments, home):
    code, error = run(home, *arguments)
    message, block = report_of(error)
    assert code == 2
    assert message.startswith("summarykit: mine:build() fails: ValueError: no layers in ")
    assert str(home) in message  # on the user's own screen paths are what they are
    assert_no_paths(block, home)
    assert "Traceback (most recent call last):" in block
    assert 'File "summarykit/reading/target.py", line ' in block
    assert 'File "mine.py", line 4, in build' in block
    assert "command: summarykit report mine:build\n" in block
    assert f"summarykit: {summarykit.__version__}\n" in block
    assert f"python: {'.'.join(map(str, sys.version_info[:3]))}" in block
    for package in ("torch", "pandas", "jinja2", "openpyxl", "lxml", "rich", "typer", "platform"):
        assert re.search(rf"^{package}: \S+", block, re.MULTILINE)


def test_the_environment_asks_for_it_too(home):
    _, block = report_of(run(home, "report", "mine:build", SUMMARYKIT_DEBUG="1")[1])
    assert "Traceback" in block
    assert "Traceback" not in run(home, "report", "mine:build", SUMMARYKIT_DEBUG="0")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "{home}/saved.json"), ("diff", "../shop/one.json", "{home}/two.json"), ("report", "nowhere:build"),
        ("report", "mine:build", "-o", "{home}/none/out.html"), ("report", "mine:build", "-o{home}/none/out.html"),
        ("report", "mine:build", "--arg", "path={home}/data"), ("report", "mine:build", "--templates={home}/brand"),
        ("report", "mine:build", "--nonsense={home}"), ("read-review", "{home}/book.xlsx"), ("check", "--git", "main"),
        ("report", "/srv/secret/models/net.json"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_no_path_of_the_user_is_in_the_block(arguments, home):
    code, error = run(home, *(each.format(home=home) for each in arguments), "--debug")
    assert code == 2
    assert_no_paths(report_of(error)[1], home)


def test_the_versions_are_read_without_torch(home):
    command = "cli.main(['report', 'x.json', '--debug'])"
    code = f"import sys; from summarykit import cli; {command}; sys.exit('torch' in sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=home, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert re.search(r"^torch: \d", done.stderr, re.MULTILINE)


def test_a_bug_ends_in_one_message_with_the_next_command(home):
    code, error = run(home, "report", "mine:build", "--title", "My model", bug=True)
    assert code == 2
    assert error.startswith("summarykit: an error in summarykit itself: KeyError: ")
    assert "Traceback" not in error
    command = re.search(r"^  hint: for a bug report, run (.*)$", error, re.MULTILINE)
    assert command
    assert command[1] == "summarykit --debug report mine:build --title 'My model'"
    assert "docs/errors.md#a-bug" in error
    code, error = run(home, "--debug", "report", "mine:build", "--title", "My model", bug=True)
    assert code == 2
    block = report_of(error)[1]
    assert "in broken" in block
    assert "KeyError: 'a bug, in " in block
    assert "command: summarykit report mine:build --title 'My model'\n" in block
    assert_no_paths(block, home)


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
@pytest.mark.parametrize("options", [[], ["--debug"]])
def test_an_interruption_is_one_line(options, home):
    (home / "mine.py").write_text("import time\nfrom pathlib import Path\nPath('ready').touch()\ntime.sleep(60)\n")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", _INTERRUPTIBLE, "report", "mine:build", *options], cwd=home, env=env,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not (home / "ready").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert error.startswith("summarykit: interrupted\n")
    assert ("Traceback" in error) == bool(options)
    if options:
        assert_no_paths(report_of(error)[1], home)
    else:
        assert error.strip() == "summarykit: interrupted"


def test_arguments_after_two_dashes_are_no_options(home):
    code, error = run(home, "report", "--", "--debug")
    assert code == 2
    assert "Traceback" not in error
    assert "'--debug' names no model" in error
