"""The command line: a thin skin over ``summarykit.report``; the user's mistakes end with exit code 2."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarykit import __version__
from summarykit._util.stdout import stdout_to_stderr
from summarykit.cli.check import check, lock
from summarykit.cli.diff import diff
from summarykit.cli.encoding import without_failing
from summarykit.cli.explain import explain
from summarykit.cli.options import All, Arguments, Meta, Output, Sizes, Step, Templates, Title
from summarykit.cli.report_all import report_all
from summarykit.errors import SummaryKitError, TargetError, UnknownLayerError

if TYPE_CHECKING:
    from summarykit.result import Summary

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Explain where a PyTorch model keeps its parameters, with the formula for each layer, checked.",
)

#: What says how a target is built and watched.
_BUILT = "--arg, --meta, --input, --inputs, --forward and --trace-seconds"
_SECONDS = 60.0


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    """Print the version when asked."""
    if version:
        typer.echo(f"summarykit {__version__}")
        raise typer.Exit


@app.command()
def report(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="TARGET",
            help="package.module:attribute, a model's name, a folder with a config.json, a .json",
        ),
    ] = None,
    every: All = False,
    output: Output = None,
    arg: Arguments = None,
    meta: Meta = False,
    sizes: Sizes = None,
    inputs: Annotated[
        str | None, typer.Option("--inputs", metavar="declared|guess", help="Inputs the model declares, or guessed.")
    ] = None,
    forward: Annotated[
        str, typer.Option("--forward", metavar="fake|real|off", help="How the forward is watched.")
    ] = "fake",
    trace_seconds: Annotated[float, typer.Option("--trace-seconds", help="How long the forward may take.")] = _SECONDS,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="End with exit code 1 when a check, a formula or the forward fails."),
    ] = False,
    fold: Annotated[
        bool | None, typer.Option("--fold/--no-fold", help="Show identical repeats once, the default, or every row.")
    ] = None,
    depth: Annotated[
        int | None, typer.Option("--depth", help="Leave out rows deeper than this; 0 is the model alone.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="PATTERN", help="Show what fits: 'layer4.*' or Linear. Repeatable."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="PATTERN", help="Leave out what fits: '*.attn' or ReLU. Repeatable."),
    ] = None,
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="NAME,...", help="Columns of tables: type,formula,total.")
    ] = None,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="model|size|name|type|macs", help="The order of rows.")
    ] = None,
    experts: Annotated[
        int | None, typer.Option("--experts-per-token", help="How many experts each token gets, where it is not known.")
    ] = None,
    bom: Annotated[
        bool | None, typer.Option("--bom", help="Begin a .csv with the mark by which Excel knows UTF-8.")
    ] = None,
    step: Step = False,
    title: Title = "",
    templates: Templates = None,
) -> None:
    """Print a model's summary, and write it to files.

    TARGET is package.module:attribute (a module, or a class or factory that makes one; the current folder is
    importable), the name of a model in pyproject.toml, a folder with a config.json (its model is built by transformers
    on the meta device), or a summary saved as .json. With --all it is every model in pyproject.toml, and -o
    'folder/{name}.json' writes a file for each; exit code 2 where one cannot be built.
    """
    from summarykit.api import is_model_config
    from summarykit.api import report as write
    from summarykit.exporters.files import targets
    from summarykit.exporters.markdown.step_summary import append_summary, step_summary
    from summarykit.exporters.selection_args import split_patterns
    from summarykit.projects.models import project_model, summary_of

    paths = output or []
    if step:
        step_summary()
    shown: dict[str, Any] = {"title": title, "templates": templates or (), "fold": fold, "depth": depth}
    shown |= {"columns": columns, "sort": sort, "experts_per_token": experts, "progress": True, "bom": bom}
    for name, patterns in (("only", only), ("exclude", exclude)):
        shown[name] = [part for each in patterns for part in split_patterns(each)] if patterns else None
    fixed = bool(arg or meta or sizes or inputs or forward != "fake" or trace_seconds != _SECONDS)
    if every:
        if target is not None or fixed or title:
            what = "--all takes its models, and how they are built, from pyproject.toml"
            raise TargetError(what, hint=f"leave out TARGET, --title, {_BUILT}")
        report_all(paths, shown, step=step, strict=strict)
        return
    if target is None:
        raise TargetError(
            "there is no TARGET",
            hint="give one, or --all for every model in pyproject.toml; see summarykit report --help",
        )
    targets(paths)
    named = project_model(target, Path.cwd())
    folder = is_model_config(target)
    if named is not None:
        if fixed:
            what = f"{named.where} says how it is built and what it is given"
            raise TargetError(what, hint=f"leave out {_BUILT}, or change its table")
        summary = write(summary_of(named, progress=True), *paths, **shown)
    elif target.lower().endswith(".json") and not folder:
        summary = write(target, *paths, source=Path(target).name, **shown)
    else:
        from summarykit.projects.targets import built_target
        from summarykit.reading import load_folder

        if folder and arg:
            raise TargetError(f"{target!r} is a folder's config", hint="leave out --arg, and change its config.json")
        with stdout_to_stderr():
            model = load_folder(Path(target)).model if folder else built_target(target, arg or (), meta=meta)
            given: object = inputs
            if sizes:
                from summarykit.reading.inputs import inputs_from_specs

                given = inputs_from_specs(model, sizes, inputs)
            summary = write(
                target if folder else model,
                *paths,
                inputs=given,
                forward=forward,
                trace_seconds=trace_seconds,
                source="" if folder else target,
                **shown,
            )
    _show(summary)
    if step:
        append_summary(summary.data, summary.options)
    for path in paths:
        typer.echo(f"wrote {path}")
    if strict and not (summary.checks.ok and summary.trace.ok):
        raise typer.Exit(1)


app.command("diff")(diff)
app.command("check")(check)
app.command("lock")(lock)
app.command("explain")(explain)


@app.command()
def formulas(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A layer, such as Conv2d.")] = None,
) -> None:
    """Print the formula for each kind of layer, or for one."""
    from summarykit.exporters.text.catalogue import print_rules
    from summarykit.exporters.text.exporter import terminal
    from summarykit.formulas import all_rules, rules_called
    from summarykit.formulas.user_rules import load_project_rules

    load_project_rules(Path.cwd())
    rules = list(all_rules().values()) if name is None else rules_called(name)
    if not rules:
        raise UnknownLayerError(f"no formula for {name!r}", hint="'summarykit formulas' lists the layers there are")
    print_rules(terminal(), rules)


@app.command()
def read_review(
    workbook: Annotated[Path, typer.Argument(metavar="FILE", help="An .xlsx report, as a reviewer saved it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Print what a reviewer changed in a workbook: inputs, from and to, what counts become, remarks."""
    from summarykit.api import read_review as read
    from summarykit.exporters.excel.review.words import print_review, review_json
    from summarykit.exporters.text.exporter import terminal

    review = read(workbook)
    if as_json:
        typer.echo(review_json(review))
    else:
        print_review(terminal(), review)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return 0, or 2 for a mistake of the user's, which is told in words."""
    without_failing(sys.stdout)
    try:
        return app(args=argv, prog_name="summarykit", standalone_mode=False) or 0
    except SummaryKitError as error:
        typer.echo(f"summarykit: {error}", err=True)
        return 2
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        return 130
    except OSError as error:
        typer.echo(f"summarykit: the output cannot be written: {error}", err=True)
        sys.stdout = None  # what is left in it cannot be written either
        return 2
    except Exception as error:
        # click's own usage errors; typer re-exports only some of their classes
        if not hasattr(error, "format_message"):
            raise
        typer.echo(f"summarykit: {error.format_message()}\n  hint: summarykit --help", err=True)
        return 2


def _show(summary: Summary) -> None:
    from summarykit.exporters.text.exporter import print_summary, terminal

    print_summary(terminal(), summary.data, summary.options)
