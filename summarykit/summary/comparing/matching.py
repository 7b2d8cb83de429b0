"""Which layer of one model is which of the other.

Top down: of two matched parents, children are matched by name, numbered ones as sequences are aligned, so that
an insert is one insert; then by what they are, where class and shapes tell it without doubt. What is left is looked
for under other parents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from summarykit.garbage import no_collection
from summarykit.summary.comparing.aligning import Pair, aligned, gaps
from summarykit.summary.comparing.keys import Numbering, Side, goes_first, made_side
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import is_number

_GENERIC = "torch.nn.modules.container."


class Matching(NamedTuple):
    """Which layers are the same, by their ids; -1 for a layer that is in one model only."""

    before: Side
    after: Side
    to_after: list[int]
    to_before: list[int]
    known_by_shape: frozenset[int]  #: layers after that were matched by what they are, not by where they stand

    def flipped(self) -> Matching:
        """Return the same as seen from the other model."""
        known = frozenset(self.to_before[after] for after in self.known_by_shape)
        return Matching(self.after, self.before, self.to_before, self.to_after, known)


def match(before: SummaryData, after: SummaryData) -> Matching:
    """Return which layer is which; the same pairs whichever model comes first."""
    with no_collection():
        numbering = Numbering()
        one, other = made_side(before, numbering), made_side(after, numbering)
        if goes_first(before, after):
            return _Matcher(one, other).matched()
        return _Matcher(other, one).matched().flipped()


class _Matcher:
    """One search; *left* and *right* are the two models in an order of its own."""

    def __init__(self, left: Side, right: Side) -> None:
        self.left = left
        self.right = right
        self.to_right = [-1] * len(left.names)
        self.to_left = [-1] * len(right.names)
        self.by_shape: set[int] = set()
        #: What a renamed layer is known by: class and shapes; where something in it changed, its frame or class.
        self.identities: list[tuple[Sequence[object], Sequence[object]]] = [
            (left.shaped, right.shaped),
            (_with_parts(left, left.framed), _with_parts(right, right.framed)),
            (_with_parts(left, _own_classes(left)), _with_parts(right, _own_classes(right))),
        ]

    def matched(self) -> Matching:
        self.follow(0, 0)
        self.match_moved()
        return Matching(self.left, self.right, self.to_right, self.to_left, frozenset(self.by_shape))

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
                stack += _Family(self, self.left.children[one], self.right.children[other]).pairs()

    def match_moved(self) -> None:
        """Match what is left by class and shapes, where they occur once in what is left of either model."""
        left = [layer for layer, other in enumerate(self.to_right) if other < 0 and self.left.heavy[layer]]
        right = [layer for layer, other in enumerate(self.to_left) if other < 0 and self.right.heavy[layer]]
        for one, other in unique_pairs(left, right, self.left.shaped, self.right.shaped):
            if self.to_right[one] < 0 and self.to_left[other] < 0:
                self.by_shape.add(other)
                self.follow(one, other)


class _Family:
    """The children of two matched layers, and how they are matched."""

    def __init__(self, matcher: _Matcher, ones: Sequence[int], others: Sequence[int]) -> None:
        self.matcher = matcher
        self.left, self.right = matcher.left, matcher.right
        self.ones, self.others = dict.fromkeys(ones), dict.fromkeys(others)  # those not matched yet
        self.found: list[Pair] = []

    def pairs(self) -> list[Pair]:
        """Return the pairs of children, and of a child with what it was wrapped in."""
        sequences = self.numbered(self.left, self.ones), self.numbered(self.right, self.others)
        in_line = self.in_line(*sequences)
        self.take(in_line)
        self.take(self.by_name(same_class=True))
        for left, right in self.matcher.identities:
            if not self.ones or not self.others:
                return self.found
            pairs = unique_pairs(self.ones, self.others, left, right)
            self.matcher.by_shape.update(other for _, other in pairs)
            self.take(pairs)
        for pair in (*self.opposite(in_line, *sequences), *self.by_name(same_class=False)):
            self.replace(*pair)
        return self.found

    def take(self, pairs: Iterable[Pair]) -> None:
        """Keep *pairs*; none of them is looked at again."""
        for one, other in pairs:
            self.found.append((one, other))
            del self.ones[one], self.others[other]

    @staticmethod
    def numbered(side: Side, layers: Iterable[int]) -> list[int]:
        return [layer for layer in layers if is_number(side.names[layer])]

    def by_name(self, *, same_class: bool) -> list[Pair]:
        """Return the children of equal names; of one class, only those that are no numbers."""
        names = {self.right.names[other]: other for other in self.others}
        pairs = [(one, names[self.left.names[one]]) for one in self.ones if self.left.names[one] in names]
        if not same_class:
            return pairs
        return [
            (one, other)
            for one, other in pairs
            if self.left.types[one] == self.right.types[other] and not is_number(self.left.names[one])
        ]

    def in_line(self, ones: Sequence[int], others: Sequence[int]) -> list[Pair]:
        """Return the numbered children that correspond: by their numbers, or as the sequences are best aligned."""
        left, right = self.left, self.right
        names = {right.names[other]: at for at, other in enumerate(others)}
        same = [(at, names[left.names[one]]) for at, one in enumerate(ones) if left.names[one] in names]
        alike = [(at, to) for at, to in same if left.types[ones[at]] == right.types[others[to]]]
        cost = self.cost(alike, ones, others)
        if any(cost):
            levels = list(zip(_levels(left, ones), _levels(right, others), strict=True))
            found = aligned(levels, len(ones), len(others))
            alike = found if self.cost(found, ones, others) < cost else alike
        return [(ones[at], others[to]) for at, to in alike]

    def cost(self, pairs: Sequence[Pair], ones: Sequence[int], others: Sequence[int]) -> tuple[int, int]:
        """Return how many children are changed, removed or new if *pairs* correspond, and how many set otherwise."""
        changed = sum(self.left.shaped[ones[at]] != self.right.shaped[others[to]] for at, to in pairs)
        differing = sum(self.left.exact[ones[at]] != self.right.exact[others[to]] for at, to in pairs)
        return changed + len(ones) + len(others) - 2 * len(pairs), differing

    def opposite(self, in_line: Sequence[Pair], ones: Sequence[int], others: Sequence[int]) -> Iterator[Pair]:
        """Yield what stands in each other's place: as many children between two that correspond."""
        at_left = {layer: at for at, layer in enumerate(ones)}
        at_right = {layer: at for at, layer in enumerate(others)}
        pairs = sorted((at_left[one], at_right[other]) for one, other in in_line)
        if any(later <= earlier for (_, earlier), (_, later) in pairwise(pairs)):
            return
        for low, high, start, end in gaps(pairs, len(ones), len(others)):
            left = [layer for layer in ones[low:high] if layer in self.ones]
            right = [layer for layer in others[start:end] if layer in self.others]
            if len(left) == len(right):
                yield from zip(left, right, strict=True)

    def replace(self, one: int, other: int) -> None:
        """Match two layers of different classes at one place; where one only wraps the other, match what is in it."""
        if one not in self.ones or other not in self.others:
            return
        left, right = self.left, self.right
        wrapped = [child for child in right.children[other] if right.shaped[child] == left.shaped[one]]
        unwrapped = [child for child in left.children[one] if left.shaped[child] == right.shaped[other]]
        self.take([(one, other)])
        if len(wrapped) == 1 and left.heavy[one]:
            self.found[-1] = (one, wrapped[0])
            self.matcher.by_shape.add(wrapped[0])
        elif len(unwrapped) == 1 and right.heavy[other]:
            self.found[-1] = (unwrapped[0], other)
            self.matcher.by_shape.add(other)


