"""``check_imports()``: what was built is the repository's own code, and no older copy of it."""

from __future__ import annotations

import sys
from functools import lru_cache, partial
from pathlib import Path

from summarykit.errors import TargetError
from summarykit.projects.git_checkout import git_ignores, root_around, tracked_files
from summarykit.projects.import_origins import CheckoutFinder, Repository, stale_copies
from summarykit.projects.source_folders import BUILD_FILES, read_source_folders


def check_imports(folder: Path) -> None:
    """Look whether modules of the repository around *folder* were imported from a copy that differs from it.

    Raises:
        TargetError: One was: an installed copy, a build folder, or another one on Python's path.

    """
    if any(isinstance(finder, CheckoutFinder) for finder in sys.meta_path):
        return  # this is the Python that builds a revision; it looks at every module itself
    repository = _repository(folder.resolve())
    if repository is None:
        return
    is_ignored = partial(git_ignores, repository.root)
    copy = next(stale_copies(repository, list(sys.modules.items()), is_ignored), None)
    if copy:
        own = repository.sources.file_of(repository.root, copy.module)
        place = own.relative_to(repository.root) if own else ""
        raise TargetError(
            f"module {copy.module!r} was imported from {copy.file}, which differs from {place} of the repository",
            hint=copy.hint,
        )


@lru_cache(maxsize=16)
def _repository(folder: Path) -> Repository | None:
    """Return the repository around *folder*; without git, the project there; None without either."""
    parents = (folder, *folder.parents)
    root = root_around(folder)
    files = tracked_files(root, BUILD_FILES) if root else []
    if root is None:
        root = next((each for each in parents if any((each / name).is_file() for name in BUILD_FILES)), None)
    if root is None:
        return None
    inside = [each.relative_to(root) for each in parents if each.is_relative_to(root)]
    new = [(each / name).as_posix() for each in inside for name in BUILD_FILES if (root / each / name).is_file()]
    here = "" if inside[0] == Path() else inside[0].as_posix()
    return Repository(root, read_source_folders(root, {*files, *new}, here))
