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
COMPILED = "inside compiled code"
CONTAINER = "a container, never called itself"
IN_PARTS = "not called itself, its parts were"
_NO_FORWARD: Any = nn.Module.forward


def uncalled_layers(
    cloned: Clone, layer_numbers: Mapping[int, int], called: set[int], used: set[int]
) -> tuple[UncalledLayer, ...]:
    """Say of every layer without a call what is known of why; *used* are the ids of all operands."""
    if not called:  # nothing ran, so nothing can be told
        return ()
    missing = set(layer_numbers.values()) - called
    compiled = set(inside_compiled(cloned, layer_numbers))
    taken_by_calls: set[int] = set()
    unexplained: list[tuple[int, nn.Module, nn.Module]] = []
    for original, shell in cloned.pairs:
        number = layer_numbers.get(id(original))
        if number in called:
            taken_by_calls.update(map(id, own_tensors(shell)))
        elif number is not None:
            unexplained.append((number, original, shell))
    found = {number: UncalledLayer(number, COMPILED) for number in compiled & missing}
    active = with_called_parts(cloned, layer_numbers, called)
    for number, original, shell in unexplained:
        if number in found:
            continue
        own = {id(tensor) for tensor in own_tensors(shell)}
        if own & used - taken_by_calls:
            status = USED
        elif type(original).forward is _NO_FORWARD and "forward" not in original.__dict__:
            status = CONTAINER
        else:
            status = IN_PARTS if id(original) in active else NEVER
        found[number] = UncalledLayer(number, status)
    for number in missing - found.keys():
        found[number] = UncalledLayer(number, NEVER)
    return tuple(found[number] for number in sorted(found))


def own_tensors(module: nn.Module) -> list[torch.Tensor]:
    """Return the parameters and buffers that a module holds itself."""
    attributes = module.__dict__
    held = [*(attributes.get("_parameters") or {}).values(), *(attributes.get("_buffers") or {}).values()]
    return [tensor for tensor in held if tensor is not None]


def with_called_parts(cloned: Clone, layer_numbers: Mapping[int, int], called: set[int]) -> set[int]:
    """Return the ids of modules of which some part, at any depth, was called."""
    above: dict[int, list[nn.Module]] = {}
    active: list[nn.Module] = []
    for original, _ in cloned.pairs:
        for child in children_of(original):
            above.setdefault(id(child), []).append(original)
        if layer_numbers.get(id(original)) in called:
            active.append(original)
    found: set[int] = set()
    while active:
        for holder in above.get(id(active.pop()), ()):
            if id(holder) not in found:
                found.add(id(holder))
                active.append(holder)
    return found


def children_of(module: nn.Module) -> Sequence[nn.Module]:
    """Return the children of a module; those of compiled code too."""
    children = module.__dict__.get("_modules")
    # Compiled code wraps its children anew for values(), not for items().
    return [child for _, child in children.items() if child is not None] if children else ()


def inside_compiled(cloned: Clone, layer_numbers: Mapping[int, int]) -> Iterator[int]:
    """Find the numbers of all layers below compiled code."""
    compiled = [original for original, _ in cloned.pairs if isinstance(original, torch.jit.ScriptModule)]
    stack = [child for module in compiled for child in children_of(module.__dict__.get(ACTUAL, module))]
    seen: set[int] = set()
    while stack:
        module = stack.pop()
        if id(module) not in seen:
            seen.add(id(module))
            if (number := layer_numbers.get(id(module))) is not None:
                yield number
            stack += children_of(module)
