"""Print a folded formula as text, HTML or LaTeX: one traversal, one table for each style."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape

from summarykit.expression.evaluate import Bindings, Unanswerable, evaluate, nonzero
from summarykit.expression.fold import fold
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
)
from summarykit.expression.words import Words, group_digits


@dataclass(frozen=True, slots=True)
class Style:
    """How one output writes the parts of a formula."""

    number: Callable[[int], str]
    name: Callable[[str], str]
    item: Callable[[str, str], str]
    power: Callable[[str, str], str]
    quotient: Callable[[str, str], str]
    times: str = " × "
    plus: str = " + "
    minus: str = " − "
    negative: str = "−"
    remainder: str = " mod "
    opening: str = "("
    closing: str = ")"
    fraction: bool = False  # a quotient that brackets itself, as a fraction bar does
    floor: tuple[str, str] = ("⌊", "⌋")


def _latex_name(name: str) -> str:
    escapes = {"\\": r"\backslash{}", "_": r"\_", "^": r"\^{}", "~": r"\~{}"}
    escapes |= {character: "\\" + character for character in "#$%&{}"}
    return rf"\mathrm{{{''.join(escapes.get(character, character) for character in name)}}}"


TEXT = Style(
    number=group_digits,
    name=str,
    item=lambda name, index: f"{name}[{index}]",
    power=lambda base, exponent: f"{base}^{exponent}",
    quotient=lambda a, b: f"{a} ÷ {b}",
)
#: What stands around each number of a formula that is printed to be taken apart at its numbers; no name has it.
_MARK = "\0"
_WITH_MARKS = replace(TEXT, number=lambda value: f"{_MARK}{value}{_MARK}")
HTML = Style(
    number=group_digits,
    name=lambda name: f"<var>{escape(name)}</var>",
    item=lambda name, index: f"<var>{escape(name)}</var>[{index}]",
    power=lambda base, exponent: f"{base}<sup>{exponent}</sup>",
    quotient=lambda a, b: f"{a} ÷ {b}",
)
LATEX = Style(
    number=lambda value: f"{value:,}".replace(",", "{,}"),
    name=_latex_name,
    item=lambda name, index: rf"{_latex_name(name)}_{{{index}}}",
    power=lambda base, exponent: f"{base}^{{{exponent}}}",
    quotient=lambda a, b: rf"\frac{{{a}}}{{{b}}}",
    times=r" \times ",
    minus=" - ",
    negative="-",
    remainder=r" \bmod ",
    opening=r"\left(",
    closing=r"\right)",
    fraction=True,
    floor=(r"\left\lfloor ", r" \right\rfloor"),
)

_ATOM, _POWER, _PRODUCT, _SUM = 3, 2, 1, 0


def symbols(node: Node, bindings: Bindings) -> str:
    """Return the formula in names: ``out_features × (in_features + 1)``."""
    return _Printer(TEXT).text(fold(node, bindings))


def numbers(node: Node, bindings: Bindings) -> Words:
    """Return the formula in numbers, without its result: ``4 × (16 + 1)``."""
    parts = _Printer(_WITH_MARKS, bindings).text(fold(node, bindings)).split(_MARK)
    return Words(*(int(part) if at % 2 else part for at, part in enumerate(parts) if part))


def html(node: Node, bindings: Bindings, *, values: bool = False) -> str:
    """Return the formula as HTML, names in ``<var>`` and escaped."""
    return _Printer(HTML, bindings if values else None).text(fold(node, bindings))


def latex(node: Node, bindings: Bindings, *, values: bool = False) -> str:
    r"""Return the formula as LaTeX for math mode, ``$…$``: ``4 \times \left(16 + 1\right)``."""
    return _Printer(LATEX, bindings if values else None).text(fold(node, bindings))


#: From a division, and the bracket around it when it is exact and when it rounds down, to the text of the bracket.
Ends = Callable[[Quotient, str, str], str]


def with_leaves(tree: Node, leaf: Callable[[Name | Item], str], ends: Ends) -> str:
    """Return a folded formula as text, with each setting printed by *leaf* and the brackets of a division by *ends*."""
    return _Printer(TEXT, leaf=leaf, ends=ends).text(tree)


class _Printer:
    """Prints a folded tree with the fewest brackets; in numbers when it has *bindings*."""

    def __init__(
        self,
        style: Style,
        bindings: Bindings | None = None,
        leaf: Callable[[Name | Item], str] | None = None,
        ends: Ends | None = None,
    ) -> None:
        self.style = style
        self.bindings = bindings
        self.leaf = leaf or self.symbol
        self.ends = ends

    def text(self, node: Node) -> str:
        return self.in_brackets(node, _SUM)

    def render(self, node: Node) -> tuple[str, int]:
        """Return the text of *node* and its precedence."""
        style = self.style
        match node:
            case Number(value=value):
                return style.number(value), _ATOM if value >= 0 else _SUM
            case Name() | Item():
                if self.bindings is None:
                    return self.leaf(node), _ATOM
                value = evaluate(node, self.bindings)
                return style.number(value), _ATOM if value >= 0 else _SUM
            case Product(factors=factors):
                return style.times.join(self.factor(f, first=i == 0) for i, f in enumerate(factors)), _PRODUCT
            case Sum(terms=terms):
                return self.sum(terms), _SUM
            case Negative(term=term):
                return style.negative + self.in_brackets(term, _POWER), _SUM
            case Quotient(dividend=a, divisor=b):
                return self.quotient(a, b)
            case Remainder(dividend=a, divisor=b):
                return self.in_brackets(a, _ATOM) + style.remainder + self.in_brackets(b, _ATOM), _PRODUCT
            case Power(base=base, exponent=exponent):
                return style.power(self.in_brackets(base, _ATOM), self.in_brackets(exponent, _ATOM)), _POWER
            case Extreme(function=function, terms=terms):
                return f"{style.name(function)}({', '.join(map(self.text, terms))})", _ATOM
            case Text() | Choice() | Compare() | Logic() | Reduce():
                raise Unanswerable("a word stands where a number is needed")

    def symbol(self, node: Name | Item) -> str:
        if isinstance(node, Item):
            return self.style.item(node.name, self.text(node.index))
        return self.style.name(node.name)

    def in_brackets(self, node: Node, least: int) -> str:
        text, tightness = self.render(node)
        opening, closing = ("", "") if tightness >= least else (self.style.opening, self.style.closing)
        if self.ends and isinstance(node, Quotient):
            before, after = self.style.floor
            opening, closing = self.ends(node, opening, before), self.ends(node, closing, after)
        return opening + text + closing

    def factor(self, node: Node, *, first: bool) -> str:
        """Return one factor; a product keeps its brackets, a division gets them unless it comes first."""
        leads = first and isinstance(node, Quotient | Remainder)
        return self.in_brackets(node, _PRODUCT if leads else _POWER)

    def sum(self, terms: tuple[Node, ...]) -> str:
        out = self.in_brackets(terms[0], _PRODUCT) if not isinstance(terms[0], Negative) else self.text(terms[0])
        for term in terms[1:]:
            if isinstance(term, Negative):
                out += self.style.minus + self.in_brackets(term.term, _PRODUCT)
            elif isinstance(term, Number) and term.value < 0:
                out += self.style.minus + self.style.number(-term.value)
            else:
                out += self.style.plus + self.in_brackets(term, _PRODUCT)
        return out

    def quotient(self, dividend: Node, divisor: Node) -> tuple[str, int]:
        style = self.style
        if style.fraction:
            text, tightness = style.quotient(self.text(dividend), self.text(divisor)), _ATOM
        else:
            text = style.quotient(self.in_brackets(dividend, _PRODUCT), self.in_brackets(divisor, _ATOM))
            tightness = _PRODUCT
        if self.bindings is not None and evaluate(dividend, self.bindings) % nonzero(divisor, self.bindings):
            return style.floor[0] + text + style.floor[1], _ATOM
        return text, tightness
