"""Constructor arguments that a layer did not keep itself, but a child of it did.

``Block(dim)`` that makes ``nn.Linear(dim, 4 * dim)`` tells its ``dim`` by the ``in_features`` of that child: a setting,
and not the size of the tensor that is to be explained.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from summarykit.formulas.source import live
from summarykit.formulas.source.code import signature
from summarykit.formulas.source.interpreter.interpreter import OutOfSteps, Reader
from summarykit.formulas.source.module_context import Blank
from summarykit.formulas.source.sizes import is_free_name
from summarykit.formulas.source.values import Either, Fields, MadeList, NewModule, Rest

#: How many levels down a child is looked for.
_LEVELS = 4
_MOST_WAYS = 12


class Way(NamedTuple):
    """From a layer to the setting of a descendant; each step names a child and the class it must be of."""

    steps: tuple[tuple[str, type], ...]
    attribute: str

    @property
    def path(self) -> str:
        """The way as the code would write it: ``attn.qkv.in_features``."""
        return ".".join([*(name for name, _ in self.steps), self.attribute])


def argument_kept_by_child(module: Any, reader: Reader, name: str) -> tuple[int, str] | None:
    """Return the value of a free name in the code of a layer, and the descendant's setting that tells it."""
    for way in handed_down(reader, name, _LEVELS):
        value = followed(module, way)
        if value is not None:
            return value, way.path
    return None


def followed(module: Any, way: Way) -> int | None:
    """Return the number at the end of *way*, None where the layers that are there are others."""
    cls: type = type(module)
    for name, expected in way.steps:
        module = live.children_of(module).get(name)
        cls = type(module)
        if cls is not expected:
            return None
    value = (live.getattr_plain(module, "__dict__") or {}).get(way.attribute)
    return value if type(value) is int and not live.is_computed(cls, way.attribute) else None


@lru_cache(maxsize=1024)
def ways(cls: type, argument: str, levels: int) -> tuple[Way, ...]:
    """Return where layers of a class keep a constructor argument as it is, whatever else they are given."""
    reader = read_blank(cls)
    if reader is None or levels == 0:
        return ()
    attribute = reader.aliases().get(argument)
    if attribute is not None:
        return (Way((), attribute),)
    return handed_down(reader, argument, levels)


def handed_down(reader: Reader, argument: str, levels: int) -> tuple[Way, ...]:
    """Return where the children that a constructor makes keep what has this name in it."""
    found: list[Way] = []
    for steps, made in children(reader):
        for given, value in by_name(made).items():
            if is_free_name(value) and value.text == argument:
                found += (Way(steps + way.steps, way.attribute) for way in ways(made.cls, given, levels - 1))
        if len(found) >= _MOST_WAYS:
            break
    return tuple(sorted(found[:_MOST_WAYS], key=lambda way: len(way.steps)))


@lru_cache(maxsize=512)
def read_blank(cls: type) -> Reader | None:
    """Return the constructor of a class as read without knowing any argument."""
    reader = Reader(Blank(cls))
    try:
        reader.read({}, Rest(frozenset()))
    except (OutOfSteps, RecursionError):
        return None
    return reader


def children(reader: Reader) -> Iterator[tuple[tuple[tuple[str, type], ...], NewModule]]:
    """Yield the modules that a constructor makes, each with the steps that lead to it."""
    for name, value in reader.written.items():
        yield from under(name, value)


def under(name: str, value: Any) -> Iterator[tuple[tuple[tuple[str, type], ...], NewModule]]:
    """Yield the modules made under a name: itself, one of several it may be, or those in a container."""
    if isinstance(value, NewModule):
        yield ((name, value.cls),), value
    elif isinstance(value, Either):
        for part in value.values:
            yield from under(name, part)
    elif isinstance(value, MadeList | Fields) and value.made_by is not None:
        pairs = value.items if isinstance(value, Fields) else [(str(i), part) for i, part in enumerate(value.items)]
        for key, part in pairs:
            for steps, made in under(key, part):
                yield ((name, value.made_by), *steps), made
        if isinstance(value, MadeList) and value.each is not None:
            for steps, made in under(str(len(value.items)), value.each):
                yield ((name, value.made_by), *steps), made


def by_name(made: NewModule) -> dict[str, Any]:
    """Return the arguments of a call by name, as far as their places tell."""
    return dict(zip(signature(made.cls).positional, made.args, strict=False)) | dict(made.keywords)
