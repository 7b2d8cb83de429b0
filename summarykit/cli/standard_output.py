"""A report on standard output: ``-o -``, ``--format`` and ``--json``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import typer

from summarykit.errors import OutputError
from summarykit.exporters.base import Exporter, Options, Report, exporter_for, write_with

#: What stands for standard output in the place of a path.
_MARK = "-"
_TEXT = "txt"


class Outputs(NamedTuple):
    """Where a command writes its report: files, and standard output in a format."""

    files: list[Path]
    exporter: Exporter | None = None  #: of standard output; None where the command prints for people
    suffix: str = ""  #: of its format, for messages
    has_report: bool = True  #: whether a report is written at all

    def without_report(self) -> Outputs:
        """Return the same with nothing to write: standard output stays empty where it was for a report."""
        return self._replace(files=[], has_report=False)

    def print(self, report: Report, options: Options) -> bool:
        """Write *report* to standard output, and return whether that is all that may be there.

        Raises:
            OutputError: The format is not text, and standard output is a terminal.

        """
        if self.exporter is None:
            return False
        if not self.has_report:
            return True
        out = BytesIO()
        write_with(self.exporter, report, out, options)
        content = out.getvalue()
        if sys.stdout.isatty() and b"\0" in content:
            what = f"a report in the format {self.suffix} is no text, and would spoil the terminal"
            raise OutputError(what, hint=f"write it to a file, or into a pipe: -o report.{self.suffix}")
        sys.stdout.flush()
        sys.stdout.buffer.write(content)  # the bytes of the file, whatever the terminal's encoding is
        sys.stdout.buffer.flush()
        return True

    def print_names(self, paths: Iterable[Path | str]) -> None:
        """Print a line for each file that was written: to standard error where a report is on standard output."""
        for path in paths:
            typer.echo(f"wrote {path}", err=self.exporter is not None)


def read_outputs(paths: Sequence[Path], format_name: str | None, kind: type, *, as_json: bool = False) -> Outputs:
    """Return where to write a report of *kind*: ``-`` is standard output, and so is a format without it.

    Raises:
        OutputError: ``--json`` and another ``--format`` are both given.
        UnknownFormatError: There is no such format, or it does not write this kind.

    """
    files = [path for path in paths if str(path) != _MARK]
    if as_json and format_name not in (None, "json"):
        raise OutputError(f"--json and --format {format_name} are both given", hint="leave out one of them")
    name = "json" if as_json else (format_name or "").lower().removeprefix(".")
    if not name and len(files) == len(paths):
        return Outputs(files)
    return Outputs(files, exporter_for(Path(f"report.{name or _TEXT}"), kind), name or _TEXT)
