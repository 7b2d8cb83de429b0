"""``check()`` and ``lock()``: compare the models of a project with their limits and their lock."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from summarykit.api import load, summarize
from summarykit.errors import BudgetError, LockError, MissingFileError, OutputError, RevisionError
from summarykit.projects.at_revision import Base, models_at
from summarykit.projects.git_checkout import find_revision
from summarykit.projects.models import ITS_OWN, ProjectModel, file_name, project_models, summary_of
from summarykit.result import Summary
from summarykit.settings import nearest_project, shown_path, using_project
from summarykit.summary import SummaryData
from summarykit.summary.budget import Limit, ModelCheck, checks_json, judge, parse_limits
from summarykit.summary.lock import FILE, LockChange, LockedModel, lock_text, read_lock
from summarykit.summary.lock import lock_model as locked_model

if TYPE_CHECKING:
    from torch import nn

    PathLike = str | os.PathLike[str]


@dataclass(frozen=True, repr=False)
class Checked:
    """The results of checking models against their limits and their lock.

    Attributes:
        models: One entry a model, with a verdict for each limit.
        gone: Names in the lock that are no longer in the project.
        failed: Why a model could not be checked, by name.
        notes: What to know of the base.

    """

    models: tuple[ModelCheck, ...]
    gone: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every model is within its limits and, with ``locked=True``, matches the lock."""
        return all(model.ok for model in self.models) and not self.gone and not self.failed

    def to_json(self) -> str:
        """Return all of it as JSON, for programs."""
        return checks_json(self.models, self.gone, self.failed, self.notes)

    def __str__(self) -> str:
        """Return the verdicts as text, at most 100 columns wide, with a line for each limit that is exceeded."""
        from summarykit.exporters.text.budget import checks_text

        return checks_text(self.models, self.gone, self.failed, self.notes)

    def __repr__(self) -> str:
        """Return one line: how many models, and whether all checks pass."""
        return f"<Checked {len(self.models)} model{'s' * (len(self.models) != 1)}: {'ok' if self.ok else 'not ok'}>"


def check(
    model: nn.Module | Summary | str | Sequence[str] = (),
    *,
    base: Summary | PathLike | None = None,
    git: str | None = None,
    locked: bool = False,
    project: PathLike | None = None,
    progress: bool = False,
    **limits: object,
) -> Checked:
    """Check models against their limits and, with ``locked=True``, against the lock.

    Without arguments, all models in ``[tool.summarykit.models]`` of the nearest pyproject.toml. Nothing is raised for a
    limit that is exceeded: ``check().ok`` says so, and ``print(check())`` why. Of several models, one that cannot be
    checked hides none of the others: ``failed`` has it.

    Args:
        model: Names of models of the project; or a module or a summary, with limits of its own.
        base: A summary or the path of a saved one, from which increases are counted; or a folder with ``NAME.json`` for
            each model. A model that is not there is new.
        git: A revision of git instead: the models of the project as they are there, built in a checkout of its own.
        locked: Whether the models must be as ``summarykit.lock.json`` beside the pyproject.toml has them.
        project: A pyproject.toml, or a folder that has one, to read settings from; by default the nearest one with a
            table ``[tool.summarykit]``, from the current folder upwards.
        progress: Whether a terminal shows how far it is.
        limits: For a module or a summary: ``max_parameters="10M"``, ``layers={"encoder.*": {"max_bytes": "1GB"}}`` and
            all that ``docs/budgets.md`` lists.

    Raises:
        ProjectError, BudgetError: pyproject.toml or a limit is not of its form, or there is no such model.
        TargetError, InputsError, NotAModelError: The one model cannot be built, or fed.
        MissingFileError, SavedFileError: There is no such base, or it is no summary.
        LockError: The lock cannot be read, or does not hold a model.
        RevisionError: There is no such revision, or its models cannot be built in a checkout.

    Example:
        >>> import torch, summarykit
        >>> summarykit.check(torch.nn.Linear(16, 4), max_parameters=60).ok
        False

    """
    with using_project(project):
        if not isinstance(model, str | list | tuple):
            return _check_live(cast("nn.Module | Summary", model), base, git, limits, locked=locked, progress=progress)
        if limits:
            hint = "write them in pyproject.toml, or give a module or a summary"
            raise BudgetError(f"{next(iter(limits))} is given for models of the project", hint=hint)
        return _check_models([model] if isinstance(model, str) else list(model), base, git, locked, progress=progress)


