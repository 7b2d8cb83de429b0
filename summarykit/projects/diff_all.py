"""``diff_all()`` and ``ProjectDiff``: what changed in each of the models that a project names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from summarykit._util.progress import progress_bar
from summarykit.api import load
from summarykit.comparison import Diff, make_diff
from summarykit.errors import BudgetError, MissingFileError, RevisionError, SavedFileError
from summarykit.exporters.base import Options, Report
from summarykit.exporters.files import targets, write_each
from summarykit.options import ReportArgs, make_options, project_options
from summarykit.projects.at_revision import Base, models_at
from summarykit.projects.git_checkout import Revision, find_revision
from summarykit.projects.models import ITS_OWN, ProjectModel, file_name, model_name, project_models, summary_of
from summarykit.result import Saveable
from summarykit.summary.diff import Comparison, ModelChange, ModelState, ProjectChanges

if TYPE_CHECKING:
    PathLike = str | os.PathLike[str]

#: What stands for the name of a model in the name of a file.
NAME = "{name}"


@dataclass(frozen=True, repr=False)
class ProjectDiff(Saveable):
    """What changed in each model of a project.

    Attributes:
        changes: Each model, before and after: ``.models`` with ``.name``, ``.state`` and ``.error``.
        diffs: The ``Diff`` of each model that could be built, by name; of one that is new, from nothing.
        options: Title, source and templates that reports use.

    """

    changes: ProjectChanges
    diffs: Mapping[str, Diff]
    options: Options = field(default=Options(), compare=False)

    @property
    def _told(self) -> Report:
        return self.changes

    @property
    def same(self) -> bool:
        """Whether nothing changed in any of them."""
        return self.changes.same

    @property
    def ok(self) -> bool:
        """Whether all could be built, keep their limits, and their changes add up."""
        return self.changes.ok

    @cached_property
    def failed(self) -> dict[str, str]:
        """Why a model could not be compared, by name."""
        return {model.name: model.error for model in self.changes.models if model.state is ModelState.FAILED}

    def save(self, *paths: PathLike, progress: bool = False) -> list[Path]:
        """Write a report on all models to each path; with ``{name}`` in it, one on each model that is there.

        Args:
            paths: Where to write; the suffix picks the format. ``.html`` and ``.xlsx`` tell of one model each.
            progress: Whether a terminal shows how far it is.

        Raises:
            UnknownFormatError: A suffix has no format for this; the message lists those there are.
            OutputError: A folder is missing or cannot be written.
            TemplateError: A template of the user's has an error.

        """
        with progress_bar(progress):
            return write_each([each for path in paths for each in self._wanted(path)])

    def _wanted(self, path: PathLike) -> Iterator[tuple[Report, PathLike, Options]]:
        if NAME not in os.fspath(path):
            yield self.changes, path, self.options
            return
        for name, diff in self.diffs.items():
            yield diff.comparison, named_path(path, name), diff.options

    def __repr__(self) -> str:
        """Return one line: how many models, and how many of them changed."""
        changed = sum(model.state is not ModelState.SAME for model in self.changes.models)
        return f"<ProjectDiff of {len(self.changes.models)} models: {changed} changed>"

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


def named_path(path: PathLike, name: str) -> Path:
    """Return *path* with the name of a model in the place of ``{name}``."""
    return Path(os.fspath(path).replace(NAME, file_name(name)))


def check_paths(paths: Sequence[PathLike], kind: type = ProjectChanges, one: type = Comparison) -> None:
    """Look whether reports can be written to *paths*: on all models, or with ``{name}`` in them on each.

    Raises:
        UnknownFormatError, OutputError: As for ``targets``.

    """
    targets([path for path in paths if NAME not in os.fspath(path)], kind)
    targets([named_path(path, "x") for path in paths if NAME in os.fspath(path)], one)


def diff_all(
    *paths: PathLike,
    base: PathLike | None = None,
    git: str | None = None,
    title: str = "",
    templates: PathLike | Sequence[PathLike] = (),
    fold: bool | None = None,
    progress: bool = False,
) -> ProjectDiff:
    """Return what changed in each model that the nearest pyproject.toml names, and write a report to each path.

    One that cannot be built, or whose base cannot be read, hides none of the others: ``failed`` has it. One that has no
    base is new; one that has a base and is no longer named was removed. Limits of the models are looked at.

    Args:
        paths: Where to write; the suffix picks the format. With ``{name}`` in it, a file for each model.
        base: A folder with the summary of each model before, ``NAME.json``, as ``summarykit report --all`` writes it.
        git: A revision of git instead: its models are built in a checkout of its own.
        title: Heading of the report on all.
        templates: Folders with templates that go before the built-in ones.
        fold: Whether layers of repeated blocks that changed alike stand once, with their number.
        progress: Whether a terminal shows how far it is.

    Raises:
        ProjectError, BudgetError: pyproject.toml is not of its form, or names no model.
        MissingFileError: There is no such folder.
        RevisionError: There is no such revision, or its models cannot be built apart.
        UnknownFormatError: A suffix has no format for all models at once.
        OutputError, TemplateError: As for ``diff``.

    """
    check_paths(paths)
    here = Path.cwd()
    models = project_models(here)
    bases = _Bases.of(base, git)
    given = ReportArgs(source=bases.source, templates=templates, fold=fold)
    pairs = [_compared(model, bases, given, progress=progress) for model in models]
    gone, notes = bases.removed({model.name for model in models})
    changes = ProjectChanges((*(change for change, _ in pairs), *gone), notes)
    options = make_options(ReportArgs(title, bases.source, templates, fold), project_options(here))
    found = ProjectDiff(changes, {change.name: diff for change, diff in pairs if diff}, options)
    found.save(*paths)
    return found


def _compared(
    model: ProjectModel, bases: _Bases, given: ReportArgs, *, progress: bool
) -> tuple[ModelChange, Diff | None]:
    try:
        before = bases.of_model(model.name)
        if before.error:
            return ModelChange(model.name, error=before.error.what), None
        diff = make_diff(before.summary, summary_of(model, progress=progress), given, model.limits)
    except (*ITS_OWN, BudgetError) as error:
        return ModelChange(model.name, error=error.what.removeprefix(f"{model.where}: ")), None
    return ModelChange(model.name, diff.comparison), diff


class _Bases:
    """Where the models before come from: a folder, or a revision of git."""

    def __init__(self, folder: Path | None, revision: Revision | None) -> None:
        self.folder = folder
        self.found = models_at(revision) if revision else {}
        self.source = f"{folder.name} → here" if folder else ""
        if revision:
            commit = revision.commit[:7]
            self.source = f"{revision.name if revision.name == commit else f'{revision.name} {commit}'} → here"

    @classmethod
    def of(cls, base: PathLike | None, git: str | None) -> _Bases:
        """Return them.

        Raises:
            RevisionError: Both are given, or neither.
            MissingFileError: There is no such folder.

        """
        if (base is None) == (git is None):
            what = "models are compared with a folder of saved ones, or with a revision of git"
            raise RevisionError(what, hint="give one of the two: --base FOLDER or --git REVISION")
        if git is not None:
            return cls(None, find_revision(git))
        folder = Path(base or "")
        if not folder.is_dir():
            raise MissingFileError(
                f"there is no folder {str(folder)!r}",
                hint="make it with summarykit report --all -o 'FOLDER/{name}.json'",
            )
        return cls(folder, None)

    def of_model(self, name: str) -> Base:
        """Return the model before."""
        if self.folder is None:
            return self.found.get(name, Base(None))
        path = self.folder / f"{file_name(name)}.json"
        if not path.exists():
            return Base(None)
        try:
            return Base(load(path))
        except SavedFileError as error:
            return Base(None, SavedFileError(f"its base {error.what}", hint=error.hint))

    def removed(self, named: set[str]) -> tuple[list[ModelChange], tuple[str, ...]]:
        """Return the models that are no longer *named*, and what to know of files that are none."""
        others = list(self._others(named))
        gone = [ModelChange(name, before=base.summary.data if base.summary else None) for name, base in others]
        strange = [change.name for change in gone if change.before is None] if self.folder else []
        notes = tuple(f"among the bases {file_name(name)}.json is no summary that can be read" for name in strange)
        return [change for change in gone if change.name not in strange], notes

    def _others(self, named: set[str]) -> Iterator[tuple[str, Base]]:
        """Yield what was there and is no longer *named*; without a summary where it cannot be read or built."""
        if self.folder is None:
            yield from ((name, base) for name, base in self.found.items() if name not in named)
            return
        files = {file_name(name) for name in named}
        for path in sorted(self.folder.glob("*.json")):
            if path.stem not in files:
                name = model_name(path.stem)
                yield name, self.of_model(name) if path.is_file() else Base(None)
