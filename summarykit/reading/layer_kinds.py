"""``KindTable``: what a layer *is* (class, settings, explanation), worked out once for all that are alike.

Two layers are alike when class, settings and the facts of their tensors are equal; shapes are part of the
comparison, so a replaced weight among a thousand equal layers is a kind of its own and checked as such.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from summarykit.expression import Value
from summarykit.formulas import LayerFacts, explain
from summarykit.formulas.inferred import infer_tensors
from summarykit.formulas.source import ModuleContext, SourceTable
from summarykit.formulas.user_rules import declared_rule, declares_rule
from summarykit.reading.parametrizations import (
    hook_forms,
    is_parametrization,
    is_parametrized,
    parametrization_forms,
)
from summarykit.reading.tensors import TensorTable
from summarykit.records import NOT_KNOWN_YET, Evidence, Explanation, LayerType, Settings

#: Wrappers that add nothing of their own, and the child that is the model.
WRAPPERS = {
    "torch.nn.parallel.data_parallel.DataParallel": "module",
    "torch.nn.parallel.distributed.DistributedDataParallel": "module",
    "torch._dynamo.eval_frame.OptimizedModule": "_orig_mod",
}
#: Where a traced module keeps what it really is; no child, and not part of any path.
ACTUAL = "_actual_script_module"
#: Classes of the objects in which torch's quantized and prepacked layers keep weights and biases.
PACKED_OBJECTS = re.compile(r"__torch__\.torch\.classes\.(quantized|sparse|rnn|xnnpack|mkldnn)\.")
MAX_ELEMENTS = 64
#: A larger number is no size of anything.
MAX_BITS = 128


class ClassFacts(NamedTuple):
    """What is known of a class, once."""

    type: int  #: number in the table of types
    lineage: tuple[str, ...]
    wraps: str | None  #: the child that is the model, for a wrapper
    constants: Mapping[str, Value]  #: plain attributes of the class itself
    declares: bool  #: whether the class declares its own formula


class Kind(NamedTuple):
    """What all layers that are alike have in common."""

    type: int
    settings: int
    explanation: int
    tensors: tuple[tuple[str, int], ...]  #: name and number of the facts of each own tensor, parameters first
    evidence: tuple[Evidence, ...]  #: of each of them
    unread: LayerFacts | None  #: set where the layer's own code may tell more than a size
    opaque: bool  #: whether it holds packed weights that no parameter or buffer shows


class KindTable:
    """Tables of types, settings and explanations, filled as the walk meets new kinds."""

    def __init__(self, tensors: TensorTable) -> None:
        self.types: list[LayerType] = []
        self.settings: list[Settings] = []
        self.explanations: list[Explanation] = []
        self.classes: dict[type | str, ClassFacts] = {}
        self._tensors = tensors
        self._getters: dict[tuple[str, ...], Callable[[Any], Any]] = {}
        self._kinds: dict[object, Kind] = {}
        self._numbers: dict[object, int] = {}
        self._read: dict[object, Kind] = {}
        self._source = SourceTable()

    def class_facts(self, module: nn.Module) -> ClassFacts:
        """Return what is known of the class of *module*; a scripted module counts as its original class."""
        facts = self.classes.get(type(module))
        if facts is not None:
            return facts
        script_name = script_class(module) if isinstance(module, torch.jit.ScriptModule) else None
        key = script_name or type(module)
        if key not in self.classes:
            self.classes[key] = self._describe(type(module), script_name)
        return self.classes[key]

    def kind(self, module: nn.Module, facts: ClassFacts, tensors: tuple[tuple[str, int], ...], parameters: int) -> Kind:
        """Return what *module* is, given its own tensors, by name and number of facts, parameters first."""
        attributes = module.__dict__
        names = tuple(attributes)
        getter = self._getters.get(names)
        if getter is None:
            getter = self._getters[names] = setting_getter(names)
        values = getter(attributes)
        try:
            # 1, 1.0 and True are one key to a dict and three settings to a reader.
            key = (facts.type, getter, values, tuple(map(type, values)), tensors)
            kind = self._kinds.get(key)
            if kind is None:
                kind = self._kinds[key] = self._make_kind(module, facts, tensors, parameters)
        except Exception:  # noqa: BLE001 - a list among the attributes, or a value that refuses to be compared
            kind = self._make_kind(module, facts, tensors, parameters)
        return kind

    def _make_kind(
        self, module: nn.Module, facts: ClassFacts, tensors: tuple[tuple[str, int], ...], parameters: int
    ) -> Kind:
        settings = plain_settings(public_attributes(module))
        key = (facts.type, settings, tuple(type(value) for _, value in settings), tensors)
        kind = self._kinds.get(key)
        if kind is not None:
            return kind
        number = self._intern(self.settings, settings, tuple(type(value) for _, value in settings))
        explanation, evidence = -1, (Evidence.VERIFIED,) * len(tensors)
        unread = None
        if parameters:
            shapes = {name: self._tensors.facts[fact].shape for name, fact in tensors[:parameters]}
            # A parameter switched off, as in ``register_parameter("bias", None)``, reads False.
            parameters_by_name = module.__dict__["_parameters"]
            absent = {name: False for name, tensor in parameters_by_name.items() if tensor is None}
            rule = declared_rule(module) if facts.declares else None
            values = {**facts.constants, **absent, **dict(settings)}
            partial = is_parametrized(facts.lineage)
            layer = LayerFacts(facts.lineage, values, shapes, rule, hook_forms(module), partial)
            why = explain(layer)
            unread = layer if can_be_read(why) else None
            explanation = self._intern(self.explanations, why) if unread is None else -1
            evidence = tuple(check.evidence for check in why.checks) + evidence[parameters:]
        kind = self._kinds[key] = Kind(
            facts.type, number, explanation, tensors, evidence, unread, holds_packed_weights(module)
        )
        return kind

    def read_code(self, kind: Kind, site: ModuleContext) -> Kind:
        """Return *kind* as the code of the layer at *site* explains it; read once for equal origins."""
        key = self._source.origin(site)
        result = self._read.get(key)
        if result is None:
            result = self._read[key] = self._read_code(kind, site)
        return result

    def _read_code(self, kind: Kind, site: ModuleContext) -> Kind:
        layer = kind.unread
        if layer is None:
            return kind
        shapes = {name: shape for name, shape in layer.tensors.items() if shape is not None}
        if is_parametrization(layer.lineage):
            layer = self._of_parametrized(layer, site)
        else:
            layer = layer._replace(source_tensors=self._source.tensors(site, shapes))
        why = explain(layer)
        if can_be_read(why):
            config = site.config()
            nearby = dict(plain_settings(vars(config).items())) if config is not None else {}
            layer = layer._replace(inferred_tensors=infer_tensors(layer.lineage, layer.settings, nearby, shapes))
            why = explain(layer) if layer.inferred_tensors else why
        evidence = tuple(check.evidence for check in why.checks) + kind.evidence[len(why.checks) :]
        return kind._replace(explanation=self._intern(self.explanations, why), evidence=evidence)

    def _of_parametrized(self, layer: LayerFacts, site: ModuleContext) -> LayerFacts:
        """Return the facts of the layer whose tensors a parametrization at *site* holds, and their forms."""
        owner = site.parent.parent if site.parent else None
        if owner is None or not is_parametrized(self.class_facts(owner.module).lineage):
            return layer
        facts = self.class_facts(owner.module)
        values = {**facts.constants, **dict(plain_settings(public_attributes(owner.module)))}
        forms = parametrization_forms(site.module, site.name)
        return LayerFacts(facts.lineage, values, layer.tensors, None, forms, partial=True)

    def _describe(self, cls: type, script_name: str | None) -> ClassFacts:
        lineage = tuple(f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__ if base is not object)
        if script_name:
            # Its settings may be compiled away, so the original's rule is inherited: it may fit, or not.
            lineage = (lineage[0], script_name)
        wraps = ACTUAL if script_name else next((WRAPPERS[name] for name in lineage if name in WRAPPERS), None)
        constants = {} if script_name else class_constants(cls)
        name = script_name.rpartition(".")[2] if script_name else cls.__name__
        if is_parametrized(lineage):
            name = f"{name.removeprefix('Parametrized')} (parametrized)"
        layer_type = LayerType(name, script_name or lineage[0])
        declares = not script_name and declares_rule(cls)
        return ClassFacts(self._intern(self.types, layer_type), lineage, wraps, constants, declares)

    def _intern(self, table: list[Any], value: Any, *distinction: object) -> int:
        key = (id(table), value, *distinction)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(table)
            table.append(value)
        return number


def can_be_read(why: Explanation) -> bool:
    """Return whether the layer's own code may tell more than *why*: some tensor is known by its size only."""
    return why.reason != NOT_KNOWN_YET and any(check.evidence is Evidence.SHAPE_ONLY for check in why.checks)


