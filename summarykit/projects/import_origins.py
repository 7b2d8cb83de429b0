"""Where the modules of a target were imported from: the repository's own files, or a copy of them elsewhere.

A copy can be an installed one, an old build folder, or the working tree where a revision is asked for. What a copy
says of a model is true of the copy alone, so nothing is reported of it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib import metadata
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from summarykit.projects.source_folders import SourceFolders, normal_name

_OWN = __name__.partition(".")[0]


class Copy(NamedTuple):
    """A module that was imported from elsewhere than the repository's files."""

    module: str
    file: str
    hint: str  #: which line of the set-up cures it


class Repository(NamedTuple):
    """The files of a repository, and how to tell its modules from those of others."""

    root: Path  #: real path
    sources: SourceFolders

    def own(self, module: str, file: str) -> bool:
        """Return whether *module*, loaded from *file* outside of the repository, is a copy of one of its modules."""
        owners = _distributions(module.partition(".")[0], file)
        if owners:
            names = {normal_name(owner.name) for owner in owners}
            return bool(names & self.sources.projects) or any(_is_built_from(owner, self.root) for owner in owners)
        return self.sources.holds(self.root, module, near="." not in module)


def _is_nobodys(top: str) -> bool:
    """Return whether a top-level module is no matter of repositories: Python's, summarykit's, or a script."""
    return top in sys.stdlib_module_names or top in (_OWN, "__main__")


def stale_copies(
    repository: Repository, modules: Iterable[tuple[str, ModuleType]], is_ignored: Callable[[str], bool]
) -> Iterator[Copy]:
    """Yield the modules whose file is a copy that differs from the repository's own.

    A file in the repository is a copy only if *is_ignored* says that git ignores it, as it does a build folder:
    several projects of a repository may have a module of the same name.
    """
    root, sources = repository
    holds_top: dict[str, bool] = {}
    for name, module in modules:
        top = name.partition(".")[0]
        if top not in holds_top:
            is_there = top in sources.packages or bool(sources.search_path(root, top))
            holds_top[top] = is_there and not _is_nobodys(top)
        file = _file(module) if holds_top[top] else ""
        source = sources.file_of(root, name) if file else None
        if source is None or os.path.realpath(source) == file or _same_bytes(source, file):
            continue
        if is_ignored(file) if _inside(file, root) else repository.own(name, file):
            yield Copy(name, file, _cure(name, file, root))


def foreign_modules(
    now: Repository, then: Repository, modules: Iterable[tuple[str, ModuleType]], target: str
) -> Iterator[Copy]:
    """Yield the repository's modules that were not imported from a checkout of it.

    Args:
        now: The working tree, from which nothing may be imported.
        then: The checkout.
        modules: Those that were imported.
        target: The module of the target; it may be one of summarykit's own.

    """
    for name, module in modules:
        file = _file(module)
        top = name.partition(".")[0]
        if not file or file.startswith(f"{then.root}{os.sep}") or (_is_nobodys(top) and name != target):
            continue
        if _inside(file, now.root) or now.own(name, file) or then.own(name, file):
            yield Copy(name, file, _cure(name, file, now.root))


