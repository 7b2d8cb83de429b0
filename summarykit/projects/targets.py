"""What a TARGET of the command line names: a model of the project, one to build, a folder, or a saved summary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from summarykit._util.stdout import stdout_to_stderr
from summarykit.api import is_model_config, summarize
from summarykit.errors import MissingTargetError, TargetError
from summarykit.projects.models import project_model, summary_of
from summarykit.result import Summary
from summarykit.settings import project_of
from summarykit.summary.patterns import closest

if TYPE_CHECKING:
    from torch import nn


def is_path(target: str) -> bool:
    """Return whether *target* is a folder with a config.json, or a file, and no module."""
    return is_model_config(target) or target.lower().endswith(".json")


def summary_of_target(
    target: str,
    arguments: Sequence[str] = (),
    sizes: Sequence[str] = (),
    *,
    meta: bool = False,
    progress: bool = False,
) -> Summary:
    """Return the summary of what *target* names; a model of the project goes before a folder of its name.

    Args:
        target: As the command line takes it.
        arguments: ``name=value`` for a class or factory.
        sizes: What the forward is given, as ``--input`` takes it.
        meta: Whether it is built on the meta device.
        progress: Whether a terminal shows how far it is.

    Raises:
        TargetError: It cannot be built. A MissingTargetError where there is no such module or attribute.
        SummaryKitError: What it names is no model, cannot be fed, or is no saved summary.

    """
    named = project_model(target, Path.cwd())
    if named is not None:
        if arguments or sizes or meta:
            what = f"{named.where} says how it is built and what it is given"
            raise TargetError(what, hint="leave out --arg, --meta and --input, or change its table")
        return summary_of(named, progress=progress)
    if is_path(target):
        return summarize(target, progress=progress)
    from summarykit.reading.inputs import inputs_from_specs

    with stdout_to_stderr():
        model = built_target(target, arguments, meta=meta)
        return summarize(model, inputs=inputs_from_specs(model, sizes, None) if sizes else None, progress=progress)


def built_target(target: str, arguments: Sequence[str] = (), *, meta: bool = False) -> nn.Module:
    """Return the model that *target* names; where it names none, the message says which model of the project is near.

    Raises:
        TargetError: As for ``load_target``.

    """
    from summarykit.reading import load_target

    try:
        return load_target(target, arguments, meta=meta)
    except MissingTargetError as error:
        names = project_of(Path.cwd()).table.get("models", {})
        near = closest(target, list(names)) if ":" not in target and isinstance(names, dict) else ""
        if not near:
            raise
        raise MissingTargetError(error.what, hint=f"did you mean the model {near!r} of pyproject.toml?") from None
