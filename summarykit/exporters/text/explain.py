"""Why one layer has its grade, as lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from summarykit.exporters.text.catalogue import with_signs
from summarykit.exporters.view.words import GRADE_WORDS, shape_words, visible
from summarykit.expression import Unanswerable, group_digits, numbers, symbols

if TYPE_CHECKING:
    from summarykit.formulas.provenance import LayerProvenance, ShapeCheck
    from summarykit.formulas.rules import Place
    from summarykit.records import Evidence

_WIDTH = 14
#: What to do for a better grade, by ``Remedy``; ``{kind}`` is the layer's class.
REMEDIES: Mapping[str, str] = {
    "declare a rule": 'declare a rule: summarykit.rule("{kind}", count, shapes={{...}}) (docs/extending.md)',
    "cover the tensor": 'declare a rule that covers every tensor: summarykit.rule("{kind}", ...) (docs/extending.md)',
    "keep the argument": "assign the constructor's argument to an attribute of the layer, or declare a rule",
    "initialise": "call the model once, or give a summary its inputs: a lazy layer gets its sizes from its first call",
    "correct the rule": "correct the rule, or the layer: the checks above say where they differ",
    "match the settings": "make settings and tensors agree, or declare a rule for a class of your own",
}


def explain_lines(layer: LayerProvenance, title: str) -> Iterator[str]:
    """Yield the lines that explain one layer; *title* is the name of the model itself."""
    yield f"{visible(layer.path) or title} ({visible(layer.kind.qualified)})"
    if layer.same_as is not None:
        yield from _entry("same as", [f"{visible(layer.same_as) or title}: one module, used in both places"])
    yield from _entry("parameters", [_count(layer)])
    if layer.evidence is None:
        return
    yield from _entry("formula", _formula(layer))
    yield from _entry("rule", _rule(layer))
    yield from _entry("source", _source(layer))
    yield from _entry("settings", _table([(b.name, f"= {b.value!r}", b.origin) for b in layer.bindings]))
    yield from _entry("checks", _table([*(_check(check, layer.evidence) for check in layer.checks), *_total(layer)]))
    for check in layer.checks:
        if check.shared_with is not None and layer.same_as is None:
            yield from _entry("tied", [f"{check.tensor} is {check.shared_with}: one tensor, counted once"])
    word, sign, _ = GRADE_WORDS[layer.evidence]
    yield from _entry("grade", [f"{sign} {word} ({layer.evidence.value})"])
    yield from _entry("reason", [layer.reason] if layer.reason else [])
    remedy = REMEDIES.get(layer.remedy, "").format(kind=layer.kind.qualified)
    yield from _entry("better grade", [remedy or "none: every check agrees"])


def _entry(label: str, texts: list[str]) -> Iterator[str]:
    """Yield *texts* in a column beside their *label*, nothing where there are none."""
    for position, text in enumerate(texts):
        yield f"  {'' if position else label:<{_WIDTH}}{visible(text)}"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    """Return rows with their columns in line."""
    texts = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in texts]


def _count(layer: LayerProvenance) -> str:
    own = "not known yet" if layer.parameters is None else group_digits(layer.parameters)
    if layer.evidence is None:
        return f"none of its own, {group_digits(layer.parameters_inside)} with everything inside"
    inside = f", {group_digits(layer.parameters_inside)} with everything inside"
    return own + (inside if layer.parameters_inside != layer.parameters else "")


def _formula(layer: LayerProvenance) -> list[str]:
    if layer.formula is None:
        return []
    bindings = {binding.name: binding.value for binding in layer.bindings}
    try:
        texts = [symbols(layer.formula.tree, bindings), numbers(layer.formula.tree, bindings)]
    except Unanswerable:
        return [with_signs(layer.formula.source)]
    value = "" if layer.value is None else group_digits(layer.value)
    texts[1] = texts[1] if texts[1] == value else f"{texts[1]} = {value}"
    return list(dict.fromkeys(texts))


def _rule(layer: LayerProvenance) -> list[str]:
    if layer.rule is None:
        return []
    place = f", declared in {_place(layer.rule.place)}" if layer.rule.place else ""
    return [f"{'your rule ' if layer.rule.users else ''}for {layer.rule.target}{place}", with_signs(layer.rule.formula)]


def _total(layer: LayerProvenance) -> list[tuple[str, ...]]:
    """Return the row that compares the formula's value with the values that the tensors hold."""
    if layer.value is None or layer.parameters is None:
        return []
    word = "✓ agrees" if layer.value == layer.parameters else "✗ differs"
    return [("count", "", f"{group_digits(layer.value)}, is {group_digits(layer.parameters)}", word)]


def _source(layer: LayerProvenance) -> list[str]:
    texts = [] if layer.rule or not layer.origin else [layer.origin]
    for constructor in layer.constructors:
        lines = "".join(f"; {tensor} in line {line}" for tensor, line in constructor.lines)
        texts.append(f"{constructor.cls}.__init__, {_place(constructor.place)}{lines}")
    return texts


def _place(place: Place) -> str:
    return f"{place.file}:{place.first}" + (f"-{place.last}" if place.last > place.first else "")


def _check(check: ShapeCheck, grade: Evidence) -> tuple[str, ...]:
    """Return a tensor's row: name, axes by formula, their sizes, the real shape, and whether both agree."""
    axes = with_signs(check.axes) or ("one number" if check.formula_shape == () else "")
    sizes = shape_words(check.formula_shape) if check.formula_shape is not None else "no formula"
    word = {True: "✓ agrees", False: "✗ differs", None: "– not compared"}[check.agrees]
    if check.agrees is None and check.evidence.value == "verified":
        word = "✓ count agrees"
    reason = check.reason if check.evidence is not grade else ""
    return check.tensor, axes, f"{sizes}, is {shape_words(check.shape)}", f"{word}{f' ({reason})' if reason else ''}"
