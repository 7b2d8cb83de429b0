"""The paper of a sheet and its pages side by side, so that all text is printed large enough to read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

#: Size of the smallest text on paper, in points.
LEAST = 8
#: Width of a character in points: Excel uses seven pixels for one of Calibri 11.
_CHARACTER = 5.25
#: Points along the long side of a page within margins of 1.2 cm; every office prints the first of these papers.
_SPACE = {"A4": 773.8, "A3": 1122.4}
#: Excel and LibreOffice shrink by whole hundredths, and neither breaks a page where arithmetic would.
_SPARE = 0.01


class Paper(NamedTuple):
    """The paper of a sheet, and how many pages are side by side."""

    size: str
    across: int


def paper(widths: Sequence[float], *, titles: int, smallest: float = 11) -> Paper:
    """Return the paper for a sheet shrunk to a readable size, with the fewest pages side by side.

    That is A4 if A3 does not need fewer pages, else A3.

    Args:
        widths: Widths of the columns, in characters.
        titles: How many of the first columns are printed again on every page.
        smallest: The size of the smallest text, in points.

    """
    space = {size: points / _scale(smallest) / _CHARACTER for size, points in _SPACE.items()}
    pages = {size: _pages(widths, wide, sum(widths[:titles])) for size, wide in space.items()}
    size = min(pages, key=lambda size: pages[size])
    return Paper(size, min(pages[size], len(widths)))


def tallest(smallest: float) -> float:
    """Return the largest height in points of a sheet that is readable on one portrait page of A4."""
    return _SPACE["A4"] / _scale(smallest)


def _scale(smallest: float) -> float:
    return min(math.ceil(100 * LEAST / smallest) / 100 + _SPARE, 1)


def _pages(widths: Sequence[float], space: float, titles: float) -> int:
    """Return how many pages these columns need, each page starting with the title columns.

    A column that is too wide for a page counts as many pages, so that this paper is not chosen.
    """
    pages, used = 1, 0.0
    for width in widths:
        if used + width > space:
            pages, used = pages + (1 if titles + width <= space else len(widths)), titles
        used += width
    return pages
