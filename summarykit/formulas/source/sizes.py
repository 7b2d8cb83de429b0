"""Arithmetic on sizes that keeps the expression beside the value."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from summarykit.formulas.source.values import UNKNOWN, Plain, Real, Size

MAX_SIZE = 2**63
#: A local name, numbered because it may have several values one after the other.
SLOT = re.compile(r"\b(\w+?)__slot\d+\b")
_SUM, _PRODUCT, _POWER, _ATOM = 0, 1, 2, 3
_LONGEST_NOTE = 240
_OPERATORS: dict[str, tuple[Callable[[Any, Any], Any], int]] = {
    "+": (operator.add, _SUM),
    "-": (operator.sub, _SUM),
    "*": (operator.mul, _PRODUCT),
    "//": (operator.floordiv, _PRODUCT),
    "%": (operator.mod, _PRODUCT),
    "/": (operator.truediv, _PRODUCT),
    "**": (operator.pow, _POWER),
}
#: A note that names the place of the code already.
_HAS_PLACE = re.compile(r" in (the loop|\w+)(,|$)")
#: Larger exponents are not computed.
_EXPONENTS = 64


def literal(value: int) -> Size:
    """Return a number written in the code."""
    return Size(value, str(value), _ATOM if value >= 0 else _SUM, ())


def real(value: float, text: str = "") -> Real:
    """Return a number with a point, by a name or as the code writes it."""
    return Real(value, text or repr(value), _ATOM if value >= 0 or text else _SUM)


def named_size(name: str, value: int | None, origin: str = "") -> Size:
    """Return a number by a name; without a value it is free, to be read from the tensor."""
    return Size(value, name, _ATOM, ((name, value),), ((name, origin),) if origin else ())


def opaque_number(value: int | float, text: str, origins: tuple[tuple[str, str], ...]) -> Any:
    """Return a number that no formula gives, with the words of the code that do."""
    if isinstance(value, float):
        return Real(value, text, _ATOM, origins)
    return Size(value, text, _ATOM, (), origins, opaque=True) if abs(value) < MAX_SIZE else UNKNOWN


def has_slot(size: Any) -> bool:
    """Return whether in *size* is a number that the code chose in an unknown way."""
    return isinstance(size, Size) and any(value is None and is_slot(name) for name, value in size.names)


def is_slot(name: str) -> bool:
    """Return whether a name is a local one, given to a number of which no more is known."""
    return SLOT.fullmatch(name) is not None


def is_free_name(size: Any) -> bool:
    """Return whether *size* is a name alone whose value is not known."""
    return isinstance(size, Size) and size.value is None and size.names == ((size.text, None),)


def combine(sign: str, left: Size | Real, right: Size | Real) -> Any:
    """Return ``left sign right`` with its expression, or unknown where an operand or the result is not usable."""
    if sign not in _OPERATORS:
        return UNKNOWN
    function, rank = _OPERATORS[sign]
    text = f"{_bracket(left, rank + (sign == '**'))} {sign} {_bracket(right, rank + 1)}"
    origins = _merge(left.origins, right.origins)
    value: Any = None
    if left.value is not None and right.value is not None:
        value = _apply(function, sign, left.value, right.value)
        if value is None:
            return UNKNOWN
    if not isinstance(left, Size) or not isinstance(right, Size):
        return Real(value, text, rank, origins)
    if sign == "/":
        return Real(value, text, rank, origins, (left, right))
    if isinstance(value, float) or (sign == "**" and (right.value is None or right.value < 0)):
        return Real(value, text, rank, origins)
    return Size(
        value,
        text,
        rank,
        _merge(left.names, right.names),
        origins,
        left.opaque or right.opaque,
    )


def difference(left: Size, right: Size) -> Any:
    """Return ``left - right``; of ``n + 1`` and 1 that is n."""
    before, separator, _ = left.text.rpartition(f" + {right.text}")
    if separator and before.replace(".", "").isidentifier() and left.text == before + separator:
        value = None if left.value is None or right.value is None else left.value - right.value
        return Size(value, before, _ATOM, left.names, left.origins, left.opaque)
    return combine("-", left, right)


def _apply(function: Callable[[Any, Any], Any], sign: str, left: float, right: float) -> Any:
    """Return the number, None where there is none or it is out of all proportion."""
    if sign == "**" and abs(right) >= _EXPONENTS:
        return None
    try:
        value = function(left, right)
    except ArithmeticError:
        return None
    return value if isinstance(value, int | float) and abs(value) < MAX_SIZE else None


def truncate(number: Real, text: str) -> Any:
    """Return ``int(number)``: of a quotient the division itself, else in the code's words."""
    if number.value is None or not math.isfinite(number.value):
        return UNKNOWN
    if number.operands is not None:
        quotient = combine("//", *number.operands)
        if isinstance(quotient, Size) and quotient.value == int(number.value):
            return quotient
    return opaque_number(int(number.value), text, number.origins)


