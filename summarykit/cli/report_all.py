"""``summarykit report --all``: a report on each model that a project names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from summarykit.errors import OutputError, SummaryKitError


def report_all(paths: Sequence[Path], shown: Mapping[str, Any], *, step: bool, strict: bool) -> None:
    """Write reports on all models; one that cannot be built hides none of the others, and ends with exit code 2.

    Raises:
        ProjectError, BudgetError: pyproject.toml is not of its form, or names no model.
        OutputError: A path has no place for the name of the model, or cannot be written.
        UnknownFormatError: A suffix has no format.

    """
    from summarykit.api import report as write
    from summarykit.exporters.markdown.step_summary import append_summary
    from summarykit.exporters.text.exporter import terminal
    from summarykit.exporters.text.project import print_model
    from summarykit.projects.diff_all import NAME, check_paths, named_path
    from summarykit.projects.models import project_models, summary_of
    from summarykit.summary.data import SummaryData

    for path in paths:
        if NAME not in str(path):
            hint = "write {name} where the name of the model goes: -o 'base/{name}.json'"
            raise OutputError(f"{str(path)!r} is one file, and there may be many models", hint=hint)
    check_paths(paths, one=SummaryData)
    failed = wrong = False
    for model in project_models(Path.cwd()):
        own = [named_path(path, model.name) for path in paths]
        try:
            summary = write(summary_of(model, progress=True), *own, **shown)
        except OutputError:
            raise
        except SummaryKitError as error:
            typer.echo(f"summarykit: {error}", err=True)
            failed = True
            continue
        print_model(terminal(), model.name, summary.data)
        if step:
            append_summary(summary.data, summary.options)
        for path in own:
            typer.echo(f"  wrote {path}")
        wrong = wrong or not (summary.checks.ok and summary.trace.ok)
    if failed or (strict and wrong):
        raise typer.Exit(2 if failed else 1)
