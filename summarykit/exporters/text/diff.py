"""A comparison as plain text, for a terminal, at most 100 columns wide."""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from summarykit.exporters.base import Options
from summarykit.exporters.text.layout import StyledText, plain, wrap, wrap_name
from summarykit.exporters.view.diff import DiffView, build_diff_view
from summarykit.exporters.view.diff.values import ChangeRow
from summarykit.exporters.view.values import Rich
from summarykit.exporters.view.words import visible
from summarykit.summary.diff import Comparison

WIDTH = 100
MOST_ROWS = 30
_GAP = 2
_SIGNS = {"ok": ("✓ ", "green"), "bad": ("✗ ", "bold red"), "warning": ("! ", "yellow")}


def print_comparison(console: Console, comparison: Comparison, options: Options) -> None:
    """Print the changes on *console*, at most 100 columns wide; one line if there are none."""
    view = build_diff_view(
        comparison, title=options.title, source=options.source, fold=options.fold, top_rows=MOST_ROWS
    )
    if view.same:
        console.print(_same(view), soft_wrap=True)
        for line in _problems(view):
            console.print(line, soft_wrap=True)
        return
    width = min(WIDTH, console.width)
    for line in _lines(view, width):
        console.print(line, width=width, soft_wrap=False)


def _same(view: DiffView) -> Text:
    numbers = " · ".join(view.numbers)
    return Text(f"{visible(view.title)}: {view.headline} · {numbers} · {_plain(view.checkpoint.text)}")


def _problems(view: DiffView) -> list[Text]:
    lines = [*map(_plain, view.broken), *(f"A check does not hold. {problem}" for problem in view.problems)]
    return [Text(f"✗ {line}", style="bold red") for line in lines]


def _lines(view: DiffView, width: int) -> list[Text]:
    sign, style = _SIGNS.get(view.look, ("", ""))
    head = Text(sign, style=style).append(visible(view.title), style="bold").append(f": {view.headline}", style="")
    if view.source:
        head.append(f"  {visible(view.source)}", style="dim")
    loading = "; ".join(map(_plain, (view.checkpoint.text, *view.checkpoint.details)))
    lines = [head, Text(" · ".join(view.numbers))]
    lines += _problems(view)
    lines += [Text(f"! {visible(note)}", style="yellow") for note in view.notes]
    if loading:
        sign, style = _SIGNS[view.checkpoint.look]
        lines.append(Text(sign, style=style).append(loading, style=""))
    lines += [Text(f"Why: {_plain(reason)}") for reason in view.why]
    lines += [Text(f"     {view.why_left_out}", style="dim")] if view.why_left_out else []
    lines += [Text(), *_rows(view, width), Text()] if view.top else []
    lines += [Text(view.top_left_out, style="dim")] if view.top_left_out else []
    tail = " · ".join(part for part in (view.unchanged, view.receipt) if part)
    return [*lines, *([Text(f"{'✓ ' if view.receipt else ''}{tail}", style="green" if view.receipt else "")])]


def _rows(view: DiffView, width: int) -> list[Text]:
    """Return the changes: a line with state, layer and change, and below it the formulas before and after."""
    words = max(cell_len(row.word) for row in view.top) + _GAP
    space = width - words
    wide = min(space, max(cell_len(plain(_name(row))) + _GAP + cell_len(row.change) for row in view.top))
    lines = [_beside("", (("Layer, before, then after", "bold"),), ("Change", "bold"), words, wide)]
    for row in view.top:
        name = wrap_name(_name(row), space)
        fits = cell_len(plain(name[-1])) + _GAP + cell_len(row.change) <= space
        for at, part in enumerate(name):
            last = fits and at == len(name) - 1
            lines.append(_beside("" if at else row.word, part, (row.change if last else "", ""), words, wide))
        if not fits:
            lines.append(_beside("", (), (row.change, ""), words, wide))
        for text in map(_plain, row.lines):
            lines += [_beside("", part, ("", ""), words + _GAP, 0) for part in wrap(((text, ""),), space - _GAP)]
    return lines


def _beside(word: str, text: StyledText, change: tuple[str, str], words: int, wide: int) -> Text:
    """Return a line: *word* in its own column, *text*, and *change* aligned right in *wide* columns."""
    line = Text.assemble(word, " " * (words - cell_len(word)), *text)
    between = wide - cell_len(plain(text)) - cell_len(change[0])
    return line.append(" " * max(between, 0)).append(*change) if change[0] else line


def _name(row: ChangeRow) -> StyledText:
    copies = ((f" × {row.times:,}", "bold"),) if row.times > 1 else ()
    return ((visible(row.path), ""), *copies)


def _plain(pieces: Rich) -> str:
    return visible("".join(piece.text for piece in pieces))
