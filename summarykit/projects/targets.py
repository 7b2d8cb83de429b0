"""What a TARGET of the command line names: a model of the project, one to build, a folder, or a saved summary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from summarykit._util.stdout import stdout_to_stderr
from summarykit.api import is_model_config, summarize
from summarykit.errors import MissingTargetError, TargetError
from summarykit.projects.models import project_model, summary_of
from summarykit.projects.stale_imports import check_imports
from summarykit.result import Summary
from summarykit.settings import chosen_folder, nearest_project, project_of, shown_path
from summarykit.summary.patterns import closest

if TYPE_CHECKING:
    from torch import nn

#: The options of the command line that are in ``BuildArgs``.
BUILD_OPTIONS = "--arg, --meta, --input, --inputs, --forward and --trace-seconds"


class BuildArgs(NamedTuple):
    """How the command line builds a target and runs its forward pass."""

    arguments: Sequence[str] = ()  #: ``name=value`` for a class or factory, as ``--arg`` takes it
    meta: bool = False  #: whether it is built on the meta device
    sizes: Sequence[str] = ()  #: inputs of the forward pass, as ``--input`` takes them
    inputs: str | None = None
    forward: str = "fake"
    trace_seconds: float = 60.0


DEFAULT_BUILD = BuildArgs()


def is_path(target: str) -> bool:
    """Return whether *target* is a folder with a config.json, or a file, and no module."""
    return is_model_config(target) or is_saved(target)


def is_saved(target: str) -> bool:
    """Return whether *target* is the path of a saved summary, which may not exist."""
    return target.lower().endswith(".json") and not is_model_config(target)


def summary_of_target(target: str, build: BuildArgs = DEFAULT_BUILD, *, progress: bool = False) -> Summary:
    """Return the summary of what *target* names; a model of the project goes before a folder of its name.

    What does not apply to a kind of target is ignored: a saved summary is not built, and a folder takes no arguments.

    Raises:
        TargetError: It cannot be built, or *build* is given for a model of the project, which has its own in
            pyproject.toml. A MissingTargetError if there is no such module or attribute.
        SummaryKitError: It names no model, its inputs are not of their form, or it is no saved summary.

    """
    model = project_model(target, Path.cwd())
    if model is not None:
        if build != DEFAULT_BUILD:
            raise TargetError(
                f"{model.where} says how it is built and what its inputs are",
                hint=f"leave out {BUILD_OPTIONS}, or change that table in pyproject.toml",
            )
        return summary_of(model, progress=progress)
    if is_saved(target):
        return summarize(target, source=Path(target).name, progress=progress)
    with stdout_to_stderr():
        folder = is_model_config(target)
        live = None if folder else build_target(target, build.arguments, meta=build.meta)
        return summarize(
            target if live is None else live,
            inputs=_inputs(target, live, build) if build.sizes else build.inputs,
            forward=build.forward,
            trace_seconds=build.trace_seconds,
            source="" if folder else target,
            progress=progress,
        )


def _inputs(target: str, model: nn.Module | None, build: BuildArgs) -> object:
    from summarykit.reading import load_folder
    from summarykit.reading.inputs import inputs_from_specs

    live = load_folder(Path(target)).model if model is None else model
    return inputs_from_specs(live, build.sizes, build.inputs)


def build_target(target: str, arguments: Sequence[str] = (), *, meta: bool = False) -> nn.Module:
    """Return the model that *target* names; if there is none, the message names a similar model of the project.

    Raises:
        TargetError: As for ``load_target``, or as for ``check_imports``.

    """
    from summarykit.reading import load_target

    try:
        model = load_target(target, arguments, meta=meta, folder=chosen_folder())
    except MissingTargetError as error:
        names = project_of(Path.cwd()).table.get("models", {})
        near = closest(target, list(names)) if ":" not in target and isinstance(names, dict) else ""
        if not near:
            raise
        file = nearest_project(Path.cwd())
        place = shown_path(file) if file else ""
        raise MissingTargetError(error.what, hint=f"did you mean the model {near!r} of {place}?") from None
    check_imports(chosen_folder() or Path.cwd())
    return model
