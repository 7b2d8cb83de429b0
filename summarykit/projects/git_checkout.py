"""``checked_out()``: a revision of git beside the working tree, submodules included, without a hook or network."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from summarykit.errors import RevisionError

#: What a hook or a caller may have set, and would lead git to another repository.
_GIT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
_GITLINK = "160000"


class Revision(NamedTuple):
    """One revision of the repository around the current folder."""

    name: str  #: as it was given: ``"main"``
    commit: str
    root: Path  #: of the repository


class Checkout(NamedTuple):
    """A revision checked out."""

    tree: Path
    left_out: tuple[str, ...]  #: submodules whose commit is not on this machine; their folders are empty


def find_revision(name: str) -> Revision:
    """Return the revision of that name.

    Raises:
        RevisionError: There is no git, no repository here, or no such revision.

    """
    root = _git(
        "rev-parse",
        "--show-toplevel",
        problem="there is no git repository here",
        hint="change to a folder of a repository, or create one: git init",
    )
    missing = {
        "problem": f"there is no revision {name!a} in this repository",
        "hint": "git branch --all lists what there is; in a fresh clone, fetch it first: git fetch origin NAME",
    }
    if not name or name.startswith("-"):
        raise RevisionError(missing["problem"], hint=missing["hint"])
    commit = _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", **missing)
    return Revision(name, commit, Path(root).resolve())


@contextmanager
def checked_out(revision: Revision) -> Iterator[Checkout]:
    """Check a revision out beside the working tree, and remove it again.

    Submodules are filled from what is on this machine; their own repositories are only read.

    Raises:
        RevisionError: Git cannot check it out.

    """
    with tempfile.TemporaryDirectory(prefix="summarykit-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder).resolve() / "tree"
        messages = {
            "problem": f"{revision.name} cannot be checked out",
            "hint": "fix what git reports; git worktree prune removes old checkouts",
        }
        try:
            _git("worktree", "add", "--detach", "--quiet", str(tree), revision.commit, **messages)
            common = _git("rev-parse", "--path-format=absolute", "--git-common-dir", **messages)
            yield Checkout(tree, tuple(_fill(_Repository(Path(common), revision.root), tree, revision.commit)))
        finally:
            for arguments in (("worktree", "remove", "--force", "--force", str(tree)), ("worktree", "prune")):
                _run(arguments, revision.root)


class _Repository(NamedTuple):
    """Where the objects of a repository are, and its working tree, which may be empty or not there."""

    folder: Path
    tree: Path

    def git(self, *arguments: str, work: Path | None = None, index: str = "") -> str | None:
        """Return what git prints; None where it fails. Files are written to *work* alone."""
        # the working tree that a submodule's settings name may be gone
        process = _run((f"--git-dir={self.folder}", f"--work-tree={work or self.folder}", *arguments), index=index)
        return None if process.returncode else process.stdout


def _fill(repository: _Repository, place: Path, commit: str, inside: str = "") -> Iterator[str]:
    """Fill the submodules of a checkout at *place*, and yield those whose commit is not on this machine."""
    listing = repository.git("ls-tree", "-r", "-z", "--full-tree", commit) or ""
    links = [entry.partition("\t") for entry in listing.split("\0") if entry.startswith(_GITLINK)]
    names = _names(repository, commit) if links else {}
    for facts, _, path in links:
        sha, folder = facts.split()[2], place / path
        submodule = _submodule(repository, path, names.get(path, path))
        if submodule is None or not _write_files(submodule, folder, sha):
            yield inside + path
        else:
            yield from _fill(submodule, folder, sha, f"{inside}{path}/")


def _names(repository: _Repository, commit: str) -> dict[str, str]:
    """Return what the submodules of a commit are called, by path."""
    output = repository.git("config", "--blob", f"{commit}:.gitmodules", "-z", "--get-regexp", r"^submodule\..*\.path$")
    pairs = (entry.partition("\n") for entry in (output or "").split("\0") if entry)
    return {path: key.removeprefix("submodule.").removesuffix(".path") for key, _, path in pairs}


def _submodule(repository: _Repository, path: str, name: str) -> _Repository | None:
    """Return the repository of a submodule on this machine; None where there is none."""
    here = repository.tree / path
    if (here / ".git").exists():
        process = _run(("rev-parse", "--absolute-git-dir"), here)
        if not process.returncode:
            return _Repository(Path(process.stdout.strip()), here)
    git_folder = repository.folder / "modules" / name
    inside = ".." not in Path(name).parts and not Path(name).is_absolute()
    return _Repository(git_folder, here) if inside and (git_folder / "HEAD").is_file() else None


def _write_files(repository: _Repository, folder: Path, commit: str) -> bool:
    """Write the files of a commit to *folder*, by an index of its own; return whether they are there."""
    if repository.git("cat-file", "-e", f"{commit}^{{commit}}") is None:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="summarykit-", ignore_cleanup_errors=True) as index_folder:
        index = str(Path(index_folder) / "index")
        output = repository.git("read-tree", commit, work=folder, index=index)
        every = ("checkout-index", "--all", "--force", "--quiet")
        return output is not None and repository.git(*every, work=folder, index=index) is not None


def root_around(folder: Path) -> Path | None:
    """Return the root of the repository around *folder*; None without git, or where there is none."""
    try:
        process = _run(("rev-parse", "--show-toplevel"), folder)
    except OSError:
        return None
    return Path(process.stdout.strip()).resolve() if not process.returncode and process.stdout.strip() else None


def tracked_files(folder: Path, names: Sequence[str]) -> list[str]:
    """Return the files below *folder*, the root of a repository, that git tracks and that are called one of *names*."""
    patterns = [f":(glob)**/{name}" for name in names]
    process = _run(("ls-files", "-z", "--", *patterns), folder)
    return [file for file in process.stdout.split("\0") if file] if not process.returncode else []


def clean_environment() -> Mapping[str, str]:
    """Return the environment without what leads git or Python elsewhere."""
    variables = {name: value for name, value in os.environ.items() if name not in (*_GIT, "PYTHONPATH")}
    return {**variables, "PYTHONIOENCODING": "utf-8"}


def _run(arguments: Sequence[str], folder: Path | None = None, *, index: str = "") -> subprocess.CompletedProcess[str]:
    """Run git; with an *index* of its own it fetches nothing either."""
    command = ["git", "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", *arguments]
    own = {"GIT_INDEX_FILE": index, "GIT_NO_LAZY_FETCH": "1"} if index else {}
    environment = {**clean_environment(), **own}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )


def _git(*arguments: str, problem: str, hint: str) -> str:
    """Return what git prints.

    Raises:
        RevisionError: It fails, or there is none.

    """
    try:
        process = _run(arguments)
    except (OSError, ValueError) as error:  # no git; a null character in a name
        raise RevisionError(
            f"git cannot be run: {error}", hint="install git, then check that it runs: git --version"
        ) from None
    if process.returncode:
        message = process.stderr.strip().removeprefix("fatal: ")
        raise RevisionError(f"{problem}: {message}" if message else problem, hint=hint)
    return process.stdout.strip()
