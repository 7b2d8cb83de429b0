"""Which layer of one model is which of the other.

Top down: of two matched parents, children are matched by name, numbered ones as sequences are aligned, so that
an insert is one insert; then by what they are, where class and shapes tell it without doubt. What is left is looked
for under other parents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from summarykit._util.gc_pause import gc_paused
from summarykit.summary.data import SummaryData
from summarykit.summary.diff.alignment import Pair
from summarykit.summary.diff.children import ChildMatcher, make_tree_pair, own_class, unique_pairs, with_parts
from summarykit.summary.diff.keys import (
    KeyedTree,
    Numbering,
    goes_first,
    make_keyed_tree,
    same_reader_facts,
    same_trees,
)


class Matching(NamedTuple):
    """Which layers are the same, by their ids; -1 for a layer that is in one model only."""

    before: KeyedTree
    after: KeyedTree
    to_after: list[int]
    to_before: list[int]
    known_by_shape: frozenset[int]  #: layers after that were matched by what they are, not by where they stand
    successors: frozenset[int]  #: layers after that stand for one of another name and other shapes, and need not be it

    def flip(self) -> Matching:
        """Return the same as seen from the other model."""
        by_shape, successors = (
            frozenset(self.to_before[after] for after in layers) for layers in (self.known_by_shape, self.successors)
        )
        return Matching(self.after, self.before, self.to_before, self.to_after, by_shape, successors)


def match(before: SummaryData, after: SummaryData) -> Matching:
    """Return which layer is which; the same pairs whichever model comes first."""
    with gc_paused():
        if same_reader_facts(before, after):
            every = list(range(len(before.layers)))
            return Matching(*same_trees(before, after), every, every, frozenset(), frozenset())
        numbering = Numbering()
        one, other = make_keyed_tree(before, numbering), make_keyed_tree(after, numbering)
        if goes_first(before, after):
            return _Matcher(one, other).find_matches()
        return _Matcher(other, one).find_matches().flip()


class _Matcher:
    """One search; *left* and *right* are the two models in an order of its own."""

    def __init__(self, left: KeyedTree, right: KeyedTree) -> None:
        self.left = left
        self.right = right
        self.to_right = [-1] * len(left.names)
        self.to_left = [-1] * len(right.names)
        self.by_shape: set[int] = set()
        self.trees = make_tree_pair(left, right)
        self.unfinished: list[ChildMatcher] = []  # those with children left over on both sides

    def find_matches(self) -> Matching:
        self.follow(*self.models())
        self.match_moved()
        for child_matcher in self.unfinished:  # grows meanwhile
            child_matcher.forget(self.to_right, self.to_left)
            for pair in child_matcher.rest():
                self.follow(*pair)
        successors = frozenset(other for _, other in self.successors())
        by_shape = frozenset(self.by_shape)
        return Matching(self.left, self.right, self.to_right, self.to_left, by_shape, successors)

    def models(self) -> Pair:
        """Return the two models, or one of them and what stands for it in the other, where that wraps it."""
        left, right = self.left, self.right
        inner_right = [child for child in right.children[0] if _is_the_same(left, 0, right, child)]
        inner_left = [child for child in left.children[0] if _is_the_same(left, child, right, 0)]
        if left.shape_keys[0] == right.shape_keys[0] or len(inner_right) + len(inner_left) != 1:
            return 0, 0
        return (0, inner_right[0]) if inner_right else (inner_left[0], 0)

    def follow(self, left: int, right: int) -> None:
        """Match two layers, and what is inside."""
        stack = [(left, right)]
        while stack:
            one, other = stack.pop()
            if self.to_right[one] >= 0 or self.to_left[other] >= 0:
                continue
            self.to_right[one], self.to_left[other] = other, one
            if self.left.exact[one] == self.right.exact[other]:
                stack += zip(self.left.children[one], self.right.children[other], strict=True)
            elif self.left.children[one] and self.right.children[other]:
                child_matcher = ChildMatcher(self.trees, (one, other), self.by_shape)
                stack += child_matcher.pairs()
                if child_matcher.ones and child_matcher.others:
                    self.unfinished.append(child_matcher)

    def match_moved(self) -> None:
        """Match what is left by class and shapes, where they occur once, or parts as often, in what is left."""
        left = [layer for layer, other in enumerate(self.to_right) if other < 0 and self.left.heavy[layer]]
        right = [layer for layer, other in enumerate(self.to_left) if other < 0 and self.right.heavy[layer]]
        shapes = self.left.shape_keys, self.right.shape_keys
        parts = with_parts(self.left, shapes[0]), with_parts(self.right, shapes[1])
        for one, other in unique_pairs(left, right, *shapes):
            self.follow_moved(one, other)
        for one, other in _as_often(left, right, *parts):
            if self.to_right[self.parent(self.left, one)] != self.parent(self.right, other):
                self.follow_moved(one, other)  # in the same parent the names of those that are alike tell nothing

    @staticmethod
    def parent(tree: KeyedTree, layer: int) -> int:
        return tree.data.layers[layer].parent

    def follow_moved(self, one: int, other: int) -> None:
        if self.to_right[one] < 0 and self.to_left[other] < 0:
            self.by_shape.add(other)
            self.follow(one, other)

    def successors(self) -> Iterator[Pair]:
        """Match and yield what went and what came in its place under another name."""
        for child_matcher in self.unfinished:
            child_matcher.forget(self.to_right, self.to_left)
            for one, other in child_matcher.successors():
                self.to_right[one], self.to_left[other] = other, one
                yield one, other


def _is_the_same(left: KeyedTree, one: int, right: KeyedTree, other: int) -> bool:
    """Return whether a model is a layer of the other: by shapes, or by a class that the other model is not of."""
    if left.shape_keys[one] == right.shape_keys[other]:
        return left.heavy[one]
    kind = own_class(left, one)
    return kind is not None and kind == own_class(right, other) and left.types[0] != right.types[0]


def _as_often(
    ones: Sequence[int], others: Sequence[int], left: Sequence[object], right: Sequence[object]
) -> Iterator[Pair]:
    """Yield layers whose key stands as often among *ones* as among *others*, in their order."""
    here, there = Counter(left[one] for one in ones), Counter(right[other] for other in others)
    places: dict[object, list[int]] = {}
    for other in reversed(others):
        places.setdefault(right[other], []).append(other)
    for one in ones:
        if left[one] is not None and here[left[one]] == there[left[one]]:
            yield one, places[left[one]].pop()
