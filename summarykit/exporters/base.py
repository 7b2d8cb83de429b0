"""What an exporter is, and which one writes a path."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import BinaryIO, ClassVar, Protocol, TypeVar, runtime_checkable

from summarykit.errors import UnknownFormatError
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import Comparison, ProjectChanges
from summarykit.summary.selection import EVERYTHING, Selection

GROUP = "summarykit.exporters"


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may choose about a report."""

    title: str = ""  #: heading; the model's class name by default
    source: str = ""  #: where the model came from, as text
    templates: tuple[Path, ...] = field(default=())  #: folders whose templates go before the built-in ones
    fold: bool = True  #: identical repeats stand once, with their number
    selection: Selection = EVERYTHING.selection  #: which rows and columns the tables show, in which order
    bom: bool = False  #: a CSV begins with the mark by which Excel knows UTF-8


@runtime_checkable
class Exporter(Protocol):
    """What is asked of an exporter: its suffixes and one method."""

    suffixes: ClassVar[tuple[str, ...]]

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the whole report to *out*, opened for bytes."""


@runtime_checkable
class ComparisonExporter(Protocol):
    """What an exporter offers that can also write what changed from one model to another."""

    suffixes: ClassVar[tuple[str, ...]]

    def write_comparison(self, comparison: Comparison, out: BinaryIO, options: Options) -> None:
        """Write the whole report on the comparison to *out*, opened for bytes."""


@runtime_checkable
class ProjectExporter(Protocol):
    """What an exporter offers that can also write what changed in several models at once."""

    suffixes: ClassVar[tuple[str, ...]]

    def write_project(self, changes: ProjectChanges, out: BinaryIO, options: Options) -> None:
        """Write the whole report on the models of a project to *out*, opened for bytes."""


#: What reports are on.
Report = SummaryData | Comparison | ProjectChanges
#: The method that writes each of them, and what such a report is.
_METHODS: dict[type, tuple[str, str]] = {
    SummaryData: ("write", "report"),
    Comparison: ("write_comparison", "report on what changed"),
    ProjectChanges: ("write_project", "report on all models at once"),
}


def write_with(exporter: Exporter, told: Report, out: BinaryIO, options: Options) -> None:
    """Write what is *told* with *exporter*, which was asked before whether it can."""
    getattr(exporter, _METHODS[type(told)][0])(told, out, options)


E = TypeVar("E", bound=type)
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
        from summarykit.exporters import csv, json
        from summarykit.exporters.excel import exporter as excel
        from summarykit.exporters.html import exporter as html
        from summarykit.exporters.latex import exporter as latex
        from summarykit.exporters.markdown import exporter as markdown
        from summarykit.exporters.text import exporter as text
    finally:
        random.setstate(state)  # rich draws a number when it is first imported; nobody's seed may notice

    del csv, excel, html, json, latex, markdown, text  # importing them is what registers them
    return dict(_BUILT_IN)


def plug_ins() -> tuple[dict[str, type[Exporter]], list[str]]:
    """Return the exporters of other packages by name, and what is wrong with those that cannot be loaded."""
    found: dict[str, type[Exporter]] = {}
    broken = []
    for point in entry_points(group=GROUP):
        try:
            found[point.name] = point.load()
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the other formats
            broken.append(f"the plug-in {point.name!r} cannot be loaded ({type(error).__name__}: {error})")
    return found, broken


def exporter_for(path: Path, kind: type = SummaryData) -> Exporter:
    """Return the exporter that writes files with the suffix of *path*; a built-in goes before a plug-in.

    Args:
        path: Where to write.
        kind: What to write: SummaryData, Comparison or ProjectChanges.

    Raises:
        UnknownFormatError: No exporter has this suffix, or it does not write this kind; the message lists
            those that do.

    """
    found = _exporter_for(path)
    method, what = _METHODS[kind]
    if not hasattr(found, method):
        able = _suffixes(made for made in built_in().values() if hasattr(made, method))
        hint = f"end the file name in one of: {able}"
        if kind is ProjectChanges:
            hint += f"; or write a file for each model: {path.stem}-{{name}}{path.suffix}"
        raise UnknownFormatError(f"the format {path.suffix} has no {what}", hint=hint)
    return found


def _suffixes(found: Iterable[type[Exporter]]) -> str:
    return ", ".join(sorted(suffix for made in found for suffix in made.suffixes))


def _exporter_for(path: Path) -> Exporter:
    suffix = path.suffix.lower()
    own = built_in()
    if made := _with_suffix(own, suffix):
        return made()
    others, broken = plug_ins()
    if made := _with_suffix(others, suffix):
        return made()
    known = _suffixes((*own.values(), *others.values()))
    what = f"no format has the suffix {suffix!r} (in {path.name!r})" if suffix else f"{path.name!r} has no suffix"
    raise UnknownFormatError("; ".join([what, *broken]), hint=f"end the file name in one of: {known}")


def _with_suffix(found: Mapping[str, type[Exporter]], suffix: str) -> type[Exporter] | None:
    return next((made for made in found.values() if suffix in made.suffixes), None)
