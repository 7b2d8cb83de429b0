"""``summary_at()``: the summary of a target as it is at a revision of git, built apart from the working tree.

The revision is checked out beside, in a worktree of its own, and the target is built there by a Python of its own: what
stands in the working tree, or is loaded already, has no part in it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from summarykit.api import load
from summarykit.errors import RevisionError, TargetError
from summarykit.result import Summary

#: What a hook or a caller may have set, and would lead git to another repository.
_GIT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
_NEW = "where it is new there is no base, and 'summarykit report' tells of it alone"
#: Run by the other Python: summarykit is this one, all else comes from the checkout. Exit code 3: it did not.
_CHILD = """
import json, os, sys
home, paths, root, arguments = json.loads(sys.argv[1])
sys.path.insert(0, home)
import summarykit.cli
sys.path[:] = paths
code = summarykit.cli.main(arguments)
own = os.path.join(home, "summarykit", "")
for module in list(sys.modules.values()):
    file = os.path.realpath(getattr(module, "__file__", None) or os.sep)
    if file.startswith(root + os.sep) and not file.startswith((os.path.realpath(sys.prefix) + os.sep, own)):
        sys.stderr.write(file)
        sys.exit(3)
sys.exit(code)
"""


class Revision(NamedTuple):
    """One revision of the repository around the current folder."""

    name: str  #: as it was given: ``"main"``
    commit: str
    root: Path  #: of the repository


def find_revision(name: str) -> Revision:
    """Return the revision of that name.

    Raises:
        RevisionError: There is no git, no repository here, or no such revision.

    """
    root = _git(
        "rev-parse", "--show-toplevel", problem="there is no git repository here", hint="run from inside of one"
    )
    missing = {
        "problem": f"there is no revision {name!a} in this repository",
        "hint": "look at the spelling; in a fresh clone it may be origin/NAME, and has to be fetched first",
    }
    if not name or name.startswith("-"):
        raise RevisionError(missing["problem"], hint=missing["hint"])
    commit = _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", **missing)
    return Revision(name, commit, Path(root).resolve())


def summary_at(revision: Revision, target: str, options: Sequence[str] = ()) -> Summary:
    """Return the summary of *target* at *revision*; *options* are those of ``summarykit report``.

    Nothing is left of the checkout, whatever happens; the working tree is not touched.

    Raises:
        RevisionError: The revision cannot be checked out, or the target is imported from somewhere else.
        TargetError: The target cannot be built there.

    """
    with _checked_out(revision) as tree:
        out = tree.parent / "summary.json"
        here = Path.cwd().resolve()
        folder = tree / here.relative_to(revision.root)
        if not folder.is_dir():
            raise TargetError(f"{revision.name} has no folder {here.name!r} to run {target} from", hint=_NEW)
        given = [str(Path(__file__).parents[1]), _paths(revision.root, tree), str(revision.root)]
        command = json.dumps([*given, ["report", target, *options, "-o", str(out)]])
        done = subprocess.run(
            [sys.executable, "-P", "-c", _CHILD, command],
            cwd=folder, env=_environment(), capture_output=True, encoding="utf-8", errors="replace", check=False,
        )  # fmt: skip
        said = done.stderr.replace(f"{tree}{os.sep}", "").strip()
        if done.returncode == 3:
            what = f"{target} at {revision.name} is imported from the working tree: {said}"
            raise RevisionError(
                what, hint="install the project so that its folder is on the path, or run from that folder"
            )
        if done.returncode or not out.exists():
            what = said.removeprefix("summarykit: ").partition("\n  hint:")[0]
            raise TargetError(f"at {revision.name}: {what or 'it cannot be built'}", hint=_NEW)
        return load(out)


@contextmanager
def _checked_out(revision: Revision) -> Iterator[Path]:
    """Check a revision out beside the working tree, and take it away again."""
    with tempfile.TemporaryDirectory(prefix="summarykit-", ignore_cleanup_errors=True) as made:
        tree = Path(made).resolve() / "tree"
        told = {"problem": f"{revision.name} cannot be checked out", "hint": "look at what git says"}
        try:
            _git("worktree", "add", "--detach", "--quiet", str(tree), revision.commit, **told)
            yield tree
        finally:
            for arguments in (("worktree", "remove", "--force", "--force", str(tree)), ("worktree", "prune")):
                _run(arguments, revision.root)


def _paths(root: Path, tree: Path) -> list[str]:
    """Return where the other Python looks for modules: folders of the repository are those of the checkout."""
    prefix = Path(sys.prefix).resolve()
    found = []
    for entry in sys.path:
        path = Path(entry or ".").resolve()
        if path.is_relative_to(root) and not (path.is_relative_to(prefix) and prefix.is_relative_to(root)):
            path = tree / path.relative_to(root)
        found.append(str(path))
    return found


def _environment() -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in (*_GIT, "PYTHONPATH")}
    return {**kept, "PYTHONIOENCODING": "utf-8"}


def _run(arguments: Sequence[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = ["git", "-c", f"core.hooksPath={os.devnull}", *arguments]
    return subprocess.run(
        command, cwd=folder, env=_environment(), capture_output=True, encoding="utf-8", errors="replace", check=False
    )


def _git(*arguments: str, problem: str, hint: str) -> str:
    """Return what git prints.

    Raises:
        RevisionError: It fails, or there is none.

    """
    try:
        done = _run(arguments)
    except (OSError, ValueError) as error:  # no git; a null character in a name
        raise RevisionError(f"git cannot be run: {error}", hint="install git") from None
    if done.returncode:
        said = done.stderr.strip().removeprefix("fatal: ")
        raise RevisionError(f"{problem}: {said}" if said else problem, hint=hint)
    return done.stdout.strip()
