"""``summarykit diff``: what changed from one model to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarykit.errors import TargetError

if TYPE_CHECKING:
    from summarykit.result import Summary


def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="package.module:attribute, or a saved .json")],
    after: Annotated[
        str | None, typer.Argument(metavar="AFTER", help="Likewise; the two may be of different kinds.")
    ] = None,
    git: Annotated[
        str | None, typer.Option("--git", metavar="REVISION", help="Compare the one TARGET with itself at a revision.")
    ] = None,
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
    step: Annotated[
        bool, typer.Option("--step-summary", help="Show the Markdown on the page of a run of GitHub Actions too.")
    ] = False,
    title: Annotated[str, typer.Option("--title", help="Heading of the report.")] = "",
    templates: Annotated[
        list[Path] | None, typer.Option("--templates", help="A folder whose templates go before the built-in ones.")
    ] = None,
) -> None:
    """Print what changed from one model to another, and write it to files.

    BEFORE and AFTER are package.module:attribute (a module, or a class or factory that makes one; the current folder
    is importable), folders with a config.json, or summaries saved as .json. With --git main there is one target: as it
    is at that revision, built in a checkout of its own, and as it is here.
    """
    from summarykit.diffing import diff as compare
    from summarykit.exporters.files import targets
    from summarykit.exporters.step_summary import append_summary, step_summary
    from summarykit.exporters.text import terminal
    from summarykit.exporters.text_diff import print_comparison

    paths = output or []
    targets(paths, comparing=True)
    if step:
        step_summary()
    if (after is None) == (git is None):
        raise TargetError("a diff is of BEFORE and AFTER, or of one TARGET with --git", hint="give one of the two")
    if git is not None:
        one, where = _summary_at(git, before, arg or (), sizes or (), meta=meta)
        other, source = _summary(before, arg or (), sizes or (), meta=meta), f"{before} at {where} → here"
    else:
        one, other = (_summary(target, arg or (), sizes or (), meta=meta) for target in (before, after or ""))
        source = f"{before} → {after}"
    found = compare(one, other, *paths, title=title, source=source, templates=templates or (), fold=fold)
    print_comparison(terminal(), found.comparison, found.options)
    if step:
        append_summary(found.comparison, found.options)
    for path in paths:
        typer.echo(f"wrote {path}")


def _summary_at(
    git: str, target: str, arguments: list[str] | tuple[()], sizes: list[str] | tuple[()], *, meta: bool
) -> tuple[Summary, str]:
    """Return the summary of *target* at a revision of git, and what that is called."""
    from summarykit.revisions import find_revision, summary_at

    revision = find_revision(git)
    options = [f"--arg={each}" for each in arguments] + [f"--input={each}" for each in sizes] + ["--meta"] * meta
    commit = revision.commit[:7]
    return summary_at(revision, target, options), git if git == commit else f"{git} {commit}"


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
