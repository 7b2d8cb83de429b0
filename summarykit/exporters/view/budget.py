"""Limits and locks in words: a row for each limit, a line for each that is not kept."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from summarykit.exporters.view.values import Piece, Rich
from summarykit.exporters.view.words import count_noun, place, share, visible
from summarykit.expression import Words, group_digits
from summarykit.summary.budget import Contributor, Limit, ModelCheck, Outcome, Quantity, Verdict
from summarykit.summary.data import SummaryData
from summarykit.summary.lock import LockChange, LockedLayer
from summarykit.summary.selection import natural

_WORDS = {
    Quantity.PARAMETERS: "parameters",
    Quantity.TRAINABLE: "trainable parameters",
    Quantity.BYTES: "bytes",
    Quantity.MACS: "multiply-adds",
    Quantity.ACTIVE: "active parameters",
}
_OUTCOMES = {
    Outcome.WITHIN: ("✓", "within budget"),
    Outcome.OVER: ("✗", "over budget"),
    Outcome.UNKNOWN: ("✗", "not known"),
    Outcome.NO_BASE: ("–", "no base"),
}
#: So many layers of a lock are told before and after.
_MOST_ROWS = 30


#: What follows the first of several numbers in ``"layers.0–2,4–6.conv"``.
_OTHERS = re.compile(r"(?<=[0-9])[–,][0-9–,]*")


class LimitRow(NamedTuple):
    """One limit of one model, as a row."""

    model: str
    what: str  #: "parameters in `encoder.*`"
    found: str
    most: str
    used: str  #: how much of the limit, in percent
    sign: str
    word: str
    ok: bool


def limit_rows(checks: Sequence[ModelCheck]) -> tuple[LimitRow, ...]:
    """Return a row for each limit; a model without limits has one that tells its total."""
    return tuple(row for check in checks for row in _rows(check))


def _rows(check: ModelCheck) -> Iterator[LimitRow]:
    name = visible(check.name)
    if not check.verdicts:
        yield LimitRow(
            name, "parameters", group_digits(check.data.totals.parameters), "–", "–", "–", "no limit", ok=True
        )
    for verdict in check.verdicts:
        limit, (sign, word) = verdict.limit, _OUTCOMES[verdict.outcome]
        found = "not known" if verdict.found is None else group_digits(verdict.found)
        most = f"base + {visible(str(limit.written))}" if verdict.most is None else group_digits(verdict.most)
        used = "–" if verdict.most is None or verdict.found is None else share(verdict.found, verdict.most)
        word = "new, no base" if check.new and verdict.outcome is Outcome.NO_BASE else word
        yield LimitRow(name, _what(limit), found, most, used, sign, word, verdict.ok)


def _what(limit: Limit) -> str:
    words = _WORDS[limit.quantity]
    inside = f" in {visible(limit.pattern)}" if limit.pattern is not None else ""
    return f"{words}{inside}, increase" if limit.increase else f"{words}{inside}"


def broken_lines(checks: Sequence[ModelCheck], gone: Sequence[str] = ()) -> tuple[str, ...]:
    """Return a line for each limit that is not kept, and lines for each model that is not as it was locked."""
    found = []
    for check in checks:
        name = visible(check.name)
        found += [f"{name}: {broken_line(verdict, check.data)}" for verdict in check.verdicts if not verdict.ok]
        if check.lock and not check.lock.same:
            mend = f"where that is meant: summarykit lock {shlex.quote(name)}"
            found += [f"{name}: the parameters are not those of summarykit.lock.json; {mend}", *lock_lines(check.lock)]
    mend = "'summarykit lock' leaves it out"
    return (*found, *(f"{visible(name)}: is locked, and no longer in pyproject.toml; {mend}" for name in gone))


def failed_lines(failed: Mapping[str, str]) -> tuple[str, ...]:
    """Return lines for each model that could not be checked: its error, as it is told of one model alone."""
    lines = []
    for name, error in failed.items():
        first, *more = error.splitlines() or [""]
        lines += [f"{visible(name)}: cannot be checked: {visible(first)}", *(f"  {visible(line)}" for line in more)]
    return tuple(lines)


def broken_line(verdict: Verdict, data: SummaryData) -> str:
    """Return why a limit is not kept, and who makes it so, as plain text."""
    return "".join(visible(piece.text) for piece in broken_pieces(verdict, data))


def broken_pieces(verdict: Verdict, data: SummaryData) -> Rich:
    """Return why a limit is not kept, and who makes it so; names and what was written are code."""
    limit = verdict.limit
    words = _WORDS[limit.quantity]
    what = (Piece(words),) if limit.pattern is None else (Piece(f"{words} in "), Piece(limit.pattern, code=True))
    asked = Piece(f"{limit.key} = {limit.written}", code=True)
    if verdict.outcome is Outcome.UNKNOWN:
        return (*what, Piece(" not known, and so not within "), asked, Piece(f": {verdict.reason}"))
    assert verdict.found is not None
    assert verdict.most is not None
    found, most = verdict.found, verdict.most
    if limit.increase:
        assert verdict.before is not None
        totals = Piece(Words(verdict.before, " → ", found, " "))
        growth = Piece(Words(" (+", found - verdict.before, "), and "))
        said = (totals, *what, growth, asked, Piece(Words(" allows ", most)))
    else:
        more = Piece(Words(", ", found - most, " more than "))
        said = (Piece(Words(found, " ")), *what, more, asked, Piece(" allows"))
    return (*said, Piece("; "), *_who(verdict, data)) if verdict.largest else said


def _who(verdict: Verdict, data: SummaryData) -> Rich:
    """Return the layers that make an amount what it is."""
    found = [Piece("grew most: " if verdict.largest[0].grew else "largest: ")]
    last = len(verdict.largest) - 1
    for at, part in enumerate(verdict.largest):
        found += [Piece(" and " if at == last else ", ")] * bool(at)
        found += _contributor(part, verdict.found or 0, data)
    return tuple(found)


def _contributor(part: Contributor, whole: int, data: SummaryData) -> Rich:
    name = Piece(place(part.path, data.layers[part.layer].parent, data.model_name), code=True)
    times = Words(" × ", part.times) if part.times > 1 else ""
    amount = Words("+", part.amount) if part.grew else Words(part.amount, f" ({share(part.amount, whole)})")
    return (name, Piece(Words(times, " ", amount)))


def verdict_line(checks: Sequence[ModelCheck], gone: Sequence[str] = (), failed: Collection[str] = ()) -> str:
    """Return the verdict on all in one line."""
    verdicts = [verdict for check in checks for verdict in check.verdicts]
    over, unknown = (sum(each.outcome is one for each in verdicts) for one in (Outcome.OVER, Outcome.UNKNOWN))
    unlocked = sum(check.lock is not None and not check.lock.same for check in checks) + len(gone)
    parts = [f"{count_noun(len(failed), 'model')} cannot be checked"] if failed else []
    if over:
        parts.append(f"over budget: {group_digits(over)} of {count_noun(len(verdicts), 'limit')} not kept")
    if unknown:
        parts.append(f"not known to be within budget: {group_digits(unknown)} of {count_noun(len(verdicts), 'limit')}")
    if verdicts and not over and not unknown:
        idle = sum(verdict.outcome is Outcome.NO_BASE for verdict in verdicts)
        kept = count_noun(len(verdicts) - idle, "limit")
        parts.append(
            f"within budget: {kept} kept" + (f", {group_digits(idle)} not checked for want of a base" if idle else "")
        )
    if any(check.lock for check in checks) or gone:
        parts.append(f"{count_noun(unlocked, 'model')} not as locked" if unlocked else "as locked")
    return "; ".join(parts) or "no limits"


def lock_lines(change: LockChange) -> list[str]:
    """Return what differs from a lock, layer by layer, as a diff does."""
    rows = [(row, "−") for row in change.removed] + [(row, "+") for row in change.added]
    places = {row.layer: at for at, row in enumerate((*change.before.layers, *change.after.layers))}
    rows.sort(key=lambda pair: (_first(pair[0].layer), places[pair[0].layer]))
    lines = [f"  {name}: {group_digits(one)} → {group_digits(two)}" for name, (one, two) in change.totals.items()]
    lines += [f"  {sign} {_locked(row)}" for row, sign in rows[: 2 * _MOST_ROWS]]
    if not lines:  # names that fold alike, say
        lines = [f"  fingerprint: {visible(change.before.fingerprint)} → {change.after.fingerprint}"]
    left = len(rows) - 2 * _MOST_ROWS
    return [*lines, *([f"  {count_noun(left, 'more line')}"] if left > 0 else [])]


def _first(layers: str) -> tuple[tuple[int, str], ...]:
    """Return a key by the first of some layers: ``blocks.0–3.fc`` stands beside ``blocks.0–4.fc``."""
    return natural(_OTHERS.sub("", layers))


def _locked(row: LockedLayer) -> str:
    times = f" × {group_digits(row.times)}" if row.times > 1 else ""
    held = ", ".join(map(visible, row.holds))
    return f"{visible(row.layer) or chr(34) * 2}{times}: {count_noun(row.parameters, 'parameter')}: {held}"
