"""Reading what Python's own classes and functions give for known values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from summarykit.formulas.source import live, sizes
from summarykit.formulas.source.interpreter.operators import (
    MAX_UNROLL,
    binary,
    is_text,
    loop_items,
    plain,
    truth,
)
from summarykit.formulas.source.values import (
    UNKNOWN,
    Fields,
    Items,
    LiveObject,
    OpenList,
    Plain,
    Range,
    Real,
    Rest,
    Size,
)

_OTHERS = {"collections.OrderedDict", "itertools.repeat", "torch.Size"}
_NUMBER_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "math.sqrt": math.sqrt,
    "math.log": math.log,
    "math.log2": math.log2,
    "math.log10": math.log10,
    "math.exp": math.exp,
    "math.pow": math.pow,
    "builtins.abs": abs,
    "builtins.round": round,
}
#: Modules whose classes answer ``isinstance`` without running foreign code.
_PLAIN_CLASSES = {"builtins", "collections.abc", "typing", "numbers"}


def is_known(path: str) -> bool:
    """Return whether a class is one of those read here."""
    return path.startswith("builtins.") or path in _OTHERS


def construct(
    path: str,
    args: tuple[Any, ...],
    keywords: Mapping[str, Any],
    rest: Rest | None,
    source: str,
) -> Any:
    """Return what one of Python's own classes gives for known values."""
    name = path.rpartition(".")[2]
    first = args[0] if args else UNKNOWN
    if name in {"dict", "OrderedDict"}:
        return dictionary(args, keywords, rest)
    if rest is not None:
        return UNKNOWN
    if name in {"int", "float", "bool"}:
        return number(name, first, source)
    if name == "str":
        value = plain(first)
        return Plain(str(value)) if isinstance(value, str | int) else UNKNOWN
    if name in {"tuple", "list", "Size"}:
        return as_list(first) if args else Items(())
    if name == "range":
        return range_of([plain(arg) for arg in args])
    if name == "repeat" and len(args) == 2:
        return binary(Items((first,)), "*", args[1])
    return iterate(name, args, keywords)


def number(name: str, value: Any, source: str) -> Any:
    """Return ``int``, ``float`` or ``bool`` of a value."""
    if name == "bool":
        is_true = truth(value)
        return UNKNOWN if is_true is None else Plain(is_true)
    if name == "int":
        return (
            value if isinstance(value, Size) else sizes.truncate(value, source) if isinstance(value, Real) else UNKNOWN
        )
    numeric = sizes.as_number(value)
    return UNKNOWN if numeric is None else Real(float(numeric), source, 3, getattr(value, "origins", ()))


def as_list(value: Any) -> Any:
    """Return ``tuple`` or ``list`` of a value."""
    if isinstance(value, Items | OpenList):
        return value
    rounds = loop_items(value)
    return UNKNOWN if rounds is None else Items(tuple(rounds))


def dictionary(args: tuple[Any, ...], keywords: Mapping[str, Any], rest: Rest | None) -> Any:
    """Return a dictionary made of another, of pairs or of arguments by name."""
    items: dict[str, Any] = {}
    if args and isinstance(args[0], Fields):
        items, rest = dict(args[0].items), rest if args[0].rest is None else Rest()
    elif args:
        for pair in args[0].items if isinstance(args[0], Items) else (UNKNOWN,):
            if not isinstance(pair, Items) or len(pair.items) != 2 or not is_text(pair.items[0]):
                return UNKNOWN
            items[pair.items[0].value] = pair.items[1]
    return Fields(tuple({**items, **keywords}.items()), rest)


def range_of(ends: list[Any]) -> Any:
    """Return ``range`` of known ends."""
    if not ends or not all(isinstance(end, int) for end in ends) or len(ends) > 3:
        return UNKNOWN
    numbers = range(*ends) if len(ends) < 3 or ends[2] else range(0)
    return Range(numbers.start, numbers.stop, numbers.step)


