"""The settings of a project: the table ``[tool.summarykit]`` of the nearest pyproject.toml that has one.

Every part of the package reads the settings of a project here, so that a mistake in them gets the same message
everywhere.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from summarykit.errors import ProjectError

#: The keys of the table: defaults of arguments, then the tables inside it.
DEFAULTS = ("bom", "columns", "depth", "exclude", "fold", "only", "sort", "templates", "title")
TABLES = ("formulas", "models")


class Project(NamedTuple):
    """The table of one project."""

    path: Path | None  #: the pyproject.toml; None where there is none
    table: Mapping[str, Any]

    @property
    def defaults(self) -> dict[str, Any]:
        """The defaults of arguments that stand in it."""
        return {key: value for key, value in self.table.items() if key in DEFAULTS}


def project_of(folder: Path) -> Project:
    """Return the table ``[tool.summarykit]`` of the nearest pyproject.toml that has one; an empty one without any.

    Raises:
        ProjectError: The file cannot be read, the table is none, or a key in it is unknown.

    """
    path = nearest_project(folder)
    return Project(path, _table(path, path.stat().st_mtime_ns) if path else {})


def nearest_project(folder: Path) -> Path | None:
    """Return the nearest pyproject.toml, of *folder* or above it, that has a table of ours; else the nearest of all.

    Raises:
        ProjectError: One on the way cannot be read, so that nobody knows whether it has the table.

    """
    files = [path for each in (folder, *folder.parents) if (path := each / "pyproject.toml").is_file()]
    for path in files:
        if _has_table(path, path.stat().st_mtime_ns):
            return path
    return files[0] if files else None


def file_in_messages(path: Path) -> str:
    """Return the name of a settings file for a message: from the current folder where it is inside, else in full."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


@lru_cache(maxsize=64)
def _has_table(path: Path, modified_ns: int) -> bool:
    tool = _document(path, modified_ns).get("tool", {})
    return isinstance(tool, dict) and "summarykit" in tool


@lru_cache(maxsize=64)
def _document(path: Path, modified_ns: int) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProjectError(
            f"{file_in_messages(path)} cannot be read: {error}", hint=f"fix {path}: it has to be TOML in UTF-8"
        ) from None


@lru_cache(maxsize=16)
def _table(path: Path, modified_ns: int) -> Mapping[str, Any]:
    """Read the table of one project; read again when the file has *modified_ns*."""
    tool = _document(path, modified_ns).get("tool", {})
    table = tool.get("summarykit", {}) if isinstance(tool, dict) else {}
    file = file_in_messages(path)
    if not isinstance(table, dict):
        raise ProjectError(
            f"[tool.summarykit] in {file} is no table", hint="write depth = 2 and the like below [tool.summarykit]"
        )
    for key in table:
        if key not in (*DEFAULTS, *TABLES):
            close = difflib.get_close_matches(key, (*DEFAULTS, *TABLES), n=1)
            names = ", ".join(sorted((*DEFAULTS, *TABLES)))
            hint = f"did you mean {close[0]!r}? There are: {names}" if close else f"there are: {names}"
            raise ProjectError(f"[tool.summarykit] in {file} has no setting {key!r}", hint=hint)
    return table
