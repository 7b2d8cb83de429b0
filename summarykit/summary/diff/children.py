"""The children of two matched layers, and which of them is which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from summarykit.summary.diff.alignment import Pair, align, gaps
from summarykit.summary.diff.keys import KeyedTree
from summarykit.summary.folding import is_number
from summarykit.summary.folding.naming import word_of

_GENERIC = "torch.nn.modules.container."
#: A new or a removed child is as unlikely as so many that only changed in size: a sequence of a few widths, all
#: doubled, is not the one it was, moved on by a place.
_NEW = 4

#: What layers are compared by, by their ids; None for what takes no part.
Keys = Sequence[object] | Mapping[int, object]


class TreePair(NamedTuple):
    """Two models, and what their layers are looked for by."""

    left: KeyedTree
    right: KeyedTree
    #: What a renamed layer is known by: class and shapes; where something in it changed, its frame or class.
    identities: tuple[tuple[Sequence[object], Sequence[object]], ...]


def make_tree_pair(left: KeyedTree, right: KeyedTree) -> TreePair:
    """Return *left* and *right* with what their layers are looked for by."""
    shapes = (left.shape_keys, right.shape_keys)
    frames = (with_parts(left, left.frame_keys), with_parts(right, right.frame_keys))
    classes = (with_parts(left, own_classes(left)), with_parts(right, own_classes(right)))
    return TreePair(left, right, (shapes, frames, classes))


class ChildMatcher:
    """The children of two matched layers, *parents*; *known* takes those that are known by what they are."""

    def __init__(self, trees: TreePair, parents: Pair, known_by_identity: set[int]) -> None:
        self.trees = trees
        self.left, self.right = left, right = trees.left, trees.right
        ones, others = left.children[parents[0]], right.children[parents[1]]
        self.same_class = left.types[parents[0]] == right.types[parents[1]]
        self.ones, self.others = dict.fromkeys(ones), dict.fromkeys(others)  # those not matched yet
        self.known_by_identity = known_by_identity
        self.matches: list[Pair] = []
        self.sequences = with_numeric_names(left, ones), with_numeric_names(right, others)
        self.line: list[Pair] = []

    def pairs(self) -> list[Pair]:
        """Return the pairs of children, and of a child with what it was wrapped in."""
        self.line = self.in_line(*self.sequences)
        self.take(self.line)
        self.take(self.by_name(same_class=True))
        for left, right in self.trees.identities:
            if not self.ones or not self.others:
                return self.matches
            self.take_by_identity(unique_pairs(self.ones, self.others, left, right))
        self.take_by_identity(self.by_block_number())
        self.take_by_identity(self.alike_in_name())
        for one, other in self.opposite():
            if self.left.heavy[one] == self.right.heavy[other]:
                self.replace(one, other)
        return self.matches

    def rest(self) -> list[Pair]:
        """Return the pairs of what else stands in each other's place: one that was emptied may be elsewhere now."""
        start = len(self.matches)
        for pair in list(self.opposite()):
            self.replace(*pair)
        return self.matches[start:]

    def forget(self, to_right: Sequence[int], to_left: Sequence[int]) -> None:
        """Take away what was matched with others meanwhile."""
        self.ones = {one: None for one in self.ones if to_right[one] < 0}
        self.others = {other: None for other in self.others if to_left[other] < 0}

    def successors(self) -> list[Pair]:
        """Return the only layers of a class that came and went here: the one stands for the other."""
        if not (self.same_class or self.matches):
            return []  # two models that have nothing in common
        ones = [one for one in self.ones if self.left.heavy[one] and not is_number(self.left.names[one])]
        others = [other for other in self.others if self.right.heavy[other] and not is_number(self.right.names[other])]
        return unique_pairs(ones, others, self.left.types, self.right.types)

    def take_by_identity(self, pairs: Sequence[Pair]) -> None:
        """Keep pairs of layers that are known by what they are."""
        self.known_by_identity.update(other for _, other in pairs)
        self.take(pairs)

    def take(self, pairs: Iterable[Pair]) -> None:
        """Keep *pairs*; none of them is looked at again."""
        for one, other in pairs:
            self.matches.append((one, other))
            del self.ones[one], self.others[other]

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
        levels = self.levels(ones, others) if any(cost) else []
        if cost[0] and self.shapes(left, ones) == self.shapes(right, others):  # the same layers in another order
            same_shape = [(at, to) for at, to in alike if left.shape_keys[ones[at]] == right.shape_keys[others[to]]]
            aligned_pairs = align([*levels[:2], levels[4]], len(ones), len(others))
            alike = aligned_pairs if len(aligned_pairs) > len(same_shape) else same_shape
        elif any(cost):
            aligned_pairs = align(levels, len(ones), len(others))
            alike = aligned_pairs if self.cost(aligned_pairs, ones, others) < cost else alike
        return [(ones[at], others[to]) for at, to in alike]

    @staticmethod
    def shapes(tree: KeyedTree, layers: Iterable[int]) -> Counter[int]:
        """Return how often each class with its shapes occurs among layers with parameters."""
        return Counter(tree.shape_keys[layer] for layer in layers if tree.heavy[layer])

    def cost(self, pairs: Sequence[Pair], ones: Sequence[int], others: Sequence[int]) -> tuple[int, int]:
        """Return how much is changed, removed or new if *pairs* correspond, and how many are set otherwise."""
        shape_changes = sum(self.left.shape_keys[ones[at]] != self.right.shape_keys[others[to]] for at, to in pairs)
        differing = sum(self.left.exact[ones[at]] != self.right.exact[others[to]] for at, to in pairs)
        return shape_changes + _NEW * (len(ones) + len(others) - 2 * len(pairs)), differing

    def by_block_number(self) -> list[Pair]:
        """Return children that are numbered in another way: ``0`` and ``block0``, aligned by what they are."""
        ones = [one for one in self.ones if word_of(self.left.names[one]) is not None]
        others = [other for other in self.others if word_of(self.right.names[other]) is not None]
        _, (left, right), _ = self.trees.identities  # of other sizes only a part with layers inside is known
        frames = [left[one] for one in ones], [right[other] for other in others]
        levels = [*self.levels(ones, others)[:2], frames]
        return [(ones[at], others[to]) for at, to in align(levels, len(ones), len(others))]

    def alike_in_name(self) -> list[Pair]:
        """Return children of equal shapes whose names begin alike, where that tells all of these apart."""
        left, right = (self.beginnings(*tree) for tree in ((self.left, self.ones), (self.right, self.others)))
        ones = {one: key for one, key in left.items() if key is not None}
        others = {other: key for other, key in right.items() if key is not None}
        pairs = unique_pairs(ones, others, ones, others)
        pair_counts = Counter(self.left.shape_keys[one] for one, _ in pairs)
        every = (
            Counter(self.left.shape_keys[one] for one in self.ones),
            Counter(self.right.shape_keys[other] for other in self.others),
        )
        whole = {shape for shape, number in pair_counts.items() if all(counts[shape] == number for counts in every)}
        return [(one, other) for one, other in pairs if self.left.shape_keys[one] in whole]

    @staticmethod
    def beginnings(tree: KeyedTree, layers: Iterable[int]) -> dict[int, object]:
        """Return class, shapes and first letter of each layer with parameters."""
        return {at: (tree.shape_keys[at], tree.names[at][:1].lower()) if tree.heavy[at] else None for at in layers}

    def levels(self, ones: Sequence[int], others: Sequence[int]) -> list[tuple[list[object], list[object]]]:
        """Return what layers are aligned by, from strict to loose; first those that hold parameters."""
        return list(zip(_levels(self.left, ones), _levels(self.right, others), strict=True))

    def opposite(self) -> Iterator[Pair]:
        """Yield what stands in each other's place: as many children between two that correspond, then by name."""
        yield from self.between(*self.sequences)
        yield from self.by_name(same_class=False)

    def between(self, ones: Sequence[int], others: Sequence[int]) -> Iterator[Pair]:
        """Yield numbered children of which as many are left between two that correspond."""
        at_left = {layer: at for at, layer in enumerate(ones)}
        at_right = {layer: at for at, layer in enumerate(others)}
        pairs = sorted((at_left[one], at_right[other]) for one, other in self.line)
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
        inner_right = [child for child in right.children[other] if right.shape_keys[child] == left.shape_keys[one]]
        inner_left = [child for child in left.children[one] if left.shape_keys[child] == right.shape_keys[other]]
        self.take([(one, other)])
        if len(inner_right) == 1 and left.heavy[one]:
            self.matches[-1] = (one, inner_right[0])
            self.known_by_identity.add(inner_right[0])
        elif len(inner_left) == 1 and right.heavy[other]:
            self.matches[-1] = (inner_left[0], other)
            self.known_by_identity.add(other)


