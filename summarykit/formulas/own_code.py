"""Explain a layer by its own code, where no rule fits."""

from __future__ import annotations

import re

from summarykit.expression import Value, evaluate, parse_sentence
from summarykit.formulas.extras import Extra, extra, with_extras
from summarykit.formulas.facts import LayerFacts
from summarykit.records import Evidence, Explanation, Line, weakest

ABOUT = "The size of each tensor as the layer's own code makes it."
#: A sentence names up to this many tensors; of more it gives the number.
MOST_NAMED = 6
_CODE_GRADES = (Evidence.FROM_SOURCE, Evidence.SIZE_FROM_TENSOR)


def by_own_code(layer: LayerFacts, reason: str) -> Explanation:
    """Return the explanation of a layer without a rule by its code; *reason* is that of tensors that cannot be read."""
    extras: list[Extra] = []
    bindings: dict[str, Value] = {}
    for position, name in enumerate(layer.tensors, 1):
        part = extra(layer, name, position, bindings, reason)
        bindings.update(part.line.bindings)
        extras.append(part)
    formula, values = with_extras(None, extras)
    checks = [each.check for each in extras]
    evidence = weakest([check.evidence for check in checks])
    lines = [each.line for each in extras]
    return Explanation(
        formula=formula,
        bindings=tuple(sorted(values.items())),
        value=evaluate(formula.tree, values),
        sentence=parse_sentence(sentence(lines)),
        about=ABOUT,
        lines=tuple(lines) if len(lines) > 1 else (),
        checks=tuple(checks),
        origin=origin(layer, lines),
        evidence=evidence,
        reason=next((check.reason for check in checks if check.evidence is evidence), ""),
        takes=None,
        gives=None,
        axis="",
    )


def origin(layer: LayerFacts, lines: list[Line]) -> str:
    """Return the lines of the code and where its names come from, each once."""
    tensors = [layer.source_tensors[line.label] for line in lines if line.evidence in _CODE_GRADES]
    parts = dict.fromkeys(note for tensor in tensors for note in tensor.notes)
    guesses = [layer.inferred_tensors[line.label] for line in lines if line.evidence is Evidence.INFERRED]
    notes = dict.fromkeys(note for tensor in guesses for note in tensor.notes)
    phrases = [f"from {'; '.join(parts)}"] * bool(parts) + [f"by the layer's name: {'; '.join(notes)}"] * bool(notes)
    return "; ".join(phrases)


def sentence(lines: list[Line]) -> str:
    """Return the template of "Its code makes `weight` of 3,072 numbers and `bias` of 4."."""

    def made_of(line: Line) -> str:
        name = re.sub(r"([\\{}\[\]|])", r"\\\1", line.label)
        return f"`{name}` of {{{line.formula.source}:1 number|# numbers}}"

    sentences = []
    for verb, grades in (("Its code makes", _CODE_GRADES), ("By its name it holds", (Evidence.INFERRED,))):
        group = [line for line in lines if line.evidence in grades]
        if len(group) > MOST_NAMED:
            sentences.append(f"{verb} {len(group)} tensors.")
        elif group:
            parts = [made_of(line) for line in group]
            sentences.append(f"{verb} {', '.join(parts[:-1])}{' and ' if parts[1:] else ''}{parts[-1]}.")
    return " ".join(sentences)


def name_origins(origin: str) -> dict[str, str]:
    """Return where each name of a source-read formula comes from: ``{"inner": "= 9 in B"}``.

    *origin* is what ``origin`` returns: notes joined with "; ", each beginning with the name that it is about.
    """
    notes = (note.partition(" ") for note in origin.split("; "))
    return {name: text for name, _, text in notes}
