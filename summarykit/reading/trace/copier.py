"""``Copier``: copies a model's objects, with a fake tensor for every tensor.

One memo serves the whole copy: tied weights, a module under two names and cycles have one copy each. What cannot be
copied is shared with the caller's model, and reported.
"""

from __future__ import annotations

import copy
import enum
import functools
import re
import sys
import types
import weakref
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from summarykit.reading.trace.fake_tensors import TensorFactory

#: Marks an empty closure cell.
EMPTY = object()


def slots_of(kind: type) -> Iterator[Any]:
    """Yield the slots of a class and its bases."""
    for base in kind.__mro__:
        if "__slots__" in base.__dict__:
            yield from (member for member in base.__dict__.values() if isinstance(member, types.MemberDescriptorType))


def cell_contents(cell: types.CellType) -> object:
    """Return the contents of a closure cell, or ``EMPTY``."""
    try:
        return cell.cell_contents
    except ValueError:
        return EMPTY


def is_module_level(function: types.FunctionType) -> bool:
    """Return whether a function is defined at the top level of a Python module; it closes over no model then."""
    home = sys.modules.get(function.__module__ or "")
    return home is not None and getattr(home, "__dict__", {}).get(function.__qualname__) is function


#: Types whose values are immutable, or need no copy.
ATOMS: frozenset[type] = frozenset({
    type(None), bool, int, float, complex, str, bytes, range, slice, type, type(Ellipsis), type(NotImplemented),
    property, staticmethod, classmethod, types.BuiltinFunctionType, types.ModuleType, types.CodeType,
    types.MappingProxyType, types.GenericAlias, re.Pattern, np.dtype, torch.dtype, torch.device, torch.layout,
    torch.memory_format, torch.Size,
})  # fmt: skip
#: Packages whose objects are no part of the model: they are shared, and not reported.
_OUTSIDE = (
    "logging", "concurrent", "multiprocessing", "pathlib", "inspect", "typing", "decimal", "fractions", "datetime",
    "uuid", "torch.fx", "torch.distributed", "torch._ops", "torch._dynamo", "torch.cuda", "torch.library", "tokenizers",
)  # fmt: skip
_LARGE_ARRAY = 1 << 20
_DEEPEST = 100


