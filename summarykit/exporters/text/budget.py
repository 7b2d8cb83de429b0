"""Checks of models as plain text: a table of limits, then a line for each broken limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from types import MappingProxyType

from rich.console import Console
from rich.table import Table
from rich.text import Text

from summarykit.exporters.text.limits import broken_lines, failed_lines, limit_rows, verdict_line
from summarykit.exporters.view.words import shorten
from summarykit.summary.budget import ModelCheck

WIDTH = 100


def print_checks(
    console: Console,
    checks: Sequence[ModelCheck],
    gone: Sequence[str] = (),
    failed: Mapping[str, str] = MappingProxyType({}),
    notes: Sequence[str] = (),
) -> None:
    """Print the limits of all models on *console* as a table, then the reasons for those that are broken."""
    ok = all(check.ok for check in checks) and not gone and not failed
    if checks:
        console.print(_table(checks), width=min(WIDTH, console.width))
    for line in (*broken_lines(checks, gone), *failed_lines(failed)):
        sign = "" if line.continues else "✗ "
        console.print(Text(f"{sign}{line.text}", style="red" if sign else ""), soft_wrap=True)
    for note in notes:
        console.print(Text(f"! {note[0].upper()}{note[1:]}.", style="yellow"), soft_wrap=True)
    console.print(
        Text(f"{'✓' if ok else '✗'} {verdict_line(checks, gone, failed)}", style="green" if ok else "bold red"),
        soft_wrap=True,
    )


def checks_text(
    checks: Sequence[ModelCheck],
    gone: Sequence[str] = (),
    failed: Mapping[str, str] = MappingProxyType({}),
    notes: Sequence[str] = (),
) -> str:
    """Return the text that ``print_checks`` prints."""
    out = StringIO()
    console = Console(file=out, width=WIDTH, color_system=None, highlight=False, emoji=False)
    print_checks(console, checks, gone, failed, notes)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip("\n").split("\n"))


def _table(checks: Sequence[ModelCheck]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=False)
    table.add_column("Model", overflow="fold")
    table.add_column("Limit on", overflow="fold")
    for heading in ("Found", "At most", "Used"):
        table.add_column(heading, justify="right", overflow="fold")
    table.add_column("")
    for row in limit_rows(checks):
        name, what = Text(shorten(row.model, 40)), Text(shorten(row.what, 60))
        verdict = Text(f"{row.sign} {row.word}", style="" if row.ok else "red")
        table.add_row(name, what, Text(row.actual), Text(row.most), Text(row.used), verdict)
    return table
