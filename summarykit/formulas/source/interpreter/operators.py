"""What operators, comparisons and branches give for known values."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from summarykit.formulas.source import sizes
from summarykit.formulas.source.values import (
    UNKNOWN,
    Either,
    Fields,
    Function,
    Items,
    LiveObject,
    NewModule,
    OpenList,
    Partial,
    Plain,
    Preset,
    Range,
    Real,
    Rest,
    Size,
    Tensor,
)

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
MAX_UNROLL = 64
_ALTERNATIVES = 8
#: The later elements of a list to which a loop may yet add some.
NOTHING_YET = Either(())
#: One of several numbers.
A_NUMBER = Real(None, "a number", 3)


def binary(left: Any, sign: str, right: Any) -> Any:
    """Return ``left sign right``: numbers with their expression, texts, lists, dictionaries and tensors."""
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return tensor_arithmetic(left, right)
    if isinstance(left, Items | OpenList) and isinstance(right, Items | OpenList) and sign == "+":
        return concat([left, right])
    if isinstance(left, Items) and isinstance(right, Size) and sign == "*" and right.value is not None:
        return Items(left.items * right.value) if right.value * len(left.items) <= MAX_UNROLL else UNKNOWN
    if isinstance(left, Fields) and isinstance(right, Fields) and sign == "|":
        return with_fields(left, right)
    if is_text(left) and is_text(right) and sign == "+":
        return Plain(left.value + right.value)
    left, right = numeric(left), numeric(right)
    return sizes.combine(sign, left, right) if left is not None and right is not None else UNKNOWN


def numeric(value: Any) -> Any:
    """Return a value as an operand of arithmetic, None where it is no number."""
    if isinstance(value, Size | Real):
        return value
    if isinstance(value, Plain) and isinstance(value.value, bool):
        return sizes.opaque_number(int(value.value), str(value.value), ())
    return None


def is_text(value: Any) -> bool:
    """Return whether a value is a known text."""
    return isinstance(value, Plain) and isinstance(value.value, str)


def concat(parts: list[Any]) -> Items | OpenList:
    """Return the concatenated lists; after one of unknown length, positions are unknown."""
    items: list[Any] = []
    each: Any = None
    for part in parts:
        later = part.items if each is None else ()
        items += later
        for value in () if each is None else part.items:
            each = either(each, value)
        if isinstance(part, OpenList) and part.each is not None:
            each = part.each if each is None else either(each, part.each)
    if each is None and all(isinstance(part, Items) for part in parts):
        return Items(tuple(items))
    return OpenList(tuple(items), each)


def with_fields(left: Fields, right: Fields) -> Fields:
    """Return a dictionary updated by another, which may hide what it was."""
    items = dict(left.items)
    if right.rest is not None:
        items = {name: value for name, value in items.items() if right.rest.names and name in right.rest.names}
    rest = left.rest if right.rest is None else right.rest if left.rest is None else Rest()
    return Fields(tuple({**items, **dict(right.items)}.items()), rest, left.container)


def tensor_arithmetic(left: Any, right: Any) -> Any:
    """Return a tensor with something added or multiplied: its shape stays where the other is one number."""
    for tensor, other in ((left, right), (right, left)):
        if isinstance(tensor, Tensor) and numeric(other) is not None:
            return tensor
    both = isinstance(left, Tensor) and isinstance(right, Tensor)
    return left if both and left.dims == right.dims and UNKNOWN not in left.dims else UNKNOWN


def unary(sign: ast.unaryop, value: Any) -> Any:
    """Return ``-value`` or ``not value``."""
    if isinstance(sign, ast.Not):
        is_true = truth(value)
        return UNKNOWN if is_true is None else Plain(not is_true)
    if isinstance(value, Tensor):
        return value
    if not isinstance(sign, ast.USub):
        return UNKNOWN
    if isinstance(value, Real):
        negative = None if value.value is None else -value.value
        return Real(negative, f"-{value.text}", 0, value.origins)
    if isinstance(value, Size) and value.value is not None:
        return sizes.literal(-value.value) if value.text == str(value.value) else UNKNOWN
    return UNKNOWN


def truth(value: Any) -> bool | None:
    """Return whether a value is true, None where that is unknown."""
    if isinstance(value, Plain):
        return bool(value.value)
    if isinstance(value, Size | Real):
        return None if value.value is None else value.value != 0
    if isinstance(value, Items):
        return bool(value.items)
    if isinstance(value, Fields):
        return bool(value.items) if value.rest is None else None
    if isinstance(value, Either):
        answers = {truth(part) for part in value.values}
        return answers.pop() if len(answers) == 1 else None
    if isinstance(value, LiveObject | Function | NewModule | Partial):
        return True
    return None


def compare(left: Any, sign: ast.cmpop, right: Any) -> Any:
    """Return a comparison of plain values; ``is None`` of anything that is there."""
    if isinstance(left, Either):
        answers = {compare(part, sign, right) for part in left.values}
        return answers.pop() if len(answers) == 1 else UNKNOWN
    if isinstance(sign, ast.Is | ast.IsNot):
        return is_same(left, right, isinstance(sign, ast.Is))
    if isinstance(left, LiveObject) and isinstance(right, LiveObject) and isinstance(sign, ast.Eq | ast.NotEq):
        return is_same(left, right, isinstance(sign, ast.Eq)) if issubclass(type(left.target), type) else UNKNOWN
    if isinstance(sign, ast.In | ast.NotIn) and isinstance(right, Fields) and is_text(left):
        is_member = left.value in dict(right.items)
        return Plain(is_member == isinstance(sign, ast.In)) if is_member or right.rest is None else UNKNOWN
    a, b = plain(left), plain(right)
    if a is UNKNOWN or b is UNKNOWN:
        return UNKNOWN
    try:
        if isinstance(sign, ast.In | ast.NotIn):
            return Plain((a in b) == isinstance(sign, ast.In))
        return Plain(bool(_COMPARE[type(sign)](a, b)))
    except (TypeError, KeyError):
        return UNKNOWN


def is_same(left: Any, right: Any, same: bool) -> Any:
    """Return ``left is right`` where one is None, True or False, or both are live objects."""
    if isinstance(left, LiveObject) and isinstance(right, LiveObject):
        return Plain((left.target is right.target) == same)
    if not isinstance(right, Plain) or is_text(right):
        return UNKNOWN
    if left is UNKNOWN or isinstance(left, Preset) or (isinstance(left, Size) and left.value is None):
        return UNKNOWN
    return Plain((isinstance(left, Plain) and left.value is right.value) == same)


def plain(value: Any) -> Any:
    """Return the Python value behind a known one, ``UNKNOWN`` otherwise."""
    if isinstance(value, Plain):
        return value.value
    if isinstance(value, Size | Real):
        return UNKNOWN if value.value is None else value.value
    if isinstance(value, Items):
        parts = tuple(plain(part) for part in value.items)
        return UNKNOWN if any(part is UNKNOWN for part in parts) else parts
    return UNKNOWN


def either(left: Any, right: Any) -> Any:
    """Return what two ways agree on; of modules and their classes, an ``Either`` of both."""
    if left == right or right == NOTHING_YET:
        return left
    if left == NOTHING_YET:
        return right
    if isinstance(left, Fields) and isinstance(right, Fields):
        common = tuple(pair for pair in left.items if pair in right.items)
        return Fields(common, Rest(), left.container)
    if isinstance(left, Items | OpenList) and isinstance(right, Items | OpenList):
        return either_row(left, right)
    if isinstance(left, Size | Real) and isinstance(right, Size | Real):
        return A_NUMBER
    values: list[Any] = []
    for value in (left, right):
        for part in value.values if isinstance(value, Either) else (value,):
            values += [part] if part not in values else []
    if any(isinstance(value, Tensor) for value in values):
        values = [Plain(None) if isinstance(value, Size | Real | Plain) else value for value in values]
    makes_modules = len(values) <= _ALTERNATIVES and all(may_make(value) for value in values)
    return Either(tuple(values)) if makes_modules else UNKNOWN


def either_row(left: Items | OpenList, right: Items | OpenList) -> Any:
    """Return what two lists agree on, place by place; after that, any later one may be either's."""
    pairs = list(zip(left.items, right.items, strict=False))
    common = tuple(either(a, b) for a, b in pairs)
    later = [*left.items[len(pairs) :], *right.items[len(pairs) :]]
    later += [row.each for row in (left, right) if isinstance(row, OpenList) and row.each is not None]
    if not later and isinstance(left, Items) and isinstance(right, Items):
        return Items(common)
    container = left.container if isinstance(left, OpenList) else None
    if not later:
        return OpenList(common, None, container)
    each = NOTHING_YET
    for value in later:
        each = either(each, value)
    return OpenList(common, each, container)


