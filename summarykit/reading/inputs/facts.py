"""What a model says about itself as data: read from ``__dict__``, whatever its attributes are; no code of it runs."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from summarykit.reading.inputs.sizes import holds_whole_numbers
from summarykit.reading.layer_kinds import ACTUAL, WRAPPERS, plain_value, public_attributes, script_class

#: Wrappers whose model is what gets fed, and the child that is it.
_AROUND = {
    **WRAPPERS,
    "peft.peft_model.PeftModel": "base_model",
    "peft.tuners.tuners_utils.BaseTuner": "model",
}
#: The dtypes a model computes in; others are only stored.
_COMPUTE_DTYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def lineage(module: nn.Module) -> tuple[str, ...]:
    """Return the qualified names of the class of *module* and its bases; of a scripted one the original's too."""
    names = tuple(f"{base.__module__}.{base.__qualname__}" for base in type(module).__mro__)
    return (script_class(module), *names) if isinstance(module, torch.jit.ScriptModule) else names


def unwrap(model: nn.Module) -> nn.Module:
    """Return the model inside wrappers, which pass on what they are fed."""
    seen_ids: set[int] = set()
    while id(model) not in seen_ids:
        seen_ids.add(id(model))
        child = next((_AROUND[name] for name in lineage(model) if name in _AROUND), None)
        inner = children(model).get(child) if child else model.__dict__.get(ACTUAL)
        if not isinstance(inner, nn.Module):
            break
        model = inner
    return model


def children(module: nn.Module) -> dict[str, nn.Module]:
    """Return the children of *module* that are there."""
    modules = module.__dict__.get("_modules")
    return {name: child for name, child in modules.items() if child is not None} if modules else {}


def tensors(module: nn.Module) -> list[torch.Tensor]:
    """Return the tensors that *module* holds itself."""
    tables = [module.__dict__.get("_parameters"), module.__dict__.get("_buffers")]
    return [tensor for table in tables if table for tensor in table.values() if isinstance(tensor, torch.Tensor)]


def layers(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield path and module of everything in *model*, each once, parents first."""
    stack = [("", model)]
    seen_ids: set[int] = set()
    while stack:
        path, module = stack.pop()
        if id(module) in seen_ids:
            continue
        seen_ids.add(id(module))
        yield path, module
        below = children(module) or children_of_traced(module)
        stack += [(f"{path}.{name}" if path else name, child) for name, child in reversed(below.items())]


def children_of_traced(module: nn.Module) -> dict[str, nn.Module]:
    """Return the children of what a traced module really is."""
    actual = module.__dict__.get(ACTUAL)
    return children(actual) if isinstance(actual, nn.Module) else {}


def settings(module: nn.Module) -> dict[str, Any]:
    """Return the public attributes of *module* that are plain values."""
    return plain(dict(public_attributes(module)))


def plain(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the entries of a dictionary that are plain values."""
    values = {name: plain_value(value) for name, value in attributes.items() if isinstance(name, str)}
    return {name: value for name, value in values.items() if not isinstance(value, type)}


def config_settings(module: nn.Module) -> dict[str, Any]:
    """Return what a ``config`` (an object or a dictionary) of *module* says in plain values."""
    attributes = module.__dict__
    config = attributes.get("config", attributes.get("_internal_dict"))  # the second is where diffusers keeps it
    try:
        return plain(config if isinstance(config, Mapping) else object.__getattribute__(config, "__dict__"))
    except Exception:  # noqa: BLE001 - it has none, or it is a stranger's property
        return {}


def length(value: object) -> int | None:
    """Return *value* where it is a whole number above zero."""
    return value if type(value) is int and 0 < value < 2**31 else None


def compute_dtype(model: nn.Module) -> torch.dtype | None:
    """Return the dtype of the first parameter of *model* that it computes with."""
    # A tensor subclass may answer for its dtype in code of its own; what PyTorch itself holds is asked for.
    with torch._C.DisableTorchFunctionSubclass():
        dtypes = (tensor.dtype for _, module in layers(model) for tensor in tensors(module))
        return next((dtype for dtype in dtypes if dtype in _COMPUTE_DTYPES), None)


def parameters_of(model: nn.Module) -> tuple[inspect.Parameter, ...] | None:
    """Return the parameters of the forward of *model*, None where they cannot be read."""
    forward = model.__dict__.get("forward")
    bound = forward is not None
    if forward is None:
        forward = inspect.getattr_static(type(model), "forward", None)
    static = isinstance(forward, staticmethod)
    if isinstance(forward, staticmethod | classmethod):
        forward = forward.__func__
    if not isinstance(forward, types.FunctionType | types.MethodType | functools.partial):
        return None
    try:
        parameters = tuple(inspect.signature(forward).parameters.values())
    except (ValueError, TypeError):
        return None
    return parameters if bound or static else parameters[1:]


def has_forward(model: nn.Module) -> bool:
    """Return whether the class of *model*, or the model itself, has a forward of its own."""
    if "forward" in model.__dict__ or isinstance(model, torch.jit.ScriptModule):
        return True
    return inspect.getattr_static(type(model), "forward", None) is not inspect.getattr_static(nn.Module, "forward")


def positional(parameters: tuple[inspect.Parameter, ...]) -> list[inspect.Parameter]:
    """Return those that can be given by position."""
    return [parameter for parameter in parameters if parameter.kind in _POSITIONAL]


def required_parameters(parameters: tuple[inspect.Parameter, ...]) -> list[inspect.Parameter]:
    """Return those that must be given."""
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [one for one in parameters if one.default is inspect.Parameter.empty and one.kind not in variadic]


class Dtypes:
    """The dtype of a size that came without one: whole numbers for ids and masks, else what the model computes in."""

    def __init__(self, model: nn.Module) -> None:
        inner = unwrap(model)
        self._floating = compute_dtype(inner)
        self._names = [parameter.name for parameter in positional(parameters_of(inner) or ())]

    def __call__(self, name: str | int) -> torch.dtype | None:
        """Return the dtype of the argument *name*, a keyword or a position."""
        if isinstance(name, int):
            name = self._names[name] if name < len(self._names) else ""
        return torch.int64 if holds_whole_numbers(name) else self._floating
