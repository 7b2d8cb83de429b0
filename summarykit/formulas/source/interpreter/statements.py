"""Reading statements: assignments, branches and loops, as far as it is known which way they go."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from summarykit.formulas.source.interpreter import lists
from summarykit.formulas.source.interpreter.frames import (
    BlockExit,
    Frame,
    as_load,
    assigned_names,
    grown,
    in_round,
    with_a_name,
)
from summarykit.formulas.source.interpreter.operators import (
    common_names,
    either,
    is_text,
    loop_items,
    merge_branches,
    truth,
)
from summarykit.formulas.source.values import (
    SELF,
    UNKNOWN,
    Either,
    Fields,
    Items,
    MadeList,
    NewModule,
    Plain,
    Rest,
)

if TYPE_CHECKING:
    from summarykit.formulas.source.interpreter.interpreter import Reader

_REGISTER = {"register_parameter", "add_module", "register_module"}


def block(reader: Reader, frame: Frame, body: Iterable[ast.stmt]) -> None:
    """Read statements in order."""
    for part in body:
        reader.spend()
        statement(reader, frame, part)


def statement(reader: Reader, frame: Frame, node: ast.stmt) -> None:
    """Read one statement."""
    match node:
        case ast.Assign(targets=targets, value=value):
            assign_all(reader, frame, targets, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            assign(
                reader,
                frame,
                target,
                with_a_name(reader.evaluate(frame, value), value, target),
            )
        case ast.AugAssign(target=target, op=sign, value=value):
            change = ast.BinOp(as_load(target), sign, value)
            assign(
                reader,
                frame,
                target,
                reader.evaluate(frame, ast.copy_location(change, node)),
            )
        case ast.Expr(value=ast.Call() as call):
            effect(reader, frame, call)
        case ast.If(test=test, body=then, orelse=other):
            choose(
                reader,
                frame,
                truth(reader.evaluate(frame, test)),
                then,
                other,
            )
        case ast.Return(value=value):
            raise BlockExit(
                ast.Return,
                reader.evaluate(frame, value) if value else Plain(None),
            )
        case ast.Raise() | ast.Break() | ast.Continue():
            raise BlockExit(type(node))
        case _:
            compound(reader, frame, node)


def compound(reader: Reader, frame: Frame, node: ast.stmt) -> None:
    """Read a loop or a block; the names of one that is not read are not known after it."""
    match node:
        case ast.For(target=target, iter=over, body=body):
            loop(
                reader,
                frame,
                target,
                loop_items(reader.evaluate(frame, over)),
                body,
            )
        case ast.While(body=body):
            loop(reader, frame, None, None, body)
        case ast.With(body=body):
            block(reader, frame, body)
        case ast.Try(body=body, handlers=handlers, orelse=other, finalbody=last):
            block(reader, frame, [*body, *other])
            forget(reader, frame, [part for handler in handlers for part in handler.body])
            block(reader, frame, last)
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            frame.locals[name] = UNKNOWN
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            frame.locals.update((alias.asname or alias.name.partition(".")[0], UNKNOWN) for alias in names)
        case _:
            forget(reader, frame, [node])


def forget(reader: Reader, frame: Frame, body: list[ast.stmt]) -> None:
    """Make unknown what a block assigns that may have been read or not."""
    frame.locals.update((name, UNKNOWN) for name in assigned_names(tuple(body)))


def assign(reader: Reader, frame: Frame, target: ast.expr, value: Any) -> None:
    """Give *target* its value: a local name, an attribute of self, a place in a list, or several at once."""
    match target:
        case ast.Name(id=name):
            frame.locals[name] = reader.settled(name, value)
        case ast.Attribute(value=ast.Name(id=owner), attr=name) if frame.locals.get(owner) is SELF:
            reader.write(name, reader.settled(name, value), frame)
        case ast.Subscript(value=owner, slice=index) if isinstance(owner, ast.Name | ast.Attribute):
            held = reader.evaluate(frame, owner)
            if isinstance(held, Items | Fields | MadeList):
                assign(
                    reader,
                    frame,
                    owner,
                    lists.put(held, reader.evaluate(frame, index), value),
                )
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            starred = any(isinstance(part, ast.Starred) for part in parts)
            known = isinstance(value, Items) and len(value.items) == len(parts) and not starred
            for i, part in enumerate(parts):
                assign(reader, frame, part, value.items[i] if known else UNKNOWN)
        case ast.Starred(value=inner):
            assign(reader, frame, inner, UNKNOWN)


def assign_all(reader: Reader, frame: Frame, targets: list[ast.expr], value: ast.expr) -> None:
    """Give several targets one value; one that is not told may be kept by the layer, and is known from there."""
    of_self = [target for target in targets if is_own(frame, target)]
    if isinstance(value, ast.Name) and len(of_self) == len(targets):
        found = frame.lookup(value.id)
        reader.stored.update((target.attr, value.id) for target in of_self if isinstance(target, ast.Attribute))
    else:
        found = reader.evaluate(frame, value)
    told = found
    for target in of_self:
        found = reader.as_kept(target, found)
    for target in targets:
        assign(reader, frame, target, with_a_name(found, value, target))
    if found is told:
        return
    reader.looked.update(target.attr for target in of_self if isinstance(target, ast.Attribute))
    if isinstance(value, ast.Name):
        frame.locals[value.id] = found


def is_own(frame: Frame, target: ast.expr) -> bool:
    """Return whether *target* is an attribute of self."""
    match target:
        case ast.Attribute(value=ast.Name(id=owner)):
            return frame.locals.get(owner) is SELF
    return False


def effect(reader: Reader, frame: Frame, call: ast.Call) -> None:
    """Read a call for what it does to self."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    match call.func, given:
        case ast.Attribute(value=ast.Name(id=owner), attr=what), [key, value] if (
            what in _REGISTER and frame.locals.get(owner) is SELF
        ):
            register(reader, frame, key, value)
        case ast.Name(id="setattr"), [ast.Name(id=owner), key, value] if frame.locals.get(owner) is SELF:
            register(reader, frame, key, value)
        case _:
            reader.evaluate(frame, call)


