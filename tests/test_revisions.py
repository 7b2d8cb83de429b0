"""A target compared with itself at a revision of git: built apart, the working tree as it was, nothing left behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import programs

ROOT = Path(__file__).resolve().parents[1]
MODEL = (
    "from torch import nn\nfrom own.size import WIDTH\n\ndef build(more=0):\n    return nn.Linear(16, WIDTH + more)\n"
)


@pytest.fixture
def git(tmp_path):
    """``git("commit", ...)`` in a repository with one commit, the package in ``src/``; ``git.folder`` is where."""
    programs.require("git")
    folder = tmp_path / "repository"
    package = folder / "src" / "own"
    package.mkdir(parents=True)

    def run(*arguments):
        names = ("-c", "user.name=A", "-c", "user.email=a@b")
        done = subprocess.run(["git", *names, *arguments], cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    run.folder = folder
    run("init", "--quiet")
    run("symbolic-ref", "HEAD", "refs/heads/main")
    (package / "__init__.py").write_text("")
    (package / "size.py").write_text("WIDTH = 4\n")
    (package / "net.py").write_text(MODEL)
    run("add", ".")
    run("commit", "--quiet", "-m", "first")
    return run


def diff(folder, *arguments, **environment):
    command = [sys.executable, "-m", "summarykit", "diff", *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout, done.stderr


def left_behind(git):
    return git("worktree", "list").count("\n"), git("status", "--porcelain")


def test_a_target_is_compared_with_what_it_was(git):
    (git.folder / "src" / "own" / "size.py").write_text("WIDTH = 8\n")
    hook = git.folder / ".git" / "hooks" / "post-checkout"
    hook.write_text("#!/bin/sh\ntouch hooked\n")
    hook.chmod(0o755)
    before = left_behind(git)
    code, out, err = diff(
        git.folder / "src", "own.net:build", "--git", "main", "--arg", "more=1", "-o", "../../pr.md", GIT_DIR="/"
    )
    assert code == 0, err
    assert "Linear: +68 parameters" in out
    assert f"own.net:build at main {git('rev-parse', '--short=7', 'main')} → here" in out
    assert "+68 parameters" in (git.folder.parent / "pr.md").read_text("utf-8")
    assert left_behind(git) == before
    assert diff(git.folder / "src", "own.net:build", "--git", "HEAD", "--input", "2,16", "--meta")[0] == 0


def test_a_package_on_the_path_comes_from_the_checkout_too(git):
    (git.folder / "src" / "own" / "size.py").write_text("WIDTH = 8\n")
    path = os.pathsep.join([str(git.folder / "src"), str(ROOT)])
    code, out, err = diff(git.folder, "own.net:build", "--git", "main", PYTHONPATH=path)
    assert code == 0, err
    assert "+68 parameters" in out


def test_a_package_that_comes_from_the_working_tree_all_the_same_is_told(git):
    (git.folder / "net.py").write_text(
        f"import sys\nsys.path.insert(0, {str(git.folder / 'src')!r})\nfrom own.net import build\n"
    )
    git("add", ".")
    git("commit", "--quiet", "-m", "second")
    code, _, err = diff(git.folder, "net:build", "--git", "main")
    assert code == 2
    assert "net:build at main is imported from the working tree: " in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("own.net:build", "--git", "mian"), "there is no revision 'mian' in this repository"),
        (("own.net:build", "--git", "--force"), "there is no revision '--force'"),
        (("own.net:build", "--git", ""), "there is no revision ''"),
        (("own.new:build", "--git", "main"), "at main: 'own.new' cannot be imported: ModuleNotFoundError"),
        (("own.net:other", "--git", "main"), "at main: 'own.net' has no 'other'"),
        (("own.net:build",), "BEFORE and AFTER, or of one TARGET with --git"),
        (("own.net:build", "own.net:build", "--git", "main"), "BEFORE and AFTER, or of one TARGET with --git"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_left(arguments, message, git):
    (git.folder / "src" / "own" / "new.py").write_text(MODEL)
    before = left_behind(git)
    code, _, err = diff(git.folder / "src", *arguments)
    assert code == 2
    assert message in err
    assert left_behind(git) == before


def test_a_folder_that_is_new_has_no_base(git):
    (git.folder / "added").mkdir()
    code, _, err = diff(git.folder / "added", "summarykit.examples:sequential", "--git", "main")
    assert code == 2
    assert "main has no folder 'added'" in err
    assert "there is no base" in err


def test_no_repository_and_no_git_are_told(tmp_path):
    programs.require("git")
    code, _, err = diff(
        tmp_path, "summarykit.examples:sequential", "--git", "main", GIT_CEILING_DIRECTORIES=str(tmp_path.parent)
    )
    assert (code, "there is no git repository here" in err) == (2, True)
    code, _, err = diff(tmp_path, "summarykit.examples:sequential", "--git", "main", PATH="")
    assert (code, "git cannot be run" in err) == (2, True)
