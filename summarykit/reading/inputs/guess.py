"""``guess_inputs()``: what the first layer takes, and what the other arguments of forward are by their names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from summarykit.errors import InputsError
from summarykit.reading.inputs import facts
from summarykit.reading.inputs.call import Call, NoInputs
from summarykit.reading.inputs.first_layer import LAZY, First, first_layer
from summarykit.reading.inputs.sizes import meta_tensor

#: Other arguments that hold what the first one holds: a second text, the other side of an attention.
_ALIKE = {"key", "value", "k", "v", "q", "tgt", "src", "memory", "target", "source", "positive", "negative", "right"}
_MASKS = {"attention_mask", "mask", "token_type_ids", "segment_ids", "position_ids", "decoder_input_ids"}
_EDGES = 32


def guess_inputs(model: nn.Module) -> Call | NoInputs:
    """Return what *model* may take, told by its first layer; or why nobody can tell. No code of the model runs."""
    inner = facts.unwrap(model)
    if not facts.has_forward(inner):
        return NoInputs(f"a {type(inner).__name__} has no forward")
    parameters = facts.parameters_of(inner)
    if parameters is not None and not _takes_anything(parameters):
        return Call((), {}, "nothing: forward takes no arguments")
    leading = next(iter(facts.positional(parameters or ())), None)
    first = first_layer(inner, indices=leading is not None and leading.name.endswith("_ids"))
    if first is None:
        return NoInputs("no layer tells what the model takes: none has a known number of inputs")
    if first.size is LAZY:
        return NoInputs(f"the first layer {first.label} is lazy: it learns its size from the first input")
    try:
        return _with_arguments(inner, parameters, first)
    except InputsError as error:
        return NoInputs(f"the first layer {first.label} has sizes that no tensor can have: {error.what}")


def _takes_anything(parameters: Any) -> bool:
    return bool(parameters) and any(one.kind is not one.VAR_KEYWORD for one in parameters)


def _with_arguments(model: nn.Module, parameters: Any, first: First) -> Call | NoInputs:
    """Return the call whose first argument the first layer tells, the others by their names."""
    dtype = torch.int64 if first.whole else facts.compute_dtype(model)
    main = meta_tensor(first.size, dtype)
    origin = f"guessed from the first layer {first.label}{first.words}"
    if not parameters:
        return Call((main,), {}, origin)
    by_position = facts.positional(parameters)
    others = [one for one in facts.required_parameters(parameters) if not by_position or one is not by_position[0]]
    leading = by_position[0].name if by_position else ""
    args: list[object] = [main] if by_position or any(p.kind is p.VAR_POSITIONAL for p in parameters) else []
    kwargs: dict[str, object] = {}
    if not args:
        leading, others = others[0].name if others else parameters[0].name, others[1:]
        kwargs[leading] = main
    for parameter in others:
        other = _other(parameter.name, leading, main, first)
        if other is None:
            return NoInputs(f"forward also needs `{parameter.name}`, and its name does not tell what that is")
        if parameter.kind is parameter.KEYWORD_ONLY:
            kwargs[parameter.name] = other
        else:
            args.append(other)
    names = ", ".join(f"`{parameter.name}`" for parameter in others)
    return Call(tuple(args), kwargs, f"{origin}; {names} by name" if names else origin)


def _other(name: str, leading: str, main: torch.Tensor, first: First) -> torch.Tensor | None:
    """Return what the argument *name* takes beside *main*, which is called *leading*; None where nobody can tell."""
    lowercase = name.lower()
    if lowercase in first.others:
        return meta_tensor(first.others[lowercase], main.dtype)
    if lowercase in _MASKS:
        return meta_tensor(tuple(main.shape[:2]), torch.int64) if main.dim() > 1 else None
    if lowercase in _ALIKE or _stem(name) == _stem(leading) or _is_pair(name, leading):
        return meta_tensor(tuple(main.shape), main.dtype)
    make = _BY_NAME.get(lowercase)
    return make(main) if make else None


def _stem(name: str) -> str:
    """Return ``x`` of ``x1`` and ``x_2``."""
    return re.sub(r"_?\d+$", "", name.lower())


def _is_pair(name: str, leading: str) -> bool:
    return (leading.lower(), name.lower()) in {("left", "right"), ("a", "b"), ("x", "y"), ("anchor", "positive")}


def _edges(main: torch.Tensor) -> torch.Tensor:
    return meta_tensor((2, _EDGES), torch.int64)


def _one_a_batch(main: torch.Tensor) -> torch.Tensor:
    return meta_tensor((main.shape[0] if main.dim() else 1,), torch.int64)


_BY_NAME: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "edge_index": _edges,
    "batch": _one_a_batch,
    "lengths": _one_a_batch,
    "seq_lens": _one_a_batch,
    "seq_lengths": _one_a_batch,
    "input_lengths": _one_a_batch,
    "timestep": _one_a_batch,
    "timesteps": _one_a_batch,
}
