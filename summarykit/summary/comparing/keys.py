"""What layers of two models are compared by: numbers that are equal for what is alike in both.

The same numbers are given to both models, so that a layer of one can be looked for in the other. A subtree has a
number at three depths: *exact* (everything that is told of it), *shaped* (classes and shapes of tensors), and *framed*
(classes and names alone).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from summarykit.records import LayerRecord, LayerType, TensorFacts
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import own_name

#: Classes that PyTorch makes while it shards a model are the class below them.
_MADE_BY_SHARDING = ("torch.distributed.", "FSDP")


class Side(NamedTuple):
    """One of two models that are compared: its tree, and the numbers its layers are compared by."""

    data: SummaryData
    names: list[str]
    children: list[list[int]]
    types: list[str]  #: class of each layer, as it was before sharding
    own: list[int]  #: the layer itself: class, settings, tensors
    exact: list[int]
    shaped: list[int]
    framed: list[int]
    heavy: list[bool]  #: parameters stand in it or inside


class Numbering:
    """Numbers for keys: equal keys have one number, whichever model they come from."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}

    def __call__(self, key: object) -> int:
        """Return the number of *key*."""
        return self._numbers.setdefault(key, len(self._numbers))


def class_name(kind: LayerType) -> str:
    """Return the name of a class; one that sharding made is called as the class it was made from."""
    home, prefix = _MADE_BY_SHARDING
    return kind.name.removeprefix(prefix) if kind.qualified.startswith(home) else kind.name


def made_side(data: SummaryData, numbering: Numbering) -> Side:
    """Return *data* with what its layers are compared by; linear in its layers and tensors."""
    layers = data.layers
    names = [own_name(layer, data) for layer in layers]
    children: list[list[int]] = [[] for _ in layers]
    for layer in layers[1:]:
        children[layer.parent].append(layer.id)
    kinds = [class_name(kind) for kind in data.records.types]
    own, shaped, framed = (list(found) for found in zip(*_own_keys(data, numbering), strict=True))
    heavy = [layer.explanation >= 0 for layer in layers]
    for layer in reversed(layers[1:]):
        heavy[layer.parent] |= heavy[layer.id]
    return Side(
        data,
        names,
        children,
        [kinds[layer.type] for layer in layers],
        own,
        _with_inside(layers, names, own, numbering),
        _with_inside(layers, names, shaped, numbering),
        _with_inside(layers, names, framed, numbering),
        heavy,
    )


def _own_keys(data: SummaryData, numbering: Numbering) -> Iterator[tuple[int, int, int]]:
    """Yield for each layer itself the numbers of all that is told, of class and shapes, of class and names."""
    kinds = [class_name(kind) for kind in data.records.types]
    settings = [numbering(("settings", found)) for found in data.records.settings]
    facts: dict[int, tuple[int, int]] = {}
    for tensor in data.tensors:
        if id(tensor.facts) not in facts:
            exact, shape = numbering(("facts", *told_of(tensor.facts))), numbering(("shape", *shape_of(tensor.facts)))
            facts[id(tensor.facts)] = (exact, shape)
    for layer in data.layers:
        held = data.tensors[layer.first_tensor : layer.end_tensor]
        what = (kinds[layer.type], layer.alias_of >= 0)
        yield (
            numbering(
                (
                    "own",
                    what,
                    data.records.types[layer.type].qualified,
                    settings[layer.settings],
                    *((t.name, facts[id(t.facts)][0]) for t in held),
                )
            ),
            numbering(("shaped", what, *((t.name, facts[id(t.facts)][1]) for t in held))),
            numbering(("framed", what, *(t.name for t in held))),
        )


def told_of(facts: TensorFacts) -> tuple[object, ...]:
    """Return what makes two tensors equal: all but the device, which is no part of a model."""
    return facts._replace(device="", placement=None)


def shape_of(facts: TensorFacts) -> tuple[object, ...]:
    """Return what makes two tensors equal in shape."""
    return (facts.kind, facts.shape)


def _with_inside(layers: tuple[LayerRecord, ...], names: list[str], own: list[int], numbering: Numbering) -> list[int]:
    """Return a number for each layer with everything inside."""
    inside: list[list[object]] = [[] for _ in layers]
    found = [0] * len(layers)
    for layer in reversed(layers):
        found[layer.id] = numbering((own[layer.id], *inside[layer.id])) if inside[layer.id] else own[layer.id]
        if layer.parent >= 0:
            inside[layer.parent].append((names[layer.id], found[layer.id]))
    return found


def goes_first(before: SummaryData, after: SummaryData) -> bool:
    """Return whether *before* is matched against *after*, and not the other way round.

    What is matched with what then does not depend on which model came first.
    """
    if len(before.layers) != len(after.layers):
        return len(before.layers) < len(after.layers)
    for one, other in zip(_described(before), _described(after), strict=False):
        if one != other:
            return repr(one) < repr(other)
    return True


def _described(data: SummaryData) -> Iterator[tuple[object, ...]]:
    records = data.records
    for layer in data.layers:
        held = [(t.name, told_of(t.facts)) for t in data.tensors[layer.first_tensor : layer.end_tensor]]
        yield (layer.path, layer.alias_of, records.types[layer.type], records.settings[layer.settings], held)
