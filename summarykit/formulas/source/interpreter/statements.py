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
    loop_value,
    name_value,
    names_changed_in_place,
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
    NewModule,
    OpenList,
    Plain,
    Rest,
)

if TYPE_CHECKING:
    from summarykit.formulas.source.interpreter.interpreter import Interpreter

_REGISTER = {"register_parameter", "add_module", "register_module"}


def block(interpreter: Interpreter, frame: Frame, body: Iterable[ast.stmt]) -> None:
    """Read statements in order."""
    for part in body:
        interpreter.count_step()
        statement(interpreter, frame, part)


def statement(interpreter: Interpreter, frame: Frame, node: ast.stmt) -> None:
    """Read one statement."""
    match node:
        case ast.Assign(targets=targets, value=value):
            assign_all(interpreter, frame, targets, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            assign(
                interpreter,
                frame,
                target,
                name_value(interpreter.evaluate(frame, value), value, target),
            )
        case ast.AugAssign(target=target, op=sign, value=value):
            change = ast.BinOp(as_load(target), sign, value)
            assign(
                interpreter,
                frame,
                target,
                interpreter.evaluate(frame, ast.copy_location(change, node)),
            )
        case ast.Expr(value=ast.Call() as call):
            call_statement(interpreter, frame, call)
        case ast.If(test=test, body=then, orelse=other):
            choose(
                interpreter,
                frame,
                truth(interpreter.evaluate(frame, test)),
                then,
                other,
            )
        case ast.Return(value=value):
            raise BlockExit(
                ast.Return,
                interpreter.evaluate(frame, value) if value else Plain(None),
            )
        case ast.Raise() | ast.Break() | ast.Continue():
            raise BlockExit(type(node))
        case _:
            compound(interpreter, frame, node)


def compound(interpreter: Interpreter, frame: Frame, node: ast.stmt) -> None:
    """Read a loop or a block; the names of one that is not read are not known after it."""
    match node:
        case ast.For(target=target, iter=over, body=body):
            loop(
                interpreter,
                frame,
                target,
                loop_items(interpreter.evaluate(frame, over)),
                body,
            )
        case ast.While(body=body):
            loop(interpreter, frame, None, None, body)
        case ast.With(body=body):
            block(interpreter, frame, body)
        case ast.Try(body=body, handlers=handlers, orelse=other, finalbody=last):
            block(interpreter, frame, [*body, *other])
            forget(interpreter, frame, [part for handler in handlers for part in handler.body])
            block(interpreter, frame, last)
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            frame.locals[name] = UNKNOWN
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            frame.locals.update((alias.asname or alias.name.partition(".")[0], UNKNOWN) for alias in names)
        case _:
            forget(interpreter, frame, [node])


def forget(interpreter: Interpreter, frame: Frame, body: list[ast.stmt]) -> None:
    """Make unknown what a block assigns that may have been read or not."""
    frame.locals.update((name, UNKNOWN) for name in assigned_names(tuple(body)))


def assign(interpreter: Interpreter, frame: Frame, target: ast.expr, value: Any) -> None:
    """Give *target* its value: a local name, an attribute of self, a place in a list, or several at once."""
    match target:
        case ast.Name(id=name):
            frame.locals[name] = interpreter.named_value(name, value)
        case ast.Attribute(value=ast.Name(id=owner), attr=name) if frame.locals.get(owner) is SELF:
            interpreter.assign_attribute(name, interpreter.named_value(name, value), frame)
        case ast.Subscript(value=owner, slice=index) if isinstance(owner, ast.Name | ast.Attribute):
            container = interpreter.evaluate(frame, owner)
            if isinstance(container, Items | Fields | OpenList):
                assign(
                    interpreter,
                    frame,
                    owner,
                    lists.set_item(container, interpreter.evaluate(frame, index), value),
                )
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            has_star = any(isinstance(part, ast.Starred) for part in parts)
            fits = isinstance(value, Items) and len(value.items) == len(parts) and not has_star
            for i, part in enumerate(parts):
                assign(interpreter, frame, part, value.items[i] if fits else UNKNOWN)
        case ast.Starred(value=inner):
            assign(interpreter, frame, inner, UNKNOWN)


def assign_all(interpreter: Interpreter, frame: Frame, targets: list[ast.expr], value: ast.expr) -> None:
    """Give several targets one value; an unknown one is read from the live layer's attribute."""
    of_self = [target for target in targets if is_own(frame, target)]
    if isinstance(value, ast.Name) and len(of_self) == len(targets):
        current = frame.lookup(value.id)
        interpreter.argument_of.update(
            (target.attr, value.id) for target in of_self if isinstance(target, ast.Attribute)
        )
    else:
        current = interpreter.evaluate(frame, value)
    original = current
    for target in of_self:
        current = interpreter.value_in_layer(target, current)
    for target in targets:
        assign(interpreter, frame, target, name_value(current, value, target))
    if current is original:
        return
    interpreter.from_layer.update(target.attr for target in of_self if isinstance(target, ast.Attribute))
    if isinstance(value, ast.Name):
        frame.locals[value.id] = current


def is_own(frame: Frame, target: ast.expr) -> bool:
    """Return whether *target* is an attribute of self."""
    match target:
        case ast.Attribute(value=ast.Name(id=owner)):
            return frame.locals.get(owner) is SELF
    return False


def call_statement(interpreter: Interpreter, frame: Frame, call: ast.Call) -> None:
    """Read a call for what it does to self."""
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    match call.func, arguments:
        case ast.Attribute(value=ast.Name(id=owner), attr=what), [key, value] if (
            what in _REGISTER and frame.locals.get(owner) is SELF
        ):
            register(interpreter, frame, key, value)
        case ast.Name(id="setattr"), [ast.Name(id=owner), key, value] if frame.locals.get(owner) is SELF:
            register(interpreter, frame, key, value)
        case _:
            interpreter.evaluate(frame, call)


def register(interpreter: Interpreter, frame: Frame, key: ast.expr, value: ast.expr) -> None:
    """Note what is registered under a name; if the name is not known, it may be any."""
    name, content = (
        interpreter.evaluate(frame, key),
        interpreter.evaluate(frame, value),
    )
    if is_text(name):
        interpreter.assign_attribute(name.value, content, frame)
    elif isinstance(content, NewModule | Either):
        interpreter.under_any_name = (
            content if interpreter.under_any_name is None else either(interpreter.under_any_name, content)
        )


def choose(
    interpreter: Interpreter,
    frame: Frame,
    condition: bool | None,
    then: list[ast.stmt],
    other: list[ast.stmt],
) -> None:
    """Read the branch that the configuration decides; of two that it does not, keep what they agree on."""
    if condition is not None:
        block(interpreter, frame, then if condition else other)
        return
    locals_before, assignments_before, from_layer = (
        dict(frame.locals),
        dict(interpreter.assignments),
        set(interpreter.from_layer),
    )
    then_goes_on = branch(interpreter, frame, then)
    then_locals, then_assignments, then_from_layer = frame.locals, interpreter.assignments, interpreter.from_layer
    frame.locals, interpreter.assignments, interpreter.from_layer = locals_before, assignments_before, from_layer
    else_goes_on = branch(interpreter, frame, other)
    interpreter.from_layer |= then_from_layer
    if then_goes_on and else_goes_on:
        common = common_names(then_locals, frame.locals)
        frame.locals = {name: interpreter.named_value(name, value) for name, value in common.items()}
        interpreter.assignments = merge_branches(then_assignments, interpreter.assignments)
    elif then_goes_on:
        frame.locals, interpreter.assignments = then_locals, then_assignments
    elif not else_goes_on:
        raise BlockExit(ast.Raise)


def branch(interpreter: Interpreter, frame: Frame, body: list[ast.stmt]) -> bool:
    """Read one branch that may be taken; return whether it goes on to what follows."""
    try:
        block(interpreter, frame, body)
    except BlockExit as stop:
        if stop.statement is ast.Return:
            frame.early.append(stop.value)
        frame.may_end_early |= stop.statement in {ast.Break, ast.Continue}
        return False
    return True


def loop(
    interpreter: Interpreter,
    frame: Frame,
    target: ast.expr | None,
    rounds: list[Any] | None,
    body: list[ast.stmt],
) -> None:
    """Read a loop round by round; one of unknown length once, with what it changes unknown."""
    if rounds is None or not interpreter.can_unroll(len(rounds)):
        unknown_loop(interpreter, frame, target, body)
        return
    may_end_early, frame.may_end_early = frame.may_end_early, False
    for value in rounds:
        if target is not None:
            assign(interpreter, frame, target, loop_value(target, value))
        interpreter.loop_depth += 1
        try:
            block(interpreter, frame, body)
        except BlockExit as stop:
            if stop.statement not in {ast.Break, ast.Continue}:
                raise
            if stop.statement is ast.Break:
                break
        finally:
            interpreter.loop_depth -= 1
    if frame.may_end_early:
        forget(interpreter, frame, body)
        forget_lists(interpreter, frame, body)
    frame.may_end_early = may_end_early


def unknown_loop(interpreter: Interpreter, frame: Frame, target: ast.expr | None, body: list[ast.stmt]) -> None:
    """Read the body of a loop once; lists that it adds to have an unknown length from then on."""
    forget(interpreter, frame, body)
    for namespace, name, value in changing_lists(interpreter, frame, body):
        namespace[name] = lists.open_ended(value) if isinstance(value, Items | OpenList) else Fields((), Rest())
    if target is not None:
        assign(interpreter, frame, target, UNKNOWN)
    interpreter.loop_depth += 1
    branch(interpreter, frame, body)
    interpreter.loop_depth -= 1
    forget(interpreter, frame, body)


def forget_lists(interpreter: Interpreter, frame: Frame, body: list[ast.stmt]) -> None:
    """Make unknown the lists that a loop adds to which may have been left early."""
    for namespace, name, _ in changing_lists(interpreter, frame, body):
        namespace[name] = UNKNOWN


def changing_lists(
    interpreter: Interpreter, frame: Frame, body: list[ast.stmt]
) -> list[tuple[dict[str, Any], str, Any]]:
    """Return the lists and dictionaries that a block changes in place, each with who holds it under which name."""
    return [
        (namespace, name, namespace[name])
        for namespace in (frame.locals, interpreter.assignments)
        for name in names_changed_in_place(tuple(body))
        if isinstance(namespace.get(name), Items | OpenList | Fields)
    ]
