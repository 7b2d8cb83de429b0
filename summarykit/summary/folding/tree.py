"""The tree, identical siblings as one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from summarykit.records import LayerRecord
from summarykit.summary.data import SummaryData
from summarykit.summary.folding.naming import follows, own_name, spans, word_of


class FoldedRow(NamedTuple):
    """One row of the folded tree; stands for ``times`` layers."""

    layer: int  #: id of the first copy
    depth: int
    name: str  #: ``layers``, or ``0–31`` for a folded row
    path: str  #: ``model.layers.0–31.mlp``
    siblings: tuple[int, ...]  #: what stands here in the first copy of what is above
    times: int  #: copies, times those of every row above
    end: int  #: its inside is ``rows[own position + 1 : end]``

    @property
    def copies(self) -> int:
        """How many siblings this row stands for."""
        return len(self.siblings)


def fold_tree(data: SummaryData, same: Sequence[int]) -> tuple[FoldedRow, ...]:
    """Return the tree in pre-order, siblings that are the *same* and whose names count up as one row.

    Blocks need not stand side by side: where two kinds of them take turns, each kind is one row. Layers with nothing
    inside do, for in what order they come tells more than how often.
    """
    children: list[list[int]] = [[] for _ in data.layers]
    for layer in data.layers[1:]:
        children[layer.parent].append(layer.id)
    rows: list[FoldedRow] = []
    # An entry is a row to open, or the position of one whose inside is complete.
    stack: list[FoldedRow | int] = [FoldedRow(0, 0, "", "", (0,), 1, 0)]
    while stack:
        entry = stack.pop()
        if isinstance(entry, int):
            rows[entry] = rows[entry]._replace(end=len(rows))
            continue
        stack.append(len(rows))
        rows.append(entry)
        runs = sibling_runs(children[entry.layer], data, same)
        stack += [_folded_row(entry, list(chain(*turn)), data) for turn in reversed(taking_turns(runs, data, same))]
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


def taking_turns(runs: Sequence[list[int]], data: SummaryData, same: Sequence[int]) -> list[list[list[int]]]:
    """Return *runs* with those of one kind and word together where they are blocks, by their first."""
    by_kind: dict[object, list[list[int]]] = {}
    for run in runs:
        first = data.layers[run[0]]
        word = word_of(own_name(first, data)) if _is_block(data, first) else None
        by_kind.setdefault(first.id if word is None else (same[first.id], word), []).append(run)
    return list(by_kind.values())


def _is_block(data: SummaryData, layer: LayerRecord) -> bool:
    """Return whether there are layers inside a layer, or inside the one that it is another place of."""
    after = (layer.id if layer.alias_of < 0 else layer.alias_of) + 1
    return after < len(data.layers) and data.layers[after].parent == after - 1


def _folded_row(above: FoldedRow, siblings: Sequence[int], data: SummaryData) -> FoldedRow:
    """Return the row that stands for *siblings*."""
    names = [own_name(data.layers[layer], data) for layer in siblings]
    name = spans(names) if len(names) > 1 else names[0]
    path = f"{above.path}.{name}" if above.path else name
    return FoldedRow(siblings[0], above.depth + 1, name, path, tuple(siblings), above.times * len(siblings), 0)


def members(rows: Sequence[FoldedRow]) -> Iterator[tuple[int, ...]]:
    """Yield for each row the ids of all layers it stands for, in order: what folding took together, apart again."""
    above: list[tuple[int, Sequence[int]]] = []
    for row in rows:
        del above[row.depth :]
        before, starts = above[-1] if above else (0, (0,))
        layers = tuple(start + sibling - before for start in starts for sibling in row.siblings)
        above.append((row.layer, layers))
        yield layers