def iterate(name: str, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
    """Return ``enumerate``, ``zip`` or ``reversed`` of lists of known length."""
    rows = [loop_items(arg) for arg in args]
    sequences = [row for row in rows if row is not None]
    if name == "enumerate" and rows and rows[0] is not None:
        start = plain(args[1] if len(args) > 1 else keywords.get("start", sizes.literal(0)))
        if not isinstance(start, int):
            return UNKNOWN
        return Items(tuple(Items((sizes.literal(i), value)) for i, value in enumerate(rows[0], start)))
    if name == "zip" and sequences and len(sequences) == len(rows):
        return Items(tuple(Items(values) for values in zip(*sequences, strict=False)))
    return Items(tuple(sequences[0][::-1])) if name == "reversed" and len(sequences) == len(rows) == 1 else UNKNOWN


def call_function(path: str, args: tuple[Any, ...], source: str) -> Any:
    """Return what a built-in function gives for known values."""
    name = path.rpartition(".")[2]
    if name in {"min", "max"}:
        parts = args[0].items if len(args) == 1 and isinstance(args[0], Items) else args
        return sizes.extreme(name, list(parts)) if parts and all(isinstance(p, Size) for p in parts) else UNKNOWN
    if name == "len" and len(args) == 1:
        return length(args[0], source)
    if name in {"sum", "prod"} and args and isinstance(args[0], Items) and 0 < len(args[0].items) <= MAX_UNROLL:
        total = args[0].items[0]
        for part in args[0].items[1:]:
            total = binary(total, "+" if name == "sum" else "*", part)
        return total
    if name in {"getattr", "hasattr"} and len(args) > 1 and isinstance(args[0], LiveObject) and is_text(args[1]):
        return get_attribute(name, args)
    if name == "isinstance" and len(args) == 2:
        return is_instance(*args)
    return numeric_function(path, args, source)


def length(value: Any, source: str) -> Any:
    """Return ``len`` of a list whose length is known."""
    rounds = (
        value.items if isinstance(value, Items) else loop_items(value) if isinstance(value, OpenList | Range) else None
    )
    return UNKNOWN if rounds is None else sizes.opaque_number(len(rounds), source, ())


def get_attribute(name: str, args: tuple[Any, ...]) -> Any:
    """Return ``getattr`` or ``hasattr`` of a live object; a default only where the attribute is surely missing."""
    owner, key = args[0], str(args[1].value)
    missing = live.is_missing(owner, key)
    if name == "hasattr":
        there = live.attribute(owner, key) is not UNKNOWN
        return Plain(there) if there or missing else UNKNOWN
    return args[2] if len(args) > 2 and missing else live.attribute(owner, key)


def numeric_function(path: str, args: tuple[Any, ...], source: str) -> Any:
    """Return a function of numbers, under the code's own words."""
    numbers = [sizes.as_number(arg) for arg in args]
    if path not in _NUMBER_FUNCTIONS or not numbers or None in numbers:
        return (
            Real(None, source, 3)
            if path in _NUMBER_FUNCTIONS and all(isinstance(a, Size | Real) for a in args)
            else UNKNOWN
        )
    try:
        value = _NUMBER_FUNCTIONS[path](*numbers)
    except (ArithmeticError, ValueError, TypeError):
        return UNKNOWN
    origins = tuple(dict.fromkeys(pair for arg in args for pair in getattr(arg, "origins", ())))
    return sizes.opaque_number(value, source, origins)


def is_instance(value: Any, kinds: Any) -> Any:
    """Return ``isinstance`` of a known value and classes of Python itself, whose answer runs no foreign code."""
    class_values = kinds.items if isinstance(kinds, Items) else (kinds,)
    classes = tuple(kind.target for kind in class_values if isinstance(kind, LiveObject) and live.is_class(kind.target))
    plain_value: Any = {} if isinstance(value, Fields) else plain(value)
    if isinstance(value, Items) and plain_value is UNKNOWN:
        plain_value = ()
    if (
        plain_value is UNKNOWN
        or len(classes) != len(class_values)
        or any(kind.__module__ not in _PLAIN_CLASSES for kind in classes)
    ):
        return UNKNOWN
    if isinstance(plain_value, tuple) and (tuple in classes) != (list in classes):
        return UNKNOWN  # lists and tuples are not distinguished
    return Plain(isinstance(plain_value, classes))
