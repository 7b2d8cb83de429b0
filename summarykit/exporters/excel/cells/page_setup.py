"""How a sheet goes on paper, so that nothing on it is printed too small to read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

#: Points, of the smallest text on paper.
LEAST = 8
#: Of a column, in points: Excel gives seven pixels to a character of Calibri 11.
_CHARACTER = 5.25
#: Points along the long side of a page within margins of 1.2 cm; every office prints the first of these papers.
_SPACE = {"A4": 773.8, "A3": 1122.4}
#: Excel and LibreOffice shrink by whole hundredths, and neither breaks a page where arithmetic would.
_SPARE = 0.01


class Paper(NamedTuple):
    """The paper of a sheet, and how many pages of it stand side by side."""

    size: str
    across: int


def paper(widths: Sequence[float], *, titles: int, smallest: float = 11) -> Paper:
    """Return the paper on which a sheet, shrunk to fit, is still to be read: as few pages side by side as can be.

    A4 where that will do, else A3.

    Args:
        widths: Of the columns, in characters.
        titles: How many of the first columns are printed again on every page.
        smallest: The size of the smallest text, in points.

    """
    space = {size: points / _scale(smallest) / _CHARACTER for size, points in _SPACE.items()}
    pages = {size: _pages(widths, wide, sum(widths[:titles])) for size, wide in space.items()}
    size = min(pages, key=lambda size: pages[size])
    return Paper(size, min(pages[size], len(widths)))


def tallest(smallest: float) -> float:
    """Return the height in points of a sheet that is still to be read on one upright page of A4."""
    return _SPACE["A4"] / _scale(smallest)


def _scale(smallest: float) -> float:
    return min(math.ceil(100 * LEAST / smallest) / 100 + _SPARE, 1)


def _pages(widths: Sequence[float], space: float, titles: float) -> int:
    """Return how many pages take these columns, each as many as go on it after those that are repeated.

    A column that is too wide for a page counts as many.
    """
    pages, used = 1, 0.0
    for width in widths:
        if used + width > space:
            pages, used = pages + (1 if titles + width <= space else len(widths)), titles
        used += width
    return pages
