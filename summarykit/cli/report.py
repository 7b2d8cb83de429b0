"""``summarykit report``: a report on one model, or on each model of a project."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
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
from summarykit.errors import OutputError, SummaryKitError, TargetError

if TYPE_CHECKING:
    from summarykit.options import Overrides
    from summarykit.result import Summary

_SECONDS = 60.0


def report(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="TARGET",
            help="package.module:attribute, a model's name in pyproject.toml, a folder with a config.json, or a .json",
        ),
    ] = None,
    every: All = False,
    output: Output = None,
    format_name: Format = None,
    as_json: Json = False,
    arg: Argument = None,
    meta: Meta = False,
    sizes: Input = None,
    inputs: Annotated[
        str | None,
        typer.Option(
            "--inputs",
            metavar="declared|guess",
            help="Run the forward pass on inputs that the model declares, or on a guess from its first layer.",
        ),
    ] = None,
    forward: Annotated[
        str,
        typer.Option(
            "--forward",
            metavar="fake|real|off",
            help="Run the forward pass on fake tensors, on a copy of the model with values, or not at all.",
        ),
    ] = "fake",
    trace_seconds: Annotated[
        float, typer.Option("--trace-seconds", metavar="SECONDS", help="Stop the forward pass after this time.")
    ] = _SECONDS,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with exit code 1 if a check, a formula or the forward pass fails.")
    ] = False,
    fold: Fold = None,
    depth: Annotated[
        int | None,
        typer.Option("--depth", metavar="N", help="Leave out rows deeper than N; 0 is the model alone: --depth 2."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="PATTERN", help="Show layers that match: 'layer4.*' or Linear. Repeatable."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="PATTERN", help="Leave out layers that match: '*.attn' or ReLU. Repeatable."),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="NAME,...", help="Show these columns of tables: type,formula,total."),
    ] = None,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="model|size|name|type|macs", help="Sort rows: --sort size.")
    ] = None,
    experts: Annotated[
        int | None,
        typer.Option(
            "--experts-per-token",
            metavar="N",
            help="A token uses N experts; for a mixture of experts that does not declare it.",
        ),
    ] = None,
    bom: Annotated[
        bool | None,
        typer.Option("--bom", help="Begin a .csv with a byte order mark, which Excel needs to recognise UTF-8."),
    ] = None,
    step: Step = False,
    title: Title = "",
    templates: Templates = None,
    project: Project = None,
) -> None:
    """Print a report on a model, and write it to files.

    TARGET is package.module:attribute (a module, or a class or function that returns one; the current folder is
    importable), the name of a model in pyproject.toml, a folder with a config.json (transformers builds its model on
    the meta device), or a summary saved as .json. Example: summarykit report summarykit.examples:sequential -o out.html

    With --all, report on every model in pyproject.toml; -o 'folder/{name}.json' writes a file for each. Exit code 2 if
    one cannot be built; the others are reported.
    """
    from summarykit.api import is_model_config
    from summarykit.cli.standard_output import read_outputs
    from summarykit.exporters.files import targets
    from summarykit.exporters.markdown.step_summary import append_summary, step_summary
    from summarykit.exporters.text.exporter import print_summary, terminal
    from summarykit.options import parse_overrides
    from summarykit.projects.targets import BUILD_OPTIONS, DEFAULT_BUILD, BuildArgs, summary_of_target
    from summarykit.result import Summary
    from summarykit.summary.data import SummaryData

    paths = output or []
    if step:
        step_summary()
    overrides = parse_overrides(
        title, "", templates or (), fold, depth, _patterns(only), _patterns(exclude), columns, sort, bom, experts
    )
    build = BuildArgs(as_tuple(arg), meta, as_tuple(sizes), inputs, forward, trace_seconds)
    if every:
        if format_name is not None or as_json:
            raise OutputError("--all has many reports, and standard output is one", hint="write -o '{name}.json'")
        if target is not None or build != DEFAULT_BUILD or title:
            what = "--all takes its models, and how they are built, from pyproject.toml"
            raise TargetError(what, hint=f"leave out TARGET, --title, {BUILD_OPTIONS}")
        _report_all(paths, overrides, step=step, strict=strict)
        return
    if target is None:
        raise TargetError(
            "missing TARGET",
            hint="write summarykit report summarykit.examples:sequential -o out.html, or give --all for every model "
            "in pyproject.toml; summarykit report --help has the forms",
        )
    outputs = read_outputs(paths, format_name, SummaryData, as_json=as_json)
    targets(outputs.files)
    if build.arguments and is_model_config(target):
        raise TargetError(f"{target!r} is a folder's config", hint="leave out --arg, and change its config.json")
    plain = summary_of_target(target, build, progress=True)
    summary = Summary(*overrides.apply(plain.data, plain.options))
    summary.save(*outputs.files, progress=True)
    if not outputs.print(summary.data, summary.options):
        print_summary(terminal(), summary.data, summary.options)
    if step:
        append_summary(summary.data, summary.options)
    outputs.print_names(outputs.files)
    if strict and not _is_ok(summary):
        raise typer.Exit(1)


def _report_all(paths: Sequence[Path], overrides: Overrides, *, step: bool, strict: bool) -> None:
    """Report on all models of the project; one that cannot be built does not stop the others, and ends with 2."""
    from summarykit.exporters.markdown.step_summary import append_summary
    from summarykit.exporters.text.exporter import terminal
    from summarykit.exporters.text.project import print_model
    from summarykit.projects.diff_all import NAME, check_paths, named_path
    from summarykit.projects.models import project_models, summary_of
    from summarykit.result import Summary
    from summarykit.summary.data import SummaryData

    for path in paths:
        if NAME not in str(path):
            example = path.with_name(f"{path.stem}-{NAME}{path.suffix}")
            hint = f"write {NAME} where the name of the model goes: -o {shlex.quote(str(example))}"
            raise OutputError(f"{str(path)!r} is one file, and there may be many models", hint=hint)
    check_paths(paths, one=SummaryData)
    any_failure = any_mistake = False
    for model in project_models(Path.cwd()):
        files = [named_path(path, model.name) for path in paths]
        try:
            plain = summary_of(model, progress=True)
            summary = Summary(*overrides.apply(plain.data, plain.options))
            summary.save(*files, progress=True)
        except OutputError:
            raise
        except SummaryKitError as error:
            typer.echo(f"summarykit: {error}", err=True)
            any_failure = True
            continue
        print_model(terminal(), model.name, summary.data)
        if step:
            append_summary(summary.data, summary.options)
        for path in files:
            typer.echo(f"  wrote {path}")
        any_mistake = any_mistake or not _is_ok(summary)
    if any_failure or (strict and any_mistake):
        raise typer.Exit(2 if any_failure else 1)


def _is_ok(summary: Summary) -> bool:
    return summary.checks.ok and summary.trace.ok


def _patterns(texts: Sequence[str] | None) -> list[str] | None:
    """Return the patterns of a repeatable option, each of which may be several with commas between."""
    from summarykit.options import split_patterns

    return [part for text in texts for part in split_patterns(text)] if texts else None
