"""Everything of a model and around it that a run could leave changed, as values to compare before and after."""

import random
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn
from torch.nn.modules import module as module_hooks

from support import oracle

DEEPEST = 12
GLOBAL_HOOKS = [name for name in vars(module_hooks) if name.startswith("_global_") and name.endswith("_hooks")]
SWITCHES = {
    "mha fast path": torch.backends.mha.get_fastpath_enabled,
    "deterministic": torch.are_deterministic_algorithms_enabled,
    "matmul precision": torch.get_float32_matmul_precision,
    "flash attention": torch.backends.cuda.flash_sdp_enabled,
    "memory-efficient attention": torch.backends.cuda.mem_efficient_sdp_enabled,
    "plain attention": torch.backends.cuda.math_sdp_enabled,
    "cudnn": lambda: torch.backends.cudnn.enabled,
    "cudnn benchmark": lambda: torch.backends.cudnn.benchmark,
    "mkldnn": lambda: torch.backends.mkldnn.enabled,
    "threads": torch.get_num_threads,
}


@contextmanager
def untouched(model: nn.Module, *inputs: object) -> Iterator[None]:
    """Fail when what stands inside changes *model*, *inputs* or anything around them."""
    before = everything(model, inputs)
    yield
    after = everything(model, inputs)
    assert before.keys() == after.keys()
    for place, value in before.items():
        assert after[place] == value, f"{place} has changed"


def everything(model: nn.Module, inputs: object = ()) -> dict[str, object]:
    """Return the state of a model, its inputs and the process, each part under a name."""
    found = around()
    for number, module in enumerate(oracle.reachable(model)):
        where = f"{number} ({type(module).__name__})"
        found[where] = (id(module), type(module))
        for name, value in module.__dict__.items():
            found[f"{where}.{name}"] = state_of(value)
        found[f"{where}, its attributes"] = list(module.__dict__)
    found["inputs"] = state_of(inputs)
    return found


def around() -> dict[str, object]:
    """Return what belongs to the process: random numbers, defaults, switches, hooks of all modules."""
    python, numpy = random.getstate(), np.random.get_state()
    return {
        "torch's random numbers": torch.get_rng_state().tolist(),
        "python's random numbers": python,
        "numpy's random numbers": (numpy[0], numpy[1].tolist(), *numpy[2:]),
        "grad mode": (torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_anomaly_enabled()),
        "autocast": (
            torch.is_autocast_enabled("cpu"),
            torch.is_autocast_enabled("cuda"),
            torch.is_autocast_cache_enabled(),
        ),
        "defaults": (torch.get_default_dtype(), torch.get_default_device()),
        "switches": {name: ask() for name, ask in SWITCHES.items()},
        "global hooks": {name: list(getattr(module_hooks, name).items()) for name in GLOBAL_HOOKS},
        "recursion limit": sys.getrecursionlimit(),
        "filters of warnings": list(warnings.filters),
        "modes": (torch._C._len_torch_dispatch_stack(), torch._C._len_torch_function_stack()),
    }


def state_of(value: object, depth: int = 0) -> object:
    """Return what an attribute is, as far in as one can see; modules are looked at one by one elsewhere."""
    if isinstance(value, torch.Tensor):
        return tensor_state(value)
    plain = isinstance(value, nn.Module | type | types.FunctionType | types.ModuleType) or depth > DEEPEST
    if plain or value is None:
        return id(value)
    if isinstance(value, int | float | str | bytes | complex):
        return (type(value), value if value == value else "nan")
    if isinstance(value, dict):
        return id(value), [(state_of(key, depth + 1), state_of(inner, depth + 1)) for key, inner in dict.items(value)]
    if isinstance(value, list | tuple):
        return id(value), [state_of(inner, depth + 1) for inner in value]
    if isinstance(value, set | frozenset):
        return id(value), sorted(map(repr, value))
    if isinstance(value, np.ndarray):
        return id(value), value.tobytes() if value.dtype != object else value.tolist()
    if isinstance(value, torch.Generator):
        return id(value), value.get_state().tolist()
    if isinstance(value, random.Random):
        return id(value), value.getstate()
    held = getattr(value, "__dict__", None)
    return id(value), state_of(dict(held), depth + 1)[1] if isinstance(held, dict) else None


def tensor_state(tensor: torch.Tensor) -> tuple[object, ...]:
    """Return identity, version, bits and gradient of a tensor."""
    facts = (id(tensor), type(tensor), tensor.requires_grad, tensor.device, tensor.dtype)
    if nn.parameter.is_lazy(tensor):
        return facts
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        grad = None if not tensor.is_leaf or tensor.grad is None else tensor_state(tensor.grad)
    return (*facts, tensor._version, tuple(tensor.shape), bits(tensor), grad)


def bits(tensor: torch.Tensor) -> object:
    """Return the very bits of a tensor, so that one nan equals itself and -0 is not 0."""
    if tensor.is_meta:
        return None
    with torch.no_grad():
        plain = tensor.detach()
        if plain.is_quantized:
            plain = plain.int_repr()
        if plain.layout is not torch.strided:
            plain = plain.to_dense()
        return plain.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if plain.numel() else b""
