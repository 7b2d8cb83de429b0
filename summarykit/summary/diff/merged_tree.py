"""Two models as one tree: each layer once, where it is now; what was removed, where it stood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from summarykit.records import LayerRecord, ModelRecords, StoredCount
from summarykit.summary.data import SummaryData
from summarykit.summary.diff.changes import Change, State
from summarykit.summary.diff.comparison import Comparison
from summarykit.summary.diff.grouping import ChangeGroup
from summarykit.summary.diff.subtrees import ChangeWithParts
from summarykit.summary.folding import Folding, own_name
from summarykit.summary.folding.kinds import own_kinds, structures
from summarykit.summary.totals import added_up

_OTHER_NAME = {State.MOVED, State.RENAMED, State.REPLACED}


class Both(NamedTuple):
    """A number of each place before and after."""

    before: list[int]
    after: list[int]

    @property
    def change(self) -> list[int]:
        """By how much it changed."""
        return [after - before for before, after in zip(self.before, self.after, strict=True)]


@dataclass(frozen=True)
class MergedTree:
    """Both models of a comparison as one tree; a layer that was moved counts where it is now, before as well."""

    comparison: Comparison

    @cached_property
    def _places(self) -> list[tuple[int, int, int]]:
        return list(_in_order(self.comparison))

    @cached_property
    def before(self) -> list[int]:
        """The layer of the model before that stands at each place, -1 for none."""
        return [before for _, before, _ in self._places]

    @cached_property
    def after(self) -> list[int]:
        """Likewise of the model after."""
        return [after for _, _, after in self._places]

    @property
    def pairs(self) -> Iterator[tuple[int, int]]:
        """The layers of both models at each place."""
        return zip(self.before, self.after, strict=True)

    @cached_property
    def tree(self) -> SummaryData:
        """The tree itself: names and classes; what its layers hold stands in the two models."""
        one, other = self.comparison.before, self.comparison.after
        types = (*other.records.types, *one.records.types)
        layers: list[LayerRecord] = []
        for parent, before, after in self._places:
            data, at = (other, after) if after >= 0 else (one, before)
            # The model before, where a part of it is the model now, has no name of its own.
            name = own_name(data.layers[at], data) or ("" if at else data.model_name) if layers else ""
            above = layers[parent].path if layers else ""
            path = f"{above}.{name}" if above else name
            kind = data.layers[at].type + (0 if after >= 0 else len(other.records.types))
            layers.append(LayerRecord(len(layers), parent, path, path, kind, 0, -1, -1, 0, 0))
        records = ModelRecords(other.model_name, "", types, ((),), (), tuple(layers), (), StoredCount(0, 0), ())
        return SummaryData(records)

    @cached_property
    def changes(self) -> list[Change | None]:
        """What changed at each place; None where the layer is as it was."""
        by_layers = {(change.before, change.after): change for change in self.comparison.changes}
        return [by_layers.get((before, after)) for _, before, after in self._places]

    @cached_property
    def told(self) -> dict[int, ChangeWithParts]:
        """What is told of a place and of all inside it, where something is."""
        return {self.place(member.first): member for group in self.groups for member in group.told}

    @property
    def groups(self) -> tuple[ChangeGroup, ...]:
        """The changes as they are told; of a model that is new each layer tells something."""
        return self.comparison.groups if self.comparison.new else self.comparison.told

    def place(self, change: Change) -> int:
        """Return where a layer that changed stands."""
        return self._by_after[change.after] if change.after >= 0 else self._by_before[change.before]

    @cached_property
    def _by_after(self) -> dict[int, int]:
        return {layer: place for place, layer in enumerate(self.after)}

    @cached_property
    def _by_before(self) -> dict[int, int]:
        return {layer: place for place, layer in enumerate(self.before)}

    @cached_property
    def parameters(self) -> Both:
        """What each layer itself adds to the totals."""
        one, other = self.comparison.before.columns.adds, self.comparison.after.columns.adds
        return Both(_at(one, self.before), _at(other, self.after))

    @cached_property
    def bytes(self) -> Both:
        """The bytes of its parameters."""
        one, other = self.comparison.before.columns.bytes, self.comparison.after.columns.bytes
        return Both(_at(one, self.before), _at(other, self.after))

    @cached_property
    def macs(self) -> Both:
        """Its multiply-accumulates; nothing where the two runs cannot be compared."""
        if not self.comparison.with_macs:
            return Both([0] * len(self._places), [0] * len(self._places))
        one, other = ([flow.macs for flow in data.flows] for data in (self.comparison.before, self.comparison.after))
        return Both(_at(one, self.before), _at(other, self.after))

    def inside(self, own: Both) -> Both:
        """Return a number of each place with everything inside."""
        return Both(added_up(self.tree.layers, own.before), added_up(self.tree.layers, own.after))

    @cached_property
    def change_counts(self) -> list[int]:
        """How many layers changed at each place or inside."""
        return added_up(self.tree.layers, [int(change is not None) for change in self.changes])

    @cached_property
    def change_counts_after(self) -> list[int]:
        """Likewise of each layer of the model after."""
        counts = [0] * len(self.comparison.after.layers)
        for layer, count in zip(self.after, self.change_counts, strict=True):
            if layer >= 0:
                counts[layer] = count
        return counts

    @cached_property
    def kinds(self) -> list[int]:
        """A number for each place, equal where both layers are alike and the same happened."""
        own = [
            own_kinds(data, with_flows=self.comparison.with_macs)
            for data in (self.comparison.before, self.comparison.after)
        ]
        numbers: dict[object, int] = {}
        kinds = []
        for place, (_, before, after) in enumerate(self._places):
            change, parts = self.changes[place], self.told.get(place)
            key = (
                own[0][before] if before >= 0 else -1,
                own[1][after] if after >= 0 else -1,
                change and (change.states, change.settings, change.dtypes, self._came_from(place, change)),
                parts and (parts.change, len(parts.changes)),
            )
            kinds.append(numbers.setdefault(key, len(numbers)))
        return kinds

    def _came_from(self, place: int, change: Change) -> object:
        """Return the old name of a layer as seen from its new place: levels up, and what follows."""
        if change.before < 0 or not _OTHER_NAME.intersection(change.states):
            return None
        one = self.comparison.before.layers[change.before].path.split(".")
        other = self.tree.layers[place].path.split(".")
        common = next(
            (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
        )
        return len(other) - common, tuple(one[common:])

    @cached_property
    def folding(self) -> Folding:
        """The tree with alike changes of repeated blocks once."""
        return _MergedFolding(self.tree, place_kinds=self.kinds)


@dataclass(frozen=True)
class _MergedFolding(Folding):
    place_kinds: Sequence[int] = ()

    @cached_property
    def structures(self) -> Sequence[int]:
        return structures(self.data, self.place_kinds)


def _at(values: Sequence[int], layers: Sequence[int]) -> list[int]:
    return [values[layer] if layer >= 0 else 0 for layer in layers]


def _in_order(comparison: Comparison) -> Iterator[tuple[int, int, int]]:
    """Yield the places in pre-order: that of the parent, the layer before, the layer after."""
    matching = comparison.matching
    removals = _removals(comparison)
    stack: list[tuple[int, int, int]] = [(-1, matching.to_before[0], 0)]
    place = -1
    while stack:
        parent, before, after = stack.pop()
        place += 1
        yield parent, before, after
        inside: list[tuple[int, int, int]] = []
        if after >= 0:
            inside += [(place, at, -1) for at in removals.get((after, -1), ())]
            for child in matching.after.children[after]:
                inside.append((place, matching.to_before[child], child))
                inside += [(place, at, -1) for at in removals.get((after, child), ())]
        else:
            inside += [(place, child, -1) for child in matching.before.children[before] if matching.to_after[child] < 0]
        stack += reversed(inside)


def _removals(comparison: Comparison) -> dict[tuple[int, int], list[int]]:
    """Return what was removed, by the layer it was in and the one beside it that it followed, -1 for none."""
    matching, layers = comparison.matching, comparison.after.layers
    removals: dict[tuple[int, int], list[int]] = {}
    if matching.to_after[0] < 0:
        removals[0, -1] = [0]
    for before, after in enumerate(matching.to_after):
        if after < 0:
            continue
        beside = -1
        for child in matching.before.children[before]:
            other = matching.to_after[child]
            if other < 0:
                removals.setdefault((after, beside), []).append(child)
            elif layers[other].parent == after:
                beside = other
    return removals
