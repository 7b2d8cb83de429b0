"""Dimensions that a layer's name suggests, where neither a rule nor its code gives them: *inferred*, never checked.

A family is recognised by the names of its classes and says what each axis is. Each size is one exact setting, of the
layer or of the nearest config: the first name of a role that is set, whatever its value, so that nothing is fitted to
the tensor. Where a size then differs from the tensor's axis, as in a transposed table, none is used.
Families are those of transformers 5.23 and timm 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from summarykit.expression import Unanswerable, Value, evaluate, names_in, parse
from summarykit.formulas.source import SourceTensor
from summarykit.records import Shape

#: Names of the setting for a size, by its role; the most specific name first.
ROLES = {
    "WIDTH": (
        "normalized_shape",
        "hidden_size",
        "dim",
        "num_features",
        "num_channels",
        "d_model",
        "n_embd",
        "embed_dim",
    ),
    "EXPERTS": ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"),
    "HIDDEN": ("hidden_dim", "hidden_size", "d_model", "dim"),
    "INNER": ("intermediate_dim", "moe_intermediate_size", "expert_dim", "intermediate_size", "ffn_dim"),
    "CHANNELS": ("intermediate_size", "d_inner", "mamba_d_inner"),
    "STATE": ("ssm_state_size", "state_size", "d_state", "mamba_d_state"),
    "SSM_HEADS": ("num_heads", "n_mamba_heads", "mamba_n_heads", "mamba_num_heads", "nheads"),
    "HEADS": ("num_heads", "num_attention_heads", "n_head"),
    "ROWS": ("window_size[0]", "window_size"),
    "COLUMNS": ("window_size[1]", "window_size"),
    "NX": ("nx",),
    "NF": ("nf",),
}


class LayerFamily(NamedTuple):
    """A family of layers: names of classes, and the dimensions of tensors by their roles."""

    classes: tuple[str, ...]
    tensors: Mapping[str, str]
    needs: tuple[str, ...] = ()  #: tensors without which a layer is not of the family


_EXPERTS_TURNED = {
    "gate_up_proj": "EXPERTS, HIDDEN, 2 * INNER",
    "gate_up_proj_bias": "EXPERTS, 2 * INNER",
    "down_proj": "EXPERTS, INNER, HIDDEN",
    "down_proj_bias": "EXPERTS, HIDDEN",
}
_EXPERTS = {
    "gate_up_proj": "EXPERTS, 2 * INNER, HIDDEN",
    "gate_up_proj_bias": "EXPERTS, 2 * INNER",
    "up_proj": "EXPERTS, INNER, HIDDEN",
    "gate_proj": "EXPERTS, INNER, HIDDEN",
    "down_proj": "EXPERTS, HIDDEN, INNER",
    "down_proj_bias": "EXPERTS, HIDDEN",
}
_VECTORS = ("weight", "bias", "scale", "shift", "gamma", "beta", "lambda1", "layer_scale")
#: The first family is used whose pattern fits the name and whose tensors are all there.
FAMILIES = (
    LayerFamily(("*Norm", "*Norm2d", "*RMSNorm*", "*RmsNorm*", "*LayerNorm*"), dict.fromkeys(_VECTORS, "WIDTH")),
    LayerFamily(("*LayerScale", "*LayerScale2d"), dict.fromkeys(_VECTORS, "WIDTH")),
    LayerFamily(("GptOss*Experts", "Llama4*Experts", "OpenAIPrivacyFilterExperts"), _EXPERTS_TURNED, ("down_proj",)),
    LayerFamily(("*Experts",), _EXPERTS, ("down_proj",)),
    LayerFamily(("*Conv1D",), {"weight": "NX, NF", "bias": "NF"}, ("weight",)),
    LayerFamily(("*Mamba2*",), {"A_log": "SSM_HEADS", "D": "SSM_HEADS", "dt_bias": "SSM_HEADS"}, ("A_log",)),
    LayerFamily(("*Mamba*", "*SSM*"), {"A_log": "CHANNELS, STATE", "D": "CHANNELS"}, ("A_log",)),
    LayerFamily(
        ("*Attention*", "*RelativePosition*"),
        {"relative_position_bias_table": "(2 * ROWS - 1) * (2 * COLUMNS - 1), HEADS"},
        ("relative_position_bias_table",),
    ),
)
_ROLE = re.compile(r"\b[A-Z][A-Z_]+\b")


def infer_tensors(
    lineage: Sequence[str], settings: Mapping[str, Value], config: Mapping[str, Value], tensors: Mapping[str, Shape]
) -> dict[str, SourceTensor]:
    """Return the dimensions of these tensors by the names of layer and settings; a tensor that differs is left out."""
    family = _family(lineage, tensors)
    result: dict[str, SourceTensor] = {}
    for name, text in (family.tensors if family else {}).items():
        tensor = _suggestion(text, settings, config) if name in tensors else None
        if tensor is not None and _shape(tensor) == tensors[name]:
            result[name] = tensor
    return result


def _family(lineage: Sequence[str], tensors: Mapping[str, Shape]) -> LayerFamily | None:
    names = [name.rpartition(".")[2] for name in lineage if not name.startswith("torch.nn.")]
    for family in FAMILIES:
        if all(name in tensors for name in family.needs):
            for name in names:
                if any(fnmatchcase(name, pattern) for pattern in family.classes):
                    return family
    return None


def _suggestion(text: str, settings: Mapping[str, Value], config: Mapping[str, Value]) -> SourceTensor | None:
    """Return the dimensions *text* with a setting for each role, None where a role has no setting."""
    bindings: dict[str, Value] = {}
    notes: dict[str, None] = {}
    for role in dict.fromkeys(_ROLE.findall(text)):
        setting = _setting_of(role, settings, config)
        if setting is None:
            return None
        name, values, where = setting
        text = re.sub(rf"\b{role}\b", name, text)
        base = names_in(parse(name).tree)[0]
        if bindings.setdefault(base, values[base]) != values[base]:
            return None
        notes.setdefault(f"{base} {where}")
    dims = tuple(part.strip() for part in text.split(","))
    return SourceTensor(dims, tuple(sorted(bindings.items())), (), tuple(notes))


def _setting_of(
    role: str, settings: Mapping[str, Value], config: Mapping[str, Value]
) -> tuple[str, Mapping[str, Value], str] | None:
    """Return the setting for a role, all settings of its place, and that place as text; the layer's own go first."""
    for values, where in ((settings, "of the layer"), (config, "from config")):
        for name in ROLES[role]:
            one = f"{name}[0]" if isinstance(values.get(name), tuple) else name
            try:
                evaluate(parse(one).tree, values)
            except Unanswerable:
                continue
            return one, values, where
    return None


def _shape(tensor: SourceTensor) -> Shape | None:
    try:
        return tuple(evaluate(parse(dim).tree, dict(tensor.bindings)) for dim in tensor.dims)
    except Unanswerable:
        return None
