"""What an exporter is, and which one writes a path."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import BinaryIO, ClassVar, Protocol, TypeVar, runtime_checkable

from summarykit.errors import UnknownFormatError
from summarykit.summary.data import SummaryData

GROUP = "summarykit.exporters"


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may choose about a report."""

    title: str = ""  #: heading; the model's class name by default
    source: str = ""  #: where the model came from, as text
    templates: tuple[Path, ...] = field(default=())  #: folders whose templates go before the built-in ones


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
        from summarykit.exporters import excel, html, json, markdown, text
    finally:
        random.setstate(state)  # rich draws a number when it is first imported; nobody's seed may notice

    del excel, html, json, markdown, text  # importing them is what registers them
    return dict(_BUILT_IN)


def available() -> dict[str, type[Exporter]]:
    """Return every exporter by name; a built-in goes before a plug-in of the same name."""
    plugins = {point.name: point.load() for point in entry_points(group=GROUP)}
    return plugins | built_in()


def exporter_for(path: Path) -> Exporter:
    """Return the exporter that writes files with the suffix of *path*.

    Raises:
        UnknownFormatError: No exporter has this suffix; the message lists those there are.

    """
    suffix = path.suffix.lower()
    found = built_in()
    for _ in range(2):  # built-in ones first: a broken plug-in must not break ".md"
        for made in found.values():
            if suffix in made.suffixes:
                return made()
        found = available()
    known = ", ".join(sorted(s for made in found.values() for s in made.suffixes))
    what = f"no format has the suffix {suffix!r} (in {path.name!r})" if suffix else f"{path.name!r} has no suffix"
    raise UnknownFormatError(what, hint=f"end the file name in one of: {known}")
