"""``summary_at()`` and ``models_at()``: summaries of models as they are at a revision of git.

The revision is checked out in a temporary folder, and a separate Python process builds the models there. Nothing in the
working tree, and no module that is imported here, can change the result.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from summarykit.api import load
from summarykit.errors import RevisionError, SummaryKitError, TargetError
from summarykit.projects.git_checkout import Checkout, Revision, checked_out, clean_environment, tracked_files
from summarykit.projects.models import ProjectModel
from summarykit.projects.source_folders import BUILD_FILES
from summarykit.projects.targets import DEFAULT_BUILD, BuildArgs, is_path
from summarykit.projects.worker import ANSWER
from summarykit.result import Summary
from summarykit.settings import nearest_project

#: Run by the other Python: summarykit is this one, all else comes from the checkout.
_WORKER = """
import json, sys
request = json.loads(sys.argv[1])
sys.path.insert(0, request["home"])
import summarykit.projects.worker
sys.path[:] = request["paths"]
summarykit.projects.worker.main(request)
"""
_HINT = "build it there by hand, or compare with a revision where it can be built: git log lists them"


class Base(NamedTuple):
    """One model as it is at a revision: its summary, or why there is none."""

    summary: Summary | None
    error: SummaryKitError | None = None

    @property
    def new(self) -> bool:
        """Whether there is no such model at the revision."""
        return self.summary is None and self.error is None


def summary_at(revision: Revision, target: str, build: BuildArgs = DEFAULT_BUILD) -> Summary | None:
    """Return the summary of *target* as it is at *revision*; None if there is no such module, attribute or path.

    Raises:
        RevisionError: It cannot be checked out, or what was built there was imported from somewhere else.
        TargetError: The target exists there, and cannot be built.

    """
    path = is_path(target)
    if path and Path(target).is_absolute():
        place = Path(target).resolve()
        if not place.is_relative_to(revision.root):
            raise RevisionError(
                f"{target!r} is outside of the repository", hint=f"give a path inside of it, below {revision.root}"
            )
        target = os.path.relpath(place, Path.cwd().resolve())
    (base,) = _bases(revision, {"target": target, "build": build._asdict(), "is_path": path}).values()
    if base.error:
        raise base.error
    return base.summary


def models_at(revision: Revision, models: Sequence[ProjectModel], *, all_models: bool = False) -> Mapping[str, Base]:
    """Return *models* as they are at *revision*, by name; with *all_models*, others in pyproject.toml there too.

    Each is built as pyproject.toml says there. One that it does not name yet is built as it is now: the model may
    be older than its table.

    Raises:
        RevisionError: It cannot be checked out, its pyproject.toml is not of its form, or what was built there was
            imported from somewhere else.

    """
    tables = {
        model.name: {
            "folder": os.path.relpath(model.folder.resolve(), revision.root),
            "settings": dict(model.settings),
        }
        for model in models
        if model.folder.resolve().is_relative_to(revision.root)
    }
    names = [] if all_models else [model.name for model in models]
    return _bases(revision, {"target": None, "names": names, "models": tables})


def _bases(revision: Revision, request: Mapping[str, Any]) -> dict[str, Base]:
    with checked_out(revision) as checkout, tempfile.TemporaryDirectory(prefix="summarykit-") as folder:
        out = Path(folder).resolve()
        answer = _answer(revision, checkout, request, out)
        if copy := answer["copy"]:
            raise RevisionError(
                f"module {copy['module']!r} at {revision.name} was imported from {copy['file']}, "
                "not from the repository's files at that revision",
                hint=copy["hint"],
            )
        if error := answer["error"]:
            raise RevisionError(f"at {revision.name}: {_with_own_paths(error['what'], checkout)}", hint=error["hint"])
        return {name: _base(model, revision, checkout, out) for name, model in answer["models"].items()}


def _answer(revision: Revision, checkout: Checkout, request: Mapping[str, Any], out: Path) -> dict[str, Any]:
    """Return the answer of the other Python; it runs in the folder of the checkout that is the current one here."""
    here = Path.cwd().resolve().relative_to(revision.root)
    folder = checkout.tree / here
    folder.mkdir(parents=True, exist_ok=True)  # if the folder is new, it is empty at the revision: no module is in it
    request = {
        **request,
        "home": str(Path(__file__).parents[2]),
        "paths": _import_paths(revision.root, checkout.tree),
        "paths_now": [str(Path.cwd()), *(str(Path(entry or ".").resolve()) for entry in sys.path)],
        "root": str(revision.root),
        "tree": str(checkout.tree),
        "here": "" if here == Path() else here.as_posix(),
        "build_files": tracked_files(revision.root, BUILD_FILES),
        "build_files_then": [file for file in checkout.files if Path(file).name in BUILD_FILES],
        "out": str(out),
        "project": _project_inside(revision.root),
    }
    process = subprocess.run(
        [sys.executable, "-P", "-c", _WORKER, json.dumps(request)],
        cwd=folder, env=clean_environment(), capture_output=True, encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip
    try:
        answer: dict[str, Any] = json.loads((out / ANSWER).read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = _with_own_paths(process.stderr.strip(), checkout) or f"Python ends with code {process.returncode}"
        raise TargetError(f"at {revision.name}: {message}", hint=_HINT) from None
    return answer


def _project_inside(root: Path) -> str | None:
    """Return the pyproject.toml in use, relative to the repository; None if there is none inside it."""
    file = nearest_project(Path.cwd())
    file = file.resolve() if file else None
    return str(file.relative_to(root)) if file and file.is_relative_to(root) else None


def _base(model: Mapping[str, Any], revision: Revision, checkout: Checkout, out: Path) -> Base:
    if "file" in model:
        return Base(load(out / model["file"]))
    if model["missing"] and not (checkout.left_out or checkout.missing):
        return Base(None)
    hint = model["hint"] if model.get("no_module") else _HINT
    if checkout.left_out:
        submodules = " ".join(map(shlex.quote, checkout.left_out))
        hint = (
            f"{revision.name} needs a submodule that is not on this machine; fetch it: "
            f"git submodule update --init {submodules}"
        )
    elif checkout.missing:
        hint = (
            f"{len(checkout.missing):,} files of {revision.name} are not on this machine; "
            f"fetch them: git archive {revision.commit} > {os.devnull}"
        )
    elif checkout.filters:
        hint += "; files of a filter such as LFS are pointers there, since no filter is run"
    return Base(None, TargetError(f"at {revision.name}: {_with_own_paths(model['what'], checkout)}", hint=hint))


def _with_own_paths(message: str, checkout: Checkout) -> str:
    """Return a message with paths as they are in the repository."""
    return message.replace(f"{checkout.tree}{os.sep}", "")


def _import_paths(root: Path, tree: Path) -> list[str]:
    """Return ``sys.path`` for the other Python: folders of the repository become those of the checkout."""
    prefix = Path(sys.prefix).resolve()
    paths = []
    for entry in sys.path:
        path = Path(entry or ".").resolve()
        if path.is_relative_to(root) and not (path.is_relative_to(prefix) and prefix.is_relative_to(root)):
            path = tree / path.relative_to(root)
        paths.append(str(path))
    return paths