def _levels(side: Side, layers: Sequence[int]) -> list[list[object]]:
    """Return what numbered layers are aligned by, from strict to loose; first those that hold parameters."""
    strict = (side.exact, side.shaped, side.framed, side.types)
    heavy: list[list[object]] = [[keys[at] if side.heavy[at] else None for at in layers] for keys in strict]
    light: list[list[object]] = [[keys[at] for at in layers] for keys in (side.exact, side.types)]
    return heavy + light


def _with_parts(side: Side, keys: Sequence[object]) -> list[object]:
    """Return *keys* of the layers with something inside, None for the others."""
    return [key if inside else None for key, inside in zip(keys, side.children, strict=True)]


def _own_classes(side: Side) -> list[object]:
    """Return the class of each layer, None for one that any part may be of."""
    kinds = side.data.records.types
    return [
        None if kinds[layer.type].qualified.startswith(_GENERIC) else name
        for layer, name in zip(side.data.layers, side.types, strict=True)
    ]


def unique_pairs(
    ones: Iterable[int], others: Iterable[int], left: Sequence[object], right: Sequence[object]
) -> list[Pair]:
    """Return the layers whose key stands once among *ones* and once among *others*."""
    ones, others = list(ones), list(others)
    here, there = Counter(left[one] for one in ones), Counter(right[other] for other in others)
    where = {right[other]: other for other in others}
    return [
        (one, where[left[one]])
        for one in ones
        if left[one] is not None and here[left[one]] == 1 and there[left[one]] == 1
    ]
