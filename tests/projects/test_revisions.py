"""Which base a branch is compared with, and the states in which repositories are found."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import programs

ROOT = Path(__file__).resolve().parents[2]
MODEL = "from torch import nn\n\ndef build():\n    return nn.Linear(16, {})\n"


class Git:
    """A repository with one commit on ``main``, in which ``net:build`` has 16 inputs and four outputs."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, *arguments, folder=None):
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@b", "-c", "protocol.file.allow=always", *arguments]
        done = subprocess.run(command, cwd=folder or self.folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def write(self, width, message="more"):
        (self.folder / "net.py").write_text(MODEL.format(width))
        self("add", ".")
        self("commit", "--quiet", "-m", message)

    def clone(self, name, *options):
        self("clone", "--quiet", *options, f"file://{self.folder}", str(self.folder.parent / name))
        return Git(self.folder.parent / name)

    def run(self, *arguments, **variables):
        env = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
        done = subprocess.run(
            [sys.executable, "-m", "summarykit", *arguments],
            cwd=self.folder, env=env, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def diff(self, revision, *arguments, **variables):
        return self.run("diff", "net:build", "--git", revision, *arguments, **variables)


@pytest.fixture
def git(tmp_path):
    programs.require("git")
    own = Git(tmp_path / "own")
    own("init", "--quiet")
    own("symbolic-ref", "HEAD", "refs/heads/main")
    own.write(4)
    return own


@pytest.fixture
def branch(git):
    """A branch that adds one output, from a main that has since added 100."""
    git("switch", "--quiet", "--create", "feature")
    git.write(5)
    git("switch", "--quiet", "main")
    git.write(104)
    git("switch", "--quiet", "feature")
    return git


def test_three_dots_compare_with_where_the_branch_began(branch):
    base = branch("merge-base", "main", "feature")[:7]
    for revision in ("main...", "main...HEAD", "main...feature"):
        code, out, err = branch.diff(revision, "-o", "pr.md")
        assert code == 0, err
        assert "+17 parameters" in out
        assert f"net:build at {revision} {base} → here" in out
        assert "lacks" not in out
        assert "+17 parameters" in (branch.folder / "pr.md").read_text("utf-8")


def test_a_branch_that_is_behind_is_told_so_in_each_format(branch):
    names = [f"pr.{suffix}" for suffix in ("md", "html", "txt", "json")]
    code, out, err = branch.diff("main", *(part for name in names for part in ("-o", name)))
    assert code == 0, err
    assert "−1,683 parameters" in out
    said = "his branch lacks 1 commit of main, whose changes are part"
    for text in (out, *((branch.folder / name).read_text("utf-8") for name in names)):
        words = " ".join(text.split())
        assert said in words
        assert "main..." in words
    assert "lacks" not in branch.diff("HEAD~1")[1]


def test_all_models_and_increases_have_the_same_base(branch):
    table = '[tool.summarykit.models.net]\ntarget = "net:build"\nmax_increase = 20\n'
    (branch.folder / "pyproject.toml").write_text(table)
    code, out, err = branch.run("diff", "--all", "--git", "main...")
    assert (code, "+17" in out) == (0, True), err
    assert "lacks" not in out
    code, out, err = branch.run("diff", "--all", "--git", "main", "-o", "all.md", "-o", "{name}.html")
    assert code == 0, err
    for text in (out, (branch.folder / "all.md").read_text("utf-8"), (branch.folder / "net.html").read_text("utf-8")):
        assert " ".join(text.split()).count("lacks 1 commit of main") == 1
    code, out, err = branch.run("check", "--git", "main...")
    assert code == 0, out + err
    code, out, err = branch.run("check", "--git", "main")
    assert "This branch lacks 1 commit of main" in out
    assert "--git main... leaves them out" in branch.run("check", "--git", "main", "--json")[1]


@pytest.mark.parametrize(
    ("revision", "what", "hint"),
    [
        ("main..HEAD", "'main..HEAD' is a range", "--git main..."),
        ("..", "'..' is a range", "--git main..."),
        ("...", "there is no revision ''", "git branch --all"),
        ("", "there is no revision ''", "git branch --all"),
        ("--force...", "there is no revision '--force'", "git branch --all"),
        ("main...main", "'main' is not checked out", "git switch main"),
        ("main...none", "there is no revision 'none'", "git branch --all"),
    ],
)
def test_a_name_that_is_no_base_says_what_to_type(revision, what, hint, branch):
    code, out, err = branch.diff(revision)
    assert (code, out) == (2, "")
    assert what in err
    assert hint in err


def test_a_shallow_clone_says_how_to_get_the_history(branch):
    first = branch("rev-list", "--max-parents=0", "HEAD")
    shallow = branch.clone("shallow", "--depth=1", "--no-single-branch", "--branch=feature")
    for revision, what in (
        (first, f"there is no revision '{first}' in this repository, which is a shallow clone"),
        ("v1", "there is no revision 'v1' in this repository, which is a shallow clone"),
        ("origin/main...", "'origin/main' and the current branch have no common commit here"),
    ):
        code, _, err = shallow.diff(revision)
        assert code == 2
        assert what in err
        assert "git fetch --deepen" in err
        assert "fetch-depth: 0" in err
    shallow("fetch", "--quiet", "--unshallow")
    code, out, err = shallow.diff("origin/main...")
    assert (code, "+17 parameters" in out) == (0, True), err


def test_branches_without_a_common_commit(git):
    git("switch", "--quiet", "--orphan", "other")
    git.write(5)
    code, _, err = git.diff("main...")
    assert code == 2
    assert "have no common commit here" in err
    assert git.diff("main")[0] == 0


def test_a_branch_without_a_commit(tmp_path):
    programs.require("git")
    own = Git(tmp_path / "new")
    own("init", "--quiet")
    (own.folder / "net.py").write_text(MODEL.format(4))
    code, _, err = own.diff("HEAD")
    assert code == 2
    assert "the current branch has no commit yet" in err
    assert "git commit" in err


def test_a_repository_of_another_owner(git):
    code, _, err = git.diff("main", GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert code == 2
    assert "git does not trust the repository" in err
    assert f"git config --global --add safe.directory {git.folder}" in err


def test_a_partial_clone_fetches_nothing_and_says_how_to(git):
    git("config", "uploadpack.allowFilter", "true")
    git.write(5)
    partial = git.clone("partial", "--filter=blob:none")
    code, _, err = partial.diff("HEAD~1")
    assert code == 2
    assert "HEAD~1 cannot be checked out" in err
    command = next(line for line in err.splitlines() if "git archive" in line).partition("revision: ")[2]
    subprocess.run(command, shell=True, cwd=partial.folder, check=True)
    code, out, err = partial.diff("HEAD~1")
    assert (code, "+17 parameters" in out) == (0, True), err


def test_a_sparse_checkout_is_no_sparse_base(git):
    (git.folder / "part").mkdir()
    (git.folder / "part" / "size.py").write_text("WIDTH = 6\n")
    (git.folder / "net.py").write_text("from part.size import WIDTH\n" + MODEL.format("WIDTH"))
    git("add", ".")
    git("commit", "--quiet", "-m", "part")
    git("sparse-checkout", "set", "--no-cone", "/*.py")
    assert not (git.folder / "part").exists()
    git.write(7)
    code, out, err = git.diff("HEAD~1")
    assert (code, "+17 parameters" in out) == (0, True), err


def test_filters_are_never_run(git):
    ran = git.folder.parent / "ran"
    (git.folder / ".gitattributes").write_text("*.bin filter=big\n")
    (git.folder / "size.bin").write_text("6")
    (git.folder / "net.py").write_text(MODEL.format("int(open('size.bin').read())"))
    git("add", ".")
    git("commit", "--quiet", "-m", "big")
    git.write("1 / 0")
    for key in ("smudge", "process"):
        git("config", f"filter.big.{key}", f"touch {ran}; cat")
    git("config", "filter.big.required", "true")
    (git.folder / "size.bin").write_text("7")
    (git.folder / "net.py").write_text(MODEL.format(7))
    code, out, err = git.diff("main~1")
    assert (code, "+17 parameters" in out) == (0, True), err
    assert "no filter is run" in git.diff("main")[2]  # the likely cause of a model that fails there
    assert not ran.exists()


def test_nothing_is_written_to_the_repository(git):
    files = {path: path.stat().st_mtime_ns for path in (git.folder / ".git").rglob("*") if path.is_file()}
    for revision in ("main", "HEAD...", "mian"):
        git.diff(revision)
    assert files == {path: path.stat().st_mtime_ns for path in (git.folder / ".git").rglob("*") if path.is_file()}


def test_two_at_once_do_not_meet(branch):
    command = [sys.executable, "-m", "summarykit", "diff", "net:build", "--git", "main..."]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(branch.folder.parent)}
    runs = [subprocess.Popen(command, cwd=branch.folder, env=env, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert all("+17 parameters" in run.communicate()[0] for run in runs)
    assert not list(branch.folder.parent.glob("summarykit-*"))


def test_a_copy_without_git(git, tmp_path):
    shutil.copytree(git.folder, tmp_path / "copy", ignore=shutil.ignore_patterns(".git"))
    code, _, err = Git(tmp_path / "copy").diff("main")
    assert code == 2
    assert "there is no git repository here" in err
