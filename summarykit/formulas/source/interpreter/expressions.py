"""Reading expressions: what a piece of code would give, as far as data alone can tell."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from summarykit.formulas.source import live, sizes
from summarykit.formulas.source.interpreter import tensors
from summarykit.formulas.source.interpreter.frames import in_round
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
    MadeList,
    Method,
    Plain,
    Rest,
    SuperValue,
    Tensor,
    Thing,
)

if TYPE_CHECKING:
    from summarykit.formulas.source.interpreter.frames import Frame
    from summarykit.formulas.source.interpreter.interpreter import Reader

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


def evaluate(reader: Reader, frame: Frame, node: ast.expr) -> Any:
    """Return what *node* gives, ``UNKNOWN`` where that cannot be told."""
    reader.spend()
    match node:
        case ast.Name(id=name):
            reader.loaded.add(name)
            return frame.lookup(name)
        case ast.Attribute(value=owner, attr=name):
            return attribute(reader, evaluate(reader, frame, owner), name)
        case ast.Constant(value=value):
            return constant(value)
        case ast.Call():
            return reader.call(frame, node)
        case ast.BinOp(left=left, op=sign, right=right):
            return binary(
                evaluate(reader, frame, left),
                _SIGNS.get(type(sign), ""),
                evaluate(reader, frame, right),
            )
        case ast.UnaryOp(op=sign, operand=operand):
            return unary(sign, evaluate(reader, frame, operand))
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return compare(evaluate(reader, frame, left), sign, evaluate(reader, frame, right))
        case ast.BoolOp(op=word, values=values):
            return logic(reader, frame, isinstance(word, ast.And), values)
        case ast.IfExp(test=test, body=then, orelse=other):
            held = truth(evaluate(reader, frame, test))
            if held is None:
                return either(evaluate(reader, frame, then), evaluate(reader, frame, other))
            return evaluate(reader, frame, then if held else other)
        case ast.NamedExpr(target=target, value=value):
            reader.assign(frame, target, evaluate(reader, frame, value))
            return frame.lookup(target.id)
    return collection(reader, frame, node)


def collection(reader: Reader, frame: Frame, node: ast.expr) -> Any:
    """Return a list, a dictionary, a part of one, or a text put together."""
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return items(reader, frame, parts)
        case ast.Dict(keys=keys, values=values):
            return fields(reader, frame, keys, values)
        case ast.Subscript(value=owner, slice=index):
            return subscript(reader, frame, evaluate(reader, frame, owner), index)
        case ast.ListComp(elt=element, generators=[one]) | ast.GeneratorExp(elt=element, generators=[one]):
            return comprehension(reader, frame, element, one)
        case ast.Starred(value=value):
            return evaluate(reader, frame, value)
        case ast.JoinedStr(values=parts):
            return text(reader, frame, parts)
    return UNKNOWN


def constant(value: Any) -> Any:
    """Return a constant of the code."""
    if isinstance(value, int) and not isinstance(value, bool):
        return sizes.literal(value)
    if isinstance(value, float):
        return sizes.real(value)
    return Plain(value) if value is None or isinstance(value, bool | str) else UNKNOWN


def attribute(reader: Reader, owner: Any, name: str) -> Any:
    """Return ``owner.name``."""
    if owner is SELF:
        return reader.own_attribute(name)
    if isinstance(owner, SuperValue):
        return reader.inherited(owner.owner, name)
    if isinstance(owner, Thing):
        found = live.attribute(owner, name)
        reader.personal |= found is not UNKNOWN and not isinstance(found, Thing) and live.is_layer(owner.target)
        return found
    if isinstance(owner, Tensor | Items | MadeList | Fields) or is_text(owner):
        return Method(owner, name)
    return UNKNOWN


def logic(reader: Reader, frame: Frame, every: bool, nodes: list[ast.expr]) -> Any:
    """Return ``a and b`` or ``a or b``, which give one of their values."""
    for i, node in enumerate(nodes):
        value = evaluate(reader, frame, node)
        held = truth(value)
        if held is None:
            return undecided(reader, frame, every, value, nodes[i + 1 :])
        if held != every:
            return value
    return value


def undecided(reader: Reader, frame: Frame, every: bool, value: Any, later: list[ast.expr]) -> Any:
    """Return ``a and b`` where it is not known whether *a* holds: no if *b* does not, else one of both."""
    if not later:
        return value
    other = logic(reader, frame, every, later)
    if truth(other) is (not every):
        return Plain(not every)
    return either(value, other)


def items(reader: Reader, frame: Frame, nodes: list[ast.expr]) -> Any:
    """Return a tuple or list; a starred part is laid out where it is known."""
    parts: list[Any] = []
    for node in nodes:
        value = evaluate(reader, frame, node)
        if not isinstance(node, ast.Starred):
            parts.append(Items((value,)))
        elif isinstance(value, Items | MadeList):
            parts.append(value)
        else:
            return UNKNOWN
    return concat(parts)


def fields(reader: Reader, frame: Frame, keys: list[ast.expr | None], nodes: list[ast.expr]) -> Any:
    """Return a dictionary; one that is laid out in it may hide some of it."""
    found = Fields()
    for key, node in zip(keys, nodes, strict=True):
        value = evaluate(reader, frame, node)
        if key is None:
            found = with_fields(found, value if isinstance(value, Fields) else Fields((), Rest()))
            continue
        name = evaluate(reader, frame, key)
        if not is_text(name):
            return UNKNOWN
        found = with_fields(found, Fields(((name.value, value),)))
    return found


def text(reader: Reader, frame: Frame, parts: list[ast.expr]) -> Any:
    """Return an f-string of known texts and numbers."""
    found = ""
    for part in parts:
        if isinstance(part, ast.FormattedValue):
            if part.format_spec is not None or part.conversion != -1:
                return UNKNOWN
            part = part.value
        value = plain(evaluate(reader, frame, part))
        if not isinstance(value, str | int):
            return UNKNOWN
        found += str(value)
    return Plain(found)


def subscript(reader: Reader, frame: Frame, owner: Any, index: ast.expr) -> Any:
    """Return one element or a slice of a list, or one of a dictionary or of modules that are there."""
    if isinstance(owner, Tensor):
        return of_tensor(owner, index)
    if isinstance(index, ast.Slice):
        ends = [plain(evaluate(reader, frame, end)) if end else None for end in (index.lower, index.upper, index.step)]
        known = isinstance(owner, Items) and not any(end is UNKNOWN for end in ends) and ends[2] != 0
        return Items(owner.items[slice(*ends)]) if known else UNKNOWN
    at = plain(evaluate(reader, frame, index))
    if isinstance(owner, Fields):
        return one_of(owner, at)
    if isinstance(owner, Thing) and isinstance(at, int) and not isinstance(at, bool):
        return live.element(owner, at)
    if not isinstance(owner, Items) or not isinstance(at, int) or not -len(owner.items) <= at < len(owner.items):
        return UNKNOWN
    return owner.items[at]


def one_of(owner: Fields, at: Any) -> Any:
    """Return what a dictionary holds under a name; if that is not told, one of all it holds."""
    if isinstance(at, str):
        return dict(owner.items).get(at, UNKNOWN)
    if at is not UNKNOWN or owner.rest is not None or not owner.items:
        return UNKNOWN
    found = owner.items[0][1]
    for _, value in owner.items[1:]:
        found = either(found, value)
    return found


def of_tensor(owner: Tensor, index: ast.expr) -> Any:
    """Return a tensor with axes added by None; one that is cut is not followed."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    whole = ast.Slice()
    kinds = [None if isinstance(part, ast.Constant) and part.value is None else ast.dump(part) for part in parts]
    return tensors.indexed(owner, kinds) if all(kind in {None, ast.dump(whole)} for kind in kinds) else UNKNOWN


def comprehension(reader: Reader, frame: Frame, element: ast.expr, one: ast.comprehension) -> Any:
    """Return the elements one by one where their number is known and small, else what stands for each."""
    rounds = loop_items(evaluate(reader, frame, one.iter))
    found = []
    for value in [UNKNOWN] if rounds is None else rounds:
        inner = frame.inner()
        reader.assign(inner, one.target, in_round(one.target, value))
        held = [truth(evaluate(reader, inner, test)) for test in one.ifs]
        if None in held:
            rounds = None
        if False not in held:
            found.append(evaluate(reader, inner, element))
    if rounds is not None:
        return Items(tuple(found))
    each = found[0] if found else UNKNOWN
    for value in found[1:]:
        each = either(each, value)
    return MadeList((), each)
