"""Plain text: the table for a terminal, at most 100 columns wide and 30 rows long."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import StringIO
from typing import BinaryIO, ClassVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from summarykit.exporters.base import Options, exporter
from summarykit.exporters.text_diff import print_comparison
from summarykit.exporters.view import ReportView, build_view
from summarykit.exporters.view.build import ran
from summarykit.exporters.view.values import CountLine, Rich, Row, Run
from summarykit.exporters.view.words import share, shortened, visible
from summarykit.summary.comparing import Comparison
from summarykit.summary.data import SummaryData

WIDTH = 100
MOST_ROWS = 30
#: A terminal with fewer columns has no room for types beside names and formulas.
_NARROW = 95
#: So much of a name stands in one line, however little room there is.
_NAMES = 24
#: What the largest number of a row is called, unless the one of the layer alone stands beside it.
_LABELS = {"total": "Parameters", "macs_total": "MACs"}
_ITSELF = {"total": "parameters", "macs_total": "macs"}
#: How wide a column gets at most, without a run and with one.
_WIDTHS = {"formula": (34, 22), "output_shapes": (18, 18), "explanation": (60, 60)}
_LOOKS = {"checked": "green", "read": "green", "size": "dim", "differs": "bold red"}
_PROBLEMS = {"bad": ("✗ ", "bold red"), "warning": ("! ", "yellow"), "note": ("", "dim")}


@exporter("text")
class TextExporter:
    """What ``str(summary)`` says; names are text, never markup."""

    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the table as UTF-8, without colours."""
        out.write(_plain_text(lambda console: print_summary(console, data, options)))

    def write_comparison(self, comparison: Comparison, out: BinaryIO, options: Options) -> None:
        """Write what changed as UTF-8, without colours."""
        out.write(_plain_text(lambda console: print_comparison(console, comparison, options)))


def _plain_text(printed: Callable[[Console], None]) -> bytes:
    plain = StringIO()
    printed(Console(file=plain, width=WIDTH, no_color=True, force_terminal=False, highlight=False, emoji=False))
    return "".join(line.rstrip() + "\n" for line in plain.getvalue().splitlines()).encode("utf-8")


def terminal() -> Console:
    """Return where the command line prints; what goes to a pipe or a file has room for the whole table."""
    found = Console(highlight=False, emoji=False)
    if found.is_terminal or "COLUMNS" in os.environ:
        return found
    return Console(highlight=False, emoji=False, width=WIDTH)


def print_summary(console: Console, data: SummaryData, options: Options) -> None:
    """Print title, table, total and checks on *console*, at most 100 columns wide."""
    width = min(WIDTH, console.width)
    view = build_view(
        data,
        title=options.title,
        source=options.source,
        fold=options.fold,
        most_rows=MOST_ROWS,
        with_empty=False,
        selection=options.selection,
        columns=_columns(ran=ran(data), narrow=width < _NARROW),
    )
    table = _table(view, chosen=bool(options.selection.columns))
    lines = [*_head(view), *_story(view), table, *_tail(view)]
    for line in lines:
        console.print(line, width=width, soft_wrap=False)


def _head(view: ReportView) -> list[Text]:
    head = Text(visible(view.title), style="bold")
    if view.source:
        head.append(f"  {visible(view.source)}", style="dim")
    return [head]


def _story(view: ReportView) -> list[Text]:
    """Return the count in words, for a small model."""
    lines = []
    for line in view.story:
        words = Text(f"{shortened(visible(line.name), 36)} " if line.name else "", style="bold")
        words.append(f"{visible(line.type)}: ", style="").append(_sentence(line.text))
        lines.append(words.append(f" {line.equation}." if line.equation else ""))
    return [*lines, Text(view.story_total), Text()] if lines else []


def _columns(*, ran: bool, narrow: bool) -> tuple[str, ...]:
    """Return the columns of the table; a *narrow* one names no types."""
    types = () if narrow else ("type",)
    if not ran:
        return (*types, "formula", "total", "share", "check")
    return (*types, "output_shapes", "formula", "total", "macs_total", "check")


