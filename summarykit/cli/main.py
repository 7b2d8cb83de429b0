"""The command line: a thin skin over ``summarykit.report``; the user's mistakes end with exit code 2."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from summarykit import __version__
from summarykit.cli.check import check, lock
from summarykit.cli.diff import diff
from summarykit.cli.encoding import without_failing
from summarykit.cli.report import report
from summarykit.errors import SummaryKitError, UnknownLayerError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Explain where a PyTorch model keeps its parameters, with the formula for each layer, checked.",
)


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    """Print the version when asked."""
    if version:
        typer.echo(f"summarykit {__version__}")
        raise typer.Exit


app.command("report")(report)
app.command("diff")(diff)
app.command("check")(check)
app.command("lock")(lock)


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