def register(reader: Reader, frame: Frame, key: ast.expr, value: ast.expr) -> None:
    """Note what is registered under a name; if the name is not known, it may be any."""
    name, found = (
        reader.evaluate(frame, key),
        reader.evaluate(frame, value),
    )
    if is_text(name):
        reader.write(name.value, found, frame)
    elif isinstance(found, NewModule | Either):
        reader.unnamed = found if reader.unnamed is None else either(reader.unnamed, found)


def choose(
    reader: Reader,
    frame: Frame,
    held: bool | None,
    then: list[ast.stmt],
    other: list[ast.stmt],
) -> None:
    """Read the branch that the configuration decides; of two that it does not, keep what they agree on."""
    if held is not None:
        block(reader, frame, then if held else other)
        return
    locals_before, written_before, looked = dict(frame.locals), dict(reader.written), set(reader.looked)
    left = branch(reader, frame, then)
    locals_left, written_left, looked_left = frame.locals, reader.written, reader.looked
    frame.locals, reader.written, reader.looked = locals_before, written_before, looked
    right = branch(reader, frame, other)
    reader.looked |= looked_left
    if left and right:
        both = common_names(locals_left, frame.locals)
        frame.locals = {name: reader.settled(name, value) for name, value in both.items()}
        reader.written = merge_branches(written_left, reader.written)
    elif left:
        frame.locals, reader.written = locals_left, written_left
    elif not right:
        raise BlockExit(ast.Raise)


def branch(reader: Reader, frame: Frame, body: list[ast.stmt]) -> bool:
    """Read one branch that may be taken; return whether it goes on to what follows."""
    try:
        block(reader, frame, body)
    except BlockExit as left:
        if left.how is ast.Return:
            frame.early.append(left.value)
        frame.torn |= left.how in {ast.Break, ast.Continue}
        return False
    return True


def loop(
    reader: Reader,
    frame: Frame,
    target: ast.expr | None,
    rounds: list[Any] | None,
    body: list[ast.stmt],
) -> None:
    """Read a loop round by round; one of unknown length once, with what it changes unknown."""
    if rounds is None or not reader.can_unroll(len(rounds)):
        unknown_loop(reader, frame, target, body)
        return
    torn, frame.torn = frame.torn, False
    for value in rounds:
        if target is not None:
            assign(reader, frame, target, in_round(target, value))
        reader.loops += 1
        try:
            block(reader, frame, body)
        except BlockExit as left:
            if left.how not in {ast.Break, ast.Continue}:
                raise
            if left.how is ast.Break:
                break
        finally:
            reader.loops -= 1
    if frame.torn:
        forget(reader, frame, body)
        unsettle(reader, frame, body)
    frame.torn = torn


def unknown_loop(reader: Reader, frame: Frame, target: ast.expr | None, body: list[ast.stmt]) -> None:
    """Read the body of a loop once; lists that it adds to have an unknown length from then on."""
    forget(reader, frame, body)
    for held, name, value in changed(reader, frame, body):
        held[name] = lists.opened(value) if isinstance(value, Items | MadeList) else Fields((), Rest())
    if target is not None:
        assign(reader, frame, target, UNKNOWN)
    reader.loops += 1
    branch(reader, frame, body)
    reader.loops -= 1
    forget(reader, frame, body)


def unsettle(reader: Reader, frame: Frame, body: list[ast.stmt]) -> None:
    """Make unknown the lists that a loop adds to which may have been left early."""
    for held, name, _ in changed(reader, frame, body):
        held[name] = UNKNOWN


def changed(reader: Reader, frame: Frame, body: list[ast.stmt]) -> list[tuple[dict[str, Any], str, Any]]:
    """Return the lists and dictionaries that a block changes in place, each with who holds it under which name."""
    return [
        (held, name, held[name])
        for held in (frame.locals, reader.written)
        for name in grown(tuple(body))
        if isinstance(held.get(name), Items | MadeList | Fields)
    ]