def _table(view: ReportView, *, chosen: bool) -> Table:
    """Return the folded tree; rows that are left out are counted below. No number of *chosen* columns is cut."""
    ran = view.run is not None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=False)
    keys = [column.key for column in view.columns]
    rows = _shown(view)
    names = [_name(row, noted="formula" in keys) for row in rows]
    least = min(max(map(len, names)), _NAMES)
    table.add_column("Layer", overflow="fold", max_width=24 if ran else 38, min_width=least)
    for column in view.columns:
        label = _LABELS.get(column.key, column.short)
        label = column.short if _ITSELF.get(column.key) in keys else label
        if column.align == "right":
            table.add_column(label, justify="right", no_wrap=not chosen, overflow="fold")
        elif column.key == "type":
            table.add_column(label, overflow="ellipsis", no_wrap=True, max_width=14 if ran else 22)
        else:
            wide, of_a_run = _WIDTHS.get(column.key, (34, 22))
            table.add_column(label, overflow="fold", max_width=of_a_run if ran else wide, no_wrap=column.key == "check")
    for row, name in zip(rows, names, strict=True):
        cells = [_cell(row, key, text) for key, text in zip(keys, row.cells, strict=True)]
        table.add_row(name, *cells, style="dim" if row.role == "around" else "")
    return table


def _shown(view: ReportView) -> list[Row]:
    """Return the rows of the table: without the model itself, or with what it holds beside its parts."""
    root, *inside = view.rows
    if inside and root.own:  # so that the rows add up
        own_share = share(root.own_value, view.total_value)
        root = root._replace(name=f"{root.name} (itself)", inside=root.own, share=own_share, left_out="")
    return [root, *inside] if root.own or not inside else inside


def _name(row: Row, *, noted: bool) -> Text:
    """Return the name of a row; with what is to know of it where no other column has room for that."""
    name = Text("  " * min(row.depth - 1, 6) + shortened(visible(row.name), 36), style="bold" if row.depth == 1 else "")
    if row.copies > 1:
        name.append(f" × {row.copies:,}", style="bold")
    if not noted and (row.note or row.left_out):
        name.append(f" ({_sentence(row.note) if row.note else row.left_out})", style="dim")
    return name


def _cell(row: Row, key: str, text: str) -> Text:
    """Return what stands in a column; *text* where the terminal has no way of its own to say it."""
    details, flow = row.details, row.flow
    match key:
        case "check":
            return Text(details.sign, style=_LOOKS.get(details.look, "")) if details else Text("")
        case "formula":
            return _formula(row)
        case "total":
            return Text(row.own if row.own == "not known yet" else row.inside)
        case "share":
            return Text(row.share)
        case "output_shapes":
            return _output(row)
        case "macs_total":
            return Text((flow.inside_short if flow else "") or "–")
        case _:
            return Text(visible(text))


def _formula(row: Row) -> Text:
    if row.note:
        return _sentence(row.note)
    if not row.formula:
        told = [row.product if row.copies > 1 else "", row.left_out]
        return Text("; ".join(filter(None, told)), style="dim" if row.left_out else "")
    if row.times > 1:
        return Text(f"{row.times:,} × {'(' + row.formula + ')' if ' ' in row.formula else row.formula}")
    return Text(visible(row.formula))


def _output(row: Row) -> Text:
    """Return the size of what leaves a layer, or that one with parameters was never called."""
    if row.flow is None or row.flow.calls:
        return Text(row.flow.output if row.flow else "")
    return Text(row.flow.status if row.formula else "", style="dim")


def _run(run: Run) -> Text:
    """Return "Multiply-adds (MACs) 4,089,184,256 (4.1 billion) for `input` 1 × 3 × 224 × 224"."""
    text = Text("Multiply-adds (MACs) " if run.macs else "Sizes", style="bold")
    if run.macs:
        text.append(f"{'about ' if run.approximate else ''}{run.macs}", style="bold")
        text.append(f"{f' ({run.macs_rounded})' if run.macs_rounded else ''}, FLOPs {run.flops}")
    return text.append(" for ").append(_sentence(run.given))


def _count(line: CountLine) -> Text:
    """Return "Active per token 12,879,925,248: 27.6% of all ..."."""
    return Text(f"{line.label} {line.number}: ").append(_sentence(line.basis))


def _sentence(pieces: Rich) -> Text:
    return Text(visible("".join(piece.text for piece in pieces)))


def _tail(view: ReportView) -> list[Text]:
    hidden = view.rows_left_out
    total = Text(f"Total {view.total}", style="bold")
    total.append(f" parameters{f' ({view.rounded})' if view.rounded else ''} · {' · '.join(view.facts)}", style="")
    lines = [Text(visible(hidden), style="dim")] if hidden else []
    lines.append(total)
    lines += [_count(line) for line in view.counts]
    if view.run is not None:
        lines.append(_run(view.run))
    if view.one_line and not view.story:
        lines.append(Text(visible(view.one_line)))
    for problem in view.problems:
        sign, style = _PROBLEMS[problem.look]
        lines.append(Text(f"{sign}{problem.title}. ", style=style).append(_sentence(problem.text)))
    lines.append(Text(f"{'✓ ' if view.all_checked else ''}{view.agreement}", style="green" if view.all_checked else ""))
    return lines