def with_numeric_names(tree: KeyedTree, layers: Iterable[int]) -> list[int]:
    """Return the layers whose names are numbers."""
    return [layer for layer in layers if is_number(tree.names[layer])]


def _levels(tree: KeyedTree, layers: Sequence[int]) -> list[list[object]]:
    """Return what numbered layers are aligned by, from strict to loose; first those that hold parameters."""
    strict = (tree.exact, tree.shape_keys, tree.frame_keys, tree.types)
    heavy: list[list[object]] = [[keys[at] if tree.heavy[at] else None for at in layers] for keys in strict]
    light: list[list[object]] = [[keys[at] for at in layers] for keys in (tree.exact, tree.types)]
    return heavy + light


def with_parts(tree: KeyedTree, keys: Sequence[object]) -> list[object]:
    """Return *keys* of the layers with something inside, None for the others."""
    return [key if inside else None for key, inside in zip(keys, tree.children, strict=True)]


def own_classes(tree: KeyedTree) -> list[object]:
    """Return the class of each layer, None for one that any part may be of."""
    return [own_class(tree, layer) for layer in range(len(tree.types))]


def own_class(tree: KeyedTree, layer: int) -> str | None:
    """Return the class of a layer, None for one that any part may be of."""
    kind = tree.data.records.types[tree.data.layers[layer].type]
    return None if kind.qualified.startswith(_GENERIC) else tree.types[layer]


def unique_pairs(ones: Iterable[int], others: Iterable[int], left: Keys, right: Keys) -> list[Pair]:
    """Return the layers whose key stands once among *ones* and once among *others*."""
    ones, others = list(ones), list(others)
    here, there = Counter(left[one] for one in ones), Counter(right[other] for other in others)
    where = {right[other]: other for other in others}
    return [
        (one, where[left[one]])
        for one in ones
        if left[one] is not None and here[left[one]] == 1 and there[left[one]] == 1
    ]
