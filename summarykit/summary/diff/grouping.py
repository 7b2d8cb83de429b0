"""Changes that are alike in repeated blocks, once with their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from summarykit.summary.data import SummaryData
from summarykit.summary.diff.changes import Amounts, Change
from summarykit.summary.diff.matching import Matching
from summarykit.summary.diff.subtrees import ChangeWithParts
from summarykit.summary.folding import as_grids
from summarykit.summary.folding.flat import patterns


class ChangeGroup(NamedTuple):
    """Layers that changed in the same way at the same place of repeated blocks."""

    path: str  #: ``layer4.0–2.conv2``; for what was removed as it was called before
    told: tuple[ChangeWithParts, ...]

    @property
    def first(self) -> Change:
        """One of them; the others are like it."""
        return self.told[0].first

    @property
    def changes(self) -> tuple[Change, ...]:
        """One change a place, without those inside that go without saying."""
        return tuple(member.first for member in self.told)

    @property
    def change(self) -> Amounts:
        """By how much all together change the totals."""
        return Amounts(*(amount * len(self.told) for amount in self.told[0].change))


def change_groups(
    matching: Matching, changes: Sequence[ChangeWithParts], *, fold: bool = True
) -> tuple[ChangeGroup, ...]:
    """Return what is *changes* with that together that is alike, in the order of the first of each."""
    alike = _GroupKeys(matching)
    places = {each.first: at for at, each in enumerate(changes)}
    by_key: dict[object, list[ChangeWithParts]] = {}
    for at, each in enumerate(changes):
        by_key.setdefault((alike.key(each.first), *map(alike.key, each.changes)) if fold else at, []).append(each)
    groups: list[ChangeGroup] = []
    for same in by_key.values():
        data = alike.models[same[0].first.after >= 0]
        by_layer = {each.first.after if each.first.after >= 0 else each.first.before: each for each in same}
        groups += [
            ChangeGroup(grid.path, tuple(by_layer[layer] for layer in grid.layers))
            for grid in as_grids(list(by_layer), data)
        ]
    return tuple(sorted(groups, key=lambda group: places[group.first]))


class _GroupKeys:
    """What makes changes alike to a reader."""

    def __init__(self, matching: Matching) -> None:
        self.models = matching.before.data, matching.after.data
        self.names = tuple(patterns(data, parts=True) for data in self.models)

    def key(self, change: Change) -> object:
        """Return the place among repeated blocks, classes and formulas, and what happened."""
        is_removal = change.after < 0
        return (
            *(self.names[0][change.before] if is_removal else -1, -1 if is_removal else self.names[1][change.after]),
            *(
                _class_and_formula(data, layer)
                for data, layer in zip(self.models, (change.before, change.after), strict=True)
            ),
            *(change.states, change.settings, change.dtypes, change.change, change.top),
        )


def _class_and_formula(data: SummaryData, layer: int) -> object:
    """Return what makes layers alike to a reader: class and formula."""
    return None if layer < 0 else (data.layers[layer].type, data.layers[layer].explanation)
