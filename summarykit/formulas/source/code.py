"""The source code of functions as syntax trees, each read once."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from summarykit.formulas.source.values import Code

#: A function longer than this is not read.
MOST_LINES = 1_500


def code_of(function: Any) -> Code | None:
    """Return the definition of *function* and its first line, None where it has no source to read."""
    return _read(function.__code__) if isinstance(function, FunctionType) else None


@lru_cache(maxsize=4096)
def _read(code: CodeType) -> Code | None:
    try:
        lines, first = inspect.getsourcelines(code)
        if len(lines) > MOST_LINES:
            return None
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    body = tree.body[0] if tree.body else None
    return (body, first) if isinstance(body, ast.FunctionDef) else None
