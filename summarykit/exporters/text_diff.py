"""A comparison as plain text: what changed, for a terminal at most 100 columns wide."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from summarykit.exporters.base import Options
from summarykit.exporters.view.difference import DiffView, build_diff_view
from summarykit.exporters.view.difference.values import ChangeRow
from summarykit.exporters.view.values import Rich
from summarykit.exporters.view.words import shortened, visible
from summarykit.summary.comparing import Comparison

WIDTH = 100
MOST_ROWS = 30
_SIGNS = {"ok": ("✓ ", "green"), "bad": ("✗ ", "bold red"), "warning": ("! ", "yellow")}


def print_comparison(console: Console, comparison: Comparison, options: Options) -> None:
    """Print what changed on *console*, at most 100 columns wide; one line where nothing did."""
    view = build_diff_view(
        comparison, title=options.title, source=options.source, fold=options.fold, top_rows=MOST_ROWS
    )
    if view.same:
        console.print(_same(view), soft_wrap=True)
        for told in _broken(view):
            console.print(told, soft_wrap=True)
        return
    for line in _lines(view):
        console.print(line, width=min(WIDTH, console.width), soft_wrap=False)


def _same(view: DiffView) -> Text:
    numbers = " · ".join(view.numbers)
    return Text(f"{visible(view.title)}: {view.headline} · {numbers} · {_plain(view.checkpoint.text)}")


def _broken(view: DiffView) -> list[Text]:
    told = [*map(_plain, view.broken), *(f"A check does not hold. {problem}" for problem in view.problems)]
    return [Text(f"✗ {line}", style="bold red") for line in told]


def _lines(view: DiffView) -> list[Text | Table]:
    sign, style = _SIGNS.get(view.look, ("", ""))
    head = Text(sign, style=style).append(visible(view.title), style="bold").append(f": {view.headline}", style="")
    if view.source:
        head.append(f"  {visible(view.source)}", style="dim")
    loading = "; ".join(map(_plain, (view.checkpoint.text, *view.checkpoint.details)))
    lines: list[Text | Table] = [head, Text(" · ".join(view.numbers))]
    lines += _broken(view)
    lines += [Text(f"! {visible(note)}", style="yellow") for note in view.notes]
    if loading:
        sign, style = _SIGNS[view.checkpoint.look]
        lines.append(Text(sign, style=style).append(loading, style=""))
    lines += [Text(f"Why: {_plain(reason)}") for reason in view.why]
    lines += [Text(f"     {view.why_left_out}", style="dim")] if view.why_left_out else []
    lines += [Text(), _table(view), Text()] if view.top else []
    lines += [Text(view.top_left_out, style="dim")] if view.top_left_out else []
    tail = " · ".join(part for part in (view.unchanged, view.receipt) if part)
    return [*lines, *([Text(f"{'✓ ' if view.receipt else ''}{tail}", style="green" if view.receipt else "")])]


def _table(view: DiffView) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=False)
    table.add_column("", no_wrap=True)
    table.add_column("Layer", overflow="fold", max_width=40)
    table.add_column("Before, then after", overflow="fold", max_width=36)
    table.add_column("Change", justify="right", overflow="fold")
    for row in view.top:
        table.add_row(Text(row.word), _name(row), _formulas(row), Text(row.change))
    return table


def _name(row: ChangeRow) -> Text:
    name = Text(shortened(visible(row.path), 40))
    return name.append(f" × {row.times:,}", style="bold") if row.times > 1 else name


def _formulas(row: ChangeRow) -> Text:
    return Text("\n".join(map(_plain, row.lines)))


def _plain(pieces: Rich) -> str:
    return visible("".join(piece.text for piece in pieces))
