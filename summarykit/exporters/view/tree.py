"""Which rows of the folded tree are shown, and how they stand to each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from summarykit.exporters.view.words import counted
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import FoldedRow, Folding


class Place(NamedTuple):
    """Where a shown row stands; positions are among the rows shown."""

    row: int  #: index of the row in the whole folded tree
    parent: int  #: position of the row above it, -1 for the first
    order: int  #: among all its siblings, from 1
    siblings: int
    children: int  #: of them, how many are shown
    hidden: int  #: rows inside it that are not shown


def shown_places(data: SummaryData, folding: Folding, limit: int, *, with_empty: bool) -> tuple[list[Place], str]:
    """Return at most *limit* rows, and a sentence on what is left out, if anything is.

    Rows without parameters are left to the end of the tree's story: with *with_empty* False they are not
    shown at all, and not told as left out.
    """
    rows = folding.rows
    holds = [data.columns.total[row.layer] > 0 or data.layers[row.layer].explanation >= 0 for row in rows]
    wanted = [with_empty or held or index == 0 for index, held in enumerate(holds)]
    parents = _parents(rows)
    shown = _chosen(data, rows, parents, wanted, limit)
    missing = [want and not show for want, show in zip(wanted, shown, strict=True)]
    return list(_places(rows, parents, shown, missing)), _left_out(rows, missing)


def _parents(rows: Sequence[FoldedRow]) -> list[int]:
    """Return for each row the index of the row above it."""
    parents, open_rows = [], [-1]
    for index, row in enumerate(rows):
        del open_rows[row.depth + 1 :]
        parents.append(open_rows[-1])
        open_rows.append(index)
    return parents


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
    rows: Sequence[FoldedRow], parents: Sequence[int], shown: Sequence[bool], missing: Sequence[bool]
) -> list[Place]:
    orders, siblings, children = [1] * len(rows), [0] * len(rows), [0] * len(rows)
    for index, parent in enumerate(parents):
        if parent >= 0:
            siblings[parent] += 1
            orders[index] = siblings[parent]
            children[parent] += shown[index]
    missing_before = [0, *accumulate(missing)]
    positions = [0, *accumulate(shown)]
    return [
        Place(
            index,
            positions[parents[index]] if parents[index] >= 0 else -1,
            orders[index],
            siblings[parents[index]] if parents[index] >= 0 else 1,
            children[index],
            missing_before[row.end] - missing_before[index + 1],
        )
        for index, row in enumerate(rows)
        if shown[index]
    ]


def _left_out(rows: Sequence[FoldedRow], missing: Sequence[bool]) -> str:
    number = sum(missing)
    if not number:
        return ""
    modules = sum(row.times for row, gone in zip(rows, missing, strict=True) if gone)
    said = f"{counted(number, 'row')} of the tree ({counted(modules, 'module')}) "
    return said + f"{'is' if number == 1 else 'are'} not shown here; every number counts them all."
