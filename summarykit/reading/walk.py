"""The static walk: every module once, in order, without running or changing anything.

Iterative, since PyTorch's own ``modules()`` fails at a depth of about 1,000 and a module may contain itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

import torch
from torch import nn

from summarykit._util.gc_pause import gc_paused
from summarykit._util.progress import begin
from summarykit.errors import NotAModelError
from summarykit.reading.config import plain_config
from summarykit.reading.counting import count
from summarykit.reading.crosschecks import cross_checks
from summarykit.reading.layer_kinds import ACTUAL, ClassFacts, Kind, KindTable
from summarykit.reading.module_contexts import PlaceTable
from summarykit.reading.tensors import TensorTable, storage_key
from summarykit.records import LayerRecord, ModelRecords, TensorRecord, make_records


def read_model(model: nn.Module) -> ModelRecords:
    """Return what *model* is made of. Nothing is run, nothing changes, no tensor's values are read.

    Raises:
        NotAModelError: *model* is not a ``torch.nn.Module``.

    """
    return read_numbered(model)[0]


def read_numbered(model: nn.Module) -> tuple[ModelRecords, list[nn.Module]]:
    """Return what *model* is made of, and the module of each layer, by its number.

    Raises:
        NotAModelError: As for ``read_model``.

    """
    check_is_model(model)
    # A tensor subclass may answer for its shape in code of its own; what PyTorch itself holds is asked for.
    with gc_paused(), torch._C.DisableTorchFunctionSubclass():
        return _walk_model(model)


def check_is_model(model: object) -> None:
    """Raise ``NotAModelError``, saying what came and what to give, unless *model* is a module."""
    if not isinstance(model, nn.Module):
        raise NotAModelError(
            f"a model is a torch.nn.Module, and this is {describe_object(model)}", hint=hint_for(model)
        )


def _walk_model(model: nn.Module) -> tuple[ModelRecords, list[nn.Module]]:
    walk = _Walk()
    walk.visit(model)
    return walk.records(model), walk.places.modules


class _Walk:
    """One walk; what it meets is kept in columns, one entry a layer, and made into records at the end."""

    def __init__(self) -> None:
        self.tensor_table = TensorTable()
        self.kind_table = KindTable(self.tensor_table)
        self.places = PlaceTable()
        self.raw_paths: dict[int, str] = {}  # of the layers in wrappers
        self.first_places: list[int] = []
        self.kinds: list[Kind] = []
        self.tensors: list[torch.Tensor] = []
        self.notes: dict[str, None] = {}

    def visit(self, model: nn.Module) -> None:
        """Record every place where the walk comes by, in the order of ``named_modules()``."""
        places_of: dict[int, int] = {}
        classes = self.kind_table.classes
        step = begin("reading layers")
        # Where the walk goes on: the rest of some children, the number of their parent, what their paths begin with.
        stack: list[tuple[Iterator[tuple[str, nn.Module | None]], int, str]] = [(iter([("", model)]), -1, "")]
        while stack:
            step.done = len(self.kinds)
            children, parent, prefix = stack[-1]
            for name, module in children:
                if module is None:
                    continue
                number = len(self.kinds)
                path = prefix + name
                facts = classes.get(type(module)) or self.kind_table.class_facts(module)
                if facts.wraps is not None or parent in self.raw_paths:
                    module, facts = self.unwrap(module, facts, number, self.raw_path(parent, name))
                first_place = places_of.setdefault(id(module), number)
                self.first_places.append(first_place)
                self.add_layer(module, facts, number, parent, path)
                below = module.__dict__.get("_modules")
                if below and first_place == number:
                    stack.append((iter(list(below.items())), number, path + "." if path else ""))
                    break
            else:
                stack.pop()

    def raw_path(self, parent: int, name: str) -> str:
        """Return the path of a child as ``named_modules()`` says it."""
        if parent < 0:
            return name
        return child_path(self.raw_paths.get(parent, self.places.paths[parent]), name)

    def unwrap(self, module: nn.Module, facts: ClassFacts, number: int, raw_path: str) -> tuple[nn.Module, ClassFacts]:
        """See through wrappers that hold one child and nothing of their own."""
        seen_ids = {id(module)}
        while facts.wraps is not None:
            inner = module.__dict__.get(ACTUAL) if facts.wraps == ACTUAL else only_child(module, facts.wraps)
            if inner is None or holds_tensors(module) or id(inner) in seen_ids:
                break
            seen_ids.add(id(inner))
            if facts.wraps != ACTUAL:
                self.notes.setdefault(f"seen through {self.kind_table.types[facts.type].name}")
                raw_path = child_path(raw_path, facts.wraps)
            module, facts = inner, self.kind_table.class_facts(inner)
        self.raw_paths[number] = raw_path
        return module, facts

    def add_layer(self, module: nn.Module, facts: ClassFacts, number: int, parent: int, path: str) -> None:
        """Record *module* where the walk has reached it, with the tensors it holds."""
        attributes = module.__dict__
        table, tensors = self.tensor_table, self.tensors
        own: list[tuple[str, int]] = []
        parameters = attributes.get("_parameters")
        if parameters:
            for name, tensor in parameters.items():
                if tensor is not None:
                    own.append((name, table.number(tensor, "parameter", True)))
                    tensors.append(tensor)
        parameter_count = len(own)
        buffers = attributes.get("_buffers")
        if buffers:
            passing = attributes.get("_non_persistent_buffers_set") or ()
            for name, tensor in buffers.items():
                if tensor is not None:
                    own.append((name, table.number(tensor, "buffer", name not in passing)))
                    tensors.append(tensor)
        kind = self.kind_table.kind(module, facts, tuple(own), parameter_count)
        places = self.places
        places.modules.append(module)
        places.parents.append(parent)
        places.paths.append(path)
        places.kinds.append(kind)
        if kind.unread is not None:
            kind = self.kind_table.read_code(kind, places.site(number))
        self.kinds.append(kind)

    def records(self, model: nn.Module) -> ModelRecords:
        places, table = self.places, self.kind_table
        layers = make_records(LayerRecord, self.layer_rows())
        return ModelRecords(
            name=table.types[layers[0].type].name,
            torch=str(torch.__version__),
            types=tuple(table.types),
            settings=tuple(table.settings),
            explanations=tuple(table.explanations),
            layers=layers,
            tensors=make_records(TensorRecord, self.tensor_rows()),
            counted=count(model),
            notes=tuple(self.notes),
            config=plain_config(places.modules[0]),
            cross_checks=cross_checks(places.modules, self.first_places),
            opaque_layers=self.opaque_layers(),
        )

    def opaque_layers(self) -> tuple[int, ...]:
        """Return the layers that hold packed weights which no parameter or buffer shows, each once."""
        places = enumerate(zip(self.kinds, self.first_places, strict=True))
        return tuple(number for number, (kind, first_place) in places if kind.opaque and first_place == number)

    def layer_rows(self) -> Iterator[tuple[object, ...]]:
        """Yield the fields of each layer's record."""
        kinds, paths = self.kinds, self.places.paths
        numbers = range(len(kinds))
        ends = list(accumulate(len(kind.tensors) for kind in kinds))
        return zip(
            numbers,
            self.places.parents,
            paths,
            [self.raw_paths.get(number, path) for number, path in enumerate(paths)] if self.raw_paths else paths,
            [kind.type for kind in kinds],
            [kind.settings for kind in kinds],
            [kind.explanation for kind in kinds],
            [-1 if first == number else first for number, first in enumerate(self.first_places)],
            [0, *ends[:-1]],
            ends,
            strict=True,
        )

    def tensor_rows(self) -> Iterator[tuple[object, ...]]:
        """Yield the fields of each tensor's record."""
        kinds, facts = self.kinds, self.tensor_table.facts
        owners = first_places(list(map(id, self.tensors)))
        return zip(
            [number for number, kind in enumerate(kinds) for _ in kind.tensors],
            [name for kind in kinds for name, _ in kind.tensors],
            [facts[fact] for kind in kinds for _, fact in kind.tensors],
            owners,
            memory_groups(self.tensors, owners),
            [evidence for kind in kinds for evidence in kind.evidence],
            strict=True,
        )


