"""Reading calls: new tensors and parameters, modules made, functions of the same code followed."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from summarykit.formulas.source import live
from summarykit.formulas.source.interpreter import builtin, lists, tensors
from summarykit.formulas.source.interpreter.frames import GROWING, words
from summarykit.formulas.source.interpreter.operators import concat, either
from summarykit.formulas.source.values import (
    SELF,
    UNKNOWN,
    Either,
    Fields,
    Function,
    Items,
    MadeList,
    Method,
    NewModule,
    Partial,
    Preset,
    Rest,
    SuperValue,
    Tensor,
    Thing,
)

if TYPE_CHECKING:
    from summarykit.formulas.source.interpreter.frames import Frame
    from summarykit.formulas.source.interpreter.interpreter import Reader

_PARAMETER = "torch.nn.parameter.Parameter"
_FROM_SIZES = {"Tensor", "FloatTensor"}
_CONTAINERS = {
    "ModuleList",
    "Sequential",
    "ModuleDict",
    "ParameterList",
    "ParameterDict",
}
#: Functions of torch that are not followed: they fill a tensor that is there already.
_FILLING = ("torch.nn.init", "torch.nn.functional")


class Given(NamedTuple):
    """The arguments of one call, and what is needed to speak of it."""

    args: tuple[Any, ...]
    keywords: Mapping[str, Any]
    rest: Rest | None  #: there may be more arguments
    places: bool  #: whether those may be positional, so that a size may be among them
    line: int
    words: str


def call(reader: Reader, frame: Frame, node: ast.Call) -> Any:
    """Return what a call gives; a constructed module is noted, nothing is executed."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and "super" not in frame.locals:
        return SuperValue(frame.owner) if frame.owner else UNKNOWN
    callee = method_of(reader, frame, node.func) or reader.evaluate(frame, node.func)
    args, hidden = positional(reader, frame, node.args)
    keywords, more = by_name(reader, frame, node.keywords)
    rest = hidden if more is None else more if hidden is None else both(hidden, more)
    given = Given(
        args,
        keywords,
        rest,
        hidden is not None,
        node.lineno + frame.first_line - 1,
        words(node),
    )
    if isinstance(callee, Method) and isinstance(node.func, ast.Attribute):
        found, owner = method(callee, given)
        if owner is not callee.owner:
            reader.assign(frame, node.func.value, owner)
        return found
    return called(reader, callee, given)


def method_of(reader: Reader, frame: Frame, node: ast.expr) -> Method | None:
    """Return ``self.blocks.append`` as a method of the list that the code has made so far, not of the live one."""
    match node:
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id=owner), attr=name), attr=what):
            held = reader.written.get(name) if frame.locals.get(owner) is SELF else None
            return Method(held, what) if isinstance(held, MadeList | Fields) and what in GROWING else None
    return None


def called(reader: Reader, callee: Any, given: Given) -> Any:
    """Return what calling a known value gives."""
    if isinstance(callee, Function):
        if callee.owner is None and (callee.target.__module__ or "").startswith(_FILLING):
            return given.args[0] if given.args and isinstance(given.args[0], Tensor) else UNKNOWN
        return reader.run(callee, given.args, given.keywords, given.rest)
    if isinstance(callee, Thing):
        return known(reader, callee, given)
    if isinstance(callee, Preset):
        return NewModule(callee.default, given.args, tuple(given.keywords.items()), True)
    if isinstance(callee, Partial):
        keywords = {**dict(callee.keywords), **given.keywords}
        return called(
            reader,
            callee.callee,
            given._replace(args=callee.args + given.args, keywords=keywords),
        )
    if isinstance(callee, Either) and not any(isinstance(part, Function) for part in callee.values):
        found = UNKNOWN
        for i, part in enumerate(callee.values):
            one = called(reader, part, given)
            found = either(found, one) if i else one
        return found
    return UNKNOWN


