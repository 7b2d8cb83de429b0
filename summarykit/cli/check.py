"""``summarykit check`` and ``summarykit lock``: the models of a project held against what was agreed on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Models of the project; all by default.")
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option("--base", help="A saved .json that increases are counted from, or a folder of NAME.json."),
    ] = None,
    git: Annotated[
        str | None, typer.Option("--git", metavar="REVISION", help="Count increases from the models at a revision.")
    ] = None,
    locked: Annotated[
        bool, typer.Option("--locked", help="Fail too where a model is not as summarykit.lock.json has it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Hold the models in pyproject.toml against their limits; exit code 1 where one is not kept.

    Each stands in a table [tool.summarykit.models.NAME] with its target and its limits, such as max_parameters = "10M".
    Exit code 2 where one cannot be checked; the others are all the same.
    """
    from summarykit.exporters.text.budget import print_checks
    from summarykit.exporters.text.exporter import terminal
    from summarykit.projects.checks import check as run

    checked = run(names or [], base=base, git=git, locked=locked, progress=True)
    if as_json:
        typer.echo(checked.to_json(), nl=False)
    else:
        print_checks(terminal(), checked.models, checked.gone, checked.failed)
    if not checked.ok:
        raise typer.Exit(2 if checked.failed else 1)


def lock(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Lock only these anew; all by default.")
    ] = None,
) -> None:
    """Write summarykit.lock.json: what parameters each model in pyproject.toml has, for review and check --locked."""
    from summarykit.projects.checks import lock as write

    typer.echo(f"wrote {write(*(names or ()), progress=True).name}")
