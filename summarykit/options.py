"""Options of reports: arguments are parsed once into a frozen value, and checked once against the data.

An argument goes before what the summary was made with, and that before the project's default.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from summarykit.errors import ProjectError, SelectionError, TemplateError
from summarykit.exporters.base import Options
from summarykit.settings import naming_file, project_of
from summarykit.summary.columns import REPORT_COLUMNS
from summarykit.summary.data import SummaryData
from summarykit.summary.experts.experts_per_token import check_given, with_experts
from summarykit.summary.patterns import closest, fits_anything, near_misses
from summarykit.summary.selection import ORDERS, Selection

PathLike = str | os.PathLike[str]
#: One pattern or several: texts, or classes.
Patterns = str | type | Sequence[str | type]

#: Longer values are cut off in messages.
_MESSAGE_WIDTH = 80
#: A longer pattern is no typing mistake, and takes long to compile.
_LONGEST_PATTERN = 10_000


class Overrides(NamedTuple):
    """The options a caller gave, parsed; None and an empty title, source or templates mean "not given"."""

    title: str = ""
    source: str = ""
    templates: tuple[Path, ...] = ()
    fold: bool | None = None
    depth: int | None = None
    only: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    sort: str | None = None
    bom: bool | None = None
    experts_per_token: int | None = None

    def over(self, defaults: Options) -> Options:
        """Return *defaults* with these options in place of theirs."""
        default = defaults.selection
        return Options(
            self.title or defaults.title,
            self.source or defaults.source,
            self.templates or defaults.templates,
            defaults.fold if self.fold is None else self.fold,
            Selection(
                default.depth if self.depth is None else self.depth,
                default.only if self.only is None else self.only,
                default.exclude if self.exclude is None else self.exclude,
                default.columns if self.columns is None else self.columns,
                default.sort if self.sort is None else self.sort,
            ),
            defaults.bom if self.bom is None else self.bom,
        )

    def apply(self, data: SummaryData, defaults: Options) -> tuple[SummaryData, Options]:
        """Return the data and the options of a summary, checked against each other.

        Only these patterns have to match a layer: those of a project's defaults may be for its other models.

        Raises:
            SelectionError: A pattern of ``only`` or ``exclude`` matches no layer.
            ExpertsError: ``experts_per_token`` is given, and the model has no experts.

        """
        for name, patterns in (("only", self.only), ("exclude", self.exclude)):
            for pattern in patterns or ():
                _check_pattern(data, pattern, name)
        return with_experts(data, self.experts_per_token), self.over(defaults)


def parse_overrides(
    title: str = "",
    source: str = "",
    templates: PathLike | Sequence[PathLike] = (),
    fold: bool | None = None,
    depth: int | None = None,
    only: Patterns | None = None,
    exclude: Patterns | None = None,
    columns: str | Sequence[str] | None = None,
    sort: str | None = None,
    bom: bool | None = None,
    experts_per_token: int | None = None,
) -> Overrides:
    """Return the arguments of a public function in their parsed form; needs no model, so that mistakes cost no time.

    Raises:
        SelectionError: A depth, pattern, column or order is not of its form.
        TemplateError: A folder of templates does not exist.
        ExpertsError: *experts_per_token* is no whole number above zero.

    """
    check_given(experts_per_token)
    return Overrides(
        title,
        source,
        _parse_templates(templates),
        fold,
        None if depth is None else _parse_depth(depth),
        None if only is None else _parse_patterns(only, "only"),
        None if exclude is None else _parse_patterns(exclude, "exclude"),
        None if columns is None else _parse_columns(columns),
        None if sort is None else _parse_order(sort),
        bom,
        experts_per_token,
    )


def project_options(folder: Path) -> Options:
    """Return the defaults in ``[tool.summarykit]`` of the nearest pyproject.toml.

    Raises:
        ProjectError: The file cannot be read, or a default is not of its form.
        TemplateError: A folder of templates does not exist.

    """
    project = project_of(folder)
    if project.path is None or not project.defaults:
        return Options()
    with naming_file(project.path):
        return parse_defaults(project.defaults, project.path.parent)


def parse_defaults(defaults: Mapping[str, Any], folder: Path) -> Options:
    """Return the defaults of a project in *folder* in their parsed form; raises what ``project_options`` raises."""
    arguments = _project_arguments(defaults, folder)
    try:
        return parse_overrides(**arguments).over(Options())
    except SelectionError as error:
        raise ProjectError(f"[tool.summarykit] {error.what}", hint=error.hint) from None


def _project_arguments(defaults: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the defaults of a project as arguments: what ``parse_overrides`` leaves to type checkers is checked."""
    for key, kind, form in (("title", str, "a text"), ("fold", bool, "true or false"), ("bom", bool, "true or false")):
        if key in defaults and not isinstance(defaults[key], kind):
            example = 'title = "My model"' if kind is str else f"{key} = true"
            raise ProjectError(
                f"[tool.summarykit] {key} is {form}, not {defaults[key]!r}", hint=f"write {example} in pyproject.toml"
            )
    templates = defaults.get("templates", [])
    templates = [templates] if isinstance(templates, str) else templates
    if not isinstance(templates, list) or not all(isinstance(each, str) for each in templates):
        raise ProjectError(
            f"[tool.summarykit] templates is {templates!r}",
            hint='write templates = "brand", or a list of folders: templates = ["brand", "shared"]',
        )
    return {**defaults, "templates": tuple(folder / each for each in templates)}


