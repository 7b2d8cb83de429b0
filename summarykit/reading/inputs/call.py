"""``Call``: the arguments of one forward run and where they come from; or ``NoInputs``, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch


@dataclass(frozen=True)
class Call:
    """What a model is called with."""

    args: tuple[object, ...]
    kwargs: Mapping[str, object]
    origin: str  #: words for the report: "given", "given by size", "the model's own example (`dummy_inputs`)"


@dataclass(frozen=True)
class NoInputs:
    """Nobody can tell what to feed the model."""

    reason: str  #: words for the report


class InputTensor(NamedTuple):
    """One tensor of a call."""

    name: str  #: the keyword or the position, and below it the places: ``input_ids``, ``0``, ``images.1``
    dtype: str
    shape: tuple[int, ...]


def input_tensors(call: Call) -> tuple[InputTensor, ...]:
    """Return name, dtype and shape of each tensor in *call*, as far as tuples, lists and dictionaries hold them."""
    arguments = [*((str(position), value) for position, value in enumerate(call.args)), *call.kwargs.items()]
    return tuple(tensor for name, value in arguments for tensor in _tensors(name, value))


def materialise(call: Call, device: str | torch.device = "cpu") -> Call:
    """Return *call* with each tensor that has no values (on the meta device) replaced by a real one on *device*.

    Whole numbers and bools are zeros, the others come from a generator of their own: always the same, and no
    global random state is touched. Everything else is passed on as it is.
    """
    generator = torch.Generator(device="cpu").manual_seed(0)
    copies: dict[int, torch.Tensor] = {}

    def real(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.device.type != "meta":
            return tensor
        if id(tensor) not in copies:
            copies[id(tensor)] = _with_values(tensor, generator, device)
        return copies[id(tensor)]

    args = tuple(_replace_tensors(value, real) for value in call.args)
    kwargs = {name: _replace_tensors(value, real) for name, value in call.kwargs.items()}
    return Call(args, kwargs, call.origin)


def _with_values(tensor: torch.Tensor, generator: torch.Generator, device: str | torch.device) -> torch.Tensor:
    if not (tensor.is_floating_point() or tensor.is_complex()):
        return torch.zeros(tensor.shape, dtype=tensor.dtype, device=device)
    random_dtype = torch.complex64 if tensor.is_complex() else torch.float32
    values = torch.randn(tensor.shape, generator=generator, dtype=random_dtype, device="cpu")
    return values.to(device=device, dtype=tensor.dtype)


def _replace_tensors(value: Any, replace: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """Return *value* with its tensors replaced; the same object where nothing in it changed."""
    if isinstance(value, torch.Tensor):
        return replace(value)
    if type(value) is dict:
        entries: Any = {key: _replace_tensors(part, replace) for key, part in value.items()}
        return entries if any(entries[key] is not part for key, part in value.items()) else value
    if not isinstance(value, tuple | list):
        return value
    parts = [_replace_tensors(part, replace) for part in value]
    if all(new is old for new, old in zip(parts, value, strict=True)):
        return value
    if hasattr(type(value), "_make"):
        return type(value)._make(parts)  # type: ignore[union-attr]
    return type(value)(parts)


def _tensors(name: str, value: object) -> Iterator[InputTensor]:
    if isinstance(value, torch.Tensor):
        yield InputTensor(name, str(value.dtype).removeprefix("torch."), tuple(value.shape))
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _tensors(f"{name}.{key}", part)
    elif isinstance(value, tuple | list):
        for position, part in enumerate(value):
            yield from _tensors(f"{name}.{position}", part)
