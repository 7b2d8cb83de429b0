"""Whether a changed model keeps its budget, in words for the headline."""

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
#: What a budget is of, where it is not of parameters and no unit tells it.
_OF = {Quantity.TRAINABLE: "trainable ", Quantity.MACS: "multiply-adds ", Quantity.ACTIVE: "active "}


def look_of(comparison: Comparison) -> str:
    """Return "bad" where a limit or a check breaks, "ok" where limits are kept, else nothing: there is no verdict.

    A checkpoint that does not load breaks nothing: that may be meant, and is told in a line of its own.
    """
    if not comparison.checks.ok or not all(verdict.ok for verdict in comparison.verdicts):
        return "bad"
    return "ok" if any(verdict.outcome is Outcome.WITHIN for verdict in comparison.verdicts) else ""


def budget_words(verdicts: Sequence[Verdict]) -> str:
    """Return "within budget", "over budget", or nothing where no limit was looked at."""
    outcomes = {verdict.outcome for verdict in verdicts}
    if Outcome.OVER in outcomes:
        return "over budget"
    if Outcome.UNKNOWN in outcomes:
        return "not known to be within budget"
    return "within budget" if Outcome.WITHIN in outcomes else ""


def broken_limits(comparison: Comparison) -> tuple[Rich, ...]:
    """Return a sentence for each limit that is not kept."""
    return tuple(broken_pieces(each, comparison.after) for each in comparison.verdicts if not each.ok)


def used(verdicts: Sequence[Verdict], *, increases: bool = False) -> Words:
    """Return "17.7 of 30.0 M budget (59%)" for the limit on the whole model that is used most; empty without one.

    With *increases*, what there may be after an increase is such a limit too.
    """
    fullest = max(_whole(verdicts, increases=increases), default=None, key=lambda pair: pair[0])
    return _used(fullest[1]) if fullest else Words()


def _whole(verdicts: Sequence[Verdict], *, increases: bool) -> Iterator[tuple[Fraction, Verdict]]:
    for verdict in verdicts:
        known = verdict.found is not None and verdict.most is not None
        if known and verdict.limit.pattern is None and (increases or not verdict.limit.increase):
            found, most = verdict.found or 0, verdict.most or 0
            yield Fraction(found, most) if most else Fraction(found and 10**30), verdict


def _used(verdict: Verdict) -> Words:
    found, most = verdict.found or 0, verdict.most or 0
    units = _BYTES if verdict.limit.quantity is Quantity.BYTES else _COUNTS
    unit = next(((size, name) for size, name in units if most >= size), None)
    if unit and (not found or one_decimal(found, unit[0]) != "0.0"):
        amount = Words(one_decimal(found, unit[0]), " of ", one_decimal(most, unit[0]), f" {unit[1]}")
    else:
        amount = Words(found, " of ", most, " bytes" if units is _BYTES else "")
    return Words(amount, f" {_OF.get(verdict.limit.quantity, '')}budget", _percent(found, most))


def _percent(found: int, most: int) -> str:
    """Return " (59%)": whole, but for the first percent and around the last."""
    if not found or not most:
        return ""
    if most <= found * 100 and not 99 * most < found * 100 < 101 * most:
        return Words(" (", (found * 200 // most + 1) // 2, "%)")
    return f" ({share(found, most)})"