def _check_live(
    model: nn.Module | Summary,
    base: Summary | PathLike | None,
    git: str | None,
    limits: Mapping[str, object],
    *,
    locked: bool,
    progress: bool,
) -> Checked:
    """Return the check of a module or a summary against the limits of the call."""
    if locked:
        hint = "pass its name in [tool.summarykit.models], such as check('NAME', locked=True)"
        raise LockError("locked=True needs the name of a model, not the model", hint=hint)
    if git is not None:
        hint = "pass its name in [tool.summarykit.models], such as check('NAME', git='main')"
        raise RevisionError("git= needs the name of a model, not the model", hint=hint)
    summary = model if isinstance(model, Summary) else summarize(model, progress=progress)
    name = summary.options.title or summary.model_name
    before = base if isinstance(base, Summary) or base is None else load(base)
    return Checked((make_check(name, summary.data, parse_limits(limits, "check"), before),))


def _check_models(
    names: list[str], base: Summary | PathLike | None, git: str | None, locked: bool, *, progress: bool
) -> Checked:
    """Return the check of the models of the project that *names* lists, all if it is empty."""
    models = project_models(Path.cwd(), names)
    if len(models) > 1 and base is not None and (isinstance(base, Summary) or not Path(base).is_dir()):
        hint = "name the one it is of, or give a folder with NAME.json for each"
        raise BudgetError(f"one base is given for {len(models)} models", hint=hint)
    if base is not None and git is not None:
        raise RevisionError("base and git are both given; increases need one base", hint="leave out base or git")
    locks = read_locks(lock_file(Path.cwd())) if locked else {}
    if locked:
        for each in models:
            locked_as(each.name, locks)  # raise before any model is built
    revision = find_revision(git) if git is not None else None
    bases = models_at(revision, models) if revision else base
    checks, failures = [], {}
    for each in models:
        try:
            checks.append(_check_of(each, bases, locks, progress=progress, with_table=len(models) == 1))
        except (*ITS_OWN, BudgetError) as error:
            if len(models) == 1:
                raise
            failures[each.name] = str(error)
    missing = sorted(locks.keys() - {each.name for each in models}) if not names else ()
    return Checked(tuple(checks), tuple(missing), failures, (revision.note,) if revision and revision.note else ())


def _check_of(
    model: ProjectModel,
    base: Summary | PathLike | Mapping[str, Base] | None,
    locks: Mapping[str, LockedModel],
    *,
    progress: bool,
    with_table: bool,
) -> ModelCheck:
    """Return the check of one model of the project against its limits and its entry in *locks*, if it has one."""
    before = _base_of(model, base)
    data = summary_of(model, progress=progress, with_table=with_table).data
    lock = LockChange(locks[model.name], locked_model(data)) if model.name in locks else None
    try:
        return make_check(model.name, data, model.limits, before, new=before is None and base is not None, lock=lock)
    except BudgetError as error:
        if not with_table:
            raise
        raise BudgetError(f"{model.where}: {error.what}", hint=error.hint) from None


def make_check(
    name: str,
    data: SummaryData,
    limits: Sequence[Limit],
    base: Summary | None,
    *,
    new: bool = False,
    lock: LockChange | None = None,
) -> ModelCheck:
    """Return the check of one model against *limits*."""
    before = base.data if base else None
    return ModelCheck(name, data, before, new, tuple(judge(limit, data, before) for limit in limits), lock)


