"""The command line: ``main`` runs it; a mistake of the user ends with a message, a hint and exit code 2."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from summarykit import __version__
from summarykit.cli.check import check, lock
from summarykit.cli.diff import diff
from summarykit.cli.encoding import without_failing
from summarykit.cli.explain import explain
from summarykit.cli.options import Json, Project
from summarykit.cli.report import report
from summarykit.errors import SummaryKitError, UnknownLayerError

#: Set it to 1 for what ``--debug`` does.
DEBUG_VARIABLE = "SUMMARYKIT_DEBUG"
#: As shells say that a pipe was closed: 128 and the number of the signal.
_ENDED_BY_PIPE = 141


class _InterruptedError(Exception):
    """Ctrl-C; typer would turn a KeyboardInterrupt into an exit code, without a message or a traceback."""


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise _InterruptedError from error


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Report how many parameters each layer of a PyTorch model has, and why. "
    "Start with: summarykit report summarykit.examples:sequential -o out.html",
)


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug",
            help="After any error, print its traceback and a block for bug reports, without your paths. Also allowed "
            f"after a command: summarykit report TARGET --debug. {DEBUG_VARIABLE}=1 does the same.",
        ),
    ] = False,  # main() takes --debug out of the arguments wherever it is; here it is for --help
) -> None:
    """Print the version if requested."""
    if version:
        typer.echo(f"summarykit {__version__}")
        raise typer.Exit


app.command("report")(report)
app.command("diff")(diff)
app.command("check")(check)
app.command("lock")(lock)
app.command("explain")(explain)


@app.command()
def formulas(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A layer: Conv2d, or torch.nn.modules.conv.Conv2d.")
    ] = None,
    project: Project = None,
) -> None:
    """Print the formula of every kind of layer, or of one.

    Example: summarykit formulas Conv2d
    """
    from summarykit.exporters.text.catalogue import print_rules
    from summarykit.exporters.text.exporter import terminal
    from summarykit.formulas import all_rules, rules_called
    from summarykit.formulas.user_rules import load_project_rules
    from summarykit.summary.patterns import closest

    load_project_rules(Path.cwd())
    rules = list(all_rules().values()) if name is None else rules_called(name)
    if not rules:
        near = closest(name or "", sorted(each.rpartition(".")[2] for each in all_rules()))
        hint = f"did you mean 'summarykit formulas {near}'? " if near else ""
        raise UnknownLayerError(f"no formula for {name!r}", hint=f"{hint}'summarykit formulas' lists all layers")
    print_rules(terminal(), rules)


@app.command()
def read_review(
    workbook: Annotated[Path, typer.Argument(metavar="FILE", help="An .xlsx report, as a reviewer saved it.")],
    as_json: Json = False,
) -> None:
    """Print what a reviewer changed in a workbook.

    These are inputs, from and to, the new counts, and remarks. Example: summarykit read-review out.xlsx
    """
    from summarykit.api import read_review as read
    from summarykit.exporters.excel.review.words import print_review, review_json
    from summarykit.exporters.text.exporter import terminal

    review = read(workbook)
    if as_json:
        typer.echo(review_json(review))
    else:
        print_review(terminal(), review)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code: 2 for every error, which is printed in words."""
    without_failing(sys.stdout)
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    debug = "--debug" in options or os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")
    if "--debug" in options:
        arguments.remove("--debug")
    try:
        return app(args=arguments, prog_name="summarykit", standalone_mode=False) or 0
    except typer.Exit as stop:
        return stop.exit_code
    except (_InterruptedError, typer.Abort, KeyboardInterrupt) as error:
        _fail("interrupted", error.__cause__ or error, arguments, debug=debug)
        return 130
    except BrokenPipeError:  # who reads has enough, such as head
        sys.stdout = None
        return _ENDED_BY_PIPE
    except Exception as error:  # noqa: BLE001 - whatever it is, the user gets a message and the next command
        _fail(_message(error, arguments), error, arguments, debug=debug)
        if _is_output_error(error):
            sys.stdout = None  # what is left in it cannot be written either
        return 2


def _fail(message: str, error: BaseException, arguments: Sequence[str], *, debug: bool) -> None:
    typer.echo(f"summarykit: {message}", err=True)
    if debug:
        from summarykit.cli.debug import bug_report

        typer.echo(bug_report(error, arguments), err=True)


def _message(error: Exception, arguments: Sequence[str]) -> str:
    if isinstance(error, SummaryKitError):
        return str(error)
    if hasattr(error, "format_message"):  # click's own usage errors; typer re-exports only some of their classes
        command = next((each for each in arguments if not each.startswith("-")), "")
        suffix = f" {command}" if command in {*_command_names()} else ""
        return f"{error.format_message()}\n  hint: summarykit{suffix} --help"
    if _is_output_error(error):
        return f"the output cannot be written: {error}\n  hint: free some space, or write it elsewhere"
    from summarykit.cli.debug import debug_command

    return (
        f"an error in summarykit itself: {type(error).__name__}: {error}\n"
        f"  hint: for a bug report, run {debug_command(arguments)}\n  see: docs/errors.md#a-bug"
    )


def _is_output_error(error: Exception) -> bool:
    """Return whether standard output cannot be written; an error about a file has its name."""
    return isinstance(error, OSError) and not isinstance(error, SummaryKitError) and error.filename is None


def _command_names() -> list[str]:
    callbacks = ((each.name, each.callback) for each in app.registered_commands)
    return [name or callback.__name__.replace("_", "-") for name, callback in callbacks if callback]
