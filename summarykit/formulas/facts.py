"""What a rule may look at."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from summarykit.expression import Value
from summarykit.formulas.rules import Rule
from summarykit.formulas.source import Sourced
from summarykit.records import Shape


class LayerFacts(NamedTuple):
    """A layer as names, settings and shapes; never a tensor."""

    lineage: tuple[str, ...]  #: qualified names of its class and the bases, nearest first
    settings: Mapping[str, Value]
    tensors: Mapping[str, Shape | None]  #: own parameters; None for a shape not known yet
    declared: Rule | None = None  #: the rule that its own class declares
    sourced: Mapping[str, Sourced] = MappingProxyType({})  #: what the layer's own code says of them
