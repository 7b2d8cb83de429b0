"""``summarykit diff``: what changed from one model to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from summarykit.result import Summary


def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="package.module:attribute, or a saved .json")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="Likewise; the two may be of different kinds.")],
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", "-o", help="Where to write; the suffix picks the format. Repeatable."),
    ] = None,
    arg: Annotated[
        list[str] | None, typer.Option("--arg", metavar="NAME=VALUE", help="An argument for classes or factories.")
    ] = None,
    meta: Annotated[bool, typer.Option("--meta", help="Build on the meta device: no memory, no weights.")] = False,
    sizes: Annotated[
        list[str] | None,
        typer.Option(
            "--input", metavar="[NAME=][DTYPE:]SIZE", help="What the forward is given: 1,3,224,224. Repeatable."
        ),
    ] = None,
    fold: Annotated[
        bool | None, typer.Option("--fold/--no-fold", help="Tell alike changes once, or every one.")
    ] = None,
    title: Annotated[str, typer.Option("--title", help="Heading of the report.")] = "",
    templates: Annotated[
        list[Path] | None, typer.Option("--templates", help="A folder whose templates go before the built-in ones.")
    ] = None,
) -> None:
    """Print what changed from one model to another, and write it to files.

    BEFORE and AFTER are package.module:attribute (a module, or a class or factory that makes one; the current folder
    is importable), folders with a config.json, or summaries saved as .json.
    """
    from summarykit.diffing import diff as compare
    from summarykit.exporters.files import targets
    from summarykit.exporters.text import terminal
    from summarykit.exporters.text_diff import print_comparison

    paths = output or []
    targets(paths, comparing=True)
    one, other = (_summary(target, arg or (), sizes or (), meta=meta) for target in (before, after))
    found = compare(one, other, *paths, title=title, source=f"{before} → {after}", templates=templates or (), fold=fold)
    print_comparison(terminal(), found.comparison, found.options)
    for path in paths:
        typer.echo(f"wrote {path}")


def _summary(target: str, arguments: list[str] | tuple[()], sizes: list[str] | tuple[()], *, meta: bool) -> Summary:
    """Return the summary of what *target* names."""
    from summarykit.api import is_model_config, summarize

    folder = is_model_config(target)
    if folder or target.lower().endswith(".json"):
        return summarize(target, progress=True)
    from summarykit.reading import load_target
    from summarykit.reading.inputs import given_by_specs

    model = load_target(target, arguments, meta=meta)
    return summarize(model, inputs=given_by_specs(model, sizes, None) if sizes else None, progress=True)