def positional(reader: Reader, frame: Frame, nodes: list[ast.expr]) -> tuple[tuple[Any, ...], Rest | None]:
    """Return positional arguments up to where a starred one hides how many there are, and what that hides."""
    parts: list[Any] = []
    for node in nodes:
        value = reader.evaluate(frame, node)
        starred = isinstance(node, ast.Starred)
        if starred and not isinstance(value, Items | MadeList):
            value = MadeList((), Rest())
        parts.append(value if starred else Items((value,)))
    found = concat(parts)
    if isinstance(found, Items) or found.each is None:
        return found.items, None
    return found.items, found.each if isinstance(found.each, Rest) else Rest(None, found.each)


def by_name(reader: Reader, frame: Frame, nodes: list[ast.keyword]) -> tuple[dict[str, Any], Rest | None]:
    """Return arguments by name, and what a dictionary laid out among them hides."""
    found: dict[str, Any] = {}
    rest: Rest | None = None
    for node in nodes:
        value = reader.evaluate(frame, node.value)
        if node.arg is not None:
            found[node.arg] = value
        elif isinstance(value, Fields):
            found.update(value.items)
            rest = value.rest if rest is None else rest if value.rest is None else both(rest, value.rest)
        else:
            rest = Rest()
    return found, rest


def both(one: Rest, other: Rest) -> Rest:
    """Return what is hidden by two starred arguments."""
    if one.names is None or other.names is None:
        return Rest()
    return Rest(one.names | other.names)


def known(reader: Reader, callee: Thing, given: Given) -> Any:
    """Return what a class or built-in function gives."""
    target, (args, keywords, rest, places, line, said) = callee.target, given
    path = live.qualified(target)
    if path == _PARAMETER:
        data = args[0] if args else keywords.get("data", UNKNOWN)
        return Tensor(data.dims, line, True) if isinstance(data, Tensor) else UNKNOWN
    if type(target) is partial:
        held = Partial(
            live.lifted(target.func, "", ""),
            lifted_all(target.args),
            lifted_fields(target.keywords),
        )
        return called(reader, held, given)
    if path == "functools.partial" and args and not places:
        return UNKNOWN if rest is not None else Partial(args[0], args[1:], tuple(keywords.items()))
    if live.is_class(target) and builtin.is_known(path):
        return UNKNOWN if places else builtin.new(path, args, keywords, rest, said)
    if live.is_class(target):
        if target.__name__ in _CONTAINERS and path.startswith("torch.nn."):
            return lists.container(target, args, rest)
        if path.startswith("torch.") and target.__name__ in _FROM_SIZES:
            return UNKNOWN if places else tensors.of_sizes_or_data(args, line)
        reader.personal |= any(holds_layer(value) for value in (*args, *keywords.values()))
        return NewModule(target, args, tuple(keywords.items()), rest is not None)
    if path.startswith(("builtins.", "math.")):
        return UNKNOWN if rest is not None else builtin.function(path, args, said)
    if tensors.is_torch_function(target) and not places:
        return tensors.torch_function(live.getattr_plain(target, "__name__") or callee.name, args, keywords, line)
    return UNKNOWN


def holds_layer(value: Any) -> bool:
    """Return whether a value is a live layer, in which layers that are alike may differ."""
    return isinstance(value, Thing) and live.is_layer(value.target)


def lifted_all(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments that a live ``partial`` holds."""
    return tuple(live.lifted(value, "", "") for value in values)


def lifted_fields(values: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Return the arguments by name that a live ``partial`` holds."""
    return tuple((name, live.lifted(value, name, "default")) for name, value in values.items())


def method(callee: Method, given: Given) -> tuple[Any, Any]:
    """Return what a method of a tensor, list or dictionary gives, and its owner as it is afterwards."""
    owner, name = callee.owner, callee.name
    if given.places:
        return UNKNOWN, owner if isinstance(owner, Tensor) else UNKNOWN
    if isinstance(owner, Tensor):
        return tensors.tensor_method(owner, name, given.args), owner
    if isinstance(owner, Fields):
        return lists.fields_method(owner, name, given.args, given.keywords, given.rest)
    if isinstance(owner, Items | MadeList):
        return lists.list_method(owner, name, given.args)
    return lists.text_method(owner, name, given.args), owner
