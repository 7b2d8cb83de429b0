"""The tree a formula is kept in: unfolded, frozen, and comparable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A number written in the rule itself, or left by folding (never a setting)."""

    value: int


@dataclass(frozen=True, slots=True)
class Text:
    """A word to compare a setting with, as in ``mode == "LSTM"``."""

    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """A setting of the layer, possibly dotted, or a tensor that reads 1 when present and 0 when not."""

    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """One element of a setting that is a tuple: ``kernel_size[0]``."""

    name: str
    index: Node


@dataclass(frozen=True, slots=True)
class Reduce:
    """``prod``, ``sum`` or ``len`` of a setting that is a tuple."""

    function: str
    name: str


@dataclass(frozen=True, slots=True)
class Extreme:
    """``min`` or ``max`` of several terms."""

    function: str
    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms added up; a subtracted term is wrapped in ``Negative``."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negative:
    """Minus a term."""

    term: Node


@dataclass(frozen=True, slots=True)
class Product:
    """Factors multiplied; a ``Product`` among them was written in brackets and stays so."""

    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Quotient:
    """Whole-number division, rounded down as Python's ``//`` does."""

    dividend: Node
    divisor: Node


@dataclass(frozen=True, slots=True)
class Remainder:
    """What whole-number division leaves: Python's ``%``."""

    dividend: Node
    divisor: Node


@dataclass(frozen=True, slots=True)
class Power:
    """A base raised to a whole, non-negative exponent."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison, 1 when it is true and 0 when not."""

    left: Node
    operator: str
    right: Node


@dataclass(frozen=True, slots=True)
class Logic:
    """``and``, ``or`` or ``not`` over conditions, 1 or 0."""

    operator: str
    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """``then if condition else other``; only the branch that applies is evaluated or printed."""

    condition: Node
    then: Node
    other: Node


Node = (
    Number
    | Text
    | Name
    | Item
    | Reduce
    | Extreme
    | Sum
    | Negative
    | Product
    | Quotient
    | Remainder
    | Power
    | Compare
    | Logic
    | Choice
)


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed formula: its text and its tree."""

    source: str
    tree: Node

    def __str__(self) -> str:
        """Return the formula as it was written."""
        return self.source


def children(node: Node) -> tuple[Node, ...]:
    """Return the direct parts of *node*, left to right as written."""
    match node:
        case Sum(terms=parts) | Extreme(terms=parts) | Logic(terms=parts) | Product(factors=parts):
            return parts
        case Negative(term=part) | Item(index=part):
            return (part,)
        case Quotient(dividend=a, divisor=b) | Remainder(dividend=a, divisor=b):
            return (a, b)
        case Power(base=a, exponent=b) | Compare(left=a, right=b):
            return (a, b)
        case Choice(condition=test, then=a, other=b):
            return (a, test, b)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield *node* and everything below it, left to right as written."""
    yield node
    for part in children(node):
        yield from walk(part)


def names_in(node: Node) -> tuple[str, ...]:
    """Return each name in *node* once, in the order of the text."""
    names: dict[str, None] = {}
    for part in walk(node):
        match part:
            case Name(name=name) | Item(name=name) | Reduce(name=name):
                names.setdefault(name)
    return tuple(names)
