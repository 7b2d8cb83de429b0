"""A formula as a live Excel formula over input cells, and its text as a formula that follows them.

The count is not folded: an absent bias is an input cell with 0, so that it can be changed to 1. The text is folded by
the cells: one ``IF`` for each condition that folding depends on.
"""

from __future__ import annotations

from collections.abc import Mapping

from summarykit.expression.evaluate import Bindings, Unanswerable, elements, truth
from summarykit.expression.fold import fold, is_negative
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
    Text,
    walk,
)
from summarykit.expression.printing import with_leaves

#: From an input, ``out_features`` or ``kernel_size[0]``, to its cell: ``C5``.
Cells = Mapping[str, str]

#: Excel rejects a formula of more characters than this.
MAX_FORMULA = 8_192
#: Each switch doubles the number of texts; more of them do not fit in a cell.
MAX_SWITCHES = 10
_TOO_MANY = "the words have too many forms for one cell"
_COMPARE = {"==": "=", "!=": "<>"}
_ATOM, _PRODUCT, _SUM = 2, 1, 0


def excel_inputs(node: Node, bindings: Bindings) -> tuple[str, ...]:
    """Return the inputs of a formula, each of which needs a cell, in the order of the formula.

    A setting that is a tuple has one input for each element: ``kernel_size[0]``, ``kernel_size[1]``.
    A comparison with a text (``mode == "LSTM"``) is no input: its result is fixed.
    """
    inputs: dict[str, None] = {}
    for part in walk(node):
        match part:
            case Name(name=name) if isinstance(bindings.get(name), int):
                inputs.setdefault(name)
            case Item(name=name, index=Number(value=index)):
                inputs.setdefault(f"{name}[{index}]")
            case Reduce(function="prod" | "sum", name=name) | Item(name=name):
                if isinstance(bindings[name], tuple):
                    inputs.update((f"{name}[{i}]", None) for i in range(len(elements(name, bindings))))
                else:
                    inputs.setdefault(name)
    return tuple(inputs)


def excel_formula(node: Node, bindings: Bindings, cells: Cells) -> str:
    """Return the unfolded formula over *cells*, without its ``=``: ``C5*(D5+E5)``."""
    return _Writer(bindings, cells).text(node)


def excel_words(node: Node, bindings: Bindings, cells: Cells) -> str:
    """Return a formula, without its ``=``, whose result is the formula in the numbers of the cells, as text.

    It equals ``numbers(node, bindings)`` until a cell is changed, and follows every change.

    Raises:
        Unanswerable: The formula has so many switches that its text does not fit in a cell.

    """
    text = _Words(bindings, cells).branch(node, {})
    if len(text) > MAX_FORMULA:
        raise Unanswerable(_TOO_MANY)
    return text


