"""Plain text: the table for a terminal, at most 100 columns wide and 30 rows long."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import StringIO
from typing import BinaryIO, ClassVar

from rich.console import Console

from summarykit.exporters.base import Options, exporter
from summarykit.exporters.text.diff import print_comparison
from summarykit.exporters.text.layout import Column, StyledText, as_text, plain, table, wrap
from summarykit.exporters.text.project import print_project
from summarykit.exporters.view import ReportView, build_view
from summarykit.exporters.view.build import ran
from summarykit.exporters.view.values import CountLine, Rich, Row, RunView
from summarykit.exporters.view.words import share, shorten, visible
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import Comparison, ProjectChanges

WIDTH = 100
MOST_ROWS = 30
#: A terminal with fewer columns is too narrow for types beside names and formulas.
_NARROW = 95
#: The least width of the column of names, however narrow the terminal is.
_NAMES = 24
#: The largest length of the title and of the source at the top.
_HEAD = 200
#: The heading of the total of a row, unless the count of the layer itself is in a column too.
_LABELS = {"total": "Parameters", "macs_total": "MACs"}
_ITSELF = {"total": "parameters", "macs_total": "macs"}
#: The largest width of a column, without a run and with one.
_WIDTHS = {"formula": (34, 22), "output_shapes": (18, 18), "explanation": (60, 60)}
_LOOKS = {"checked": "green", "read": "green", "size": "dim", "differs": "bold red"}
_PROBLEMS = {"bad": ("✗ ", "bold red"), "warning": ("! ", "yellow"), "note": ("", "dim")}


@exporter("text")
class TextExporter:
    """The text of ``str(summary)``; names are text, never markup."""

    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the table as UTF-8, without colours."""
        lines = _lines(data, options, WIDTH)
        out.write("".join(f"{plain(line).rstrip()}\n" for line in lines).encode("utf-8"))

    def write_comparison(self, comparison: Comparison, out: BinaryIO, options: Options) -> None:
        """Write the changes as UTF-8, without colours."""
        out.write(_plain_text(lambda console: print_comparison(console, comparison, options)))

    def write_project(self, changes: ProjectChanges, out: BinaryIO, options: Options) -> None:
        """Write the changes in all models of a project as UTF-8, without colours."""
        out.write(_plain_text(lambda console: print_project(console, changes, options)))


def _plain_text(print_report: Callable[[Console], None]) -> bytes:
    plain = StringIO()
    print_report(Console(file=plain, width=WIDTH, no_color=True, force_terminal=False, highlight=False, emoji=False))
    return "".join(line.rstrip() + "\n" for line in plain.getvalue().splitlines()).encode("utf-8")


def terminal() -> Console:
    """Return the console of the command line; a pipe or a file gets the full width of the table."""
    console = Console(highlight=False, emoji=False)
    if console.is_terminal or "COLUMNS" in os.environ:
        return console
    return Console(highlight=False, emoji=False, width=WIDTH)


def print_summary(console: Console, data: SummaryData, options: Options) -> None:
    """Print title, table, total and checks on *console*, at most 100 columns wide."""
    for line in _lines(data, options, min(WIDTH, console.width)):
        console.print(as_text(line), no_wrap=True, overflow="ignore", crop=True)


def _lines(data: SummaryData, options: Options, width: int) -> list[StyledText]:
    """Return title, table, total and checks in lines of *width* columns."""
    view = build_view(
        data,
        title=options.title,
        source=options.source,
        fold=options.fold,
        most_rows=MOST_ROWS,
        with_empty=False,
        selection=options.selection,
        columns=_columns(ran=ran(data), narrow=width < _NARROW),
        tree_alone=True,
    )
    before, after = [*_head(view), *_story(view)], _tail(view)
    rows = _table(view, width, row_filter=bool(options.selection.columns))
    return [*_wrap_all(before, width), *rows, *_wrap_all(after, width)]


def _wrap_all(lines: list[StyledText], width: int) -> list[StyledText]:
    return [part for line in lines for part in wrap(line, width)]


def _head(view: ReportView) -> list[StyledText]:
    source = ((f"  {shorten(visible(view.source), _HEAD)}", "dim"),) if view.source else ()
    return [((shorten(visible(view.title), _HEAD), "bold"), *source)]


def _story(view: ReportView) -> list[StyledText]:
    """Return the count in words, for a small model."""
    lines: list[StyledText] = []
    for line in view.story:
        name = f"{shorten(visible(line.name), 36)} " if line.name else ""
        text = f"{visible(line.type)}: {_sentence(line.text)}{f' {line.equation}.' if line.equation else ''}"
        lines.append(((name, "bold"), (text, "")))
    return [*lines, _plain_line(view.story_total), _plain_line("")] if lines else []


def _plain_line(text: str, looks: str = "") -> StyledText:
    return ((text, looks),)


def _columns(*, ran: bool, narrow: bool) -> tuple[str, ...]:
    """Return the columns of the table; a *narrow* one has no types."""
    types = () if narrow else ("type",)
    if not ran:
        return (*types, "formula", "total", "share", "check")
    return (*types, "output_shapes", "formula", "total", "macs_total", "check")