class Copier:
    """Copies values; modules are created empty and listed in ``waiting``, for the caller to fill."""

    def __init__(self, tensor_factory: TensorFactory) -> None:
        self.tensor_factory = tensor_factory
        self.memo: dict[int, Any] = {}
        #: Modules whose copies are still empty, in the order they were reached.
        self.waiting: deque[tuple[nn.Module, nn.Module]] = deque()
        #: Objects shared with the caller's model, as text, and the module that holds each.
        self.shared_values: dict[str, nn.Module | None] = {}
        self.owner: nn.Module | None = None
        self._depth = 0
        self._makers: dict[type, Maker] = {}

    def copy(self, value: Any) -> Any:
        """Return the copy of *value*, always the same one."""
        kind = type(value)
        if kind in ATOMS:
            return value
        earlier = self.memo.get(id(value))
        if earlier is not None:
            return earlier
        maker = self._makers.get(kind)
        if maker is None:
            maker = self._makers[kind] = maker_for(kind)
        if self._depth > _DEEPEST:
            return self.share(value, "something nested deeply")
        self._depth += 1
        try:
            duplicate = self.memo[id(value)] = maker(self, value)
        finally:
            self._depth -= 1
        return duplicate

    def share(self, value: Any, what: str = "") -> Any:
        """Return *value* itself, and record that the copy shares it with the caller's model."""
        kind = type(value)
        self.shared_values.setdefault(
            what or f"a {kind.__module__}.{kind.__qualname__}".replace("builtins.", ""), self.owner
        )
        return value

    def tensor(self, value: Tensor) -> Tensor:
        """Return the fake tensor for a tensor, with copies of its extra attributes."""
        duplicate = self.tensor_factory.make(value)
        self.memo[id(value)] = duplicate
        if duplicate is not value and type(value) is not type(duplicate):
            for name, extra in value.__dict__.items():
                if name not in duplicate.__dict__:
                    duplicate.__dict__[name] = self.copy(extra)
        return duplicate

    def module(self, value: nn.Module) -> nn.Module:
        """Return an empty module of the same class."""
        duplicate: nn.Module = object.__new__(type(value))
        self.waiting.append((value, duplicate))
        return duplicate

    def script_module(self, value: nn.Module) -> Any:
        """Return a copy of a scripted module; its tensors stay real."""
        try:
            duplicate = copy.deepcopy(value)
            duplicate.eval()
        except Exception:  # noqa: BLE001 - compiled code may hold what torch cannot copy
            return self.share(value, "compiled code")
        self.waiting.append((value, duplicate))
        return duplicate

    def dictionary(self, value: Any) -> Any:
        """Return a copy of a dictionary of any class."""
        duplicate = self.empty(value)
        for key, inner in list(dict.items(value)):
            dict.__setitem__(duplicate, self.copy(key), self.copy(inner))
        return duplicate

    def ordered_dict(self, value: Any) -> Any:
        """Return a copy of an OrderedDict of any class."""
        duplicate = self.empty(value)
        for key, inner in list(OrderedDict.items(value)):
            OrderedDict.__setitem__(duplicate, self.copy(key), self.copy(inner))
        return duplicate

    def default_dict(self, value: Any) -> Any:
        """Return a copy of a defaultdict."""
        duplicate = self.dictionary(value)
        duplicate.default_factory = self.copy(value.default_factory)
        return duplicate

    def sequence(self, value: Any) -> Any:
        """Return a copy of a list of any class."""
        duplicate = self.empty(value)
        list.extend(duplicate, [self.copy(inner) for inner in list.__iter__(value)])
        return duplicate

    def queue(self, value: Any) -> Any:
        """Return a copy of a deque."""
        return deque((self.copy(inner) for inner in value), value.maxlen)

    def members(self, value: Any) -> Any:
        """Return a copy of a set."""
        return type(value)(self.copy(inner) for inner in value)

    def tuple_of_copies(self, value: Any) -> Any:
        """Return a copy of a tuple of any class."""
        duplicate = tuple.__new__(type(value), [self.copy(inner) for inner in tuple.__iter__(value)])
        if hasattr(duplicate, "__dict__"):
            duplicate.__dict__.update({key: self.copy(inner) for key, inner in value.__dict__.items()})
        return duplicate

    def method(self, value: Any) -> Any:
        """Return a bound method of the copy of its object."""
        return types.MethodType(self.copy(value.__func__), self.copy(value.__self__))

    def partial_function(self, value: Any) -> Any:
        """Return a copy of a partial."""
        keywords = {key: self.copy(inner) for key, inner in value.keywords.items()}
        duplicate = type(value)(self.copy(value.func), *map(self.copy, value.args), **keywords)
        duplicate.__dict__.update({key: self.copy(inner) for key, inner in value.__dict__.items()})
        return duplicate

    def function(self, value: Any) -> Any:
        """Return a function that closes over copies of what *value* closes over."""
        eager = value.__dict__.get("_torchdynamo_orig_callable")
        if eager is not None:
            return self.copy(eager)
        if is_module_level(value) or not (value.__closure__ or value.__defaults__ or value.__kwdefaults__):
            return value
        cells = tuple(types.CellType() for _ in value.__closure__ or ())
        duplicate = types.FunctionType(value.__code__, value.__globals__, value.__name__, None, cells)
        self.memo[id(value)] = duplicate
        for cell, original in zip(cells, value.__closure__ or (), strict=True):
            contents = cell_contents(original)
            if contents is not EMPTY:
                cell.cell_contents = self.copy(contents)
        duplicate.__defaults__ = self.copy(value.__defaults__)
        duplicate.__kwdefaults__ = self.copy(value.__kwdefaults__)
        duplicate.__module__, duplicate.__qualname__ = value.__module__, value.__qualname__
        duplicate.__dict__.update({key: self.copy(inner) for key, inner in value.__dict__.items()})
        return duplicate

    def reference(self, value: Any) -> Any:
        """Return a weak reference to the copy of its object."""
        target = value()
        return value if target is None else weakref.ref(self.copy(target))

    def handle(self, value: Any) -> Any:
        """Return the handle that removes a hook from the copy; hooks are copied with their modules."""
        duplicate = object.__new__(type(value))
        duplicate.__dict__.update(value.__dict__)
        hooks = value.hooks_dict_ref()
        if hooks is not None:
            duplicate.hooks_dict_ref = weakref.ref(self.memo.setdefault(id(hooks), OrderedDict()))
        duplicate.extra_dict_ref = self.copy(value.extra_dict_ref)
        return duplicate

    def array(self, value: Any) -> Any:
        """Return a copy of a small array; a large one is shared."""
        return value.copy() if value.nbytes <= _LARGE_ARRAY else self.share(value, "a large array")

    def generator(self, value: torch.Generator) -> torch.Generator:
        """Return a random generator in the same state."""
        duplicate = torch.Generator(device=value.device)
        duplicate.set_state(value.get_state())
        return duplicate

    def deep_copy(self, value: Any) -> Any:
        """Return the ``deepcopy`` of an object of the standard library or NumPy."""
        try:
            return copy.deepcopy(value)
        except Exception:  # noqa: BLE001 - it is shared then, and reported
            return self.share(value)

    def instance(self, value: Any) -> Any:
        """Return an object of the same class whose attributes are copies; no code of its class runs."""
        try:
            duplicate = object.__new__(type(value))
        except TypeError:
            return self.share(value)
        self.memo[id(value)] = duplicate
        self.attributes(value, duplicate)
        return duplicate

    def empty(self, value: Any) -> Any:
        """Return an empty container of the same class, with copies of its attributes."""
        kind: Any = type(value)
        # A user's subclass may need arguments; the container it derives from does not.
        duplicate = next(base for base in kind.__mro__ if base.__new__ in _PLAIN_NEW).__new__(kind)
        self.memo[id(value)] = duplicate
        if kind not in _CONTAINERS:
            self.attributes(value, duplicate)
        return duplicate

    def attributes(self, value: Any, duplicate: Any) -> None:
        """Copy the attributes of *value* to *duplicate*, those in slots too."""
        values = getattr(value, "__dict__", None)
        if type(values) is dict:
            duplicate.__dict__.update({key: self.copy(inner) for key, inner in list(values.items())})
        for slot in slots_of(type(value)):
            try:
                inner = slot.__get__(value)
            except AttributeError:
                continue
            slot.__set__(duplicate, self.copy(inner))