def may_make(value: Any) -> bool:
    """Return whether a value is a module or tensor, creates one, or is None."""
    if isinstance(value, LiveObject):
        return issubclass(type(value.target), type)
    plain = isinstance(value, Plain) and value.value is None
    return plain or isinstance(value, NewModule | OpenList | Partial | Preset | Tensor)


def common_names(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """Return what two branches agree on."""
    return {name: either(left.get(name, UNKNOWN), right.get(name, UNKNOWN)) for name in {**left, **right}}


def merge_branches(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """Return what two branches write to self; what only one of them writes is perhaps not there."""
    absent = Plain(None)
    return {name: either(left.get(name, absent), right.get(name, absent)) for name in {**left, **right}}


def loop_items(value: Any) -> list[Any] | None:
    """Return the elements of a loop over *value*, None where they are unknown or too many."""
    if isinstance(value, Range):
        numbers = range(value.start, value.stop, value.step)
        return [sizes.literal(number) for number in numbers] if len(numbers) <= MAX_UNROLL else None
    if isinstance(value, OpenList):
        return list(value.items) if value.each is None else None
    if isinstance(value, Fields):
        return [Plain(name) for name, _ in value.items] if value.rest is None else None
    return list(value.items) if isinstance(value, Items) and len(value.items) <= MAX_UNROLL else None
