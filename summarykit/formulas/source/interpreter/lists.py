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
    MadeList,
    Plain,
    Rest,
)

_TEXT_METHODS = {"lower", "upper", "strip", "startswith", "endswith"}


def container(target: type, args: tuple[Any, ...], rest: Rest | None) -> Any:
    """Return the modules in a container: by position, or by name where a dictionary gives them."""
    if len(args) == 1 and rest is None and isinstance(args[0], Fields):
        return replace(args[0], made_by=target)
    if target.__name__ == "Sequential":
        return MadeList(args, rest and (rest.each or UNKNOWN), target)
    if not args and rest is None:
        return Fields(made_by=target) if target.__name__.endswith("Dict") else MadeList((), None, target)
    if args and isinstance(args[0], Items):
        return MadeList(args[0].items, None, target)
    return replace(args[0], made_by=target) if args and isinstance(args[0], MadeList) else UNKNOWN


def appended(owner: Items | MadeList, value: Any) -> Items | MadeList:
    """Return a list with one more element; where its length is not known, any later one may be that."""
    if isinstance(owner, Items):
        return Items((*owner.items, value))
    if owner.each is None:
        return replace(owner, items=(*owner.items, value))
    return replace(owner, each=either(owner.each, value))


def opened(owner: Items | MadeList) -> MadeList:
    """Return a list as it is in a loop of unknown length: more may have come after what it held."""
    if isinstance(owner, Items):
        return MadeList(owner.items, NOTHING_YET)
    return replace(owner, each=NOTHING_YET) if owner.each is None else owner


def extended(owner: Items | MadeList, more: Any) -> Any:
    """Return a list with the elements of another after its own."""
    if not isinstance(more, Items | MadeList):
        return UNKNOWN
    found = concat([owner, more])
    made_by = owner.made_by if isinstance(owner, MadeList) else None
    return replace(found, made_by=made_by) if isinstance(found, MadeList) else found


def list_method(owner: Items | MadeList, name: str, args: tuple[Any, ...]) -> tuple[Any, Any]:
    """Return what a method of a list gives, and the list afterwards."""
    if name == "append" and len(args) == 1:
        return Plain(None), appended(owner, args[0])
    if name == "extend" and len(args) == 1:
        return Plain(None), concat([owner, args[0]]) if isinstance(args[0], Items | MadeList) else UNKNOWN
    if name == "insert" and len(args) == 2 and isinstance(owner, Items) and plain(args[0]) == 0:
        return Plain(None), Items((args[1], *owner.items))
    if name == "pop" and isinstance(owner, Items) and owner.items:
        at = plain(args[0]) if args else -1
        if at in {0, -1}:
            return owner.items[at], Items(owner.items[1:] if at == 0 else owner.items[:-1])
    if name in {"add_module", "register_module"} and len(args) == 2 and is_text(args[0]) and not owner.items:
        made_by = owner.made_by if isinstance(owner, MadeList) else None
        return Plain(None), Fields(((args[0].value, args[1]),), made_by=made_by)
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
    held = dict(owner.items)
    if name in {"get", "pop", "setdefault"} and args and is_text(args[0]):
        return taken(owner, name, args[0].value, args[1] if len(args) > 1 else Plain(None))
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
            "keys": tuple(map(Plain, held)),
            "values": tuple(held.values()),
        }
        return owner if name == "copy" else Items(parts[name]), owner
    return UNKNOWN, UNKNOWN


def taken(owner: Fields, name: str, key: str, default: Any) -> tuple[Any, Any]:
    """Return what ``get``, ``pop`` or ``setdefault`` give; what may hide in the rest is not told."""
    held = dict(owner.items)
    absent = owner.rest is None or (owner.rest.names is not None and key in owner.rest.names)
    found = held.get(key, default if absent else UNKNOWN)
    if name == "get":
        return found, owner
    if name == "setdefault":
        return found, with_fields(owner, Fields(((key, found),)))
    left = replace(owner, items=tuple(pair for pair in owner.items if pair[0] != key))
    if left.rest is not None and left.rest.names is not None:
        left = replace(left, rest=Rest(left.rest.names | {key}))
    return found, left


def put(owner: Any, at: Any, value: Any) -> Any:
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
    given = [plain(arg) for arg in args]
    if name not in _TEXT_METHODS or any(not isinstance(arg, str) for arg in given):
        return UNKNOWN
    return Plain(getattr(owner.value, name)(*given))
