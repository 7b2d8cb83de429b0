"""Reading calls: new tensors and parameters, modules made, functions of the same code followed."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from summarykit.formulas.source import expressions, sites, sizes, tensors
from summarykit.formulas.source.values import (
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

_PARAMETER = "torch.nn.parameter.Parameter"
_FROM_SIZES = {"Tensor", "FloatTensor"}
_CONTAINERS = {"ModuleList", "Sequential", "ModuleDict"}
_NUMBER_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "math.sqrt": math.sqrt,
    "math.log": math.log,
    "math.log2": math.log2,
    "math.exp": math.exp,
    "builtins.abs": abs,
    "builtins.round": round,
    "builtins.float": float,
}


def call(reader: Reader, frame: Frame, node: ast.Call) -> Any:
    """Return what a call gives; a constructed module is noted, nothing is executed."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and "super" not in frame.locals:
        return SuperValue(frame.owner) if frame.owner else UNKNOWN
    callee = expressions.evaluate(reader, frame, node.func)
    args, unsure = arguments(reader, frame, node.args)
    keywords = {}
    for keyword in node.keywords:
        value = expressions.evaluate(reader, frame, keyword.value)
        if keyword.arg is None:
            unsure = True
        else:
            keywords[keyword.arg] = value
    if isinstance(callee, Method):
        return method(callee, args)
    if isinstance(callee, Function):
        return UNKNOWN if unsure else reader.run(callee, args, keywords)
    if isinstance(callee, Thing):
        return known(callee, args, keywords, unsure, node.lineno + frame.first_line - 1)
    return UNKNOWN


def arguments(reader: Reader, frame: Frame, nodes: list[ast.expr]) -> tuple[tuple[Any, ...], bool]:
    """Return positional arguments, and whether a starred one hides how many they are."""
    found: list[Any] = []
    unsure = False
    for node in nodes:
        value = expressions.evaluate(reader, frame, node)
        if not isinstance(node, ast.Starred):
            found.append(value)
        elif isinstance(value, Items | MadeList):
            found += value.items or ([value] if isinstance(value, MadeList) else [])
        else:
            unsure = True
    return tuple(found), unsure


def qualified(target: Any) -> str:
    """Return ``module.name`` of a class or built-in function, without asking the object."""
    module = sites.getattr_plain(target, "__module__") or ""
    if isinstance(target, type):
        return f"{type.__getattribute__(target, '__module__')}.{type.__getattribute__(target, '__qualname__')}"
    return f"{module}.{sites.getattr_plain(target, '__name__') or ''}"


def known(callee: Thing, args: tuple[Any, ...], keywords: Mapping[str, Any], unsure: bool, line: int) -> Any:
    """Return what a class or built-in function gives."""
    target, name = callee.target, callee.name
    path = qualified(target)
    if path == _PARAMETER:
        given = args[0] if args else keywords.get("data", UNKNOWN)
        return Tensor(given.dims, line, True) if isinstance(given, Tensor) else UNKNOWN
    if isinstance(target, type) and path.startswith("builtins."):
        return builtin(target.__name__, args)
    if isinstance(target, type):
        if target.__name__ in _CONTAINERS and path.startswith("torch.nn."):
            return container(target, args)
        if path.startswith("torch.") and target.__name__ in _FROM_SIZES:
            return tensors.new_tensor(args, keywords, line)
        return Made(target, args, keywords, unsure)
    if path.startswith(("builtins.", "math.")):
        return UNKNOWN if unsure else builtin_function(path, args)
    if tensors.is_torch_function(target) and not unsure:
        return tensors.torch_function(sites.getattr_plain(target, "__name__") or name, args, keywords, line)
    return UNKNOWN


def container(target: type, args: tuple[Any, ...]) -> Any:
    """Return the modules in a ``ModuleList`` or ``Sequential``."""
    if not args:
        return MadeList(())
    if target.__name__ == "Sequential":
        return MadeList(args)
    (first, *_) = args
    if isinstance(first, Items):
        return MadeList(first.items)
    return first if isinstance(first, MadeList) else UNKNOWN


def builtin(name: str, args: tuple[Any, ...]) -> Any:
    """Return what a built-in class gives for known values."""
    first = args[0] if args else UNKNOWN
    if name == "int":
        number = sizes.as_number(first)
        return first if isinstance(first, Size) else UNKNOWN if number is None else sizes.literal(int(number))
    if name == "float":
        number = sizes.as_number(first)
        return UNKNOWN if number is None else Plain(float(number))
    if name == "bool":
        held = expressions.truth(first)
        return UNKNOWN if held is None else Plain(held)
    if name in {"tuple", "list"}:
        return first if isinstance(first, Items | MadeList) else Items(()) if not args else UNKNOWN
    if name == "range":
        ends = [expressions.plain(arg) for arg in args]
        if not ends or not all(isinstance(end, int) for end in ends) or len(ends) > 3:
            return UNKNOWN
        numbers = range(*ends) if len(ends) < 3 or ends[2] else range(0)
        return Range(numbers.start, numbers.stop, numbers.step)
    return UNKNOWN


def builtin_function(path: str, args: tuple[Any, ...]) -> Any:
    """Return what a built-in function gives for known values."""
    name = path.rpartition(".")[2]
    if name in {"min", "max"}:
        parts = args[0].items if len(args) == 1 and isinstance(args[0], Items) else args
        return sizes.extreme(name, list(parts)) if parts and all(isinstance(p, Size) for p in parts) else UNKNOWN
    if name == "len" and args and isinstance(args[0], Items):
        return sizes.literal(len(args[0].items))
    if name in {"sum", "prod"} and args and isinstance(args[0], Items) and args[0].items:
        total = args[0].items[0]
        for part in args[0].items[1:]:
            total = expressions.binary(total, "+" if name == "sum" else "*", part)
        return total
    if name == "getattr" and len(args) > 1 and isinstance(args[0], Thing) and isinstance(args[1], Plain):
        name = str(args[1].value)
        return args[2] if len(args) > 2 and sites.is_missing(args[0], name) else sites.attribute(args[0], name)
    if name == "isinstance" and len(args) == 2:
        return is_instance(*args)
    numbers = [sizes.as_number(arg) for arg in args]
    if path in _NUMBER_FUNCTIONS and numbers and None not in numbers:
        try:
            return expressions.plain_number(_NUMBER_FUNCTIONS[path](*numbers))
        except (ArithmeticError, ValueError, TypeError):
            return UNKNOWN
    return UNKNOWN


def is_instance(value: Any, kinds: Any) -> Any:
    """Return ``isinstance`` of a known value and classes of Python itself, whose answer runs no stranger's code."""
    given = kinds.items if isinstance(kinds, Items) else (kinds,)
    classes = tuple(kind.target for kind in given if isinstance(kind, Thing) and isinstance(kind.target, type))
    plain = expressions.plain(value)
    if plain is UNKNOWN or len(classes) != len(given):
        return UNKNOWN
    if not all(kind.__module__ in {"builtins", "collections.abc", "typing", "numbers"} for kind in classes):
        return UNKNOWN
    return Plain(isinstance(plain, classes))


def method(callee: Method, args: tuple[Any, ...]) -> Any:
    """Return what a method of a tensor or list gives."""
    owner, name = callee.owner, callee.name
    return tensors.tensor_method(owner, name, args) if isinstance(owner, Tensor) else UNKNOWN
