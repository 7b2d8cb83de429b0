"""What a value can be while source code is read: known, free, or not to be told."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Unknown:
    """A value that reading does not tell."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Size:
    """A whole number with the expression it was computed by; ``value`` is None while a free name is in it."""

    value: int | None
    text: str  #: in the language of formulas: ``4 * hidden_size``
    rank: int  #: how tightly the text holds together: 0 sum, 1 product, 2 atom
    names: tuple[tuple[str, int | None], ...]  #: each name in the text and its value
    origins: tuple[tuple[str, str], ...] = ()  #: where a name comes from, in words


@dataclass(frozen=True, slots=True)
class Plain:
    """A constant that is no size: a text, None, True, a float."""

    value: Any


@dataclass(frozen=True, slots=True)
class Items:
    """A tuple or list."""

    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """A live object, looked at through its ``__dict__`` and never called, nor asked whether it equals another."""

    target: Any
    name: str  #: how the code calls it: ``config``

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing) and self.target is other.target and self.name == other.name

    def __hash__(self) -> int:
        return hash((id(self.target), self.name))


@dataclass(frozen=True, slots=True)
class Tensor:
    """A new tensor of this shape; a dimension may be unknown."""

    dims: tuple[Any, ...]
    line: int = 0
    parameter: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A module as the code constructs it."""

    cls: type
    args: tuple[Any, ...]
    keywords: Mapping[str, Any] = field(default_factory=dict)
    unsure: bool = False  #: starred arguments, whose places are not known


@dataclass(frozen=True, slots=True)
class MadeList:
    """Modules in a container, by position; ``each`` stands for all where the number is not known."""

    items: tuple[Any, ...]
    each: Any = None


@dataclass(frozen=True, slots=True)
class Range:
    """``range(n)`` of a known length."""

    start: int
    stop: int
    step: int


@dataclass(frozen=True, slots=True)
class Function:
    """A Python function, read and not run; *owner* is the class it was found in, *bound* that it has a self."""

    target: Any
    owner: type | None = None
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a value that is read here: ``tensor.view``, ``list.append``."""

    owner: Any
    name: str


class SelfValue:
    """The module whose constructor is read."""

    __slots__ = ()


SELF = SelfValue()


@dataclass(frozen=True, slots=True)
class SuperValue:
    """``super()`` in a class."""

    owner: type


#: A function's code: its definition and the first line of it in its file.
Code = tuple[ast.FunctionDef, int]
