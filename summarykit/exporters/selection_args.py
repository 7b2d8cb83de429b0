"""What a user asks to see, looked at before any work is done: a mistake is told with what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from summarykit.errors import SelectionError
from summarykit.summary.columns import REPORT_COLUMNS
from summarykit.summary.data import SummaryData
from summarykit.summary.patterns import closest, fits_anything, near_misses
from summarykit.summary.selection import ORDERS

#: A pattern longer than this is shown by its beginning.
_SHOWN = 80
#: So long a name or pattern is no mistake of a hand.
_LONGEST = 10_000


def parse_depth(depth: object) -> int:
    """Return how deep to show the model.

    Raises:
        SelectionError: *depth* is no whole number from 0 on.

    """
    if not isinstance(depth, int) or isinstance(depth, bool) or depth < 0:
        raise SelectionError(
            f"depth is a whole number from 0 on, not {_shown(depth)}",
            hint="0 is the model alone, 1 what it consists of",
        )
    return depth


def parse_patterns(patterns: object, name: str) -> tuple[str, ...]:
    """Return *patterns*, the argument *name*: a text with commas, a class, or several of them.

    Raises:
        SelectionError: It is something else, or an empty text.

    """
    hint = f"write {name}='layer4.*', {name}='Linear' or a list of these"
    if isinstance(patterns, str):
        found = split_patterns(patterns)
    else:
        found = [
            _pattern(each, name, hint)
            for each in ([patterns] if isinstance(patterns, type) else _each(patterns, name, hint))
        ]
    if not all(found):
        raise SelectionError(f"{name} has an empty pattern, which fits nothing", hint=hint)
    if any(len(each) > _LONGEST for each in found):
        raise SelectionError(f"{name} has a pattern of more than {_LONGEST:,} characters", hint=hint)
    return tuple(found)


def parse_columns(columns: object) -> tuple[str, ...]:
    """Return the names of columns, each once: a text with commas, or a list of them.

    Raises:
        SelectionError: One of them is no column.

    """
    hint = "write columns='type,formula,total' or a list of these"
    found = (
        [each.strip() for each in columns.split(",")]
        if isinstance(columns, str)
        else list(_each(columns, "columns", hint))
    )
    for each in found:
        if not isinstance(each, str) or each not in REPORT_COLUMNS:
            near = closest(each, list(REPORT_COLUMNS)) if isinstance(each, str) else ""
            known = ", ".join(REPORT_COLUMNS)
            meant = f"did you mean {near!r}? There are: {known}" if near else f"there are: {known}"
            raise SelectionError(f"there is no column {_shown(each)}", hint=meant)
    return tuple(dict.fromkeys(map(str, found)))


def parse_order(sort: object) -> str:
    """Return by what rows are sorted.

    Raises:
        SelectionError: There is no such order.

    """
    if not isinstance(sort, str) or sort not in ORDERS:
        near = closest(sort, ORDERS) if isinstance(sort, str) else ""
        known = f"there are: {', '.join(ORDERS)}"
        raise SelectionError(
            f"rows cannot be sorted by {_shown(sort)}",
            hint=f"did you mean {near!r}? {known.capitalize()}" if near else known,
        )
    return sort


def check_patterns(data: SummaryData, patterns: Iterable[str], name: str) -> None:
    """Look whether each of *patterns* fits something in the model.

    Raises:
        SelectionError: One fits no layer; the message says what is near.

    """
    for pattern in patterns:
        if fits_anything(data, pattern):
            continue
        near = near_misses(data, pattern)
        if near:
            hint = f"did you mean {' or '.join(map(repr, near))}?"
        else:
            kinds = ", ".join(sorted({kind.name for kind in data.records.types})[:8])
            hint = f"a pattern fits whole paths such as {_example(data)!r}, or classes: {kinds}"
        raise SelectionError(f"{name}: no layer fits {_shown(pattern)}", hint=hint)


def split_patterns(text: str) -> list[str]:
    """Return the parts of *text* between commas; one inside ``[...]`` parts nothing."""
    found, start, inside = [], 0, False
    for at, sign in enumerate(text):
        inside = sign == "[" or (inside and sign != "]")
        if sign == "," and not (inside and "]" in text[at:]):
            found.append(text[start:at].strip())
            start = at + 1
    return [*found, text[start:].strip()]


def _each(given: object, name: str, hint: str) -> Sequence[object]:
    if isinstance(given, Iterable) and not isinstance(given, bytes | str):
        return list(given)
    raise SelectionError(f"{name} is a text or a list of texts, not {_shown(given)}", hint=hint)


def _pattern(each: object, name: str, hint: str) -> str:
    if isinstance(each, type):
        return f"{each.__module__}.{each.__qualname__}"
    if not isinstance(each, str):
        raise SelectionError(f"{name} is a text or a list of texts, not of {_shown(each)}", hint=hint)
    return each


def _example(data: SummaryData) -> str:
    return max((layer.path for layer in data.layers[:200]), key=lambda path: (path.count("."), -len(path)))


def _shown(given: object) -> str:
    text = ascii(given)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
