"""Memory for the weights, for inference and for training."""

from __future__ import annotations

from typing import NamedTuple


class MemoryLine(NamedTuple):
    """One figure of memory."""

    label: str
    formula: str  #: in numbers
    size: str  #: "97.5 MB"
    bytes: int
    text: str  #: the exact number
    sentence: str
    total: bool


class MemoryTable(NamedTuple):
    """Figures of memory that belong together."""

    title: str
    lines: tuple[MemoryLine, ...]
