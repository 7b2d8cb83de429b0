"""``Reader``: one constructor read statement by statement, with the values that are known."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from summarykit.formulas.source import expressions, sites
from summarykit.formulas.source.code import code_of
from summarykit.formulas.source.frames import (
    Frame,
    agreed,
    as_load,
    assigned,
    bind,
    is_torch_base,
    merged,
    with_a_name,
)
from summarykit.formulas.source.sites import Site
from summarykit.formulas.source.values import (
    SELF,
    UNKNOWN,
    Function,
    Items,
    Made,
    MadeList,
    Plain,
    Size,
    Tensor,
    Thing,
)

MOST_STEPS = 20_000
MOST_CALLS = 8


class OutOfSteps(Exception):
    """A constructor is too long to read."""


class _Returned(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


@dataclass
class Reader:
    """Reads the constructor of the layer at *site*; what it assigns to self is found in ``written``."""

    site: Site
    written: dict[str, Any] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)  #: constructor argument -> attribute that keeps it
    where: dict[str, str] = field(default_factory=dict)  #: parameter -> the function that makes it
    steps: int = 0
    calls: int = 0

    def read(self, arguments: Mapping[str, Any]) -> None:
        """Read the constructor with these arguments by name.

        Raises:
            OutOfSteps: It is too long.

        """
        found = sites.class_value(type(self.site.module), "__init__")
        if isinstance(found, Function):
            self.run(Function(found.target, found.owner, True), (), arguments, exact=False)

    def spend(self) -> None:
        """Count a step."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise OutOfSteps

    def own_attribute(self, name: str) -> Any:
        """Return ``self.name``: as the constructor wrote it, else as the live layer has it."""
        written = self.written.get(name, UNKNOWN)
        if written is not UNKNOWN and not (isinstance(written, Made | MadeList) and name in self.site.children):
            return written
        own = self.site.attributes
        if sites.is_computed(type(self.site.module), name):
            return UNKNOWN
        if name in own:
            return sites.lifted(own[name], name, "")
        child = self.site.children.get(name)
        if child is not None:
            return Thing(child, name)
        found = sites.class_value(type(self.site.module), name)
        return Function(found.target, found.owner, True) if isinstance(found, Function) else found

    def inherited(self, owner: type, name: str) -> Any:
        """Return ``super().name`` in a method of *owner*."""
        lineage = type(self.site.module).__mro__
        for base in lineage[lineage.index(owner) + 1 :] if owner in lineage else ():
            if isinstance(vars(base).get(name), FunctionType):
                return Function(sites.unwrapped(vars(base)[name]), base, True)
        return UNKNOWN

    def run(self, function: Function, args: tuple[Any, ...], keywords: Mapping[str, Any], *, exact: bool = True) -> Any:
        """Follow a function of the code and return what it gives; with *exact*, defaults fill what is not given."""
        code = code_of(function.target)
        if code is None or self.calls >= MOST_CALLS or is_torch_base(function.owner):
            return UNKNOWN
        definition, first_line = code
        frame = Frame({}, function.target.__globals__, function.owner, first_line)
        bind(frame, function, definition.args, args, keywords, exact=exact)
        self.calls += 1
        try:
            self.block(frame, definition.body)
        except _Returned as returned:
            return returned.value
        finally:
            self.calls -= 1
        return Plain(None)

    def block(self, frame: Frame, body: Iterable[ast.stmt]) -> None:
        """Read statements in order."""
        for statement in body:
            self.spend()
            self.statement(frame, statement)

    def statement(self, frame: Frame, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                found = expressions.evaluate(self, frame, value)
                for target in targets:
                    self.assign(frame, target, with_a_name(found, value, target))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(frame, target, expressions.evaluate(self, frame, value))
            case ast.AugAssign(target=target, op=sign, value=value):
                change = ast.BinOp(as_load(target), sign, value)
                self.assign(frame, target, expressions.evaluate(self, frame, ast.copy_location(change, node)))
            case ast.Expr(value=ast.Call() as call):
                self.effect(frame, call)
            case ast.If(test=test, body=then, orelse=other):
                self.choose(frame, expressions.truth(expressions.evaluate(self, frame, test)), then, other)
            case ast.For(target=target, iter=over, body=body):
                self.loop(frame, target, expressions.iterated(expressions.evaluate(self, frame, over)), body)
            case ast.While(body=body):
                self.loop(frame, None, None, body)
            case ast.With(body=body) | ast.Try(body=body):
                self.block(frame, body)
            case ast.Return(value=value):
                raise _Returned(expressions.evaluate(self, frame, value) if value else Plain(None))
            case ast.Raise():
                raise _Returned(UNKNOWN)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                frame.locals[name] = UNKNOWN
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                frame.locals.update((alias.asname or alias.name.partition(".")[0], UNKNOWN) for alias in names)

    def assign(self, frame: Frame, target: ast.expr, value: Any) -> None:
        """Give *target* its value: a local name, an attribute of self, or several at once."""
        match target:
            case ast.Name(id=name):
                frame.locals[name] = value
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if frame.locals.get(owner) is SELF:
                self.write(name, value, frame)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                given = value.items if isinstance(value, Items) and len(value.items) == len(parts) else None
                for i, part in enumerate(parts):
                    self.assign(frame, part, given[i] if given else UNKNOWN)

    def write(self, name: str, value: Any, frame: Frame) -> None:
        """Note what is assigned to ``self.name``."""
        if isinstance(value, Size) and value.value is None and value.names == ((value.text, None),):
            self.aliases.setdefault(value.text, name)
        if isinstance(value, Tensor) and value.parameter and frame.owner is not None:
            self.where[name] = f"{frame.owner.__name__}.__init__, line {value.line}"
        self.written[name] = value

    def effect(self, frame: Frame, call: ast.Call) -> None:
        """Read a call for what it does to self."""
        match call:
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Name(id=owner), attr="register_parameter" | "add_module" | "register_module"
                ),
                args=[ast.Constant(value=str(name)), value, *_],
            ) if frame.locals.get(owner) is SELF:
                self.write(name, expressions.evaluate(self, frame, value), frame)
            case ast.Call(func=ast.Name(id="setattr"), args=[ast.Name(id=owner), key, value]) if (
                frame.locals.get(owner) is SELF
            ):
                name = expressions.plain(expressions.evaluate(self, frame, key))
                if isinstance(name, str):
                    self.write(name, expressions.evaluate(self, frame, value), frame)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=local), attr="append"), args=[value]) if isinstance(
                frame.locals.get(local), Items
            ):
                held = frame.locals[local]
                frame.locals[local] = Items((*held.items, expressions.evaluate(self, frame, value)))
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(value=ast.Name(id=owner), attr=name), attr="append"),
                args=[value],
            ) if frame.locals.get(owner) is SELF and isinstance(self.written.get(name), MadeList):
                held = self.written[name]
                self.written[name] = MadeList((*held.items, expressions.evaluate(self, frame, value)), held.each)
            case _:
                expressions.evaluate(self, frame, call)

    def choose(self, frame: Frame, held: bool | None, then: list[ast.stmt], other: list[ast.stmt]) -> None:
        """Read the branch that the configuration decides; of two that it does not, keep what they agree on."""
        if held is not None:
            self.block(frame, then if held else other)
            return
        locals_before, written_before = dict(frame.locals), dict(self.written)
        left = self.branch(frame, then)
        locals_left, written_left = dict(frame.locals), dict(self.written)
        frame.locals, self.written = locals_before, written_before
        right = self.branch(frame, other)
        if left and right:
            frame.locals = agreed(locals_left, frame.locals)
            self.written = merged(written_left, self.written)
        elif left:
            frame.locals, self.written = locals_left, written_left

    def branch(self, frame: Frame, body: list[ast.stmt]) -> bool:
        """Read one branch; return whether it goes on to what follows."""
        try:
            self.block(frame, body)
        except _Returned:
            return False
        return True

    def loop(self, frame: Frame, target: ast.expr | None, rounds: list[Any] | None, body: list[ast.stmt]) -> None:
        """Read a loop round by round; one of unknown length once, with what it changes unknown."""
        for value in rounds if rounds is not None else [UNKNOWN]:
            if rounds is None:
                for name in assigned(body):
                    frame.locals[name] = UNKNOWN
            if target is not None:
                self.assign(frame, target, value)
            self.block(frame, body)
        if rounds is None:
            for name in assigned(body):
                frame.locals[name] = UNKNOWN
