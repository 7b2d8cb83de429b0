"""Tensors that no rule declares: a line for each, by the layer's own code or by its size, and terms for the count."""

from __future__ import annotations

import keyword
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from summarykit.expression import Expression, Value, evaluate, group_digits, parse
from summarykit.expression.nodes import Name, Sum
from summarykit.formulas.facts import LayerFacts
from summarykit.formulas.source import SourceTensor
from summarykit.records import Evidence, Line, TensorCheck

#: Up to this many tensors of which only the size is known get a term each in a formula; more of them share one.
MOST_TERMS = 8
LONGEST_NAME = 40


class Extra(NamedTuple):
    """One tensor that no rule declares."""

    check: TensorCheck
    line: Line


def extra(layer: LayerFacts, name: str, position: int, scope: Mapping[str, Value], reason: str) -> Extra:
    """Return a tensor's share of the count: its dimensions in the layer's code, else its size, which checks nothing.

    A name that has another value in *scope* cannot be used in the same formula; then the size is used.
    """
    code = layer.source_tensors.get(name)
    if code is not None and _fits_beside(code, scope):
        return _by_code(name, code)
    likely = layer.inferred_tensors.get(name)
    if likely is not None and _fits_beside(likely, scope):
        return _by_name(name, likely)
    size, term = math.prod(layer.tensors[name] or ()), _term(name, position)
    line = Line(name, Expression(term, Name(term)), ((term, size),), size, Evidence.SHAPE_ONLY, (name,))
    return Extra(TensorCheck(name, Evidence.SHAPE_ONLY, "", reason), line)


def _fits_beside(tensor: SourceTensor, scope: Mapping[str, Value]) -> bool:
    return all(scope.get(key, value) == value for key, value in tensor.bindings)


def _by_code(name: str, tensor: SourceTensor) -> Extra:
    values = dict(tensor.bindings)
    grade = Evidence.SIZE_FROM_TENSOR if tensor.from_tensor else Evidence.FROM_SOURCE
    from_tensor = ", ".join(f"`{key}` = {group_digits(int(str(values[key])))}" for key in tensor.from_tensor)
    return _extra(name, tensor, grade, f"{from_tensor} taken from the tensor, not checked" if from_tensor else "")


def _by_name(name: str, tensor: SourceTensor) -> Extra:
    values = " and ".join(f"`{key}` = {value_text(value)}" for key, value in tensor.bindings)
    return _extra(name, tensor, Evidence.INFERRED, f"probably {values}, by the layer's name; not checked")


def value_text(value: Value) -> str:
    """Return a setting as text: ``4,096``, or ``7 × 7``."""
    return " × ".join(map(value_text, value)) if isinstance(value, tuple) else group_digits(int(str(value)))


def _extra(name: str, tensor: SourceTensor, grade: Evidence, reason: str) -> Extra:
    formula = parse(_product(tensor.dims))
    line = Line(name, formula, tensor.bindings, evaluate(formula.tree, dict(tensor.bindings)), grade, (name,))
    return Extra(TensorCheck(name, grade, ", ".join(tensor.dims), reason), line)


def _product(dims: Sequence[str]) -> str:
    """Return the product of dimensions, without those of 1 that the code writes to align axes."""
    factors = [dim for dim in dims if dim != "1"]
    return " * ".join(f"({factor})" for factor in factors) or "1"


def with_extras(count: Expression | None, extras: Sequence[Extra]) -> tuple[Expression, dict[str, Value]]:
    """Return *count* with a term for each of *extras*, and the values of the names in the terms."""
    lines = [each.line for each in extras if each.check.evidence is not Evidence.SHAPE_ONLY]
    sizes = [each.line for each in extras if each.check.evidence is Evidence.SHAPE_ONLY]
    if len(sizes) > MOST_TERMS:
        term, size = "other_tensors.numel", sum(line.value for line in sizes)
        sizes = [Line("", Expression(term, Name(term)), ((term, size),), size, Evidence.SHAPE_ONLY, ())]
    terms = [*lines, *sizes]
    bindings = {name: value for line in terms for name, value in line.bindings}
    texts = [f"({count.source})"] if count else []
    trees = [count.tree] if count else []
    texts += [line.formula.source for line in terms]
    trees += [line.formula.tree for line in terms]
    if len(trees) == 1:
        return Expression(count.source if count else texts[0], trees[0]), bindings
    # The tree must equal the one that parsing the text gives, in which a sum at the head takes in the next terms.
    first = trees[0].terms if isinstance(trees[0], Sum) else (trees[0],)
    return Expression(" + ".join(texts), Sum((*first, *trees[1:]))), bindings


def _term(tensor: str, position: int) -> str:
    """Return the name of a tensor's size in a formula: ``gain.numel``."""
    plain = tensor.isascii() and tensor.isidentifier() and not keyword.iskeyword(tensor) and len(tensor) <= LONGEST_NAME
    return f"{tensor if plain else f'tensor_{position}'}.numel"
