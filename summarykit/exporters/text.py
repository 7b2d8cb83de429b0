"""Plain text: the table for a terminal, at most 100 columns wide and 30 rows long."""

from __future__ import annotations

from io import StringIO
from typing import BinaryIO, ClassVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from summarykit.exporters.base import Options, exporter
from summarykit.exporters.view import ReportView, build_view
from summarykit.exporters.view.values import CountLine, Rich, Row, Run
from summarykit.exporters.view.words import share, shortened, visible
from summarykit.summary.data import SummaryData

WIDTH = 100
MOST_ROWS = 30
#: A terminal with fewer columns has no room for types beside what flows.
_NARROW = 95
_LOOKS = {"checked": "green", "read": "green", "size": "dim", "differs": "bold red"}
_PROBLEMS = {"bad": ("✗ ", "bold red"), "warning": ("! ", "yellow"), "note": ("", "dim")}


@exporter("text")
class TextExporter:
    """What ``str(summary)`` says; names are text, never markup."""

    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the table as UTF-8, without colours."""
        plain = StringIO()
        console = Console(file=plain, width=WIDTH, no_color=True, force_terminal=False, highlight=False, emoji=False)
        print_summary(console, data, options)
        lines = (line.rstrip() + "\n" for line in plain.getvalue().splitlines())
        out.write("".join(lines).encode("utf-8"))


def print_summary(console: Console, data: SummaryData, options: Options) -> None:
    """Print title, table, total and checks on *console*, at most 100 columns wide."""
    view = build_view(
        data, title=options.title, source=options.source, fold=options.fold, most_rows=MOST_ROWS, with_empty=False
    )
    width = min(WIDTH, console.width)
    lines = [*_head(view), *_story(view), _table(view, narrow=width < _NARROW), *_tail(view)]
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


def _table(view: ReportView, *, narrow: bool) -> Table:
    """Return the folded tree; rows that are left out are counted below. A *narrow* one of a run names no types."""
    ran = view.run is not None
    typed = not (ran and narrow)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=False)
    table.add_column("Layer", overflow="fold", max_width=24 if ran else 38)
    if typed:
        table.add_column("Type", overflow="ellipsis", no_wrap=True, max_width=14 if ran else 22)
    if ran:
        table.add_column("Output", overflow="fold", max_width=18)
    table.add_column("Formula", overflow="fold", max_width=22 if ran else 34)
    table.add_column("Parameters", justify="right", no_wrap=True)
    table.add_column("MACs" if ran else "Share", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    root, *inside = view.rows
    if inside and root.own:  # what the model holds beside its parts, so that the rows add up
        own_share = share(root.own_value, view.total_value)
        root = root._replace(name=f"{root.name} (itself)", inside=root.own, share=own_share)
    for row in [root, *inside] if root.own or not inside else inside:
        table.add_row(*_cells(row, ran=ran, typed=typed))
    return table


def _cells(row: Row, *, ran: bool, typed: bool) -> list[Text]:
    name = Text("  " * min(row.depth - 1, 6) + shortened(visible(row.name), 36), style="bold" if row.depth == 1 else "")
    if row.copies > 1:
        name.append(f" × {row.copies:,}", style="bold")
    details = row.details
    sign = Text(details.sign, style=_LOOKS.get(details.look, "")) if details else Text("")
    formula = Text(visible(row.formula))
    if row.note:
        formula = _sentence(row.note)
    elif row.times > 1 and row.formula:
        formula = Text(f"{row.times:,} × {'(' + row.formula + ')' if ' ' in row.formula else row.formula}")
    elif row.copies > 1:
        formula = Text(row.product)
    number = row.own if row.own == "not known yet" else row.inside
    flow = row.flow
    sizes = [_output(row)] if ran else []
    last = (flow.inside_short if flow else "") or "–" if ran else row.share
    kind = [Text(visible(row.type))] if typed else []
    return [name, *kind, *sizes, formula, Text(number), Text(last), sign]


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
    lines = [Text(hidden, style="dim")] if hidden else []
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
