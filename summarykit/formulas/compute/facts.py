"""The facts of a call that a compute formula works on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from summarykit.expression import Value
from summarykit.records import Shape
from summarykit.runs import Flow, Operator


class ComputeFacts(NamedTuple):
    """One call of a layer as names, settings and sizes, without tensors."""

    lineage: tuple[str, ...]  #: qualified names of its class and the bases, nearest first
    settings: Mapping[str, Value]
    tensors: Mapping[str, Shape | None]  #: its own parameters
    inputs: tuple[Flow, ...]
    outputs: tuple[Flow, ...]
    operators: tuple[Operator, ...]  #: those that the layer itself ran, outside calls of other layers
