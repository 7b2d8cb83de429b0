"""Reading calls: new tensors and parameters, modules made, functions of the same code followed."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from summarykit.formulas.source import live
from summarykit.formulas.source.interpreter import builtin, lists, tensors
from summarykit.formulas.source.interpreter.frames import IN_PLACE_METHODS, source_text
from summarykit.formulas.source.interpreter.operators import concat, either
from summarykit.formulas.source.values import (
    SELF,
    UNKNOWN,
    Either,
    Fields,
    Function,
    Items,
    LiveObject,
    Method,
    NewModule,
    OpenList,
    Partial,
    Preset,
    Rest,
    SuperValue,
    Tensor,
)

if TYPE_CHECKING:
    from summarykit.formulas.source.interpreter.frames import Frame
    from summarykit.formulas.source.interpreter.interpreter import Interpreter

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


class Arguments(NamedTuple):
    """The arguments of one call, and what is needed to speak of it."""

    args: tuple[Any, ...]
    keywords: Mapping[str, Any]
    rest: Rest | None  #: there may be more arguments
    may_be_positional: bool  #: whether those may be positional, so that a size may be among them
    line: int
    source: str


def call(interpreter: Interpreter, frame: Frame, node: ast.Call) -> Any:
    """Return what a call gives; a constructed module is noted, nothing is executed."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and "super" not in frame.locals:
        return SuperValue(frame.owner) if frame.owner else UNKNOWN
    callee = own_list_method(interpreter, frame, node.func) or interpreter.evaluate(frame, node.func)
    args, rest_by_position = positional_arguments(interpreter, frame, node.args)
    keywords, rest_by_name = keyword_arguments(interpreter, frame, node.keywords)
    rest = (
        rest_by_position
        if rest_by_name is None
        else rest_by_name
        if rest_by_position is None
        else merge_rests(rest_by_position, rest_by_name)
    )
    arguments = Arguments(
        args,
        keywords,
        rest,
        rest_by_position is not None,
        node.lineno + frame.first_line - 1,
        source_text(node),
    )
    if isinstance(callee, Method) and isinstance(node.func, ast.Attribute):
        result, owner = call_method(callee, arguments)
        if owner is not callee.owner:
            interpreter.assign(frame, node.func.value, owner)
        return result
    return apply(interpreter, callee, arguments)


def own_list_method(interpreter: Interpreter, frame: Frame, node: ast.expr) -> Method | None:
    """Return ``self.blocks.append`` as a method of the list that the code has made so far, not of the live one."""
    match node:
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id=owner), attr=name), attr=what):
            value = interpreter.assignments.get(name) if frame.locals.get(owner) is SELF else None
            return Method(value, what) if isinstance(value, OpenList | Fields) and what in IN_PLACE_METHODS else None
    return None


def apply(interpreter: Interpreter, callee: Any, arguments: Arguments) -> Any:
    """Return what calling a known value gives."""
    if isinstance(callee, Function):
        if callee.owner is None and (callee.target.__module__ or "").startswith(_FILLING):
            return arguments.args[0] if arguments.args and isinstance(arguments.args[0], Tensor) else UNKNOWN
        return interpreter.follow(callee, arguments.args, arguments.keywords, arguments.rest)
    if isinstance(callee, LiveObject):
        return call_object(interpreter, callee, arguments)
    if isinstance(callee, Preset):
        return NewModule(callee.default, arguments.args, tuple(arguments.keywords.items()), True)
    if isinstance(callee, Partial):
        keywords = {**dict(callee.keywords), **arguments.keywords}
        return apply(
            interpreter,
            callee.callee,
            arguments._replace(args=callee.args + arguments.args, keywords=keywords),
        )
    if isinstance(callee, Either) and not any(isinstance(part, Function) for part in callee.values):
        result = UNKNOWN
        for i, part in enumerate(callee.values):
            one = apply(interpreter, part, arguments)
            result = either(result, one) if i else one
        return result
    return UNKNOWN


