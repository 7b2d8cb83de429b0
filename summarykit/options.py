"""What a user chose about reports: an argument, else what the summary was made with, else the project's default."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from summarykit.errors import ProjectError, SelectionError, TemplateError
from summarykit.exporters.base import Options
from summarykit.exporters.selection_args import check_patterns, parse_columns, parse_depth, parse_order, parse_patterns
from summarykit.settings import project_of
from summarykit.summary.data import SummaryData
from summarykit.summary.selection import Selection

PathLike = str | os.PathLike[str]
#: One pattern or several: texts, or classes.
Patterns = str | type | Sequence[str | type]


class ReportArgs(NamedTuple):
    """The arguments about reports as they came; what is None or empty was not given."""

    title: str = ""
    source: str = ""
    templates: PathLike | Sequence[PathLike] = ()
    fold: bool | None = None
    depth: int | None = None
    only: Patterns | None = None
    exclude: Patterns | None = None
    columns: str | Sequence[str] | None = None
    sort: str | None = None
    bom: bool | None = None


def make_options(given: ReportArgs, before: Options) -> Options:
    """Return what was *given*, and for the rest what stood *before*.

    Raises:
        SelectionError: A depth, pattern, column or order is not of its form.
        TemplateError: A folder of templates is not there.

    """
    kept = before.selection
    selection = Selection(
        kept.depth if given.depth is None else parse_depth(given.depth),
        kept.only if given.only is None else parse_patterns(given.only, "only"),
        kept.exclude if given.exclude is None else parse_patterns(given.exclude, "exclude"),
        kept.columns if given.columns is None else parse_columns(given.columns),
        kept.sort if given.sort is None else parse_order(given.sort),
    )
    return Options(
        given.title or before.title,
        given.source or before.source,
        _folders(given.templates) or before.templates,
        before.fold if given.fold is None else given.fold,
        selection,
        before.bom if given.bom is None else given.bom,
    )


def check_selection(data: SummaryData, given: ReportArgs) -> None:
    """Look whether the patterns that were given fit anything; a project's may be for other models.

    Raises:
        SelectionError: One fits no layer.

    """
    if given.only is not None:
        check_patterns(data, parse_patterns(given.only, "only"), "only")
    if given.exclude is not None:
        check_patterns(data, parse_patterns(given.exclude, "exclude"), "exclude")


def project_options(folder: Path) -> Options:
    """Return the defaults in ``[tool.summarykit]`` of the nearest pyproject.toml.

    Raises:
        ProjectError: The file cannot be read, or one of them is not of its form.
        TemplateError: A folder of templates is not there.

    """
    project = project_of(folder)
    if project.path is None or not project.defaults:
        return Options()
    given = _given(project.defaults, project.path.parent)
    try:
        return make_options(given, Options())
    except SelectionError as error:
        raise ProjectError(f"[tool.summarykit] of {project.path.name}: {error.what}", hint=error.hint) from None


def _given(defaults: Mapping[str, Any], folder: Path) -> ReportArgs:
    for key, kind, said in (("title", str, "a text"), ("fold", bool, "true or false"), ("bom", bool, "true or false")):
        if key in defaults and not isinstance(defaults[key], kind):
            raise ProjectError(f"[tool.summarykit] {key} is {said}, not {defaults[key]!r}", hint=f"write {said}")
    templates = defaults.get("templates", [])
    templates = [templates] if isinstance(templates, str) else templates
    if not isinstance(templates, list) or not all(isinstance(each, str) for each in templates):
        raise ProjectError(
            f"[tool.summarykit] templates is {templates!r}", hint="write a folder or a list of folders, as texts"
        )
    return ReportArgs(**{**defaults, "templates": tuple(folder / each for each in templates)})


def _folders(templates: PathLike | Sequence[PathLike]) -> tuple[Path, ...]:
    """Return the folders of templates; one that is not there is told at once."""
    if isinstance(templates, str | os.PathLike):
        templates = (templates,)
    folders = tuple(map(Path, templates))
    for folder in folders:
        if not folder.is_dir():
            raise TemplateError(f"there is no folder {str(folder)!r} with templates", hint="look at the spelling")
    return folders
