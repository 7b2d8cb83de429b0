"""The tree of layers as the search for experts asks for it: children, what is inside, names, settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TypeGuard

from summarykit.expression import Value
from summarykit.records import LayerRecord, ModelRecords, TensorRecord

#: Names under which a layer or a config keeps how many experts there are to choose from.
_COUNT = re.compile(
    r"(moe_)?(num|n|total|number_of)_?(local_|routed_|total_|moe_)?experts?|experts?_(num|count)|num_router_classes",
    re.IGNORECASE,
)
_CONTAINER = "torch.nn.modules.container."


class Places:
    """The layers of one model, by number."""

    def __init__(self, records: ModelRecords) -> None:
        self.records = records
        self.layers = records.layers
        self.children: list[list[int]] = [[] for _ in self.layers]
        self.end = list(range(1, len(self.layers) + 1))
        for layer in reversed(self.layers):
            if layer.parent >= 0:
                self.children[layer.parent].append(layer.id)
                self.end[layer.parent] = max(self.end[layer.parent], self.end[layer.id])
        for kids in self.children:
            kids.reverse()
        self._settings = [dict(settings) for settings in records.settings]

    def name(self, number: int) -> str:
        """Return what a layer is called in its parent."""
        layer = self.layers[number]
        above = self.layers[layer.parent].path if layer.parent >= 0 else ""
        return layer.path[len(above) + 1 :] if above else layer.path

    def kind(self, number: int) -> str:
        """Return the name of a layer's class."""
        return self.records.types[self.layers[number].type].name

    def is_container(self, number: int) -> bool:
        """Return whether a layer is one of torch's lists of modules."""
        return self.records.types[self.layers[number].type].qualified.startswith(_CONTAINER)

    def settings(self, number: int) -> dict[str, Value]:
        """Return the settings of a layer."""
        return self._settings[self.layers[number].settings]

    def says(self, number: int, word: str) -> bool:
        """Return whether a layer's name or class has *word* in it."""
        return word in self.name(number).lower() or word in self.kind(number).lower()

    def is_called(self, number: int, word: str) -> bool:
        """Return whether a layer's name has *word* in it; a class may have it from the name of its model."""
        return word in self.name(number).lower()

    def is_of_experts(self, number: int) -> bool:
        """Return whether names or classes say that the children of a layer are experts, or its tensors theirs."""
        parent = self.layers[number].parent
        only = parent >= 0 and self.is_container(number) and len(self.children[parent]) == 1
        candidates = (number, *self.children[number], *((parent,) if only else ()))
        return any(self.says(n, "expert") for n in candidates)

    def above(self, number: int) -> Iterator[int]:
        """Yield the layers around a layer, the nearest first."""
        while (number := self.layers[number].parent) >= 0:
            yield number

    def inside(self, number: int) -> Sequence[LayerRecord]:
        """Return a layer and all below it."""
        return self.layers[number : self.end[number]]

    def parameters_inside(self, number: int) -> list[tuple[int, TensorRecord]]:
        """Return the parameters of a layer and of all below it, with their places in the table."""
        layer = self.layers[number]
        return self._parameters(layer.first_tensor, self.layers[self.end[number] - 1].end_tensor)

    def owns(self, number: int) -> bool:
        """Return whether a layer holds tensors itself."""
        return self.layers[number].first_tensor < self.layers[number].end_tensor

    def own(self, number: int) -> list[TensorRecord]:
        """Return the parameters a layer holds itself."""
        layer = self.layers[number]
        return [tensor for _, tensor in self._parameters(layer.first_tensor, layer.end_tensor)]

    def _parameters(self, start: int, end: int) -> list[tuple[int, TensorRecord]]:
        tensors = self.records.tensors[start:end]
        return [(at, tensor) for at, tensor in enumerate(tensors, start) if tensor.facts.kind == "parameter"]

    @cached_property
    def shared_tensors(self) -> frozenset[int]:
        """Places in the table of the tensors that several layers hold."""
        owners = {tensor.owner for at, tensor in enumerate(self.records.tensors) if tensor.owner != at}
        return frozenset(at for at, tensor in enumerate(self.records.tensors) if tensor.owner in owners)

    @cached_property
    def reused_layers(self) -> frozenset[int]:
        """Layers with parameters that are reached in several ways."""
        layers = {layer.alias_of for layer in self.layers if layer.alias_of >= 0}
        return frozenset(number for number in layers if self.parameters_inside(number))


def expert_count(settings: dict[str, Value]) -> int:
    """Return the largest number of experts that *settings* speak of; 0 for none."""
    values = [value for name, value in settings.items() if _COUNT.fullmatch(name) and is_number(value)]
    return max(values, default=0)


def counts(settings: dict[str, Value]) -> set[int]:
    """Return every number of experts that *settings* speak of."""
    return {value for name, value in settings.items() if _COUNT.fullmatch(name) and is_number(value)}


def is_number(value: Value) -> TypeGuard[int]:
    """Return whether a setting is a whole number above zero."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
