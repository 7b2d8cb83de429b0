"""What PyTorch holds, counted on a way of its own: the check on everything the records add up to."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from summarykit.reading.layer_kinds import ACTUAL
from summarykit.records import StoredCount


def count(model: nn.Module) -> StoredCount:
    """Count the parameters of *model* and of all below it, each once.

    It knows no wrappers, names, rules or records, so what the walk leaves out is missed.
    """
    nothing = id(None)  # what stands where a parameter or a child is switched off
    seen = {nothing}
    tensors: list[torch.Tensor] = []
    stack = [iter((model,))]
    while stack:
        for module in stack[-1]:
            if id(module) in seen:
                continue
            seen.add(id(module))
            attributes = module.__dict__
            parameters = attributes.get("_parameters")
            if parameters:
                tensors += parameters.values()
            children = attributes.get("_modules")
            if children:
                stack.append(iter(children.values()))
                break
            if ACTUAL in attributes:
                stack.append(iter((attributes[ACTUAL],)))
                break
        else:
            stack.pop()
    held = dict(zip(map(id, tensors), tensors, strict=True))
    held.pop(nothing, None)
    return StoredCount(len(held), sum(int(tensor.numel()) for tensor in held.values() if not is_lazy(tensor)))
