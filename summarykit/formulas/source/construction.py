"""How the code above a layer constructs it, and what it hands on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from summarykit.expression import Unanswerable, evaluate, parse
from summarykit.formulas.source import live, sizes
from summarykit.formulas.source.code import signature
from summarykit.formulas.source.interpreter.frames import not_told
from summarykit.formulas.source.interpreter.operators import A_NUMBER
from summarykit.formulas.source.module_context import Site
from summarykit.formulas.source.values import (
    UNKNOWN,
    Either,
    Fields,
    Function,
    Items,
    MadeList,
    NewModule,
    Partial,
    Plain,
    Preset,
    Real,
    Rest,
    Size,
    Thing,
)

#: A constructor may have been given anything.
ANYTHING = Rest(frozenset())
#: What finds the value of a free name.
Resolve = Callable[[str], Size | None]
_TOLD = Plain | Thing | Function | Partial | Preset | Either | Real


def attribute_at(container: Any, name: str) -> Any:
    """Return what the code puts into a container under a name."""
    if isinstance(container, Either):
        return sum_of([attribute_at(part, name) for part in container.values])
    if isinstance(container, Fields):
        return dict(container.items).get(name)
    if not isinstance(container, MadeList):
        return None
    at = int(name) if name.isdigit() else -1
    return container.items[at] if 0 <= at < len(container.items) else container.each if at >= 0 else None


def sum_of(values: list[Any]) -> Any:
    """Return the alternatives among *values*."""
    return Either(tuple(dict.fromkeys(value for value in values if value is not None)))


def of_class(value: Any, cls: type) -> Any:
    """Return the one way to make a layer of this very class that the code has, None if it has none."""
    if isinstance(value, NewModule):
        return value if value.cls is cls else None
    if isinstance(value, MadeList | Fields):
        return value if value.made_by is cls else None
    if not isinstance(value, Either):
        return None
    ways = [way for way in (of_class(part, cls) for part in value.values) if way is not None]
    found = ways[0] if ways else None
    for way in ways[1:]:
        if way != found:
            found = (
                shared(found, way)
                if isinstance(found, NewModule) and isinstance(way, NewModule)
                else Either(tuple(ways))
            )
    return found


def shared(one: NewModule, other: NewModule) -> NewModule:
    """Return what two calls of the same class agree on."""
    places = min(len(one.args), len(other.args))
    same = (a if a == b else UNKNOWN for a, b in zip(one.args[:places], other.args[:places], strict=True))
    names = dict(other.keywords)
    keywords = {name: value if names.get(name) == value else UNKNOWN for name, value in one.keywords}
    return NewModule(one.cls, tuple(same), tuple(keywords.items()), True)


def recorded(site: Site) -> Mapping[str, Any]:
    """Return the arguments that a layer was given, where it keeps a record of all of them by name."""
    names = signature(site.cls).names
    for attribute, value in site.attributes.items():
        if names and issubclass(type(value), dict) and all(dict.__contains__(value, name) for name in names):
            return {name: live.lifted(dict.__getitem__(value, name), name, f"from {attribute}") for name in names}
    return {}


def arguments(site: Site, made: Any) -> tuple[dict[str, Any], Rest | None]:
    """Return the arguments a layer was constructed with, by name, as far as its parent's code tells, and the rest."""
    spec = signature(site.cls)
    found: dict[str, Any] = dict(recorded(site)) if made is None else {}
    rest: Rest | None = ANYTHING
    if isinstance(made, NewModule):
        found = dict(zip(spec.positional, made.args, strict=False)) | dict(made.keywords)
        rest = ANYTHING if made.unsure or len(made.args) > len(spec.positional) else None
    place = site.called_by
    named = {name: as_argument(name, value, place, spec.defaults) for name, value in found.items()}
    if site.config() is not None and "config" in spec.names and not isinstance(named.get("config"), Thing):
        named["config"] = Thing(site.config(), "config")
    return named, rest


def as_argument(name: str, value: Any, place: str, defaults: Mapping[str, Any]) -> Any:
    """Return an argument under its own name, with a note on what the call says; what is not told is free."""
    if isinstance(value, Size) and value.value is not None:
        return sizes.under(name, value, place) if place else value
    if isinstance(value, Items):
        return Items(tuple(element(f"{name}[{i}]", part, place) for i, part in enumerate(value.items)))
    if isinstance(value, Fields):
        return value
    return value if isinstance(value, _TOLD) and value != A_NUMBER else not_told(name, defaults.get(name), ANYTHING)


def element(name: str, value: Any, place: str) -> Any:
    """Return one element of a tuple that is handed on, under the name it has there."""
    if not isinstance(value, Size):
        return value if isinstance(value, _TOLD | Items | Fields) else UNKNOWN
    return UNKNOWN if value.value is None else sizes.under(name, value, place) if place else value


def resolve_names(value: Any, resolve: Resolve) -> Any:
    """Return a value with its free names resolved, as far as they can be."""
    if isinstance(value, Size):
        return filled_size(value, resolve) if value.value is None else value
    if isinstance(value, NewModule):
        args, keywords = all_filled(value.args, resolve), pairs_filled(value.keywords, resolve)
        return NewModule(value.cls, args, keywords, value.unsure)
    if isinstance(value, Fields):
        return replace(value, items=pairs_filled(value.items, resolve))
    if isinstance(value, MadeList):
        return replace(value, items=all_filled(value.items, resolve), each=resolve_names(value.each, resolve))
    if isinstance(value, Items | Either):
        return type(value)(all_filled(value.items if isinstance(value, Items) else value.values, resolve))
    return value


def all_filled(values: tuple[Any, ...], resolve: Resolve) -> tuple[Any, ...]:
    """Return each value with its free names resolved."""
    return tuple(resolve_names(value, resolve) for value in values)


def pairs_filled(pairs: tuple[tuple[str, Any], ...], resolve: Resolve) -> tuple[tuple[str, Any], ...]:
    """Return values by name with their free names resolved."""
    return tuple((name, resolve_names(value, resolve)) for name, value in pairs)


def filled_size(value: Size, resolve: Resolve) -> Size:
    """Return a size with its free names resolved, as it is if one of them cannot be."""
    found = [resolve(name) if known is None else sizes.named_size(name, known) for name, known in value.names]
    sure = [size for size in found if size is not None]
    if len(sure) < len(found):
        return value
    names = tuple((size.text, size.value) for size in sure)
    origins = dict.fromkeys((*value.origins, *(pair for size in sure for pair in size.origins)))
    number = reckoned(value.text, names)
    return value if number is None else Size(number, value.text, value.rank, names, tuple(origins))


def reckoned(text: str, names: tuple[tuple[str, int | None], ...]) -> int | None:
    """Return the value of an expression, None where it has none."""
    try:
        return evaluate(parse(text).tree, sizes.as_bindings(dict(names)))
    except (Unanswerable, ValueError):
        return None
