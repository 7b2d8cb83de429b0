"""What may be looked at in live objects: ``__dict__`` alone, no property, no call."""

from __future__ import annotations

import operator
import types
from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeGuard

from summarykit.formulas.source.sizes import named_size, real
from summarykit.formulas.source.values import (
    UNKNOWN,
    Fields,
    Function,
    Items,
    LiveObject,
    Plain,
)

_ELEMENTS = 256
#: Where torch's lists of modules are defined.
CONTAINERS = "torch.nn.modules.container."
_PLAIN = (int, str, float, tuple, type(None))
_NO_RECORDS = (type(None), type, types.ModuleType, types.FunctionType, str, int, float)


def unwrap(function: Any) -> Any:
    """Return the function that a decorator wrapped, when it says so (``functools.wraps``)."""
    for _ in range(10):
        inner = vars(function).get("__wrapped__")
        if not isinstance(inner, types.FunctionType):
            return function
        function = inner
    return function


def is_record(value: Any) -> bool:
    """Return whether *value* is an object that holds settings in its ``__dict__``."""
    plain = issubclass(type(value), _NO_RECORDS)
    return not plain and isinstance(getattr_plain(value, "__dict__"), dict)


def is_class(target: Any) -> TypeGuard[type]:
    """Return whether a live object is a class; by its type, since the object may answer ``isinstance`` itself."""
    return issubclass(type(target), type)


def qualified_name(target: Any) -> str:
    """Return ``module.name`` of a class or built-in function, without asking the object."""
    module = getattr_plain(target, "__module__") or ""
    if is_class(target):
        return f"{type.__getattribute__(target, '__module__')}.{type.__getattribute__(target, '__qualname__')}"
    return f"{module}.{getattr_plain(target, '__name__') or ''}"


def getattr_plain(value: Any, name: str) -> Any:
    """Return an attribute without asking the object's own ``__getattr__``; None where there is none."""
    try:
        return object.__getattribute__(value, name)
    except Exception:  # noqa: BLE001 - a foreign object may raise anything
        return None


def to_value(value: Any, name: str, origin: str) -> Any:
    """Return a live plain value as a value of the interpreter, under *name*.

    Its type is asked and not the value, which might answer ``isinstance`` by code of its own.
    """
    kind = type(value)
    if kind is bool or value is None or kind is str:
        return Plain(value)
    if kind is int:
        return named_size(name, value, origin)
    if kind is float:
        return real(value, name)
    if kind in (dict, OrderedDict):
        return to_fields(value, name, origin)
    if kind in (tuple, list) or (issubclass(kind, tuple) and hasattr(kind, "_fields")):
        if len(value) > _ELEMENTS:
            return UNKNOWN
        return Items(tuple(to_value(part, f"{name}[{i}]", origin) for i, part in enumerate(value)))
    if kind is types.FunctionType:
        return Function(unwrap(value))
    if issubclass(kind, type | types.ModuleType | types.BuiltinFunctionType):
        return LiveObject(value, name)
    if issubclass(kind, str):
        return Plain(str.__str__(value))
    if hasattr(kind, "__index__") and not hasattr(kind, "untyped_storage"):
        try:
            return named_size(name, operator.index(value), origin)
        except Exception:  # noqa: BLE001 - a foreign __index__ may raise anything
            return UNKNOWN
    return LiveObject(value, name) if is_record(value) else UNKNOWN


def to_fields(values: Mapping[Any, Any], name: str, origin: str) -> Any:
    """Return a live dictionary with texts for keys, unknown if it has others."""
    if len(values) > _ELEMENTS or any(type(key) is not str for key in values):
        return UNKNOWN
    inside = f"from {name}" if origin else ""
    return Fields(
        tuple((key, to_value(value, f"{name}.{key}" if name else key, inside)) for key, value in values.items())
    )


def attribute(thing: LiveObject, name: str) -> Any:
    """Return ``thing.name`` as data: from its ``__dict__``, its modules, its class's plain values."""
    target = thing.target
    if issubclass(type(target), type | types.ModuleType):
        return class_value(target, name) if is_class(target) else module_value(target, name)
    own = getattr_plain(target, "__dict__") or {}
    name = stored_name(target, name)
    origin = f"from {thing.name}" if thing.name else ""
    path = f"{thing.name}.{name}" if thing.name else name
    cls: type = type(target)
    if is_computed(cls, name):
        return UNKNOWN
    if name in own:
        return to_value(own[name], path, origin)
    modules = own.get("_modules")
    if isinstance(modules, dict) and modules.get(name) is not None:
        return LiveObject(modules[name], path)
    for base in cls.__mro__:
        if name in vars(base):
            value = vars(base)[name]
            return to_value(value, path, origin) if issubclass(type(value), _PLAIN) else UNKNOWN
    return UNKNOWN


def element(thing: LiveObject, at: int) -> Any:
    """Return one of the modules in a live ``ModuleList`` or ``Sequential``."""
    modules = (getattr_plain(thing.target, "__dict__") or {}).get("_modules")
    container = f"{type(thing.target).__module__}." == CONTAINERS
    if not container or not isinstance(modules, dict) or not -len(modules) <= at < len(modules):
        return UNKNOWN
    return LiveObject(list(modules.values())[at], f"{thing.name}.{range(len(modules))[at]}")


def children_of(module: Any) -> Mapping[str, Any]:
    """Return a layer's children by name; none of a compiled one, which keeps them elsewhere."""
    modules = (getattr_plain(module, "__dict__") or {}).get("_modules")
    return modules if isinstance(modules, dict) else {}


def is_layer(target: Any) -> bool:
    """Return whether a live object holds modules, as a layer does."""
    return "_modules" in (getattr_plain(target, "__dict__") or {})


@lru_cache(maxsize=4096)
def is_computed(cls: type, name: str) -> bool:
    """Return whether a class answers for an attribute itself, as a property does, whatever the object holds."""
    for base in cls.__mro__:
        if name in vars(base):
            return any("__set__" in vars(kind) for kind in type(vars(base)[name]).__mro__)
    return False


def is_missing(thing: LiveObject, name: str) -> bool:
    """Return whether ``thing.name`` is surely not there: not in the object, not in its class, and none is computed."""
    target = thing.target
    if issubclass(type(target), type | types.ModuleType):
        return False
    name = stored_name(target, name)
    if name in (getattr_plain(target, "__dict__") or {}):
        return False
    return not any(name in vars(base) or "__getattr__" in vars(base) for base in type(target).__mro__)


def stored_name(target: Any, name: str) -> str:
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
            value = vars(base)[name]
            if isinstance(value, staticmethod) and isinstance(value.__func__, types.FunctionType):
                return Function(unwrap(value.__func__), base, free=True)
            if isinstance(value, types.FunctionType):
                return Function(unwrap(value), base)
            return UNKNOWN if isinstance(value, staticmethod | classmethod) else to_value(value, name, "")
    return UNKNOWN


def module_value(module: types.ModuleType, name: str) -> Any:
    """Return a name of a Python module, if it is loaded; a lazy module loads nothing."""
    value = vars(module).get(name, UNKNOWN)
    return value if value is UNKNOWN else to_value(value, name, "")
