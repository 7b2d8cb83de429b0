"""Arithmetic on sizes that keeps the expression beside the value."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from summarykit.formulas.source.values import UNKNOWN, Plain, Size

MAX_SIZE = 2**63
_SUM, _PRODUCT, _ATOM = 0, 1, 2
_OPERATORS: dict[str, tuple[Callable[[int, int], int], int]] = {
    "+": (operator.add, _SUM),
    "-": (operator.sub, _SUM),
    "*": (operator.mul, _PRODUCT),
    "//": (operator.floordiv, _PRODUCT),
    "%": (operator.mod, _PRODUCT),
}


def literal(value: int) -> Size:
    """Return a number written in the code."""
    return Size(value, str(value), _ATOM if value >= 0 else _SUM, ())


def named(name: str, value: int | None, origin: str = "") -> Size:
    """Return a number by a name; without a value it is free, to be read from the tensor."""
    return Size(value, name, _ATOM, ((name, value),), ((name, origin),) if origin else ())


def is_free_name(size: Any) -> bool:
    """Return whether *size* is a name alone whose value is not known."""
    return isinstance(size, Size) and size.value is None and size.names == ((size.text, None),)


def combine(sign: str, left: Size, right: Size) -> Any:
    """Return ``left sign right`` with its expression, or unknown where the language has no such thing."""
    if sign not in _OPERATORS:
        return UNKNOWN
    function, rank = _OPERATORS[sign]
    value = None
    if left.value is not None and right.value is not None:
        if sign in {"//", "%"} and right.value == 0:
            return UNKNOWN
        value = function(left.value, right.value)
        if abs(value) >= MAX_SIZE:
            return UNKNOWN
    text = f"{_bracketed(left, rank)} {sign} {_bracketed(right, rank + 1)}"
    return Size(value, text, rank, _merged(left.names, right.names), _merged(left.origins, right.origins))


def extreme(function: str, sizes: list[Size]) -> Any:
    """Return ``min`` or ``max`` of sizes with its expression."""
    values = [size.value for size in sizes]
    known = [value for value in values if value is not None]
    value = (min(known) if function == "min" else max(known)) if len(known) == len(values) else None
    names, origins = sizes[0].names, sizes[0].origins
    for size in sizes[1:]:
        names, origins = _merged(names, size.names), _merged(origins, size.origins)
    return Size(value, f"{function}({', '.join(size.text for size in sizes)})", _ATOM, names, origins)


def as_number(value: Any) -> int | float | bool | None:
    """Return the plain number behind a value, None where there is none."""
    if isinstance(value, Size):
        return value.value
    if isinstance(value, Plain) and isinstance(value.value, int | float):
        return value.value
    return None


def _bracketed(size: Size, least: int) -> str:
    return size.text if size.rank >= least else f"({size.text})"


def _merged(left: tuple[Any, ...], right: tuple[Any, ...]) -> tuple[Any, ...]:
    return left + tuple(pair for pair in right if pair not in left)
