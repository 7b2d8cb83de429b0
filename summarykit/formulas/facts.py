"""The facts of a layer that a rule works on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from summarykit.expression import Value
from summarykit.formulas.rules import Rule
from summarykit.formulas.source import SourceTensor
from summarykit.records import Shape


class Form(NamedTuple):
    """The tensor that a rule declares, where the layer stores another one for it."""

    tensor: str  #: the tensor as its rule declares it: ``weight``
    axis: int | None = None  #: of *lengths*: the axis with one value for each slice, None for a single value
    lengths: bool = False  #: the lengths that weight norm stores separately, not the tensor itself


class LayerFacts(NamedTuple):
    """A layer as names, settings and shapes, without its tensors."""

    lineage: tuple[str, ...]  #: qualified names of its class and the bases, nearest first
    settings: Mapping[str, Value]
    tensors: Mapping[str, Shape | None]  #: own parameters; None for a lazy one, which has no shape yet
    own_rule: Rule | None = None  #: the rule that its own class declares
    forms: Mapping[str, Form] = MappingProxyType({})  #: own tensors that are stored for others
    partial: bool = False  #: whether a child or parent has some of the tensors that its rule declares
    source_tensors: Mapping[str, SourceTensor] = MappingProxyType({})  #: their dimensions in the layer's own code
    inferred_tensors: Mapping[str, SourceTensor] = MappingProxyType({})  #: dimensions that the layer's name suggests
