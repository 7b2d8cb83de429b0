"""Compare a layer with its rule: each declared tensor axis by axis, then the count as a number."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from summarykit.expression import Expression, Unanswerable, Value, evaluate, group_digits, names_in
from summarykit.expression.evaluate import elements
from summarykit.expression.nodes import Reduce
from summarykit.formulas.facts import LayerFacts
from summarykit.formulas.rules import Rule, fill_in
from summarykit.records import Evidence, Shape, TensorCheck

#: A family with more tensors than this is a mistake in the rule or a setting.
MOST_REPETITIONS = 100_000


class DeclaredTensor(NamedTuple):
    """One tensor as a rule declares it, for one repetition."""

    name: str
    dims: tuple[Expression, ...]
    text: str
    counters: Mapping[str, int]


class Verdict(NamedTuple):
    """The result of comparing a layer with its rule."""

    checks: dict[str, TensorCheck]  #: of the declared tensors that the layer has
    missing: tuple[str, ...]  #: declared tensors that the layer does not have
    problem: str  #: what does not fit; empty when all does
    value: int | None  #: what the count gives


def bind(rule: Rule, layer: LayerFacts) -> dict[str, Value]:
    """Return a value for each name of the rule that the layer has.

    The name of a tensor is True or False; any other name is a setting.
    """
    tensors = {name for name, _, _ in rule.shapes}
    bindings: dict[str, Value] = {}
    for name in names_in_rule(rule):
        if name in tensors or (name not in layer.settings and name in layer.tensors):
            in_form = any(form.tensor == name and key in layer.tensors for key, form in layer.forms.items())
            bindings[name] = name in layer.tensors or in_form
        elif name in layer.settings:
            bindings[name] = layer.settings[name]
    return bindings


def names_in_rule(rule: Rule) -> dict[str, None]:
    """Return every name that a rule uses, in a fixed order."""
    expressions = [rule.count, *(dim for _, dims, _ in rule.shapes for dim in dims)]
    counters: set[str] = set()
    if rule.repeat:
        expressions += [count for _, count in rule.repeat.counters]
        expressions += [rule.repeat.each] if rule.repeat.each else []
        counters = {name for name, _ in rule.repeat.counters}
    names = dict.fromkeys(name for expression in expressions for name in names_in(expression.tree))
    names |= dict.fromkeys(rule.says.names() if rule.says else ())
    names |= dict.fromkeys(name for name in (rule.takes, rule.gives) if name)
    return {name: None for name in names if name not in counters}


def check(rule: Rule, layer: LayerFacts, bindings: Mapping[str, Value]) -> Verdict:
    """Return how a layer compares with its rule: each declared tensor axis by axis, then the count as a number."""
    checks: dict[str, TensorCheck] = {}
    missing: list[str] = []
    problems: list[str] = []
    value = None
    try:
        for tensor in declared_tensors(rule, bindings):
            if tensor.name not in layer.tensors:
                missing.append(tensor.name)
                continue
            problem = shape_problem(tensor, layer.tensors[tensor.name], bindings)
            problems += [problem] if problem else []
            grade = Evidence.DISAGREES if problem else Evidence.VERIFIED
            checks[tensor.name] = TensorCheck(tensor.name, grade, tensor.text, problem)
        value = evaluate(rule.count.tree, bindings)
    except Unanswerable as gap:
        problems.append(str(gap))
    if not problems and value is not None:
        problems += count_problems(rule, layer, checks, missing, value)
    return Verdict(checks, tuple(missing), "; ".join(problems), value)


def declared_tensors(rule: Rule, bindings: Mapping[str, Value]) -> Iterator[DeclaredTensor]:
    """Yield each tensor that a rule declares, once for each repetition of its family."""
    for counters in repetitions(rule, bindings):
        for template, dims, text in rule.shapes:
            yield DeclaredTensor(fill_in(template, counters), dims, text, counters)


def repetitions(rule: Rule, bindings: Mapping[str, Value]) -> Iterator[dict[str, int]]:
    """Yield the counters of each repetition, the first counter slowest; an empty one for a rule without repetitions."""
    counters = rule.repeat.counters if rule.repeat else ()
    names = [name for name, _ in counters]
    ranges = [range(evaluate(count.tree, bindings)) for _, count in counters]
    if math.prod(each.stop for each in ranges) > MOST_REPETITIONS:
        raise Unanswerable("the family of tensors has too many members")
    for values in itertools.product(*ranges):
        yield dict(zip(names, values, strict=True))


def shape_problem(tensor: DeclaredTensor, shape: Shape | None, bindings: Mapping[str, Value]) -> str:
    """Return what is wrong with a tensor's shape, empty when each axis is as declared."""
    formula_shape = sizes_of(tensor.dims, {**bindings, **tensor.counters})
    if formula_shape == shape:
        return ""
    return f"`{tensor.name}` is {dimensions(shape or ())}, the formula says {dimensions(formula_shape)}"


def sizes_of(dims: Iterable[Expression], scope: Mapping[str, Value]) -> Shape:
    """Return the shape that *dims* give; ``*kernel_size`` gives as many axes as the setting has.

    Raises:
        Unanswerable: A setting is missing, or is no size.

    """
    sizes: list[int] = []
    for dim in dims:
        if dim.source.startswith("*") and isinstance(dim.tree, Reduce):
            sizes += elements(dim.tree.name, scope)
        else:
            sizes.append(evaluate(dim.tree, scope))
    return tuple(sizes)


def dimensions(shape: Shape) -> str:
    """Return a shape in words: ``4 × 16``, or "a single number"."""
    return " × ".join(group_digits(size) for size in shape) if shape else "a single number"


def count_problems(
    rule: Rule, layer: LayerFacts, checks: Mapping[str, TensorCheck], missing: list[str], value: int
) -> list[str]:
    """Return what is wrong with the count; where a tensor is missing, the message names it."""
    names = checks if rule.shapes else layer.tensors
    total = sum(math.prod(layer.tensors[name] or ()) for name in names)
    if total == value:
        return []
    absent = [name for name in missing if name not in names_in(rule.count.tree)]
    if absent and total < value:
        return [f"it has no parameter `{absent[0]}`"]
    return [f"the formula says {group_digits(value)}, the tensors hold {group_digits(total)}"]
