"""Settings, texts and formulas as JSON has them, and back; what is none of them is damage."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from summarykit.expression import Value

Read = TypeVar("Read")
Bindings = tuple[tuple[str, Value], ...]


def plain_value(value: Value) -> Any:
    """Return a setting as JSON has it: a tuple as a list."""
    return [plain_value(part) for part in value] if isinstance(value, tuple) else value


def plain_bindings(bindings: Iterable[tuple[str, Value]]) -> list[list[Any]]:
    """Return names and values as JSON has them."""
    return [[name, plain_value(value)] for name, value in bindings]


def read_value(found: Any) -> Value:
    """Return the setting that was written as *found*."""
    if isinstance(found, list):
        return tuple(read_value(part) for part in found)
    endless = isinstance(found, float) and not math.isfinite(found)
    if found is None or (isinstance(found, int | str | float) and not endless):
        return found
    raise ValueError(f"{found!r} is no setting")


def read_text(found: Any) -> str:
    """Return *found*, which must be a text."""
    if not isinstance(found, str):
        raise ValueError(f"{found!r} is no text")  # noqa: TRY004 - damage, reported as one kind of error
    return found


def read_optional(read: Callable[[str], Read], text: str | None) -> Read | None:
    """Return what *read* makes of a text, None where there is none."""
    return None if text is None else read(text)


def read_bindings(found: Sequence[Sequence[Any]]) -> Bindings:
    """Return the names and values that were written as *found*."""
    return tuple((read_text(name), read_value(value)) for name, value in found)
