"""``find_revision()`` and ``checked_out()``: a revision of git beside the working tree.

Nothing is written to the repository; no hook and no filter is run, and there is no network.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from summarykit.errors import RevisionError

#: What a hook or a caller may have set, and would lead git to another repository.
_GIT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
#: Messages in English, no question, no lock, and no object of a partial clone from the network.
_QUIET = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
_GITLINK = "160000"
#: So many letters of a commit are shown.
_SHORT = 7
_THREE_DOTS = "..."
#: A commit by its number, as machines name it.
_HASH = re.compile(r"[0-9a-f]{8,64}")


class Revision(NamedTuple):
    """One revision of the repository around the current folder."""

    name: str  #: as it was given: ``"main"``, ``"main..."``
    commit: str
    root: Path  #: of the repository
    ahead: int = 0  #: commits that it has and the current branch has not

    @property
    def place(self) -> str:
        """The name with its commit, for readers: ``"main 1a2b3c4"``."""
        short = self.commit[:_SHORT]
        first, dots, second = self.name.partition(_THREE_DOTS)
        first = first[:_SHORT] if _HASH.fullmatch(first) else first
        return short if self.commit.startswith(first) else f"{first}{dots}{second} {short}"

    @property
    def note(self) -> str:
        """What a reader has to know of the comparison; empty where nothing is."""
        if not self.ahead:
            return ""
        commits = "1 commit" if self.ahead == 1 else f"{self.ahead:,} commits"
        return (
            f"this branch lacks {commits} of {self.name}, whose changes are part of this comparison; "
            f"--git {self.name}{_THREE_DOTS} leaves them out"
        )

    @property
    def source(self) -> str:
        """Where a comparison with the working tree comes from."""
        return f"{self.place} → here"


class Checkout(NamedTuple):
    """A revision checked out."""

    tree: Path
    files: tuple[str, ...]  #: that the revision has, relative to *tree*
    left_out: tuple[str, ...]  #: submodules whose commit is not on this machine; their folders are empty
    missing: tuple[str, ...]  #: files of a sparse, partial clone that are not on this machine
    filters: bool  #: whether some files are what a filter, such as LFS, keeps in git


def find_revision(name: str) -> Revision:
    """Return the revision of that name; of ``main...`` and ``main...HEAD`` the merge base.

    Raises:
        RevisionError: There is no git, no repository here, no such revision, or no merge base.

    """
    root = _root()
    if _THREE_DOTS not in name and ".." in name:
        first = name.partition("..")[0]
        raise RevisionError(
            f"{name!a} is a range, and one revision is compared with the working tree",
            hint=f"compare with where the branch began: --git {shlex.quote(first or 'main')}{_THREE_DOTS}",
        )
    first, dots, second = name.partition(_THREE_DOTS)
    commit = _commit(first)
    if not dots:
        behind = _run(("rev-list", "--count", f"HEAD..{commit}"))
        base = _run(("merge-base", commit, "HEAD"))
        ahead = int(behind.stdout) if not behind.returncode and not base.returncode else 0
        return Revision(name, commit, root, ahead)
    head = _commit("HEAD")
    if second and _commit(second) != head:
        raise RevisionError(
            f"{second!a} is not checked out, and the working tree is what is compared",
            hint=f"check it out, then leave it out: git switch {shlex.quote(second)}; --git {shlex.quote(first)}...",
        )
    process = _run(("merge-base", commit, head))
    if process.returncode:
        hint = "name a revision: git log --all --oneline lists them"
        if _is_shallow():
            hint = f"fetch the history: {_DEEPEN}"
        raise RevisionError(f"{first!a} and the current branch have no common commit here", hint=hint)
    return Revision(name, process.stdout.split()[0], root)


_DEEPEN = "git fetch --unshallow, or git fetch --deepen=100; in a workflow, fetch-depth: 0 of actions/checkout"


def _root() -> Path:
    process = _first_run(("rev-parse", "--show-toplevel"))
    message = process.stderr.strip().removeprefix("fatal: ")
    if "dubious ownership" in message:
        here = Path.cwd()
        root = next((each for each in (here, *here.parents) if (each / ".git").exists()), here)
        raise RevisionError(
            f"git does not trust the repository, which another user owns: {root}",
            hint=f"if you trust it: git config --global --add safe.directory {shlex.quote(str(root))}",
        )
    if process.returncode or not process.stdout.strip():
        raise RevisionError(
            f"there is no git repository here: {message}",
            hint="change to a folder of a repository, or create one: git init",
        )
    return Path(process.stdout.strip()).resolve()


def _commit(name: str) -> str:
    problem = f"there is no revision {name!a} in this repository"
    hint = "git branch --all lists what there is; in a fresh clone, fetch it first: git fetch origin NAME"
    if name and not name.startswith("-"):
        process = _first_run(("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"))
        if not process.returncode:
            return process.stdout.strip()
        if _run(("rev-parse", "--verify", "--quiet", "HEAD^{commit}")).returncode:
            problem = f"there is no revision {name!a}: the current branch has no commit yet"
            hint = "commit what there is, then compare with it: git add --all, git commit"
        elif _is_shallow():
            problem += ", which is a shallow clone"
            hint = f"fetch it: git fetch origin {shlex.quote(name)}; or the history: {_DEEPEN}"
    raise RevisionError(problem, hint=hint)


def _is_shallow() -> bool:
    return _run(("rev-parse", "--is-shallow-repository")).stdout.strip() == "true"


@contextmanager
def checked_out(revision: Revision) -> Iterator[Checkout]:
    """Write the files of a revision beside the working tree, and remove them again.

    Submodules are filled from what is on this machine. Files that a filter makes, such as those of LFS, are as they
    are in git.

    Raises:
        RevisionError: Git cannot write them.

    """
    with tempfile.TemporaryDirectory(prefix="summarykit-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder).resolve() / "tree"
        common = _run(("rev-parse", "--path-format=absolute", "--git-common-dir"), revision.root).stdout.strip()
        repository = _Repository(Path(common), revision.root)
        message = _write_files(repository, tree, revision.commit)
        files = _files(repository, revision.commit)
        missing = tuple(file for file in files if not os.path.lexists(tree / file)) if message else ()
        if message and not (missing and _is_sparse(repository)):
            raise RevisionError(
                f"{revision.name} cannot be checked out: {message.removeprefix('fatal: ').removeprefix('error: ')}",
                hint=_checkout_hint(repository, revision),
            )
        left_out = tuple(_fill(repository, tree, revision.commit))
        yield Checkout(tree, files, left_out, missing, _has_filters(repository, tree, files))


def _checkout_hint(repository: _Repository, revision: Revision) -> str:
    if repository.git("config", "--get-regexp", r"^remote\..*\.promisor$"):
        return (
            f"this is a partial clone; fetch the files of that revision: git archive {revision.commit} > {os.devnull}"
        )
    return "fix what git reports; git fsck looks for damage"


def _is_sparse(repository: _Repository) -> bool:
    return (_run(("config", "--type=bool", "core.sparseCheckout"), repository.tree).stdout or "").strip() == "true"


def _files(repository: _Repository, commit: str) -> tuple[str, ...]:
    """Return the files of a commit; submodules are none."""
    listing = repository.git("ls-tree", "-r", "-z", "--full-tree", commit) or ""
    pairs = (entry.partition("\t") for entry in listing.split("\0") if entry)
    return tuple(path for facts, _, path in pairs if not facts.startswith(_GITLINK))


def _has_filters(repository: _Repository, tree: Path, files: Sequence[str]) -> bool:
    """Return whether attributes of a checkout name a filter."""
    attributes = [tree / file for file in files if Path(file).name == ".gitattributes"]
    attributes.append(repository.folder / "info" / "attributes")
    texts = (path.read_text("utf-8", "replace") for path in attributes if path.is_file())
    return any("filter=" in text for text in texts)


class _Repository(NamedTuple):
    """Where the objects of a repository are, and its working tree, which may be empty or not there."""

    folder: Path
    tree: Path

    def git(self, *arguments: str) -> str | None:
        """Return what git prints; None where it fails."""
        process = self.run(*arguments)
        return None if process.returncode else process.stdout

    def run(self, *arguments: str, work: Path | None = None, index: str = "") -> subprocess.CompletedProcess[str]:
        """Run git without the filters of the repository; files are written to *work* alone."""
        # the working tree that a submodule's settings name may be gone
        places = (f"--git-dir={self.folder}", f"--work-tree={work or self.folder}")
        filters = _without_filters(places) if work else {}
        return _run((*places, *arguments), environment={**filters, **({"GIT_INDEX_FILE": index} if index else {})})


def _fill(repository: _Repository, place: Path, commit: str, inside: str = "") -> Iterator[str]:
    """Fill the submodules of a checkout at *place*, and yield those whose commit is not on this machine."""
    listing = repository.git("ls-tree", "-r", "-z", "--full-tree", commit) or ""
    links = [entry.partition("\t") for entry in listing.split("\0") if entry.startswith(_GITLINK)]
    names = _names(repository, commit) if links else {}
    for facts, _, path in links:
        sha, folder = facts.split()[2], place / path
        submodule = _submodule(repository, path, names.get(path, path))
        if submodule is None or _write_files(submodule, folder, sha):
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


def _write_files(repository: _Repository, folder: Path, commit: str) -> str:
    """Write the files of a commit to *folder*, by an index of its own; return what git says if it cannot."""
    if repository.git("cat-file", "-e", f"{commit}^{{commit}}") is None:
        return f"its commit {commit[:_SHORT]} is not here"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="summarykit-", ignore_cleanup_errors=True) as index_folder:
        index = str(Path(index_folder) / "index")
        every = ("checkout-index", "--all", "--force", "--quiet")
        for arguments in (("read-tree", commit), every):
            process = repository.run(*arguments, work=folder, index=index)
            if process.returncode:
                return process.stderr.strip() or f"git {arguments[0]} fails"
    return ""


def root_around(folder: Path) -> Path | None:
    """Return the root of the repository around *folder*; None without git, or where there is none."""
    try:
        process = _run(("rev-parse", "--show-toplevel"), folder)
    except OSError:
        return None
    return Path(process.stdout.strip()).resolve() if not process.returncode and process.stdout.strip() else None


def git_ignores(root: Path, file: str) -> bool:
    """Return whether git ignores a file of the repository at *root*; False without git."""
    try:
        return not _run(("check-ignore", "--quiet", "--", file), root).returncode
    except OSError:
        return False


def tracked_files(folder: Path, names: Sequence[str]) -> list[str]:
    """Return the files below *folder*, the root of a repository, that git tracks and that are called one of *names*."""
    patterns = [f":(glob)**/{name}" for name in names]
    process = _run(("ls-files", "-z", "--", *patterns), folder)
    return [file for file in process.stdout.split("\0") if file] if not process.returncode else []


def clean_environment() -> Mapping[str, str]:
    """Return the environment without what leads git or Python elsewhere."""
    variables = {name: value for name, value in os.environ.items() if name not in (*_GIT, "PYTHONPATH")}
    return {**variables, "PYTHONIOENCODING": "utf-8"}


def _without_filters(places: Sequence[str]) -> Mapping[str, str]:
    """Return the variables that switch off each filter there is in the settings of git, and sparse checkouts."""
    settings = _run((*places, "config", "-z", "--name-only", "--get-regexp", r"^filter\."))
    names = {key.removeprefix("filter.").rpartition(".")[0] for key in settings.stdout.split("\0") if key}
    off = {"core.sparseCheckout": "false", "index.sparse": "false"}
    for name in sorted(names):
        off |= {f"filter.{name}.smudge": "", f"filter.{name}.process": "", f"filter.{name}.required": "false"}
    variables = {"GIT_CONFIG_COUNT": str(len(off))}
    for at, (key, value) in enumerate(off.items()):
        variables |= {f"GIT_CONFIG_KEY_{at}": key, f"GIT_CONFIG_VALUE_{at}": value}
    return variables


def _run(
    arguments: Sequence[str], folder: Path | None = None, *, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run git, without hooks and network."""
    settings = (f"core.hooksPath={os.devnull}", "core.fsmonitor=false", "protocol.allow=never")
    command = ["git", *(each for setting in settings for each in ("-c", setting)), *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env={**clean_environment(), **_QUIET, **(environment or {})},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )


def _first_run(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run git where it may not be there.

    Raises:
        RevisionError: It cannot be run.

    """
    try:
        return _run(arguments)
    except (OSError, ValueError) as error:  # no git; a null character in a name
        raise RevisionError(
            f"git cannot be run: {error}", hint="install git, then check that it runs: git --version"
        ) from None
