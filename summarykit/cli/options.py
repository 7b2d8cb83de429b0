"""The options that several commands have: each is declared here once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from summarykit.settings import using_project

Output = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write a report; the suffix picks its format: -o out.html; -o - is standard output. Repeatable.",
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="md|json|txt|html",
        help="Write the report to standard output in this format, and nothing else there: --format md.",
    ),
]
Argument = Annotated[
    list[str] | None,
    typer.Option(
        "--arg",
        metavar="NAME=VALUE",
        help="Build the model with this argument: --arg width=128. Repeatable.",
    ),
]
Meta = Annotated[
    bool, typer.Option("--meta", help="Build the model on the meta device: needs no memory, has no weights.")
]
Input = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="[NAME=][DTYPE:]SIZE",
        help="Run the forward pass on this shape: 1,3,224,224 or input_ids=int64:1,128. Repeatable.",
    ),
]
Fold = Annotated[
    bool | None,
    typer.Option("--fold/--no-fold", help="Show repeated blocks once with their number (the default), or each one."),
]
Step = Annotated[
    bool, typer.Option("--step-summary", help="In GitHub Actions: add the report to the page of the workflow run too.")
]
Title = Annotated[str, typer.Option("--title", metavar="TEXT", help='Heading of the report: --title "My model".')]
Templates = Annotated[
    list[Path] | None,
    typer.Option(
        "--templates", metavar="FOLDER", help="Use the templates in FOLDER before the built-in ones. Repeatable."
    ),
]
All = Annotated[bool, typer.Option("--all", help="Take all models in [tool.summarykit.models] of pyproject.toml.")]


def _use_project(ctx: typer.Context, path: Path | None) -> Path | None:
    """Read all settings of this command from *path*."""
    ctx.with_resource(using_project(path))
    return path


Project = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="FILE",
        callback=_use_project,
        is_eager=True,
        help="Read settings from this pyproject.toml, or from the one in this folder: --project packages/a.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def as_tuple(values: Sequence[str] | None) -> tuple[str, ...]:
    """Return the values of a repeatable option."""
    return tuple(values or ())
