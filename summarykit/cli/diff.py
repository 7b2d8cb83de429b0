"""``summarykit diff``: what changed from one model to another, or in all models of a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarykit.cli.options import (
    All,
    Argument,
    Fold,
    Format,
    Input,
    Json,
    Meta,
    Output,
    Project,
    Step,
    Templates,
    Title,
    as_tuple,
)
from summarykit.errors import TargetError

if TYPE_CHECKING:
    from summarykit.cli.standard_output import Outputs
    from summarykit.options import Overrides
    from summarykit.projects.git_checkout import Revision
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
        typer.Option(
            "--git",
            metavar="REVISION",
            help="Compare with the model at a git revision: --git main, or where the branch began: --git main...",
        ),
    ] = None,
    every: All = False,
    base: Annotated[
        Path | None,
        typer.Option("--base", metavar="FOLDER", help="With --all: compare with the summaries in FOLDER, NAME.json."),
    ] = None,
    output: Output = None,
    format_name: Format = None,
    as_json: Json = False,
    arg: Argument = None,
    meta: Meta = False,
    sizes: Input = None,
    fold: Fold = None,
    step: Step = False,
    title: Title = "",
    templates: Templates = None,
    project: Project = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with exit code 1 if something changed, as git diff does.")
    ] = False,
    only_if_changed: Annotated[
        bool,
        typer.Option("--only-if-changed", help="Write no file, and add no step summary, if nothing changed."),
    ] = False,
) -> None:
    """Print what changed from one model to another.

    BEFORE and AFTER are package.module:attribute (a module, or a class or function that returns one; the current folder
    is importable), names of models in pyproject.toml, folders with a config.json, or summaries saved as .json.
    Example: summarykit diff base.json mymodel:build -o diff.md

    With --git main there is one target: as it is at that revision, built in a separate checkout, and as it is here.
    With --all, compare all models in pyproject.toml, in one report; exit code 2 if one cannot be built.
    """
    from summarykit.cli.standard_output import read_outputs
    from summarykit.exporters.markdown.step_summary import step_summary
    from summarykit.options import parse_overrides
    from summarykit.projects.targets import DEFAULT_BUILD, BuildArgs
    from summarykit.summary.diff import Comparison, ProjectChanges

    outputs = read_outputs(output or [], format_name, ProjectChanges if every else Comparison, as_json=as_json)
    if step:
        step_summary()
    overrides = parse_overrides(title, "", templates or (), fold)
    build = BuildArgs(as_tuple(arg), meta, as_tuple(sizes))
    if every:
        if before is not None or build != DEFAULT_BUILD:
            what = "--all takes its models, and how they are built, from pyproject.toml"
            raise TargetError(what, hint="leave out the target, --arg, --meta and --input")
        same = _diff_all(git, base, outputs, overrides, step=step, always=not only_if_changed)
    elif base is not None:
        raise TargetError(
            "--base is for --all", hint="for one model write it as BEFORE: summarykit diff base.json NAME"
        )
    elif before is None or (after is None) == (git is None):
        raise TargetError("a diff is of BEFORE and AFTER, or of one TARGET with --git", hint=_FORMS)
    else:
        same = _diff_two(before, after, git, outputs, build, overrides, step=step, always=not only_if_changed)
    if exit_code and not same:
        raise typer.Exit(1)


def _diff_two(
    before: str,
    after: str | None,
    git: str | None,
    outputs: Outputs,
    build: BuildArgs,
    overrides: Overrides,
    *,
    step: bool,
    always: bool,
) -> bool:
    """Print and write what changed from one model to another; return whether nothing did."""
    from summarykit.comparison import make_diff, with_base_note
    from summarykit.exporters.files import targets
    from summarykit.exporters.markdown.step_summary import append_summary
    from summarykit.exporters.text.diff import print_comparison
    from summarykit.exporters.text.exporter import terminal
    from summarykit.projects.models import project_model
    from summarykit.projects.targets import summary_of_target
    from summarykit.summary.diff import Comparison

    targets(outputs.files, Comparison)
    if git is not None:
        base, revision = _summary_at(git, before, build)
        after, source, note = before, f"{before} at {revision.source}", revision.note
    else:
        base, source, note = summary_of_target(before, build, progress=True), f"{before} → {after}", ""
    assert after is not None
    model = project_model(after, Path.cwd())
    current = summary_of_target(after, build, progress=True)
    limits = model.limits if model else ()
    result = with_base_note(make_diff(base, current, overrides._replace(source=source), limits), note)
    same = result.same and not result.comparison.new
    if same and not always:
        outputs = outputs.without_report()
    result.save(*outputs.files, progress=True)
    if not outputs.print(result.comparison, result.options):
        print_comparison(terminal(), result.comparison, result.options)
    if step and (always or not same):
        append_summary(result.comparison, result.options)
    outputs.print_names(outputs.files)
    return same


def _diff_all(
    git: str | None, base: Path | None, outputs: Outputs, overrides: Overrides, *, step: bool, always: bool
) -> bool:
    """Print and write what changed in all models of the project; return whether nothing did."""
    from summarykit.exporters.markdown.step_summary import append_summary
    from summarykit.exporters.text.exporter import terminal
    from summarykit.exporters.text.project import print_project
    from summarykit.projects.diff_all import NAME, check_paths, make_diff_all

    check_paths(outputs.files)
    result = make_diff_all((), base, git, overrides, progress=True)
    if result.same and not always:
        outputs = outputs.without_report()
    result.save(*outputs.files, progress=True)
    if not outputs.print(result.changes, result.options):
        print_project(terminal(), result.changes, result.options)
    if step and (always or not result.same):
        append_summary(result.changes, result.options)
    outputs.print_names(
        f"{path} for each of {len(result.diffs)}" if NAME in str(path) else path for path in outputs.files
    )
    if result.failed:
        raise typer.Exit(2)
    return result.same


def _summary_at(git: str, target: str, build: BuildArgs) -> tuple[Summary | None, Revision]:
    """Return the summary of *target* at a revision of git, None if it is new, and the revision."""
    from summarykit.projects.at_revision import models_at, summary_at
    from summarykit.projects.git_checkout import find_revision
    from summarykit.projects.models import project_model

    revision = find_revision(git)
    model = project_model(target, Path.cwd())
    if model is None:
        return summary_at(revision, target, build), revision
    base = models_at(revision, [model]).get(target)
    if base and base.error:
        raise base.error
    return base.summary if base else None, revision
