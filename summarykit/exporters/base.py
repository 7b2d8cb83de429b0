"""What an exporter is, and which one writes a path."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import BinaryIO, ClassVar, Protocol, TypeVar, runtime_checkable

from summarykit.errors import UnknownFormatError
from summarykit.summary.data import SummaryData
from summarykit.summary.selecting import EVERYTHING, Selection

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
        from summarykit.exporters import csv, excel, html, json, latex, markdown, text
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


def exporter_for(path: Path) -> Exporter:
    """Return the exporter that writes files with the suffix of *path*; a built-in goes before a plug-in.

    Raises:
        UnknownFormatError: No exporter has this suffix; the message lists those there are.

    """
    suffix = path.suffix.lower()
    own = built_in()
    if made := _with_suffix(own, suffix):
        return made()
    others, broken = plug_ins()
    if made := _with_suffix(others, suffix):
        return made()
    known = ", ".join(sorted(s for made in (*own.values(), *others.values()) for s in made.suffixes))
    what = f"no format has the suffix {suffix!r} (in {path.name!r})" if suffix else f"{path.name!r} has no suffix"
    raise UnknownFormatError("; ".join([what, *broken]), hint=f"end the file name in one of: {known}")


def _with_suffix(found: Mapping[str, type[Exporter]], suffix: str) -> type[Exporter] | None:
    return next((made for made in found.values() if suffix in made.suffixes), None)
