"""The input and output tensors of a call, by name, also inside containers."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from summarykit.runs import Flow

_DEEPEST = 8
_PLAIN = (int, float, str, bytes, bool, type(None), torch.dtype, torch.device)
#: Attributes in which objects that are no containers keep their tensors.
_INSIDE = ("_data_list", "_store", "_mapping")


class FlowTable:
    """Flows, each distinct one once."""

    def __init__(self) -> None:
        self._flows: dict[tuple[object, ...], Flow] = {}
        self._shared: dict[tuple[Flow, ...], tuple[Flow, ...]] = {}
        self._names: dict[type, tuple[str, ...]] = {}

    def flow(self, name: str, tensor: Tensor) -> Flow:
        """Return the flow of *tensor* under *name*."""
        key = (name, tensor.shape, tensor.dtype)
        flow = self._flows.get(key)
        if flow is None:
            shape = tuple(int(size) for size in tensor.shape)
            dtype = str(tensor.dtype).removeprefix("torch.")
            flow = self._flows[key] = Flow(name, shape, dtype, int(tensor.numel()) * tensor.dtype.itemsize)
        return flow

    def input_flows(self, module: nn.Module, args: Sequence[object], kwargs: Mapping[str, object]) -> tuple[Flow, ...]:
        """Return the inputs of a call, under the parameter names of the forward of *module*."""
        return self.of(self.input_tensors(module, args, kwargs))

    def input_tensors(
        self, module: nn.Module, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> list[tuple[str, Tensor]]:
        """Return name and tensor of each input of a call."""
        names = self.parameter_names(module)
        tensors: list[tuple[str, Tensor]] = []
        for position, value in enumerate(args):
            name = names[position] if position < len(names) else str(position)
            if isinstance(value, Tensor):
                tensors.append((name, value))
            elif not isinstance(value, _PLAIN):
                tensors += tensors_in(value, name)
        for name, value in kwargs.items():
            if isinstance(value, Tensor):
                tensors.append((name, value))
            elif not isinstance(value, _PLAIN):
                tensors += tensors_in(value, name)
        return tensors

    def of(self, tensors: Sequence[tuple[str, Tensor]]) -> tuple[Flow, ...]:
        """Return the flows of these tensors."""
        return self.intern([self.flow(name, tensor) for name, tensor in tensors])

    def parameter_names(self, module: nn.Module) -> tuple[str, ...]:
        """Return the names of the positional parameters of a module's forward, if they can be read."""
        own_forward = module.__dict__.get("forward")
        if own_forward is not None:
            return positional_names(own_forward)
        kind: Any = type(module)
        if kind not in self._names:
            self._names[kind] = positional_names(getattr(kind, "forward", None))[1:]
        return self._names[kind]

    def intern(self, flows: list[Flow]) -> tuple[Flow, ...]:
        """Return *flows* as a tuple that equal calls share."""
        key = tuple(flows)
        return self._shared.setdefault(key, key)


def output_tensors(value: object) -> list[tuple[str, Tensor]]:
    """Return name and tensor of each output of a call."""
    return [("0", value)] if isinstance(value, Tensor) else list(tensors_in(value, ""))


def tensors_in(value: object, name: str) -> Iterator[tuple[str, Tensor]]:
    """Yield every tensor in *value* with its place, such as ``"past.0.key"``; each object is searched once."""
    seen_ids: set[int] = set()
    stack: list[tuple[str, object, int]] = [(name, value, 0)]
    while stack:
        place, current, depth = stack.pop()
        if isinstance(current, Tensor):
            yield place or "0", current
        elif not isinstance(current, _PLAIN) and depth < _DEEPEST and id(current) not in seen_ids:
            seen_ids.add(id(current))
            below = [(f"{place}.{part}" if place else part, inner, depth + 1) for part, inner in parts(current)]
            stack += reversed(below)


def parts(value: Any) -> list[tuple[str, object]]:
    """Return name and value of each part of *value*."""
    match value:
        case dict():
            return [(str(key), inner) for key, inner in value.items()]
        case tuple() if hasattr(value, "_fields"):
            return list(zip(value._fields, value, strict=False))
        case list() | tuple() | set() | frozenset():
            return [(str(position), inner) for position, inner in enumerate(value)]
        case nn.Module() | type():
            return []
    if dataclasses.is_dataclass(value):
        return [(field.name, getattr(value, field.name, None)) for field in dataclasses.fields(value)]
    attributes = getattr(value, "__dict__", None)
    if not isinstance(attributes, dict):
        return []
    if isinstance(layers := attributes.get("layers"), list):
        # transformers' caches: one object for each layer, with its keys and values.
        return [(str(position), inner) for position, inner in enumerate(layers)]
    for inside in _INSIDE:
        if isinstance(attributes.get(inside), dict | list) or hasattr(attributes.get(inside), "__dict__"):
            return parts(attributes[inside])
    return [(key.lstrip("_"), inner) for key, inner in attributes.items()]


def positional_names(function: object) -> tuple[str, ...]:
    """Return the names of a function's positional parameters; none if it has no readable signature."""
    try:
        parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - a callable may answer for its own signature in any way
        return ()
    return tuple(one.name for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD))