def _base_of(model: ProjectModel, base: Summary | PathLike | Mapping[str, Base] | None) -> Summary | None:
    if isinstance(base, Mapping):
        entry = base.get(model.name, Base(None))
        if entry.error:
            raise entry.error
        return entry.summary
    if base is None or isinstance(base, Summary):
        return base
    path = Path(base)
    if not path.is_dir():
        return load(path)
    path /= f"{file_name(model.name)}.json"
    return load(path) if path.exists() else None


def lock(*names: str, project: PathLike | None = None, progress: bool = False) -> Path:
    """Write ``summarykit.lock.json`` beside the nearest pyproject.toml, and return its path.

    It says for review what parameters each model has. The same models give the same bytes.

    Args:
        names: The models to lock again; the others are unchanged. All by default.
        project: A pyproject.toml, or a folder that has one, to read settings from; by default the nearest one with a
            table ``[tool.summarykit]``, from the current folder upwards.
        progress: Whether a terminal shows how far it is.

    Raises:
        ProjectError, BudgetError: pyproject.toml is not of its form, or there is no such model.
        TargetError, InputsError, NotAModelError: A model cannot be built, or fed.
        LockError: *names* are given, and the lock there is cannot be read.
        OutputError: It cannot be written; the older one is untouched.

    """
    with using_project(project):
        return _lock(names, progress=progress)


def _lock(names: Sequence[str], *, progress: bool) -> Path:
    models = project_models(Path.cwd(), names)
    path = lock_file(Path.cwd())
    locks = read_locks(path) if names and path.exists() else {}
    current = {model.name for model in project_models(Path.cwd())}
    locks = {name: model for name, model in locks.items() if name in current}
    for model in models:
        locks[model.name] = locked_model(summary_of(model, progress=progress).data)
    _write(path, lock_text(locks))
    return path


def lock_file(folder: Path) -> Path:
    """Return where the lock of the project around *folder* is, or would be."""
    project = nearest_project(folder)
    return (project.parent if project else folder) / FILE


def read_locks(path: Path) -> dict[str, LockedModel]:
    """Return the models of the lock at *path*, by name.

    Raises:
        MissingFileError: There is none.
        LockError: It cannot be read.

    """
    try:
        return read_lock(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingFileError(f"there is no {shown_path(path)}", hint="write it with 'summarykit lock'") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(
            f"{shown_path(path)} cannot be read: {error}", hint="write it again with 'summarykit lock'"
        ) from None


def locked_as(name: str, locks: Mapping[str, LockedModel]) -> LockedModel:
    """Return the entry of the model *name* in a lock.

    Raises:
        LockError: The lock has no entry for it.

    """
    if name not in locks:
        there = f"there are: {', '.join(map(repr, locks))}" if locks else "it is empty"
        raise LockError(
            f"{FILE} does not hold the model {name!r}",
            hint=f"add it with 'summarykit lock {shlex.quote(name)}'; {there}",
        )
    return locks[name]


def lock_change(name: str, summary: Summary, folder: Path) -> LockChange:
    """Return what differs between a model and what the lock of the project around *folder* has under *name*.

    Raises:
        MissingFileError, LockError: There is no lock, it cannot be read, or does not hold the model.

    """
    if not isinstance(name, str):
        raise LockError(
            f"{name!a} is no name of a model",
            hint="write matches_lock='NAME', with a name from [tool.summarykit.models]",
        )
    return LockChange(locked_as(name, read_locks(lock_file(folder))), locked_model(summary.data))


def _write(path: Path, text: str) -> None:
    """Replace the file at *path*, or leave it as it is."""
    part = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        part = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as out:
            out.write(text)
        part.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        part.replace(path)
    except OSError as error:
        what = f"{shown_path(path)} could not be written: {error.strerror or error}"
        raise OutputError(what, hint=f"free some space, or make the folder {str(path.parent)!r} writable") from error
    finally:
        if part is not None:
            with suppress(OSError):
                part.unlink(missing_ok=True)