class CheckoutFinder(MetaPathFinder):
    """Import the repository's modules from a checkout, wherever the installed packages say that they are."""

    def __init__(self, now: Repository, then: Repository, path_now: Sequence[str]) -> None:
        self._now, self._then, self._path_now = now, then, list(path_now)
        self._asks_others = False

    def file_now(self, module: str) -> Path | None:
        """Return the file of *module* in the working tree, where it is imported from or where build files say."""
        file = self._now.sources.file_of(self._now.root, module)
        top, *rest = module.split(".")
        for place in () if file else _places(self._spec_now(top)):
            folder = Path(place).parent if Path(place).is_file() else Path(place)
            inner = folder.joinpath(*rest)
            files = (inner / "__init__.py", Path(f"{inner}.py")) if rest else (Path(place),)
            file = next((each for each in files if each.is_file()), file)
        return Path(os.path.realpath(file)) if file else None

    def _spec_now(self, top: str) -> ModuleSpec | None:
        """Return where the working tree's own Python finds a top-level module."""
        return PathFinder.find_spec(top, self._path_now) or self._others(top, None, None)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where *fullname* is in the checkout; what others find where it is none of the repository's.

        Raises:
            ModuleNotFoundError: The repository has it now, and the checkout does not have it.

        """
        if self._asks_others or _is_nobodys(fullname.partition(".")[0]):
            return None
        spec = self._others(fullname, path, target)
        places = _places(spec)
        if spec is not None and not places:
            return spec  # built in, or of a loader that has no files
        outside = [place for place in places if not self._in_checkout(place)]
        copies = [place for place in outside if _inside(place, self._now.root) or self._now.own(fullname, place)]
        if (spec is not None and not copies) or (spec is None and path is None and self._spec_now(fullname) is None):
            return spec  # of somebody else; or nowhere, as in the working tree
        own = self._translate(fullname, copies) or self._search(fullname, path)
        if (spec is not None and spec.loader is None) or (own is not None and own.loader is None):
            return _namespace(fullname, own, [place for place in places if place not in copies])
        if own is None and copies and self._is_new(fullname, copies):
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return own or spec

    def _others(self, name: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
        self._asks_others = True
        try:
            for finder in sys.meta_path:
                spec = finder.find_spec(name, path, target) if finder is not self else None
                if spec is not None:
                    return spec
        finally:
            self._asks_others = False
        return None

    def _in_checkout(self, file: str) -> bool:
        return os.path.realpath(file).startswith(f"{self._then.root}{os.sep}")

    def _translate(self, name: str, places: Sequence[str]) -> ModuleSpec | None:
        """Return the module in the checkout, at the place where it is in the working tree."""
        for place in places:
            real = Path(os.path.realpath(place))
            if not _inside(str(real), self._now.root):
                continue
            there = self._then.root / real.relative_to(self._now.root)
            if there.is_file():
                return _of_file(name, there)
            if there.is_dir() and not (there / "__init__.py").exists():
                return _namespace(name, None, [str(there)])
        return None

    def _search(self, name: str, path: Sequence[str] | None) -> ModuleSpec | None:
        """Return the module in the checkout, at the place that the build files say."""
        sources, tree = self._then.sources, self._then.root
        if path is not None:
            return PathFinder.find_spec(name, [each for each in path if self._in_checkout(each)])
        file = sources.file_of(tree, name) if name in sources.packages else None
        if file is not None:
            return _of_file(name, file)
        return PathFinder.find_spec(name, sources.search_path(tree, name))

    def _is_new(self, name: str, copies: Sequence[str]) -> bool:
        """Return whether the working tree has the module, so that its absence from the checkout is no mistake."""
        in_tree = any(_inside(os.path.realpath(copy), self._now.root) for copy in copies)
        return in_tree or self._now.sources.holds(self._now.root, name)


def _of_file(name: str, file: Path) -> ModuleSpec | None:
    package = [str(file.parent)] if file.name == "__init__.py" else None
    return spec_from_file_location(name, file, submodule_search_locations=package)


def _namespace(name: str, own: ModuleSpec | None, others: Sequence[str]) -> ModuleSpec | None:
    """Return a namespace package over its part in the checkout and those of other distributions."""
    if own is not None and own.loader is not None:
        return own
    places = [*(own.submodule_search_locations or () if own else ()), *others]
    if not places:
        return None
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = list(dict.fromkeys(places))
    return spec


def _places(spec: ModuleSpec | None) -> list[str]:
    """Return the file of a module, or the folders of a namespace package."""
    if spec is None:
        return []
    if spec.origin and spec.has_location:
        return [spec.origin]
    return list(spec.submodule_search_locations or ()) if spec.loader is None or not spec.origin else []


def _file(module: ModuleType) -> str:
    """Return the real path of a module's file; empty where it has none."""
    file = getattr(module, "__file__", None)
    return os.path.realpath(file) if isinstance(file, str) else ""


def _inside(file: str, root: Path) -> bool:
    """Return whether a file is in a repository, and not in an environment of Python that lies in it."""
    inner = tuple(f"{prefix}{os.sep}" for prefix in _prefixes() if prefix.startswith(f"{root}{os.sep}"))
    return file.startswith(f"{root}{os.sep}") and not file.startswith(inner)


@cache
def _prefixes() -> frozenset[str]:
    return frozenset(os.path.realpath(prefix) for prefix in (sys.prefix, sys.base_prefix))


def _same_bytes(one: Path, other: str) -> bool:
    try:
        return one.read_bytes() == Path(other).read_bytes()
    except OSError:  # inside of an archive
        return False


@cache
def _by_top() -> dict[str, list[metadata.Distribution]]:
    """Return the installed distributions, by the top-level modules that they have."""
    names = metadata.packages_distributions()
    return {top: [metadata.distribution(name) for name in dict.fromkeys(names[top])] for top in names}


def _distributions(top: str, file: str) -> list[metadata.Distribution]:
    """Return the installed distributions that a file belongs to, by its top-level module."""
    real = os.path.realpath(file)
    candidates = [each for each in _by_top().get(top, ()) if real.startswith(_home(each))]
    if len(candidates) < 2:
        return candidates
    paths = ({os.path.realpath(str(each.locate_file(path))) for path in each.files or ()} for each in candidates)
    holders = [each for each, files in zip(candidates, paths, strict=True) if real in files]
    return holders or candidates


def _home(distribution: metadata.Distribution) -> str:
    """Return the folder that a distribution is installed in."""
    return os.path.realpath(str(distribution.locate_file(""))) + os.sep


def _is_built_from(distribution: metadata.Distribution, root: Path) -> bool:
    """Return whether a distribution was installed from a folder of the repository (PEP 610)."""
    try:
        url = json.loads(distribution.read_text("direct_url.json") or "{}").get("url", "")
    except (ValueError, AttributeError):
        return False
    parts = urlsplit(url)
    folder = os.path.realpath(url2pathname(unquote(parts.path))) if parts.scheme == "file" else ""
    return bool(folder) and f"{folder}{os.sep}".startswith(f"{root}{os.sep}")


def _cure(module: str, file: str, root: Path) -> str:
    """Return which line of the set-up makes a module come from the repository."""
    top = module.partition(".")[0]
    entries = [each for each in sys.path if each and file.startswith(os.path.realpath(each) + os.sep)]
    if _distributions(top, file):
        return f"install the project as editable, so that {top!r} is the repository's own: pip install -e ."
    place = max(entries, key=lambda each: len(os.path.realpath(each)), default=str(Path(file).parent))
    if _inside(file, root):
        return f"take {os.path.relpath(place, root)!r} off Python's path, then: pip install -e ."
    return f"take {place!r} off Python's path (PYTHONPATH), then: pip install -e ."
