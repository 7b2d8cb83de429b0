"""Numbers and names as texts: grouping, rounding, units, shares, and escapes that make any name harmless."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from summarykit.expression import Words, concat, group_digits
from summarykit.records import Evidence, Shape

CHECKED_MEANS = (
    "Checked means: the count was recomputed from the layer's settings and equals what PyTorch stores. "
    "It says nothing about accuracy, safety or licence."
)

#: Six grades in the data, four words on the page, each with its sign and a name for its looks.
GRADE_WORDS = {
    Evidence.VERIFIED: ("Checked", "✓", "checked"),
    Evidence.FROM_SOURCE: ("Checked", "✓", "checked"),
    Evidence.SIZE_FROM_TENSOR: ("Read from the layer's code", "◐", "read"),
    Evidence.INFERRED: ("Size only", "–", "size"),
    Evidence.SHAPE_ONLY: ("Size only", "–", "size"),
    Evidence.DISAGREES: ("Does not match", "✗", "differs"),
}

# Control and format characters, surrogates, private use, unassigned, and separators other than these two blanks:
# the usual one, and the narrow one that groups the digits of a workbook.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
_BLANKS = " \u202f"
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))
_UNITS = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def visible(text: str) -> str:
    r"""Return *text* with every character that cannot be seen, or turns the others around, as an escape.

    Newlines become ``\n``, a bidirectional override ``\u202e``, a lone surrogate ``\udc80``: after this any
    name is harmless in every format, and two different names still look different.
    """
    if text.isprintable():  # no character of these categories but the usual blank
        return text
    return "".join(map(_escape, text))


def _escape(character: str) -> str:
    if unicodedata.category(character) not in _INVISIBLE or character in _BLANKS:
        return character
    code = ord(character)
    escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return _SHORT.get(character, escape)


def round_count(value: int) -> Words:
    """Return "25.6 million" for large numbers, shown beside the exact one; empty below a million."""
    for size, word in _SCALES:
        if value >= size:
            return Words(one_decimal(value, size), f" {word}")
    return Words()


def short(value: int, billion: str = "B") -> str:
    """Return a number for a narrow column: "14.96 M", exact below a million; the exact number is shown elsewhere.

    A billion parameters is written as B, a billion MACs as G.
    """
    for size, letter in ((10**12, "T"), (10**9, billion), (10**6, "M")):
        if value >= size:
            whole = value / size
            return f"{whole:.2f} {letter}" if whole < 100 else f"{whole:.0f} {letter}"
    return group_digits(value)


def size_words(size: int) -> Words:
    """Return bytes as "324 bytes" or "102.2 MB" (10^6)."""
    amount, unit = size_amount(size)
    return Words(amount, f" {unit}")


def size_amount(size: int) -> tuple[Words, str]:
    """Return the amount and the unit of ``size_words``: "102.2" and "MB"."""
    for unit, name in _UNITS:
        if size >= unit:
            return one_decimal(size, unit), name
    return Words(size), "byte" if size == 1 else "bytes"


def one_decimal(value: int, unit: int) -> Words:
    """Return ``value / unit`` with one decimal, rounded half up in exact arithmetic."""
    whole, tenth = _tenths(value, unit)
    return Words(whole, f".{tenth}")


def _tenths(value: int, unit: int) -> tuple[int, int]:
    return divmod((value * 20 // unit + 1) // 2, 10)


def share(part: int, whole: int) -> str:
    """Return "58.6%"; "<0.1%" for what is there but rounds to nothing, "–" for nothing."""
    if part <= 0 or whole <= 0:
        return "–"
    if part * 1000 < whole:
        return "<0.1%"
    percent, tenth = _tenths(part * 100, whole)
    return ">99.9%" if percent == 100 and part < whole else f"{percent:,}.{tenth}%"


def per_mille(part: int, whole: int) -> int:
    """Return a share as a whole number from 0 to 1000, for the length of a bar."""
    return min(1000, max(0, part * 1000 // whole)) if whole > 0 else 0


def count_noun(number: int, word: str, plural: str = "") -> Words:
    """Return "1 layer", "12 layers"."""
    return Words(number, f" {word if number == 1 else plural or word + 's'}")


def shape_words(shape: Shape | None) -> Words:
    """Return a shape as "4 × 16", exactly as torch reports it; "1" for a single number."""
    if shape is None:
        return Words("not known yet")
    return concat(" × ", shape) if shape else Words(1)


def join_words(parts: Iterable[str]) -> str:
    """Return "a, b and c"."""
    words = list(parts)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def is_range(name: str) -> bool:
    """Return whether the name of a row has only numbers: ``7``, ``0–31``, ``0–1,3–6,…55 more…,74–75``."""
    return re.fullmatch(r"[0-9](?:[0-9–,…]| more)*", name) is not None


def block_name(path: str, kind: str) -> str:
    """Return the name of a block in a sum: ``layers`` for ``model.layers.0–31``, ``stages.3``, ``Linear 0``."""
    parts = path.split(".")
    if re.fullmatch(r"\d+", parts[-1]):
        return ".".join(parts[-2:]) if len(parts) > 1 else f"{kind} {path}"
    names = [part for part in parts if not is_range(part)]
    return names[-1] if names else kind


def place(path: str, parent: int, title: str) -> str:
    """Return the name of a layer: its path, the title for the model itself, ``""`` for an empty name."""
    return path or (title if parent < 0 else '""')


def shorten(text: str, most: int) -> str:
    """Return *text* cut in its middle to at most *most* characters, so that both ends stay."""
    if len(text) <= most:
        return text
    head = (most - 1) // 2
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"
