"""What a rule may look at."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from summarykit.expression import Value
from summarykit.formulas.rules import Rule
from summarykit.formulas.source import SourceTensor
from summarykit.records import Shape


class Form(NamedTuple):
    """What a tensor stands for, where a layer keeps another one in its place."""

    tensor: str  #: the tensor as its rule declares it: ``weight``
    axis: int | None = None  #: of *lengths*: the axis with one number for each slice, None for one in all
    lengths: bool = False  #: the lengths that weight norm splits off, not the tensor itself


class LayerFacts(NamedTuple):
    """A layer as names, settings and shapes; never a tensor."""

    lineage: tuple[str, ...]  #: qualified names of its class and the bases, nearest first
    settings: Mapping[str, Value]
    tensors: Mapping[str, Shape | None]  #: own parameters; None for a shape not known yet
    own_rule: Rule | None = None  #: the rule that its own class declares
    forms: Mapping[str, Form] = MappingProxyType({})  #: own tensors that stand for others
    partial: bool = False  #: whether a child or parent holds some of the tensors its rule declares
    source_tensors: Mapping[str, SourceTensor] = MappingProxyType({})  #: what the layer's own code says of them
    inferred_tensors: Mapping[str, SourceTensor] = MappingProxyType(
        {}
    )  #: what its name suggests of those that no code tells of
