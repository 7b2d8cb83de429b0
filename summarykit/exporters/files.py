"""Write several reports, all or none: everything is rendered beside its place before anything is replaced."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from summarykit._util.progress import begin
from summarykit.errors import OutputError
from summarykit.exporters.base import Exporter, Options, Report, exporter_for, write_with
from summarykit.exporters.view.words import visible
from summarykit.summary.data import SummaryData


def targets(paths: Sequence[str | os.PathLike[str]], kind: type = SummaryData) -> list[tuple[Path, Exporter]]:
    """Return each path with the exporter that writes reports on that *kind*, checked before any work is done.

    Raises:
        UnknownFormatError: A suffix has no exporter, or one that does not write this kind.
        OutputError: A folder is missing or cannot be written, or a path is a folder.

    """
    destinations = [(Path(path), exporter_for(Path(path), kind)) for path in paths]
    for path, _ in destinations:
        if "\0" in str(path):
            raise OutputError(f"{str(path)!r} is no name of a file", hint="leave out the null character")
        folder = path.parent
        if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir() fails for a name that is too long
            raise OutputError(f"the folder {str(folder)!r} does not exist", hint="make it first, or choose another")
        if os.path.isdir(path):  # noqa: PTH112 - as above
            raise OutputError(f"{str(path)!r} is a folder", hint="give the name of a file")
        if not os.access(folder, os.W_OK):
            raise OutputError(
                f"the folder {str(folder)!r} cannot be written", hint="choose another, or mend its rights"
            )
    names = [os.path.realpath(path) for path, _ in destinations]
    if len(set(names)) < len(names):
        raise OutputError("the same file is asked for twice", hint="give each report a path of its own")
    return destinations


def write_all(report: Report, paths: Sequence[str | os.PathLike[str]], options: Options) -> list[Path]:
    """Write a report to each path and return the paths; after an error older files are as they were.

    Raises:
        UnknownFormatError, OutputError: As for ``targets``; the disk is full.
        TemplateError: A template cannot be rendered.

    """
    return write_each([(report, path, options) for path in paths])


def write_each(jobs: Sequence[tuple[Report, str | os.PathLike[str], Options]]) -> list[Path]:
    """Write reports on different things, each to its path: all of them, or none as for ``write_all``."""
    exporters = {Path(path): exporter_for(Path(path), type(report)) for report, path, _ in jobs}
    targets([path for _, path, _ in jobs])
    parts: list[tuple[Path, Path]] = []
    try:
        for report, name, options in jobs:
            path = Path(name)
            begin(f"writing {visible(path.name)}")
            place = Path(os.path.realpath(path))  # a link stays a link
            parts.append((_render(report, place, exporters[path], options), place))
        _replace_all(parts)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        what = f"the report could not be written: {error.strerror or error}"
        raise OutputError(what, hint="free some room or choose another folder; older files are untouched") from error
    finally:
        for part, _ in parts:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    return list(exporters)


def _render(report: Report, path: Path, exporter: Exporter, options: Options) -> Path:
    """Write one report to a new file beside its place, and return that file; on an error nothing is left."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "w+b") as out:
            write_with(exporter, report, out, options)
        part.chmod(_mode(path))
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def _replace_all(parts: Sequence[tuple[Path, Path]]) -> None:
    """Put each new file in its place; where one cannot be (it is open in Excel), the older ones come back."""
    older: list[tuple[Path, Path | None]] = []
    try:
        for part, path in parts:
            older.append((path, _back_up(path, part.with_suffix(".old"))))
            part.replace(path)
    except OSError:
        for path, old in older:
            with suppress(OSError):
                if old:
                    old.replace(path)
                else:
                    path.unlink(missing_ok=True)
        raise
    finally:
        for _, old in older:
            if old:
                old.unlink(missing_ok=True)


def _back_up(path: Path, place: Path) -> Path | None:
    """Keep the file at *path* at *place* too, and return that; None where there is no file."""
    if not path.exists():
        return None
    try:
        place.hardlink_to(path)
    except OSError:  # some file systems have no links
        shutil.copy2(path, place)
    return place


def _mode(path: Path) -> int:
    """Return the rights the new file gets: those of the old one, or what the user's umask says."""
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
