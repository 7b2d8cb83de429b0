"""What a layer holds beside the tensors its rule knows: a line for each, and terms added to the count."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping

from summarykit.expression import Expression, Value
from summarykit.expression.nodes import Name, Sum
from summarykit.records import Evidence, Line

#: So many tensors beside what a rule knows get a term each in the formula; more of them share one.
MOST_TERMS = 8
LONGEST_NAME = 40


def extra_lines(extras: Mapping[str, int]) -> Iterator[Line]:
    """Yield a line for each tensor that the rule does not know, given its size."""
    for position, (name, size) in enumerate(extras.items(), 1):
        term = _term(name, position)
        yield Line(name, Expression(term, Name(term)), ((term, size),), size, Evidence.SHAPE_ONLY, (name,))


def extra_terms(extras: Mapping[str, int]) -> dict[str, Value]:
    """Return the terms to add to a rule's count, with their values: one for each tensor, or one for many."""
    if len(extras) > MOST_TERMS:
        return {"other_tensors.numel": sum(extras.values())}
    return {_term(name, position): size for position, (name, size) in enumerate(extras.items(), 1)}


def with_terms(count: Expression, terms: Mapping[str, Value]) -> Expression:
    """Return *count* with *terms* added; the tree is the one that its text is parsed to."""
    if not terms:
        return count
    first = count.tree.terms if isinstance(count.tree, Sum) else (count.tree,)
    return Expression(" + ".join([f"({count.source})", *terms]), Sum((*first, *map(Name, terms))))


def _term(tensor: str, position: int) -> str:
    """Return the name that stands in a formula for the size of a tensor: ``gain.numel``."""
    plain = tensor.isascii() and tensor.isidentifier() and not keyword.iskeyword(tensor) and len(tensor) <= LONGEST_NAME
    return f"{tensor if plain else f'tensor_{position}'}.numel"
