"""Changes that are alike in repeated blocks, once with their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from summarykit.summary.comparing.changes import Amounts, Change
from summarykit.summary.comparing.matching import Matching
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import as_grids
from summarykit.summary.folding.flat import patterns


class ChangeGroup(NamedTuple):
    """Layers that changed in the same way at the same place of repeated blocks."""

    path: str  #: ``layer4.0–2.conv2``; for what was removed as it was called before
    changes: tuple[Change, ...]

    @property
    def first(self) -> Change:
        """One of them; the others are like it."""
        return self.changes[0]

    @property
    def change(self) -> Amounts:
        """By how much all together change the totals."""
        return Amounts(*map(sum, zip(*(change.change for change in self.changes), strict=True)))


def change_groups(matching: Matching, changes: Sequence[Change], *, fold: bool = True) -> tuple[ChangeGroup, ...]:
    """Return *changes* with those that are alike together, in the order of the first of each."""
    sides = matching.before.data, matching.after.data
    places = {change: at for at, change in enumerate(changes)}
    found: dict[object, list[Change]] = {}
    names = tuple(map(patterns, sides))
    for at, change in enumerate(changes):
        removed = change.after < 0
        key = (
            *(names[0][change.before] if removed else -1, -1 if removed else names[1][change.after]),
            *(_told(data, layer) for data, layer in zip(sides, (change.before, change.after), strict=True)),
            *(change.states, change.settings, change.dtypes, change.change, change.top),
        )
        found.setdefault(key if fold else at, []).append(change)
    groups: list[ChangeGroup] = []
    for alike in found.values():
        data = sides[alike[0].after >= 0]
        by_layer = {change.after if change.after >= 0 else change.before: change for change in alike}
        groups += [
            ChangeGroup(grid.path, tuple(by_layer[layer] for layer in grid.layers))
            for grid in as_grids(list(by_layer), data)
        ]
    return tuple(sorted(groups, key=lambda group: places[group.changes[0]]))


def _told(data: SummaryData, layer: int) -> object:
    """Return what makes layers alike to a reader: class and formula."""
    return None if layer < 0 else (data.layers[layer].type, data.layers[layer].explanation)
