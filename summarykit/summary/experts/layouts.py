"""The two forms that experts have: a list of modules that are alike, and tensors with all of them along one axis."""

from __future__ import annotations

import re

from summarykit.records import TensorRecord
from summarykit.summary.experts.routing import has_router_beside, is_called_router
from summarykit.summary.experts.tree import Places, counts, expert_count, is_number

_NUMBER = re.compile(r"(\w*?)_?(\d+)")
_STACK_RANK = 3
_LEAST = 2

#: How many experts, their parameters together, and whether these are parts of tensors; a text says why it is not known.
Form = tuple[int, int, bool] | str | None


def form_of(places: Places, number: int) -> Form:
    """Return the experts that a layer holds; None where it holds none."""
    form = _in_list(places, number)
    return _in_tensors(places, number) if form is None else form


def _in_list(places: Places, number: int) -> Form:
    """Return number and parameters of experts that are modules of one list."""
    kids = places.children[number]
    if len(kids) < _LEAST or places.owns(number):
        return None
    surely = places.is_of_experts(number)
    if not surely and not has_router_beside(places, number):
        return None
    kids = [kid for kid in kids if places.parameters_inside(kid) or places.layers[kid].alias_of >= 0]
    numbers = [_NUMBER.fullmatch(places.name(kid)) for kid in kids]
    if len(kids) < _LEAST or not all(numbers) or len({match[1] for match in numbers if match}) > 1:
        return None
    is_list = places.is_container(number) or len(kids) in counts(places.settings(number))
    if not is_list and not (places.is_called(kids[0], "expert") and places.says(number, "expert")):
        return None
    if any(places.layers[kid].alias_of >= 0 for kid in kids):
        return "several of its experts are one" if surely else None
    if len({_what_it_is(places, kid) for kid in kids}) > 1:
        return "its experts are not alike" if surely else None
    return _form(len(kids), [tensor for _, tensor in places.parameters_inside(number)], stack=False)


def _what_it_is(places: Places, number: int) -> tuple[object, ...]:
    kinds = tuple(layer.type for layer in places.inside(number))
    return (kinds, tuple((tensor.name, tensor.facts.shape) for _, tensor in places.parameters_inside(number)))


def _in_tensors(places: Places, number: int) -> Form:
    """Return number and parameters of experts that are parts of tensors, along the first axis."""
    if not places.owns(number):
        return None
    own = places.own(number)
    deep = [tensor for tensor in own if len(tensor.facts.shape or ()) >= _STACK_RANK]
    surely = places.says(number, "expert")
    around = [number, *places.above(number)][:3]
    counts_around = set().union(*(counts(places.settings(n)) for n in around)) - {1}
    flat = any(len(tensor.facts.shape or ()) == _STACK_RANK - 1 for tensor in own)
    if not deep and not (flat and surely and expert_count(places.settings(number)) > 1):
        return None
    if not deep and any(places.is_container(n) for n in around[1:2]):
        return None
    if not surely:
        return _unnamed_stack(places, number, deep)
    sizes = {(tensor.facts.shape or (0,))[0] for tensor in deep}
    if len(sizes) > 1:
        return "its tensors hold different numbers of experts"
    experts = sizes.pop() if sizes else max(counts_around)
    if counts_around and experts not in counts_around:
        return f"its tensors hold {experts:,} parts, and its settings say otherwise"
    tensors = [t for _, t in places.parameters_inside(number) if not _is_for_all(places, number, t, experts)]
    if not all(_is_split(places, tensor, experts) for tensor in tensors):
        return "not every tensor of its experts has one part for each"
    return _form(experts, tensors, stack=True) if experts > 1 else None


def _unnamed_stack(places: Places, number: int, deep: list[TensorRecord]) -> tuple[int, int, bool] | None:
    """Return the same of a layer that is not called so; its router and the number it chooses have to tell."""
    if places.records.types[places.layers[number].type].qualified.startswith("torch.nn."):
        return None
    sizes = {(tensor.facts.shape or (0,))[0] for tensor in deep}
    experts = sizes.pop() if len(sizes) == 1 else 0
    rows = [tensor for tensor in places.own(number) if (tensor.facts.shape or (0,))[0] == experts]
    flat = [t for t in rows if t not in deep and not re.search("gate|router", t.name.lower())]
    form = _form(experts, [*deep, *flat], stack=True) if experts > 1 else None
    return form if isinstance(form, tuple) else None


def _is_split(places: Places, tensor: TensorRecord, experts: int) -> bool:
    """Return whether a tensor has one part for each expert: along its first axis, or in rows below each other."""
    shape = tensor.facts.shape or (0,)
    if places.records.types[places.layers[tensor.layer].type].qualified.startswith("torch.nn."):
        return False
    if shape[0] == experts:
        return True
    settings = places.settings(tensor.layer)
    return any(is_number(value) and shape[0] == experts * value for value in settings.values())


def _is_for_all(places: Places, number: int, tensor: TensorRecord, experts: int) -> bool:
    """Return whether a layer inside the experts serves all of them: a router, or a norm as wide as a setting says."""
    if tensor.layer == number:
        return False
    if is_called_router(places, tensor.layer):
        return True
    sizes = [value for name, value in places.settings(number).items() if is_number(value) and value != experts]
    return len(tensor.facts.shape or ()) == 1 and (tensor.facts.shape or (0,))[0] in sizes


def _form(experts: int, tensors: list[TensorRecord], *, stack: bool) -> tuple[int, int, bool] | str:
    sizes = [tensor.facts.numel for tensor in tensors]
    if any(size is None for size in sizes):
        return "the size of its experts is not known until the first input"
    total = sum(size or 0 for size in sizes)
    return (experts, total, stack) if total % experts == 0 else "its experts are not of one size"
