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
from summarykit.formulas.source.interpreter.interpreter import Interpreter, OutOfSteps
from summarykit.formulas.source.module_context import ClassContext
from summarykit.formulas.source.sizes import is_free_name
from summarykit.formulas.source.values import Either, Fields, NewModule, OpenList, Rest

#: How many levels down a child is looked for.
_LEVELS = 4
_MOST_PATHS = 12


class SettingPath(NamedTuple):
    """From a layer to the setting of a descendant; each step names a child and the class it must be of."""

    steps: tuple[tuple[str, type], ...]
    attribute: str

    @property
    def text(self) -> str:
        """The way as the code would write it: ``attn.qkv.in_features``."""
        return ".".join([*(name for name, _ in self.steps), self.attribute])


def argument_from_child(module: Any, interpreter: Interpreter, name: str) -> tuple[int, str] | None:
    """Return the value of a free name in the code of a layer, and the descendant's setting that has it."""
    for path in paths_by_children(interpreter, name, _LEVELS):
        value = setting_at(module, path)
        if value is not None:
            return value, path.text
    return None


def setting_at(module: Any, path: SettingPath) -> int | None:
    """Return the number at the end of *way*, None where the layers that are there are others."""
    cls: type = type(module)
    for name, child_cls in path.steps:
        module = live.children_of(module).get(name)
        cls = type(module)
        if cls is not child_cls:
            return None
    value = (live.getattr_plain(module, "__dict__") or {}).get(path.attribute)
    return value if type(value) is int and not live.is_computed(cls, path.attribute) else None


@lru_cache(maxsize=1024)
def setting_paths(cls: type, argument: str, levels: int) -> tuple[SettingPath, ...]:
    """Return where layers of a class keep a constructor argument as it is, whatever else they are given."""
    interpreter = read_blank(cls)
    if interpreter is None or levels == 0:
        return ()
    attribute = interpreter.aliases().get(argument)
    if attribute is not None:
        return (SettingPath((), attribute),)
    return paths_by_children(interpreter, argument, levels)


def paths_by_children(interpreter: Interpreter, argument: str, levels: int) -> tuple[SettingPath, ...]:
    """Return where the children that a constructor makes keep what has this name in it."""
    result: list[SettingPath] = []
    for steps, construction in constructions(interpreter):
        for parameter, value in arguments_by_name(construction).items():
            if is_free_name(value) and value.text == argument:
                result += (
                    SettingPath(steps + path.steps, path.attribute)
                    for path in setting_paths(construction.cls, parameter, levels - 1)
                )
        if len(result) >= _MOST_PATHS:
            break
    return tuple(sorted(result[:_MOST_PATHS], key=lambda path: len(path.steps)))


@lru_cache(maxsize=512)
def read_blank(cls: type) -> Interpreter | None:
    """Return the constructor of a class as read without knowing any argument."""
    interpreter = Interpreter(ClassContext(cls))
    try:
        interpreter.run_constructor({}, Rest(frozenset()))
    except (OutOfSteps, RecursionError):
        return None
    return interpreter


def constructions(interpreter: Interpreter) -> Iterator[tuple[tuple[tuple[str, type], ...], NewModule]]:
    """Yield the modules that a constructor makes, each with the steps that lead to it."""
    for name, value in interpreter.assignments.items():
        yield from constructions_under(name, value)


def constructions_under(name: str, value: Any) -> Iterator[tuple[tuple[tuple[str, type], ...], NewModule]]:
    """Yield the modules made under a name: itself, one of several it may be, or those in a container."""
    if isinstance(value, NewModule):
        yield ((name, value.cls),), value
    elif isinstance(value, Either):
        for part in value.values:
            yield from constructions_under(name, part)
    elif isinstance(value, OpenList | Fields) and value.container is not None:
        pairs = value.items if isinstance(value, Fields) else [(str(i), part) for i, part in enumerate(value.items)]
        for key, part in pairs:
            for steps, construction in constructions_under(key, part):
                yield ((name, value.container), *steps), construction
        if isinstance(value, OpenList) and value.each is not None:
            for steps, construction in constructions_under(str(len(value.items)), value.each):
                yield ((name, value.container), *steps), construction


def arguments_by_name(construction: NewModule) -> dict[str, Any]:
    """Return the arguments of a call by name, as far as their positions are known."""
    return dict(zip(signature(construction.cls).positional, construction.args, strict=False)) | dict(
        construction.keywords
    )
