"""A target compared with itself at a revision of git: built apart, the working tree as it was, nothing left behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import programs

ROOT = Path(__file__).resolve().parents[2]
MODEL = (
    "from torch import nn\nfrom own.size import WIDTH\n\ndef build(more=0):\n    return nn.Linear(16, WIDTH + more)\n"
)
LINEAR = "from torch import nn\n\ndef build():\n    return nn.Linear(2, 2)\n"


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


def check(folder, *arguments):
    command = [sys.executable, "-m", "summarykit", "check", *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
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


def test_a_folder_put_on_the_path_by_code_stands_for_that_of_the_checkout(git):
    (git.folder / "net.py").write_text(
        f"import sys\nsys.path.insert(0, {str(git.folder / 'src')!r})\nfrom own.net import build\n"
    )
    git("add", ".")
    git("commit", "--quiet", "-m", "second")
    (git.folder / "src" / "own" / "size.py").write_text("WIDTH = 8\n")
    code, out, err = diff(git.folder, "net:build", "--git", "main")
    assert code == 0, err
    assert "+68 parameters" in out


def test_a_module_loaded_from_the_working_tree_by_its_path_is_an_error_that_names_it(git):
    place = str(git.folder / "src" / "own" / "net.py")
    (git.folder / "net.py").write_text(
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('by_path', {place!r})\n"
        "module = sys.modules['by_path'] = importlib.util.module_from_spec(spec)\n"
        f"sys.path.insert(0, {str(git.folder / 'src')!r})\n"
        "spec.loader.exec_module(module)\nbuild = module.build\n"
    )
    git("add", ".")
    git("commit", "--quiet", "-m", "second")
    code, _, err = diff(git.folder, "net:build", "--git", "main")
    assert code == 2
    assert f"module 'by_path' at main was imported from {place}, not from the repository's files" in err
    assert "hint: " in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("own.net:build", "--git", "mian"), "there is no revision 'mian' in this repository"),
        (("own.net:build", "--git", "--force"), "there is no revision '--force'"),
        (("own.net:build", "--git", ""), "there is no revision ''"),
        (("own.nwe:build", "--git", "main"), "'own.nwe' cannot be imported: ModuleNotFoundError"),
        (("own.net:biuld", "--git", "main"), "'own.net' has no 'biuld'"),
        (("/", "--git", "main"), "'/' is outside of the repository"),
        (("own.net:build",), "BEFORE and AFTER, or of one TARGET with --git"),
        (("own.net:build", "own.net:build", "--git", "main"), "BEFORE and AFTER, or of one TARGET with --git"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_left(arguments, message, git):
    before = left_behind(git)
    code, _, err = diff(git.folder / "src", *arguments)
    assert code == 2
    assert message in err
    assert left_behind(git) == before


def test_a_target_that_is_not_there_at_the_revision_is_new(git):
    package = git.folder / "src" / "own"
    (package / "net.py").write_text(
        MODEL + "\n\nclass Added(nn.Linear):\n    make = classmethod(lambda cls: cls(2, 3))\n"
    )
    (git.folder / "src" / "fresh").mkdir()
    (git.folder / "src" / "fresh" / "inner.py").write_text(MODEL)
    for target in ("own.net:Added.make", "fresh.inner:build"):
        code, out, err = diff(git.folder / "src", target, "--git", "main", "-o", "new.md", "-o", "new.html")
        assert code == 0, err
        assert "new, no base" in out
        text = (git.folder / "src" / "new.md").read_text("utf-8")
        assert text.startswith("<!-- summarykit:diff key=")
        assert "new, no base" in text
        assert "heckpoint" not in text  # there are none that could load


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import own.gone\n", "at main: 'own.broken' cannot be imported: ModuleNotFoundError: No module named 'own."),
        ("import os\nos._exit(7)\n", "at main: Python ends with code 7"),
    ],
)
def test_a_target_that_is_there_and_fails_is_no_new_one(text, message, git):
    (git.folder / "src" / "own" / "broken.py").write_text(text)
    git("add", ".")
    git("commit", "--quiet", "-m", "broken")
    (git.folder / "src" / "own" / "broken.py").write_text(MODEL)
    code, _, err = diff(git.folder / "src", "own.broken:build", "--git", "main")
    assert code == 2
    assert message in err
    assert "tree" not in err  # paths are those of the repository
    assert "summarykit/" not in err


def test_folders_and_files_are_taken_from_the_revision_too(git):
    for width in (4, 8):
        saved = str(git.folder / "kept.json")
        command = [sys.executable, "-m", "summarykit", "report", "torch.nn:Linear", "--arg", "in_features=2"]
        command += ["--arg", f"out_features={width}", "-o", saved]
        subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
        if width == 4:
            git("add", ".")
            git("commit", "--quiet", "-m", "kept")
    code, out, err = diff(git.folder, saved, "--git", "main")
    assert code == 0, err
    assert "+12 parameters" in out
    assert "new, no base" in diff(git.folder, "kept.json", "--git", "main~1")[1]


def test_a_folder_that_is_new_is_empty_at_the_revision(git):
    added = git.folder / "added"
    added.mkdir()
    (added / "net.py").write_text(LINEAR)
    code, out, err = diff(added, "net:build", "--git", "main")
    assert (code, "new, no base" in out) == (0, True), err
    code, out, err = diff(added, "summarykit.examples:sequential", "--git", "main")  # installed, there and here
    assert (code, "nothing changed" in out) == (0, True), err


@pytest.fixture
def submodule(git, tmp_path):
    """The repository with a submodule ``src/own/part``, which has one more inside, both of them changed since."""
    origins = {name: tmp_path / "origins" / name for name in ("part", "inner")}
    allowed = ("-c", "protocol.file.allow=always", "-c", "user.name=A", "-c", "user.email=a@b")

    def run(folder, *arguments):
        subprocess.run(["git", *allowed, *arguments], cwd=folder, capture_output=True, text=True, check=True)

    for name, folder in origins.items():
        folder.mkdir(parents=True)
        run(folder, "init", "--quiet")
        (folder / "size.py").write_text("WIDTH = 4\n")
        (folder / "__init__.py").write_text("")
        if name == "part":
            continue
        run(folder, "add", ".")
        run(folder, "commit", "--quiet", "-m", "one")
    run(origins["part"], "submodule", "add", "--quiet", str(origins["inner"]), "inner")
    (origins["part"] / "size.py").write_text("from own.part.inner.size import WIDTH\n")
    run(origins["part"], "add", ".")
    run(origins["part"], "commit", "--quiet", "-m", "one")
    run(git.folder, "submodule", "add", "--quiet", "--name", "a name", str(origins["part"]), "src/own/part")
    run(git.folder, "submodule", "update", "--init", "--recursive", "--quiet")
    (git.folder / "src" / "own" / "size.py").write_text("from own.part.size import WIDTH\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "with submodules")
    (git.folder / "src" / "own" / "part" / "inner" / "size.py").write_text("WIDTH = 8\n")
    return run


def test_submodules_are_filled_from_what_is_here(submodule, git):
    before = left_behind(git), git("submodule", "status", "--recursive")
    inner = git.folder / "src" / "own" / "part" / "inner"
    code, out, err = diff(git.folder / "src", "own.net:build", "--git", "main")
    assert code == 0, err
    assert "+68 parameters" in out
    assert (left_behind(git), git("submodule", "status", "--recursive")) == before
    assert (inner / "size.py").read_text() == "WIDTH = 8\n"
    (git.folder / "src" / "own" / "size.py").write_text("WIDTH = 8\n")
    submodule(git.folder, "submodule", "deinit", "--force", "--all")  # its objects stay in .git/modules
    code, out, err = diff(git.folder / "src", "own.net:build", "--git", "main")
    assert (code, "+68 parameters" in out) == (0, True), err


def test_a_submodule_that_is_not_here_is_told_and_nothing_is_called_new(submodule, git, tmp_path):
    clone = tmp_path / "clone"
    submodule(tmp_path, "clone", "--quiet", str(git.folder), str(clone))
    (clone / "src" / "own" / "size.py").write_text("WIDTH = 8\n")
    code, _, err = diff(clone / "src", "own.net:build", "--git", "HEAD")
    assert code == 2
    assert "at HEAD: 'own.net' cannot be imported: ModuleNotFoundError: No module named 'own.part.size'" in err
    assert (
        "HEAD needs a submodule that is not on this machine; fetch it: git submodule update --init src/own/part" in err
    )
    (clone / "src" / "own" / "part" / "net.py").write_text(LINEAR)
    code, _, err = diff(clone / "src", "own.part.net:build", "--git", "HEAD")
    assert (code, "is not on this machine" in err) == (2, True)


def test_no_repository_and_no_git_are_told(tmp_path):
    programs.require("git")
    code, _, err = diff(
        tmp_path, "summarykit.examples:sequential", "--git", "main", GIT_CEILING_DIRECTORIES=str(tmp_path.parent)
    )
    assert (code, "there is no git repository here" in err) == (2, True)
    code, _, err = diff(tmp_path, "summarykit.examples:sequential", "--git", "main", PATH="")
    assert (code, "git cannot be run" in err) == (2, True)


def test_increases_are_counted_from_a_revision(git):
    table = '[tool.summarykit.models.{0}]\ntarget = "{1}:build"\nmax_increase = "1%"\n'
    old, bad = table.format("old", "old"), table.format("bad", "bad")
    (git.folder / "old.py").write_text(LINEAR)
    (git.folder / "bad.py").write_text("1 / 0\n")
    (git.folder / "pyproject.toml").write_text(old + bad)
    git("add", ".")
    git("commit", "--quiet", "-m", "models")
    (git.folder / "old.py").write_text(LINEAR.replace("2, 2", "2, 3"))
    (git.folder / "bad.py").write_text(LINEAR)
    (git.folder / "new.py").write_text(LINEAR)
    (git.folder / "pyproject.toml").write_text(old + bad + table.format("fresh", "new"))
    before = left_behind(git)
    code, out, _ = check(git.folder, "--git", "main")
    assert code == 2
    assert "✗ old: 6 → 9 parameters (+3), and max_increase = 1% allows 6; grew most: Linear +3" in out
    assert "✗ bad: cannot be checked: at main: " in out
    assert "new, no base" in out
    assert left_behind(git) == before
    assert check(git.folder, "old", "--git", "main")[0] == 1
    code, _, err = check(git.folder, "bad", "--git", "main")
    assert (code, "ZeroDivisionError" in err) == (2, True)
    assert "no revision 'mian'" in check(git.folder, "--git", "mian")[2]
    assert "base and git are both given" in check(git.folder, "--git", "main", "--base", ".")[2]
    git("commit", "--quiet", "-a", "-m", "grown")
    assert check(git.folder, "old", "fresh", "--git", "HEAD")[0] == 0
