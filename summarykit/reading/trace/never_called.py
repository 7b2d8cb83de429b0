"""Layers whose forward was never called, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from summarykit.reading.layer_kinds import ACTUAL
from summarykit.reading.trace.clone import Clone
from summarykit.runs import UncalledLayer

NEVER = "never called"
USED = "used by its caller"
IN_COMPILED_CODE = "inside compiled code"
CONTAINER = "a container, never called itself"
IN_PARTS = "not called itself, its parts were"
_NO_FORWARD: Any = nn.Module.forward


def uncalled_layers(
    model_clone: Clone, layer_numbers: Mapping[int, int], called_layers: set[int], used: set[int]
) -> tuple[UncalledLayer, ...]:
    """Say of every layer without a call what is known of why; *used* are the ids of all operands."""
    if not called_layers:  # nothing ran, so nothing can be told
        return ()
    missing = set(layer_numbers.values()) - called_layers
    in_compiled = set(inside_compiled(model_clone, layer_numbers))
    used_by_calls: set[int] = set()
    candidates: list[tuple[int, nn.Module, nn.Module]] = []
    for original, shell in model_clone.pairs:
        number = layer_numbers.get(id(original))
        if number in called_layers:
            used_by_calls.update(map(id, own_tensors(shell)))
        elif number is not None:
            candidates.append((number, original, shell))
    by_number = {number: UncalledLayer(number, IN_COMPILED_CODE) for number in in_compiled & missing}
    active = with_called_parts(model_clone, layer_numbers, called_layers)
    for number, original, shell in candidates:
        if number in by_number:
            continue
        own = {id(tensor) for tensor in own_tensors(shell)}
        if own & used - used_by_calls:
            status = USED
        elif type(original).forward is _NO_FORWARD and "forward" not in original.__dict__:
            status = CONTAINER
        else:
            status = IN_PARTS if id(original) in active else NEVER
        by_number[number] = UncalledLayer(number, status)
    for number in missing - by_number.keys():
        by_number[number] = UncalledLayer(number, NEVER)
    return tuple(by_number[number] for number in sorted(by_number))


def own_tensors(module: nn.Module) -> list[torch.Tensor]:
    """Return the parameters and buffers that a module holds itself."""
    attributes = module.__dict__
    tensors = [*(attributes.get("_parameters") or {}).values(), *(attributes.get("_buffers") or {}).values()]
    return [tensor for tensor in tensors if tensor is not None]


def with_called_parts(model_clone: Clone, layer_numbers: Mapping[int, int], called_layers: set[int]) -> set[int]:
    """Return the ids of modules of which some part, at any depth, was called."""
    above: dict[int, list[nn.Module]] = {}
    active: list[nn.Module] = []
    for original, _ in model_clone.pairs:
        for child in children_of(original):
            above.setdefault(id(child), []).append(original)
        if layer_numbers.get(id(original)) in called_layers:
            active.append(original)
    holder_ids: set[int] = set()
    while active:
        for holder in above.get(id(active.pop()), ()):
            if id(holder) not in holder_ids:
                holder_ids.add(id(holder))
                active.append(holder)
    return holder_ids


def children_of(module: nn.Module) -> Sequence[nn.Module]:
    """Return the children of a module; those of compiled code too."""
    children = module.__dict__.get("_modules")
    # Compiled code wraps its children anew for values(), not for items().
    return [child for _, child in children.items() if child is not None] if children else ()


def inside_compiled(model_clone: Clone, layer_numbers: Mapping[int, int]) -> Iterator[int]:
    """Find the numbers of all layers below compiled code."""
    script_modules = [original for original, _ in model_clone.pairs if isinstance(original, torch.jit.ScriptModule)]
    stack = [child for module in script_modules for child in children_of(module.__dict__.get(ACTUAL, module))]
    seen_ids: set[int] = set()
    while stack:
        module = stack.pop()
        if id(module) not in seen_ids:
            seen_ids.add(id(module))
            if (number := layer_numbers.get(id(module))) is not None:
                yield number
            stack += children_of(module)
