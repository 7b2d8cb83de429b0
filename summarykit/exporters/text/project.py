"""The changes in the models of a project as plain text: a table, then the problems, one a line."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from summarykit.exporters.base import Options
from summarykit.exporters.view.diff import build_project_view
from summarykit.exporters.view.diff.values import ModelRow, ProjectView
from summarykit.exporters.view.words import count_noun, shorten, size_words, visible
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import ProjectChanges

WIDTH = 100
_SIGNS = {"ok": ("✓ ", "green"), "bad": ("✗ ", "bold red"), "warning": ("! ", "yellow")}


def print_project(console: Console, changes: ProjectChanges, options: Options) -> None:
    """Print the changes in each model on *console*, at most 100 columns wide; one line if there are none."""
    view = build_project_view(changes, title=options.title, source=options.source)
    console.print(_head(view), soft_wrap=True)
    for note in view.notes:
        console.print(Text(f"! {visible(note)}", style="yellow"), soft_wrap=True)
    if view.same:
        return
    console.print(_table(view), width=min(WIDTH, console.width))
    for line in (view.rows_left_out, view.unchanged):
        if line:
            console.print(Text(line), soft_wrap=True)
    for limit in view.broken:
        text = "".join(visible(piece.text) for piece in limit)
        console.print(Text(f"✗ {text}", style="bold red"), soft_wrap=True)
    for row in view.errors:
        first, *rest = map(visible, row.error)
        console.print(Text(f"✗ {visible(row.name)}: {first}", style="bold red"), soft_wrap=True)
        for line in rest:
            console.print(Text(f"    {line}"), soft_wrap=True)
    if view.problems_left_out:
        console.print(Text(view.problems_left_out), soft_wrap=True)


def _head(view: ProjectView) -> Text:
    sign, style = _SIGNS.get(view.look, ("", ""))
    title = f"{visible(view.title)}: " if view.title else ""
    head = Text(sign, style=style).append(f"{title}{view.headline}", style="bold")
    return head.append(f"  {visible(view.source)}", style="dim") if view.source else head


def _table(view: ProjectView) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=False)
    table.add_column("Model", overflow="fold", max_width=40)
    for heading in ("Parameters", "Change"):
        table.add_column(heading, justify="right", overflow="fold")
    for heading in ("Checkpoints", "Budget"):
        table.add_column(heading, overflow="fold")
    for row in view.rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: ModelRow) -> tuple[Text, ...]:
    name = Text(shorten(visible(row.name), 40))
    cells = [name, Text(row.numbers), Text(row.change)]
    for look, text in ((row.loading_look, row.loading), (row.budget_look, row.budget)):
        sign, style = _SIGNS.get(look, ("", ""))
        cells.append(Text(sign, style=style).append(text, style="") if text else Text())
    return tuple(cells)


def print_model(console: Console, name: str, data: SummaryData) -> None:
    """Print one line on a model."""
    totals = data.totals
    text = f"{visible(name)}: {count_noun(totals.parameters, 'parameter')} · {size_words(totals.bytes)}"
    console.print(Text(text), soft_wrap=True)
