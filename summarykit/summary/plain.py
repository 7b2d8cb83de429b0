"""Settings, texts and formulas as JSON has them, and back; what is none of them is damage."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from summarykit.expression import Value

T = TypeVar("T")
Bindings = tuple[tuple[str, Value], ...]


def plain_value(value: Value) -> Any:
    """Return a setting as JSON has it: a tuple as a list."""
    return [plain_value(part) for part in value] if isinstance(value, tuple) else value


def plain_bindings(bindings: Iterable[tuple[str, Value]]) -> list[list[Any]]:
    """Return names and values as JSON has them."""
    return [[name, plain_value(value)] for name, value in bindings]


def read_value(value: Any) -> Value:
    """Return the setting that was written as *value*."""
    if isinstance(value, list):
        return tuple(read_value(part) for part in value)
    endless = isinstance(value, float) and not math.isfinite(value)
    if value is None or (isinstance(value, int | str | float) and not endless):
        return value
    raise ValueError(f"{value!r} is no setting")


def read_text(value: Any) -> str:
    """Return *value*, which must be a text."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")  # noqa: TRY004 - damage, reported as one kind of error
    return value


def read_optional(read: Callable[[str], T], text: str | None) -> T | None:
    """Return what *read* makes of a text, None where there is none."""
    return None if text is None else read(text)


def read_bindings(pairs: Sequence[Sequence[Any]]) -> Bindings:
    """Return the names and values that were written as *pairs*."""
    return tuple((read_text(name), read_value(value)) for name, value in pairs)