def holds_packed_weights(module: nn.Module) -> bool:
    """Return whether an attribute of *module* is one of torch's objects for packed weights, which hide their size."""
    script_objects = (value for value in module.__dict__.values() if type(value) is torch.ScriptObject)
    return any(PACKED_OBJECTS.match(value._type().qualified_name()) for value in script_objects)


def script_class(module: torch.jit.ScriptModule) -> str:
    """Return the qualified name of the class a scripted or traced module was made from."""
    name = str(module._c._type().qualified_name())
    parts = [part for part in name.split(".") if part != "__torch__" and not part.startswith("___torch_mangle")]
    return ".".join(parts)


def setting_getter(names: tuple[str, ...]) -> Callable[[Mapping[str, object]], tuple[object, ...]]:
    """Return a function that takes the values of public attributes, always as a tuple."""
    public = [name for name in names if is_public(name)]
    if len(public) == 1:
        only = public[0]
        return lambda attributes: (attributes[only],)
    return operator.itemgetter(*public) if public else lambda attributes: ()


def is_public(name: str) -> bool:
    """Return whether an attribute may be a setting; ``training`` is a state."""
    return not name.startswith("_") and name != "training"


def public_attributes(module: nn.Module) -> Iterable[tuple[str, object]]:
    """Return the public attributes of *module*, read without calling a property."""
    attributes = [(name, value) for name, value in module.__dict__.items() if is_public(name)]
    if isinstance(module, torch.jit.ScriptModule):
        # Compiled code keeps the constants of the class it was made from; a loaded file has none.
        concrete = module.__dict__.get("_concrete_type")
        attributes += concrete.get_constants().items() if concrete is not None else ()
    return attributes


