"""``Interpreter``: reads one constructor, statement by statement."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from summarykit.formulas.source import live
from summarykit.formulas.source.code import code_of, signature
from summarykit.formulas.source.interpreter import calls, expressions, statements
from summarykit.formulas.source.interpreter.frames import (
    BlockExit,
    Frame,
    bind,
    closure_names,
    early_return,
    is_torch_base,
)
from summarykit.formulas.source.interpreter.operators import A_NUMBER
from summarykit.formulas.source.module_context import ModuleContext
from summarykit.formulas.source.sizes import has_slot, is_free_name, named_size, rename
from summarykit.formulas.source.values import (
    UNKNOWN,
    Either,
    Fields,
    Function,
    Items,
    LiveObject,
    NewModule,
    OpenList,
    Plain,
    Real,
    Rest,
    Size,
    Tensor,
)

MOST_STEPS = 4_000
MOST_CALLS = 8
#: So many rounds of loops are read one by one; loops after that are read once.
MOST_ROUNDS = 300
_STORABLE = Size | Real | Items | Plain | Fields | LiveObject


class OutOfSteps(Exception):
    """A constructor is too long to read."""


@dataclass
class Interpreter:
    """Reads the constructor of the layer at *context*; what it assigns to self is found in ``written``."""

    context: ModuleContext
    layer_values: Mapping[str, Any] = field(default_factory=dict)  #: free arguments that the layer stores
    volatile: frozenset[str] = frozenset()  #: attributes that had another value when they were read
    assignments: dict[str, Any] = field(default_factory=dict)
    under_any_name: Any = None  #: what is written under a name that is not known
    lines: dict[str, str] = field(default_factory=dict)  #: parameter -> the function that makes it
    from_layer: set[str] = field(default_factory=set)  #: attributes taken from the live layer
    overwrites: set[str] = field(default_factory=set)  #: those of them that the code assigned after that
    arguments: Mapping[str, Any] = field(default_factory=dict)  #: its arguments
    rest: Rest | None = None
    names_used: set[str] = field(default_factory=set)  #: names that were read, except in ``self.name = name``
    argument_of: dict[str, str] = field(default_factory=dict)  #: attribute -> the argument it was assigned as it is
    attributes_used: set[str] = field(default_factory=set)  #: attributes read from the live layer
    rounds: int = 0
    loop_depth: int = 0
    slots: int = 0
    instance_specific: bool = (
        False  #: whether it looked at what a child holds, in which layers that are alike may differ
    )
    steps: int = 0
    call_depth: int = 0  #: functions that are being read, each called by the one before

    # What the parts need of each other. They reach it by the interpreter they are handed, and do not import each other.
    evaluate = expressions.evaluate
    call = calls.call
    assign = statements.assign

    def run_constructor(self, arguments: Mapping[str, Any], rest: Rest | None) -> None:
        """Read the constructor with these arguments by name; with *rest*, others are free.

        Raises:
            OutOfSteps: It is too long.

        """
        constructor = live.class_value(self.context.cls, "__init__")
        if isinstance(constructor, Function):
            self.follow(Function(constructor.target, constructor.owner, True), (), arguments, rest)

    def stored_arguments(self) -> dict[str, Any]:
        """Return free arguments that matter and that the layer keeps, with what it holds of them."""
        attributes = self.context.attributes
        names = {name: key for name, key in self.aliases().items() if key in attributes and name in self.names_used}
        self.attributes_used.update(names.values())
        values = {name: live.to_value(attributes[key], key, "") for name, key in names.items()}
        return {name: value for name, value in values.items() if isinstance(value, _STORABLE)}

    def aliases(self) -> dict[str, str]:
        """Return free arguments that the layer keeps, each with the attribute that keeps it to the end."""
        return {value.text: name for name, value in self.assignments.items() if is_free_name(value)}

    def count_step(self) -> None:
        """Count a step."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise OutOfSteps

    def can_unroll(self, rounds: int) -> bool:
        """Return whether a loop is still read round by round, after all those before it."""
        self.rounds += rounds
        return self.rounds <= MOST_ROUNDS

    def own_attribute(self, name: str) -> Any:
        """Return ``self.name``: as the constructor wrote it, else as the live layer has it."""
        assignment = self.assignments.get(name, UNKNOWN)
        if name in self.argument_of:
            self.names_used.add(self.argument_of[name])
        in_layer = isinstance(assignment, NewModule | OpenList | Fields | Either) and name in self.context.children
        if not is_unknown(assignment) and not in_layer:
            return assignment
        attributes = self.context.attributes
        self.attributes_used.add(name)
        if live.is_computed(self.context.cls, name):
            return self.property_value(name)
        if name in attributes:
            value = live.to_value(attributes[name], name, "")
            if isinstance(value, Size | Real) or (isinstance(value, Items) and value.items):
                self.from_layer.add(name)
            return UNKNOWN if name in self.volatile else value
        child = self.context.children.get(name)
        if child is not None:
            return LiveObject(child, name)
        value = live.class_value(self.context.cls, name)
        return Function(value.target, value.owner, not value.free) if isinstance(value, Function) else value

    def fits(self, context: ModuleContext, arguments: Mapping[str, Any], rest: Rest | None) -> bool:
        """Return whether reading the constructor of a layer of this class at *context* would find the same.

        An argument that is only stored does not matter, nor an attribute that was not asked for.
        """
        names = signature(self.context.cls).names
        if self.instance_specific or rest != self.rest or arguments.keys() != self.arguments.keys():
            return False
        matter = (name for name in arguments if name in self.names_used or name not in names)
        if any(arguments[name] != self.arguments[name] for name in matter):
            return False
        return all(live_content(self.context, name) == live_content(context, name) for name in self.attributes_used)

    def named_value(self, name: str, value: Any) -> Any:
        """Return a value as it is called once it is assigned to *name*."""
        if isinstance(value, Size):
            return rename(name, value) if value.opaque else value
        if isinstance(value, Real) and value == A_NUMBER:
            self.slots += 1
            return named_size(f"{name}__slot{self.slots}", None)
        return value

    def property_value(self, name: str) -> Any:
        """Return what the code of a property of the layer gives."""
        for base in self.context.cls.__mro__:
            member = vars(base).get(name)
            if member is not None:
                getter = live.getattr_plain(member, "fget") if type(member) is property else None
                return (
                    self.follow(Function(getter, base, True), (), {}) if isinstance(getter, FunctionType) else UNKNOWN
                )
        return UNKNOWN

    def super_attribute(self, owner: type, name: str) -> Any:
        """Return ``super().name`` in a method of *owner*."""
        lineage = self.context.cls.__mro__
        for base in lineage[lineage.index(owner) + 1 :] if owner in lineage else ():
            if isinstance(vars(base).get(name), FunctionType):
                return Function(live.unwrap(vars(base)[name]), base, True)
        return UNKNOWN

    def follow(
        self,
        function: Function,
        args: tuple[Any, ...],
        keywords: Mapping[str, Any],
        rest: Rest | None = None,
    ) -> Any:
        """Follow a function of the code and return what it gives."""
        code = code_of(function.target)
        if code is None or self.call_depth >= MOST_CALLS or is_torch_base(function.owner):
            return UNKNOWN
        definition, first_line = code
        frame = Frame(
            closure_names(function.target),
            function.target.__globals__,
            function.owner,
            first_line,
        )
        bind(frame, function, definition.args, args, keywords, rest, self.layer_values)
        self.call_depth += 1
        try:
            statements.block(self, frame, definition.body)
        except BlockExit as stop:
            return early_return([*frame.early, stop.value] if stop.statement is ast.Return else frame.early)
        finally:
            self.call_depth -= 1
        return early_return([*frame.early, Plain(None)])

    def assign_attribute(self, name: str, value: Any, frame: Frame) -> None:
        """Note what is assigned to ``self.name``."""
        parameter = single_parameter(value)
        if parameter is not None and frame.owner is not None:
            self.lines[name] = f"{frame.owner.__name__}.__init__, line {parameter.line}"
        if name in self.from_layer:
            self.overwrites.add(name)
        self.assignments[name] = value

    def value_in_layer(self, target: ast.expr, value: Any) -> Any:
        """Return a value; if it is unknown, that of the live layer's attribute it is assigned to."""
        name = target.attr if isinstance(target, ast.Attribute) else ""
        if not is_unknown(value) or self.loop_depth or name in self.volatile or name not in self.context.attributes:
            return value
        if live.is_computed(self.context.cls, name):
            return value
        self.attributes_used.add(name)
        stored_value = live.to_value(self.context.attributes[name], name, "")
        return stored_value if isinstance(stored_value, Size | Items | Plain | Real) else value


def is_unknown(value: Any) -> bool:
    """Return whether nothing is known of a value, or only that it is a number."""
    return value is UNKNOWN or (isinstance(value, Real) and value.value is None) or has_slot(value)


def single_parameter(value: Any) -> Tensor | None:
    """Return the one parameter that the code may make here; the layer has it, so it was created."""
    ways = value.values if isinstance(value, Either) else (value,)
    parameters = [way for way in ways if isinstance(way, Tensor) and way.parameter]
    return parameters[0] if len(parameters) == 1 else None


def live_content(context: ModuleContext, name: str) -> Any:
    """Return what a layer holds under a name as far as it is read: a value, or a child of some class."""
    if name in context.attributes:
        return live.to_value(context.attributes[name], name, "")
    return type(context.children.get(name))
