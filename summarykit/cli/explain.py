"""``summarykit explain``: why one layer has its grade."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarykit.cli.options import Argument, Meta, Project
from summarykit.errors import SelectionError, TargetError

if TYPE_CHECKING:
    from torch import nn

ROOT = "(model)"
#: So many paths are compared with one that is not there.
_MOST_PATHS = 20_000
_MOST_HINTS = 3


def explain(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="package.module:attribute, a model's name, a folder, a .json")
    ],
    layer: Annotated[
        str, typer.Argument(metavar="LAYER", help='The layer\'s path as a report prints it; "(model)" for the model.')
    ] = ROOT,
    arg: Argument = None,
    meta: Meta = False,
    project: Project = None,
) -> None:
    """Print why one layer has its grade: rule or source by file and line, settings, each check, what would be better.

    TARGET is as for summarykit report. Of a summary saved as .json, file and line are not known.
    """
    from summarykit.exporters.text.explain import explain_lines
    from summarykit.formulas.provenance import layer_provenance

    if target.lower().endswith(".json") and not _is_folder(target):
        from summarykit.api import load

        records = load(target).data.records
        provenance = layer_provenance(records, find_layer([each.path for each in records.layers], layer))
    else:
        from summarykit.formulas.user_rules import load_project_rules
        from summarykit.reading.explain_layer import explain_layer
        from summarykit.reading.walk import read_numbered

        model = _model(target, arg or (), meta=meta)
        load_project_rules(Path.cwd())
        records, modules = read_numbered(model)
        provenance = explain_layer(records, modules, find_layer([each.path for each in records.layers], layer))
    for line in explain_lines(provenance, ROOT):
        typer.echo(line)


def find_layer(paths: Sequence[str], text: str) -> int:
    """Return the number of the layer that *text* names, as a report prints its path: ``layers.0–11.attn`` is the first.

    Raises:
        SelectionError: No layer has this path.

    """
    from summarykit.exporters.view.words import visible

    if text in ("", ROOT):
        return 0
    first = ".".join(_first_of_range(part) for part in text.split("."))
    for spelling in dict.fromkeys((text, first)):
        for number, path in enumerate(paths):
            if path == spelling or visible(path) == spelling:
                return number
    near = nearest([visible(path) for path in paths[:_MOST_PATHS] if path], visible(text))
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "summarykit report TARGET lists the layers"
    raise SelectionError(f"the model has no layer {visible(text)!r}", hint=hint)


def nearest(paths: Sequence[str], text: str) -> list[str]:
    """Return the paths most like *text*: those that end with it, else those spelled alike."""
    inside = [path for path in paths if path.endswith(f".{text}")]
    return inside[:_MOST_HINTS] or difflib.get_close_matches(text[:500], paths, n=_MOST_HINTS)


def _first_of_range(part: str) -> str:
    """Return ``0`` for ``0–11``, the layers that a report shows once; any other part as it is."""
    from summarykit.exporters.view.words import is_range

    digits = len(part) - len(part.lstrip("0123456789"))
    return part[:digits] if digits and is_range(part) else part


def _is_folder(target: str | Path) -> bool:
    from summarykit.api import is_model_config

    return is_model_config(target)


def _model(target: str, arguments: Sequence[str], *, meta: bool) -> nn.Module:
    """Return the model that *target* names: one of the project, a folder's, or one to import and build."""
    from summarykit._util.stdout import stdout_to_stderr
    from summarykit.projects.models import project_model
    from summarykit.projects.stale_imports import check_imports
    from summarykit.projects.targets import build_target
    from summarykit.reading import load_folder, load_target

    project = project_model(target, Path.cwd())
    with stdout_to_stderr():
        if project is None:
            return load_folder(Path(target)).model if _is_folder(target) else build_target(target, arguments, meta=meta)
        if arguments or meta:
            what = f"{project.where} says how the model is built"
            raise TargetError(what, hint="leave out --arg and --meta, or change its table")
        settings: dict[str, Any] = dict(project.settings)
        path = project.folder / settings["target"]
        if _is_folder(path):
            return load_folder(path).model
        model = load_target(
            settings["target"],
            keywords=settings.get("args", {}),
            meta=settings.get("meta", False),
            folder=project.folder,
        )
        check_imports(project.folder)
        return model
