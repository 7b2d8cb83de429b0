"""Reading expressions: what a piece of code would give, as far as data alone can tell."""

from __future__ import annotations

import ast
import builtins
import math
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from summarykit.formulas.source import calls, sites, sizes
from summarykit.formulas.source.values import (
    SELF,
    UNKNOWN,
    Function,
    Items,
    Made,
    MadeList,
    Method,
    Plain,
    Range,
    Size,
    SuperValue,
    Tensor,
    Thing,
)

if TYPE_CHECKING:
    from summarykit.formulas.source.frames import Frame
    from summarykit.formulas.source.reader import Reader

_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Div: "/",
    ast.Pow: "**",
}
_NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "/": operator.truediv,
    "**": operator.pow,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_UNROLLED = 64


def evaluate(reader: Reader, frame: Frame, node: ast.expr) -> Any:
    """Return what *node* gives, ``UNKNOWN`` where that cannot be told."""
    reader.spend()
    match node:
        case ast.Constant(value=value):
            return constant(value)
        case ast.Name(id=name):
            return lookup(frame, name)
        case ast.Attribute(value=owner, attr=name):
            return attribute(reader, evaluate(reader, frame, owner), name)
        case ast.Call():
            return calls.call(reader, frame, node)
        case ast.BinOp(left=left, op=sign, right=right):
            return binary(evaluate(reader, frame, left), _SIGNS.get(type(sign), ""), evaluate(reader, frame, right))
        case ast.UnaryOp(op=sign, operand=operand):
            return unary(sign, evaluate(reader, frame, operand))
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return items(reader, frame, parts)
        case ast.Subscript(value=owner, slice=index):
            return subscript(reader, frame, evaluate(reader, frame, owner), index)
        case ast.IfExp(test=test, body=then, orelse=other):
            held = truth(evaluate(reader, frame, test))
            if held is None:
                return same_or_unknown(evaluate(reader, frame, then), evaluate(reader, frame, other))
            return evaluate(reader, frame, then if held else other)
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return compare(evaluate(reader, frame, left), sign, evaluate(reader, frame, right))
        case ast.BoolOp(op=word, values=values):
            return logic(reader, frame, isinstance(word, ast.And), values)
        case ast.ListComp(elt=element, generators=[one]) | ast.GeneratorExp(elt=element, generators=[one]):
            return comprehension(reader, frame, element, one)
        case ast.Starred(value=value):
            return evaluate(reader, frame, value)
    return UNKNOWN


def constant(value: Any) -> Any:
    """Return a constant of the code."""
    if isinstance(value, int) and not isinstance(value, bool):
        return sizes.literal(value)
    return Plain(value) if value is None or isinstance(value, bool | str | float) else UNKNOWN


def lookup(frame: Frame, name: str) -> Any:
    """Return a name as the function sees it: local, then of its Python module, then built in."""
    if name in frame.locals:
        return frame.locals[name]
    if name in frame.globals:
        return sites.lifted(frame.globals[name], name, "")
    found = vars(builtins).get(name, UNKNOWN)
    return UNKNOWN if found is UNKNOWN else Thing(found, name)


def attribute(reader: Reader, owner: Any, name: str) -> Any:
    """Return ``owner.name``."""
    if owner is SELF:
        return reader.own_attribute(name)
    if isinstance(owner, SuperValue):
        return reader.inherited(owner.owner, name)
    if isinstance(owner, Thing):
        return sites.attribute(owner, name)
    if isinstance(owner, Tensor | Items | MadeList):
        return Method(owner, name)
    return UNKNOWN


def binary(left: Any, sign: str, right: Any) -> Any:
    """Return ``left sign right``: sizes with their expression, else plain numbers, texts and tuples."""
    if isinstance(left, Size) and isinstance(right, Size) and sign in {"+", "-", "*", "//", "%"}:
        return sizes.combine(sign, left, right)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return tensor_arithmetic(left, right)
    if isinstance(left, Items) and isinstance(right, Items) and sign == "+":
        return Items(left.items + right.items)
    if isinstance(left, Items) and isinstance(right, Size) and sign == "*" and right.value is not None:
        return Items(left.items * right.value) if right.value * len(left.items) <= _UNROLLED else UNKNOWN
    a, b = sizes.as_number(left), sizes.as_number(right)
    if a is None or b is None or sign not in _NUMBERS:
        return UNKNOWN
    try:
        return plain_number(_NUMBERS[sign](a, b)) if abs(b) < 64 or sign != "**" else UNKNOWN
    except (ArithmeticError, ValueError):
        return UNKNOWN


def plain_number(value: Any) -> Any:
    """Return a number that no expression of the language gives; a whole one gets its name when it is assigned."""
    if isinstance(value, int) and not isinstance(value, bool):
        return sizes.literal(value)
    return Plain(value)


def tensor_arithmetic(left: Any, right: Any) -> Any:
    """Return a tensor with something added or multiplied: its shape stays where the other is one number."""
    for tensor, other in ((left, right), (right, left)):
        if isinstance(tensor, Tensor) and isinstance(other, Plain | Size):
            return tensor
    return left if isinstance(left, Tensor) and left == right else UNKNOWN


