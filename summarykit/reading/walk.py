"""The static walk: every module once, in order, without running or changing anything.

Iterative, since PyTorch's own ``modules()`` fails at a depth of about 1,000 and a module may contain itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from summarykit.errors import NotAModelError
from summarykit.garbage import no_collection
from summarykit.reading.config import plain_config
from summarykit.reading.crosschecks import cross_checks
from summarykit.reading.kinds import ACTUAL, ClassFacts, KindTable
from summarykit.reading.places import PlaceTable
from summarykit.reading.tensors import TensorTable, storage_key
from summarykit.records import Counted, Evidence, LayerRecord, ModelRecords, TensorRecord, made_records


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
    walk = _Walk()
    # A tensor subclass may answer for its shape in code of its own; what PyTorch itself holds is asked for.
    with no_collection(), torch._C.DisableTorchFunctionSubclass():
        return walk.read(model), [row[0] for row in walk.places.rows]


def check_is_model(given: object) -> None:
    """Raise ``NotAModelError``, saying what came and what to give, unless *given* is a module."""
    if not isinstance(given, nn.Module):
        raise NotAModelError(f"a model is a torch.nn.Module, and this is {what_came(given)}", hint=what_to_give(given))


class _Walk:
    """One walk; what it meets is kept in columns and plain tuples, and made into records at the end."""

    def __init__(self) -> None:
        self.tensor_table = TensorTable()
        self.kinds = KindTable(self.tensor_table)
        self.layers: list[tuple[object, ...]] = []
        self.visited: dict[int, int] = {}
        self.held: list[torch.Tensor] = []
        self.tensor_layers: list[int] = []
        self.tensor_names: list[str] = []
        self.tensor_facts: list[int] = []
        self.tensor_evidence: list[Evidence] = []
        self.notes: dict[str, None] = {}
        self.places = PlaceTable()

    def read(self, model: nn.Module) -> ModelRecords:
        # The last entry is the raw path where wrappers make it differ, else None.
        stack: list[tuple[nn.Module, int, str, str | None]] = [(model, -1, "", None)]
        visited = self.visited
        while stack:
            module, parent, path, raw_path = stack.pop()
            facts = self.kinds.class_facts(module)
            if facts.wraps is not None:
                module, facts, raw_path = self.unwrapped(module, facts, path, raw_path)
            number = len(self.layers)
            first_place = visited.setdefault(id(module), number)
            self.add_layer(module, facts, (number, parent, path, raw_path, first_place))
            if first_place != number:
                continue
            children = module.__dict__.get("_modules")
            if children:
                stack += below(children, number, path, raw_path)
        return self.records(model)

    def unwrapped(
        self, module: nn.Module, facts: ClassFacts, path: str, raw_path: str | None
    ) -> tuple[nn.Module, ClassFacts, str | None]:
        """See through wrappers that hold one child and nothing of their own."""
        seen = {id(module)}
        while facts.wraps is not None:
            inner = module.__dict__.get(ACTUAL) if facts.wraps == ACTUAL else only_child(module, facts.wraps)
            if inner is None or holds_tensors(module) or id(inner) in seen:
                break
            seen.add(id(inner))
            if facts.wraps != ACTUAL:
                self.notes.setdefault(f"seen through {self.kinds.types[facts.type].name}")
                raw_path = joined(path if raw_path is None else raw_path, facts.wraps)
            module, facts = inner, self.kinds.class_facts(inner)
        return module, facts, raw_path

    def add_layer(self, module: nn.Module, facts: ClassFacts, place: tuple[int, int, str, str | None, int]) -> None:
        """Record *module* where the walk has reached it, with the tensors it holds."""
        attributes = module.__dict__
        table = self.tensor_table
        names: list[str] = []
        numbers: list[int] = []
        start = len(self.held)
        for name, tensor in (attributes.get("_parameters") or {}).items():
            if tensor is not None:
                names.append(name)
                numbers.append(table.number(tensor, "parameter", True))
                self.held.append(tensor)
        parameters = len(names)
        buffers = attributes.get("_buffers")
        if buffers:
            passing = attributes.get("_non_persistent_buffers_set") or ()
            for name, tensor in buffers.items():
                if tensor is not None:
                    names.append(name)
                    numbers.append(table.number(tensor, "buffer", name not in passing))
                    self.held.append(tensor)
        number, parent, path, raw_path, first_place = place
        kind = self.kinds.kind(module, facts, tuple(names), tuple(numbers), parameters)
        self.places.rows.append((module, parent, path, kind))
        if kind.unread is not None:
            kind = self.kinds.read_code(kind, self.places.site(number))
        if names:
            self.tensor_layers += [number] * len(names)
            self.tensor_names += names
            self.tensor_facts += numbers
            self.tensor_evidence += kind.evidence
        alias_of = -1 if first_place == number else first_place
        raw = path if raw_path is None else raw_path
        what = (kind.type, kind.settings, kind.explanation, alias_of)
        self.layers.append((number, parent, path, raw, *what, start, len(self.held)))

    def records(self, model: nn.Module) -> ModelRecords:
        facts = self.tensor_table.facts
        owners = first_places(map(id, self.held))
        rows = zip(
            self.tensor_layers,
            self.tensor_names,
            [facts[number] for number in self.tensor_facts],
            owners,
            memory_groups(self.held, owners),
            self.tensor_evidence,
            strict=True,
        )
        layers = made_records(LayerRecord, self.layers)
        return ModelRecords(
            name=self.kinds.types[layers[0].type].name,
            torch=str(torch.__version__),
            types=tuple(self.kinds.types),
            settings=tuple(self.kinds.settings),
            explanations=tuple(self.kinds.explanations),
            layers=layers,
            tensors=made_records(TensorRecord, rows),
            counted=count(model),
            notes=tuple(self.notes),
            config=plain_config(self.places.rows[0][0]),
            cross_checks=cross_checks((n, self.places.rows[n][0]) for n in self.visited.values()),
        )


def first_places(keys: Iterable[object]) -> list[int]:
    """Return for each key the position where it came first."""
    seen: dict[object, int] = {}
    return [seen.setdefault(key, position) for position, key in enumerate(keys)]


def memory_groups(tensors: Sequence[torch.Tensor], owners: Sequence[int]) -> list[int | None]:
    """Return a number for each group of *different* tensors that lie in one memory, None for the others."""
    groups: list[int | None] = [None] * len(tensors)
    owned = [index for index, owner in enumerate(owners) if index == owner]
    memories = [storage_key(tensors[index]) for index in owned]
    first = first_places(memories)
    numbers: dict[int, int] = {}
    for position, index in enumerate(owned):
        if first[position] != position and memories[position] is not None:
            group = numbers.setdefault(first[position], len(numbers))
            groups[owned[first[position]]] = groups[index] = group
    return groups


def below(
    children: dict[str, nn.Module | None], parent: int, path: str, raw_path: str | None
) -> list[tuple[nn.Module, int, str, str | None]]:
    """Return where the walk goes on: each child with its parent and path, the last first."""
    prefix = path + "." if path else ""
    return [
        (child, parent, prefix + name, None if raw_path is None else joined(raw_path, name))
        for name, child in reversed(children.items())
        if child is not None
    ]


def joined(path: str, name: str) -> str:
    """Return the path of a child."""
    return f"{path}.{name}" if path else name


def only_child(module: nn.Module, name: str) -> nn.Module | None:
    """Return the child *name* of *module*, None where it has none or has others beside it."""
    children = module.__dict__.get("_modules") or {}
    held = [child for child in children.values() if child is not None]
    return children.get(name) if len(held) == 1 else None


def holds_tensors(module: nn.Module) -> bool:
    """Return whether *module* holds a parameter or buffer directly."""
    held = (*(module.__dict__.get("_parameters") or {}).values(), *(module.__dict__.get("_buffers") or {}).values())
    return any(tensor is not None for tensor in held)


def count(model: nn.Module) -> Counted:
    """Count what PyTorch holds, on a way of its own: the check on everything the records add up to.

    It knows no wrappers, names, rules or records, so what the walk above leaves out is missed.
    """
    nothing = id(None)  # what stands where a parameter or a child is switched off
    seen = {nothing}
    tensors: list[torch.Tensor] = []
    stack = [model]
    while stack:
        module = stack.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        attributes = module.__dict__
        parameters = attributes.get("_parameters")
        if parameters:
            tensors += parameters.values()
        children = attributes.get("_modules")
        if children:
            stack += children.values()
        elif ACTUAL in attributes:
            stack.append(attributes[ACTUAL])
    held = dict(zip(map(id, tensors), tensors, strict=True))
    held.pop(nothing, None)
    return Counted(len(held), sum(int(tensor.numel()) for tensor in held.values() if not is_lazy(tensor)))


def what_came(given: object) -> str:
    """Say in words what was given instead of a model."""
    if isinstance(given, type):
        return f"the class {given.__name__}"
    if given is None:
        return "None"
    if isinstance(given, torch.Tensor):
        return f"a tensor of shape {tuple(given.shape)}"
    if isinstance(given, dict) and given and all(isinstance(value, torch.Tensor) for value in given.values()):
        return f"a state_dict of {len(given)} tensors"
    if callable(given) and hasattr(given, "__name__"):
        return f"the function {given.__name__}"
    return f"a {type(given).__name__}"


def what_to_give(given: object) -> str:
    """Say how to come to a model from what was given."""
    if isinstance(given, type) and issubclass(given, nn.Module):
        return f"build it first: {given.__name__}(...)"
    if isinstance(given, dict):
        return "load it into its model with load_state_dict() and give the model"
    if callable(given):
        return "call it and give the model it returns"
    return "give a module, for example torch.nn.Linear(16, 4)"
