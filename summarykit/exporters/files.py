"""Write several reports, all or none: each is rendered to a new file before any older file is replaced."""

from __future__ import annotations

import os
import shlex
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

#: Bytes that file systems allow in one name.
_LONGEST_NAME = 255


def targets(paths: Sequence[str | os.PathLike[str]], kind: type = SummaryData) -> list[tuple[Path, Exporter]]:
    """Return each path with the exporter that writes this *kind* of report, checked before any work is done.

    Raises:
        UnknownFormatError: A suffix has no exporter, or one that does not write this kind.
        OutputError: A folder cannot be made or written, or a path is a folder.

    """
    destinations = [(Path(path), exporter_for(Path(path), kind)) for path in paths]
    for path, _ in destinations:
        _check_place(path)
    places: dict[str, Path] = {}
    for path, _ in destinations:
        other = places.setdefault(os.path.realpath(path), path)
        if other is not path:
            what = f"two reports would be written to the same file: {str(other)!r} and {str(path)!r}"
            hint = f"rename one of them, for example to {str(path.with_stem(f'{path.stem}-2'))!r}"
            raise OutputError(what, hint=hint)
    return destinations


def _check_place(path: Path) -> None:
    """Check that a file can be written at *path*."""
    folder = path.parent
    if "\0" in str(path):
        raise OutputError(f"{str(path)!r} is not a valid file name", hint="remove the null character from the name")
    if any(len(os.fsencode(part)) > _LONGEST_NAME for part in path.parts[:-1]):
        raise OutputError(f"the name of the folder {str(folder)[:40]!r}... is too long", hint="choose a shorter name")
    while not os.path.lexists(folder) and folder != folder.parent:  # it is made when the report is written
        folder = folder.parent
    if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir() fails for a name that is too long
        raise OutputError(f"{str(folder)!r} is not a folder", hint="choose another folder, or rename that file")
    if os.path.isdir(path):  # noqa: PTH112 - as above
        raise OutputError(f"{str(path)!r} is a folder", hint=f"name a file, such as {str(path / 'report.html')!r}")
    if not os.access(folder, os.W_OK):
        hint = f"choose another folder, or change its permissions: chmod u+w {shlex.quote(visible(str(folder)))}"
        raise OutputError(f"the folder {str(folder)!r} cannot be written", hint=hint)


def write_all(report: Report, paths: Sequence[str | os.PathLike[str]], options: Options) -> list[Path]:
    """Write a report to each path and return the paths; after an error, older files are unchanged.

    Raises:
        UnknownFormatError, OutputError: As for ``targets``; the disk is full.
        TemplateError: A template cannot be rendered.

    """
    return write_each([(report, path, options) for path in paths])


def write_each(jobs: Sequence[tuple[Report, str | os.PathLike[str], Options]]) -> list[Path]:
    """Write reports on different data, each to its path, and return the paths: all or none, as ``write_all`` does."""
    exporters = {Path(path): exporter_for(Path(path), type(report)) for report, path, _ in jobs}
    targets([path for _, path, _ in jobs])
    parts: list[tuple[Path, Path]] = []
    folders: list[Path] = []
    try:
        for report, name, options in jobs:
            path = Path(name)
            begin(f"writing {visible(path.name)}")
            place = Path(os.path.realpath(path))  # a link stays a link
            _make_folders(place.parent, folders)
            parts.append((_render(report, place, exporters[path], options), place))
        _replace_all(parts)
        folders.clear()
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        what = f"the report could not be written: {error.strerror or error}"
        raise OutputError(
            what, hint="free some disk space, or write to another folder; older files are untouched"
        ) from error
    finally:
        for part, _ in parts:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        for folder in reversed(folders):
            with suppress(OSError):
                folder.rmdir()
    return list(exporters)


def _make_folders(folder: Path, new: list[Path]) -> None:
    """Make *folder* and those above it, and add each to *new*, the outermost first."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        new.append(each)


def _render(report: Report, path: Path, exporter: Exporter, options: Options) -> Path:
    """Write one report to a new file in the folder of *path* and return it; after an error the new file is deleted."""
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
    """Replace each older file by its new one; if one cannot be replaced (it is open in Excel), restore all."""
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
    """Copy the file at *path* to *place* and return *place*; None if there is no file."""
    if not path.exists():
        return None
    try:
        place.hardlink_to(path)
    except OSError:  # some file systems have no links
        shutil.copy2(path, place)
    return place


def _mode(path: Path) -> int:
    """Return the permissions of the new file: those of the older one, or those of the user's umask."""
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
