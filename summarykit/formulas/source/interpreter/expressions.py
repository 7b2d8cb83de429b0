"""Expressions: the value of each, as far as it follows from data alone."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from summarykit.formulas.source import live, sizes
from summarykit.formulas.source.interpreter import tensors
from summarykit.formulas.source.interpreter.frames import loop_value
from summarykit.formulas.source.interpreter.operators import (
    binary,
    compare,
    concat,
    either,
    is_text,
    loop_items,
    plain,
    truth,
    unary,
    with_fields,
)
from summarykit.formulas.source.values import (
    SELF,
    UNKNOWN,
    Fields,
    Items,
    LiveObject,
    Method,
    OpenList,
    Plain,
    Rest,
    SuperValue,
    Tensor,
)

if TYPE_CHECKING:
    from summarykit.formulas.source.interpreter.frames import Frame
    from summarykit.formulas.source.interpreter.interpreter import Interpreter

_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Div: "/",
    ast.Pow: "**",
    ast.BitOr: "|",
}


def evaluate(interpreter: Interpreter, frame: Frame, node: ast.expr) -> Any:
    """Return what *node* gives, ``UNKNOWN`` where the code does not determine it."""
    interpreter.count_step()
    match node:
        case ast.Name(id=name):
            interpreter.names_used.add(name)
            return frame.lookup(name)
        case ast.Attribute(value=owner, attr=name):
            return attribute(interpreter, evaluate(interpreter, frame, owner), name)
        case ast.Constant(value=value):
            return constant(value)
        case ast.Call():
            return interpreter.call(frame, node)
        case ast.BinOp(left=left, op=sign, right=right):
            return binary(
                evaluate(interpreter, frame, left),
                _SIGNS.get(type(sign), ""),
                evaluate(interpreter, frame, right),
            )
        case ast.UnaryOp(op=sign, operand=operand):
            return unary(sign, evaluate(interpreter, frame, operand))
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return compare(evaluate(interpreter, frame, left), sign, evaluate(interpreter, frame, right))
        case ast.BoolOp(op=word, values=values):
            return logic(interpreter, frame, isinstance(word, ast.And), values)
        case ast.IfExp(test=test, body=then, orelse=other):
            is_true = truth(evaluate(interpreter, frame, test))
            if is_true is None:
                return either(evaluate(interpreter, frame, then), evaluate(interpreter, frame, other))
            return evaluate(interpreter, frame, then if is_true else other)
        case ast.NamedExpr(target=target, value=value):
            interpreter.assign(frame, target, evaluate(interpreter, frame, value))
            return frame.lookup(target.id)
    return collection(interpreter, frame, node)


def collection(interpreter: Interpreter, frame: Frame, node: ast.expr) -> Any:
    """Return a list, a dictionary, a part of one, or a text put together."""
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return items(interpreter, frame, parts)
        case ast.Dict(keys=keys, values=values):
            return fields(interpreter, frame, keys, values)
        case ast.Subscript(value=owner, slice=index):
            return subscript(interpreter, frame, evaluate(interpreter, frame, owner), index)
        case ast.ListComp(elt=element, generators=[one]) | ast.GeneratorExp(elt=element, generators=[one]):
            return comprehension(interpreter, frame, element, one)
        case ast.Starred(value=value):
            return evaluate(interpreter, frame, value)
        case ast.JoinedStr(values=parts):
            return text(interpreter, frame, parts)
    return UNKNOWN


def constant(value: Any) -> Any:
    """Return a constant of the code."""
    if isinstance(value, int) and not isinstance(value, bool):
        return sizes.literal(value)
    if isinstance(value, float):
        return sizes.real(value)
    return Plain(value) if value is None or isinstance(value, bool | str) else UNKNOWN


def attribute(interpreter: Interpreter, owner: Any, name: str) -> Any:
    """Return ``owner.name``."""
    if owner is SELF:
        return interpreter.own_attribute(name)
    if isinstance(owner, SuperValue):
        return interpreter.super_attribute(owner.owner, name)
    if isinstance(owner, LiveObject):
        value = live.attribute(owner, name)
        interpreter.instance_specific |= (
            value is not UNKNOWN and not isinstance(value, LiveObject) and live.is_layer(owner.target)
        )
        return value
    if isinstance(owner, Tensor | Items | OpenList | Fields) or is_text(owner):
        return Method(owner, name)
    return UNKNOWN


def logic(interpreter: Interpreter, frame: Frame, every: bool, nodes: list[ast.expr]) -> Any:
    """Return ``a and b`` or ``a or b``, which give one of their values."""
    for i, node in enumerate(nodes):
        value = evaluate(interpreter, frame, node)
        is_true = truth(value)
        if is_true is None:
            return either_operand(interpreter, frame, every, value, nodes[i + 1 :])
        if is_true != every:
            return value
    return value


def either_operand(interpreter: Interpreter, frame: Frame, every: bool, value: Any, later: list[ast.expr]) -> Any:
    """Return ``a and b`` where it is not known whether *a* holds: no if *b* does not, else one of both."""
    if not later:
        return value
    other = logic(interpreter, frame, every, later)
    if truth(other) is (not every):
        return Plain(not every)
    return either(value, other)


def items(interpreter: Interpreter, frame: Frame, nodes: list[ast.expr]) -> Any:
    """Return a tuple or list; a starred part is unpacked where it is known."""
    parts: list[Any] = []
    for node in nodes:
        value = evaluate(interpreter, frame, node)
        if not isinstance(node, ast.Starred):
            parts.append(Items((value,)))
        elif isinstance(value, Items | OpenList):
            parts.append(value)
        else:
            return UNKNOWN
    return concat(parts)


def fields(interpreter: Interpreter, frame: Frame, keys: list[ast.expr | None], nodes: list[ast.expr]) -> Any:
    """Return a dictionary; one that is unpacked in it may overwrite keys."""
    dictionary = Fields()
    for key, node in zip(keys, nodes, strict=True):
        value = evaluate(interpreter, frame, node)
        if key is None:
            dictionary = with_fields(dictionary, value if isinstance(value, Fields) else Fields((), Rest()))
            continue
        name = evaluate(interpreter, frame, key)
        if not is_text(name):
            return UNKNOWN
        dictionary = with_fields(dictionary, Fields(((name.value, value),)))
    return dictionary


def text(interpreter: Interpreter, frame: Frame, parts: list[ast.expr]) -> Any:
    """Return an f-string of known texts and numbers."""
    content = ""
    for part in parts:
        if isinstance(part, ast.FormattedValue):
            if part.format_spec is not None or part.conversion != -1:
                return UNKNOWN
            part = part.value
        value = plain(evaluate(interpreter, frame, part))
        if not isinstance(value, str | int):
            return UNKNOWN
        content += str(value)
    return Plain(content)


def subscript(interpreter: Interpreter, frame: Frame, owner: Any, index: ast.expr) -> Any:
    """Return one element or a slice of a list, or one of a dictionary or of modules that are there."""
    if isinstance(owner, Tensor):
        return index_tensor(owner, index)
    if isinstance(index, ast.Slice):
        ends = [
            plain(evaluate(interpreter, frame, end)) if end else None for end in (index.lower, index.upper, index.step)
        ]
        sliceable = isinstance(owner, Items) and not any(end is UNKNOWN for end in ends) and ends[2] != 0
        return Items(owner.items[slice(*ends)]) if sliceable else UNKNOWN
    at = plain(evaluate(interpreter, frame, index))
    if isinstance(owner, Fields):
        return field_value(owner, at)
    if isinstance(owner, LiveObject) and isinstance(at, int) and not isinstance(at, bool):
        return live.element(owner, at)
    if not isinstance(owner, Items) or not isinstance(at, int) or not -len(owner.items) <= at < len(owner.items):
        return UNKNOWN
    return owner.items[at]


def field_value(owner: Fields, at: Any) -> Any:
    """Return the value of a key; of an unknown key, one of all values."""
    if isinstance(at, str):
        return dict(owner.items).get(at, UNKNOWN)
    if at is not UNKNOWN or owner.rest is not None or not owner.items:
        return UNKNOWN
    result = owner.items[0][1]
    for _, value in owner.items[1:]:
        result = either(result, value)
    return result


def index_tensor(owner: Tensor, index: ast.expr) -> Any:
    """Return a tensor with axes added by None; one that is cut is not followed."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    whole = ast.Slice()
    kinds = [None if isinstance(part, ast.Constant) and part.value is None else ast.dump(part) for part in parts]
    return tensors.add_axes(owner, kinds) if all(kind in {None, ast.dump(whole)} for kind in kinds) else UNKNOWN


def comprehension(interpreter: Interpreter, frame: Frame, element: ast.expr, one: ast.comprehension) -> Any:
    """Return the elements one by one where their number is known and small, else one value for all of them."""
    rounds = loop_items(evaluate(interpreter, frame, one.iter))
    elements = []
    for value in [UNKNOWN] if rounds is None else rounds:
        inner = frame.inner()
        interpreter.assign(inner, one.target, loop_value(one.target, value))
        tests = [truth(evaluate(interpreter, inner, test)) for test in one.ifs]
        if None in tests:
            rounds = None
        if False not in tests:
            elements.append(evaluate(interpreter, inner, element))
    if rounds is not None:
        return Items(tuple(elements))
    each = elements[0] if elements else UNKNOWN
    for value in elements[1:]:
        each = either(each, value)
    return OpenList((), each)
