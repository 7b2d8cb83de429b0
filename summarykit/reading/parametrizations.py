"""Which tensors of a live layer stand for others: torch's parametrizations, and the hooks before them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from summarykit.formulas import Form

_LIST = "torch.nn.utils.parametrize.ParametrizationList"
_PARAMETRIZED_CLASS = "torch.nn.utils.parametrize.Parametrized"
_WEIGHT_NORM = "torch.nn.utils.parametrizations._WeightNorm"
#: Hooks that keep the class and rename its tensor, and the attribute that says which.
_HOOKS = {
    "torch.nn.utils.weight_norm.WeightNorm": "name",
    "torch.nn.utils.spectral_norm.SpectralNorm": "name",
    "torch.nn.utils.prune.BasePruningMethod": "_tensor_name",
}


def is_parametrized(lineage: tuple[str, ...]) -> bool:
    """Return whether a class was derived by torch to hold parametrizations."""
    return lineage[0].startswith(_PARAMETRIZED_CLASS) and lineage[0] != _LIST


def is_parametrization(lineage: tuple[str, ...]) -> bool:
    """Return whether a layer holds the tensors of a parametrized one."""
    return lineage[0] == _LIST


def parametrization_forms(module: nn.Module, tensor: str) -> dict[str, Form]:
    """Return the forms in which a ``ParametrizationList`` keeps *tensor* of the layer it belongs to."""
    steps = list(_children(module).values())
    if len(steps) == 1 and _is(steps[0], _WEIGHT_NORM):
        axis = steps[0].__dict__.get("dim")
        return {"original0": Form(tensor, axis if axis != -1 else None, lengths=True), "original1": Form(tensor)}
    return {"original": Form(tensor)}


def hook_forms(module: nn.Module) -> dict[str, Form]:
    """Return the forms that the hooks of an older kind keep: ``weight_g`` and ``weight_v``, ``weight_orig``."""
    forms: dict[str, Form] = {}
    for hook in (module.__dict__.get("_forward_pre_hooks") or {}).values():
        attribute = next((setting for name, setting in _HOOKS.items() if _is(hook, name)), None)
        facts: Mapping[str, Any] = getattr(hook, "__dict__", {}) if attribute else {}
        tensor = facts.get(attribute or "")
        if isinstance(tensor, str):
            axis = facts.get("dim")
            forms[f"{tensor}_g"] = Form(tensor, axis if axis != -1 else None, lengths=True)
            forms[f"{tensor}_v"] = forms[f"{tensor}_orig"] = Form(tensor)
    return forms


def _children(module: nn.Module) -> Mapping[str, nn.Module]:
    return {name: child for name, child in (module.__dict__.get("_modules") or {}).items() if child is not None}


def _is(value: object, name: str) -> bool:
    return any(f"{base.__module__}.{base.__qualname__}" == name for base in type(value).__mro__)
