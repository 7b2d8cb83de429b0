"""``summarykit diff``: what changed from one model to another, or in all models of a project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from summarykit.cli.options import All, Arguments, Meta, Output, Sizes, Step, Templates, Title
from summarykit.errors import TargetError

if TYPE_CHECKING:
    from summarykit.options import ReportArgs
    from summarykit.result import Summary

_FORMS = "give BEFORE and AFTER, one TARGET with --git, or --all with --git or --base"


def diff(
    before: Annotated[
        str | None, typer.Argument(metavar="BEFORE", help="package.module:attribute, a model's name, or a saved .json")
    ] = None,
    after: Annotated[
        str | None, typer.Argument(metavar="AFTER", help="Likewise; the two may be of different kinds.")
    ] = None,
    git: Annotated[
        str | None, typer.Option("--git", metavar="REVISION", help="Compare the one TARGET with itself at a revision.")
    ] = None,
    every: All = False,
    base: Annotated[
        Path | None, typer.Option("--base", help="With --all: a folder of NAME.json, the models before.")
    ] = None,
    output: Output = None,
    arg: Arguments = None,
    meta: Meta = False,
    sizes: Sizes = None,
    fold: Annotated[
        bool | None, typer.Option("--fold/--no-fold", help="Tell alike changes once, or every one.")
    ] = None,
    step: Step = False,
    title: Title = "",
    templates: Templates = None,
) -> None:
    """Print what changed from one model to another, and write it to files.

    BEFORE and AFTER are package.module:attribute (a module, or a class or factory that makes one; the current folder
    is importable), names of models in pyproject.toml, folders with a config.json, or summaries saved as .json. With
    --git main there is one target: as it is at that revision, built in a checkout of its own, and as it is here. With
    --all it is all models in pyproject.toml, in one report; exit code 2 where one cannot be built.
    """
    from summarykit.options import ReportArgs

    paths, built = output or [], _Built(arg or (), sizes or (), meta)
    if step:
        from summarykit.exporters.markdown.step_summary import step_summary

        step_summary()
    given = ReportArgs(title=title, templates=templates or (), fold=fold)
    if every:
        if before is not None or any(built):
            what = "--all takes its models, and how they are built, from pyproject.toml"
            raise TargetError(what, hint="leave out the target, --arg, --meta and --input")
        _all_models(git, base, paths, given, step=step)
    elif base is not None:
        raise TargetError(
            "--base is for --all", hint="for one model write it as BEFORE: summarykit diff base.json NAME"
        )
    elif before is None or (after is None) == (git is None):
        raise TargetError("a diff is of BEFORE and AFTER, or of one TARGET with --git", hint=_FORMS)
    else:
        _two_models(before, after, git, paths, built, given, step=step)


class _Built(NamedTuple):
    """How a target is built."""

    arguments: Sequence[str]
    sizes: Sequence[str]
    meta: bool

    def summary(self, target: str) -> Summary:
        from summarykit.projects.targets import summary_of_target

        return summary_of_target(target, self.arguments, self.sizes, meta=self.meta, progress=True)


def _two_models(
    before: str, after: str | None, git: str | None, paths: list[Path], built: _Built, given: ReportArgs, *, step: bool
) -> None:
    from summarykit.comparison import make_diff
    from summarykit.exporters.files import targets
    from summarykit.exporters.markdown.step_summary import append_summary
    from summarykit.exporters.text.diff import print_comparison
    from summarykit.exporters.text.exporter import terminal
    from summarykit.projects.models import project_model
    from summarykit.summary.diff import Comparison

    targets(paths, Comparison)
    if git is not None:
        one, where = _summary_at(git, before, built)
        after, source = before, f"{before} at {where} → here"
    else:
        one, source = built.summary(before), f"{before} → {after}"
    assert after is not None
    named = project_model(after, Path.cwd())
    found = make_diff(one, built.summary(after), given._replace(source=source), named.limits if named else ())
    found.save(*paths, progress=True)
    print_comparison(terminal(), found.comparison, found.options)
    if step:
        append_summary(found.comparison, found.options)
    for path in paths:
        typer.echo(f"wrote {path}")


def _all_models(git: str | None, base: Path | None, paths: list[Path], given: ReportArgs, *, step: bool) -> None:
    from summarykit.exporters.markdown.step_summary import append_summary
    from summarykit.exporters.text.exporter import terminal
    from summarykit.exporters.text.project import print_project
    from summarykit.projects.diff_all import NAME, diff_all

    found = diff_all(
        *paths, base=base, git=git, title=given.title, templates=given.templates, fold=given.fold, progress=True
    )
    print_project(terminal(), found.changes, found.options)
    if step:
        append_summary(found.changes, found.options)
    for path in paths:
        typer.echo(f"wrote {path} for each of {len(found.diffs)}" if NAME in str(path) else f"wrote {path}")
    if found.failed:
        raise typer.Exit(2)


def _summary_at(git: str, target: str, built: _Built) -> tuple[Summary | None, str]:
    """Return the summary of *target* at a revision of git, None where it is new, and what the revision is called."""
    from summarykit.projects.at_revision import models_at, summary_at
    from summarykit.projects.git_checkout import find_revision
    from summarykit.projects.models import project_model

    revision = find_revision(git)
    commit = revision.commit[:7]
    where = git if git == commit else f"{git} {commit}"
    if project_model(target, Path.cwd()) is None:
        return summary_at(revision, target, built.arguments, built.sizes, meta=built.meta), where
    found = models_at(revision, [target]).get(target)
    if found and found.error:
        raise found.error
    return found.summary if found else None, where
