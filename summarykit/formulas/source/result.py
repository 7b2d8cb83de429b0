"""``SourceTable``: what the code says about a layer's tensors, checked against their shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from summarykit.formulas.source import sizes
from summarykit.formulas.source.construction import arguments, attribute_at, of_class, resolve_names
from summarykit.formulas.source.forwarded_args import argument_kept_by_child
from summarykit.formulas.source.interpreter.interpreter import OutOfSteps, Reader, the_parameter
from summarykit.formulas.source.module_context import Site
from summarykit.formulas.source.shape_check import SourceTensor, match_shape, read_tensor, taken_from_tensors
from summarykit.formulas.source.values import Rest, Size, Tensor

#: How far up constructor calls are followed for an argument that was not kept.
MOST_LEVELS = 24
#: An argument that the layer keeps may decide a branch, in which it keeps another.
_READINGS = 5
#: With so many constructors of the same class that were read, another one is compared.
_COMPARED = 4


class SourceTable:
    """Reads constructors; layers that are alike and are made with the same arguments are read once."""

    def __init__(self) -> None:
        self._readers: dict[object, Reader | None] = {}
        self._origins: dict[int, tuple[object, ...]] = {}
        self._alike: dict[object, list[Reader]] = {}
        self._made: dict[int, Any] = {}
        self._numbers: dict[Any, int] = {}
        self._told_by_children: set[object] = set()
        self._children: dict[tuple[int, str, str], Size | None] = {}
        self._child_notes: set[str] = set()

    def tensors(self, site: Site, shapes: Mapping[str, Sequence[int]]) -> dict[str, SourceTensor]:
        """Return what the code says of each of these tensors; what it does not tell, or denies, is left out."""
        made, where = self._parameters(site, shapes)
        free = taken_from_tensors(made, shapes)
        found = {name: told for name, tensor in made.items() if (told := read_tensor(name, tensor, free)) is not None}
        names = {name: value for told in found.values() for name, value in told.names.items()}
        checked = {name: match_shape(told, names, shapes[name], where.get(name, "")) for name, told in found.items()}
        return {name: sourced for name, sourced in checked.items() if sourced is not None}

    def _parameters(self, site: Site, names: Mapping[str, Any]) -> tuple[dict[str, Tensor], Mapping[str, str]]:
        """Return the tensors of a layer as the code makes them, and the lines that do."""
        if site.is_container:
            held = self.made(site)
            found = {name: the_parameter(attribute_at(held, name)) for name in names}
            where = {name: f"{site.called_by}, line {made.line}" for name, made in found.items() if made is not None}
            return {name: made for name, made in found.items() if made is not None}, where
        reader = self.reader(site)
        if reader is None:
            return {}, {}
        written = {name: the_parameter(reader.written.get(name)) for name in names}
        tensors = {name: made for name, made in written.items() if made is not None}
        for name, tensor in tensors.items():
            if any(isinstance(dim, Size) and dim.value is None for dim in tensor.dims):
                self._told_by_children.add(self._origins[id(site.module)])
            dims = tuple(resolve_names(dim, lambda free: self.child(site, reader, free)) for dim in tensor.dims)
            tensors[name] = Tensor(dims, tensor.line, True)
        return tensors, reader.where

    def origin(self, site: Site, level: int = 0) -> object:
        """Return what a layer's code works on: equal for layers alike in themselves, arguments and config."""
        found = self._origins.get(id(site.module))
        if found is None:
            kind = id(site.module) if site.kind is None else id(site.kind)
            found = (kind, self._number(self.made(site, level)), id(site.config()), site.called_by)
            self._origins[id(site.module)] = found
        reader = self._readers.get(found)
        alone = found in self._told_by_children or (reader is not None and reader.personal)
        return (*found, id(site.module)) if alone else found

    def _number(self, made: Any) -> int:
        """Return a number that equal constructor calls share; -1 where there is none."""
        return -1 if made is None else self._numbers.setdefault(made, len(self._numbers))

    def reader(self, site: Site, level: int = 0) -> Reader | None:
        """Return the constructor of the layer at *site* as read, None where it cannot be."""
        self.origin(site, level)
        key = self._origins[id(site.module)]
        found = self._readers.get(key)
        if found is not None and found.personal and found.site.module is not site.module:
            key = (*key, id(site.module))
        if key not in self._readers:
            try:
                self._readers[key] = self._read(site, level)
            except (OutOfSteps, RecursionError):
                self._readers[key] = None
        return self._readers[key]

    def _read(self, site: Site, level: int) -> Reader:
        told, rest = arguments(site, self.made(site, level))
        alike = self._alike.setdefault((site.cls, id(site.config()), site.called_by), [])
        for reader in alike[:_COMPARED]:
            if reader.fits(site, told, rest):
                return reader
        reader = self._read_anew(site, told, rest)
        reader.given, reader.rest = told, rest
        alike.insert(0, reader)
        return reader

    def _read_anew(self, site: Site, told: Mapping[str, Any], rest: Rest | None) -> Reader:
        """Return the constructor as read; again while what the layer keeps tells more of what it was given."""
        # What a child told of an argument stands back for what the layer itself keeps of it.
        waiting = {name: value for name, value in told.items() if self._by_child(value)}
        given = {name: sizes.named_size(name, None) if name in waiting else value for name, value in told.items()}
        known: dict[str, Any] = {}
        volatile: frozenset[str] = frozenset()
        loaded: set[str] = set()
        live: set[str] = set()
        for _ in range(_READINGS):
            reader = Reader(site, known, volatile, loaded=loaded, live=live)
            reader.read({**given, **{name: value for name, value in known.items() if name in given}}, rest)
            kept, changed = reader.kept_arguments(), reader.rewritten - volatile
            if not kept and not changed and not waiting:
                break
            if not kept:
                given, waiting = given | waiting, {}
            known, volatile = known | kept, volatile | changed
            waiting = {name: value for name, value in waiting.items() if name not in kept}
        return reader

    def made(self, site: Site, level: int = 0) -> Any:
        """Return how the code makes the layer at *site*, with what is known of its arguments."""
        if id(site.module) not in self._made:
            self._made[id(site.module)] = self._how_made(site, level)
        return self._made[id(site.module)]

    def _how_made(self, site: Site, level: int) -> Any:
        above = site.parent
        if above is None or level >= MOST_LEVELS:
            return None
        if above.is_container:
            return of_class(attribute_at(self.made(above, level + 1), site.name), site.cls)
        reader = self.reader(above, level + 1)
        if reader is None:
            return None
        found = of_class(reader.written.get(site.name, reader.unnamed), site.cls)
        return resolve_names(found, lambda free: self.child(above, reader, free, above.cls.__name__))

    def child(self, site: Site, reader: Reader, name: str, place: str = "") -> Size | None:
        """Return a constructor argument of the layer at *site* that one of its children keeps."""
        key = (id(site.module), name, place)
        if key not in self._children:
            found = argument_kept_by_child(site.module, reader, name)
            note = f"= {found[1]} in {place}" if found and place else f"= {found[1]}" if found else ""
            self._children[key] = sizes.named_size(name, found[0], note) if found else None
            self._child_notes.add(note)
        return self._children[key]

    def _by_child(self, value: Any) -> bool:
        """Return whether an argument is known only by what a layer further down keeps of it."""
        return isinstance(value, Size) and dict(value.origins).get(value.text) in self._child_notes
