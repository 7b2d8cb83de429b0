"""Where a repository keeps its Python packages, by the files that build them: which module is which file.

Read from pyproject.toml, setup.cfg and setup.py as text; nothing of the project is run.
"""

from __future__ import annotations

import ast
import configparser
import posixpath
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

#: The files that say how a project is built.
BUILD_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
#: Folders of packages that need no setting.
_USUAL = ("", "src", "lib", "python")
#: A repository with more projects than this is read in part: those nearest to its root.
_MOST_PROJECTS = 300


class SourceFolders(NamedTuple):
    """The folders of a repository that hold its modules, all relative to its root."""

    folders: tuple[str, ...]  #: each holds modules and packages: ``"src"``; the likeliest first
    near: int  #: so many of them, the first, are of the current folder and of the projects around it
    packages: Mapping[str, str]  #: packages that are in a folder of another name: ``{"net": "lib"}``
    projects: frozenset[str]  #: what the repository is called as an installed distribution, in normal form

    def file_of(self, tree: Path, module: str) -> Path | None:
        """Return the file below *tree* that has the source code of *module*; None where there is none."""
        for place in self._places(module):
            for path in (tree / place / "__init__.py", tree / f"{place}.py"):
                if path.is_file():
                    return path
        return None

    def holds(self, tree: Path, module: str, *, near: bool = False) -> bool:
        """Return whether the repository at *tree* has *module*: a file, or a namespace package.

        With *near*, projects are left out that are not around the current folder: many may have a ``utils``.
        """
        sources = self._replace(folders=self.folders[: self.near]) if near else self
        places = sources._places(module)
        return sources.file_of(tree, module) is not None or any(_holds_python(tree / place) for place in places)

    def search_path(self, tree: Path, module: str) -> list[str]:
        """Return the folders below *tree* in which the top-level *module* is, the likeliest first."""
        places = (tree / folder for folder in self.folders)
        return [str(p) for p in places if any(f.exists() for f in (p / f"{module}.py", p / module))]

    def _places(self, module: str) -> Iterator[str]:
        parts = module.split(".")
        for length in range(len(parts), 0, -1):
            package = self.packages.get(".".join(parts[:length]))
            if package is not None:
                yield str(PurePosixPath(package, *parts[length:]))
        for folder in self.folders:
            yield str(PurePosixPath(folder, *parts))


def read_source_folders(tree: Path, files: Iterable[str], here: str = "") -> SourceFolders:
    """Return where the repository at *tree* keeps its packages.

    Args:
        tree: The root of the repository, or of a checkout of it.
        files: Its build files, relative to *tree*.
        here: The current folder, relative to *tree*: its packages come first, then those of the projects around it.

    """
    projects: dict[str, list[str]] = {}
    for file in sorted(files, key=lambda file: (file.count("/"), file))[:_MOST_PROJECTS]:
        path = PurePosixPath(file)
        projects.setdefault("" if path.parent == PurePosixPath() else str(path.parent), []).append(path.name)
    projects.setdefault("", [])
    folders = [here]
    packages: dict[str, str] = {}
    names: set[str] = set()
    near = 1
    for project in sorted(projects, key=lambda project: _distance(project, here)):
        settings = [_read(tree / project / name) for name in projects[project]]
        folders += [_join(project, each) for setting in settings for each in setting.folders]
        folders += [_join(project, usual) for usual in _USUAL]
        if _is_around(project, here):
            near = len(dict.fromkeys(folders))
        for setting in settings:
            for package, folder in setting.packages.items():
                packages.setdefault(package, _join(project, folder))
            names |= {normal_name(setting.name)} if setting.name else set()
    return SourceFolders(tuple(dict.fromkeys(folders)), near, packages, frozenset(names))


def normal_name(distribution: str) -> str:
    """Return the name of a distribution in the form in which two of them are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


class _Settings(NamedTuple):
    """What one build file says."""

    name: str = ""
    folders: tuple[str, ...] = ()
    packages: Mapping[str, str] = {}


def _distance(project: str, here: str) -> tuple[int, int, str]:
    """Return what sorts projects around the current folder first, the nearest on top."""
    return (0, -len(project), project) if _is_around(project, here) else (1, project.count("/"), project)


def _is_around(project: str, here: str) -> bool:
    return not project or f"{here}/".startswith(f"{project}/")


def _join(project: str, folder: str) -> str:
    """Return *folder* of a project, relative to the repository; the project's own where it leads out of that."""
    path = posixpath.normpath(posixpath.join(project, folder))
    return project if path.startswith(("/", "..")) else "" if path == "." else path


