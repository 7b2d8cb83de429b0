"""The settings of a project: the table ``[tool.summarykit]`` of the nearest pyproject.toml.

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
    """Return the table ``[tool.summarykit]`` of the nearest pyproject.toml; an empty one where there is none.

    Raises:
        ProjectError: The file cannot be read, the table is none, or a key in it is unknown.

    """
    path = nearest_project(folder)
    return Project(path, _table(path, path.stat().st_mtime_ns) if path else {})


def nearest_project(folder: Path) -> Path | None:
    """Return the pyproject.toml of *folder* or of the nearest folder above it."""
    for each in (folder, *folder.parents):
        path = each / "pyproject.toml"
        if path.is_file():
            return path
    return None


@lru_cache(maxsize=16)
def _table(path: Path, modified_ns: int) -> Mapping[str, Any]:
    """Read the table of one project; read again when the file has *modified_ns*."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProjectError(
            f"{path.name} cannot be read: {error}", hint=f"fix {path}: it has to be TOML in UTF-8"
        ) from None
    tool = document.get("tool", {})
    table = tool.get("summarykit", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise ProjectError("[tool.summarykit] is no table", hint="write depth = 2 and the like below [tool.summarykit]")
    for key in table:
        if key not in (*DEFAULTS, *TABLES):
            close = difflib.get_close_matches(key, (*DEFAULTS, *TABLES), n=1)
            names = ", ".join(sorted((*DEFAULTS, *TABLES)))
            hint = f"did you mean {close[0]!r}? There are: {names}" if close else f"there are: {names}"
            raise ProjectError(f"[tool.summarykit] has no setting {key!r}", hint=hint)
    return table
