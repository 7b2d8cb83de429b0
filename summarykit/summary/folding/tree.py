"""The tree, each run of identical siblings as one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from summarykit.summary.data import SummaryData
from summarykit.summary.folding.naming import follows, own_name, span
from summarykit.summary.totals import added_up


class FoldedRow(NamedTuple):
    """One row of the folded tree; stands for ``times`` layers."""

    layer: int  #: id of the first copy
    depth: int
    name: str  #: ``layers``, or ``0–31`` for a folded row
    path: str  #: ``model.layers.0–31.mlp``
    copies: int  #: how many siblings this row stands for
    times: int  #: copies, times those of every row above
    end: int  #: its inside is ``rows[own position + 1 : end]``
    stride: int  #: from the id of one copy to that of the next: so many layers are in each


def fold_tree(data: SummaryData, same: Sequence[int]) -> tuple[FoldedRow, ...]:
    """Return the tree in pre-order, each run of siblings that are the *same* and whose names count up as one row."""
    sizes = added_up(data.layers, [1] * len(data.layers))
    children: list[list[int]] = [[] for _ in data.layers]
    for layer in data.layers[1:]:
        children[layer.parent].append(layer.id)
    rows: list[FoldedRow] = []
    # An entry is a row to open, or the position of one whose inside is complete.
    stack: list[FoldedRow | int] = [FoldedRow(0, 0, "", "", 1, 1, 0, sizes[0])]
    while stack:
        entry = stack.pop()
        if isinstance(entry, int):
            rows[entry] = rows[entry]._replace(end=len(rows))
            continue
        stack.append(len(rows))
        rows.append(entry)
        runs = sibling_runs(children[entry.layer], data, same)
        stack += [folded_row(entry, run, data, sizes) for run in reversed(runs)]
    return tuple(rows)


def sibling_runs(siblings: Sequence[int], data: SummaryData, same: Sequence[int]) -> list[list[int]]:
    """Return *siblings* in runs of identical ones whose names count up."""
    runs: list[list[int]] = []
    previous = ""
    for layer in siblings:
        name = own_name(data.layers[layer], data)
        if runs and same[runs[-1][0]] == same[layer] and follows(previous, name):
            runs[-1].append(layer)
        else:
            runs.append([layer])
        previous = name
    return runs


def folded_row(above: FoldedRow, run: Sequence[int], data: SummaryData, sizes: Sequence[int]) -> FoldedRow:
    """Return the row that stands for a run of siblings."""
    first, last = (own_name(data.layers[layer], data) for layer in (run[0], run[-1]))
    name = span(first, last)
    path = f"{above.path}.{name}" if above.path else name
    return FoldedRow(run[0], above.depth + 1, name, path, len(run), above.times * len(run), 0, sizes[run[0]])


def members(rows: Sequence[FoldedRow]) -> Iterator[tuple[int, ...]]:
    """Yield for each row the ids of all layers it stands for, in order: what folding took together, apart again."""
    above: list[tuple[int, Sequence[int]]] = []
    for row in rows:
        del above[row.depth :]
        before, starts = above[-1] if above else (0, (0,))
        offsets = range(row.layer - before, row.layer - before + row.copies * row.stride, row.stride)
        found = tuple(start + offset for start in starts for offset in offsets)
        above.append((row.layer, found))
        yield found
