"""The names that compute formulas have for the sizes of a call's inputs and outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from summarykit.expression import Value
from summarykit.formulas.compute.facts import ComputeFacts
from summarykit.records import Shape
from summarykit.runs import Flow

#: From the facts of a call to the values of these names; empty where the sizes do not fit the layer.
Sizes = Callable[[ComputeFacts], Mapping[str, Value]]


def per_position(facts: ComputeFacts) -> Mapping[str, Value]:
    """Return ``positions``: all axes of the input but the last, those of length 1 left out."""
    shape = shape_of(facts.inputs, "input", 0)
    return {"positions": tuple(size for size in shape[:-1] if size != 1)} if shape else {}


def per_output_window(facts: ComputeFacts) -> Mapping[str, Value]:
    """Return ``batch`` and ``positions``, those of the output of a convolution."""
    return places(shape_of(facts.outputs, "output", 0), facts.settings)


def per_input_window(facts: ComputeFacts) -> Mapping[str, Value]:
    """Return ``batch`` and ``positions``, those of the input of a transposed convolution."""
    return places(shape_of(facts.inputs, "input", 0), facts.settings)


def places(shape: Shape | None, settings: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return the ``batch`` and ``positions`` of an image with as many axes as the layer's window has."""
    window = settings.get("kernel_size")
    axes = len(window) if isinstance(window, tuple) else 1
    if shape is None or len(shape) <= axes:
        return {}
    return {"batch": math.prod(shape[: -axes - 1]), "positions": shape[-axes:]}


def per_row(facts: ComputeFacts) -> Mapping[str, Value]:
    """Return ``batch``, the rows of the input."""
    shape = shape_of(facts.inputs, "input", 0)
    return {"batch": math.prod(shape[:-1])} if shape else {}


def per_step(facts: ComputeFacts) -> Mapping[str, Value]:
    """Return ``length`` and ``batch`` of sequences; packed ones are one sequence with the steps of all."""
    shape = shape_of(facts.inputs, "input", 0)
    if shape is None or len(shape) not in {2, 3}:
        return {}
    if len(shape) == 2:
        return {"length": shape[0], "batch": 1}
    length, batch = reversed(shape[:2]) if facts.settings.get("batch_first") else shape[:2]
    return {"length": length, "batch": batch}


def per_query(facts: ComputeFacts) -> Mapping[str, Value]:
    """Return ``batch``, ``queries`` and ``keys`` of an attention layer."""
    flows = [flow for flow in facts.inputs if "mask" not in flow.name]
    query = shape_of(flows, "query", 0)
    key = shape_of(flows, "key", 1) or query
    if query is None or key is None or len(query) != len(key) or len(query) not in {2, 3}:
        return {}
    if len(query) == 2:
        return {"batch": 1, "queries": query[0], "keys": key[0]}
    along, across = (1, 0) if facts.settings.get("batch_first") else (0, 1)
    return {"batch": query[across], "queries": query[along], "keys": key[along]}


def shape_of(flows: Sequence[Flow], name: str, position: int) -> Shape | None:
    """Return the shape of the flow called *name* (also ``name.data``), else of the one at *position*."""
    for flow in flows:
        if flow.name in {name, f"{name}.data"}:
            return flow.shape
    return flows[position].shape if position < len(flows) else None