def _parse_templates(templates: PathLike | Sequence[PathLike]) -> tuple[Path, ...]:
    if isinstance(templates, str | os.PathLike):
        templates = (templates,)
    folders = tuple(map(Path, templates))
    for folder in folders:
        if not folder.is_dir():
            raise TemplateError(
                f"there is no folder {str(folder)!r} with templates",
                hint=f"create it, or give the path of a folder, such as templates={str(folder.absolute())!r}",
            )
    return folders


def _parse_depth(depth: object) -> int:
    if not isinstance(depth, int) or isinstance(depth, bool) or depth < 0:
        raise SelectionError(
            f"depth is a whole number of at least 0, not {_quote(depth)}",
            hint="write depth=0 for the model alone, depth=1 for its direct children too",
        )
    return depth


def _parse_patterns(patterns: object, name: str) -> tuple[str, ...]:
    """Return *patterns*, the argument *name*: a text with commas, a class, or several of them."""
    hint = f"write {name}='layer4.*', {name}='Linear' or a list of these"
    if isinstance(patterns, str):
        texts = split_patterns(patterns)
    else:
        several = [patterns] if isinstance(patterns, type) else _as_list(patterns, name, hint)
        texts = [_pattern_text(each, name, hint) for each in several]
    if not all(texts):
        raise SelectionError(f"{name} has an empty pattern, which matches nothing", hint=hint)
    if any(len(each) > _LONGEST_PATTERN for each in texts):
        raise SelectionError(f"{name} has a pattern of more than {_LONGEST_PATTERN:,} characters", hint=hint)
    return tuple(texts)


def split_patterns(text: str) -> list[str]:
    """Return the patterns in *text*, which commas separate; a comma inside ``[...]`` belongs to its pattern."""
    patterns, start, inside = [], 0, False
    for at, sign in enumerate(text):
        inside = sign == "[" or (inside and sign != "]")
        if sign == "," and not (inside and "]" in text[at:]):
            patterns.append(text[start:at].strip())
            start = at + 1
    return [*patterns, text[start:].strip()]


def _parse_columns(columns: object) -> tuple[str, ...]:
    """Return the names of columns, each once: a text with commas, or a list of them."""
    hint = "write columns='type,formula,total' or a list of these"
    text = columns if isinstance(columns, str) else None
    names = _as_list(columns, "columns", hint) if text is None else [name.strip() for name in text.split(",")]
    for name in names:
        if not isinstance(name, str) or name not in REPORT_COLUMNS:
            raise SelectionError(f"there is no column {_quote(name)}", hint=_choices(name, list(REPORT_COLUMNS)))
    return tuple(dict.fromkeys(map(str, names)))


def _parse_order(sort: object) -> str:
    if not isinstance(sort, str) or sort not in ORDERS:
        raise SelectionError(f"rows cannot be sorted by {_quote(sort)}", hint=_choices(sort, ORDERS))
    return sort


def _check_pattern(data: SummaryData, pattern: str, name: str) -> None:
    if fits_anything(data, pattern):
        return
    near = near_misses(data, pattern)
    if near:
        hint = f"did you mean {' or '.join(map(repr, near))}?"
    else:
        kinds = ", ".join(sorted({kind.name for kind in data.records.types})[:8])
        hint = f"write a whole path, such as {name}={_longest_path(data)!r}, or the name of a class: {kinds}"
    raise SelectionError(f"{name}: no layer fits {_quote(pattern)}", hint=hint)


def _choices(value: object, names: Sequence[str]) -> str:
    near = closest(value, names) if isinstance(value, str) else ""
    return f"{f'did you mean {near!r}? ' if near else ''}Choose from: {', '.join(names)}"


def _as_list(values: object, name: str, hint: str) -> Sequence[object]:
    if isinstance(values, Iterable) and not isinstance(values, bytes | str | Mapping):
        return list(values)
    raise SelectionError(f"{name} is a text or a list of texts, not {_quote(values)}", hint=hint)


def _pattern_text(pattern: object, name: str, hint: str) -> str:
    if isinstance(pattern, type):
        return f"{pattern.__module__}.{pattern.__qualname__}"
    if not isinstance(pattern, str):
        raise SelectionError(f"{name} is a text or a list of texts, not of {_quote(pattern)}", hint=hint)
    return pattern


def _longest_path(data: SummaryData) -> str:
    """Return the path of a deep layer, as an example."""
    return max((layer.path for layer in data.layers[:200]), key=lambda path: (path.count("."), -len(path)))


def _quote(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= _MESSAGE_WIDTH else f"{text[:_MESSAGE_WIDTH]}…"
