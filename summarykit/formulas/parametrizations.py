"""Layers whose tensors torch stores in another form: weight norm, spectral norm, orthogonal, pruned.

The class is the same or a derived one; the tensor gets another name or moves into a child. Its shape is still the one
that the layer's rule declares; weight norm adds one value for each slice along its axis. Forms are those of torch 2.13.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from summarykit.expression import Expression, Unanswerable, Value, evaluate, names_in, parse, parse_sentence
from summarykit.expression.evaluate import elements
from summarykit.formulas.check import DeclaredTensor, declared_tensors
from summarykit.formulas.facts import Form, LayerFacts
from summarykit.formulas.rules import Rule
from summarykit.records import Evidence, Explanation, Line, Shape, TensorCheck


class Part(NamedTuple):
    """One tensor of a transformed layer, by the rule of the original layer."""

    name: str
    form: Form
    dims: tuple[Expression, ...]
    scope: Mapping[str, Value]  #: settings
    check: TensorCheck


def by_forms(rule: Rule, layer: LayerFacts, bindings: Mapping[str, Value]) -> Explanation | None:
    """Return the explanation of a layer whose tensors are stored in other forms, None where one does not fit."""
    try:
        tensors = {tensor.name: tensor for tensor in declared_tensors(rule, bindings)}
        parts = [_part(name, layer, tensors, bindings) for name in layer.tensors]
        if not parts or any(part is None for part in parts):
            return None
        return _explanation(rule, layer, bindings, [part for part in parts if part is not None])
    except Unanswerable:
        return None


def _part(
    name: str, layer: LayerFacts, tensors: Mapping[str, DeclaredTensor], bindings: Mapping[str, Value]
) -> Part | None:
    form = layer.forms.get(name, Form(name))
    tensor = tensors.get(form.tensor)
    if tensor is None:
        return None
    dims = dims_in_form(expand_stars(insert_counters(tensor.dims, tensor.counters), bindings), form)
    shape: Shape | None = tuple(evaluate(dim.tree, bindings) for dim in dims)
    if shape != layer.tensors[name]:
        return None
    text = ", ".join(dim.source for dim in dims)
    return Part(name, form, dims, bindings, TensorCheck(name, Evidence.VERIFIED, text, ""))


def insert_counters(dims: Sequence[Expression], counters: Mapping[str, int]) -> tuple[Expression, ...]:
    """Return dimensions with the counters of a family as numbers, since its tensors share one formula."""
    if not counters:
        return tuple(dims)
    counter = re.compile(rf"\b({'|'.join(counters)})\b")
    texts = [counter.sub(lambda match: str(counters[match[0]]), dim.source) for dim in dims]
    return tuple(dim if text == dim.source else parse(text) for dim, text in zip(dims, texts, strict=True))


def expand_stars(dims: Sequence[Expression], bindings: Mapping[str, Value]) -> tuple[Expression, ...]:
    """Return dimensions with ``*kernel_size`` expanded: ``kernel_size[0], kernel_size[1]``."""
    axes: list[Expression] = []
    for dim in dims:
        if not dim.source.startswith("*"):
            axes.append(dim)
            continue
        name = dim.source[1:]
        value = bindings.get(name)
        count = len(elements(name, bindings))
        axes += [parse(f"{name}[{i}]" if isinstance(value, tuple) else name) for i in range(count)]
    return tuple(axes)


def dims_in_form(dims: tuple[Expression, ...], form: Form) -> tuple[Expression, ...]:
    """Return the dimensions of a tensor in its form: all of them, all 1 but one axis, or none for a single value."""
    if not form.lengths:
        return dims
    if form.axis is None:
        return ()
    axis = form.axis % len(dims)
    return tuple(dim if i == axis else parse("1") for i, dim in enumerate(dims))


def _explanation(rule: Rule, layer: LayerFacts, bindings: Mapping[str, Value], parts: Sequence[Part]) -> Explanation:
    lines = [_line(part) for part in parts]
    whole = sum(line.value for line, part in zip(lines, parts, strict=True) if not part.form.lengths)
    lengths = [line for line, part in zip(lines, parts, strict=True) if part.form.lengths]
    # A layer with all its tensors keeps its own formula; of another one, each tensor that it has is a term.
    complete = not layer.partial and evaluate(rule.count.tree, bindings) == whole
    terms = lengths if complete else lines
    texts = ([f"({rule.count.source})"] if complete else []) + [f"{line.formula.source}" for line in terms]
    formula = parse(" + ".join(texts)) if len(texts) > 1 or not complete else rule.count
    used = one_scope(lines) | {name: bindings[name] for name in names_in(formula.tree) if name in bindings}
    says = rule.says.source if complete and rule.says else ""
    text = f"{says} {separate_tensors_text([part.form.tensor for part in parts if part.form.lengths])}".strip()
    sentence = parse_sentence(text) if text else None
    names = {name: bindings[name] for name in (sentence.names() if sentence else ()) if name in bindings}
    return Explanation(
        formula=formula,
        bindings=tuple(sorted((used | names).items())),
        value=evaluate(formula.tree, used),
        sentence=sentence,
        about=f"The tensors of {rule.kind} in the form that its transformation keeps them in.",
        lines=tuple(lines) if len(lines) > 1 else (),
        checks=tuple(part.check for part in parts),
        origin=f"{rule.origin}, transformed",
        evidence=Evidence.VERIFIED,
        reason="",
        takes=None,
        gives=None,
        axis="",
    )


def separate_tensors_text(tensors: Sequence[str]) -> str:
    """Return the sentence on tensors that weight norm stores as direction and length; empty where there are none."""
    names = [f"`{name}`" for name in tensors]
    if len(names) < 2:
        return f"{names[0]} is kept as direction and length." if names else ""
    return f"{', '.join(names[:-1])} and {names[-1]} are each kept as direction and length."


def one_scope(lines: Sequence[Line]) -> dict[str, Value]:
    """Return the names of all lines with their values.

    Raises:
        Unanswerable: A name has two values, as in an RNN, whose layers have different input sizes.

    """
    scope: dict[str, Value] = {}
    for line in lines:
        for name, value in line.bindings:
            if scope.setdefault(name, value) != value:
                raise Unanswerable(f"`{name}` has two values")
    return scope


def _line(part: Part) -> Line:
    factors = [dim.source for dim in part.dims if dim.source != "1"]
    formula = parse(" * ".join(f"({factor})" for factor in factors) or "1")
    used = tuple((name, part.scope[name]) for name in names_in(formula.tree))
    return Line(part.name, formula, used, evaluate(formula.tree, part.scope), Evidence.VERIFIED, (part.name,))
