"""One function while it is read: its names, its arguments, and what it may have given early."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from summarykit.formulas.source import live
from summarykit.formulas.source.code import default_values
from summarykit.formulas.source.interpreter.operators import either
from summarykit.formulas.source.sizes import named_size
from summarykit.formulas.source.values import (
    SELF,
    UNKNOWN,
    Fields,
    Function,
    Items,
    LiveObject,
    OpenList,
    Preset,
    Rest,
    Size,
)

#: So many words of the code are repeated to say what a number is.
_LONGEST_WORDS = 120
#: Methods that change a list or dictionary in place.
IN_PLACE_METHODS = {
    "add_module",
    "append",
    "clear",
    "extend",
    "insert",
    "pop",
    "register_module",
    "remove",
    "update",
}


@dataclass
class Frame:
    """One function while it is read."""

    locals: dict[str, Any]
    globals: Mapping[str, Any]
    owner: type | None
    first_line: int
    early: list[Any] = field(default_factory=list)  #: what a branch that may be taken returns
    may_end_early: bool = False  #: whether a loop may have been left early

    def lookup(self, name: str) -> Any:
        """Return the value of a name as the function sees it: local, then of its Python module, then built in."""
        if name in self.locals:
            return self.locals[name]
        if name in self.globals:
            return live.to_value(self.globals[name], name, "")
        target = vars(builtins).get(name, UNKNOWN)
        return UNKNOWN if target is UNKNOWN else LiveObject(target, name)

    def inner(self) -> Frame:
        """Return a frame for a comprehension, which sees these names and keeps its own."""
        return Frame(dict(self.locals), self.globals, self.owner, self.first_line)


class BlockExit(Exception):
    """A block is left: by ``return`` with a value, by ``break`` or ``continue``, or by an error."""

    def __init__(self, statement: type[ast.stmt], value: Any = UNKNOWN) -> None:
        self.statement = statement
        self.value = value


def bind(
    frame: Frame,
    function: Function,
    spec: ast.arguments,
    args: tuple[Any, ...],
    keywords: Mapping[str, Any],
    rest: Rest | None,
    layer_values: Mapping[str, Any],
) -> None:
    """Give the parameters of a function their arguments; what is not given is its default.

    With *rest*, more may have been given that is not told: as the layer has *kept* it, else free.
    """
    names = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
    if function.bound and names:
        frame.locals[names.pop(0)] = SELF
    only = [arg.arg for arg in spec.kwonlyargs]
    arguments = dict(zip(names, args, strict=False)) | dict(keywords)
    defaults = default_values(function.target, names)
    for name in (*names, *only):
        if name in arguments:
            frame.locals[name] = arguments.pop(name)
        elif rest is not None:
            unknown = unknown_argument(name, defaults.get(name), rest)
            frame.locals[name] = unknown if unknown is UNKNOWN else layer_values.get(name, unknown)
        else:
            frame.locals[name] = live.to_value(defaults[name], name, "default") if name in defaults else UNKNOWN
    if spec.vararg is not None:
        extra = args[len(names) :]
        frame.locals[spec.vararg.arg] = OpenList(extra, rest) if rest is not None else Items(extra)
    if spec.kwarg is not None:
        more = rest and Rest(None if rest.names is None else rest.names | {*names, *only})
        frame.locals[spec.kwarg.arg] = Fields(tuple(arguments.items()), more)


def unknown_argument(name: str, default: Any, rest: Rest) -> Any:
    """Return an argument that was perhaps given: a free name, if it is this constructor's alone."""
    if rest.names is None or name in rest.names:
        return UNKNOWN
    return Preset(default) if live.is_class(default) else named_size(name, None)


def closure_names(target: Any) -> dict[str, Any]:
    """Return what a function holds of the one it was made in."""
    values = {}
    for name, cell in zip(target.__code__.co_freevars, target.__closure__ or (), strict=False):
        try:
            values[name] = live.to_value(cell.cell_contents, name, "")
        except ValueError:  # not filled yet
            values[name] = UNKNOWN
    return values


def is_torch_base(owner: type | None) -> bool:
    """Return whether a constructor is ``nn.Module``'s own, which makes no parameters."""
    return owner is not None and f"{owner.__module__}.{owner.__qualname__}" == "torch.nn.modules.module.Module"


def name_value(value: Any, expression: ast.expr, target: ast.expr) -> Any:
    """Return a number that the code chose or looked up, and did not write, under the name it is assigned to."""
    name = target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else ""
    plain = isinstance(expression, ast.Constant | ast.UnaryOp | ast.BinOp | ast.Name)
    if not name or plain or not isinstance(value, Size) or value.names or value.opaque or value.value is None:
        return value
    return named_size(name, value.value, f"= {source_text(expression)}")


def loop_value(target: ast.expr, value: Any) -> Any:
    """Return what a loop gives its target in one round; a counter keeps its name, for the code says no number."""
    match target, value:
        case ast.Name(id=name), Size(names=(), opaque=False, value=int(number)):
            return named_size(name, number, f"= {number} in the loop")
        case ast.Tuple(elts=parts), Items(items=values) if len(parts) == len(values):
            return Items(tuple(loop_value(part, each) for part, each in zip(parts, values, strict=True)))
    return value


@lru_cache(maxsize=8192)
def source_text(node: ast.expr) -> str:
    """Return an expression as the code has it, shortened."""
    text = ast.unparse(node)
    return text if len(text) <= _LONGEST_WORDS else f"{text[:_LONGEST_WORDS]}…"


@lru_cache(maxsize=4096)
def assigned_names(body: tuple[ast.stmt, ...]) -> frozenset[str]:
    """Return the local names a block assigns, or changes in place."""
    names = set()
    for part in body:
        for node in ast.walk(part):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
                names.add(node.id)
            elif (
                isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name)
            ):
                names.add(node.value.id)
    return frozenset(names)


@lru_cache(maxsize=4096)
def names_changed_in_place(body: tuple[ast.stmt, ...]) -> frozenset[str]:
    """Return the names of the lists, local or of self, that a block calls a method of as ``append``."""
    return frozenset(
        owner.id if isinstance(owner, ast.Name) else owner.attr
        for part in body
        for node in ast.walk(part)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in IN_PLACE_METHODS
        if isinstance(owner := node.func.value, ast.Name | ast.Attribute)
    )


def as_load(target: ast.expr) -> ast.expr:
    """Return the target of ``x += 1`` as it is read."""
    match target:
        case ast.Name(id=name):
            return ast.Name(name, ast.Load())
        case ast.Attribute(value=value, attr=name):
            return ast.Attribute(value, name, ast.Load())
    return ast.Constant(None)


def early_return(values: list[Any]) -> Any:
    """Return what a function gives that may return in several places; unknown if it does in none."""
    result = values[0] if values else UNKNOWN
    for value in values[1:]:
        result = either(result, value)
    return result
