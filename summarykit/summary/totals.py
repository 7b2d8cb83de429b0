"""What stands below each layer: subtree totals, each tensor once, exact with ties, reuse and cycles.

A number belongs either to one place in the tree, then plain addition is right, or to something *shared*:
a tensor held in several places, a module reached in several ways, a cycle. Shared things get a bit each; a
layer knows the set of bits below it as one integer, and where two sets meet, what they have in common is
subtracted. Models without sharing cost one addition a layer.
"""

from __future__ import annotations

from collections.abc import Sequence

from summarykit.records import LayerRecord, TensorRecord


def added_up(layers: Sequence[LayerRecord], values: Sequence[int]) -> list[int]:
    """Return for each layer the sum of *values* over itself and all rows below it in the tree."""
    sums = list(values)
    for layer in reversed(layers):
        if layer.parent >= 0:
            sums[layer.parent] += sums[layer.id]
    return sums


def subtree_totals(layers: Sequence[LayerRecord], tensors: Sequence[TensorRecord]) -> list[int]:
    """Return for each layer the parameters of its subtree as PyTorch counts them, each tensor once.

    A row for a module reached a second time has the total of that module.
    """
    places = shared_tensors(tensors)
    has_reuse = any(layer.alias_of >= 0 for layer in layers)
    if not places and not has_reuse:
        return added_up(layers, exclusive_numels(layers, tensors, places))
    return _Reach(layers, tensors, places).totals()


def shared_tensors(tensors: Sequence[TensorRecord]) -> dict[int, list[int]]:
    """Return the layers that hold each parameter held in several places, by the index of its owner."""
    places: dict[int, list[int]] = {}
    for index, tensor in enumerate(tensors):
        if tensor.owner != index and tensor.facts.kind == "parameter":
            places.setdefault(tensor.owner, [tensors[tensor.owner].layer]).append(tensor.layer)
    return places


def exclusive_numels(
    layers: Sequence[LayerRecord], tensors: Sequence[TensorRecord], places: dict[int, list[int]]
) -> list[int]:
    """Return for each layer the elements of the parameters that no other place holds."""
    sums = [0] * len(layers)
    for index, tensor in enumerate(tensors):
        if tensor.owner == index and index not in places and tensor.facts.kind == "parameter":
            sums[tensor.layer] += tensor.facts.numel or 0
    return sums


class _Reach:
    """Sets of shared things below each layer, and what they weigh."""

    def __init__(
        self, layers: Sequence[LayerRecord], tensors: Sequence[TensorRecord], places: dict[int, list[int]]
    ) -> None:
        self.layers = layers
        self.weights: list[int] = []  # of each bit
        self.plain = exclusive_numels(layers, tensors, places)
        self.bits = [0] * len(layers)  # shared tensors held by the layer itself
        for owner, holders in places.items():
            bit = self.new_bit(tensors[owner].facts.numel or 0)
            for layer in holders:
                self.bits[layer] |= bit
        self.children: list[list[int]] = [[] for _ in layers]
        for row in layers:
            if row.parent >= 0:
                self.children[row.parent].append(row.id if row.alias_of < 0 else row.alias_of)

    def new_bit(self, weight: int) -> int:
        self.weights.append(weight)
        return 1 << (len(self.weights) - 1)

    def totals(self) -> list[int]:
        targets = {layer.alias_of for layer in self.layers if layer.alias_of >= 0}
        result = [0] * len(self.layers)
        plain = [0] * len(self.layers)
        sets = [0] * len(self.layers)
        for members in components(self.children):
            if len(members) == 1 and members[0] not in targets and members[0] not in self.children[members[0]]:
                (node,) = members
                plain[node], sets[node], weight = self.join(members, plain, sets, result)
                result[node] = plain[node] + weight
                continue
            own, bits, weight = self.join(members, plain, sets, result)
            bits |= self.new_bit(own)
            for node in members:
                sets[node], result[node] = bits, own + weight
        for layer in self.layers:
            if layer.alias_of >= 0:
                result[layer.id] = result[layer.alias_of]
        return result

    def join(
        self, members: Sequence[int], plain: list[int], sets: list[int], result: list[int]
    ) -> tuple[int, int, int]:
        """Return the plain sum, the set and the set's weight of *members* and all that is below them."""
        inside = set(members)
        total, bits, weight = 0, 0, 0
        for node in members:
            total += self.plain[node]
            parts = [(self.bits[node], self.weigh(self.bits[node]))]
            for child in self.children[node]:
                if child not in inside:
                    total += plain[child]
                    parts.append((sets[child], result[child] - plain[child]))
            for more, heavy in parts:
                common = bits & more
                weight += heavy - (self.weigh(common) if common else 0)
                bits |= more
        return total, bits, weight

    def weigh(self, bits: int) -> int:
        total = 0
        while bits:
            lowest = bits & -bits
            total += self.weights[lowest.bit_length() - 1]
            bits ^= lowest
        return total


def components(children: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the strongly connected components reachable from 0, each after all that it leads to.

    Tarjan's algorithm (SIAM J. Comput. 1, 1972), iterative.
    """
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    pending: list[int] = []
    waiting: set[int] = set()
    result: list[list[int]] = []
    work: list[tuple[int, int]] = [(0, 0)]
    while work:
        node, at = work.pop()
        if at == 0:
            index[node] = low[node] = len(index)
            pending.append(node)
            waiting.add(node)
        else:
            low[node] = min(low[node], low[children[node][at - 1]])
        for position in range(at, len(children[node])):
            child = children[node][position]
            if child not in index:
                work += [(node, position + 1), (child, 0)]
                break
            if child in waiting:
                low[node] = min(low[node], index[child])
        else:
            if low[node] == index[node]:
                members: list[int] = []
                while not members or members[-1] != node:
                    members.append(pending.pop())
                    waiting.discard(members[-1])
                result.append(members)
    return result