def _table(view: ReportView, width: int, *, row_filter: bool) -> list[StyledText]:
    """Return the folded tree; omitted rows are counted below it. In *chosen* columns no number is cut."""
    ran = view.run is not None
    keys = [column.key for column in view.columns]
    rows = _visible_rows(view)
    names = [_name(row, has_notes="formula" in keys) for row in rows]
    least = min(max(sum(len(text) for text, _ in name) for name in names), _NAMES)
    columns = [Column("Layer", overflow="name", least=least, most=24 if ran else 38)]
    for column in view.columns:
        label = _LABELS.get(column.key, column.short)
        label = column.short if _ITSELF.get(column.key) in keys else label
        if column.align == "right":
            columns.append(Column(label, right=True, whole=not row_filter))
        elif column.key == "type":
            columns.append(Column(label, whole=True, overflow="ellipsis", most=14 if ran else 22))
        else:
            wide, of_a_run = _WIDTHS.get(column.key, (34, 22))
            columns.append(Column(label, whole=column.key == "check", most=of_a_run if ran else wide))
    cells = [
        [name, *(_cell(row, key, text) for key, text in zip(keys, row.cells, strict=True))]
        for row, name in zip(rows, names, strict=True)
    ]
    looks = [
        [_dim(cell) for cell in row_cells] if row.role == "around" else row_cells
        for row, row_cells in zip(rows, cells, strict=True)
    ]
    return table(columns, looks, width)


def _dim(cell: StyledText) -> StyledText:
    return tuple((text, f"dim {looks}".rstrip()) for text, looks in cell)


def _visible_rows(view: ReportView) -> list[Row]:
    """Return the rows of the table; the model itself has one only if it has parameters outside its parts."""
    root, *inside = view.rows
    if inside and root.own:  # so that the rows add up
        own_share = share(root.own_value, view.total_value)
        root = root._replace(name=f"{root.name} (itself)", inside=root.own, share=own_share, left_out="")
    return [root, *inside] if root.own or not inside else inside


def _name(row: Row, *, has_notes: bool) -> StyledText:
    """Return the name of a row, with its note unless another column has the note."""
    name = "  " * min(row.depth - 1, 6) + shorten(visible(row.name), 36)
    runs = [(name, "bold" if row.depth == 1 else "")]
    if row.copies > 1:
        runs.append((f" × {row.copies:,}", "bold"))
    if not has_notes and (row.note or row.left_out):
        runs.append((f" ({_sentence(row.note) if row.note else row.left_out})", "dim"))
    return tuple(runs)


def _cell(row: Row, key: str, text: str) -> StyledText:
    """Return a cell in the terminal's own style; for other columns, *text*."""
    details, flow = row.details, row.flow
    match key:
        case "check":
            return _plain_line(details.sign, _LOOKS.get(details.look, "")) if details else _plain_line("")
        case "formula":
            return _formula(row)
        case "total":
            return _plain_line(row.own if row.size_unknown else row.inside)
        case "share":
            return _plain_line(row.share)
        case "output_shapes":
            return _output(row)
        case "macs_total":
            return _plain_line((flow.inside_short if flow else "") or "–")
        case _:
            return _plain_line(visible(text))


def _formula(row: Row) -> StyledText:
    if row.note:
        return _plain_line(_sentence(row.note))
    if not row.formula:
        parts = [row.product if row.copies > 1 else "", row.left_out]
        return _plain_line("; ".join(filter(None, parts)), "dim" if row.left_out else "")
    if row.times > 1:
        return _plain_line(f"{row.times:,} × {'(' + row.formula + ')' if ' ' in row.formula else row.formula}")
    return _plain_line(visible(row.formula))


def _output(row: Row) -> StyledText:
    """Return the output shape of a layer; for a layer with parameters that was not called, the reason."""
    if row.flow is None or row.flow.calls:
        return _plain_line(row.flow.output if row.flow else "")
    return _plain_line(row.flow.status if row.formula else "", "dim")


def _run_line(run: RunView) -> StyledText:
    """Return "Multiply-adds (MACs) 4,089,184,256 (4.1 billion) for `input` 1 × 3 × 224 × 224"."""
    what = "Multiply-adds (MACs) " if run.macs else "Sizes"
    rest = ""
    if run.macs:
        what += f"{'about ' if run.approximate else ''}{run.macs}"
        rest = f"{f' ({run.macs_rounded})' if run.macs_rounded else ''}, FLOPs {run.flops}"
    return ((what, "bold"), (f"{rest} for {_sentence(run.given)}", ""))


def _count_line(line: CountLine) -> StyledText:
    """Return "Active per token 12,879,925,248: 27.6% of all ..."."""
    return _plain_line(f"{line.label} {line.number}: {_sentence(line.basis)}")


def _sentence(pieces: Rich) -> str:
    return visible("".join(piece.text for piece in pieces))


def _tail(view: ReportView) -> list[StyledText]:
    rows_left_out = view.rows_left_out
    facts = f" parameters{f' ({view.rounded})' if view.rounded else ''} · {' · '.join(view.facts)}"
    lines: list[StyledText] = [_plain_line(visible(rows_left_out), "dim")] if rows_left_out else []
    lines.append(((f"Total {view.total}", "bold"), (facts, "")))
    lines += [_count_line(line) for line in view.counts]
    if view.run is not None:
        lines.append(_run_line(view.run))
    if view.one_line and not view.story:
        lines.append(_plain_line(visible(view.one_line)))
    for problem in view.problems:
        sign, looks = _PROBLEMS[problem.look]
        lines.append(((f"{sign}{problem.title}. ", looks), (_sentence(problem.text), "")))
    is_checked = view.all_checked
    return [*lines, _plain_line(f"{'✓ ' if is_checked else ''}{view.agreement}", "green" if is_checked else "")]
