"""``summarykit diff``: what changed from one model to another, or in all models of a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarykit.cli.options import (
    All,
    Argument,
    Fold,
    Input,
    Meta,
    Output,
    Project,
    Step,
    Templates,
    Title,
    as_tuple,
    print_written,
)
from summarykit.errors import TargetError

if TYPE_CHECKING:
    from summarykit.options import Overrides
    from summarykit.projects.targets import BuildArgs
    from summarykit.result import Summary

_FORMS = "write summarykit diff BEFORE AFTER, or summarykit diff TARGET --git main, or summarykit diff --all --git main"


def diff(
    before: Annotated[
        str | None,
        typer.Argument(
            metavar="BEFORE",
            help="package.module:attribute, a model's name in pyproject.toml, a folder with a config.json, or a .json",
        ),
    ] = None,
    after: Annotated[
        str | None, typer.Argument(metavar="AFTER", help="Likewise; the two may be of different kinds.")
    ] = None,
    git: Annotated[
        str | None,
        typer.Option("--git", metavar="REVISION", help="Compare with the model at a git revision: --git main."),
    ] = None,
    every: All = False,
    base: Annotated[
        Path | None,
        typer.Option("--base", metavar="FOLDER", help="With --all: compare with the summaries in FOLDER, NAME.json."),
    ] = None,
    output: Output = None,
    arg: Argument = None,
    meta: Meta = False,
    sizes: Input = None,
    fold: Fold = None,
    step: Step = False,
    title: Title = "",
    templates: Templates = None,
    project: Project = None,
) -> None:
    """Print what changed from one model to another.

    BEFORE and AFTER are package.module:attribute (a module, or a class or function that returns one; the current folder
    is importable), names of models in pyproject.toml, folders with a config.json, or summaries saved as .json.
    Example: summarykit diff base.json mymodel:build -o diff.md

    With --git main there is one target: as it is at that revision, built in a separate checkout, and as it is here.
    With --all, compare all models in pyproject.toml, in one report; exit code 2 if one cannot be built.
    """
    from summarykit.exporters.markdown.step_summary import step_summary
    from summarykit.options import parse_overrides
    from summarykit.projects.targets import DEFAULT_BUILD, BuildArgs

    paths = output or []
    if step:
        step_summary()
    overrides = parse_overrides(title, "", templates or (), fold)
    build = BuildArgs(as_tuple(arg), meta, as_tuple(sizes))
    if every:
        if before is not None or build != DEFAULT_BUILD:
            what = "--all takes its models, and how they are built, from pyproject.toml"
            raise TargetError(what, hint="leave out the target, --arg, --meta and --input")
        _diff_all(git, base, paths, overrides, step=step)
    elif base is not None:
        raise TargetError(
            "--base is for --all", hint="for one model write it as BEFORE: summarykit diff base.json NAME"
        )
    elif before is None or (after is None) == (git is None):
        raise TargetError("a diff is of BEFORE and AFTER, or of one TARGET with --git", hint=_FORMS)
    else:
        _diff_two(before, after, git, paths, build, overrides, step=step)


def _diff_two(
    before: str,
    after: str | None,
    git: str | None,
    paths: list[Path],
    build: BuildArgs,
    overrides: Overrides,
    *,
    step: bool,
) -> None:
    from summarykit.comparison import make_diff
    from summarykit.exporters.files import targets
    from summarykit.exporters.markdown.step_summary import append_summary
    from summarykit.exporters.text.diff import print_comparison
    from summarykit.exporters.text.exporter import terminal
    from summarykit.projects.models import project_model
    from summarykit.projects.targets import summary_of_target
    from summarykit.summary.diff import Comparison

    targets(paths, Comparison)
    if git is not None:
        base, place = _summary_at(git, before, build)
        after, source = before, f"{before} at {place} → here"
    else:
        base, source = summary_of_target(before, build, progress=True), f"{before} → {after}"
    assert after is not None
    model = project_model(after, Path.cwd())
    current = summary_of_target(after, build, progress=True)
    result = make_diff(base, current, overrides._replace(source=source), model.limits if model else ())
    result.save(*paths, progress=True)
    print_comparison(terminal(), result.comparison, result.options)
    if step:
        append_summary(result.comparison, result.options)
    print_written(paths)


def _diff_all(git: str | None, base: Path | None, paths: list[Path], overrides: Overrides, *, step: bool) -> None:
    from summarykit.exporters.markdown.step_summary import append_summary
    from summarykit.exporters.text.exporter import terminal
    from summarykit.exporters.text.project import print_project
    from summarykit.projects.diff_all import NAME, make_diff_all

    result = make_diff_all(paths, base, git, overrides, progress=True)
    print_project(terminal(), result.changes, result.options)
    if step:
        append_summary(result.changes, result.options)
    for path in paths:
        typer.echo(f"wrote {path} for each of {len(result.diffs)}" if NAME in str(path) else f"wrote {path}")
    if result.failed:
        raise typer.Exit(2)


def _summary_at(git: str, target: str, build: BuildArgs) -> tuple[Summary | None, str]:
    """Return the summary of *target* at a revision of git, None if it is new, and what the revision is called."""
    from summarykit.projects.at_revision import models_at, summary_at
    from summarykit.projects.git_checkout import find_revision
    from summarykit.projects.models import project_model

    revision = find_revision(git)
    commit = revision.commit[:7]
    place = git if git == commit else f"{git} {commit}"
    if project_model(target, Path.cwd()) is None:
        return summary_at(revision, target, build), place
    model = models_at(revision, [target]).get(target)
    if model and model.error:
        raise model.error
    return model.summary if model else None, place
