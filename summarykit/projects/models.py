"""The models of a project: ``[tool.summarykit.models.NAME]`` of the nearest pyproject.toml, and their summaries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from summarykit._util.stdout import stdout_to_stderr
from summarykit.api import is_model_config, summarize
from summarykit.errors import (
    BudgetError,
    ExpertsError,
    InputsError,
    MissingFileError,
    ModelFolderError,
    NotAModelError,
    ProjectError,
    SavedFileError,
    SummaryKitError,
    TargetError,
)
from summarykit.projects.stale_imports import check_imports
from summarykit.result import Summary
from summarykit.settings import naming_file, project_of, shown_path
from summarykit.summary.budget import Limit, Quantity, parse_limits
from summarykit.summary.budget.limits import KEYS, LAYERS, check_key
from summarykit.summary.patterns import closest

#: What a model's table may say beside its limits, and of which kinds.
MODEL_SETTINGS: dict[str, tuple[tuple[type, ...], str]] = {
    "target": ((str,), '"package.module:attribute"'),
    "args": ((dict,), "{ layers = 12 }"),
    "meta": ((bool,), "true or false"),
    "inputs": ((str, list), '"declared", "guess" or sizes as for --input: ["1,3,224,224"]'),
    "input_size": ((list, dict), "[1, 3, 224, 224], a list of such sizes, or a table of them by keyword"),
    "dtypes": ((str, list, dict), '"int64", a list or a table of them by keyword'),
    "experts_per_token": ((int,), "a whole number"),
}
_WRITE = 'write [tool.summarykit.models.NAME] with target = "package.module:attribute"'
#: What a name keeps in the name of a file; a dot does not begin one.
_UNSAFE = re.compile(r"[^\w .+=@,()-]|^\.")
#: What may be wrong with a model that a table names.
ITS_OWN = (TargetError, InputsError, ModelFolderError, NotAModelError, ExpertsError, MissingFileError, SavedFileError)


class ProjectModel(NamedTuple):
    """One model of a project: what to build, what to feed it, and its limits."""

    name: str
    file: Path  #: the pyproject.toml
    settings: Mapping[str, Any]
    limits: tuple[Limit, ...]

    @property
    def folder(self) -> Path:
        """The folder of the pyproject.toml: its modules can be imported, and paths begin there."""
        return self.file.parent

    @property
    def where(self) -> str:
        """The file and its table there, for messages."""
        return f"{shown_path(self.file)}: {_where(self.name)}"


def project_models(folder: Path, names: Sequence[str] = ()) -> tuple[ProjectModel, ...]:
    """Return the models of the nearest pyproject.toml, in its order; only those called *names*, where there are some.

    Raises:
        ProjectError: There are none, none of that name, or a table is not of its form.

    """
    project = project_of(folder)
    tables = project.table.get("models", {})
    if project.path is None or not tables:
        what = "no pyproject.toml here or above" if project.path is None else f"no model in {shown_path(project.path)}"
        raise ProjectError(f"there is {what}", hint=f"{_WRITE} in pyproject.toml")
    with naming_file(project.path):
        return _models(tables, names, project.path)


def _models(tables: object, names: Sequence[str], file: Path) -> tuple[ProjectModel, ...]:
    if not isinstance(tables, dict):
        raise ProjectError("[tool.summarykit.models] is no table", hint=f"{_WRITE} below")
    for name in names:
        if name not in tables:
            near, there = closest(name, list(tables)), f"there are: {', '.join(map(repr, tables))}"
            raise ProjectError(
                f"there is no model {name!r} in [tool.summarykit.models]",
                hint=f"did you mean {near!r}? T{there[1:]}" if near else there,
            )
    models = [parse_model(name, table, file) for name, table in tables.items()]
    return tuple(model for model in models if not names or model.name in names)


def project_model(name: str, folder: Path) -> ProjectModel | None:
    """Return the model that the nearest pyproject.toml calls *name*; None where it names no such model.

    Raises:
        ProjectError: Its table is not of its form.

    """
    tables = project_of(folder).table.get("models", {})
    return project_models(folder, [name])[0] if isinstance(tables, dict) and name in tables else None


def file_name(name: str) -> str:
    """Return the name of a model as the name of a file, without suffix: another for each, and harmless.

    Letters, digits and a few signs are unchanged; everything else is percent-encoded, as in ``%2F``.
    """
    return _UNSAFE.sub(_code, name) or "%"


def _code(match: re.Match[str]) -> str:
    return "%2E" if match[0] == "." else quote(match[0], safe="", errors="surrogatepass")


def model_name(stem: str) -> str:
    """Return the name of the model that ``file_name`` makes *stem* of."""
    return "" if stem == "%" else unquote(stem, errors="surrogatepass")


def _where(name: str) -> str:
    return f"[tool.summarykit.models.{name if name.isprintable() else repr(name)}]"


def parse_model(name: str, table: object, file: Path) -> ProjectModel:
    """Return the model that *table* in *file* describes.

    Raises:
        ProjectError, BudgetError: It is not of its form.

    """
    where = _where(name)
    if not isinstance(table, dict):
        raise ProjectError(f"{where} is no table", hint=f"{_WRITE} below")
    for key in table:
        check_key(key, (*MODEL_SETTINGS, *KEYS, LAYERS), where)
    settings = {key: value for key, value in table.items() if key in MODEL_SETTINGS}
    if settings.get("target", "") == "":
        raise ProjectError(f"{where} has no target", hint='write target = "package.module:attribute"')
    for key, value in settings.items():
        kinds, form = MODEL_SETTINGS[key]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise ProjectError(f"{where}: {key} is {value!r}", hint=f"write {key} = {form}")
    specs = settings.get("inputs")
    if isinstance(specs, list) and not (specs and all(isinstance(text, str) for text in specs)):
        raise ProjectError(f"{where}: inputs is {specs!r}", hint=f"write inputs = {MODEL_SETTINGS['inputs'][1]}")
    limits = parse_limits({key: value for key, value in table.items() if key not in MODEL_SETTINGS}, where)
    limit_keys = [limit.key for limit in limits if limit.quantity is Quantity.MACS]
    if limit_keys and not {"inputs", "input_size"} & settings.keys() and not settings["target"].endswith(".json"):
        what = f"{where}: {limit_keys[0]} asks for multiply-adds, and no inputs are given"
        raise BudgetError(what, hint="write input_size = [1, 3, 224, 224], with the batch first")
    return ProjectModel(name, file, settings, limits)


def summary_of(model: ProjectModel, *, progress: bool = False, with_table: bool = True) -> Summary:
    """Return the summary of a project's model, which is built for it; what its code prints goes to standard error.

    An error names the model's table in pyproject.toml if *with_table*.

    Raises:
        TargetError, ModelFolderError, NotAModelError: It cannot be built.
        InputsError, ExpertsError: What its table says does not fit it.
        MissingFileError, SavedFileError: Its target is a saved summary, and none can be read there.

    """
    try:
        with stdout_to_stderr():
            return _summary(model, progress=progress)
    except ITS_OWN as error:
        if not with_table:
            raise
        kind: type[SummaryKitError] = type(error)
        raise kind(f"{model.where}: {error.what}", hint=error.hint) from error.__cause__


def _summary(model: ProjectModel, *, progress: bool) -> Summary:
    target, settings = model.settings["target"], model.settings
    fed = {key: settings[key] for key in ("inputs", "input_size", "dtypes") if key in settings}
    rest: dict[str, Any] = {"experts_per_token": settings.get("experts_per_token"), "progress": progress}
    path = model.folder / target
    folder = is_model_config(path)
    if folder or target.lower().endswith(".json"):
        unfit = [key for key in ("args", "meta", *(() if folder else fed)) if key in settings]
        if unfit:
            raise TargetError(
                f"{target!r} is built already",
                hint=f'leave out {unfit[0]}, or write target = "package.module:attribute"',
            )
        if isinstance(fed.get("inputs"), list):
            raise InputsError("inputs are sizes, for a folder", hint="write input_size = [1, 3, 224, 224]")
        return summarize(path, title=model.name, **fed, **rest)
    from summarykit.reading import load_target
    from summarykit.reading.inputs import inputs_from_specs

    arguments = settings.get("args", {})
    live = load_target(target, keywords=arguments, meta=settings.get("meta", False), folder=model.folder)
    check_imports(model.folder)
    if isinstance(fed.get("inputs"), list):
        others = next((key for key in fed if key != "inputs"), None)
        if others:
            raise InputsError(f"inputs and {others} both say what to feed", hint=f"leave out inputs or {others}")
        fed = {"inputs": inputs_from_specs(live, fed["inputs"])}
    return summarize(live, title=model.name, source=target, **fed, **rest)
