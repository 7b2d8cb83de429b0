"""Differences as texts: signs, percents, and the states of a changed layer in words."""

from __future__ import annotations

from collections.abc import Iterable

from summarykit.exporters.view.values import Piece, Rich
from summarykit.exporters.view.words import count_noun, one_decimal, shape_words, shorten, size_amount, size_words
from summarykit.expression import Value, Words, concat
from summarykit.records import Shape
from summarykit.summary.diff import SettingChange, State

#: The word for each state; settings and MACs change no count of the layer's own.
STATE_WORDS = {
    State.NEW: "new",
    State.REMOVED: "removed",
    State.REPLACED: "replaced",
    State.CHANGED: "changed",
    State.RETYPED: "other class",
    State.MOVED: "moved",
    State.RENAMED: "renamed",
    State.REORDERED: "reordered",
    State.TIED: "shared",
    State.UNTIED: "no longer shared",
    State.FROZEN: "kept fixed",
    State.UNFROZEN: "learned again",
    State.DTYPE: "number format",
    State.SETTINGS: "settings",
    State.COMPUTE: "multiply-adds",
}
#: A value of a setting is cut at so many characters.
_LONGEST = 40


def signed_count(value: int, nothing: str = "–") -> Words:
    """Return "+5", "−5" with a real minus, *nothing* for none."""
    return Words("+" if value > 0 else "−", abs(value)) if value else Words(nothing)


def signed_size(value: int) -> str:
    """Return a change of bytes as "−31.4 MB", "–" for nothing."""
    return "–" if value == 0 else f"{'+' if value > 0 else '−'}{size_words(abs(value))}"


def percent(change: int, of: int) -> str:
    """Return "−30.7%", rounded but never to zero; empty if there is nothing before, or very little."""
    if not change or of <= 0 or change > 100 * of:
        return ""
    sign = "+" if change > 0 else "−"
    if abs(change) * 1000 < of:
        return f"{sign}<0.1%"
    text = one_decimal(abs(change) * 100, of)
    return f"{sign}{'>99.9' if text == '100.0' and abs(change) < of else text}%"


def sizes(before: int, after: int) -> Words:
    """Return "102.2 → 70.8 MB", the unit once where both have the same."""
    (amount, unit), (_, other_unit) = size_amount(before), size_amount(after)
    return Words(amount if unit == other_unit else size_words(before), " → ", size_words(after))


def product(each: int, times: int) -> Words:
    """Return "3 × −2,285,568 = −6,856,704"; without a product for one alone."""
    if times == 1 or not each:
        return signed_count(each)
    return Words(times, " × ", signed_count(each), " = ", signed_count(times * each))


def value_text(value: tuple[Value, ...]) -> str:
    """Return a setting before or after as text: numbers grouped, text in quotes, "not set" for none."""
    if not value:
        return "not set"
    (plain,) = value
    if isinstance(plain, int) and not isinstance(plain, bool):
        return Words(plain)
    if isinstance(plain, tuple) and all(isinstance(part, int) for part in plain) and plain:
        return concat(" × ", (value_text((part,)) for part in plain))
    return shorten(str(plain) if isinstance(plain, str) else repr(plain), _LONGEST)


def shape_text(shape: Shape | None) -> str:
    """Return a shape in words; unlike elsewhere, a scalar reads differently from a vector of one value."""
    return "a single number" if shape == () else shape_words(shape)


def setting_text(setting: SettingChange) -> Rich:
    """Return "`groups` 1 → 32"."""
    return (
        Piece(setting.name, code=True),
        Piece(Words(" ", value_text(setting.before), " → ", value_text(setting.after))),
    )


def join_rich(parts: Iterable[Rich], between: str = ", ") -> Rich:
    """Return *parts* as one sentence."""
    pieces: list[Piece] = []
    for part in parts:
        pieces += [Piece(between), *part] if pieces else part
    return tuple(pieces)


def names_text(names: Iterable[str], most: int = 2) -> Rich:
    """Return "`a`, `b` and 3 more"."""
    listing = list(names)
    first = join_rich((Piece(shorten(name, 64), code=True),) for name in listing[:most])
    return (*first, Piece(Words(" and ", len(listing) - most, " more"))) if len(listing) > most else first


def with_names(number: int, word: str, names: Iterable[str]) -> Rich:
    """Return "3 reshaped (`a`, …)"."""
    first = next(iter(names))
    more = ", …" if number > 1 else ""
    return (Piece(Words(number, f" {word} (")), Piece(shorten(first, 64), code=True), Piece(f"{more})"))


def layers_text(number: int) -> Words:
    """Return "103 layers unchanged", "1 layer unchanged"; empty for none."""
    return Words(count_noun(number, "layer"), " unchanged") if number else Words()
