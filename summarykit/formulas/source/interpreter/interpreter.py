"""``Reader``: one constructor read statement by statement, with the values that are known."""

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
from summarykit.formulas.source.module_context import Site
from summarykit.formulas.source.sizes import has_slot, is_free_name, named_size, rename_size
from summarykit.formulas.source.values import (
    UNKNOWN,
    Either,
    Fields,
    Function,
    Items,
    MadeList,
    NewModule,
    Plain,
    Real,
    Rest,
    Size,
    Tensor,
    Thing,
)

MOST_STEPS = 4_000
MOST_CALLS = 8
#: So many rounds of loops are read one by one; loops after that are read once.
MOST_ROUNDS = 300
_KEPT = Size | Real | Items | Plain | Fields | Thing


class OutOfSteps(Exception):
    """A constructor is too long to read."""


@dataclass
class Reader:
    """Reads the constructor of the layer at *site*; what it assigns to self is found in ``written``."""

    site: Site
    kept: Mapping[str, Any] = field(default_factory=dict)  #: free arguments that the layer kept
    volatile: frozenset[str] = frozenset()  #: attributes that held something else when they were asked for
    written: dict[str, Any] = field(default_factory=dict)
    unnamed: Any = None  #: what is written under a name that is not known
    where: dict[str, str] = field(default_factory=dict)  #: parameter -> the function that makes it
    looked: set[str] = field(default_factory=set)  #: attributes taken from the live layer
    rewritten: set[str] = field(default_factory=set)  #: those of them that the code assigned after that
    given: Mapping[str, Any] = field(default_factory=dict)  #: its arguments
    rest: Rest | None = None
    loaded: set[str] = field(default_factory=set)  #: names that were asked for, but for ``self.name = name``
    stored: dict[str, str] = field(default_factory=dict)  #: attribute -> the argument it was assigned as it is
    live: set[str] = field(default_factory=set)  #: attributes the live layer was asked for
    rounds: int = 0
    loops: int = 0
    slots: int = 0
    personal: bool = False  #: whether it looked at what a child holds, in which layers that are alike may differ
    steps: int = 0
    call_depth: int = 0  #: functions that are being read, each called by the one before

    # What the parts need of each other. They reach it by the interpreter they are handed, and do not import each other.
    evaluate = expressions.evaluate
    call = calls.call
    assign = statements.assign

    def read(self, arguments: Mapping[str, Any], rest: Rest | None) -> None:
        """Read the constructor with these arguments by name; with *rest*, others are free.

        Raises:
            OutOfSteps: It is too long.

        """
        found = live.class_value(self.site.cls, "__init__")
        if isinstance(found, Function):
            self.run(Function(found.target, found.owner, True), (), arguments, rest)

    def kept_arguments(self) -> dict[str, Any]:
        """Return free arguments that matter and that the layer keeps, with what it holds of them."""
        own = self.site.attributes
        kept = {name: key for name, key in self.aliases().items() if key in own and name in self.loaded}
        self.live.update(kept.values())
        found = {name: live.lifted(own[key], key, "") for name, key in kept.items()}
        return {name: value for name, value in found.items() if isinstance(value, _KEPT)}

    def aliases(self) -> dict[str, str]:
        """Return free arguments that the layer keeps, each with the attribute that keeps it to the end."""
        return {value.text: name for name, value in self.written.items() if is_free_name(value)}

    def spend(self) -> None:
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
        written = self.written.get(name, UNKNOWN)
        if name in self.stored:
            self.loaded.add(self.stored[name])
        there = isinstance(written, NewModule | MadeList | Fields | Either) and name in self.site.children
        if not is_untold(written) and not there:
            return written
        own = self.site.attributes
        self.live.add(name)
        if live.is_computed(self.site.cls, name):
            return self.computed(name)
        if name in own:
            found = live.lifted(own[name], name, "")
            if isinstance(found, Size | Real) or (isinstance(found, Items) and found.items):
                self.looked.add(name)
            return UNKNOWN if name in self.volatile else found
        child = self.site.children.get(name)
        if child is not None:
            return Thing(child, name)
        found = live.class_value(self.site.cls, name)
        return Function(found.target, found.owner, not found.free) if isinstance(found, Function) else found

    def fits(self, site: Site, given: Mapping[str, Any], rest: Rest | None) -> bool:
        """Return whether reading the constructor of a layer of this class at *site* would find the same.

        An argument that is only stored does not matter, nor an attribute that was not asked for.
        """
        names = signature(self.site.cls).names
        if self.personal or rest != self.rest or given.keys() != self.given.keys():
            return False
        matter = (name for name in given if name in self.loaded or name not in names)
        if any(given[name] != self.given[name] for name in matter):
            return False
        return all(held(self.site, name) == held(site, name) for name in self.live)

    def settled(self, name: str, value: Any) -> Any:
        """Return a value as it is called once it is assigned to *name*."""
        if isinstance(value, Size):
            return rename_size(name, value) if value.spoken else value
        if isinstance(value, Real) and value == A_NUMBER:
            self.slots += 1
            return named_size(f"{name}__slot{self.slots}", None)
        return value

    def computed(self, name: str) -> Any:
        """Return what the code of a property of the layer gives."""
        for base in self.site.cls.__mro__:
            found = vars(base).get(name)
            if found is not None:
                getter = live.getattr_plain(found, "fget") if type(found) is property else None
                return self.run(Function(getter, base, True), (), {}) if isinstance(getter, FunctionType) else UNKNOWN
        return UNKNOWN

    def inherited(self, owner: type, name: str) -> Any:
        """Return ``super().name`` in a method of *owner*."""
        lineage = self.site.cls.__mro__
        for base in lineage[lineage.index(owner) + 1 :] if owner in lineage else ():
            if isinstance(vars(base).get(name), FunctionType):
                return Function(live.unwrapped(vars(base)[name]), base, True)
        return UNKNOWN

    def run(
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
        bind(frame, function, definition.args, args, keywords, rest, self.kept)
        self.call_depth += 1
        try:
            statements.block(self, frame, definition.body)
        except BlockExit as left:
            return early_return([*frame.early, left.value] if left.how is ast.Return else frame.early)
        finally:
            self.call_depth -= 1
        return early_return([*frame.early, Plain(None)])

    def write(self, name: str, value: Any, frame: Frame) -> None:
        """Note what is assigned to ``self.name``."""
        made = the_parameter(value)
        if made is not None and frame.owner is not None:
            self.where[name] = f"{frame.owner.__name__}.__init__, line {made.line}"
        if name in self.looked:
            self.rewritten.add(name)
        self.written[name] = value

    def as_kept(self, target: ast.expr, value: Any) -> Any:
        """Return what is not told of a value by what the live layer holds in the attribute it is assigned to."""
        name = target.attr if isinstance(target, ast.Attribute) else ""
        if not is_untold(value) or self.loops or name in self.volatile or name not in self.site.attributes:
            return value
        if live.is_computed(self.site.cls, name):
            return value
        self.live.add(name)
        found = live.lifted(self.site.attributes[name], name, "")
        return found if isinstance(found, Size | Items | Plain | Real) else value


def is_untold(value: Any) -> bool:
    """Return whether nothing is known of a value, or only that it is a number."""
    return value is UNKNOWN or (isinstance(value, Real) and value.value is None) or has_slot(value)


def the_parameter(made: Any) -> Tensor | None:
    """Return the one parameter that the code may make here; that it is there tells that it was made."""
    ways = made.values if isinstance(made, Either) else (made,)
    found = [way for way in ways if isinstance(way, Tensor) and way.parameter]
    return found[0] if len(found) == 1 else None


def held(site: Site, name: str) -> Any:
    """Return what a layer holds under a name as far as it is read: a value, or a child of some class."""
    if name in site.attributes:
        return live.lifted(site.attributes[name], name, "")
    return type(site.children.get(name))
