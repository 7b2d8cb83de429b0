"""``diff_all()`` and ``ProjectDiff``: what changed in each of the models that a project names."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from summarykit._util.progress import progress_bar
from summarykit.api import load
from summarykit.comparison import Diff, make_diff, with_base_note
from summarykit.errors import BudgetError, MissingFileError, RevisionError, SavedFileError
from summarykit.exporters.base import Options, Report
from summarykit.exporters.files import targets, write_each
from summarykit.options import Overrides, parse_overrides, project_options
from summarykit.projects.at_revision import Base, models_at
from summarykit.projects.git_checkout import Revision, find_revision
from summarykit.projects.models import ITS_OWN, ProjectModel, file_name, model_name, project_models, summary_of
from summarykit.result import Saveable
from summarykit.settings import using_project
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
    def _report(self) -> Report:
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
            OutputError: A folder cannot be made or written.
            TemplateError: A template of the user's has an error.

        """
        with progress_bar(progress):
            return write_each([each for path in paths for each in self._targets(path)])

    def _targets(self, path: PathLike) -> Iterator[tuple[Report, PathLike, Options]]:
        if NAME not in os.fspath(path):
            yield self.changes, path, self.options
            return
        for name, diff in self.diffs.items():
            yield diff.comparison, named_path(path, name), diff.options

    def __repr__(self) -> str:
        """Return one line: how many models, and how many of them changed."""
        changes = sum(model.state is not ModelState.SAME for model in self.changes.models)
        return f"<ProjectDiff of {len(self.changes.models)} models: {changes} changed>"

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
    project: PathLike | None = None,
    progress: bool = False,
) -> ProjectDiff:
    """Return what changed in each model that the nearest pyproject.toml names, and write a report to each path.

    A model that cannot be built, or whose base cannot be read, does not stop the others: ``failed`` has its error. A
    model without a base is new; one that has a base and is no longer in pyproject.toml was removed. Each model is
    checked against its limits.

    Args:
        paths: Files to write; the suffix picks the format. With ``{name}`` in it, a file for each model.
        base: A folder with the summary of each model before, ``NAME.json``, as ``summarykit report --all`` writes it.
        git: A revision of git instead: its models are built in a separate checkout.
        title: Heading of the report on all models.
        templates: Folders with templates that replace built-in ones of the same name.
        fold: Whether reports show equal changes of repeated blocks once, with their number.
        project: A pyproject.toml, or a folder that has one, to read settings from; by default the nearest one with a
            table ``[tool.summarykit]``, from the current folder upwards.
        progress: Whether to show a progress bar in a terminal.

    Raises:
        ProjectError, BudgetError: pyproject.toml is not of its form, or names no model.
        MissingFileError: There is no such folder.
        RevisionError: There is no such revision, or its models cannot be built.
        UnknownFormatError: A suffix has no format for all models at once.
        OutputError, TemplateError: As for ``diff``.

    """
    overrides = parse_overrides(title, "", templates, fold)
    with using_project(project):
        return make_diff_all(paths, base, git, overrides, progress=progress)


def make_diff_all(
    paths: Sequence[PathLike], base: PathLike | None, git: str | None, overrides: Overrides, *, progress: bool
) -> ProjectDiff:
    """Return what ``diff_all`` returns, with options that are parsed already; raises what it raises."""
    check_paths(paths)
    options = project_options(Path.cwd())
    models = project_models(Path.cwd())
    bases = _Bases.of(base, git, models)
    overrides = overrides._replace(source=bases.source)
    pairs = [_compare(model, bases, overrides._replace(title=""), progress=progress) for model in models]
    old_models, notes = bases.removed_models({model.name for model in models})
    changes = ProjectChanges((*(change for change, _ in pairs), *old_models), (*bases.notes, *notes))
    note = " ".join(bases.notes)  # a report on one model has it too; that on all models says it once
    diffs = {change.name: with_base_note(diff, note) for change, diff in pairs if diff}
    result = ProjectDiff(changes, diffs, overrides.over(options))
    result.save(*paths)
    return result


def _compare(
    model: ProjectModel, bases: _Bases, overrides: Overrides, *, progress: bool
) -> tuple[ModelChange, Diff | None]:
    try:
        before = bases.of_model(model.name)
        if before.error:
            return ModelChange(model.name, error=before.error.what), None
        diff = make_diff(
            before.summary, summary_of(model, progress=progress, with_table=False), overrides, model.limits
        )
    except (*ITS_OWN, BudgetError) as error:
        return ModelChange(model.name, error=error.what), None
    return ModelChange(model.name, diff.comparison), diff


class _Bases:
    """The models before, by name: from a folder of saved summaries, or from a revision of git."""

    def __init__(
        self, folder: Path | None, revision: Revision | None = None, models: Sequence[ProjectModel] = ()
    ) -> None:
        self.folder = folder
        self.at_revision = models_at(revision, models, all_models=True) if revision else {}
        self.source = f"{folder.name} → here" if folder else ""
        self.notes: tuple[str, ...] = ()
        if revision:
            self.source = revision.source
            self.notes = (revision.note,) if revision.note else ()

    @classmethod
    def of(cls, base: PathLike | None, git: str | None, models: Sequence[ProjectModel]) -> _Bases:
        """Return those of a folder or of a revision, which has *models* now.

        Raises:
            RevisionError: Both are given, or neither.
            MissingFileError: There is no such folder.

        """
        if (base is None) == (git is None):
            what = "models are compared with a folder of saved ones, or with a revision of git"
            raise RevisionError(what, hint="give one of the two: --base FOLDER or --git REVISION")
        if git is not None:
            return cls(None, find_revision(git), models)
        folder = Path(base or "")
        if not folder.is_dir():
            raise MissingFileError(
                f"there is no folder {str(folder)!r}",
                hint=f"write it: summarykit report --all -o {shlex.quote(f'{folder}/{NAME}.json')}",
            )
        return cls(folder)

    def of_model(self, name: str) -> Base:
        """Return the model before."""
        if self.folder is None:
            return self.at_revision.get(name, Base(None))
        path = self.folder / f"{file_name(name)}.json"
        if not path.exists():
            return Base(None)
        try:
            return Base(load(path))
        except SavedFileError as error:
            return Base(None, SavedFileError(f"its base {error.what}", hint=error.hint))

    def removed_models(self, names: set[str]) -> tuple[list[ModelChange], tuple[str, ...]]:
        """Return the models that are not among *names* any more, and notes on files that are no models."""
        changes, unreadable = [], []
        for name, base in self._others(names):
            if base.summary is None and self.folder:
                unreadable.append(name)
            else:
                changes.append(ModelChange(name, before=base.summary.data if base.summary else None))
        notes = tuple(f"among the bases {file_name(name)}.json is no summary that can be read" for name in unreadable)
        return changes, notes

    def _others(self, names: set[str]) -> Iterator[tuple[str, Base]]:
        """Yield the models that are not among *names*; without a summary where it cannot be read or built."""
        if self.folder is None:
            yield from ((name, base) for name, base in self.at_revision.items() if name not in names)
            return
        stems = {file_name(name) for name in names}
        for path in sorted(self.folder.glob("*.json")):
            if path.stem not in stems:
                name = model_name(path.stem)
                yield name, self.of_model(name) if path.is_file() else Base(None)
