"""Why one layer has its grade: the rule or the code that explains it, by file and line, and each check with its sizes.

The records of a model carry what reports show. File, line and the origin of each setting are worked out here, on
request, for one layer.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import FunctionType
from typing import NamedTuple

from summarykit.errors import ExpressionError
from summarykit.expression import Expression, Unanswerable, Value, parse_shape
from summarykit.formulas.check import declared_tensors, sizes_of
from summarykit.formulas.own_code import name_origins
from summarykit.formulas.rules import Place, Rule
from summarykit.records import (
    NOT_KNOWN_YET,
    Evidence,
    Explanation,
    LayerRecord,
    LayerType,
    ModelRecords,
    Shape,
    TensorCheck,
    TensorRecord,
)


class Remedy(StrEnum):
    """What gives a layer a better grade."""

    NOTHING = "nothing"  #: no grade is better, or there is nothing to check
    DECLARE_RULE = "declare a rule"
    COVER_TENSOR = "cover the tensor"  #: the rule declares some of the layer's tensors and not all
    KEEP_ARGUMENT = "keep the argument"  #: a size was read from the tensor, since the layer does not keep it
    INITIALISE = "initialise"  #: a lazy layer has no size before its first call
    CORRECT_RULE = "correct the rule"  #: a user's rule and the layer differ
    MATCH_SETTINGS = "match the settings"  #: a rule of torch and the layer differ: its settings or tensors changed


class LiveLayer(NamedTuple):
    """What a live layer says beyond the records; plain facts, no tensor."""

    rule: Rule | None  #: the rule for its class
    owner: str  #: path of the layer whose settings count: its own, or that of the layer it parametrizes
    attributes: frozenset[str]  #: names in the ``__dict__`` of that layer
    parameters: Mapping[str, bool]  #: its parameters by name: whether it has the tensor, or it is switched off
    maker: type  #: the class whose constructor makes its tensors
    names: Mapping[str, str]  #: its tensors: what the constructor assigns them to, mostly their own name


class RuleSource(NamedTuple):
    """The rule for a layer's class."""

    target: str  #: qualified name of the class it is for
    formula: str  #: the count as it is written
    users: bool
    place: Place | None  #: where it is declared, None where that is not known


class ConstructorSource(NamedTuple):
    """A constructor that makes tensors of a layer."""

    cls: str  #: qualified name of the class
    place: Place
    lines: tuple[tuple[str, int], ...]  #: tensor and the line that assigns it


class Binding(NamedTuple):
    """A name of the formula."""

    name: str
    value: Value
    origin: str  #: "attribute of the layer", "= 9 in Encoder"; empty where that is not known


class ShapeCheck(NamedTuple):
    """One tensor: what its axes are by formula, and what they really are."""

    tensor: str
    axes: str  #: ``"out_features, in_features"``; empty where no formula gives axes
    formula_shape: Shape | None  #: the sizes of these axes, None where no formula gives them
    shape: Shape | None  #: as PyTorch has it, None where not known yet
    evidence: Evidence
    reason: str
    shared_with: str | None  #: path of the tensor that this one is (tied weights), ``"wte.weight"``

    @property
    def agrees(self) -> bool | None:
        """Whether the formula and PyTorch give the same shape, None where there is nothing to compare."""
        return None if self.formula_shape is None or self.shape is None else self.formula_shape == self.shape


@dataclass(frozen=True, slots=True)
class LayerProvenance:
    """Why one layer holds as many parameters as it does, and what that rests on."""

    path: str  #: ``""`` for the model itself
    kind: LayerType
    same_as: str | None  #: path of the layer that this very module is, None for its first place
    parameters: int | None  #: its own, None where a size is not known yet
    parameters_inside: int  #: with everything inside; a shared tensor counts once
    rule: RuleSource | None
    constructors: tuple[ConstructorSource, ...]
    bindings: tuple[Binding, ...]
    checks: tuple[ShapeCheck, ...]
    formula: Expression | None
    value: int | None  #: what the formula gives
    origin: str  #: in one line: "rule for torch.nn.modules.linear.Linear"
    evidence: Evidence | None  #: None for a layer without parameters of its own
    reason: str  #: why the grade is no better
    remedy: Remedy


