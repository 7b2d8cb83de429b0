"""Fold a formula: leave out what a layer does not have, so that it reads as a person would write it for this layer.

Only structure is folded: an absent tensor, a division by one, the other branch of a choice, a term that is zero because
of a subtraction or a switch. A *setting* of 1 or 0 stays: ``1 × (2 + 1)`` explains the count of a layer with one
output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from summarykit.expression.evaluate import Bindings, elements, truth
from summarykit.expression.nodes import (
    Choice,
    Compare,
    Extreme,
    Item,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Reduce,
    Remainder,
    Sum,
)

#: Decides the conditions that folding depends on: ``x == 0`` of a switch, ``x == 1`` of a divisor.
Decide = Callable[[Node], bool]


def fold(node: Node, bindings: Bindings, *, decide: Decide | None = None) -> Node:
    """Return *node* without its absent parts; the value is unchanged.

    *bindings* distinguish switches (True and False) from numbers and give the length of tuples. *decide* decides each
    condition of structure, by default from *bindings*; the workbook passes its own, to write a text for each result.
    """
    return _Folder(bindings, decide or (lambda test: truth(test, bindings))).fold(node)


class _Folder:
    def __init__(self, bindings: Bindings, decide: Decide) -> None:
        self.bindings = bindings
        self.decide = decide

    def fold(self, node: Node) -> Node:
        match node:
            case Name(name=name) if isinstance(self.bindings.get(name), bool):
                return Number(0 if self.decide(Compare(node, "==", Number(0))) else 1)
            case Reduce(function=function, name=name):
                return self.reduce(function, name)
            case Sum(terms=terms):
                return self.sum(terms)
            case Product(factors=factors):
                return self.product(factors)
            case Quotient(dividend=a, divisor=b):
                return self.quotient(a, b)
            case Choice(condition=test, then=then, other=other):
                return self.fold(then if self.decide(test) else other)
            case Negative(term=term):
                inner = self.fold(term)
                return Number(-inner.value) if isinstance(inner, Number) else Negative(inner)
            case Power(base=base, exponent=exponent):
                return self.power(self.fold(base), self.fold(exponent))
            case Item(name=name, index=index):
                return Item(name, self.fold(index))
            case Remainder(dividend=a, divisor=b):
                return Remainder(self.fold(a), self.fold(b))
            case Extreme(terms=terms):
                return replace(node, terms=tuple(self.fold(term) for term in terms))
            case Compare() | Logic():
                return Number(int(self.decide(node)))
        return node

    def reduce(self, function: str, name: str) -> Node:
        items: tuple[Node, ...] = tuple(Item(name, Number(i)) for i in range(len(elements(name, self.bindings))))
        if function == "len":
            return Number(len(items))
        if len(items) == 1:
            return Name(name) if not isinstance(self.bindings[name], tuple) else items[0]
        if function == "sum":
            return Sum(items) if items else Number(0)
        return Product(items) if items else Number(1)

    def sum(self, terms: tuple[Node, ...]) -> Node:
        """Return the sum of folded terms; adjacent numbers are merged: 1 + 1 is 2."""
        parts: list[Node] = []
        for term in map(self.fold, terms):
            if isinstance(term, Sum):
                parts.extend(term.terms)
            elif isinstance(term, Number) and term.value == 0:
                continue
            elif isinstance(term, Number) and parts and isinstance(parts[-1], Number):
                parts[-1] = Number(parts[-1].value + term.value)
            else:
                parts.append(term)
        if len(parts) > 1:
            return Sum(tuple(parts))
        return parts[0] if parts else Number(0)

    def product(self, factors: tuple[Node, ...]) -> Node:
        """Return the product of folded factors, without a 1 that is no setting; 0 where a factor is 0."""
        parts: list[Node] = []
        for original, factor in ((part, self.fold(part)) for part in factors):
            if self.vanishes(factor):
                return Number(0)
            if isinstance(factor, Number) and factor.value == 1:
                continue
            if isinstance(factor, Product) and (not parts or isinstance(original, Reduce)):
                parts.extend(factor.factors)
            else:
                parts.append(factor)
        if len(parts) > 1:
            return Product(tuple(parts))
        return parts[0] if parts else Number(1)

    def vanishes(self, factor: Node) -> bool:
        if isinstance(factor, Number):
            return factor.value == 0
        subtracts = isinstance(factor, Sum) and any(map(is_negative, factor.terms))
        return subtracts and self.decide(Compare(factor, "==", Number(0)))

    def quotient(self, dividend: Node, divisor: Node) -> Node:
        below = self.fold(divisor)
        if isinstance(below, Number):
            return self.fold(dividend) if below.value == 1 else Quotient(self.fold(dividend), below)
        if self.decide(Compare(below, "==", Number(1))):
            return self.fold(dividend)
        return Quotient(self.fold(dividend), below)

    def power(self, base: Node, exponent: Node) -> Node:
        if isinstance(exponent, Number):
            return {0: Number(1), 1: base}.get(exponent.value, Power(base, exponent))
        return Power(base, exponent)


def is_negative(term: Node) -> bool:
    """Return whether *term* has a minus."""
    return isinstance(term, Negative) or (isinstance(term, Number) and term.value < 0)
