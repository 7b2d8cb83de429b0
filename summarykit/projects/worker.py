"""What the other Python of ``at_revision`` does: it builds models in a checkout, and writes the result of each.

Its answer is ``answer.json`` in the folder ``out``; beside it is the summary of each model that was built.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from summarykit.errors import MissingFileError, MissingTargetError, SummaryKitError
from summarykit.projects.models import project_models, summary_of
from summarykit.projects.targets import BuildArgs, summary_of_target
from summarykit.result import Summary
from summarykit.settings import nearest_project, project_of, using_project

ANSWER = "answer.json"


def main(request: Mapping[str, Any]) -> None:
    """Build what *request* names, and write the answer.

    Args:
        request: ``out``, a folder; ``tree``, the checkout; ``root``, the working tree, from which nothing may be
            imported; ``project``, the pyproject.toml in use, relative to the tree, or None; and ``target`` with
            ``build``, the fields of ``BuildArgs``, or ``names`` of models of the project (all if there are none).

    """
    out = Path(request["out"])
    answer: dict[str, Any] = {"models": {}, "error": None}
    try:
        with using_project(_project_there(request)):
            for number, (name, build) in enumerate(_builders(request)):
                answer["models"][name] = _build(build, out / f"{number}.json")
    except SummaryKitError as error:
        answer["error"] = _message(error)
    answer["outside"] = _file_outside(request["root"], request["target"] or "")
    (out / ANSWER).write_text(json.dumps(answer), encoding="utf-8")


def _project_there(request: Mapping[str, Any]) -> Path | None:
    """Return the pyproject.toml in use, as it is in the checkout; None if it is not there."""
    file = Path(request["tree"], request["project"]) if request["project"] else None
    return file if file and file.is_file() else None


def _builders(request: Mapping[str, Any]) -> Iterator[tuple[str, Callable[[], Summary]]]:
    if request["target"] is not None:
        yield request["target"], lambda: _summary_of_target(request)
        return
    here = Path.cwd()
    project = nearest_project(here) if _project_there(request) or not request["project"] else None
    if project is None or not project.is_relative_to(request["tree"]) or not project_of(here).table.get("models"):
        return
    for model in project_models(here):
        if not request["names"] or model.name in request["names"]:
            yield model.name, partial(summary_of, model)


def _summary_of_target(request: Mapping[str, Any]) -> Summary:
    target = request["target"]
    if request["is_path"] and not Path(target).exists():
        raise MissingFileError(
            f"there is no {target!r}", hint="list the paths at that revision: git ls-tree -r --name-only REVISION"
        )
    build = BuildArgs(**request["build"])  # its tuples are lists in JSON
    build = build._replace(arguments=tuple(build.arguments), sizes=tuple(build.sizes))
    return summary_of_target(target, build)


def _build(build: Callable[[], Summary], path: Path) -> dict[str, Any]:
    try:
        build().save(path)
    except (MissingTargetError, MissingFileError) as error:
        return {"missing": True, **_message(error)}
    except SummaryKitError as error:
        return {"missing": False, **_message(error)}
    return {"file": path.name}


def _message(error: SummaryKitError) -> dict[str, str]:
    return {"what": error.what, "hint": error.hint}


def _file_outside(root: str, target: str) -> str:
    """Return a file of the working tree that a module was imported from, other than summarykit itself; or nothing."""
    own = str(Path(__file__).resolve().parents[1]) + os.sep
    prefix = os.path.realpath(sys.prefix) + os.sep
    for name, module in list(sys.modules.items()):
        file = os.path.realpath(getattr(module, "__file__", None) or os.sep)
        exempt = (prefix,) if name == target.partition(":")[0] else (prefix, own)
        if file.startswith(root + os.sep) and not file.startswith(exempt):
            return file
    return ""
