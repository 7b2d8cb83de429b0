"""Which rows of the folded tree are shown, in which order, and how they stand to each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from summarykit.exporters.view.selection import as_asked
from summarykit.exporters.view.words import count_noun
from summarykit.expression import Words
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import FoldedRow, Folding
from summarykit.summary.selection import EVERYTHING, Chosen, SortKey, sorted_by


class Place(NamedTuple):
    """Where a shown row stands; positions are among the rows shown."""

    row: int  #: index of the row in the whole folded tree
    parent: int  #: position of the row above it, -1 for the first
    order: int  #: among all its siblings, from 1
    siblings: int
    children: int  #: of them, how many are shown
    hidden: int  #: rows inside it that are not shown, nor inside another one that is


class VisibleRows(NamedTuple):
    """The rows that are shown, and what is not; both together are the whole tree, once."""

    places: list[Place]
    rows: int  #: so many are not shown
    modules: int  #: distinct ones
    parameters: int  #: of these layers themselves
    macs: int
    told: Words  #: the same in a sentence, empty where nothing is left out


def visible_places(
    data: SummaryData, folding: Folding, limit: int, *, with_empty: bool, chosen: Chosen = EVERYTHING
) -> VisibleRows:
    """Return at most *limit* of the rows that are *chosen*, in the order asked for, and what is left out.

    Rows without parameters are left to the end of the tree's story: with *with_empty* False they are not
    shown at all unless asked for, and not told as left out.
    """
    rows = folding.rows
    picked = [chosen.shows(row.layer) for row in rows]
    holds = [data.columns.total[row.layer] > 0 or data.layers[row.layer].explanation >= 0 for row in rows]
    full = [with_empty or held or chosen.asked_for(row.layer) for row, held in zip(rows, holds, strict=True)]
    wanted = [index == 0 or (pick and told) for index, (pick, told) in enumerate(zip(picked, full, strict=True))]
    parents = _parents(rows)
    if not with_empty:
        _with_those_around(wanted, parents)
    shown = _chosen(data, rows, parents, wanted, limit)
    missing = [not pick or (want and not show) for pick, want, show in zip(picked, wanted, shown, strict=True)]
    places = _places(data, rows, parents, shown, missing, chosen.selection.sort)
    gone = [row for row, absent in zip(rows, missing, strict=True) if absent]
    modules = sum(row.times for row in gone if data.layers[row.layer].alias_of < 0)
    parameters = sum(data.columns.adds[row.layer] * row.times for row in gone)
    macs = sum(data.flows[row.layer].macs * row.times for row in gone) if data.flows else 0
    asked = any(not pick for pick in picked)
    told = _left_out(len(gone), modules, parameters, as_asked(chosen.selection) if asked else "")
    return VisibleRows(places, len(gone), modules, parameters, macs, told)


def _parents(rows: Sequence[FoldedRow]) -> list[int]:
    """Return for each row the index of the row above it."""
    parents, open_rows = [], [-1]
    for index, row in enumerate(rows):
        del open_rows[row.depth + 1 :]
        parents.append(open_rows[-1])
        open_rows.append(index)
    return parents


def _with_those_around(wanted: list[bool], parents: Sequence[int]) -> None:
    """Want what is around each wanted row, though it holds nothing that is known."""
    for index in range(len(wanted) - 1, 0, -1):
        if wanted[index]:
            wanted[parents[index]] = True


def _chosen(
    data: SummaryData, rows: Sequence[FoldedRow], parents: Sequence[int], wanted: Sequence[bool], limit: int
) -> list[bool]:
    """Choose the top of the tree, as deep as fits; of the first level that does not fit, the largest rows."""
    if sum(wanted) <= limit:
        return list(wanted)
    levels: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        if wanted[index]:
            levels.setdefault(row.depth, []).append(index)
    shown = [False] * len(rows)
    room = limit
    for depth in sorted(levels):
        level = [index for index in levels[depth] if depth == 0 or shown[parents[index]]]
        if len(level) > room:
            level = sorted(level, key=lambda i: -data.columns.counted[rows[i].layer] * rows[i].times)[:room]
        for index in level:
            shown[index] = True
        room -= len(level)
    return shown


def _places(
    data: SummaryData,
    rows: Sequence[FoldedRow],
    parents: Sequence[int],
    shown: Sequence[bool],
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
            children[parent] += shown[index]
    hidden = _hidden(parents, shown, missing)
    seen = [index for index in order if shown[index]]
    positions = dict(zip(seen, range(len(seen)), strict=True))
    return [
        Place(
            index,
            positions[parents[index]] if parents[index] >= 0 else -1,
            orders[index],
            siblings[parents[index]] if parents[index] >= 0 else 1,
            children[index],
            hidden[index],
        )
        for index in seen
    ]


def _hidden(parents: Sequence[int], shown: Sequence[bool], missing: Sequence[bool]) -> list[int]:
    """Return for each row how many missing ones it is the innermost shown row around."""
    found, around = [0] * len(parents), list(range(len(parents)))
    for index, parent in enumerate(parents):
        if not shown[index]:
            around[index] = around[parent]
        if missing[index]:
            found[around[index]] += 1
    return found


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


def _left_out(rows: int, modules: int, parameters: int, asked: str) -> Words:
    if not rows:
        return Words()
    whose = "its" if modules == 1 else "their"
    held = Words(count_noun(modules, "module"), " with ", count_noun(parameters, "parameter"), f" of {whose} own")
    said = Words(count_noun(rows, "row"), " of the tree (", held, f") {'is' if rows == 1 else 'are'} not shown here")
    return Words(said, f", {asked}" if asked else "", "; every number counts them all.")
