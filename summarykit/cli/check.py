"""``summarykit check`` and ``summarykit lock``: the models of a project against their limits and their lock."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from summarykit.cli.options import Json, Project
from summarykit.settings import shown_path


def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Check only these models of pyproject.toml.")
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(
            "--base",
            metavar="PATH",
            help="Count increases from a saved .json or a folder of NAME.json: --base base/",
        ),
    ] = None,
    git: Annotated[
        str | None,
        typer.Option(
            "--git",
            metavar="REVISION",
            help="Count increases from the models at a revision: --git main, or where the branch began: --git main...",
        ),
    ] = None,
    locked: Annotated[
        bool, typer.Option("--locked", help="Fail too if a model differs from summarykit.lock.json.")
    ] = False,
    as_json: Json = False,
    project: Project = None,
) -> None:
    """Check the models in pyproject.toml against limits.

    Exit code 1 if a model exceeds a limit. Each model is a table [tool.summarykit.models.NAME] with its target and its
    limits, such as max_parameters = "10M". Exit code 2 if one cannot be checked; the others are checked.

    Example: summarykit check --git main --locked
    """
    from summarykit.exporters.text.budget import print_checks
    from summarykit.exporters.text.exporter import terminal
    from summarykit.projects.checks import check as run

    result = run(names or [], base=base, git=git, locked=locked, progress=True)
    if as_json:
        typer.echo(result.to_json(), nl=False)
    else:
        print_checks(terminal(), result.models, result.gone, result.failed, result.notes)
    if not result.ok:
        raise typer.Exit(2 if result.failed else 1)


def lock(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Update only these models; the others stay.")
    ] = None,
    project: Project = None,
) -> None:
    """Write summarykit.lock.json, for review and check --locked.

    It lists the parameters of each model in pyproject.toml. Commit it: a review then shows which of them changed.
    """
    from summarykit.projects.checks import lock as write

    typer.echo(f"wrote {shown_path(write(*(names or ()), progress=True))}")
