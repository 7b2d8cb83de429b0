"""The exporter contract, the formats and plug-ins that keep it, and the choice of one by suffix."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import BinaryIO, ClassVar, NamedTuple, Protocol, TypeVar, runtime_checkable

from summarykit.errors import UnknownFormatError
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import Comparison, ProjectChanges
from summarykit.summary.selection import EVERYTHING, Selection

GROUP = "summarykit.exporters"
#: The version of the exporter contract, ``docs/exporters.md``. It grows by one with each change that breaks an
#: exporter written for the version before. An exporter declares its version as ``api_version``; without it, 1.
API_VERSION = 1
#: Exporters of this version and later ones still work.
OLDEST_API_VERSION = 1


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a report, as the user chose them."""

    title: str = ""  #: heading; the model's class name by default
    source: str = ""  #: where the model came from, as text
    templates: tuple[Path, ...] = field(default=())  #: folders whose templates replace the built-in ones
    fold: bool = True  #: identical repeats are one row, with their number
    selection: Selection = EVERYTHING.selection  #: which rows and columns the tables show, in which order
    bom: bool = False  #: a CSV begins with the byte order mark that Excel needs for UTF-8


@runtime_checkable
class Exporter(Protocol):
    """An exporter of reports on a model: its suffixes and one method."""

    suffixes: ClassVar[tuple[str, ...]]

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the report to *out*, opened for bytes."""


@runtime_checkable
class ComparisonExporter(Protocol):
    """An exporter of reports on the changes from one model to another."""

    suffixes: ClassVar[tuple[str, ...]]

    def write_comparison(self, comparison: Comparison, out: BinaryIO, options: Options) -> None:
        """Write the report on the comparison to *out*, opened for bytes."""


@runtime_checkable
class ProjectExporter(Protocol):
    """An exporter of reports on the changes in several models at once."""

    suffixes: ClassVar[tuple[str, ...]]

    def write_project(self, changes: ProjectChanges, out: BinaryIO, options: Options) -> None:
        """Write the report on the models of a project to *out*, opened for bytes."""


#: The data of a report, by its kind.
Report = SummaryData | Comparison | ProjectChanges
#: For each kind of report the method that writes it, and its name in messages.
METHODS: dict[type, tuple[str, str]] = {
    SummaryData: ("write", "report"),
    Comparison: ("write_comparison", "report on what changed"),
    ProjectChanges: ("write_project", "report on all models at once"),
}


def write_with(exporter: Exporter, report: Report, out: BinaryIO, options: Options) -> None:
    """Write what is *report* with *exporter*, which ``exporter_for`` chose for this kind."""
    getattr(exporter, METHODS[type(report)][0])(report, out, options)


E = TypeVar("E", bound=type)
#: The modules with the formats that come with summarykit.
FORMATS = (
    "csv",
    "excel.exporter",
    "html.exporter",
    "json",
    "latex.exporter",
    "markdown.exporter",
    "text.exporter",
)
_BUILT_IN: dict[str, type[Exporter]] = {}


def exporter(name: str) -> Callable[[E], E]:
    """Register a built-in exporter under *name*; third parties use the entry point group."""

    def register(cls: E) -> E:
        _BUILT_IN[name] = cls
        return cls

    return register


def built_in() -> dict[str, type[Exporter]]:
    """Return the exporters that come with summarykit, by name."""
    state = random.getstate()
    try:
        for module in FORMATS:
            import_module(f"summarykit.exporters.{module}")  # which registers what it has
    finally:
        random.setstate(state)  # importing rich draws a random number; the user's seed must not change
    return dict(_BUILT_IN)


class PlugInProblem(NamedTuple):
    """Why a plug-in is not used."""

    message: str
    hint: str
    suffixes: tuple[str, ...] = ()  #: the suffixes it would write, where they are known


def plug_ins() -> tuple[dict[str, type[Exporter]], list[PlugInProblem]]:
    """Return the exporters of other packages by name, and the problems of those that cannot be used."""
    usable: dict[str, type[Exporter]] = {}
    problems = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            candidate = point.load()
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the other formats
            message = f"the plug-in {point.name!r} cannot be loaded ({type(error).__name__}: {error})"
            problems.append(PlugInProblem(message, "fix that error, or uninstall the plug-in's package"))
            continue
        if problem := contract_problem(candidate):
            problems.append(problem._replace(message=f"the plug-in {point.name!r} {problem.message}"))
        else:
            usable[point.name] = candidate
    return usable, problems


def contract_problem(candidate: object) -> PlugInProblem | None:
    """Return what in the declarations of an exporter breaks the contract; None where they keep it."""
    suffixes = getattr(candidate, "suffixes", None)
    if not isinstance(suffixes, tuple) or not suffixes or not all(map(_is_suffix, suffixes)):
        hint = "declare, for example, suffixes = ('.rst',): lower case, one dot, which comes first"
        return PlugInProblem(f"has no valid suffixes: {suffixes!r}", hint)
    if not any(callable(getattr(candidate, method, None)) for method, _ in METHODS.values()):
        methods = ", ".join(method for method, _ in METHODS.values())
        return PlugInProblem("has no method that writes a report", f"define one of: {methods}", suffixes)
    version = getattr(candidate, "api_version", 1)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        hint = f"declare api_version = {API_VERSION}"
        return PlugInProblem(f"has api_version = {version!r}, which is no whole number from 1 on", hint, suffixes)
    if OLDEST_API_VERSION <= version <= API_VERSION:
        return None
    versions = f"{OLDEST_API_VERSION} to {API_VERSION}" if OLDEST_API_VERSION < API_VERSION else f"{API_VERSION}"
    message = f"is written for version {version} of the exporter contract; this summarykit supports {versions}"
    if version > API_VERSION:
        return PlugInProblem(message, "upgrade summarykit: pip install --upgrade summarykit", suffixes)
    package = getattr(candidate, "__module__", "PACKAGE").partition(".")[0]
    return PlugInProblem(message, f"upgrade the package of {package}: pip install --upgrade PACKAGE", suffixes)


def _is_suffix(suffix: object) -> bool:
    return isinstance(suffix, str) and Path(f"name{suffix}").suffix == suffix == suffix.lower() and len(suffix) > 1


def exporter_for(path: Path, kind: type = SummaryData) -> Exporter:
    """Return the exporter that writes files with the suffix of *path*; a built-in goes before a plug-in.

    Args:
        path: Where to write.
        kind: What to write: SummaryData, Comparison or ProjectChanges.

    Raises:
        UnknownFormatError: No exporter has this suffix, or it does not write this kind, or the plug-in that has it
            cannot be used; the message lists those that do.

    """
    exporter = _exporter_for(path)
    method, what = METHODS[kind]
    if not hasattr(exporter, method):
        classes = (*built_in().values(), *plug_ins()[0].values())
        hint = f"end the file name in one of: {_suffixes(each for each in classes if hasattr(each, method))}"
        if kind is ProjectChanges:
            hint += f"; or write a file for each model: {path.stem}-{{name}}{path.suffix}"
        raise UnknownFormatError(f"the format {path.suffix} has no {what}", hint=hint)
    return exporter


def _suffixes(classes: Iterable[type[Exporter]]) -> str:
    return ", ".join(sorted(suffix for each in classes for suffix in each.suffixes))


def _exporter_for(path: Path) -> Exporter:
    suffix = path.suffix.lower()
    own = built_in()
    if cls := _with_suffix(own, suffix):
        return cls()
    others, problems = plug_ins()
    if cls := _with_suffix(others, suffix):
        return cls()
    for problem in problems:
        if suffix in problem.suffixes:
            raise UnknownFormatError(f"no report can be written to {path.name!r}: {problem.message}", hint=problem.hint)
    hint = f"end the file name in one of: {_suffixes((*own.values(), *others.values()))}"
    what = f"no format has the suffix {suffix!r} (in {path.name!r})" if suffix else f"{path.name!r} has no suffix"
    raise UnknownFormatError("; ".join([what, *(problem.message for problem in problems)]), hint=hint)


def _with_suffix(classes: Mapping[str, type[Exporter]], suffix: str) -> type[Exporter] | None:
    return next((cls for cls in classes.values() if suffix in cls.suffixes), None)
