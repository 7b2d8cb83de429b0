"""Which rows of the folded tree are shown: their order, parents and siblings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from summarykit.exporters.view.selection import selection_text
from summarykit.exporters.view.words import count_noun
from summarykit.expression import Words
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import FoldedRow, Folding
from summarykit.summary.selection import EVERYTHING, RowFilter, SortKey, sorted_by


class Place(NamedTuple):
    """The place of a visible row; positions count visible rows."""

    row: int  #: index of the row in the whole folded tree
    parent: int  #: position of the row above it, -1 for the first
    order: int  #: among all its siblings, from 1
    siblings: int
    children: int  #: of them, how many are shown
    hidden_rows: int  #: rows inside it that are not shown, nor inside a visible row below it


class VisibleRows(NamedTuple):
    """The visible rows, and counts of the others; together they are the whole tree, once."""

    places: list[Place]
    rows: int  #: how many rows are not shown
    modules: int  #: distinct ones
    parameters: int  #: of these layers themselves
    macs: int
    sentence: Words  #: the same in a sentence; empty if nothing is left out


def visible_places(
    data: SummaryData, folding: Folding, limit: int, *, with_empty: bool, row_filter: RowFilter = EVERYTHING
) -> VisibleRows:
    """Return at most *limit* of the rows that are *chosen*, in the selection's order, and what is left out.

    With *with_empty* False, rows without parameters are not shown unless the selection names them, and they are
    not counted as left out.
    """
    rows = folding.rows
    selection = [row_filter.shows(row.layer) for row in rows]
    holds = [data.columns.total[row.layer] > 0 or data.layers[row.layer].explanation >= 0 for row in rows]
    full = [with_empty or holding or row_filter.asked_for(row.layer) for row, holding in zip(rows, holds, strict=True)]
    candidates = [
        index == 0 or (pick and holds) for index, (pick, holds) in enumerate(zip(selection, full, strict=True))
    ]
    parents = _parents(rows)
    if not with_empty:
        _add_ancestors(candidates, parents)
    visible = _choose(data, rows, parents, candidates, limit)
    missing = [not pick or (want and not show) for pick, want, show in zip(selection, candidates, visible, strict=True)]
    places = _places(data, rows, parents, visible, missing, row_filter.selection.sort)
    missing_rows = [row for row, absent in zip(rows, missing, strict=True) if absent]
    modules = sum(row.times for row in missing_rows if data.layers[row.layer].alias_of < 0)
    parameters = sum(data.columns.adds[row.layer] * row.times for row in missing_rows)
    macs = sum(data.flows[row.layer].macs * row.times for row in missing_rows) if data.flows else 0
    is_filtered = any(not pick for pick in selection)
    reason = selection_text(row_filter.selection) if is_filtered else ""
    sentence = _left_out(len(missing_rows), modules, parameters, reason)
    return VisibleRows(places, len(missing_rows), modules, parameters, macs, sentence)


def _parents(rows: Sequence[FoldedRow]) -> list[int]:
    """Return for each row the index of the row above it."""
    parents, open_rows = [], [-1]
    for index, row in enumerate(rows):
        del open_rows[row.depth + 1 :]
        parents.append(open_rows[-1])
        open_rows.append(index)
    return parents


def _add_ancestors(candidates: list[bool], parents: Sequence[int]) -> None:
    """Add the ancestors of each candidate, although their own parameters are not known."""
    for index in range(len(candidates) - 1, 0, -1):
        if candidates[index]:
            candidates[parents[index]] = True


def _choose(
    data: SummaryData, rows: Sequence[FoldedRow], parents: Sequence[int], candidates: Sequence[bool], limit: int
) -> list[bool]:
    """Return the rows to show: whole levels from the top while they fit, then the largest rows of the next."""
    if sum(candidates) <= limit:
        return list(candidates)
    levels: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        if candidates[index]:
            levels.setdefault(row.depth, []).append(index)
    visible = [False] * len(rows)
    space = limit
    for depth in sorted(levels):
        level = [index for index in levels[depth] if depth == 0 or visible[parents[index]]]
        if len(level) > space:
            level = sorted(level, key=lambda i: -data.columns.counted[rows[i].layer] * rows[i].times)[:space]
        for index in level:
            visible[index] = True
        space -= len(level)
    return visible


def _places(
    data: SummaryData,
    rows: Sequence[FoldedRow],
    parents: Sequence[int],
    visible: Sequence[bool],
    missing: Sequence[bool],
    sort: str,
) -> list[Place]:
    order = list(range(len(rows))) if sort == "model" else _in_order(data, rows, parents, sort)
    orders, siblings, children = [1] * len(rows), [0] * len(rows), [0] * len(rows)
    for index in order:
        parent = parents[index]
        if parent >= 0:
            siblings[parent] += 1
            orders[index] = siblings[parent]
            children[parent] += visible[index]
    hidden_counts = _count_hidden(parents, visible, missing)
    visible_order = [index for index in order if visible[index]]
    positions = dict(zip(visible_order, range(len(visible_order)), strict=True))
    return [
        Place(
            index,
            positions[parents[index]] if parents[index] >= 0 else -1,
            orders[index],
            siblings[parents[index]] if parents[index] >= 0 else 1,
            children[index],
            hidden_counts[index],
        )
        for index in visible_order
    ]


def _count_hidden(parents: Sequence[int], visible: Sequence[bool], missing: Sequence[bool]) -> list[int]:
    """Return for each row how many missing ones it is the innermost shown row around."""
    counts, around = [0] * len(parents), list(range(len(parents)))
    for index, parent in enumerate(parents):
        if not visible[index]:
            around[index] = around[parent]
        if missing[index]:
            counts[around[index]] += 1
    return counts


def _in_order(data: SummaryData, rows: Sequence[FoldedRow], parents: Sequence[int], sort: str) -> list[int]:
    """Return the tree in pre-order, siblings sorted."""
    macs = [flow.macs_total for flow in data.flows] if data.flows else [0] * len(data.layers)
    counts = data.columns.counted
    keys = (SortKey(r.layer, r.name, counts[r.layer] * r.times, macs[r.layer] * r.times) for r in rows)
    inside: list[list[int]] = [[] for _ in rows]
    for index in sorted_by(data, sort, keys):
        if index:
            inside[parents[index]].append(index)
    order, stack = [], [0]
    while stack:
        index = stack.pop()
        order.append(index)
        stack += reversed(inside[index])
    return order


def _left_out(rows: int, modules: int, parameters: int, selection: str) -> Words:
    if not rows:
        return Words()
    whose = "its" if modules == 1 else "their"
    contents = Words(count_noun(modules, "module"), " with ", count_noun(parameters, "parameter"), f" of {whose} own")
    verb = "is" if rows == 1 else "are"
    text = Words(count_noun(rows, "row"), " of the tree (", contents, f") {verb} not shown here")
    return Words(text, f", {selection}" if selection else "", "; every number counts them all.")
