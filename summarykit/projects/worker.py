"""What the other Python does for ``revisions``: it builds models in a checkout, and writes what became of each.

Its answer is ``answer.json`` in the folder it is given; beside it stands the summary of each model that was built.
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
from summarykit.projects.targets import summary_of_target
from summarykit.result import Summary
from summarykit.settings import nearest_project

ANSWER = "answer.json"


def main(asked: Mapping[str, Any]) -> None:
    """Build what is *asked* for, and write the answer.

    Args:
        asked: ``out``, a folder; ``tree``, the checkout; ``root``, the working tree, which nothing may come from; and
            ``target`` with ``arguments``, ``sizes`` and ``meta``, or ``names`` of models of the project (all if none).

    """
    out = Path(asked["out"])
    answer: dict[str, Any] = {"models": {}, "error": None}
    try:
        for number, (name, build) in enumerate(_builders(asked)):
            answer["models"][name] = _built(build, out / f"{number}.json")
    except SummaryKitError as error:
        answer["error"] = _told(error)
    answer["outside"] = _outside(asked["root"], asked["target"] or "")
    (out / ANSWER).write_text(json.dumps(answer), encoding="utf-8")


def _builders(asked: Mapping[str, Any]) -> Iterator[tuple[str, Callable[[], Summary]]]:
    if asked["target"] is not None:
        yield asked["target"], lambda: _of_target(asked)
        return
    here = Path.cwd()
    project = nearest_project(here)
    if project is None or not project.is_relative_to(asked["tree"]) or not _names(project):
        return
    for model in project_models(here):
        if not asked["names"] or model.name in asked["names"]:
            yield model.name, partial(summary_of, model)


def _names(project: Path) -> bool:
    from summarykit.settings import project_of

    return bool(project_of(project.parent).table.get("models"))


def _of_target(asked: Mapping[str, Any]) -> Summary:
    target = asked["target"]
    if asked["is_path"] and not Path(target).exists():
        raise MissingFileError(f"there is no {target!r}", hint="look at the spelling and the folder")
    return summary_of_target(target, asked["arguments"], asked["sizes"], meta=asked["meta"])


def _built(build: Callable[[], Summary], path: Path) -> dict[str, Any]:
    try:
        build().save(path)
    except (MissingTargetError, MissingFileError) as error:
        return {"missing": True, **_told(error)}
    except SummaryKitError as error:
        return {"missing": False, **_told(error)}
    return {"file": path.name}


def _told(error: SummaryKitError) -> dict[str, str]:
    return {"what": error.what, "hint": error.hint}


def _outside(root: str, target: str) -> str:
    """Return a file of the working tree that a module was loaded from all the same, summarykit itself aside."""
    own = str(Path(__file__).resolve().parents[1]) + os.sep
    prefix = os.path.realpath(sys.prefix) + os.sep
    for name, module in list(sys.modules.items()):
        file = os.path.realpath(getattr(module, "__file__", None) or os.sep)
        spared = (prefix,) if name == target.partition(":")[0] else (prefix, own)
        if file.startswith(root + os.sep) and not file.startswith(spared):
            return file
    return ""
