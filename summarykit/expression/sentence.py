r"""The sentence that explains a count: a small template over the same settings as the formula.

``{expr:one form|form with #}`` writes one of two forms, by whether the number is 1; ``#`` is the number.
``{expr}`` writes the number alone. ``[condition: text]`` writes the text only where the condition is true, and
``[condition: text || other text]`` the other text where it is not. ``\`` before a sign writes the sign itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from summarykit.errors import ExpressionError
from summarykit.expression.evaluate import Bindings, evaluate, truth
from summarykit.expression.nodes import Expression, names_in
from summarykit.expression.parse import parse
from summarykit.expression.words import Words

MAX_DEPTH = 20
_HINT = "write {name:one form|form with #}, {name}, or [condition: text]; a sign itself is written \\{ or \\["


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in the sentence, with a form for one and a form for many."""

    value: Expression
    one: str
    many: str


@dataclass(frozen=True, slots=True)
class When:
    """A text under a condition, and the text otherwise."""

    condition: Expression
    then: tuple[Part, ...]
    other: tuple[Part, ...]


Part = str | Amount | When


@dataclass(frozen=True, slots=True)
class Sentence:
    """A parsed sentence: its text and its parts."""

    source: str
    parts: tuple[Part, ...]

    def __str__(self) -> str:
        """Return the sentence as it was written, before a layer's settings are in it."""
        return self.source

    def names(self) -> tuple[str, ...]:
        """Return each name in the sentence once."""
        return tuple(dict.fromkeys(_names(self.parts)))

    def say(self, bindings: Bindings) -> Words:
        """Return the sentence for a layer with these settings.

        Raises:
            Unanswerable: The layer does not have a setting of the sentence.

        """
        return Words(*(_say(part, bindings) for part in self.parts))


def _names(parts: tuple[Part, ...]) -> list[str]:
    names: list[str] = []
    for part in parts:
        match part:
            case Amount(value=value):
                names += names_in(value.tree)
            case When(condition=condition, then=then, other=other):
                names += [*names_in(condition.tree), *_names(then), *_names(other)]
    return names


def _say(part: Part, bindings: Bindings) -> str:
    match part:
        case Amount(value=value, one=one, many=many):
            number = evaluate(value.tree, bindings)
            return _with_number(one if number == 1 else many, number)
        case When(condition=condition, then=then, other=other):
            branch = then if truth(condition.tree, bindings) else other
            return Words(*(_say(inner, bindings) for inner in branch))
    return part


def _with_number(form: str, number: int) -> Words:
    """Return a form of the template with *number* in place of each ``#``."""
    first, *rest = form.split("#")
    return Words(first, *(part for text in rest for part in (number, text)))


@lru_cache(maxsize=1024)
def parse_sentence(text: str) -> Sentence:
    """Return the sentence of a text.

    Raises:
        ExpressionError: A bracket is not closed, or an expression in it is not part of the language.

    """
    reader = _Reader(text)
    parts, end = reader.parts(0, stops=())
    if end < len(text):
        raise ExpressionError(text, end, "an unexpected bracket", hint=_HINT)
    return Sentence(text, parts)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0

    def parts(self, at: int, stops: tuple[str, ...]) -> tuple[tuple[Part, ...], int]:
        """Return the parts from *at* up to one of *stops* or the end, and the position where they end."""
        if self.depth > MAX_DEPTH:
            raise ExpressionError(self.text, at, f"conditions nested more than {MAX_DEPTH} deep", hint=_HINT)
        parts: list[Part] = []
        literal = ""
        while at < len(self.text) and not (stops and self.text.startswith(stops, at)):
            sign = self.text[at]
            if sign == "\\" and at + 1 < len(self.text):
                literal, at = literal + self.text[at + 1], at + 2
            elif sign in "{[":
                parts += [literal] if literal else []
                literal = ""
                part, at = self.amount(at) if sign == "{" else self.when(at)
                parts.append(part)
            elif sign in "}]":
                break
            else:
                literal, at = literal + sign, at + 1
        return tuple([*parts, literal] if literal else parts), at

    def amount(self, at: int) -> tuple[Amount, int]:
        end = self.text.find("}", at)
        if end < 0:
            raise ExpressionError(self.text, at, "this brace is not closed", hint=_HINT)
        expression, colon, forms = self.text[at + 1 : end].partition(":")
        one, bar, many = forms.partition("|")
        value = self.expression(expression, at + 1)
        return Amount(value, one if colon else "#", many if bar else (one if colon else "#")), end + 1

    def when(self, at: int) -> tuple[When, int]:
        colon = self.text.find(":", at)
        if colon < 0:
            raise ExpressionError(self.text, at, "this condition has no colon", hint=_HINT)
        condition = self.expression(self.text[at + 1 : colon], at + 1)
        self.depth += 1
        then, end = self.parts(self.after_blank(colon + 1), stops=("]", " || "))
        other: tuple[Part, ...] = ()
        if self.text.startswith(" || ", end):
            other, end = self.parts(end + 4, stops=("]",))
        self.depth -= 1
        if end >= len(self.text) or self.text[end] != "]":
            raise ExpressionError(self.text, at, "this bracket is not closed", hint=_HINT)
        return When(condition, then, other), end + 1

    def after_blank(self, at: int) -> int:
        """Return the position after one blank: ``[bias: , and 1 bias]`` writes no blank before the comma."""
        return at + self.text.startswith(" ", at)

    def expression(self, text: str, at: int) -> Expression:
        try:
            return parse(text)
        except ExpressionError as error:
            raise ExpressionError(self.text, at + error.position, error.what.split("\n")[0], hint=error.hint) from None
