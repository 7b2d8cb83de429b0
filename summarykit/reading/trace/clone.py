"""``clone()``: a copy of the caller's model made of fake tensors.

The caller's model is neither run nor changed: its attributes are read from ``__dict__`` and copied.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Container
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn.utils.prune import BasePruningMethod

from summarykit.reading.layer_kinds import ACTUAL, WRAPPERS
from summarykit.reading.trace.copier import ATOMS, Copier
from summarykit.reading.trace.fake_tensors import TensorFactory

#: The dictionaries of a module with hooks that run in a forward pass.
FORWARD_HOOKS = frozenset({"_forward_pre_hooks", "_forward_hooks"})
#: Hooks that a forward pass does not need: on a copy they would only call the user's code.
OTHER_HOOKS = frozenset({"_backward_pre_hooks", "_backward_hooks"})
#: Libraries whose hooks compute: weight norm, spectral norm, lazy layers, offloading, quantization.
_COMPUTING = frozenset({"torch", "accelerate", "transformers", "diffusers", "peft", "timm", "torch_geometric"})
#: Parts of these libraries that gather weights from several processes.
_NOT_COMPUTING = ("torch.distributed",)


def computes(hook: Any, model: Container[int]) -> bool:
    """Return whether a hook is part of the computation, and not an observer; *model* has the ids of its modules.

    A hook computes if a library that computes with hooks added it, or if it is a method of a module of the model or
    closes over one.
    """
    while isinstance(hook, partial):
        hook = hook.func
    owner = getattr(hook, "__self__", None)
    if isinstance(owner, nn.Module) and id(owner) in model:
        return True
    if any(isinstance(value, nn.Module) and id(value) in model for value in closure_values(hook)):
        return True
    if isinstance(hook, BasePruningMethod):
        return True
    home = getattr(hook if owner is None else owner, "__module__", None)
    if not isinstance(home, str) or home.startswith(_NOT_COMPUTING):
        return False
    return home.partition(".")[0] in _COMPUTING


def closure_values(hook: Any) -> list[object]:
    """Return the values that a function closes over."""
    cells = getattr(hook, "__closure__", None) or ()
    try:
        return [cell.cell_contents for cell in cells]
    except ValueError:
        return []


#: The attribute that a call of a module looks up first; ``Module.compile()`` sets it too.
CALL = "_compiled_call_impl"
_EMPTY = {dict, OrderedDict}
#: A module, its hooks of one kind, and the dictionary in its copy for those that compute.
HookTable = tuple[nn.Module, dict[int, Any], dict[int, Any]]


class Clone(NamedTuple):
    """A copy of a model, and what the copying found."""

    model: nn.Module
    pairs: list[tuple[nn.Module, nn.Module]]  #: each module and its copy, in the order they were reached
    copier: Copier
    left_out: tuple[nn.Module, ...]  #: modules with hooks that only observe

    @property
    def shared_values(self) -> dict[str, nn.Module | None]:
        """Objects that the copy shares with the caller's model, as text, with the module that has them."""
        return self.copier.shared_values


def clone(model: nn.Module, tensor_factory: TensorFactory, layer_ids: Collection[int]) -> Clone:
    """Return a copy of *model* in eval mode, without hooks that only observe.

    *layer_ids* are the ids of the modules that are layers of the report.

    It iterates over modules, so that a chain of thousands needs no deep recursion.
    """
    copier = Copier(tensor_factory)
    shell_of_root = copier.copy(model)
    pairs: list[tuple[nn.Module, nn.Module]] = []
    hook_tables: list[HookTable] = []
    left_out: dict[int, nn.Module] = {}
    while copier.waiting or hook_tables:
        while copier.waiting:
            original, shell = copier.waiting.popleft()
            pairs.append((original, shell))
            if not isinstance(original, torch.jit.ScriptModule):
                copier.owner = original
                hook_tables += fill(original, shell, copier)
                see_through(original, shell, layer_ids)
        # Hooks are chosen last: only now are all modules of the model known.
        for original, hooks, copies in hook_tables:
            computing = {key: hook for key, hook in hooks.items() if computes(hook, copier.memo)}
            copies.update((key, copier.copy(hook)) for key, hook in computing.items())
            if len(computing) < len(hooks):
                left_out[id(original)] = original
        hook_tables = []
    return Clone(shell_of_root, pairs, copier, tuple(left_out.values()))


def fill(original: nn.Module, shell: nn.Module, copier: Copier) -> list[HookTable]:
    """Copy the attributes of *original* to *shell*; return the hook tables that are still to be copied."""
    attributes = shell.__dict__
    attributes.update(original.__dict__)
    hook_tables: list[HookTable] = []
    for name, value in original.__dict__.items():
        kind = type(value)
        if kind in ATOMS:
            continue
        if kind in _EMPTY and not value:
            attributes[name] = kind()
        elif name in FORWARD_HOOKS:
            attributes[name] = copier.memo.setdefault(id(value), OrderedDict())
            hook_tables.append((original, value, attributes[name]))
        elif name in OTHER_HOOKS:
            attributes[name] = OrderedDict()
        elif name != CALL:
            attributes[name] = copier.copy(value)
    attributes.pop(CALL, None)
    if "training" in attributes:
        attributes["training"] = False
    return hook_tables


def see_through(original: nn.Module, shell: nn.Module, layer_ids: Collection[int]) -> None:
    """Make the copy of a wrapper call the model in it: no compiling, no distribution over devices."""
    kind = type(original)
    inner_name = WRAPPERS.get(f"{kind.__module__}.{kind.__qualname__}")
    inner = shell.__dict__.get("_modules", {}).get(inner_name) if inner_name else None
    if inner is None:
        return
    shell.__dict__["forward"] = inner
    if id(original) not in layer_ids:
        shell.__dict__[CALL] = inner


def record_calls(
    model_clone: Clone, layer_numbers: Any, recorder_for: Callable[[nn.Module, int], Callable[..., Any]]
) -> None:
    """Send every call of a module of the copy through ``recorder_for(module, number)``; -1 means no layer number.

    Forward hooks could record calls as well. This costs less, shows where an exception comes from, and keeps the
    order of the model's own hooks.
    """
    for original, shell in model_clone.pairs:
        number = layer_numbers.get(id(original))
        if number is None:
            if CALL in shell.__dict__:
                continue
            actual = original.__dict__.get(ACTUAL)
            number = layer_numbers.get(id(actual), -1) if actual is not None else -1
        shell.__dict__[CALL] = recorder_for(shell, number)
