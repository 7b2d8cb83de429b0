"""What layers of two models are compared by: numbers that are equal for what is alike in both.

The same numbers are given to both models, so that a layer of one can be looked for in the other. A subtree has a
number at three depths: *exact* (everything that is told of it), *shaped* (classes and shapes of tensors), and *framed*
(classes and names alone).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from summarykit.records import LayerType, TensorFacts
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import own_name

#: Classes that PyTorch makes while it shards a model, and those that become another at their first input.
_STANDING_FOR = (("torch.distributed.", "FSDP"), ("torch.nn.modules.", "Lazy"))


class KeyedTree(NamedTuple):
    """One of two models that are compared: its tree, and the numbers its layers are compared by."""

    data: SummaryData
    names: list[str]
    children: list[list[int]]
    types: list[str]  #: class of each layer, as it was before sharding
    own: list[int]  #: the layer itself: class, settings, tensors
    exact: list[int]
    shape_keys: list[int]
    frame_keys: list[int]
    heavy: list[bool]  #: parameters stand in it or inside


class Numbering:
    """Numbers for keys: equal keys have one number, whichever model they come from."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}

    def __call__(self, key: object) -> int:
        """Return the number of *key*."""
        return self._numbers.setdefault(key, len(self._numbers))


def class_name(kind: LayerType) -> str:
    """Return the name of a class; one that PyTorch made of another, or will, is called as that."""
    name = kind.name
    for home, prefix in _STANDING_FOR:
        name = name.removeprefix(prefix) if kind.qualified.startswith(home) else name
    return name


def make_keyed_tree(data: SummaryData, numbering: Numbering) -> KeyedTree:
    """Return *data* with what its layers are compared by; linear in its layers and tensors."""
    own, shape_keys, frame_keys = _own_keys(data, numbering)
    tree = _tree(data)._replace(own=own, exact=own.copy(), shape_keys=shape_keys, frame_keys=frame_keys)
    for layer in range(len(own) - 1, -1, -1):
        inside = tree.children[layer]
        if inside:
            names = tuple([tree.names[child] for child in inside])
            for keys in (tree.exact, tree.shape_keys, tree.frame_keys):
                keys[layer] = numbering((keys[layer], names, *[keys[child] for child in inside]))
    return tree


def same_trees(before: SummaryData, after: SummaryData) -> tuple[KeyedTree, KeyedTree]:
    """Return both of two models that are told alike: a layer is what stands at its place in the other."""
    tree = _tree(before)
    places = list(range(len(tree.names)))
    tree = tree._replace(own=places, exact=places, shape_keys=places, frame_keys=places)
    return tree, tree._replace(data=after)


def _tree(data: SummaryData) -> KeyedTree:
    """Return the tree of *data*, without the numbers its layers are compared by."""
    layers = data.layers
    names = [own_name(layer, data) for layer in layers]
    children: list[list[int]] = [[] for _ in layers]
    for layer in layers[1:]:
        children[layer.parent].append(layer.id)
    kinds = [class_name(kind) for kind in data.records.types]
    heavy = [layer.explanation >= 0 for layer in layers]
    for layer in reversed(layers[1:]):
        heavy[layer.parent] |= heavy[layer.id]
    return KeyedTree(data, names, children, [kinds[layer.type] for layer in layers], [], [], [], [], heavy)


def _own_keys(data: SummaryData, numbering: Numbering) -> tuple[list[int], list[int], list[int]]:
    """Return for each layer itself the numbers of all that is told, of class and shapes, of class and names."""
    kinds = [class_name(kind) for kind in data.records.types]
    settings = [numbering(("settings", each)) for each in data.records.settings]
    facts: dict[int, tuple[int, int]] = {}
    alike: dict[object, tuple[int, int, int]] = {}
    rows: list[tuple[int, int, int]] = []
    for layer in data.layers:
        tensors = data.tensors[layer.first_tensor : layer.end_tensor]
        key = (layer.type, layer.alias_of >= 0, layer.settings, *[(t.name, id(t.facts)) for t in tensors])
        numbers = alike.get(key)
        if numbers is None:
            for tensor in tensors:
                if id(tensor.facts) not in facts:
                    pair = (
                        numbering(("facts", *facts_to_compare(tensor.facts))),
                        numbering(("shape", *shape_of(tensor.facts))),
                    )
                    facts[id(tensor.facts)] = pair
            what = (kinds[layer.type], layer.alias_of >= 0)
            full = (data.records.types[layer.type].qualified, settings[layer.settings])
            numbers = alike[key] = (
                numbering(("own", what, full, *((t.name, facts[id(t.facts)][0]) for t in tensors))),
                numbering(("shaped", what, *((t.name, facts[id(t.facts)][1]) for t in tensors))),
                numbering(("framed", what, *(t.name for t in tensors))),
            )
        rows.append(numbers)
    own, shape_keys, frame_keys = map(list, zip(*rows, strict=True))
    return own, shape_keys, frame_keys


def facts_to_compare(facts: TensorFacts) -> tuple[object, ...]:
    """Return what makes two tensors equal: all but the device, which is no part of a model."""
    return facts._replace(device="", placement=None)


def shape_of(facts: TensorFacts) -> tuple[object, ...]:
    """Return what makes two tensors equal in shape."""
    return (facts.kind, facts.shape)


def same_reader_facts(before: SummaryData, after: SummaryData) -> bool:
    """Return whether everything that is told of two models is the same, layer by layer."""
    one, other = before.records, after.records
    return (
        len(one.layers) == len(other.layers)
        and (one.types, one.settings) == (other.types, other.settings)
        and one.layers == other.layers
        and len(one.tensors) == len(other.tensors)
        and all(
            (a.name, a.owner) == (b.name, b.owner)
            and (a.facts is b.facts or facts_to_compare(a.facts) == facts_to_compare(b.facts))
            for a, b in zip(one.tensors, other.tensors, strict=True)
        )
    )


def goes_first(before: SummaryData, after: SummaryData) -> bool:
    """Return whether *before* is matched against *after*, and not the other way round.

    What is matched with what then does not depend on which model came first.
    """
    if len(before.layers) != len(after.layers):
        return len(before.layers) < len(after.layers)
    for one, other in zip(_descriptions(before), _descriptions(after), strict=False):
        if one != other:
            return repr(one) < repr(other)
    return True


def _descriptions(data: SummaryData) -> Iterator[tuple[object, ...]]:
    records = data.records
    for layer in data.layers:
        tensors = [(t.name, facts_to_compare(t.facts)) for t in data.tensors[layer.first_tensor : layer.end_tensor]]
        yield (layer.path, layer.alias_of, records.types[layer.type], records.settings[layer.settings], tensors)
