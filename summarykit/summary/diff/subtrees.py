"""Changes that are told together: a part that is new as a whole, replaced, or in which everything changed alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from summarykit.summary.data import SummaryData
from summarykit.summary.diff.changes import NOTHING, Amounts, Change, State
from summarykit.summary.diff.keys import KeyedTree
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
    numbers = {change: number for number, top in enumerate(tops) for change in top.changes}
    earlier: set[int] = set()
    for change in changes:
        number = numbers.get(change)
        if number is None:
            yield ChangeWithParts(change, (change,))
        elif number not in earlier:
            earlier.add(number)
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

    def removals(self, layer: int) -> tuple[Change, ...]:
        """Return what was removed inside a layer of the model before."""
        return tuple(self.before[at] for at in _inside(self.matching.before, layer) if at in self.before)


def _inside(tree: KeyedTree, layer: int) -> Iterator[int]:
    stack = tree.children[layer][::-1]
    while stack:
        child = stack.pop()
        yield child
        stack += tree.children[child][::-1]


def _wholes(matching: Matching, below: _Below) -> Iterator[ChangeWithParts]:
    """Yield the largest parts of which nothing is in the other model, and what stands in each other's place."""
    all_gone = _nothing_stays(matching.before, matching.to_after)
    all_new = _nothing_stays(matching.after, matching.to_before)
    replacements = [
        change
        for change in below.after.values()
        if change.before > 0 and change.after > 0  # of the models themselves the parts are told
        if _OTHERWISE.intersection(change.states) and all_gone[change.before] and all_new[change.after]
    ]
    for change in replacements:
        yield ChangeWithParts(change, (change, *below.removals(change.before), *below.new(change.after)))
    replaced_ids = {change.before for change in replacements}, {change.after for change in replacements}
    for layer in _tops(matching.before, matching.to_after, all_gone, replaced_ids[0]):
        yield ChangeWithParts(below.before[layer], (below.before[layer], *below.removals(layer)))
    for layer in _tops(matching.after, matching.to_before, all_new, replaced_ids[1]):
        yield ChangeWithParts(below.after[layer], (below.after[layer], *below.new(layer)))


def _nothing_stays(tree: KeyedTree, other: Sequence[int]) -> list[bool]:
    """Return for each layer whether nothing inside is in the other model."""
    result = [True] * len(other)
    for layer in reversed(tree.data.layers[1:]):
        result[layer.parent] &= result[layer.id] and other[layer.id] < 0
    return result


def _tops(tree: KeyedTree, other: Sequence[int], whole: Sequence[bool], replaced_ids: set[int]) -> Iterator[int]:
    """Yield the layers that are in one model only with all inside, the outermost of each, not below *replaced_ids*."""
    for layer in tree.data.layers[1:]:
        around = layer.parent
        if (
            other[layer.id] < 0
            and whole[layer.id]
            and around not in replaced_ids
            and not (whole[around] and other[around] < 0)
        ):
            yield layer.id


class _How(NamedTuple):
    """In which way layers changed that are told together."""

    states: tuple[State, ...]
    dtypes: tuple[tuple[str, str], ...]


class _Inside(NamedTuple):
    """What happened inside a part, itself included."""

    how: _How | None  #: all that changed did so in this way; None where nothing changed
    number: int  #: how many layers changed
    any_trainable: bool  #: some parameters are trainable now
    any_frozen: bool  #: some are not
    formats: frozenset[str]  #: number formats that are in it now
    has_differences: bool  #: not all changed alike

    def with_child(self, other: _Inside) -> _Inside:
        """Return both together."""
        return _Inside(
            self.how or other.how,
            self.number + other.number,
            self.any_trainable or other.any_trainable,
            self.any_frozen or other.any_frozen,
            self.formats | other.formats,
            self.has_differences or other.has_differences or bool(self.how and other.how and self.how != other.how),
        )

    @property
    def everything(self) -> bool:
        """Whether all of it is now as its changed layers are, and there are several of these."""
        if self.has_differences or self.number < 2 or self.how is None:
            return False
        return not (
            (State.FROZEN in self.how.states and self.any_trainable)
            or (State.UNFROZEN in self.how.states and self.any_frozen)
            or any(before in self.formats for before, _ in self.how.dtypes)
        )


def _alike(matching: Matching, below: _Below) -> Iterator[ChangeWithParts]:
    """Yield the parts in which everything was frozen, learns again or has another number format."""
    if not any(_ALIKE.intersection(change.states) for change in below.after.values()):
        return
    data = matching.after.data
    insides = [_itself(data, layer, below, matching) for layer in range(len(data.layers))]
    for layer in reversed(data.layers[1:]):
        insides[layer.parent] = insides[layer.parent].with_child(insides[layer.id])
    inside_whole = [False] * len(insides)
    for layer in data.layers:
        inside_whole[layer.id] = layer.parent >= 0 and inside_whole[layer.parent]
        number = insides[layer.id].number
        within = any(insides[child].number == number for child in matching.after.children[layer.id])
        if inside_whole[layer.id] or within or not insides[layer.id].everything:
            continue  # a part that holds the very same changes is the one to tell
        inside_whole[layer.id] = True
        inside = below.new(layer.id)
        own = below.after.get(layer.id)
        one = matching.to_before[layer.id]
        first = own or inside[0]._replace(before=one, after=layer.id, change=NOTHING, top=True)
        yield ChangeWithParts(first, (own, *inside) if own else inside)


def _itself(data: SummaryData, layer: int, below: _Below, matching: Matching) -> _Inside:
    change = below.after.get(layer)
    has_change = change is not None and change.states != (State.COMPUTE,)
    facts = [tensor.facts for tensor in data.tensors[data.layers[layer].first_tensor : data.layers[layer].end_tensor]]
    learn = {each.trainable for each in facts if each.kind == "parameter"}
    return _Inside(
        _How(change.states, change.dtypes) if change and has_change else None,
        int(has_change),
        True in learn,
        False in learn,
        frozenset(each.dtype for each in facts),
        matching.to_before[layer] < 0 or bool(change and has_change and not _ALIKE.issuperset(change.states)),
    )