def plain_settings(attributes: Iterable[tuple[str, object]]) -> Settings:
    """Return the attributes that are plain values, sorted by name."""
    plain = ((name, plain_value(value)) for name, value in attributes)
    return tuple(sorted((name, value) for name, value in plain if value is not NotPlain))


class NotPlain:
    """Marks a value that is no setting: a module, a tensor, a function, a long list."""


def plain_value(value: Any) -> Any:
    """Return *value* as a number, text, None or a tuple of these, else ``NotPlain``."""
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return value if value.bit_length() <= MAX_BITS else NotPlain
    if kind is float:
        return value if math.isfinite(value) else repr(value)
    if issubclass(kind, tuple | list):
        return plain_tuple(value)
    if issubclass(kind, np.generic):
        return plain_value(value.item())
    if issubclass(kind, str):
        return str.__str__(value)
    if kind is torch.Tensor:
        return plain_value(value.item()) if is_whole_number(value) else NotPlain
    if issubclass(kind, torch.Tensor | nn.Module) or not hasattr(kind, "__index__"):
        return NotPlain
    try:
        return plain_value(operator.index(value))
    except Exception:  # noqa: BLE001 - what a stranger's __index__ raises
        return NotPlain


def is_whole_number(tensor: Any) -> bool:
    """Return whether a tensor kept as an attribute is a size someone computed with torch: one integer, on the CPU."""
    whole = not (tensor.is_floating_point() or tensor.is_complex())
    return whole and tensor.ndim == 0 and tensor.device.type == "cpu" and tensor.layout is torch.strided


def plain_tuple(value: tuple[Any, ...] | list[Any], depth: int = 0) -> Any:
    """Return a short tuple or list of plain values, at most two deep, as a tuple, else ``NotPlain``."""
    if len(value) > MAX_ELEMENTS or depth > 1:
        return NotPlain
    plain_values = (plain_tuple(v, depth + 1) if issubclass(type(v), tuple | list) else plain_value(v) for v in value)
    parts = tuple(plain_values)
    return NotPlain if NotPlain in parts else parts


def class_constants(cls: type) -> dict[str, Value]:
    """Return the plain public attributes of a class and its bases below ``nn.Module``."""
    constants: dict[str, Value] = {}
    for base in reversed(cls.__mro__):
        if base not in (object, nn.Module):
            constants.update(plain_settings((n, v) for n, v in vars(base).items() if is_public(n)))
    return constants
