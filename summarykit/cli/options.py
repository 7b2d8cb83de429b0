"""What several commands are given alike: each argument and option is declared here, once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Output = Annotated[
    list[Path] | None,
    typer.Option("--output", "-o", help="Where to write; the suffix picks the format. Repeatable."),
]
Arguments = Annotated[
    list[str] | None, typer.Option("--arg", metavar="NAME=VALUE", help="An argument for a class or factory.")
]
Meta = Annotated[bool, typer.Option("--meta", help="Build on the meta device: no memory, no weights.")]
Sizes = Annotated[
    list[str] | None,
    typer.Option("--input", metavar="[NAME=][DTYPE:]SIZE", help="What the forward is given: 1,3,224,224. Repeatable."),
]
Step = Annotated[
    bool, typer.Option("--step-summary", help="Show the Markdown on the page of a run of GitHub Actions too.")
]
Title = Annotated[str, typer.Option("--title", help="Heading of the report.")]
Templates = Annotated[
    list[Path] | None, typer.Option("--templates", help="A folder whose templates go before the built-in ones.")
]
All = Annotated[bool, typer.Option("--all", help="All models in pyproject.toml.")]
