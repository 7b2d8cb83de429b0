"""Reading lists, dictionaries and containers of modules, and what is done to them in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from summarykit.formulas.source.interpreter.operators import (
    NOTHING_YET,
    concat,
    either,
    is_text,
    plain,
    with_fields,
)
from summarykit.formulas.source.values import (
    UNKNOWN,
    Fields,
    Items,
    OpenList,
    Plain,
    Rest,
)

_TEXT_METHODS = {"lower", "upper", "strip", "startswith", "endswith"}


def new_container(target: type, args: tuple[Any, ...], rest: Rest | None) -> Any:
    """Return the modules in a container: by position, or by name where a dictionary gives them."""
    if len(args) == 1 and rest is None and isinstance(args[0], Fields):
        return replace(args[0], container=target)
    if target.__name__ == "Sequential":
        return OpenList(args, rest and (rest.each or UNKNOWN), target)
    if not args and rest is None:
        return Fields(container=target) if target.__name__.endswith("Dict") else OpenList((), None, target)
    if args and isinstance(args[0], Items):
        return OpenList(args[0].items, None, target)
    return replace(args[0], container=target) if args and isinstance(args[0], OpenList) else UNKNOWN


def append(owner: Items | OpenList, value: Any) -> Items | OpenList:
    """Return a list with one more element; where its length is not known, any later one may be that."""
    if isinstance(owner, Items):
        return Items((*owner.items, value))
    if owner.each is None:
        return replace(owner, items=(*owner.items, value))
    return replace(owner, each=either(owner.each, value))


def open_ended(owner: Items | OpenList) -> OpenList:
    """Return a list as it is in a loop of unknown length: more elements may follow those it had."""
    if isinstance(owner, Items):
        return OpenList(owner.items, NOTHING_YET)
    return replace(owner, each=NOTHING_YET) if owner.each is None else owner


def list_method(owner: Items | OpenList, name: str, args: tuple[Any, ...]) -> tuple[Any, Any]:
    """Return what a method of a list gives, and the list afterwards."""
    if name == "append" and len(args) == 1:
        return Plain(None), append(owner, args[0])
    if name == "extend" and len(args) == 1:
        return Plain(None), concat([owner, args[0]]) if isinstance(args[0], Items | OpenList) else UNKNOWN
    if name == "insert" and len(args) == 2 and isinstance(owner, Items) and plain(args[0]) == 0:
        return Plain(None), Items((args[1], *owner.items))
    if name == "pop" and isinstance(owner, Items) and owner.items:
        at = plain(args[0]) if args else -1
        if at in {0, -1}:
            return owner.items[at], Items(owner.items[1:] if at == 0 else owner.items[:-1])
    if name in {"add_module", "register_module"} and len(args) == 2 and is_text(args[0]) and not owner.items:
        container = owner.container if isinstance(owner, OpenList) else None
        return Plain(None), Fields(((args[0].value, args[1]),), container=container)
    if name in {"index", "count", "copy"}:
        return owner if name == "copy" else UNKNOWN, owner
    return UNKNOWN, UNKNOWN


def fields_method(
    owner: Fields,
    name: str,
    args: tuple[Any, ...],
    keywords: Mapping[str, Any],
    rest: Rest | None,
) -> tuple[Any, Any]:
    """Return what a method of a dictionary gives, and the dictionary afterwards."""
    items = dict(owner.items)
    if name in {"get", "pop", "setdefault"} and args and is_text(args[0]):
        return get_item(owner, name, args[0].value, args[1] if len(args) > 1 else Plain(None))
    if name == "update":
        more = args[0] if args else Fields()
        if not isinstance(more, Fields):
            return Plain(None), Fields((), Rest())
        return Plain(None), with_fields(with_fields(owner, more), Fields(tuple(keywords.items()), rest))
    if name in {"add_module", "register_module"} and len(args) == 2 and is_text(args[0]):
        return Plain(None), with_fields(owner, Fields(((args[0].value, args[1]),)))
    if name in {"items", "keys", "values", "copy"} and owner.rest is None:
        pairs = tuple(Items((Plain(key), value)) for key, value in owner.items)
        parts = {
            "items": pairs,
            "keys": tuple(map(Plain, items)),
            "values": tuple(items.values()),
        }
        return owner if name == "copy" else Items(parts[name]), owner
    return UNKNOWN, UNKNOWN


def get_item(owner: Fields, name: str, key: str, default: Any) -> tuple[Any, Any]:
    """Return what ``get``, ``pop`` or ``setdefault`` give; a key that the rest may hide is unknown."""
    items = dict(owner.items)
    absent = owner.rest is None or (owner.rest.names is not None and key in owner.rest.names)
    value = items.get(key, default if absent else UNKNOWN)
    if name == "get":
        return value, owner
    if name == "setdefault":
        return value, with_fields(owner, Fields(((key, value),)))
    remaining = replace(owner, items=tuple(pair for pair in owner.items if pair[0] != key))
    if remaining.rest is not None and remaining.rest.names is not None:
        remaining = replace(remaining, rest=Rest(remaining.rest.names | {key}))
    return value, remaining


def set_item(owner: Any, at: Any, value: Any) -> Any:
    """Return a list or dictionary after ``owner[at] = value``."""
    index = plain(at)
    if isinstance(owner, Fields) and isinstance(index, str):
        return with_fields(owner, Fields(((index, value),)))
    if isinstance(owner, Items) and isinstance(index, int) and -len(owner.items) <= index < len(owner.items):
        items = list(owner.items)
        items[index] = value
        return Items(tuple(items))
    return UNKNOWN


def text_method(owner: Any, name: str, args: tuple[Any, ...]) -> Any:
    """Return what a method of a text gives."""
    arguments = [plain(arg) for arg in args]
    if name not in _TEXT_METHODS or any(not isinstance(arg, str) for arg in arguments):
        return UNKNOWN
    return Plain(getattr(owner.value, name)(*arguments))