def positional_arguments(
    interpreter: Interpreter, frame: Frame, nodes: list[ast.expr]
) -> tuple[tuple[Any, ...], Rest | None]:
    """Return positional arguments up to where a starred one hides how many there are, and what that hides."""
    parts: list[Any] = []
    for node in nodes:
        value = interpreter.evaluate(frame, node)
        is_starred = isinstance(node, ast.Starred)
        if is_starred and not isinstance(value, Items | OpenList):
            value = OpenList((), Rest())
        parts.append(value if is_starred else Items((value,)))
    row = concat(parts)
    if isinstance(row, Items) or row.each is None:
        return row.items, None
    return row.items, row.each if isinstance(row.each, Rest) else Rest(None, row.each)


def keyword_arguments(
    interpreter: Interpreter, frame: Frame, nodes: list[ast.keyword]
) -> tuple[dict[str, Any], Rest | None]:
    """Return arguments by name, and what a dictionary unpacked among them hides."""
    arguments: dict[str, Any] = {}
    rest: Rest | None = None
    for node in nodes:
        value = interpreter.evaluate(frame, node.value)
        if node.arg is not None:
            arguments[node.arg] = value
        elif isinstance(value, Fields):
            arguments.update(value.items)
            rest = value.rest if rest is None else rest if value.rest is None else merge_rests(rest, value.rest)
        else:
            rest = Rest()
    return arguments, rest


def merge_rests(one: Rest, other: Rest) -> Rest:
    """Return what is hidden by two starred arguments."""
    if one.names is None or other.names is None:
        return Rest()
    return Rest(one.names | other.names)


def call_object(interpreter: Interpreter, callee: LiveObject, arguments: Arguments) -> Any:
    """Return what a class or built-in function gives."""
    target, (args, keywords, rest, may_be_positional, line, source) = callee.target, arguments
    path = live.qualified_name(target)
    if path == _PARAMETER:
        data = args[0] if args else keywords.get("data", UNKNOWN)
        return Tensor(data.dims, line, True) if isinstance(data, Tensor) else UNKNOWN
    if type(target) is partial:
        inner = Partial(
            live.to_value(target.func, "", ""),
            to_values(target.args),
            to_named_values(target.keywords),
        )
        return apply(interpreter, inner, arguments)
    if path == "functools.partial" and args and not may_be_positional:
        return UNKNOWN if rest is not None else Partial(args[0], args[1:], tuple(keywords.items()))
    if live.is_class(target) and builtin.is_known(path):
        return UNKNOWN if may_be_positional else builtin.construct(path, args, keywords, rest, source)
    if live.is_class(target):
        if target.__name__ in _CONTAINERS and path.startswith("torch.nn."):
            return lists.new_container(target, args, rest)
        if path.startswith("torch.") and target.__name__ in _FROM_SIZES:
            return UNKNOWN if may_be_positional else tensors.of_sizes_or_data(args, line)
        interpreter.instance_specific |= any(is_live_layer(value) for value in (*args, *keywords.values()))
        return NewModule(target, args, tuple(keywords.items()), rest is not None)
    if path.startswith(("builtins.", "math.")):
        return UNKNOWN if rest is not None else builtin.call_function(path, args, source)
    if tensors.is_torch_function(target) and not may_be_positional:
        return tensors.torch_function(live.getattr_plain(target, "__name__") or callee.name, args, keywords, line)
    return UNKNOWN


def is_live_layer(value: Any) -> bool:
    """Return whether a value is a live layer, in which layers that are alike may differ."""
    return isinstance(value, LiveObject) and live.is_layer(value.target)


def to_values(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments that a live ``partial`` holds."""
    return tuple(live.to_value(value, "", "") for value in values)


def to_named_values(values: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Return the arguments by name that a live ``partial`` holds."""
    return tuple((name, live.to_value(value, name, "default")) for name, value in values.items())


def call_method(callee: Method, arguments: Arguments) -> tuple[Any, Any]:
    """Return what a method of a tensor, list or dictionary gives, and its owner as it is afterwards."""
    owner, name = callee.owner, callee.name
    if arguments.may_be_positional:
        return UNKNOWN, owner if isinstance(owner, Tensor) else UNKNOWN
    if isinstance(owner, Tensor):
        return tensors.tensor_method(owner, name, arguments.args), owner
    if isinstance(owner, Fields):
        return lists.fields_method(owner, name, arguments.args, arguments.keywords, arguments.rest)
    if isinstance(owner, Items | OpenList):
        return lists.list_method(owner, name, arguments.args)
    return lists.text_method(owner, name, arguments.args), owner
