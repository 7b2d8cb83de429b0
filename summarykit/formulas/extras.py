"""Tensors no rule knows: a line for each, by the layer's own code or by their size, and terms added to a count."""

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

#: So many tensors of which only the size is known get a term each in a formula; more of them share one.
MOST_TERMS = 8
LONGEST_NAME = 40


class Extra(NamedTuple):
    """One tensor that no rule knows."""

    check: TensorCheck
    line: Line


def extra(layer: LayerFacts, name: str, position: int, known: Mapping[str, Value], reason: str) -> Extra:
    """Return a tensor's share of the count: as the layer's code makes it, else its own size, which checks nothing.

    Names that *known* already gives another value cannot stand in one formula; then the size stands alone.
    """
    sourced = layer.sourced.get(name)
    if sourced is not None and _fits_beside(sourced, known):
        return _by_code(name, sourced)
    likely = layer.likely.get(name)
    if likely is not None and _fits_beside(likely, known):
        return _by_likeness(name, likely)
    size, term = math.prod(layer.tensors[name] or ()), _term(name, position)
    line = Line(name, Expression(term, Name(term)), ((term, size),), size, Evidence.SHAPE_ONLY, (name,))
    return Extra(TensorCheck(name, Evidence.SHAPE_ONLY, "", reason), line)


def _fits_beside(sourced: SourceTensor, known: Mapping[str, Value]) -> bool:
    return all(known.get(key, value) == value for key, value in sourced.bindings)


def _by_code(name: str, sourced: SourceTensor) -> Extra:
    values = dict(sourced.bindings)
    grade = Evidence.SIZE_FROM_TENSOR if sourced.from_tensor else Evidence.FROM_SOURCE
    taken = ", ".join(f"`{key}` = {group_digits(int(str(values[key])))}" for key in sourced.from_tensor)
    return _graded(name, sourced, grade, f"{taken} taken from the tensor, not checked" if taken else "")


def _by_likeness(name: str, likely: SourceTensor) -> Extra:
    values = " and ".join(f"`{key}` = {said(value)}" for key, value in likely.bindings)
    return _graded(name, likely, Evidence.INFERRED, f"probably {values}, by the layer's name; not checked")


def said(value: Value) -> str:
    """Return a setting in words: ``4,096``, or ``7 × 7``."""
    return " × ".join(map(said, value)) if isinstance(value, tuple) else group_digits(int(str(value)))


def _graded(name: str, sourced: SourceTensor, grade: Evidence, reason: str) -> Extra:
    formula = parse(_product(sourced.dims))
    line = Line(name, formula, sourced.bindings, evaluate(formula.tree, dict(sourced.bindings)), grade, (name,))
    return Extra(TensorCheck(name, grade, ", ".join(sourced.dims), reason), line)


def _product(dims: Sequence[str]) -> str:
    """Return the product of dimensions; those of 1 that the code writes to line up axes are left out."""
    factors = [dim for dim in dims if dim != "1"]
    return " * ".join(f"({factor})" for factor in factors) or "1"


def with_extras(count: Expression | None, extras: Sequence[Extra]) -> tuple[Expression, dict[str, Value]]:
    """Return *count* with a term for each of *extras*, and the values of the names in the terms."""
    lines = [each.line for each in extras if each.check.evidence is not Evidence.SHAPE_ONLY]
    sized = [each.line for each in extras if each.check.evidence is Evidence.SHAPE_ONLY]
    if len(sized) > MOST_TERMS:
        term, size = "other_tensors.numel", sum(line.value for line in sized)
        sized = [Line("", Expression(term, Name(term)), ((term, size),), size, Evidence.SHAPE_ONLY, ())]
    terms = [*lines, *sized]
    bindings = {name: value for line in terms for name, value in line.bindings}
    texts = [f"({count.source})"] if count else []
    trees = [count.tree] if count else []
    texts += [line.formula.source for line in terms]
    trees += [line.formula.tree for line in terms]
    if len(trees) == 1:
        return Expression(count.source if count else texts[0], trees[0]), bindings
    # The tree is the one that the text is parsed to: a sum at its head goes on.
    first = trees[0].terms if isinstance(trees[0], Sum) else (trees[0],)
    return Expression(" + ".join(texts), Sum((*first, *trees[1:]))), bindings


def _term(tensor: str, position: int) -> str:
    """Return the name that stands in a formula for the size of a tensor: ``gain.numel``."""
    plain = tensor.isascii() and tensor.isidentifier() and not keyword.iskeyword(tensor) and len(tensor) <= LONGEST_NAME
    return f"{tensor if plain else f'tensor_{position}'}.numel"