def first_places(keys: Sequence[object]) -> list[int]:
    """Return for each key the position where it came first."""
    if len(set(keys)) == len(keys):
        return list(range(len(keys)))
    first: dict[object, int] = {}
    return [first.setdefault(key, position) for position, key in enumerate(keys)]


def memory_groups(tensors: Sequence[torch.Tensor], owners: Sequence[int]) -> list[int | None]:
    """Return a number for each group of *different* tensors that lie in one memory, None for the others."""
    groups: list[int | None] = [None] * len(tensors)
    owner_indices = [index for index, owner in enumerate(owners) if index == owner]
    memories = [storage_key(tensors[index]) for index in owner_indices]
    first = first_places([memory if memory is not None else (position,) for position, memory in enumerate(memories)])
    numbers: dict[int, int] = {}
    for position, index in enumerate(owner_indices):
        if first[position] != position:
            group = numbers.setdefault(first[position], len(numbers))
            groups[owner_indices[first[position]]] = groups[index] = group
    return groups


def child_path(path: str, name: str) -> str:
    """Return the path of a child."""
    return f"{path}.{name}" if path else name


def only_child(module: nn.Module, name: str) -> nn.Module | None:
    """Return the child *name* of *module*, None where it has none or has others beside it."""
    children = module.__dict__.get("_modules") or {}
    modules = [child for child in children.values() if child is not None]
    return children.get(name) if len(modules) == 1 else None


def holds_tensors(module: nn.Module) -> bool:
    """Return whether *module* holds a parameter or buffer directly."""
    tensors = (*(module.__dict__.get("_parameters") or {}).values(), *(module.__dict__.get("_buffers") or {}).values())
    return any(tensor is not None for tensor in tensors)


def describe_object(model: object) -> str:
    """Say in words what was given instead of a model."""
    if isinstance(model, type):
        return f"the class {model.__name__}"
    if model is None:
        return "None"
    if isinstance(model, torch.Tensor):
        return f"a tensor of shape {tuple(model.shape)}"
    if isinstance(model, dict) and model and all(isinstance(value, torch.Tensor) for value in model.values()):
        return f"a state_dict of {len(model)} tensors"
    if callable(model) and hasattr(model, "__name__"):
        return f"the function {model.__name__}"
    return f"a {type(model).__name__}"


def hint_for(model: object) -> str:
    """Say how to come to a model from what was given."""
    if isinstance(model, type) and issubclass(model, nn.Module):
        return f"build it first: {model.__name__}(...)"
    if isinstance(model, dict):
        return "load it into its model with load_state_dict() and give the model"
    if callable(model):
        return "call it and give the model it returns"
    return "give a module, for example torch.nn.Linear(16, 4)"
