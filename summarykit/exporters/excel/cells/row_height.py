"""The space that text needs in a workbook: Excel fits the height of single cells only, LibreOffice of none."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

#: Widths of Calibri in digits, the unit of a column's width; characters not listed are one digit wide.
_WIDTHS = {
    character: width
    for characters, width in (
        ("ijlI'|", 0.46), (" .,:;!`", 0.5), ("fr()[]{}-/\\t\"", 0.64), ("csz*^°", 0.81), ("kvxyaEFLS", 0.93),
        ("ABCGKPRTVXYZ", 1.12), ("DHNOQU&", 1.27), ("mwMW%@", 1.5),
    )
    for character in characters
}  # fmt: skip
_WIDE = 0x2E80  # from here on mostly signs of East Asia
#: Excel breaks a line after these.
_PIECES = re.compile(r"\S+[\s]*|\s+")
_LEADING = 1.36


def text_width(text: str) -> float:
    """Return how many digits wide *text* is."""
    return sum(_WIDTHS.get(character, 1.0 if ord(character) < _WIDE else 2.0) for character in text)


def between(least: int, value: int, most: int) -> int:
    """Return *value* limited to the range from *least* to *most*."""
    return max(least, min(value, most))


def shorten(text: str, most: int = 60) -> str:
    """Return a long name without its middle; the full name is elsewhere in the workbook."""
    return text if len(text) <= most else f"{text[: most // 3]}…{text[len(text) - most + most // 3 + 1 :]}"


def lines(text: str, width: float, size: float = 11) -> int:
    """Return how many lines *text* needs in a cell of *width* characters."""
    space = max(width - 0.4, 1) * 11 / size
    if len(text) * 1.5 <= space and "\n" not in text:
        return 1
    total = 0
    for paragraph in text.split("\n"):
        count, used = 1, 0.0
        for piece in _PIECES.findall(paragraph):
            wide = text_width(piece.rstrip())
            if used and used + wide > space:
                count, used = count + 1, 0.0
            count += max(math.ceil(wide / space) - 1, 0)
            used += text_width(piece) % space if wide > space else text_width(piece)
        total += count
    return total


def height(text: str, width: float, size: float = 11, *, least: float = 0) -> float:
    """Return the height in points of a row with *text* in a cell of *width* characters."""
    return max(round(lines(text, width, size) * size * _LEADING + 1, 1), least)


def row_height(*cells: tuple[object, float]) -> float | None:
    """Return the height of a row with these texts and widths, None if the default height is enough."""
    most = max((lines(text, width) for text, width in cells if isinstance(text, str)), default=1)
    return None if most == 1 else round(most * 11 * _LEADING + 1, 1)


def on_one_line(names: Sequence[str], most: int) -> list[str]:
    """Return *names* without their first parts where they are long: ``…3.layers.0–2.conv``; all still differ.

    The end of a path is more specific than its beginning. A name without a short end loses its middle; two names
    with the same short form are returned in full.
    """
    short = [_end_of(name, most) for name in names]
    return [name if short.count(ending) > 1 else ending for name, ending in zip(names, short, strict=True)]


def _end_of(name: str, most: int) -> str:
    if len(name) <= most:
        return name
    at = name.find(".", len(name) - most)
    is_long_enough = at >= 0 and len(name) - at > most // 3
    return f"…{name[at + 1 :]}" if is_long_enough else shorten(name, most)
