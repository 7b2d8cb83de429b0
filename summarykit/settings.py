"""The settings of a project: the table ``[tool.summarykit]`` of the nearest pyproject.toml that has one.

Every part of the package reads the settings of a project here, so that a mistake in them gets the same message
everywhere.
"""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from summarykit.errors import ProjectError, SummaryKitError

#: The keys of the table: defaults of arguments, then the tables inside it.
DEFAULTS = ("bom", "columns", "depth", "exclude", "fold", "only", "sort", "templates", "title")
TABLES = ("formulas", "models")
FILE = "pyproject.toml"
#: The JSON Schema of the table, for editors.
SCHEMA_PATH = Path(__file__).with_name("pyproject.schema.json")

#: The file that ``--project`` or ``project=`` names; None if the nearest one is used.
_CHOICE: ContextVar[Path | None] = ContextVar("summarykit_project", default=None)


class Project(NamedTuple):
    """The table of one project."""

    path: Path | None  #: the pyproject.toml; None where there is none
    table: Mapping[str, Any]

    @property
    def defaults(self) -> dict[str, Any]:
        """The defaults of arguments that stand in it."""
        return {key: value for key, value in self.table.items() if key in DEFAULTS}


@contextmanager
def using_project(path: str | os.PathLike[str] | None) -> Iterator[None]:
    """Read all settings from the pyproject.toml at *path*, or in that folder, inside the block; None changes nothing.

    Raises:
        ProjectError: There is no such file.

    """
    token = _CHOICE.set(_CHOICE.get() if path is None else _file_at(Path(path)))
    try:
        yield
    finally:
        _CHOICE.reset(token)


def _file_at(path: Path) -> Path:
    file = Path(os.path.abspath(path / FILE if path.is_dir() else path))  # noqa: PTH100 - absolute() keeps ".."
    if not file.is_file():
        raise ProjectError(
            f"there is no {shown_path(file)}", hint=f"give a {FILE}, or a folder that has one: --project packages/a"
        )
    return file


def project_of(folder: Path) -> Project:
    """Return the table ``[tool.summarykit]`` of the nearest pyproject.toml that has one; an empty one if none has.

    Raises:
        ProjectError: The file cannot be read, the table is none, or a key in it is unknown.

    """
    path = nearest_project(folder)
    return read_project(path) if path else Project(None, {})


def read_project(path: Path) -> Project:
    """Return the table ``[tool.summarykit]`` of the pyproject.toml at *path*; raises what ``project_of`` raises."""
    with naming_file(path):
        table = _document(path, path.stat().st_mtime_ns)
        check_table(table)
    return Project(path, table or {})


def nearest_project(folder: Path) -> Path | None:
    """Return the pyproject.toml that holds the settings of *folder*; None if there is none in it or above it.

    It is the one that ``using_project`` names, else the nearest with a table ``[tool.summarykit]``, else the nearest.

    Raises:
        ProjectError: One on the way cannot be read, so that nobody knows whether it has the table.

    """
    if (choice := _CHOICE.get()) is not None:
        return choice
    nearest = None
    for each in (folder, *folder.parents):
        path = each / FILE
        if path.is_file():
            with naming_file(path):
                if _document(path, path.stat().st_mtime_ns) is not None:
                    return path
            nearest = nearest or path
    return nearest


def chosen_folder() -> Path | None:
    """Return the folder of the project that ``using_project`` names; None if the nearest one is used."""
    choice = _CHOICE.get()
    return choice.parent if choice else None


def shown_path(path: Path) -> str:
    """Return *path* for messages: relative if it is inside the current folder, else absolute."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


@contextmanager
def naming_file(path: Path | None) -> Iterator[None]:
    """Put the path of the settings file before the message of an error inside the block, if it is not in it yet."""
    try:
        yield
    except SummaryKitError as error:
        name = shown_path(path) if path else ""
        if name and name not in error.what:
            error.what = f"{name}: {error.what}"
            error.args = (f"{name}: {error}",)
        raise


@lru_cache(maxsize=64)
def _document(path: Path, modified_ns: int) -> Any:
    """Read ``tool.summarykit`` of one file, None if there is none; read again when the file has *modified_ns*."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProjectError(
            f"{shown_path(path)} cannot be read: {error}", hint=f"fix {path}: it has to be TOML in UTF-8"
        ) from None
    tool = document.get("tool", {})
    return tool.get("summarykit") if isinstance(tool, dict) else None


def check_table(table: object) -> None:
    """Raise a ProjectError if *table* is not a table, or has an unknown key; None stands for a missing table."""
    if table is None:
        return
    if not isinstance(table, dict):
        raise ProjectError("[tool.summarykit] is no table", hint="write depth = 2 and the like below [tool.summarykit]")
    for key in table:
        if key not in (*DEFAULTS, *TABLES):
            close = difflib.get_close_matches(key, (*DEFAULTS, *TABLES), n=1)
            names = ", ".join(sorted((*DEFAULTS, *TABLES)))
            hint = f"did you mean {close[0]!r}? There are: {names}" if close else f"there are: {names}"
            raise ProjectError(f"[tool.summarykit] has no setting {key!r}", hint=hint)


def settings_schema(tool: str = "summarykit") -> dict[str, Any]:
    """Return the JSON Schema of the table; validate-pyproject calls this with the name of the tool."""
    if tool != "summarykit":
        raise ValueError(f"there is no schema of {tool!r}")
    schema: dict[str, Any] = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    return schema
