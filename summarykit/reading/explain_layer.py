"""Why one layer of a live model has its grade."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from summarykit.formulas import LayerFacts, Rule
from summarykit.formulas.explain import rule_for
from summarykit.formulas.provenance import LayerProvenance, LiveLayer, layer_provenance
from summarykit.formulas.user_rules import declared_rule, declares_rule
from summarykit.reading.model import lineage_of
from summarykit.reading.parametrizations import is_parametrization
from summarykit.records import LayerType, ModelRecords

_CONTAINERS = "torch.nn.modules.container"


def explain_layer(records: ModelRecords, modules: Sequence[nn.Module], number: int) -> LayerProvenance:
    """Return why the layer with this *number* has its grade; *records* and *modules* are those of one walk."""
    module = modules[number]
    maker, name = number, ""
    while type(modules[maker]).__module__ == _CONTAINERS and records.layers[maker].parent >= 0:
        parent = records.layers[maker].parent
        name = records.layers[maker].path.removeprefix(records.layers[parent].path).lstrip(".")
        maker = parent
    parameters = module.__dict__.get("_parameters") or {}
    owner = _owner(records, modules, number)
    live = LiveLayer(
        rule=_rule_of(modules[owner], records.types[records.layers[owner].type], own=owner == number),
        owner=records.layers[owner].path,
        attributes=frozenset(modules[owner].__dict__),
        parameters={key: tensor is not None for key, tensor in parameters.items()},
        maker=type(modules[maker]),
        names={key: name or key for key in parameters},
    )
    return layer_provenance(records, number, live)


def _owner(records: ModelRecords, modules: Sequence[nn.Module], number: int) -> int:
    """Return the layer whose rule and settings count: of a parametrization, the layer whose tensor it makes."""
    parent = records.layers[number].parent
    inside = parent > 0 and is_parametrization(lineage_of(type(modules[number])))
    return records.layers[parent].parent if inside else number


def _rule_of(module: nn.Module, kind: LayerType, *, own: bool) -> Rule | None:
    """Return the rule for a layer's class, with *own* the one that the class itself declares."""
    lineage = lineage_of(type(module))
    if isinstance(module, torch.jit.ScriptModule):
        return rule_for(LayerFacts((lineage[0], kind.qualified), {}, {}))
    own_rule = declared_rule(module) if own and declares_rule(type(module)) else None
    return rule_for(LayerFacts(lineage, {}, {}, own_rule))
