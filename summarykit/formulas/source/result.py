"""``SourceTable``: what the code says about a layer's tensors, checked against their shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from summarykit.formulas.source import sizes
from summarykit.formulas.source.construction import arguments, attribute_at, construction_of, resolve_names
from summarykit.formulas.source.forwarded_args import argument_from_child
from summarykit.formulas.source.interpreter.interpreter import Interpreter, OutOfSteps, single_parameter
from summarykit.formulas.source.module_context import ModuleContext
from summarykit.formulas.source.shape_check import SourceTensor, match_shape, read_tensor, sizes_from_tensors
from summarykit.formulas.source.values import Rest, Size, Tensor

#: How far up constructor calls are followed for an argument that the layer does not store.
MOST_LEVELS = 24
#: An argument that the layer keeps may decide a branch, in which it keeps another.
_MOST_READINGS = 5
#: With so many constructors of the same class that were read, another one is compared.
_MOST_COMPARISONS = 4


class SourceTable:
    """Reads constructors; layers that are alike and are made with the same arguments are read once."""

    def __init__(self) -> None:
        self._interpreters: dict[object, Interpreter | None] = {}
        self._origins: dict[int, tuple[object, ...]] = {}
        self._similar: dict[object, list[Interpreter]] = {}
        self._constructions: dict[int, Any] = {}
        self._numbers: dict[Any, int] = {}
        self._sized_by_children: set[object] = set()
        self._children: dict[tuple[int, str, str], Size | None] = {}
        self._child_notes: set[str] = set()

    def tensors(self, context: ModuleContext, shapes: Mapping[str, Sequence[int]]) -> dict[str, SourceTensor]:
        """Return what the code says of each tensor; one that it does not give, or gives another shape, is missing."""
        code_tensors, lines = self._parameters(context, shapes)
        free = sizes_from_tensors(code_tensors, shapes)
        readings = {
            name: reading
            for name, tensor in code_tensors.items()
            if (reading := read_tensor(name, tensor, free)) is not None
        }
        names = {name: value for reading in readings.values() for name, value in reading.names.items()}
        matches = {
            name: match_shape(reading, names, shapes[name], lines.get(name, "")) for name, reading in readings.items()
        }
        return {name: source for name, source in matches.items() if source is not None}

    def _parameters(
        self, context: ModuleContext, names: Mapping[str, Any]
    ) -> tuple[dict[str, Tensor], Mapping[str, str]]:
        """Return the tensors of a layer as the code makes them, and the lines that do."""
        if context.is_container:
            content = self.construction(context)
            parameters = {name: single_parameter(attribute_at(content, name)) for name in names}
            lines = {
                name: f"{context.called_by}, line {parameter.line}"
                for name, parameter in parameters.items()
                if parameter is not None
            }
            return {name: parameter for name, parameter in parameters.items() if parameter is not None}, lines
        interpreter = self.interpreter(context)
        if interpreter is None:
            return {}, {}
        parameters = {name: single_parameter(interpreter.assignments.get(name)) for name in names}
        tensors = {name: parameter for name, parameter in parameters.items() if parameter is not None}
        for name, tensor in tensors.items():
            if any(isinstance(dim, Size) and dim.value is None for dim in tensor.dims):
                self._sized_by_children.add(self._origins[id(context.module)])
            dims = tuple(resolve_names(dim, lambda free: self.child(context, interpreter, free)) for dim in tensor.dims)
            tensors[name] = Tensor(dims, tensor.line, True)
        return tensors, interpreter.lines

    def origin(self, context: ModuleContext, level: int = 0) -> object:
        """Return what a layer's code works on: equal for layers alike in themselves, arguments and config."""
        key = self._origins.get(id(context.module))
        if key is None:
            kind = id(context.module) if context.kind is None else id(context.kind)
            key = (kind, self._number(self.construction(context, level)), id(context.config()), context.called_by)
            self._origins[id(context.module)] = key
        interpreter = self._interpreters.get(key)
        separate = key in self._sized_by_children or (interpreter is not None and interpreter.instance_specific)
        return (*key, id(context.module)) if separate else key

    def _number(self, construction: Any) -> int:
        """Return a number that equal constructor calls share; -1 where there is none."""
        return -1 if construction is None else self._numbers.setdefault(construction, len(self._numbers))

    def interpreter(self, context: ModuleContext, level: int = 0) -> Interpreter | None:
        """Return the constructor of the layer at *context* as read, None where it cannot be."""
        self.origin(context, level)
        key = self._origins[id(context.module)]
        interpreter = self._interpreters.get(key)
        if (
            interpreter is not None
            and interpreter.instance_specific
            and interpreter.context.module is not context.module
        ):
            key = (*key, id(context.module))
        if key not in self._interpreters:
            try:
                self._interpreters[key] = self._interpret(context, level)
            except (OutOfSteps, RecursionError):
                self._interpreters[key] = None
        return self._interpreters[key]

    def _interpret(self, context: ModuleContext, level: int) -> Interpreter:
        args, rest = arguments(context, self.construction(context, level))
        similar = self._similar.setdefault((context.cls, id(context.config()), context.called_by), [])
        for interpreter in similar[:_MOST_COMPARISONS]:
            if interpreter.fits(context, args, rest):
                return interpreter
        interpreter = self._interpret_anew(context, args, rest)
        interpreter.arguments, interpreter.rest = args, rest
        similar.insert(0, interpreter)
        return interpreter

    def _interpret_anew(self, context: ModuleContext, args: Mapping[str, Any], rest: Rest | None) -> Interpreter:
        """Return the constructor as read, again while the layer's attributes give further arguments."""
        # An argument that the layer stores itself takes precedence over one stored by a child.
        waiting = {name: value for name, value in args.items() if self._by_child(value)}
        current = {name: sizes.named_size(name, None) if name in waiting else value for name, value in args.items()}
        layer_values: dict[str, Any] = {}
        volatile: frozenset[str] = frozenset()
        names_used: set[str] = set()
        attributes_used: set[str] = set()
        for _ in range(_MOST_READINGS):
            interpreter = Interpreter(
                context, layer_values, volatile, names_used=names_used, attributes_used=attributes_used
            )
            interpreter.run_constructor(
                {**current, **{name: value for name, value in layer_values.items() if name in current}}, rest
            )
            layer_arguments, overwrites = interpreter.stored_arguments(), interpreter.overwrites - volatile
            if not layer_arguments and not overwrites and not waiting:
                break
            if not layer_arguments:
                current, waiting = current | waiting, {}
            layer_values, volatile = layer_values | layer_arguments, volatile | overwrites
            waiting = {name: value for name, value in waiting.items() if name not in layer_arguments}
        return interpreter

    def construction(self, context: ModuleContext, level: int = 0) -> Any:
        """Return how the code makes the layer at *context*, with what is known of its arguments."""
        if id(context.module) not in self._constructions:
            self._constructions[id(context.module)] = self._find_construction(context, level)
        return self._constructions[id(context.module)]

    def _find_construction(self, context: ModuleContext, level: int) -> Any:
        above = context.parent
        if above is None or level >= MOST_LEVELS:
            return None
        if above.is_container:
            return construction_of(attribute_at(self.construction(above, level + 1), context.name), context.cls)
        interpreter = self.interpreter(above, level + 1)
        if interpreter is None:
            return None
        construction = construction_of(
            interpreter.assignments.get(context.name, interpreter.under_any_name), context.cls
        )
        return resolve_names(construction, lambda free: self.child(above, interpreter, free, above.cls.__name__))

    def child(self, context: ModuleContext, interpreter: Interpreter, name: str, place: str = "") -> Size | None:
        """Return a constructor argument of the layer at *context* that one of its children keeps."""
        key = (id(context.module), name, place)
        if key not in self._children:
            setting = argument_from_child(context.module, interpreter, name)
            note = f"= {setting[1]} in {place}" if setting and place else f"= {setting[1]}" if setting else ""
            self._children[key] = sizes.named_size(name, setting[0], note) if setting else None
            self._child_notes.add(note)
        return self._children[key]

    def _by_child(self, value: Any) -> bool:
        """Return whether an argument is known only by what a layer further down keeps of it."""
        return isinstance(value, Size) and dict(value.origins).get(value.text) in self._child_notes
