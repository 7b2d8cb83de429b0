"""What the other Python of ``at_revision`` does: it builds models in a checkout, and writes the result of each.

Its answer is ``answer.json`` in the folder ``out``; beside it is the summary of each model that was built.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from summarykit.errors import MissingFileError, MissingTargetError, SummaryKitError, TargetError
from summarykit.projects.import_origins import CheckoutFinder, Repository, foreign_modules
from summarykit.projects.models import ProjectModel, project_models, summary_of
from summarykit.projects.source_folders import read_source_folders
from summarykit.projects.targets import BuildArgs, summary_of_target
from summarykit.result import Summary
from summarykit.settings import FILE, nearest_project, project_of, using_project

ANSWER = "answer.json"


def main(request: Mapping[str, Any]) -> None:
    """Build what *request* names, and write the answer.

    Args:
        request: ``out``, a folder; ``tree``, the checkout; ``root``, the working tree, from which nothing may be
            imported, and the build files of both; ``project``, the pyproject.toml in use, relative to the tree, or
            None; and ``target`` with ``build``, the fields of ``BuildArgs``, or ``names`` of models of the project
            (all if there are none), and ``models``, the tables of those that are in it now.

    """
    out, root, tree = (Path(request[name]) for name in ("out", "root", "tree"))
    now = Repository(root, read_source_folders(root, request["build_files"], request["here"]))
    then = Repository(tree, read_source_folders(tree, request["build_files_then"], request["here"]))
    finder = CheckoutFinder(now, then, request["paths_now"])
    sys.meta_path.insert(0, finder)
    answer: dict[str, Any] = {"models": {}, "error": None, "copy": None}
    try:
        with using_project(_project_there(request)):
            for number, each in enumerate(_builders(request)):
                model = _build(each, out / f"{number}.json")
                if model.get("no_module") and (
                    file := _file_that_exists(each.module, finder.file_now(each.module), root, tree)
                ):
                    model |= _not_imported(each.module, file, model["what"])
                answer["models"][each.name] = model
    except SummaryKitError as error:
        answer["error"] = _message(error)
    target = (request["target"] or "").partition(":")[0]
    copy = next(foreign_modules(now, then, list(sys.modules.items()), target), None)
    answer["copy"] = copy._asdict() if copy else None
    (out / ANSWER).write_text(json.dumps(answer), encoding="utf-8")


def _project_there(request: Mapping[str, Any]) -> Path | None:
    """Return the pyproject.toml in use, as it is in the checkout; None if it is not there."""
    file = Path(request["tree"], request["project"]) if request["project"] else None
    return file if file and file.is_file() else None


class _Builder(NamedTuple):
    """How to get the summary of one model."""

    name: str
    target: str
    build: Callable[[], Summary]
    only_now: bool = False  #: it is in the project's table now, and not at the revision

    @property
    def module(self) -> str:
        """The module of its target; empty for a path."""
        module, colon, _ = self.target.partition(":")
        return module if colon else ""


def _builders(request: Mapping[str, Any]) -> Iterator[_Builder]:
    if request["target"] is not None:
        yield _Builder(request["target"], request["target"], lambda: _summary_of_target(request))
        return
    here = Path.cwd()
    project = nearest_project(here) if _project_there(request) or not request["project"] else None
    names = set()
    if project is not None and project.is_relative_to(request["tree"]) and project_of(here).table.get("models"):
        for model in project_models(here):
            if not request["names"] or model.name in request["names"]:
                names.add(model.name)
                yield _Builder(model.name, model.settings["target"], partial(summary_of, model))
    # A model may have been there before its table was: it is built as the table says now.
    for name, table in request["models"].items():
        if name not in names:
            folder = Path(request["tree"], table["folder"])
            folder.mkdir(parents=True, exist_ok=True)
            model = ProjectModel(name, folder / FILE, table["settings"], ())
            yield _Builder(name, model.settings["target"], partial(summary_of, model), only_now=True)


def _summary_of_target(request: Mapping[str, Any]) -> Summary:
    target = request["target"]
    if request["is_path"] and not Path(target).exists():
        raise MissingFileError(
            f"there is no {target!r}", hint="list the paths at that revision: git ls-tree -r --name-only REVISION"
        )
    build = BuildArgs(**request["build"])  # its tuples are lists in JSON
    build = build._replace(arguments=tuple(build.arguments), sizes=tuple(build.sizes))
    return summary_of_target(target, build)


def _build(each: _Builder, path: Path) -> dict[str, Any]:
    try:
        each.build().save(path)
    except (MissingTargetError, MissingFileError) as error:
        return {"missing": True, "no_module": isinstance(error.__cause__, ImportError), **_message(error)}
    except TargetError as error:
        return {"missing": each.only_now and _arguments_are_new(error), **_message(error)}
    except SummaryKitError as error:
        return {"missing": False, **_message(error)}
    return {"file": path.name}


def _not_imported(module: str, file: str, what: str) -> dict[str, Any]:
    """Return the error of a module that the checkout has as *file*, with the folder that Python does not look in."""
    place = Path(file.removesuffix("/__init__.py").removesuffix(".py"))
    folder = shlex.quote(str(place.parents[module.count(".")]))
    return {
        "missing": False,
        "what": f"{file} is there, and was not imported: {what}",
        "hint": f"say where its packages are: PYTHONPATH={folder} summarykit ...",
    }


def _arguments_are_new(error: TargetError) -> bool:
    """Return whether a factory has no such arguments: there was no such model."""
    cause = error.__cause__
    return isinstance(cause, TypeError) and cause.__traceback__ is not None and cause.__traceback__.tb_next is None


def _file_that_exists(module: str, file_now: Path | None, root: Path, tree: Path) -> str:
    """Return the file of a module that the checkout has, though it cannot be imported; empty where it has none.

    It is the file that the module has in the working tree, and where that is not there, any file of its name.
    """
    if file_now is not None and file_now.is_relative_to(root) and (tree / file_now.relative_to(root)).is_file():
        return file_now.relative_to(root).as_posix()
    if "." not in module:
        return ""  # many folders may have a model.py
    name = module.replace(".", "/")
    files = (path for suffix in (".py", "/__init__.py") for path in sorted(tree.rglob(f"{name}{suffix}")))
    return next((path.relative_to(tree).as_posix() for path in files), "")


def _message(error: SummaryKitError) -> dict[str, str]:
    return {"what": error.what, "hint": error.hint}
