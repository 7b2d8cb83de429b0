"""Everything around a run that a forward could change, put back afterwards."""

from __future__ import annotations

import itertools
import logging
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch.nn.modules import module as module_hooks
from torch.utils._python_dispatch import _disable_current_modes

#: A watched call is one frame more than a call, and a model nested as deep as Python allows must still run.
_MORE_FRAMES = 3
_GLOBAL_HOOKS = (
    "_global_forward_pre_hooks", "_global_forward_hooks", "_global_forward_hooks_always_called",
    "_global_forward_hooks_with_kwargs", "_global_backward_pre_hooks", "_global_backward_hooks",
    "_global_buffer_registration_hooks", "_global_module_registration_hooks", "_global_parameter_registration_hooks",
)  # fmt: skip
#: Switches of torch as (where, what).
_SWITCHES = (
    (torch.backends.cudnn, "enabled"), (torch.backends.cudnn, "benchmark"), (torch.backends.cudnn, "deterministic"),
    (torch.backends.cuda.matmul, "allow_fp16_reduced_precision_reduction"),
    (torch.backends.cuda.matmul, "allow_bf16_reduced_precision_reduction"), (torch.backends.mkldnn, "enabled"),
)  # fmt: skip
#: Backends of torch and their operations, each with a precision of its own.
_PRECISIONS = (("generic", "all"), *itertools.product(("cuda", "mkldnn"), ("all", "matmul", "conv", "rnn")))


@contextmanager
def preserve_global_state() -> Iterator[None]:
    """Run what stands inside without gradients, compiling or fused shortcuts, and put back what it changes."""
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        for keeper in (random_numbers, switches, precision, defaults, global_hooks, recursion, quiet):
            stack.enter_context(keeper())
        stack.enter_context(_disable_current_modes())
        stack.enter_context(eager())
        stack.enter_context(torch.no_grad())
        if torch.get_default_device().type == "meta":
            stack.enter_context(torch.device("cpu"))
        yield


@contextmanager
def random_numbers() -> Iterator[None]:
    """Put the states of all generators back that a program has without asking."""
    ours, numpys, torchs = random.getstate(), np.random.get_state(), torch.get_rng_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    try:
        yield
    finally:
        random.setstate(ours)
        np.random.set_state(numpys)
        torch.set_rng_state(torchs)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)


@contextmanager
def switches() -> Iterator[None]:
    """Put the switches of torch's backends back; meanwhile attention takes no shortcut that hides its projections."""
    before = [(where, what, getattr(where, what)) for where, what in _SWITCHES]
    fastpath = torch.backends.mha.get_fastpath_enabled()
    attention = {
        name: getattr(torch.backends.cuda, f"{name}_sdp_enabled")() for name in ("flash", "mem_efficient", "math")
    }
    threads = torch.get_num_threads()
    strict, warn = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fastpath)
        for where, what, value in before:
            if getattr(where, what) != value:
                setattr(where, what, value)
        for name, value in attention.items():
            getattr(torch.backends.cuda, f"enable_{name}_sdp")(value)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(strict, warn_only=warn)


@contextmanager
def precision() -> Iterator[None]:
    """Put the precision of products back, which torch keeps as one word and, in newer versions, for each backend."""
    word = torch.get_float32_matmul_precision()
    ask = getattr(torch._C, "_get_fp32_precision_getter", None)
    before = {} if ask is None else {key: ask(*key) for key in _PRECISIONS}
    try:
        yield
    finally:
        # The word alone can no longer be asked for where a forward mixed the two ways.
        if ask is None or any(ask(*key) != value for key, value in before.items()):
            torch.set_float32_matmul_precision(word)
            for key, value in before.items():
                torch._C._set_fp32_precision_setter(*key, value)


@contextmanager
def defaults() -> Iterator[None]:
    """Put the default dtype, the default device and the modes of autograd and autocast back."""
    dtype, device = torch.get_default_dtype(), getattr(torch._GLOBAL_DEVICE_CONTEXT, "device_context", None)
    grad, anomaly = torch.is_grad_enabled(), torch.is_anomaly_enabled()
    autocast = {kind: (torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)) for kind in ("cpu", "cuda")}
    autocast_cache = torch.is_autocast_cache_enabled()
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        if getattr(torch._GLOBAL_DEVICE_CONTEXT, "device_context", None) is not device:
            torch.set_default_device(None if device is None else device.device)
        torch.set_grad_enabled(grad)
        if torch.is_anomaly_enabled() != anomaly:
            torch.autograd.set_detect_anomaly(anomaly)
        for kind, (is_on, autocast_dtype) in autocast.items():
            torch.set_autocast_enabled(kind, is_on)
            torch.set_autocast_dtype(kind, autocast_dtype)
        torch.set_autocast_cache_enabled(autocast_cache)


@contextmanager
def global_hooks() -> Iterator[None]:
    """Take hooks of all modules away, which would tell the caller of a copy, and put them back."""
    before: list[tuple[dict[Any, Any], list[tuple[Any, Any]]]] = []
    for name in _GLOBAL_HOOKS:
        hooks = getattr(module_hooks, name, None)
        if isinstance(hooks, dict):
            before.append((hooks, list(hooks.items())))
            hooks.clear()
    try:
        yield
    finally:
        for hooks, items in before:
            hooks.clear()
            hooks.update(items)


@contextmanager
def recursion() -> Iterator[None]:
    """Allow deeper calls for a while."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before * _MORE_FRAMES)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep torch from printing what fails: the record of the run tells it."""
    log = logging.getLogger("torch._subclasses.fake_tensor")
    before = log.disabled
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = before


@contextmanager
def eager() -> Iterator[None]:
    """Run compiled functions as they were written. Where nothing is compiled, the compiler is not even loaded."""
    if "torch._dynamo" not in sys.modules or not hasattr(torch.compiler, "set_stance"):
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield
