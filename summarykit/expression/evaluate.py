"""The exact value of a formula, a whole number of any size."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from summarykit.expression.nodes import (
    Choice,
    Compare,
    Extreme,
    Item,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Reduce,
    Remainder,
    Sum,
    Text,
)

#: A setting: a number, a text, None, or a tuple of these.
Value = int | float | str | None | tuple["Value", ...]
Bindings = Mapping[str, Value]

#: A count of more bits is a mistake in the rule; Python does not print numbers much larger than that.
MAX_BITS = 8_192
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_REDUCE: dict[str, Callable[[tuple[int, ...]], int]] = {"prod": math.prod, "sum": sum, "len": len}


class Unanswerable(Exception):
    """A formula has no value for the layer; the message says why."""


def evaluate(node: Node, bindings: Bindings) -> int:
    """Return the value of *node* as a whole number; conditions are 1 or 0.

    Raises:
        Unanswerable: A name is missing, is not a whole number, or a divisor is zero.

    """
    match node:
        case Number(value=value):
            return value
        case Name(name=name):
            return whole(name, lookup(name, bindings))
        case Item(name=name, index=index):
            return element(name, elements(name, bindings), evaluate(index, bindings))
        case Reduce(function=function, name=name):
            return _REDUCE[function](elements(name, bindings))
        case Sum(terms=terms):
            return sum(evaluate(term, bindings) for term in terms)
        case Product(factors=factors):
            return check_bits(math.prod(evaluate(factor, bindings) for factor in factors))
        case Negative(term=term):
            return -evaluate(term, bindings)
        case Quotient(dividend=a, divisor=b):
            return evaluate(a, bindings) // nonzero(b, bindings)
        case Remainder(dividend=a, divisor=b):
            return evaluate(a, bindings) % nonzero(b, bindings)
        case Power(base=base, exponent=exponent):
            return power(evaluate(base, bindings), evaluate(exponent, bindings))
        case Choice(condition=test, then=then, other=other):
            return evaluate(then if truth(test, bindings) else other, bindings)
        case Extreme(function=function, terms=terms):
            values = [evaluate(term, bindings) for term in terms]
            return min(values) if function == "min" else max(values)
        case Compare() | Logic() | Text():
            return int(truth(node, bindings))


def truth(node: Node, bindings: Bindings) -> bool:
    """Return whether the condition *node* is true; the value of a name is true or false as in Python.

    Raises:
        Unanswerable: As for ``evaluate``, or two values cannot be compared.

    """
    match node:
        case Compare(left=left, operator=sign, right=right):
            a, b = operand(left, bindings), operand(right, bindings)
            try:
                return _COMPARE[sign](a, b)
            except TypeError:
                raise Unanswerable(f"{a!r} and {b!r} cannot be compared with {sign}") from None
        case Logic(operator="not", terms=(term,)):
            return not truth(term, bindings)
        case Logic(operator=word, terms=terms):
            values = (truth(term, bindings) for term in terms)
            return all(values) if word == "and" else any(values)
        case Name() | Text():
            return bool(operand(node, bindings))
    return evaluate(node, bindings) != 0


def operand(node: Node, bindings: Bindings) -> Value:
    """Return one side of a comparison: a text or a setting unchanged, else a number."""
    match node:
        case Text(value=value):
            return value
        case Name(name=name):
            return lookup(name, bindings)
        case Choice(condition=test, then=then, other=other):
            return operand(then if truth(test, bindings) else other, bindings)
    return evaluate(node, bindings)


def lookup(name: str, bindings: Bindings) -> Value:
    """Return the setting *name*, or raise ``Unanswerable`` when the layer has none."""
    try:
        return bindings[name]
    except KeyError:
        raise Unanswerable(f"the layer has no setting `{name}`") from None


def elements(name: str, bindings: Bindings) -> tuple[int, ...]:
    """Return the setting *name* as a tuple of whole numbers; a single number counts as one element."""
    value = lookup(name, bindings)
    parts = value if isinstance(value, tuple) else (value,)
    return tuple(whole(f"{name}[{i}]", part) for i, part in enumerate(parts))


def element(name: str, values: tuple[int, ...], index: int) -> int:
    """Return ``values[index]``, or raise ``Unanswerable`` when *name* is shorter than that."""
    try:
        return values[index]
    except IndexError:
        raise Unanswerable(f"the setting `{name}` has {len(values)} elements, no `{name}[{index}]`") from None


def whole(name: str, value: Value) -> int:
    """Return *value* as a whole number, or raise ``Unanswerable``."""
    if isinstance(value, int):
        return int(value)
    raise Unanswerable(f"the setting `{name}` is {value!r}, not a whole number")


def nonzero(node: Node, bindings: Bindings) -> int:
    """Return the value of a divisor, or raise ``Unanswerable`` when it is zero."""
    value = evaluate(node, bindings)
    if value == 0:
        raise Unanswerable("something is divided by zero")
    return value


def power(base: int, exponent: int) -> int:
    """Return ``base ** exponent``, or raise ``Unanswerable`` before computing a number too large for a count."""
    if exponent < 0:
        raise Unanswerable(f"the exponent {exponent} is below 0")
    if base.bit_length() * exponent > MAX_BITS and abs(base) > 1:
        raise Unanswerable("the number is too large for a count")
    return int(base**exponent)


def check_bits(value: int) -> int:
    """Return *value*, or raise ``Unanswerable`` when it is too large to be a count."""
    if value.bit_length() > MAX_BITS:
        raise Unanswerable("the number is too large for a count")
    return value
