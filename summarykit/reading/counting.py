"""An independent count of what PyTorch stores, to check the records against."""

from __future__ import annotations

from torch import Tensor, nn

from summarykit.reading.layer_kinds import ACTUAL
from summarykit.reading.tensors import is_plain, stored_tensors
from summarykit.records import StoredCount


def count(model: nn.Module) -> StoredCount:
    """Return how many parameters *model* and all modules below it have, and how many elements store them.

    It knows no wrappers, names, rules, records or logical shapes, so it does not repeat an error of the walk.
    """
    nothing = id(None)  # a parameter or a child that is switched off
    seen_ids = {nothing}
    tensors: list[Tensor] = []
    stack = [iter((model,))]
    while stack:
        for module in stack[-1]:
            if id(module) in seen_ids:
                continue
            seen_ids.add(id(module))
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
    distinct = dict(zip(map(id, tensors), tensors, strict=True))
    distinct.pop(nothing, None)
    return StoredCount(len(distinct), sum(map(stored_elements, distinct.values())))


def stored_elements(tensor: Tensor) -> int:
    """Return how many elements PyTorch stores for *tensor*; 0 where nothing shows it."""
    if is_plain(tensor):
        return tensor.numel()
    return sum(int(Tensor.numel(part)) for part in stored_tensors(tensor) or ())