def unary(sign: ast.unaryop, value: Any) -> Any:
    """Return ``-value`` or ``not value``."""
    if isinstance(sign, ast.Not):
        held = truth(value)
        return UNKNOWN if held is None else Plain(not held)
    if isinstance(value, Tensor):
        return value
    number = sizes.as_number(value)
    return plain_number(-number) if isinstance(sign, ast.USub) and number is not None else UNKNOWN


def truth(value: Any) -> bool | None:
    """Return whether a value is true, None where that cannot be told."""
    if isinstance(value, Plain):
        return bool(value.value)
    if isinstance(value, Size):
        return None if value.value is None else value.value != 0
    if isinstance(value, Items):
        return bool(value.items)
    if isinstance(value, Thing | Function | Made | Tensor):
        return True
    return None


def compare(left: Any, sign: ast.cmpop, right: Any) -> Any:
    """Return a comparison of plain values; ``is None`` of anything that is there."""
    if isinstance(sign, ast.Is | ast.IsNot):
        if not (isinstance(right, Plain) and right.value is None) or left is UNKNOWN:
            return UNKNOWN
        if isinstance(left, Size) and left.value is None:
            return UNKNOWN
        absent = isinstance(left, Plain) and left.value is None
        return Plain(absent == isinstance(sign, ast.Is))
    a, b = plain(left), plain(right)
    if a is UNKNOWN or b is UNKNOWN:
        return UNKNOWN
    try:
        if isinstance(sign, ast.In | ast.NotIn):
            return Plain((a in b) == isinstance(sign, ast.In))
        return Plain(bool(_COMPARE[type(sign)](a, b)))
    except (TypeError, KeyError):
        return UNKNOWN


def plain(value: Any) -> Any:
    """Return the Python value behind a known one, ``UNKNOWN`` otherwise."""
    if isinstance(value, Plain):
        return value.value
    if isinstance(value, Size):
        return UNKNOWN if value.value is None else value.value
    if isinstance(value, Items):
        parts = tuple(plain(part) for part in value.items)
        return UNKNOWN if any(part is UNKNOWN for part in parts) else parts
    return UNKNOWN


def logic(reader: Reader, frame: Frame, every: bool, nodes: list[ast.expr]) -> Any:
    """Return ``a and b`` or ``a or b``, which give one of their values."""
    value: Any = UNKNOWN
    for node in nodes:
        value = evaluate(reader, frame, node)
        held = truth(value)
        if held is None:
            return UNKNOWN
        if held != every:
            return value
    return value


def items(reader: Reader, frame: Frame, nodes: list[ast.expr]) -> Any:
    """Return a tuple or list; a starred part is laid out where it is known."""
    found: list[Any] = []
    for node in nodes:
        value = evaluate(reader, frame, node)
        if isinstance(node, ast.Starred):
            if not isinstance(value, Items):
                return UNKNOWN
            found += value.items
        else:
            found.append(value)
    return Items(tuple(found))


def subscript(reader: Reader, frame: Frame, owner: Any, index: ast.expr) -> Any:
    """Return one element or a slice of a known tuple."""
    if not isinstance(owner, Items):
        return UNKNOWN
    if isinstance(index, ast.Slice):
        ends = [plain(evaluate(reader, frame, end)) if end else None for end in (index.lower, index.upper, index.step)]
        return UNKNOWN if any(end is UNKNOWN for end in ends) or ends[2] == 0 else Items(owner.items[slice(*ends)])
    at = plain(evaluate(reader, frame, index))
    if not isinstance(at, int) or not -len(owner.items) <= at < len(owner.items):
        return UNKNOWN
    return owner.items[at]


def comprehension(reader: Reader, frame: Frame, element: ast.expr, one: ast.comprehension) -> Any:
    """Return the elements one by one where their number is known and small, else what stands for each."""
    rounds = iterated(evaluate(reader, frame, one.iter))
    if rounds is None or one.ifs:
        inner = frame.inner()
        reader.assign(inner, one.target, UNKNOWN)
        return MadeList((), evaluate(reader, inner, element))
    found = []
    for value in rounds:
        inner = frame.inner()
        reader.assign(inner, one.target, value)
        found.append(evaluate(reader, inner, element))
    return Items(tuple(found))


def iterated(value: Any) -> list[Any] | None:
    """Return what a loop over *value* goes through, None where that is not known or too long."""
    if isinstance(value, Range):
        numbers = range(value.start, value.stop, value.step)
        return [sizes.literal(number) for number in numbers] if len(numbers) <= _UNROLLED else None
    return list(value.items) if isinstance(value, Items) and len(value.items) <= _UNROLLED else None


def same_or_unknown(left: Any, right: Any) -> Any:
    """Return a value that two branches agree on."""
    return left if left == right else UNKNOWN


def whole(value: float) -> bool:
    """Return whether a float is a whole number."""
    return math.isfinite(value) and value == int(value)
