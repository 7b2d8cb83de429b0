"""Which hooks of a model are part of what it computes."""

from __future__ import annotations

from collections.abc import Container
from functools import partial
from typing import Any

from torch import nn
from torch.nn.utils.prune import BasePruningMethod

#: The dictionaries of a module whose hooks run in a forward.
FORWARD_HOOKS = frozenset({"_forward_pre_hooks", "_forward_hooks"})
#: Those of no use to a forward: on a copy they would only call the user's code.
OTHER_HOOKS = frozenset({"_backward_pre_hooks", "_backward_hooks"})
#: Libraries whose hooks compute: weight norm, spectral norm, lazy layers, offloading, quantization.
_COMPUTING = frozenset({"torch", "accelerate", "transformers", "diffusers", "peft", "timm", "torch_geometric"})
#: Of these, parts that gather weights over many processes.
_NOT_COMPUTING = ("torch.distributed",)


def computes(hook: Any, model: Container[int]) -> bool:
    """Return whether a hook belongs to the model rather than to who looks at it; *model* has the ids of its modules.

    It does when a library that computes with hooks made it, or when the model itself did: then it is a method of one
    of its modules, or closes over one.
    """
    while isinstance(hook, partial):
        hook = hook.func
    owner = getattr(hook, "__self__", None)
    if isinstance(owner, nn.Module) and id(owner) in model:
        return True
    if any(isinstance(held, nn.Module) and id(held) in model for held in closed_over(hook)):
        return True
    if isinstance(hook, BasePruningMethod):
        return True
    home = getattr(hook if owner is None else owner, "__module__", None)
    if not isinstance(home, str) or home.startswith(_NOT_COMPUTING):
        return False
    return home.partition(".")[0] in _COMPUTING


def closed_over(hook: Any) -> list[object]:
    """Return what a function holds from where it was made."""
    cells = getattr(hook, "__closure__", None) or ()
    try:
        return [cell.cell_contents for cell in cells]
    except ValueError:
        return []
