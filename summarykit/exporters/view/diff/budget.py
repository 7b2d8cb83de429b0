"""Whether a changed model is within its budget, in words for the headline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from summarykit.exporters.view.budget import broken_pieces
from summarykit.exporters.view.values import Rich
from summarykit.exporters.view.words import one_decimal, share
from summarykit.expression import Words
from summarykit.summary.budget import Outcome, Quantity, Verdict
from summarykit.summary.diff import Comparison

_COUNTS = ((10**12, "T"), (10**9, "G"), (10**6, "M"))
_BYTES = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
#: The quantity of a budget that is not of parameters and has no unit.
_OF = {Quantity.TRAINABLE: "trainable", Quantity.MACS: "multiply-adds", Quantity.ACTIVE: "active"}


def look_of(comparison: Comparison) -> str:
    """Return "bad" if a limit or a check is broken, "ok" if there are limits and all are kept, else "".

    A checkpoint that does not load is not bad: it may be intended, and the report has a line on it.
    """
    if not comparison.checks.ok or not all(verdict.ok for verdict in comparison.verdicts):
        return "bad"
    return "ok" if any(verdict.outcome is Outcome.WITHIN for verdict in comparison.verdicts) else ""


def budget_words(verdicts: Sequence[Verdict]) -> str:
    """Return "within budget", "over budget", or nothing if no limit was checked."""
    outcomes = {verdict.outcome for verdict in verdicts}
    if Outcome.OVER in outcomes:
        return "over budget"
    if Outcome.UNKNOWN in outcomes:
        return "not known to be within budget"
    return "within budget" if Outcome.WITHIN in outcomes else ""


def broken_limits(comparison: Comparison) -> tuple[Rich, ...]:
    """Return a sentence for each broken limit."""
    return tuple(broken_pieces(each, comparison.after) for each in comparison.verdicts if not each.ok)


def usage(verdicts: Sequence[Verdict], *, increases: bool = False, noun: str = "budget") -> Words:
    """Return "17.7 of 30.0 M budget (59%)" for the limit on the whole model that is used most; empty without one.

    With *increases*, limits on an increase count too. *noun* is empty where a heading says it already.
    """
    fullest = max(_whole(verdicts, increases=increases), default=None, key=lambda pair: pair[0])
    return _usage(fullest[1], noun) if fullest else Words()


def _whole(verdicts: Sequence[Verdict], *, increases: bool) -> Iterator[tuple[Fraction, Verdict]]:
    for verdict in verdicts:
        comparable = verdict.found is not None and verdict.most is not None
        if comparable and verdict.limit.pattern is None and (increases or not verdict.limit.increase):
            amount, most = verdict.found or 0, verdict.most or 0
            yield Fraction(amount, most) if most else Fraction(amount and 10**30), verdict


def _usage(verdict: Verdict, noun: str) -> Words:
    count, most = verdict.found or 0, verdict.most or 0
    units = _BYTES if verdict.limit.quantity is Quantity.BYTES else _COUNTS
    unit = next(((size, name) for size, name in units if most >= size), None)
    if unit and (not count or one_decimal(count, unit[0]) != "0.0"):
        amount = Words(one_decimal(count, unit[0]), " of ", one_decimal(most, unit[0]), f" {unit[1]}")
    else:
        amount = Words(count, " of ", most, " bytes" if units is _BYTES else "")
    names = [f" {name}" for name in (_OF.get(verdict.limit.quantity, ""), noun) if name]
    return Words(amount, *names, _percent(count, most))


def _percent(count: int, most: int) -> str:
    """Return " (59%)": a whole number, except below one percent and near a hundred."""
    if not count or not most:
        return ""
    if most <= count * 100 and not 99 * most < count * 100 < 101 * most:
        return Words(" (", (count * 200 // most + 1) // 2, "%)")
    return f" ({share(count, most)})"