def extreme(function: str, sizes: list[Size]) -> Any:
    """Return ``min`` or ``max`` of sizes with its expression."""
    values = [size.value for size in sizes]
    numbers = [value for value in values if value is not None]
    value = (min(numbers) if function == "min" else max(numbers)) if len(numbers) == len(values) else None
    names, origins = sizes[0].names, sizes[0].origins
    for size in sizes[1:]:
        names, origins = _merge(names, size.names), _merge(origins, size.origins)
    opaque = any(size.opaque for size in sizes)
    return Size(
        value,
        f"{function}({', '.join(size.text for size in sizes)})",
        _ATOM,
        names,
        origins,
        opaque,
    )


def as_number(value: Any) -> int | float | bool | None:
    """Return the plain number behind a value, None where there is none."""
    if isinstance(value, Size | Real):
        return value.value
    if isinstance(value, Plain) and isinstance(value.value, bool):
        return value.value
    return None


def rename(name: str, size: Size, place: str = "") -> Size:
    """Return *size* under a name of its own, with a note on its expression and the place of that."""
    return named_size(name, size.value, note(size, place))


def note(size: Size, place: str) -> str:
    """Return ``= 2 * width in Block, where width = embed_dim in Net``."""
    origins = dict(size.origins)
    handed_on = origins.get(size.text, "")
    if handed_on.startswith("="):
        return f"{handed_on} in {place}" if place and not _HAS_PLACE.search(handed_on) else handed_on
    text = f"= {size.text}{f' in {place}' if place else ''}"
    explanations = [f"{name} {where}" for name, where in origins.items() if where.startswith("=")]
    full = f"{text}, where {' and '.join(explanations)}" if explanations else text
    return full if len(full) <= _LONGEST_NOTE else text


def name_opaque(size: Size, name: str) -> Size:
    """Return *size* so that a formula can say it."""
    return replace(rename(name, size), rank=_ATOM) if size.opaque else size


def _bracket(size: Size | Real, least: int) -> str:
    return size.text if size.rank >= least else f"({size.text})"


def _merge(left: tuple[Any, ...], right: tuple[Any, ...]) -> tuple[Any, ...]:
    return left + tuple(pair for pair in right if pair not in left)


def as_bindings(names: Mapping[str, int | None]) -> dict[str, Any]:
    """Return names as bindings; elements, ``depths[2]``, become the tuple they are in."""
    bindings: dict[str, Any] = {}
    for name, value in sorted(names.items()):
        base, bracket, index = name.partition("[")
        if not bracket:
            bindings[name] = value
            continue
        element = bindings.get(base)
        bindings[base] = with_element(
            element if isinstance(element, tuple) else (), index.rstrip("]").split("]["), value
        )
    return dict(sorted(bindings.items()))


def with_element(start: tuple[Any, ...], path: list[str], value: int | None) -> tuple[Any, ...]:
    """Return a tuple with one element set, in a tuple within it where the path goes on; others read 0."""
    at = int(path[0]) if path[0].isdigit() else 0
    elements = [*start, *[0] * (at + 1 - len(start))]
    inner = elements[at] if isinstance(elements[at], tuple) else ()
    elements[at] = with_element(inner, path[1:], value) if path[1:] else value
    return tuple(elements)
