"""Where a layer stands, and what may be looked at there: ``__dict__`` alone, no property, no call."""

from __future__ import annotations

import operator
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from summarykit.formulas.source.sizes import named
from summarykit.formulas.source.values import UNKNOWN, Function, Items, Plain, Thing

_ELEMENTS = 256


@dataclass(frozen=True, eq=False)
class Site:
    """A live layer at its place in the model."""

    module: Any
    name: str  #: in its parent
    parent: Site | None
    kind: object = None  #: the same object for layers that are alike, whatever their place

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The layer's own ``__dict__``."""
        return self.module.__dict__  # type: ignore[no-any-return]

    @property
    def children(self) -> Mapping[str, Any]:
        """The layer's children by name."""
        return vars(self.module).get("_modules") or {}

    def config(self) -> Any:
        """Return the nearest ``config`` object, the layer's own or an ancestor's, None if there is none."""
        site: Site | None = self
        while site is not None:
            found = site.attributes.get("config")
            if is_record(found):
                return found
            site = site.parent
        return None


def unwrapped(function: Any) -> Any:
    """Return the function that a decorator wrapped, when it says so (``functools.wraps``)."""
    for _ in range(10):
        inner = vars(function).get("__wrapped__")
        if not isinstance(inner, types.FunctionType):
            return function
        function = inner
    return function


def is_record(value: Any) -> bool:
    """Return whether *value* is an object that holds settings in its ``__dict__``."""
    plain = value is None or isinstance(value, type | types.ModuleType | types.FunctionType | str | int | float)
    return not plain and isinstance(getattr_plain(value, "__dict__"), dict)


def getattr_plain(value: Any, name: str) -> Any:
    """Return an attribute without asking the object's own ``__getattr__``; None where there is none."""
    try:
        return object.__getattribute__(value, name)
    except Exception:  # noqa: BLE001 - a stranger's object
        return None


def lifted(value: Any, name: str, origin: str) -> Any:
    """Return a live plain value as one that can be reckoned with, under *name*."""
    kind = type(value)
    if kind is bool or value is None or kind in (str, float):
        return Plain(value)
    if kind is int:
        return named(name, value, origin)
    if kind in (tuple, list) or (isinstance(value, tuple) and hasattr(kind, "_fields")):
        if len(value) > _ELEMENTS:
            return UNKNOWN
        return Items(tuple(lifted(part, f"{name}[{i}]", origin) for i, part in enumerate(value)))
    if isinstance(value, types.FunctionType):
        return Function(unwrapped(value))
    if isinstance(value, type | types.ModuleType | types.BuiltinFunctionType):
        return Thing(value, name)
    if isinstance(value, str):
        return Plain(str.__str__(value))
    if hasattr(kind, "__index__") and not hasattr(kind, "untyped_storage"):
        try:
            return named(name, operator.index(value), origin)
        except Exception:  # noqa: BLE001 - a stranger's __index__
            return UNKNOWN
    return Thing(value, name) if is_record(value) else UNKNOWN


def attribute(thing: Thing, name: str) -> Any:
    """Return ``thing.name`` as data: from its ``__dict__``, its modules, its class's plain values."""
    target = thing.target
    if isinstance(target, type | types.ModuleType):
        return class_value(target, name) if isinstance(target, type) else module_value(target, name)
    own = getattr_plain(target, "__dict__") or {}
    name = mapped(target, name)
    origin = thing.name
    path = f"{thing.name}.{name}" if thing.name else name
    if is_computed(type(target), name):
        return UNKNOWN
    if name in own:
        return lifted(own[name], path, origin)
    modules = own.get("_modules")
    if isinstance(modules, dict) and modules.get(name) is not None:
        return Thing(modules[name], path)
    for base in type(target).__mro__:
        if name in vars(base):
            found = vars(base)[name]
            return lifted(found, path, origin) if isinstance(found, int | str | float | tuple | None) else UNKNOWN
    return UNKNOWN


def is_computed(cls: type, name: str) -> bool:
    """Return whether a class answers for an attribute itself, as a property does, whatever the object holds."""
    for base in cls.__mro__:
        if name in vars(base):
            return "__set__" in dir(type(vars(base)[name]))
    return False


def is_missing(thing: Thing, name: str) -> bool:
    """Return whether ``thing.name`` is surely not there: not in the object, not in its class, and none is computed."""
    target = thing.target
    if isinstance(target, type | types.ModuleType):
        return False
    name = mapped(target, name)
    if name in (getattr_plain(target, "__dict__") or {}):
        return False
    return not any(name in vars(base) or "__getattr__" in vars(base) for base in type(target).__mro__)


def mapped(target: Any, name: str) -> str:
    """Return the name under which a transformers config keeps an attribute (its ``attribute_map``)."""
    for base in type(target).__mro__:
        names = vars(base).get("attribute_map")
        if isinstance(names, dict):
            return names.get(name, name)  # type: ignore[no-any-return]
    return name


def class_value(cls: type, name: str) -> Any:
    """Return a plain value or function of a class, read from the ``__dict__`` of its bases."""
    for base in cls.__mro__:
        if name in vars(base):
            found = vars(base)[name]
            if isinstance(found, staticmethod | classmethod):
                return UNKNOWN
            return (
                Function(unwrapped(found), base) if isinstance(found, types.FunctionType) else lifted(found, name, "")
            )
    return UNKNOWN


def module_value(module: types.ModuleType, name: str) -> Any:
    """Return a name of a Python module, if it is loaded; a lazy module is not asked for more."""
    found = vars(module).get(name, UNKNOWN)
    return found if found is UNKNOWN else lifted(found, name, "")
