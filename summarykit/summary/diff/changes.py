"""What changed on each layer, and by how much; one entry a layer that is not as it was."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from summarykit.expression import Value
from summarykit.records import LayerRecord, Settings, TensorRecord
from summarykit.summary.data import SummaryData
from summarykit.summary.diff.keys import shape_of
from summarykit.summary.diff.matching import Matching
from summarykit.summary.folding import is_number

_SEQUENTIAL = "torch.nn.modules.container.Sequential"


class State(StrEnum):
    """What happened to a layer; several may hold, the first in this order names the change."""

    NEW = "new"
    REMOVED = "removed"
    REPLACED = "replaced"  #: another class stands in its place
    CHANGED = "changed"  #: its own tensors have other names or shapes
    RETYPED = "retyped"  #: another class, the same tensors
    MOVED = "moved"  #: under another parent, or to another place in a sequence
    RENAMED = "renamed"
    REORDERED = "reordered"  #: a sequence runs the same parts in another order
    TIED = "tied"  #: its numbers now count elsewhere
    UNTIED = "untied"  #: its numbers now count here
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    DTYPE = "dtype"
    SETTINGS = "settings"  #: it is set otherwise, whatever its count
    COMPUTE = "compute"  #: it multiplies more or less often, itself unchanged

    @property
    def rank(self) -> int:
        """Position in this order."""
        return _RANKS[self]


_RANKS = {state: rank for rank, state in enumerate(State)}


class Amounts(NamedTuple):
    """What a layer adds to the totals, or by how much that changed."""

    parameters: int
    trainable: int
    bytes: int
    buffers: int
    macs: int  #: 0 where the two are not comparable

    def minus(self, other: Amounts) -> Amounts:
        """Return the difference, number by number."""
        return Amounts(*(one - two for one, two in zip(self, other, strict=True)))


NOTHING = Amounts(0, 0, 0, 0, 0)


class SettingChange(NamedTuple):
    """A setting before and after; an empty tuple where there was none."""

    name: str
    before: tuple[Value, ...]
    after: tuple[Value, ...]


class Change(NamedTuple):
    """One layer that is not as it was."""

    before: int  #: id of the layer, -1 for a new one
    after: int  #: -1 for a removed one
    states: tuple[State, ...]
    settings: tuple[SettingChange, ...]
    dtypes: tuple[tuple[str, str], ...]  #: number formats before and after, each pair once
    change: Amounts
    top: bool  #: its parent is in both models


def all_changes(matching: Matching, *, with_macs: bool) -> tuple[Change, ...]:
    """Return what changed, in the order of the model after, what was removed where it stood."""
    before, after = matching.before.data, matching.after.data
    comparer = _Comparer(matching, with_macs=with_macs)
    removals: dict[int, list[Change]] = {}
    for layer in before.layers:
        if matching.to_after[layer.id] < 0:
            near = _nearest(before, layer, matching.to_after)
            removals.setdefault(near, []).append(comparer.removal(layer))
    changes: list[Change] = []
    for layer in after.layers:
        other = matching.to_before[layer.id]
        change = comparer.new(layer) if other < 0 else comparer.compare(before.layers[other], layer)
        changes += [change] if change else []
        changes += removals.get(layer.id, ())
    return tuple(changes)


def _nearest(data: SummaryData, layer: LayerRecord, partners: list[int]) -> int:
    """Return the layer of the other model that stands for the innermost parent that is in both."""
    while layer.parent >= 0:
        layer = data.layers[layer.parent]
        if partners[layer.id] >= 0:
            return partners[layer.id]
    return 0


#: What became of a layer itself: states, settings, number formats.
_Itself = tuple[list[State], tuple[SettingChange, ...], tuple[tuple[str, str], ...]]


class _Comparer:
    def __init__(self, matching: Matching, *, with_macs: bool) -> None:
        self.matching = matching
        self.before, self.after = matching.before.data, matching.after.data
        self.with_macs = with_macs
        self.cache: dict[tuple[int, int, bool, bool], _Itself] = {}
        self.shares = any(
            tensor.owner != index for data in (self.before, self.after) for index, tensor in enumerate(data.tensors)
        ) or any(layer.alias_of >= 0 for data in (self.before, self.after) for layer in data.layers)

    def amounts(self, data: SummaryData, layer: int) -> Amounts:
        columns = data.columns
        macs = data.flows[layer].macs if self.with_macs else 0
        adds, trainable, size = columns.adds[layer], columns.trainable[layer], columns.bytes[layer]
        return Amounts(adds, trainable, size, columns.buffers[layer], macs)

    def removal(self, layer: LayerRecord) -> Change:
        top = layer.parent < 0 or self.matching.to_after[layer.parent] >= 0
        amount = NOTHING.minus(self.amounts(self.before, layer.id))
        return Change(layer.id, -1, (State.REMOVED,), (), (), amount, top)

    def new(self, layer: LayerRecord) -> Change:
        top = layer.parent < 0 or self.matching.to_before[layer.parent] >= 0
        return Change(-1, layer.id, (State.NEW,), (), (), self.amounts(self.after, layer.id), top)

    def compare(self, one: LayerRecord, other: LayerRecord) -> Change | None:
        """Return what changed between two matched layers, None where nothing did."""
        left, right = self.matching.before, self.matching.after
        states = list(self.place(one, other))
        settings: tuple[SettingChange, ...] = ()
        dtypes: tuple[tuple[str, str], ...] = ()
        again = one.alias_of >= 0 and self.matching.to_after[one.alias_of] == other.alias_of  # told at its first place
        differs = left.own[one.id] != right.own[other.id] or other.id in self.matching.successors
        if differs and not again:
            became, settings, dtypes = self.itself(one, other)
            states += became
            settings = without_numbers(settings, one.path, other.path) if settings else ()
            states += [State.SETTINGS] if settings else []
            states += [State.DTYPE] if dtypes else []
        states += self.sharing(one, other) if self.shares else []
        amount = NOTHING
        if states or self.with_macs:
            amount = self.amounts(self.after, other.id).minus(self.amounts(self.before, one.id))
        if amount.macs and not states:
            states = [State.COMPUTE]
        if not states:
            return None
        in_order = tuple(sorted(set(states), key=lambda state: state.rank))
        return Change(one.id, other.id, in_order, settings, dtypes, amount, top=True)

    @staticmethod
    def settings(data: SummaryData, layer: LayerRecord) -> Settings:
        return data.records.settings[layer.settings]

    def pairs(self, one: LayerRecord, other: LayerRecord) -> Iterator[tuple[TensorRecord, TensorRecord]]:
        """Yield the tensors of equal names."""
        by_name = {tensor.name: tensor for tensor in self.before.tensors[one.first_tensor : one.end_tensor]}
        for tensor in self.after.tensors[other.first_tensor : other.end_tensor]:
            if tensor.name in by_name:
                yield by_name[tensor.name], tensor

    def place(self, one: LayerRecord, other: LayerRecord) -> Iterator[State]:
        """Yield what became of the layer's place."""
        if other.id in self.matching.successors or (one.parent < 0 and other.parent < 0):
            return
        names = self.matching.before.names[one.id], self.matching.after.names[other.id]
        if one.parent < 0 or other.parent < 0 or self.matching.to_after[one.parent] != other.parent:
            yield State.MOVED
        elif names[0] != names[1]:
            if not all(map(is_number, names)):
                yield State.RENAMED
            elif other.id in self.matching.known_by_shape:
                yield State.MOVED  # not where the alignment would have it: order changed
        if self.after.records.types[other.type].qualified == _SEQUENTIAL and self.has_other_order(other):
            yield State.REORDERED

    def has_other_order(self, other: LayerRecord) -> bool:
        """Return whether a sequence runs named parts in another order."""
        children = [
            self.matching.to_before[child]
            for child in self.matching.after.children[other.id]
            if not is_number(self.matching.after.names[child])
        ]
        parent = self.matching.to_before[other.id]
        positions = [child for child in children if child >= 0 and self.before.layers[child].parent == parent]
        return any(later < earlier for earlier, later in pairwise(positions))

    def itself(self, one: LayerRecord, other: LayerRecord) -> _Itself:
        """Return what became of a layer itself; worked out once for all that became the same."""
        otherwise = self.other_class(one, other)
        has_same_parts = otherwise and self.keeps_parts(one, other)
        succeeds = other.id in self.matching.successors
        key = (self.matching.before.own[one.id], self.matching.after.own[other.id], has_same_parts, succeeds)
        if key not in self.cache:
            states = (
                [State.REPLACED]
                if succeeds
                else list(self.tensors(one, other, otherwise=otherwise, has_same_parts=has_same_parts))
            )
            settings: tuple[SettingChange, ...] = ()
            alone = one.alias_of < 0 and other.alias_of < 0  # else they are told at its first place
            if alone and State.REPLACED not in states:
                settings = changed_settings(self.settings(self.before, one), self.settings(self.after, other))
            pairs = [(a.facts, b.facts) for a, b in self.pairs(one, other)]
            trainable = [(a.trainable, b.trainable) for a, b in pairs if a.kind == b.kind]
            states += [State.FROZEN] if (True, False) in trainable else []
            states += [State.UNFROZEN] if (False, True) in trainable else []
            dtypes = dict.fromkeys((a.dtype, b.dtype) for a, b in pairs if a.dtype != b.dtype)
            self.cache[key] = states, settings, tuple(dtypes)
        return self.cache[key]

    def tensors(
        self, one: LayerRecord, other: LayerRecord, *, otherwise: bool, has_same_parts: bool
    ) -> Iterator[State]:
        """Yield what became of class and tensors; *otherwise* if the class is another one."""
        left = self.before.tensors[one.first_tensor : one.end_tensor]
        right = self.after.tensors[other.first_tensor : other.end_tensor]
        shapes = [[(t.name, shape_of(t.facts), t.facts.persistent) for t in own] for own in (left, right)]
        same = sorted(shapes[0], key=repr) == sorted(shapes[1], key=repr)
        if not otherwise:
            if one.alias_of < 0 and other.alias_of < 0 and not same:
                yield State.CHANGED
        elif (same and left) or has_same_parts:
            yield from (State.RETYPED,) if same else (State.CHANGED, State.RETYPED)
        else:
            yield State.REPLACED

    def keeps_parts(self, one: LayerRecord, other: LayerRecord) -> bool:
        """Return whether some part of a layer is a part of the other."""
        partners = (self.matching.to_after[child] for child in self.matching.before.children[one.id])
        return any(child >= 0 and self.after.layers[child].parent == other.id for child in partners)

    def other_class(self, one: LayerRecord, other: LayerRecord) -> bool:
        """Return whether two layers are of different classes; a class that moved within its package is the same."""
        if self.matching.before.types[one.id] != self.matching.after.types[other.id]:
            return True
        homes = {
            data.records.types[layer.type].qualified.partition(".")[0]
            for data, layer in ((self.before, one), (self.after, other))
        }
        return len(homes - {"__main__"}) > 1

    def sharing(self, one: LayerRecord, other: LayerRecord) -> Iterator[State]:
        """Yield whether the layer, or a tensor of it, is now counted at another place."""
        to_after = self.matching.to_after
        if one.alias_of >= 0 or other.alias_of >= 0:
            if one.alias_of < 0 or other.alias_of < 0 or to_after[one.alias_of] != other.alias_of:
                yield State.TIED if other.alias_of >= 0 else State.UNTIED
            return
        left = {self.before.tensors[at].name: at for at in range(one.first_tensor, one.end_tensor)}
        for at in range(other.first_tensor, other.end_tensor):
            tensor = self.after.tensors[at]
            if tensor.name not in left:
                continue
            place = self.counted_at(self.before, left[tensor.name])
            now = self.counted_at(self.after, at)
            if (to_after[place[0]], place[1]) != now:
                yield State.TIED if tensor.owner != at else State.UNTIED

    @staticmethod
    def counted_at(data: SummaryData, tensor: int) -> tuple[int, str]:
        owner = data.tensors[data.tensors[tensor].owner]
        return owner.layer, owner.name


def without_numbers(settings: tuple[SettingChange, ...], before: str, after: str) -> tuple[SettingChange, ...]:
    """Return *settings* without those that only repeat the number of a block, and moved on with it (``layer_idx``)."""
    block_numbers = {
        ((int(one),), (int(other),))
        for one, other in zip(before.split("."), after.split("."), strict=False)
        if one != other and is_number(one) and is_number(other)
    }
    return tuple(setting for setting in settings if (setting.before, setting.after) not in block_numbers)


def changed_settings(before: Settings, after: Settings) -> tuple[SettingChange, ...]:
    """Return the settings that differ, by name; ``1``, ``1.0`` and ``True`` are equal here."""
    old, new = dict(before), dict(after)
    return tuple(
        SettingChange(name, (old[name],) if name in old else (), (new[name],) if name in new else ())
        for name in sorted(old.keys() | new.keys())
        if name not in old or name not in new or old[name] != new[name]
    )
