"""Shapes, calls and MACs of a forward pass."""

from __future__ import annotations

from typing import NamedTuple

from summarykit.exporters.view.values.blocks import Block
from summarykit.exporters.view.values.pieces import Rich


class FlowLine(NamedTuple):
    """One tensor that enters or leaves a layer, or several of one size whose names count up."""

    name: str  #: ``past_key_values.0–11.keys``
    shape: str
    dtype: str
    times: int  #: how many tensors


class RowFlow(NamedTuple):
    """Shapes, calls and MACs of a row; numbers are of all its copies and calls, texts of one."""

    calls: int  #: of one copy
    status: str  #: why it was not called; empty where it was
    inputs: tuple[FlowLine, ...]
    outputs: tuple[FlowLine, ...]
    output: str  #: shape of the first result
    varies: bool  #: other calls have other sizes
    macs_value: int
    macs: str
    inside_value: int
    inside: str
    inside_short: str
    share: str  #: of all MACs, with everything inside
    formula: str  #: of one call, in names
    equation: str  #: of one call, in numbers with the result
    macs_text: str  #: the same times calls and copies: ``12 × (128 × 768) = 1,179,648``
    sentence: str
    word: str
    sign: str
    look: str
    origin: str
    output_bytes: str
    approximate: bool
    done: bool


class RunView(NamedTuple):
    """The forward pass as a whole."""

    given: Rich  #: "`x` 1 × 3 × 224 × 224 (float32), given"
    macs: str  #: empty if it failed
    macs_value: int
    macs_rounded: str
    flops: str
    approximate: bool
    sentence: Rich  #: which block has most MACs
    one_line: str
    blocks: tuple[Block, ...]  #: by MACs
    peak_inference: str
    peak_training: str
    made: tuple[str, ...]
