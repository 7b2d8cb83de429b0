"""The names of a ``state_dict``, worked out from the records as ``Module.state_dict()`` gives them.

A tensor has one name for each way that leads to it: tied tensors and reused modules have several. Wrappers stand in
the names, and only buffers that are persistent do.
"""

from __future__ import annotations

from typing import NamedTuple

from summarykit.records import STATUS_PACKED, LayerRecord, Shape, TensorFacts
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import own_name
from summarykit.summary.totals import components

#: No more names than this are written out; modules within modules that are reused double them each time.
MOST_NAMES = 2_000_000

ENDLESS = "a module contains itself, and PyTorch's own state_dict() never ends"
TOO_MANY = "modules are reused so often that there are too many names to write out"


class Entry(NamedTuple):
    """One name of a ``state_dict``."""

    tensor: int  #: index in the records
    has_dot: bool  #: a single part of it has a dot, which PyTorch takes for two


class Names(NamedTuple):
    """The names of a ``state_dict``, in its order, or why they are not known."""

    entries: dict[str, Entry]
    places: dict[str, int]  #: the layer that stands at each prefix: ``"layer1.0."``
    reason: str  #: empty where they are known


def state_names(data: SummaryData) -> Names:
    """Return the names that ``state_dict()`` has, each with its tensor."""
    layers = data.layers
    children: list[list[int]] = [[] for _ in layers]
    for layer in layers[1:]:
        children[layer.parent].append(layer.id)
    reason = _reason_against(data, children) if any(layer.alias_of >= 0 for layer in layers) else ""
    if reason:
        return Names({}, {}, reason)
    entries: dict[str, Entry] = {}
    places: dict[str, int] = {}
    stack = [(0, _part(data, layers[0]), False)]
    while stack:
        number, prefix, has_dot = stack.pop()
        layer = layers[number] if layers[number].alias_of < 0 else layers[layers[number].alias_of]
        places[prefix] = layer.id
        for index in range(layer.first_tensor, layer.end_tensor):
            tensor = data.tensors[index]
            if tensor.facts.persistent:
                entries[prefix + tensor.name] = Entry(index, has_dot or "." in tensor.name)
        stack += [
            (child, prefix + _part(data, layers[child]), has_dot or "." in own_name(layers[child], data))
            for child in reversed(children[layer.id])
        ]
    return Names(entries, places, "")


def _part(data: SummaryData, layer: LayerRecord) -> str:
    """Return what a layer adds to the names inside it, its wrappers included."""
    if layer.parent < 0:
        return f"{layer.raw_path}." if layer.raw_path else ""
    above = data.layers[layer.parent].raw_path
    return f"{layer.raw_path[len(above) + 1 :] if above else layer.raw_path}."


def _reason_against(data: SummaryData, children: list[list[int]]) -> str:
    """Return why the names cannot be written out, where modules are reused; empty where they can."""
    below = [[data.layers[c].alias_of if data.layers[c].alias_of >= 0 else c for c in kids] for kids in children]
    counts = [0] * len(children)
    for members in components(below):
        if len(members) > 1 or members[0] in below[members[0]]:
            return ENDLESS
        layer = data.layers[members[0]]
        tensors = layer.end_tensor - layer.first_tensor
        counts[layer.id] = 1 + tensors + sum(counts[child] for child in below[layer.id])
    return TOO_MANY if counts[0] > MOST_NAMES else ""


def saved_shape(facts: TensorFacts) -> Shape | None:
    """Return the shape a tensor has in a ``state_dict``: that of a packed one as stored, of any other the logical."""
    return facts.stored_shape if facts.status == STATUS_PACKED else facts.shape
