"""Lazy layers as they will be after the first call, without a first call of the caller's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.nn.parameter import is_lazy

from summarykit.reading.trace.attempt import META, Attempt

_TENSORS = ("_parameters", "_buffers")


def materialise_lazy(
    model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, seconds: float = 60.0
) -> nn.Module:
    """Return *model* as it will be after its first call; without a lazy layer that is *model* itself.

    Otherwise it is a model of the same modules, made anew, that holds the caller's own tensors, and in place of those
    without a shape yet fake ones that have it. It can be walked and run as the caller's could. A layer that the run did
    not reach stays lazy.
    """
    if not any(map(is_lazy_layer, modules_of(model))):
        return model
    attempt = Attempt(META, yes=False, deadline=monotonic() + seconds)
    attempt.run(model, args, kwargs, {})
    if attempt.model_clone is None:
        return model
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    shells: dict[int, nn.Module] = {}
    fakes: dict[int, Tensor] = {}
    for original, copy in attempt.model_clone.pairs:
        shells[id(original)] = shell_of(original, copy)
    for original, copy in attempt.model_clone.pairs:
        shell = shells[id(original)]
        if shell is original:
            continue
        if is_lazy_layer(original):
            copy_settings(original, copy, shell)
        for kind in _TENSORS:
            tensors = original.__dict__.get(kind) or {}
            with_shapes = copy.__dict__.get(kind) or {}
            shell.__dict__[kind] = {
                name: with_known_shape(tensor, with_shapes.get(name), mode, fakes) for name, tensor in tensors.items()
            }
        children = original.__dict__.get("_modules") or {}
        shell.__dict__["_modules"] = {
            name: child if child is None else shells.get(id(child), child) for name, child in children.items()
        }
    return shells[id(model)]


def shell_of(original: nn.Module, copy: nn.Module) -> nn.Module:
    """Return a module with the attributes of *original* and the class that *copy* has come to be."""
    if isinstance(original, torch.jit.ScriptModule):
        return original
    shell: nn.Module = object.__new__(type(copy))
    shell.__dict__.update(original.__dict__)
    return shell


def copy_settings(original: nn.Module, copy: nn.Module, shell: nn.Module) -> None:
    """Give *shell* the settings that *copy* found in its first call, and take the hooks away that found them."""
    for name, value in copy.__dict__.items():
        if type(value) in (int, float, bool, str, tuple, torch.Size):
            shell.__dict__[name] = value
    shell.__dict__["training"] = original.training
    for name in ("_forward_pre_hooks", "_load_state_dict_pre_hooks", "_state_dict_hooks"):
        hooks = original.__dict__.get(name) or {}
        others = {key: hook for key, hook in hooks.items() if getattr(hook, "__self__", None) is not original}
        shell.__dict__[name] = type(hooks)(others) if hooks else hooks


def with_known_shape(
    tensor: Tensor | None, shaped_copy: Tensor | None, mode: FakeTensorMode, fakes: dict[int, Tensor]
) -> Any:
    """Return *tensor* itself, or if it has no shape yet a fake of the shape it came to have."""
    if tensor is None or not is_lazy(tensor) or shaped_copy is None or is_lazy(shaped_copy):
        return tensor
    if id(tensor) not in fakes:
        fake = FakeTensor(mode, shaped_copy.detach(), tensor.device if tensor.device.type != "meta" else "cpu")
        if isinstance(tensor, nn.Parameter):
            fake._is_param = True
            fake.requires_grad_(tensor.requires_grad)
        fakes[id(tensor)] = fake
    return fakes[id(tensor)]


def is_lazy_layer(module: nn.Module) -> bool:
    """Return whether a module holds a tensor without a shape."""
    tensors = (tensor for kind in _TENSORS for tensor in (module.__dict__.get(kind) or {}).values())
    return any(tensor is not None and is_lazy(tensor) for tensor in tensors)


def modules_of(model: nn.Module) -> Iterator[nn.Module]:
    """Find every module once, however deep."""
    seen_ids: set[int] = set()
    stack = [model]
    while stack:
        module = stack.pop()
        if id(module) not in seen_ids:
            seen_ids.add(id(module))
            yield module
            stack += [child for child in (module.__dict__.get("_modules") or {}).values() if child is not None]
