"""Changes that are told together: a part that is new as a whole, replaced, or in which everything changed alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from summarykit.summary.data import SummaryData
from summarykit.summary.diff.changes import NOTHING, Amounts, Change, State
from summarykit.summary.diff.keys import Side
from summarykit.summary.diff.matching import Matching

#: What may happen to everything inside a part at once.
_ALIKE = {State.FROZEN, State.UNFROZEN, State.DTYPE}
#: What becomes of a layer whose inside is another one altogether.
_OTHERWISE = {State.REPLACED, State.CHANGED, State.RETYPED, State.TIED, State.UNTIED}


class ChangeWithParts(NamedTuple):
    """A change, and those inside the layer that go without saying."""

    first: Change  #: what stands for all of it
    changes: tuple[Change, ...]  #: all of it; *first* is none of these where the part itself is as it was

    @property
    def change(self) -> Amounts:
        """By how much all of it changes the totals."""
        first, *others = [change.change for change in self.changes]
        return Amounts(*map(sum, zip(first, *others, strict=True))) if others else first


def group_subtrees(matching: Matching, changes: Sequence[Change]) -> Iterator[ChangeWithParts]:
    """Yield *changes* as they are told, each once, in the order of the first of what is told together."""
    below = _Below(matching, changes)
    tops = [*_alike(matching, below), *_wholes(matching, below)]
    held = {change: number for number, told in enumerate(tops) for change in told.changes}
    done: set[int] = set()
    for change in changes:
        number = held.get(change)
        if number is None:
            yield ChangeWithParts(change, (change,))
        elif number not in done:
            done.add(number)
            yield tops[number]


class _Below:
    """The changes by layer, and those inside each."""

    def __init__(self, matching: Matching, changes: Sequence[Change]) -> None:
        self.matching = matching
        self.after = {change.after: change for change in changes if change.after >= 0}
        self.before = {change.before: change for change in changes if change.after < 0}

    def new(self, layer: int) -> tuple[Change, ...]:
        """Return the changes inside a layer of the model after."""
        return tuple(self.after[at] for at in _inside(self.matching.after, layer) if at in self.after)

    def removed(self, layer: int) -> tuple[Change, ...]:
        """Return what was removed inside a layer of the model before."""
        return tuple(self.before[at] for at in _inside(self.matching.before, layer) if at in self.before)


def _inside(side: Side, layer: int) -> Iterator[int]:
    stack = side.children[layer][::-1]
    while stack:
        found = stack.pop()
        yield found
        stack += side.children[found][::-1]


def _wholes(matching: Matching, below: _Below) -> Iterator[ChangeWithParts]:
    """Yield the largest parts of which nothing is in the other model, and what stands in each other's place."""
    gone = _nothing_stays(matching.before, matching.to_after)
    new = _nothing_stays(matching.after, matching.to_before)
    replaced = [
        change
        for change in below.after.values()
        if change.before > 0 and change.after > 0  # of the models themselves the parts are told
        if _OTHERWISE.intersection(change.states) and gone[change.before] and new[change.after]
    ]
    for change in replaced:
        yield ChangeWithParts(change, (change, *below.removed(change.before), *below.new(change.after)))
    told = {change.before for change in replaced}, {change.after for change in replaced}
    for layer in _tops(matching.before, matching.to_after, gone, told[0]):
        yield ChangeWithParts(below.before[layer], (below.before[layer], *below.removed(layer)))
    for layer in _tops(matching.after, matching.to_before, new, told[1]):
        yield ChangeWithParts(below.after[layer], (below.after[layer], *below.new(layer)))


def _nothing_stays(side: Side, other: Sequence[int]) -> list[bool]:
    """Return for each layer whether nothing inside is in the other model."""
    found = [True] * len(other)
    for layer in reversed(side.data.layers[1:]):
        found[layer.parent] &= found[layer.id] and other[layer.id] < 0
    return found


def _tops(side: Side, other: Sequence[int], whole: Sequence[bool], told: set[int]) -> Iterator[int]:
    """Yield the layers that are in one model only with all inside, the outermost of each, not those below *told*."""
    for layer in side.data.layers[1:]:
        around = layer.parent
        if other[layer.id] < 0 and whole[layer.id] and around not in told and not (whole[around] and other[around] < 0):
            yield layer.id


class _How(NamedTuple):
    """In which way layers changed that are told together."""

    states: tuple[State, ...]
    dtypes: tuple[tuple[str, str], ...]


class _Inside(NamedTuple):
    """What happened inside a part, itself included."""

    how: _How | None  #: all that changed did so in this way; None where nothing changed
    number: int  #: how many layers changed
    learned: bool  #: some parameters are trainable now
    fixed: bool  #: some are not
    formats: frozenset[str]  #: number formats that are in it now
    mixed: bool  #: not all changed alike

    def with_child(self, other: _Inside) -> _Inside:
        """Return both together."""
        return _Inside(
            self.how or other.how,
            self.number + other.number,
            self.learned or other.learned,
            self.fixed or other.fixed,
            self.formats | other.formats,
            self.mixed or other.mixed or bool(self.how and other.how and self.how != other.how),
        )

    @property
    def everything(self) -> bool:
        """Whether all of it is now as its changed layers are, and there are several of these."""
        if self.mixed or self.number < 2 or self.how is None:
            return False
        return not (
            (State.FROZEN in self.how.states and self.learned)
            or (State.UNFROZEN in self.how.states and self.fixed)
            or any(before in self.formats for before, _ in self.how.dtypes)
        )


def _alike(matching: Matching, below: _Below) -> Iterator[ChangeWithParts]:
    """Yield the parts in which everything was frozen, learns again or has another number format."""
    if not any(_ALIKE.intersection(change.states) for change in below.after.values()):
        return
    data = matching.after.data
    found = [_itself(data, layer, below, matching) for layer in range(len(data.layers))]
    for layer in reversed(data.layers[1:]):
        found[layer.parent] = found[layer.parent].with_child(found[layer.id])
    covered = [False] * len(found)
    for layer in data.layers:
        covered[layer.id] = layer.parent >= 0 and covered[layer.parent]
        number = found[layer.id].number
        within = any(found[child].number == number for child in matching.after.children[layer.id])
        if covered[layer.id] or within or not found[layer.id].everything:
            continue  # a part that holds the very same changes is the one to tell
        covered[layer.id] = True
        inside = below.new(layer.id)
        own = below.after.get(layer.id)
        one = matching.to_before[layer.id]
        first = own or inside[0]._replace(before=one, after=layer.id, change=NOTHING, top=True)
        yield ChangeWithParts(first, (own, *inside) if own else inside)


def _itself(data: SummaryData, layer: int, below: _Below, matching: Matching) -> _Inside:
    change = below.after.get(layer)
    changed = change is not None and change.states != (State.COMPUTE,)
    facts = [tensor.facts for tensor in data.tensors[data.layers[layer].first_tensor : data.layers[layer].end_tensor]]
    learn = {found.trainable for found in facts if found.kind == "parameter"}
    return _Inside(
        _How(change.states, change.dtypes) if change and changed else None,
        int(changed),
        True in learn,
        False in learn,
        frozenset(found.dtype for found in facts),
        matching.to_before[layer] < 0 or bool(change and changed and not _ALIKE.issuperset(change.states)),
    )