def _holds_python(folder: Path) -> bool:
    try:
        return any(entry.suffix == ".py" or entry.is_dir() for entry in folder.iterdir())
    except OSError:
        return False


def _read(path: Path) -> _Settings:
    try:
        text = path.read_text(encoding="utf-8")
        match path.name:
            case "pyproject.toml":
                return _pyproject(tomllib.loads(text))
            case "setup.cfg":
                return _setup_cfg(text)
            case _:
                return _setup_py(text)
    except (OSError, ValueError, SyntaxError, RecursionError, configparser.Error):
        return _Settings()  # who builds the project gets the message


def _pyproject(document: Mapping[str, Any]) -> _Settings:
    def at(*keys: str) -> Any:
        value: Any = document
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    name = _text(at("project", "name")) or _text(at("tool", "poetry", "name"))
    of_setuptools = at("tool", "setuptools", "package-dir")
    folders, packages = _package_dir(of_setuptools if isinstance(of_setuptools, dict) else {})
    where = at("tool", "setuptools", "packages", "find", "where")
    folders += [each for each in where if isinstance(each, str)] if isinstance(where, list) else []
    folders += [
        _text(at("tool", "pdm", "build", "package-dir")),
        _text(at("tool", "pdm", "package-dir")),
        _text(at("tool", "maturin", "python-source")),
        _text(at("tool", "uv", "build-backend", "module-root")),
    ]
    poetry = at("tool", "poetry", "packages")
    folders += (
        [_text(each.get("from")) for each in poetry if isinstance(each, dict)] if isinstance(poetry, list) else []
    )
    for target in (("targets", "wheel"), ()):
        hatch = at("tool", "hatch", "build", *target, "packages")
        paths = [each for each in hatch if isinstance(each, str)] if isinstance(hatch, list) else []
        folders += [str(PurePosixPath(each).parent) for each in paths]
        sources = at("tool", "hatch", "build", *target, "sources")
        if isinstance(sources, list):
            folders += [each for each in sources if isinstance(each, str)]
        elif isinstance(sources, dict):
            more, new_names = _package_dir({new: old for old, new in sources.items() if isinstance(new, str)})
            folders, packages = folders + more, {**packages, **new_names}
    of_scikit = at("tool", "scikit-build", "wheel", "packages")
    if isinstance(of_scikit, list):
        folders += [str(PurePosixPath(each).parent) for each in of_scikit if isinstance(each, str)]
    elif isinstance(of_scikit, dict):
        packages.update({key.replace("/", "."): each for key, each in of_scikit.items() if isinstance(each, str)})
    return _Settings(name, tuple(filter(None, folders)), packages)


def _setup_cfg(text: str) -> _Settings:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)

    def get(section: str, key: str) -> str:
        return parser.get(section, key, fallback="") or parser.get(section, key.replace("_", "-"), fallback="")

    pairs = (line.partition("=") for line in get("options", "package_dir").replace(",", "\n").splitlines())
    folders, packages = _package_dir({key.strip(): folder.strip() for key, sign, folder in pairs if sign})
    folders += [line.strip() for line in get("options.packages.find", "where").splitlines()]
    return _Settings(get("metadata", "name"), tuple(filter(None, folders)), packages)


def _setup_py(text: str) -> _Settings:
    """Return what the call of ``setup()`` says in plain values."""
    name = ""
    folders: list[str] = []
    packages: dict[str, str] = {}
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        values = {each.arg: _literal(each.value) for each in node.keywords if each.arg}
        if function == "setup":
            name = _text(values.get("name"))
            mapping = values.get("package_dir")
            folders, packages = _package_dir(mapping if isinstance(mapping, dict) else {})
        elif function in ("find_packages", "find_namespace_packages"):
            where = _literal(node.args[0]) if node.args else values.get("where")
            folders += [where] if isinstance(where, str) else []
    return _Settings(name, tuple(filter(None, folders)), packages)


def _package_dir(mapping: Mapping[Any, Any]) -> tuple[list[str], dict[str, str]]:
    """Return the folders and the packages of a ``package_dir``: of all packages, and of single ones."""
    pairs = {key: folder for key, folder in mapping.items() if isinstance(key, str) and isinstance(folder, str)}
    root = pairs.pop("", None)
    return [root] if root else [], pairs


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
