"""Which layers are alike: in themselves, and with everything inside."""

from __future__ import annotations

from collections.abc import Sequence

from summarykit.summary.data import SummaryData
from summarykit.summary.flows import LayerFlow
from summarykit.summary.folding.naming import own_name
from summarykit.summary.folding.shared_tensors import reference


def own_kinds(data: SummaryData, *, with_flows: bool = False) -> list[int]:
    """Return a number for each layer, equal for layers alike in themselves: type, explanation, tensors, what flows."""
    numbers: dict[object, int] = {}
    tensors = data.tensors
    flows = [_flow_kind(data, flow) for flow in data.flows] if with_flows else [()] * len(data.layers)
    kinds = []
    for layer, flow in zip(data.layers, flows, strict=True):
        own = tuple(
            (t.name, id(t.facts), t.evidence, None if t.owner == index else _owner_key(data, layer.id, t.owner))
            for index, t in enumerate(tensors[layer.first_tensor : layer.end_tensor], layer.first_tensor)
        )
        place = None if layer.alias_of < 0 else reference(data, layer.id, layer.alias_of)
        # Where no size is known yet, the settings are all that tells two layers apart.
        no_size = any(t.facts.shape is None for t in tensors[layer.first_tensor : layer.end_tensor])
        key = (layer.type, layer.explanation, place, own, flow, layer.settings if no_size else -1)
        kinds.append(numbers.setdefault(key, len(numbers)))
    return kinds


def _owner_key(data: SummaryData, layer: int, owner: int) -> tuple[object, ...]:
    """Return where a tensor is borrowed from: the layer, and which of that layer's tensors it is."""
    holder = data.tensors[owner].layer
    return reference(data, layer, holder), owner - data.layers[holder].first_tensor


def separate_kinds(kinds: Sequence[int], apart: Sequence[int]) -> Sequence[int]:
    """Return *kinds* with those told apart that have other numbers in *apart*, if there are any."""
    if not apart:
        return kinds
    numbers: dict[tuple[int, int], int] = {}
    return [numbers.setdefault(pair, len(numbers)) for pair in zip(kinds, apart, strict=True)]


def _flow_kind(data: SummaryData, flow: LayerFlow) -> tuple[object, ...]:
    """Return what makes layers alike in a run: how often they are called, with what, and what they multiply.

    A tensor inside another argument does not count: a cache is handed from layer to layer and grows on its way.
    """
    sizes = tuple(each for flows in (flow.inputs, flow.outputs) for each in flows if "." not in each.name)
    number = data.compute_of(flow)
    return (len(flow.calls), sizes, flow.macs, flow.macs_total, flow.status, flow.approximate, number)


def structures(data: SummaryData, kinds: Sequence[int]) -> list[int]:
    """Return a number for each layer, equal for layers that are identical inside and out; linear time."""
    numbers: dict[object, int] = {}
    result = [0] * len(data.layers)
    inside: list[list[tuple[str, int]]] = [[] for _ in data.layers]
    for layer in reversed(data.layers):
        key = (kinds[layer.id], *inside[layer.id])
        result[layer.id] = numbers.setdefault(key, len(numbers))
        if layer.parent >= 0:
            inside[layer.parent].append((own_name(layer, data), result[layer.id]))
    return result