def layer_provenance(records: ModelRecords, number: int, live: LiveLayer | None = None) -> LayerProvenance:
    """Return why the layer with this *number* has its grade.

    Args:
        records: The model's records.
        number: The layer's id.
        live: What the live layer says; without it, as for a saved summary, file and line are not known.

    """
    layer = records.layers[number]
    why = records.explanations[layer.explanation] if layer.explanation >= 0 else None
    own = [t for t in records.tensors[layer.first_tensor : layer.end_tensor] if t.facts.kind == "parameter"]
    sizes = [tensor.facts.numel for tensor in own]
    rule = live.rule if live and live.rule and why and why.origin.startswith(live.rule.origin) else None
    uses_code = why is not None and why.reason != NOT_KNOWN_YET and {c.evidence for c in why.checks} - _BY_RULE
    return LayerProvenance(
        path=layer.path,
        kind=records.types[layer.type],
        same_as=records.layers[layer.alias_of].path if layer.alias_of >= 0 else None,
        parameters=None if None in sizes else sum(size or 0 for size in sizes),
        parameters_inside=_parameters_inside(records, layer),
        rule=RuleSource(rule.target, rule.count.source, rule.users, _short(rule.place)) if rule else None,
        constructors=tuple(_constructors(live)) if live and uses_code else (),
        bindings=tuple(_bindings(layer.path, why, rule, live)) if why else (),
        checks=tuple(_checks(records, own, why, rule)) if why else (),
        formula=why.formula if why else None,
        value=why.value if why else None,
        origin=why.origin if why else "",
        evidence=why.evidence if why else None,
        reason=why.reason if why else "",
        remedy=_remedy(why, rule, records.types[layer.type]),
    )


_LISTS = "torch.nn.modules.container."
#: Grades for which the layer's own code is not consulted.
_BY_RULE = {Evidence.VERIFIED, Evidence.DISAGREES}


def _parameters_inside(records: ModelRecords, layer: LayerRecord) -> int:
    """Return the parameters of a layer with everything inside; one met before is looked up at its first place."""
    start = layer.alias_of if layer.alias_of >= 0 else layer.id
    end = start + 1
    while end < len(records.layers) and records.layers[end].parent >= start:
        end += 1
    inside = records.tensors[records.layers[start].first_tensor : records.layers[end - 1].end_tensor]
    owners = {tensor.owner: tensor.facts.numel or 0 for tensor in inside if tensor.facts.kind == "parameter"}
    return sum(owners.values())


def _bindings(path: str, why: Explanation, rule: Rule | None, live: LiveLayer | None) -> Iterator[Binding]:
    """Yield each name of formula and sentence with its value and where that comes from."""
    origins = name_origins(why.origin)
    for name, value in why.bindings:
        origin = origins.get(name, "")
        if not origin and rule and live:
            origin = _origin(name, value, rule, live, path)
        yield Binding(name, value, origin)


def _origin(name: str, value: Value, rule: Rule, live: LiveLayer, path: str) -> str:
    """Return where a name of a rule gets its value."""
    layer = "the layer" if live.owner == path else live.owner or "the model"
    if name in live.attributes:
        return f"attribute of {layer}"
    if name in live.parameters or any(name == tensor for tensor, _, _ in rule.shapes):
        return f"{layer} has this parameter" if value else f"{layer} has no such parameter"
    return "size of the tensor" if name.endswith(".numel") else f"attribute of the class of {layer}"


def _checks(
    records: ModelRecords, own: list[TensorRecord], why: Explanation, rule: Rule | None
) -> Iterator[ShapeCheck]:
    """Yield a check for each parameter of the layer, in its order."""
    bindings = dict(why.bindings)
    by_rule = _shapes_by_rule(rule, bindings)
    for tensor, check in zip(own, why.checks, strict=False):
        owner = records.tensors[tensor.owner]
        other_place = _join(records.layers[owner.layer].path, owner.name) if owner is not tensor else None
        formula_shape = _shape_by_text(check, by_rule, bindings)
        yield ShapeCheck(
            check.name, check.formula, formula_shape, tensor.facts.shape, check.evidence, check.reason, other_place
        )


