"""Which parts of the folded tree get a box: the largest ones up to a limit, with small neighbours merged."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import NamedTuple

from summarykit.exporters.view.blocks import Measure
from summarykit.summary.folding import FoldedRow, Folding

#: Numbers of one part, one for each measure.
Values = tuple[int, ...]

#: In pixels: the full width of the icicle; the least width of a visible box, of a box with text, and of merged
#: neighbours with their number.
FULL, MIN_WIDTH, LABEL_WIDTH, CLOSE = 1152, 2, 48, 96
#: More boxes than this make a page heavy, and are too small to be distinguished.
MOST_BOXES = 300
#: A part is opened only if at least so many boxes fit in it.
_LEAST = 2
#: One part may always take so many boxes, however many others wait; merged neighbours fewer.
_FAIR, _FAIR_MERGED = 64, 24


class Part(NamedTuple):
    """The part of the model that one box shows."""

    parent: int  #: number of the part around it, -1 for the model
    rows: tuple[FoldedRow, ...]  #: a chain, each the only part of the one before; of merged ones the first and the last
    values: Values
    itself: bool = False  #: a container's own share, without its children
    members: tuple[Part, ...] = ()  #: the neighbours merged in it
    merged_count: int = 0  #: how many they are, including those inside merged ones


class Tree(NamedTuple):
    """The chosen parts, the model itself first, and the numbers of those inside each, in the order of the model."""

    parts: tuple[Part, ...]
    inside: tuple[tuple[int, ...], ...]


def chosen_parts(folding: Folding, measures: Sequence[Measure], most: int = MOST_BOXES) -> Tree:
    """Return at most *most* parts beside the model: it is opened first, then always the largest part."""
    source = _Source(folding, measures)
    parts = [source.chain(Part(-1, (folding.rows[0],), tuple(measure.total for measure in measures)))]
    inside: list[tuple[int, ...]] = [()]
    waiting = [(0.0, 0)]
    while waiting:
        _, number = heapq.heappop(waiting)
        space = most + 1 - len(parts)
        if space < _LEAST:
            break
        fair = _FAIR_MERGED if parts[number].merged_count else max(_FAIR, space // 2)
        children = source.children(parts[number], min(space, fair))
        inside[number] = tuple(range(len(parts), len(parts) + len(children)))
        for part in children:
            if source.opens(part):
                heapq.heappush(waiting, (-source.weight(part), len(parts)))
            parts.append(part._replace(parent=number))
            inside.append(())
    return Tree(tuple(parts), tuple(inside))


class _Source:
    """Makes parts from the rows of a folding, with their values by each measure."""

    def __init__(self, folding: Folding, measures: Sequence[Measure]) -> None:
        self.folding = folding
        self.measures = measures

    def weight(self, part: Part) -> float:
        """Return the share of *part* in the model, by the measure in which that is largest."""
        return max(value / measure.total for value, measure in zip(part.values, self.measures, strict=True))

    def opens(self, part: Part) -> bool:
        """Return whether anything is inside *part*."""
        return bool(part.members) or not (part.itself or self._is_leaf(part.rows[-1]))

    def chain(self, part: Part) -> Part:
        """Return *part* with the chain of only children below it, which need no box each."""
        if part.itself or part.members:
            return part
        rows = list(part.rows)
        while not self._is_leaf(rows[-1]):
            below = self._inside(rows[-1])
            if len(below) != 1:
                break
            rows += below[0].rows
        return part._replace(rows=tuple(rows))

    def children(self, part: Part, space: int) -> list[Part]:
        """Return the inside of *part* in at most *space* boxes, small neighbours merged; nothing if it cannot fit."""
        below = part.members or self._inside(part.rows[-1])
        least = FULL // MIN_WIDTH
        while least > 1:
            boxes = merge_small(below, part.values, least)
            if len(boxes) <= space:
                return [self.chain(inner) for inner in boxes] if len(boxes) > 1 else []
            least //= 2
        return []

    def _is_leaf(self, row: FoldedRow) -> bool:
        return all(measure.own[row.layer] == measure.inside[row.layer] for measure in self.measures)

    def _inside(self, row: FoldedRow) -> list[Part]:
        """Return the parts that add up to *row*: its own share, and its children that are not zero."""
        rows = self.folding.rows
        own = tuple(measure.own[row.layer] * row.times for measure in self.measures)
        parts = [Part(-1, (row,), own, itself=True)] if any(own) else []
        at = self.folding.position(row) + 1
        while at < row.end:
            child = rows[at]
            values = tuple(measure.inside[child.layer] * child.times for measure in self.measures)
            if any(values):
                parts.append(Part(-1, (child,), values))
            at = child.end
        return parts


def merge_small(parts: Sequence[Part], whole: Values, least: int) -> list[Part]:
    """Return *parts*, neighbours each less than one in *least* of *whole* as one, until that can be read."""
    boxes: list[Part] = []
    run: list[Part] = []
    sums = [0] * len(whole)
    for part in parts:
        small = all(value * least < total for value, total in zip(part.values, whole, strict=True) if total)
        if run and not small:
            boxes.append(join_parts(run))
            run = []
        if not small:
            boxes.append(part)
            continue
        sums = [so_far + value for so_far, value in zip(sums, part.values, strict=True)] if run else list(part.values)
        run.append(part)
        if any(_readable(value, total, least) for value, total in zip(sums, whole, strict=True) if total):
            boxes.append(join_parts(run))
            run = []
    return [*boxes, join_parts(run)] if run else boxes


def _readable(value: int, total: int, least: int) -> bool:
    return value * FULL >= total * CLOSE and value * least >= 2 * total


def join_parts(run: Sequence[Part]) -> Part:
    """Return neighbours as one part; one alone stays what it is."""
    if len(run) == 1:
        return run[0]
    values = tuple(map(sum, zip(*(part.values for part in run), strict=True)))
    rows = (run[0].rows[0], run[-1].rows[-1])
    count = sum(part.merged_count or 1 for part in run)
    return Part(run[0].parent, rows, values, members=tuple(run), merged_count=count)
