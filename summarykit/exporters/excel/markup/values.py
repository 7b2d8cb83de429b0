"""What a row may hold besides text and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import SupportsFloat, SupportsIndex


@dataclass(frozen=True, slots=True)
class Formula:
    """A live cell: `text` is what Excel computes, `value` what is shown where nothing computes.

    `text` may hold the placeholders of `references.py`: `Formula("={this:out} * {this:in}", 64)`.
    """

    text: str
    value: str | int | float | bool


def scalar(value: object) -> str | int | float | bool:
    """Bring a number of another library (NumPy) to Python's; whatever is no number is shown as text."""
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, SupportsIndex):
        return value.__index__()
    return float(value) if isinstance(value, SupportsFloat) else str(value)