_PLAIN_NEW = {dict.__new__, list.__new__, OrderedDict.__new__, defaultdict.__new__, object.__new__}
_CONTAINERS = {dict, list, OrderedDict, defaultdict}


Maker = Callable[[Copier, Any], Any]


def itself(_: Copier, value: Any) -> Any:
    """Return *value* itself: it is no part of the model."""
    return value


#: How to copy a class: the first match counts. The order matters, since some of these are tuples or modules too.
_BY_BASE: tuple[tuple[type | tuple[type, ...], Maker], ...] = (
    (Tensor, Copier.tensor),
    (torch.jit.ScriptModule, Copier.script_module),
    (nn.Module, Copier.module),
    ((enum.Enum, type, np.generic), itself),
    (defaultdict, Copier.default_dict),
    (OrderedDict, Copier.ordered_dict),
    (dict, Copier.dictionary),
    (list, Copier.sequence),
    (tuple, Copier.tuple_of_copies),
    (deque, Copier.queue),
    ((set, frozenset), Copier.members),
    (types.MethodType, Copier.method),
    (functools.partial, Copier.partial_function),
    (types.FunctionType, Copier.function),
    (weakref.ref, Copier.reference),
    (np.ndarray, Copier.array),
    (torch.Generator, Copier.generator),
    (RemovableHandle, Copier.handle),
)  # fmt: skip


def maker_for(kind: type) -> Maker:
    """Return the function that copies values of a class."""
    for base, maker in _BY_BASE:
        if issubclass(kind, base):
            return maker
    home = kind.__module__
    if isinstance(home, str):
        if any(home == outside or home.startswith(outside + ".") for outside in _OUTSIDE):
            return itself
        if home in ("itertools", "random") or home.startswith("numpy.random"):
            return Copier.deep_copy
    heap = 1 << 9  # Py_TPFLAGS_HEAPTYPE: defined by a class statement, not in C
    in_c = next(base for base in kind.__mro__ if not base.__flags__ & heap)
    return Copier.instance if in_c is object else Copier.share
