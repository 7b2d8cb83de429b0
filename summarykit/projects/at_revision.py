"""``summary_at()`` and ``models_at()``: summaries as they are at a revision of git, built apart from the working tree.

The revision is checked out beside, and models are built there by a Python of its own: what stands in the working tree,
or is loaded already, has no part in it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from summarykit.api import load
from summarykit.errors import RevisionError, SummaryKitError, TargetError
from summarykit.projects.git_checkout import Checkout, Revision, checked_out, clean_environment
from summarykit.projects.targets import is_path
from summarykit.projects.worker import ANSWER
from summarykit.result import Summary

#: Run by the other Python: summarykit is this one, all else comes from the checkout.
_CHILD = """
import json, sys
asked = json.loads(sys.argv[1])
sys.path.insert(0, asked["home"])
import summarykit.projects.worker
sys.path[:] = asked["paths"]
summarykit.projects.worker.main(asked)
"""


class Base(NamedTuple):
    """One model as it is at a revision: its summary, or why there is none."""

    summary: Summary | None
    error: SummaryKitError | None = None

    @property
    def new(self) -> bool:
        """Whether there is no such model at the revision."""
        return self.summary is None and self.error is None


def summary_at(
    revision: Revision, target: str, arguments: Sequence[str] = (), sizes: Sequence[str] = (), *, meta: bool = False
) -> Summary | None:
    """Return the summary of *target* as it is at *revision*; None where its module, attribute or path is not there.

    Args:
        revision: The revision.
        target: What to build there: ``package.module:attribute``, a folder, a file.
        arguments: As for ``summary_of_target``; like the next two.
        sizes: As for ``summary_of_target``.
        meta: As for ``summary_of_target``.

    Raises:
        RevisionError: It cannot be checked out, or what was built there comes from somewhere else.
        TargetError: It is there, and cannot be built.

    """
    path = is_path(target)
    if path and Path(target).is_absolute():
        place = Path(target).resolve()
        if not place.is_relative_to(revision.root):
            raise RevisionError(f"{target!r} is outside of the repository", hint="give a path inside of it")
        target = os.path.relpath(place, Path.cwd().resolve())
    asked = {"target": target, "arguments": list(arguments), "sizes": list(sizes), "meta": meta, "is_path": path}
    (base,) = _built(revision, asked, target).values()
    if base.error:
        raise base.error
    return base.summary


def models_at(revision: Revision, names: Sequence[str] = ()) -> Mapping[str, Base]:
    """Return the models that pyproject.toml names at *revision*, as they are there; only *names*, where there are some.

    Raises:
        RevisionError: It cannot be checked out, its pyproject.toml is not of its form, or what was built there comes
            from somewhere else.

    """
    return _built(revision, {"target": None, "names": list(names)}, "a model")


def _built(revision: Revision, asked: Mapping[str, Any], what: str) -> dict[str, Base]:
    with checked_out(revision) as checkout, tempfile.TemporaryDirectory(prefix="summarykit-") as made:
        out = Path(made).resolve()
        answer = _answer(revision, checkout, asked, out)
        if answer["outside"]:
            told = f"{what} at {revision.name} is imported from the working tree: {answer['outside']}"
            raise RevisionError(
                told, hint="install the project so that its folder is on the path, or run from that folder"
            )
        if error := answer["error"]:
            raise RevisionError(f"at {revision.name}: {_here(error['what'], checkout)}", hint=error["hint"])
        return {name: _base(found, revision, checkout, out) for name, found in answer["models"].items()}


def _answer(revision: Revision, checkout: Checkout, asked: Mapping[str, Any], out: Path) -> dict[str, Any]:
    """Return what the other Python tells; it runs in the folder of the checkout that the current one is in here."""
    folder = checkout.tree / Path.cwd().resolve().relative_to(revision.root)
    folder.mkdir(parents=True, exist_ok=True)  # where it is new, it is empty: nothing is found there
    given = {
        **asked,
        "home": str(Path(__file__).parents[2]),
        "paths": _paths(revision.root, checkout.tree),
        "root": str(revision.root),
        "tree": str(checkout.tree),
        "out": str(out),
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", _CHILD, json.dumps(given)],
        cwd=folder, env=clean_environment(), capture_output=True, encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip
    try:
        answer: dict[str, Any] = json.loads((out / ANSWER).read_text(encoding="utf-8"))
    except FileNotFoundError:
        said = _here(done.stderr.strip(), checkout) or f"Python ends with code {done.returncode}"
        raise TargetError(f"at {revision.name}: {said}", hint=_HINT) from None
    return answer


_HINT = "build it there by hand, or compare with a revision where it can be built"


def _base(found: Mapping[str, Any], revision: Revision, checkout: Checkout, out: Path) -> Base:
    if "file" in found:
        return Base(load(out / found["file"]))
    lost = ", ".join(map(repr, checkout.left_out))
    if found["missing"] and not lost:
        return Base(None)
    hint = _HINT
    if lost:
        hint = f"the submodule {lost} is not on this machine as {revision.name} has it; fetch it with git submodule"
    return Base(None, TargetError(f"at {revision.name}: {_here(found['what'], checkout)}", hint=hint))


def _here(said: str, checkout: Checkout) -> str:
    """Return a message with paths as they are in the repository."""
    return said.replace(f"{checkout.tree}{os.sep}", "")


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