class _Writer:
    """Writes an unfolded tree as an Excel formula."""

    def __init__(self, bindings: Bindings, cells: Cells) -> None:
        self.bindings = bindings
        self.cells = cells

    def text(self, node: Node) -> str:
        return self.render(node)[0]

    def render(self, node: Node) -> tuple[str, int]:
        match node:
            case Number(value=value):
                return str(value), _ATOM if value >= 0 else _SUM
            case Name(name=name):
                return self.cells[name], _ATOM
            case Item(name=name, index=Number(value=index)):
                return self.cells[f"{name}[{index}]"], _ATOM
            case Reduce():
                return self.render(fold(node, self.bindings))
            case Sum(terms=terms):
                return self.sum(terms), _SUM
            case Product(factors=factors):
                return "*".join(self.in_brackets(factor, _ATOM) for factor in factors), _PRODUCT
            case Negative(term=term):
                # 0-x: Excel gives a leading minus a higher rank than ^, unlike mathematics.
                return "0-" + self.in_brackets(term, _PRODUCT), _SUM
            case Quotient(dividend=a, divisor=b):
                return self.quotient(a, b), _ATOM
            case Remainder(dividend=a, divisor=b):
                return f"MOD({self.text(a)},{self.text(b)})", _ATOM
            case Power(base=base, exponent=exponent):
                return f"POWER({self.text(base)},{self.text(exponent)})", _ATOM
            case Extreme(function=function, terms=terms):
                return f"{function.upper()}({','.join(map(self.text, terms))})", _ATOM
            case Choice(condition=test, then=then, other=other):
                return self.choice(test, then, other)
            case Compare() | Logic():
                return f"IF({self.condition(node)},1,0)", _ATOM
        raise Unanswerable("this part has no form in a spreadsheet")

    def in_brackets(self, node: Node, least: int) -> str:
        text, tightness = self.render(node)
        return text if tightness >= least else f"({text})"

    def sum(self, terms: tuple[Node, ...]) -> str:
        out = self.text(terms[0])
        for term in terms[1:]:
            sign, positive = ("-", term.term) if isinstance(term, Negative) else ("+", term)
            out += sign + self.in_brackets(positive, _PRODUCT)
        return out

    def quotient(self, dividend: Node, divisor: Node) -> str:
        # QUOTIENT truncates towards zero, Python's // rounds down: they differ only below zero.
        if any(map(is_negative, (*walk(dividend), *walk(divisor)))):
            return f"INT({self.in_brackets(dividend, _PRODUCT)}/{self.in_brackets(divisor, _ATOM)})"
        return f"QUOTIENT({self.text(dividend)},{self.text(divisor)})"

    def choice(self, test: Node, then: Node, other: Node) -> tuple[str, int]:
        answer = self.fixed_answer(test)
        if answer is not None:
            return self.render(then if answer else other)
        return f"IF({self.condition(test)},{self.text(then)},{self.text(other)})", _ATOM

    def fixed_answer(self, test: Node) -> bool | None:
        """Return the result of a condition that no cell can change, None where it depends on cells."""
        words = isinstance(test, Compare) and (self.is_word(test.left) or self.is_word(test.right))
        return truth(test, self.bindings) if words or not excel_inputs(test, self.bindings) else None

    def is_word(self, side: Node) -> bool:
        """Return whether one side of a comparison is no whole number: a text, or a setting such as None or 0.5."""
        match side:
            case Name(name=name):
                return not isinstance(self.bindings.get(name), int)
            case Choice(then=then, other=other):
                return self.is_word(then) or self.is_word(other)
        return isinstance(side, Text)

    def condition(self, node: Node) -> str:
        answer = self.fixed_answer(node)
        if answer is not None:
            return "TRUE" if answer else "FALSE"
        match node:
            case Compare(left=left, operator=sign, right=right):
                return f"{self.in_brackets(left, _SUM)}{_COMPARE.get(sign, sign)}{self.in_brackets(right, _SUM)}"
            case Logic(operator=word, terms=terms):
                return f"{word.upper()}({','.join(map(self.condition, terms))})"
        return f"{self.in_brackets(node, _SUM)}<>0"


class _OpenQuestion(Exception):
    def __init__(self, test: Node) -> None:
        self.test = test


class _Words:
    """Folds the tree once for each combination of results that the cells can give, and prints each."""

    def __init__(self, bindings: Bindings, cells: Cells) -> None:
        self.bindings = bindings
        self.writer = _Writer(bindings, cells)

    def branch(self, node: Node, answers: dict[Node, bool]) -> str:
        def decide(test: Node) -> bool:
            if test not in answers:
                answer = self.writer.fixed_answer(test)
                if answer is None:
                    raise _OpenQuestion(test)
                return answer
            return answers[test]

        try:
            return _join(fold(node, self.bindings, decide=decide), self.writer)
        except _OpenQuestion as question:
            if len(answers) >= MAX_SWITCHES:
                raise Unanswerable(_TOO_MANY) from None
            test = question.test
            then, other = (self.branch(node, {**answers, test: answer}) for answer in (True, False))
            return then if then == other else f"IF({self.writer.condition(test)},{then},{other})"


def _join(tree: Node, writer: _Writer) -> str:
    """Return a folded tree as pieces of text joined with ``&``, its numbers read from their cells."""

    def ends(quotient: Quotient, exact: str, rounding: str) -> str:
        dividend, divisor = writer.text(quotient.dividend), writer.text(quotient.divisor)
        return f'\0IF(MOD({dividend},{divisor})=0,"{exact}","{rounding}")\0'

    pieces = with_leaves(tree, lambda leaf: f"\0FIXED({writer.text(leaf)},0)\0", ends)
    return "&".join(part if i % 2 else f'"{part}"' for i, part in enumerate(pieces.split("\0")) if part)
