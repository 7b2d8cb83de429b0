"""Values of a row other than text and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import SupportsFloat, SupportsIndex


@dataclass(frozen=True, slots=True)
class Formula:
    """A live cell: `text` is what Excel computes, `value` what a program shows that computes nothing.

    `text` may hold the placeholders of `references.py`: `Formula("={this:out} * {this:in}", 64)`.
    """

    text: str
    value: str | int | float | bool


def scalar(value: object) -> str | int | float | bool:
    """Return a number of another library (NumPy) as a Python number, and anything else as text."""
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, SupportsIndex):
        return value.__index__()
    return float(value) if isinstance(value, SupportsFloat) else str(value)
