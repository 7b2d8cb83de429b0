"""What a value can be while source code is read: known, free or unknown."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any


class Unknown:
    """A value that the code does not determine."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Size:
    """A whole number with the expression it was computed by; ``value`` is None while a free name is in it."""

    value: int | None
    text: str  #: in the language of formulas: ``4 * hidden_size``
    rank: int  #: how tightly the text holds together: 0 sum, 1 product, 2 power, 3 atom
    names: tuple[tuple[str, int | None], ...]  #: each name in the text and its value
    origins: tuple[tuple[str, str], ...] = ()  #: where a name comes from, in words
    opaque: bool = False  #: the text is the code's own words, which no formula says


@dataclass(frozen=True, slots=True)
class Real:
    """A floating-point number, from which a size can be computed; ``operands`` are those of a division."""

    value: float | None  #: None while a free name is in it
    text: str
    rank: int
    origins: tuple[tuple[str, str], ...] = ()
    operands: tuple[Size, Size] | None = None


@dataclass(frozen=True, slots=True)
class Plain:
    """A constant that is no number: a text, None, True."""

    value: Any


@dataclass(frozen=True, slots=True)
class Items:
    """A tuple or list."""

    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """A dictionary with texts for keys."""

    items: tuple[tuple[str, Any], ...] = ()
    rest: Rest | None = None  #: set where it may hold more than these
    container: type | None = None  #: the class of the container, where it holds modules


@dataclass(frozen=True, slots=True)
class Rest:
    """Unknown further arguments."""

    names: frozenset[str] | None = None  #: names that none of them has; None where any name is possible
    each: Any = None  #: the value of any of them by position, where that is known


@dataclass(frozen=True, slots=True)
class Either:
    """One of several values; the code does not decide which, the live layer may."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Partial:
    """A callable with some of its arguments given: ``partial(LayerNorm, eps=1e-6)``."""

    callee: Any
    args: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Preset:
    """An unknown argument whose default is a class, which is then assumed."""

    default: type


@dataclass(frozen=True, slots=True, eq=False)
class LiveObject:
    """A live object, looked at through its ``__dict__`` and never called or compared by its own ``__eq__``."""

    target: Any
    name: str  #: how the code calls it: ``config``

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LiveObject) and self.target is other.target and self.name == other.name

    def __hash__(self) -> int:
        return hash((id(self.target), self.name))


@dataclass(frozen=True, slots=True)
class Tensor:
    """A new tensor of this shape; a dimension may be unknown."""

    dims: tuple[Any, ...]
    line: int = 0
    parameter: bool = False


@dataclass(frozen=True, slots=True)
class NewModule:
    """A module as the code constructs it."""

    cls: type
    args: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...] = ()
    incomplete: bool = False  #: there may be unknown arguments


@dataclass(frozen=True, slots=True)
class OpenList:
    """A list of unknown length, or modules in a container, by position."""

    items: tuple[Any, ...]
    each: Any = None  #: the value of any later one; None where there is none
    container: type | None = None  #: the class of the container


@dataclass(frozen=True, slots=True)
class Range:
    """``range(n)`` of a known length."""

    start: int
    stop: int
    step: int


@dataclass(frozen=True, slots=True)
class Function:
    """A Python function, read and not run."""

    target: Any
    owner: type | None = None  #: the class it was found in
    bound: bool = False  #: whether it is given a self
    free: bool = False  #: whether it takes none, as a static method does


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
