"""One function while it is read: its names, its arguments, and what two branches of it agree on."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from summarykit.formulas.source import sites
from summarykit.formulas.source.sizes import named
from summarykit.formulas.source.values import SELF, UNKNOWN, Function, Plain, Size, Tensor

#: Where a number comes from that no expression of the language gives.
COMPUTED = "computed in the code"


@dataclass
class Frame:
    """One function while it is read."""

    locals: dict[str, Any]
    globals: Mapping[str, Any]
    owner: type | None
    first_line: int

    def inner(self) -> Frame:
        """Return a frame for a comprehension, which sees these names and keeps its own."""
        return Frame(dict(self.locals), self.globals, self.owner, self.first_line)


def bind(
    frame: Frame,
    function: Function,
    spec: ast.arguments,
    args: tuple[Any, ...],
    keywords: Mapping[str, Any],
    *,
    exact: bool,
) -> None:
    """Give the parameters of a function their arguments; what is not given is its default, or free."""
    names = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
    given: dict[str, Any] = {}
    if function.bound and names:
        given[names.pop(0)] = SELF
    given.update(zip(names, args, strict=False))
    given.update(keywords)
    defaults = default_values(function.target, names)
    for name in (*names, *(arg.arg for arg in spec.kwonlyargs)):
        if name in given:
            frame.locals[name] = given[name]
        elif exact and name in defaults:
            frame.locals[name] = sites.lifted(defaults[name], name, "default")
        else:
            frame.locals[name] = named(name, None)
    if function.bound and spec.args:
        frame.locals[(*spec.posonlyargs, *spec.args)[0].arg] = SELF
    for extra in (spec.vararg, spec.kwarg):
        if extra is not None:
            frame.locals[extra.arg] = given.get(extra.arg, UNKNOWN)


def default_values(target: Any, names: list[str]) -> dict[str, Any]:
    """Return the defaults of a function as they are, without evaluating anything."""
    positional = target.__defaults__ or ()
    found = dict(zip(names[len(names) - len(positional) :], positional, strict=False))
    return found | (target.__kwdefaults__ or {})


def is_torch_base(owner: type | None) -> bool:
    """Return whether a constructor is ``nn.Module``'s own, which makes no parameters."""
    return owner is not None and f"{owner.__module__}.{owner.__qualname__}" == "torch.nn.modules.module.Module"


def with_a_name(value: Any, written: ast.expr, target: ast.expr) -> Any:
    """Return a computed number, of which no expression is left, under the name it is assigned to."""
    if not isinstance(value, Size) or value.names or isinstance(written, ast.Constant | ast.UnaryOp):
        return value
    name = target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else ""
    return named(name, value.value, COMPUTED) if name else value


def agreed(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """Return what two branches agree on."""
    return {name: left[name] if left.get(name) == right.get(name) else UNKNOWN for name in {**left, **right}}


def merged(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """Return what two branches write to self; a parameter only one of them makes is that one's."""
    found: dict[str, Any] = {}
    for name in {**left, **right}:
        a, b = left.get(name), right.get(name)
        absent = [value for value in (a, b) if value is None or (isinstance(value, Plain) and value.value is None)]
        made = [value for value in (a, b) if isinstance(value, Tensor)]
        found[name] = a if a == b else made[0] if absent and made else UNKNOWN
    return found


def assigned(body: list[ast.stmt]) -> set[str]:
    """Return the local names a block assigns."""
    return {
        node.id
        for part in body
        for node in ast.walk(part)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def as_load(target: ast.expr) -> ast.expr:
    """Return the target of ``x += 1`` as it is read."""
    match target:
        case ast.Name(id=name):
            return ast.Name(name, ast.Load())
        case ast.Attribute(value=value, attr=name):
            return ast.Attribute(value, name, ast.Load())
    return ast.Constant(None)
