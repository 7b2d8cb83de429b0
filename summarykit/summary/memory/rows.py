"""One figure of memory, with its formula and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from summarykit.expression import Expression, Sentence, Value, evaluate, parse, parse_sentence


class MemoryRow(NamedTuple):
    """One figure of memory."""

    key: str  #: ``"weights"``, ``"weights.16"``, ``"optimizer.adam"``: never changes
    label: str
    formula: Expression  #: unfolded, gives the bytes
    bindings: tuple[tuple[str, Value], ...]  #: every name the formula and the sentence ask for
    bytes: int
    sentence: Sentence


def row(key: str, label: str, formula: str, bindings: Mapping[str, Value], says: str) -> MemoryRow:
    """Return a row from its texts; its bytes are what the formula gives."""
    expression = parse(formula)
    value = evaluate(expression.tree, bindings)
    return MemoryRow(key, label, expression, tuple(sorted(bindings.items())), value, parse_sentence(says))


def total(key: str, label: str, rows: tuple[MemoryRow, ...], says: str) -> MemoryRow:
    """Return the sum of *rows* as a row."""
    bindings = {each.key.replace(".", "_"): each.bytes for each in rows}
    return row(key, label, " + ".join(bindings), bindings, says)
