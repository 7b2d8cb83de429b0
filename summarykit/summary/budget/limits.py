"""``parse_limits()``: from ``max_parameters = "10M"`` and ``max_increase = "1%"`` to limits."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from summarykit.errors import BudgetError
from summarykit.summary.patterns import closest


class Quantity(StrEnum):
    """What can be limited."""

    PARAMETERS = "parameters"
    TRAINABLE = "trainable"
    BYTES = "bytes"
    MACS = "macs"
    ACTIVE = "active_parameters"


class Limit(NamedTuple):
    """One limit: at most so much of a quantity, in the whole model or in what a pattern fits."""

    key: str  #: as it is called in the table: ``"max_parameters"``
    quantity: Quantity
    pattern: str | None  #: None for the whole model
    written: int | str  #: as it was given: ``10`` or ``"1%"``
    most: Fraction  #: an amount, or for a share of the base that share
    increase: bool  #: it limits the increase from a base
    share: bool  #: *most* is a share of the base


#: The names a limit can have.
KEYS: dict[str, tuple[Quantity, bool]] = {
    **{f"max_{quantity}": (quantity, False) for quantity in Quantity},
    "max_increase": (Quantity.PARAMETERS, True),
    **{f"max_increase_{quantity}": (quantity, True) for quantity in Quantity if quantity != "parameters"},
}
#: The table with limits by pattern.
LAYERS = "layers"

_COUNTS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9, "G": 10**9, "T": 10**12}
_SIZES = {"": 1, "B": 1} | {
    f"{letter}{suffix}": base**power
    for suffix, base in (("B", 1000), ("iB", 1024))
    for power, letters in enumerate(("kK", "M", "G", "T"), 1)
    for letter in letters
}
_AMOUNT = re.compile(r"([0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?) ?([A-Za-z]*|%)")
#: No amount is longer.
_LONGEST = 40


def parse_limits(table: Mapping[str, object], where: str) -> tuple[Limit, ...]:
    """Return the limits in *table*, those by pattern after those on the whole model; *where* says whose it is.

    Raises:
        BudgetError: A name is unknown, or an amount is not of its form.

    """
    for key in table:
        check_key(key, (*KEYS, LAYERS), where)
    layers = table.get(LAYERS, {})
    hint = 'write layers = { "encoder.*" = { max_parameters = "10M" } }'
    if not isinstance(layers, Mapping):
        raise BudgetError(f"{where}: layers is {_excerpt(layers)}, and no table", hint=hint)
    all_limits = list(_limits({key: value for key, value in table.items() if key != LAYERS}, None, where))
    for pattern, limits in layers.items():
        if not isinstance(limits, Mapping) or not isinstance(pattern, str) or not pattern:
            raise BudgetError(f"{where}: layers has {_excerpt(pattern)} = {_excerpt(limits)}", hint=hint)
        inside = f"{where}: layers {_excerpt(pattern)}"
        for key in limits:
            check_key(key, KEYS, inside)
        all_limits += _limits(limits, pattern, inside)
    return tuple(all_limits)


def check_key(key: str, names: Mapping[str, object] | tuple[str, ...], where: str) -> None:
    """Look whether *key* is one of those *names*.

    Raises:
        BudgetError: It is not; the message says which is near.

    """
    if key in names:
        return
    near, there = closest(str(key), list(names)), f"there are: {', '.join(sorted(names))}"
    hint = f"did you mean {near!r}? {there.capitalize()}" if near else there
    raise BudgetError(f"{where} has no setting {_excerpt(key)}", hint=hint)


def _limits(table: Mapping[str, object], pattern: str | None, where: str) -> Iterator[Limit]:
    for key, value in table.items():
        quantity, increase = KEYS[key]
        if quantity is Quantity.ACTIVE and pattern is not None:
            what = f"{where}: {key} is known of the whole model only"
            raise BudgetError(what, hint="write it outside of layers, or limit parameters there")
        hint = _hint(key, quantity, increase=increase)
        most, share = _amount(value, quantity, f"{where}: {key}", hint)
        if share and not increase:
            raise BudgetError(f"{where}: {key} is {_excerpt(value)}, a share of nothing", hint=hint)
        assert isinstance(value, int | float | str)
        yield Limit(key, quantity, pattern, int(value) if isinstance(value, float) else value, most, increase, share)


def _amount(value: object, quantity: Quantity, what: str, hint: str) -> tuple[Fraction, bool]:
    """Return how much was *value*, and whether it is a share."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Fraction(value), False
    if isinstance(value, float) and math.isfinite(value) and value >= 0 and value.is_integer():
        return Fraction(int(value)), False
    match = _AMOUNT.fullmatch(value.strip()) if isinstance(value, str) and len(value) <= _LONGEST else None
    if not match:
        raise BudgetError(f"{what} is {_excerpt(value)}, and no amount", hint=hint)
    number, unit = Fraction(match[1].replace("_", "")), match[2]
    if unit == "%":
        return number / 100, True
    units = _SIZES if quantity is Quantity.BYTES else _COUNTS
    if unit not in units:
        raise BudgetError(f"{what} is {_excerpt(value)}: there is no unit {unit!r} for it", hint=hint)
    most = number * units[unit]
    if most.denominator != 1:
        raise BudgetError(f"{what} is {_excerpt(value)}, and no whole number", hint=hint)
    return most, False


def _hint(key: str, quantity: Quantity, *, increase: bool) -> str:
    example = "write a whole number from 0 on, or a text with a unit: "
    example += f'{key} = "10MB", or MiB' if quantity is Quantity.BYTES else f'{key} = "10M", or k, B, T'
    return f'{example}; or a share of the base: "1%"' if increase else example


def _excerpt(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 2 * _LONGEST else f"{text[: 2 * _LONGEST]}…"