def _shapes_by_rule(rule: Rule | None, bindings: Mapping[str, Value]) -> dict[tuple[str, str], Shape]:
    """Return the shapes that a rule declares, by the name of the tensor and the text of its axes."""
    shapes: dict[tuple[str, str], Shape] = {}
    try:
        for tensor in declared_tensors(rule, bindings) if rule else ():
            shapes[tensor.name, tensor.text] = sizes_of(tensor.dims, {**bindings, **tensor.counters})
    except Unanswerable:
        pass
    return shapes


def _shape_by_text(
    check: TensorCheck, by_rule: Mapping[tuple[str, str], Shape], scope: Mapping[str, Value]
) -> Shape | None:
    if (check.name, check.formula) in by_rule:
        return by_rule[check.name, check.formula]
    try:
        return sizes_of(parse_shape(check.formula), scope) if check.formula else None
    except (Unanswerable, ExpressionError):
        return None


def _remedy(why: Explanation | None, rule: Rule | None, kind: LayerType) -> Remedy:
    """Return what gives the layer a better grade."""
    if why is None or why.evidence is Evidence.VERIFIED:
        return Remedy.NOTHING
    if why.evidence is Evidence.DISAGREES:
        return Remedy.CORRECT_RULE if rule and rule.users else Remedy.MATCH_SETTINGS
    if why.reason == NOT_KNOWN_YET:
        return Remedy.INITIALISE
    if why.evidence is Evidence.SIZE_FROM_TENSOR:
        return Remedy.KEEP_ARGUMENT
    if why.evidence is Evidence.FROM_SOURCE and kind.qualified.startswith(_LISTS):
        return Remedy.NOTHING  # a list of torch has no settings for a rule
    return Remedy.COVER_TENSOR if rule and why.formula else Remedy.DECLARE_RULE


def _constructors(live: LiveLayer) -> Iterator[ConstructorSource]:
    """Yield the constructors that assign tensors of the layer, of its class first; else the first one with source."""
    sources: list[ConstructorSource] = []
    for cls in live.maker.__mro__:
        init = vars(cls).get("__init__")
        if f"{cls.__module__}.{cls.__qualname__}" == "torch.nn.modules.module.Module":
            break
        source = _constructor(cls, inspect.unwrap(init), live.names) if isinstance(init, FunctionType) else None
        sources += [source] if source else []
    yield from [source for source in sources if source.lines] or sources[:1]


def _constructor(cls: type, init: object, names: Mapping[str, str]) -> ConstructorSource | None:
    """Return a constructor with the lines that assign to these attributes, None where it has no source."""
    try:
        lines, first = inspect.getsourcelines(init)  # type: ignore[arg-type]  # checked: what is no code raises
        tree = ast.parse(textwrap.dedent("".join(lines)))
        file = inspect.getfile(init)  # type: ignore[arg-type]  # as above
    except (OSError, TypeError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    at: dict[str, int] = {}
    for node in ast.walk(tree):
        attribute = _assignment(node)
        if attribute is not None:
            at.setdefault(attribute[0], first + attribute[1] - 1)
    tensor_lines = tuple((name, at[key]) for name, key in names.items() if key in at)
    place = Place(file, first, first + len(lines) - 1)
    return ConstructorSource(f"{cls.__module__}.{cls.__qualname__}", _short(place) or place, tensor_lines)


def _assignment(node: ast.AST) -> tuple[str, int] | None:
    """Return the attribute of self that *node* assigns or registers, and its line."""
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store(), lineno=line):
            return name, line
        case ast.Call(func=ast.Attribute(attr="register_parameter"), args=[ast.Constant(value=str(name)), *_]):
            return name, node.lineno
    return None


def _short(place: Place | None) -> Place | None:
    """Return *place* with its file as it is imported, ``torch/nn/modules/linear.py``; as it is where it cannot be."""
    if place is None:
        return None
    file = place.file.replace("\\", "/")
    folders = [folder.replace("\\", "/").rstrip("/") + "/" for folder in sys.path if folder]
    best = max((folder for folder in folders if file.startswith(folder)), key=len, default="")
    return place._replace(file=file[len(best) :])


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
