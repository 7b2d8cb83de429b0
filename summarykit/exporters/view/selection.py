"""A selection in words, and the parts of a model that its depth cuts off."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from summarykit.exporters.view.words import count_noun, join_words, shorten
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import FoldedRow, Folding
from summarykit.summary.selection import RowFilter, Selection

_MOST_NAMES = 3
_LONGEST = 40


def selection_text(selection: Selection) -> str:
    """Return "as asked: to depth 2, only layer4.*, without ReLU"; empty for a selection of everything."""
    parts = [
        f"to depth {selection.depth}" if selection.depth is not None else "",
        f"only {_pattern_words(selection.only)}" if selection.only else "",
        f"without {_pattern_words(selection.exclude)}" if selection.exclude else "",
    ]
    text = ", ".join(part for part in parts if part)
    return f"as asked: {text}" if text else ""


def _pattern_words(patterns: Sequence[str]) -> str:
    names = [shorten(pattern, _LONGEST) for pattern in patterns[:_MOST_NAMES]]
    more = len(patterns) - _MOST_NAMES
    return join_words([*names, f"{count_noun(more, 'more pattern')}"] if more > 0 else names)


def cut_rows(data: SummaryData, folding: Folding, row_filter: RowFilter) -> list[tuple[FoldedRow, int]]:
    """Return the rows at the maximum depth, and how many layers with parameters or MACs each includes."""
    depth = row_filter.selection.depth
    if depth is None:
        return []
    rows = folding.rows
    works = works_of(data)
    before = [0, *accumulate(works[row.layer] * row.times for row in rows)]
    cuts = [
        (row, before[row.end] - before[index])
        for index, row in enumerate(rows)
        if row.depth == depth and row.end > index + 1 and row_filter.lists(row.layer)
    ]
    return [(row, inside) for row, inside in cuts if inside]


def works_of(data: SummaryData) -> list[bool]:
    """Return for each layer whether it has parameters or MACs."""
    macs = [flow.macs for flow in data.flows] if data.flows else [0] * len(data.layers)
    return [layer.explanation >= 0 or macs[layer.id] > 0 for layer in data.layers]
