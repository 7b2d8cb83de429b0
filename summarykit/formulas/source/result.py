"""``SourceTable``: what the code says about a layer's tensors, checked against their shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from summarykit.expression import Unanswerable, Value, evaluate, parse
from summarykit.formulas.source import sites
from summarykit.formulas.source.code import code_of
from summarykit.formulas.source.frames import COMPUTED, default_values
from summarykit.formulas.source.reader import OutOfSteps, Reader
from summarykit.formulas.source.sites import Site
from summarykit.formulas.source.sizes import is_free_name, named
from summarykit.formulas.source.values import Function, Items, Made, MadeList, Plain, Size, Tensor, Thing

#: How far up constructor calls are followed for an argument that was not kept.
MOST_LEVELS = 8
_CONTAINERS = "torch.nn.modules.container."
_CONFIG_NAME = re.compile(r"\bconfig(?:\.\w+)*\.(\w+)")


class Sourced(NamedTuple):
    """One tensor as the code makes it; every dimension agrees with the tensor's."""

    dims: tuple[str, ...]  #: each dimension in the language of formulas
    bindings: tuple[tuple[str, Value], ...]
    taken: tuple[str, ...]  #: names whose value was taken from the tensor
    origin: str  #: ``LlamaRMSNorm.__init__, line 53``, and where its names come from


class SourceTable:
    """Reads constructors; layers that are alike and are made with the same arguments are read once."""

    def __init__(self) -> None:
        self._readers: dict[object, Reader | None] = {}
        self._origins: dict[int, object] = {}
        self._made: list[Made] = []
        self._numbers: dict[int, int] = {}

    def tensors(self, site: Site, shapes: Mapping[str, Sequence[int]]) -> dict[str, Sourced]:
        """Return what the code says of each of these tensors; what it does not tell, or denies, is left out."""
        reader = self.reader(site, 0)
        if reader is None:
            return {}
        made = {name: reader.written.get(name) for name in shapes}
        free = taken_from_tensors(made, shapes)
        found = {}
        for name, shape in shapes.items():
            tensor = made[name]
            if isinstance(tensor, Tensor) and tensor.parameter:
                sourced = agreed(tensor, shape, free, reader.where.get(name, ""))
                if sourced is not None:
                    found[name] = sourced
        return found

    def origin(self, site: Site, level: int = 0) -> object:
        """Return what a layer's code works on: equal for layers alike in themselves, arguments and config."""
        found = self._origins.get(id(site.module))
        if found is None:
            kind = id(site.module) if site.kind is None else id(site.kind)
            found = (kind, self._number(self.made(site, level)), id(site.config()), called_by(site))
            self._origins[id(site.module)] = found
        return found

    def _number(self, made: Any) -> int:
        """Return a number that equal constructor calls share; -1 where there is none."""
        if not isinstance(made, Made):
            return -1
        number = self._numbers.get(id(made))
        if number is None:
            number = next((n for n, other in enumerate(self._made) if other == made), len(self._made))
            # Kept, so that no other call is ever made in its place in memory.
            self._made.append(made)
            self._numbers[id(made)] = number
        return number

    def reader(self, site: Site, level: int) -> Reader | None:
        """Return the constructor of the layer at *site* as read, None where it cannot be."""
        key = self.origin(site, level)
        if key not in self._readers:
            try:
                self._readers[key] = self._read(site, level)
            except (OutOfSteps, RecursionError):
                self._readers[key] = None
        return self._readers[key]

    def _read(self, site: Site, level: int) -> Reader:
        arguments = self.arguments(site, level)
        reader = Reader(site)
        reader.read(arguments)
        kept = {
            name: sites.lifted(site.attributes[attribute], attribute, "")
            for name, attribute in reader.aliases.items()
            if attribute in site.attributes
        }
        kept = {name: value for name, value in kept.items() if isinstance(value, Size | Items | Plain)}
        if not kept:
            return reader
        again = Reader(site)
        again.read({**arguments, **kept})
        return again

    def arguments(self, site: Site, level: int) -> dict[str, Any]:
        """Return the arguments the layer was constructed with, by name, as far as its parent's code tells."""
        names, defaults = signature(type(site.module))
        found: dict[str, Any] = {}
        made = self.made(site, level)
        if isinstance(made, Made) and made.cls is type(site.module):
            found = {**dict(zip(names, made.args, strict=False)), **made.keywords}
            if not made.unsure:
                rest = {name: value for name, value in defaults.items() if name not in found}
                found.update((name, sites.lifted(value, name, "default")) for name, value in rest.items())
        called = called_by(site)
        arguments = {name: as_argument(name, value, called) for name, value in found.items() if known(value)}
        if "config" in names and "config" not in arguments and site.config() is not None:
            arguments["config"] = Thing(site.config(), "config")
        return arguments

    def made(self, site: Site, level: int) -> Any:
        """Return how the parent's code makes the layer at *site*."""
        if site.parent is None or level >= MOST_LEVELS:
            return None
        above = site.parent
        if is_container(above):
            held = self.made(above, level)
            if not isinstance(held, MadeList):
                return None
            at = int(site.name) if site.name.isdigit() else -1
            return held.items[at] if 0 <= at < len(held.items) else held.each
        reader = self.reader(above, level + 1)
        return reader.written.get(site.name) if reader else None


