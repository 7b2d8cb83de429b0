"""Limits and locks as lines of text: a row for each limit, a line for each broken one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from summarykit.exporters.view.budget import QUANTITY_WORDS, broken_pieces
from summarykit.exporters.view.words import count_noun, share, visible
from summarykit.expression import group_digits
from summarykit.summary.budget import Limit, ModelCheck, Outcome, Verdict
from summarykit.summary.data import SummaryData
from summarykit.summary.lock import LockChange, LockedLayer
from summarykit.summary.selection import natural

_OUTCOMES = {
    Outcome.WITHIN: ("✓", "within budget"),
    Outcome.OVER: ("✗", "over budget"),
    Outcome.UNKNOWN: ("✗", "not known"),
    Outcome.NO_BASE: ("–", "no base"),
}
#: At most so many layers of a lock are listed, before and after each.
_MOST_ROWS = 30
#: What follows the first of several numbers in ``"layers.0–2,4–6.conv"``.
_OTHERS = re.compile(r"(?<=[0-9])[–,][0-9–,]*")


class LimitRow(NamedTuple):
    """One limit of one model, as a row."""

    model: str
    what: str  #: "parameters in `encoder.*`"
    actual: str
    most: str
    used: str  #: how much of the limit, in percent
    sign: str
    word: str
    ok: bool


class ProblemLine(NamedTuple):
    """One line about what is wrong with a model."""

    text: str
    continues: bool = False  #: whether it says more about the problem of the line before


def limit_rows(checks: Sequence[ModelCheck]) -> tuple[LimitRow, ...]:
    """Return a row for each limit; a model without limits has one row with its total."""
    return tuple(row for check in checks for row in _rows(check))


def _rows(check: ModelCheck) -> Iterator[LimitRow]:
    name = visible(check.name)
    if not check.verdicts:
        yield LimitRow(
            name, "parameters", group_digits(check.data.totals.parameters), "–", "–", "–", "no limit", ok=True
        )
    for verdict in check.verdicts:
        limit, (sign, word) = verdict.limit, _OUTCOMES[verdict.outcome]
        amount = "not known" if verdict.found is None else group_digits(verdict.found)
        most = f"base + {visible(str(limit.written))}" if verdict.most is None else group_digits(verdict.most)
        used = "–" if verdict.most is None or verdict.found is None else share(verdict.found, verdict.most)
        word = "new, no base" if check.new and verdict.outcome is Outcome.NO_BASE else word
        yield LimitRow(name, _what(limit), amount, most, used, sign, word, verdict.ok)


def _what(limit: Limit) -> str:
    words = QUANTITY_WORDS[limit.quantity]
    inside = f" in {visible(limit.pattern)}" if limit.pattern is not None else ""
    return f"{words}{inside}, increase" if limit.increase else f"{words}{inside}"


def broken_lines(checks: Sequence[ModelCheck], missing_names: Sequence[str] = ()) -> tuple[ProblemLine, ...]:
    """Return a line for each broken limit, and lines for each model that differs from its lock."""
    lines: list[ProblemLine] = []
    for check in checks:
        name = visible(check.name)
        sentences = (broken_line(verdict, check.data) for verdict in check.verdicts if not verdict.ok)
        lines += [ProblemLine(f"{name}: {text}") for text in sentences]
        if check.lock and not check.lock.same:
            mend = f"where that is meant: summarykit lock {shlex.quote(name)}"
            lines.append(ProblemLine(f"{name}: the parameters are not those of summarykit.lock.json; {mend}"))
            lines += [ProblemLine(text, continues=True) for text in lock_lines(check.lock)]
    mend = "'summarykit lock' leaves it out"
    lines_of_gone = (f"{visible(name)}: is locked, and no longer in pyproject.toml; {mend}" for name in missing_names)
    return (*lines, *map(ProblemLine, lines_of_gone))


def failed_lines(errors: Mapping[str, str]) -> tuple[ProblemLine, ...]:
    """Return the error of each model that could not be checked, in lines."""
    lines: list[ProblemLine] = []
    for name, error in errors.items():
        first, *more = error.splitlines() or [""]
        lines.append(ProblemLine(f"{visible(name)}: cannot be checked: {visible(first)}"))
        lines += [ProblemLine(f"  {visible(line)}", continues=True) for line in more]
    return tuple(lines)


def broken_line(verdict: Verdict, data: SummaryData) -> str:
    """Return why a limit is broken and which layers contribute most, as plain text."""
    return "".join(visible(piece.text) for piece in broken_pieces(verdict, data))


def verdict_line(
    checks: Sequence[ModelCheck], missing_names: Sequence[str] = (), failures: Collection[str] = ()
) -> str:
    """Return the verdict on all in one line."""
    verdicts = [verdict for check in checks for verdict in check.verdicts]
    over, unknown = (sum(each.outcome is one for each in verdicts) for one in (Outcome.OVER, Outcome.UNKNOWN))
    lock_breaks = sum(check.lock is not None and not check.lock.same for check in checks) + len(missing_names)
    parts = [f"{count_noun(len(failures), 'model')} cannot be checked"] if failures else []
    if over:
        parts.append(f"over budget: {group_digits(over)} of {count_noun(len(verdicts), 'limit')} not kept")
    if unknown:
        parts.append(f"not known to be within budget: {group_digits(unknown)} of {count_noun(len(verdicts), 'limit')}")
    if verdicts and not over and not unknown:
        idle = sum(verdict.outcome is Outcome.NO_BASE for verdict in verdicts)
        within = count_noun(len(verdicts) - idle, "limit")
        parts.append(
            f"within budget: {within} kept" + (f", {group_digits(idle)} not checked for want of a base" if idle else "")
        )
    if any(check.lock for check in checks) or missing_names:
        parts.append(f"{count_noun(lock_breaks, 'model')} not as locked" if lock_breaks else "as locked")
    return "; ".join(parts) or "no limits"


def lock_lines(change: LockChange) -> list[str]:
    """Return what differs from a lock, layer by layer, as a diff does."""
    rows = [(row, "−") for row in change.removed] + [(row, "+") for row in change.added]
    places = {row.layer: at for at, row in enumerate((*change.before.layers, *change.after.layers))}
    rows.sort(key=lambda pair: (_first(pair[0].layer), places[pair[0].layer]))
    lines = [f"  {name}: {group_digits(one)} → {group_digits(two)}" for name, (one, two) in change.totals.items()]
    lines += [f"  {sign} {_lock_text(row)}" for row, sign in rows[: 2 * _MOST_ROWS]]
    if not lines:  # names that fold alike, say
        lines = [f"  fingerprint: {visible(change.before.fingerprint)} → {change.after.fingerprint}"]
    rest = len(rows) - 2 * _MOST_ROWS
    return [*lines, *([f"  {count_noun(rest, 'more line')}"] if rest > 0 else [])]


def _first(layers: str) -> tuple[tuple[int, str], ...]:
    """Return a key by the first of some layers: ``blocks.0–3.fc`` stands beside ``blocks.0–4.fc``."""
    return natural(_OTHERS.sub("", layers))


def _lock_text(row: LockedLayer) -> str:
    times = f" × {group_digits(row.times)}" if row.times > 1 else ""
    tensors = ", ".join(map(visible, row.holds))
    return f"{visible(row.layer) or chr(34) * 2}{times}: {count_noun(row.parameters, 'parameter')}: {tensors}"
