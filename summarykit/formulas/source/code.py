"""The source code of functions as syntax trees, and the parameters of constructors, each read once."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from summarykit.formulas.source import live
from summarykit.formulas.source.values import Code, Function

#: A function longer than this is not read.
MOST_LINES = 1_500


def code_of(function: Any) -> Code | None:
    """Return the definition of *function* and its first line, None where it has no source to read."""
    return _parse(function.__code__) if isinstance(function, FunctionType) else None


@lru_cache(maxsize=4096)
def _parse(code: CodeType) -> Code | None:
    try:
        lines, first = inspect.getsourcelines(code)
        if len(lines) > MOST_LINES:
            return None
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    body = tree.body[0] if tree.body else None
    return (body, first) if isinstance(body, ast.FunctionDef) else None


def default_values(target: Any, names: list[str]) -> dict[str, Any]:
    """Return the defaults of a function as they are, without evaluating anything."""
    positional = target.__defaults__ or ()
    values = dict(zip(names[len(names) - len(positional) :], positional, strict=False))
    return values | (target.__kwdefaults__ or {})


class Signature(NamedTuple):
    """The parameters of a constructor, without self."""

    positional: tuple[str, ...]
    names: tuple[str, ...]
    defaults: dict[str, Any]


@lru_cache(maxsize=1024)
def signature(cls: type) -> Signature:
    """Return the parameters of the constructor of a class; none where it cannot be read."""
    constructor = live.class_value(cls, "__init__")
    code = code_of(constructor.target) if isinstance(constructor, Function) else None
    if code is None or not isinstance(constructor, Function):
        return Signature((), (), {})
    spec = code[0].args
    positional = tuple(arg.arg for arg in (*spec.posonlyargs, *spec.args))[1:]
    names = (*positional, *(arg.arg for arg in spec.kwonlyargs))
    return Signature(positional, names, default_values(constructor.target, list(positional)))