def called_by(site: Site) -> str:
    """Return the name of the class whose code constructs a layer, as far as its place tells."""
    above = site.parent
    while above is not None and is_container(above):
        above = above.parent
    return type(above.module).__name__ if above is not None else ""


def is_container(site: Site) -> bool:
    """Return whether a layer is one of torch's lists of modules, which construct nothing themselves."""
    return f"{type(site.module).__module__}.".startswith(_CONTAINERS)


def signature(cls: type) -> tuple[list[str], dict[str, Any]]:
    """Return the names of a constructor's parameters, without self, and its defaults."""
    found = sites.class_value(cls, "__init__")
    code = code_of(found.target) if isinstance(found, Function) else None
    if code is None or not isinstance(found, Function):
        return [], {}
    spec = code[0].args
    names = [arg.arg for arg in (*spec.posonlyargs, *spec.args)][1:]
    return names + [arg.arg for arg in spec.kwonlyargs], default_values(found.target, names)


def known(value: Any) -> bool:
    """Return whether a value can be handed on as an argument."""
    return isinstance(value, Plain | Items | Thing | Function) or (isinstance(value, Size) and value.value is not None)


def as_argument(name: str, value: Any, called: str) -> Any:
    """Return an argument under its own name, with a note on what the call says."""
    if isinstance(value, Size) and value.value is not None:
        said = "" if value.text == str(value.value) else f" = {value.text}"
        return named(name, value.value, f"{said.strip() or value.text} in {called}" if called else "")
    return value


def taken_from_tensors(made: Mapping[str, Any], shapes: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """Return the value of each free name that is a whole dimension of some tensor."""
    found: dict[str, int] = {}
    for name, tensor in made.items():
        if isinstance(tensor, Tensor) and len(tensor.dims) == len(shapes[name]):
            for dim, size in zip(tensor.dims, shapes[name], strict=True):
                if is_free_name(dim):
                    found.setdefault(dim.text, size)
    return found


def agreed(tensor: Tensor, shape: Sequence[int], free: Mapping[str, int], where: str) -> Sourced | None:
    """Return *tensor* as a checked source, None where it is not readable or says something else."""
    dims = tensor.dims
    if len(dims) != len(shape) or not all(isinstance(dim, Size) for dim in dims):
        return None
    names: dict[str, int] = {}
    taken: list[str] = []
    for dim in dims:
        for name, value in dim.names:
            if value is None and name not in free:
                return None
            taken += [name] if value is None and name not in taken else []
            names[name] = free[name] if value is None else value
    shown = shortened(names)
    texts = tuple(_CONFIG_NAME.sub(lambda match: shown.get(match[0], match[0]), dim.text) for dim in dims)
    bindings = as_bindings({shown.get(name, name): value for name, value in names.items()})
    try:
        values = tuple(evaluate(parse(text).tree, dict(bindings)) for text in texts)
    except (Unanswerable, ValueError):
        return None
    if values != tuple(shape):
        return None
    notes = dict.fromkeys(
        f"{shown.get(name, name)} {'' if note.startswith(('=', COMPUTED)) else 'from '}{note}"
        for dim in dims
        for name, note in dim.origins
        if note != "default"
    )
    return Sourced(texts, bindings, tuple(shown.get(name, name) for name in taken), "; ".join([where, *notes]))


def shortened(names: Mapping[str, int]) -> dict[str, str]:
    """Return ``hidden_size`` for ``config.hidden_size`` where no other name is called so with another value."""
    shown: dict[str, str] = {}
    for name, value in names.items():
        match = _CONFIG_NAME.fullmatch(name.partition("[")[0])
        if match and names.get(match[1], value) == value:
            shown[match[0]] = match[1]
            shown[name] = name.replace(match[0], match[1], 1)
    return shown


def as_bindings(names: Mapping[str, int]) -> tuple[tuple[str, Value], ...]:
    """Return names as bindings; elements, ``depths[2]``, become the tuple they stand in."""
    found: dict[str, Value] = {}
    for name, value in names.items():
        base, bracket, index = name.partition("[")
        if not bracket:
            found[name] = value
            continue
        at = int(index.rstrip("]"))
        held = found.get(base)
        elements = list(held) if isinstance(held, tuple) else []
        elements += [0] * (at + 1 - len(elements))
        elements[at] = value
        found[base] = tuple(elements)
    return tuple(sorted(found.items()))
