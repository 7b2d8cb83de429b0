"""The texts of an explanation: formula in names, in numbers, and the sentence; each made once."""

from __future__ import annotations

from typing import NamedTuple

from summarykit.expression import Unanswerable, group_digits, numbers, symbols
from summarykit.records import NOT_KNOWN_YET, CrossCheck, Evidence, Explanation
from summarykit.runs import ComputeExplanation


class ExplanationTexts(NamedTuple):
    """What a layer's explanation says; None where there is nothing to say."""

    formula: str | None  #: ``out_features × (in_features + 1)``
    numbers: str | None  #: ``4 × (16 + 1)``
    equation: str | None  #: ``4 × (16 + 1) = 68``
    sentence: str  #: why, in words


NOTHING = ExplanationTexts(None, None, None, "")


def explanation_texts(why: Explanation) -> ExplanationTexts:
    """Return the texts of *why*; a formula that cannot be worked out for the layer is shown in names alone."""
    if why.formula is None:
        return ExplanationTexts(None, None, None, size_sentence(why))
    bindings = dict(why.bindings)
    try:
        formula: str = symbols(why.formula.tree, bindings)
    except Unanswerable:
        return ExplanationTexts(why.formula.source, None, None, sentence(why))
    try:
        text = numbers(why.formula.tree, bindings)
    except Unanswerable:
        return ExplanationTexts(formula, None, None, sentence(why))
    equation = None
    if why.value is not None:
        value = group_digits(why.value)
        equation = text if text == value else f"{text} = {value}"
    return ExplanationTexts(formula, text, equation, sentence(why))


def compute_texts(why: ComputeExplanation) -> ExplanationTexts:
    """Return the texts of why a call multiplies as often as it does."""
    sentences = [why.sentence.say(dict(why.bindings))] if why.sentence else []
    sentences += [f"{why.reason[0].upper()}{why.reason[1:]}."] if why.reason else []
    if why.formula is None or why.value is None:
        return ExplanationTexts(None, None, None, " ".join(sentences))
    bindings = dict(why.bindings)
    text, value = numbers(why.formula.tree, bindings), group_digits(why.value)
    equation = text if text == value else f"{text} = {value}"
    return ExplanationTexts(symbols(why.formula.tree, bindings), text, equation, " ".join(sentences))


def closed_form(check: CrossCheck) -> str:
    """Return the closed formula of a container in numbers, with its result."""
    return f"{numbers(check.formula.tree, dict(check.bindings))} = {group_digits(check.value)}"


def sentence(why: Explanation) -> str:
    """Return the sentence of an explanation with a formula, and what it leaves unexplained."""
    sentences = [why.sentence.say(dict(why.bindings))] if why.sentence else []
    extra = [line for line in why.lines if line.evidence is Evidence.SHAPE_ONLY]
    sentences += [f"Beside it, `{line.label}` holds {group_digits(line.value)}." for line in extra]
    if why.reason:
        sentences.append(f"{why.reason[0].upper()}{why.reason[1:]}.")
    return " ".join(sentences)


def size_sentence(why: Explanation) -> str:
    """Return the sentence of an explanation without a formula."""
    if why.reason == NOT_KNOWN_YET:
        return f"{why.reason[0].upper()}{why.reason[1:]}."
    return f"Its size is taken from its tensors and not checked: {why.reason}." if why.reason else ""
