"""How the code above a layer constructs it, and what it hands on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from summarykit.expression import Unanswerable, evaluate, parse
from summarykit.formulas.source import live, sizes
from summarykit.formulas.source.code import signature
from summarykit.formulas.source.interpreter.frames import unknown_argument
from summarykit.formulas.source.interpreter.operators import A_NUMBER
from summarykit.formulas.source.module_context import ModuleContext
from summarykit.formulas.source.values import (
    UNKNOWN,
    Either,
    Fields,
    Function,
    Items,
    LiveObject,
    NewModule,
    OpenList,
    Partial,
    Plain,
    Preset,
    Real,
    Rest,
    Size,
)

#: A constructor may have been given anything.
ANYTHING = Rest(frozenset())
#: What finds the value of a free name.
Resolve = Callable[[str], Size | None]
_KNOWN_TYPES = Plain | LiveObject | Function | Partial | Preset | Either | Real


def attribute_at(container: Any, name: str) -> Any:
    """Return what the code puts into a container under a name."""
    if isinstance(container, Either):
        return alternatives([attribute_at(part, name) for part in container.values])
    if isinstance(container, Fields):
        return dict(container.items).get(name)
    if not isinstance(container, OpenList):
        return None
    at = int(name) if name.isdigit() else -1
    return container.items[at] if 0 <= at < len(container.items) else container.each if at >= 0 else None


def alternatives(values: list[Any]) -> Any:
    """Return the alternatives among *values*."""
    return Either(tuple(dict.fromkeys(value for value in values if value is not None)))


def construction_of(value: Any, cls: type) -> Any:
    """Return the one way to make a layer of this very class that the code has, None if it has none."""
    if isinstance(value, NewModule):
        return value if value.cls is cls else None
    if isinstance(value, OpenList | Fields):
        return value if value.container is cls else None
    if not isinstance(value, Either):
        return None
    ways = [way for way in (construction_of(part, cls) for part in value.values) if way is not None]
    result = ways[0] if ways else None
    for way in ways[1:]:
        if way != result:
            result = (
                common_call(result, way)
                if isinstance(result, NewModule) and isinstance(way, NewModule)
                else Either(tuple(ways))
            )
    return result


def common_call(one: NewModule, other: NewModule) -> NewModule:
    """Return what two calls of the same class agree on."""
    places = min(len(one.args), len(other.args))
    same = (a if a == b else UNKNOWN for a, b in zip(one.args[:places], other.args[:places], strict=True))
    names = dict(other.keywords)
    keywords = {name: value if names.get(name) == value else UNKNOWN for name, value in one.keywords}
    return NewModule(one.cls, tuple(same), tuple(keywords.items()), True)


def recorded_arguments(context: ModuleContext) -> Mapping[str, Any]:
    """Return the arguments that a layer was given, where it keeps a record of all of them by name."""
    names = signature(context.cls).names
    for attribute, value in context.attributes.items():
        if names and issubclass(type(value), dict) and all(dict.__contains__(value, name) for name in names):
            return {name: live.to_value(dict.__getitem__(value, name), name, f"from {attribute}") for name in names}
    return {}


def arguments(context: ModuleContext, construction: Any) -> tuple[dict[str, Any], Rest | None]:
    """Return a layer's constructor arguments, by name, as far as the parent's code gives them, and the rest."""
    spec = signature(context.cls)
    values: dict[str, Any] = dict(recorded_arguments(context)) if construction is None else {}
    rest: Rest | None = ANYTHING
    if isinstance(construction, NewModule):
        values = dict(zip(spec.positional, construction.args, strict=False)) | dict(construction.keywords)
        rest = ANYTHING if construction.incomplete or len(construction.args) > len(spec.positional) else None
    place = context.called_by
    by_name = {name: as_argument(name, value, place, spec.defaults) for name, value in values.items()}
    if context.config() is not None and "config" in spec.names and not isinstance(by_name.get("config"), LiveObject):
        by_name["config"] = LiveObject(context.config(), "config")
    return by_name, rest


def as_argument(name: str, value: Any, place: str, defaults: Mapping[str, Any]) -> Any:
    """Return an argument under its own name, with a note on what the call passes; an unknown one is free."""
    if isinstance(value, Size) and value.value is not None:
        return sizes.rename(name, value, place) if place else value
    if isinstance(value, Items):
        return Items(tuple(element(f"{name}[{i}]", part, place) for i, part in enumerate(value.items)))
    if isinstance(value, Fields):
        return value
    return (
        value
        if isinstance(value, _KNOWN_TYPES) and value != A_NUMBER
        else unknown_argument(name, defaults.get(name), ANYTHING)
    )


def element(name: str, value: Any, place: str) -> Any:
    """Return one element of a tuple argument, under its name as the argument."""
    if not isinstance(value, Size):
        return value if isinstance(value, _KNOWN_TYPES | Items | Fields) else UNKNOWN
    return UNKNOWN if value.value is None else sizes.rename(name, value, place) if place else value


def resolve_names(value: Any, resolve: Resolve) -> Any:
    """Return a value with its free names resolved, as far as they can be."""
    if isinstance(value, Size):
        return resolve_size(value, resolve) if value.value is None else value
    if isinstance(value, NewModule):
        args, keywords = resolve_all(value.args, resolve), resolve_pairs(value.keywords, resolve)
        return NewModule(value.cls, args, keywords, value.incomplete)
    if isinstance(value, Fields):
        return replace(value, items=resolve_pairs(value.items, resolve))
    if isinstance(value, OpenList):
        return replace(value, items=resolve_all(value.items, resolve), each=resolve_names(value.each, resolve))
    if isinstance(value, Items | Either):
        return type(value)(resolve_all(value.items if isinstance(value, Items) else value.values, resolve))
    return value


def resolve_all(values: tuple[Any, ...], resolve: Resolve) -> tuple[Any, ...]:
    """Return each value with its free names resolved."""
    return tuple(resolve_names(value, resolve) for value in values)


def resolve_pairs(pairs: tuple[tuple[str, Any], ...], resolve: Resolve) -> tuple[tuple[str, Any], ...]:
    """Return values by name with their free names resolved."""
    return tuple((name, resolve_names(value, resolve)) for name, value in pairs)


def resolve_size(value: Size, resolve: Resolve) -> Size:
    """Return a size with its free names resolved, as it is if one of them cannot be."""
    parts = [resolve(name) if number is None else sizes.named_size(name, number) for name, number in value.names]
    sure = [size for size in parts if size is not None]
    if len(sure) < len(parts):
        return value
    names = tuple((size.text, size.value) for size in sure)
    origins = dict.fromkeys((*value.origins, *(pair for size in sure for pair in size.origins)))
    number = evaluate_text(value.text, names)
    return value if number is None else Size(number, value.text, value.rank, names, tuple(origins))


def evaluate_text(text: str, names: tuple[tuple[str, int | None], ...]) -> int | None:
    """Return the value of an expression, None where it has none."""
    try:
        return evaluate(parse(text).tree, sizes.as_bindings(dict(names)))
    except (Unanswerable, ValueError):
        return None
