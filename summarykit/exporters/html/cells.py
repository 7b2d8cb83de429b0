"""How page data is encoded for the script: exact numbers, and each text once."""

from __future__ import annotations

import re
from collections import Counter

from summarykit.exporters.view.words import visible

#: JavaScript's numbers are exact up to here; larger ones are written as text.
EXACT = 2**53 - 1

#: A number as ``group_digits()`` writes it, and its placeholder: a character that no visible text has.
_NUMBER = re.compile(r"(?<![\d,])(?:0|[1-9]\d{0,2}(?:,\d{3})*)(?![\d,]*\d)", re.ASCII)
_HOLE = "\ue000"

#: A value of the page data.
Cell = int | str | None | list["Cell"]


def exact(value: int) -> Cell:
    """Return a number for the script: as text if it is too large to be exact."""
    return value if abs(value) <= EXACT else str(value)


class Texts:
    """A table of texts: each text once; texts that differ only in numbers share a pattern."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {"": 0}

    def number(self, text: str) -> int:
        return self.numbers.setdefault(visible(text), len(self.numbers))

    def table(self) -> tuple[list[str], list[Cell]]:
        """Return the patterns, and each text as it is or as a list of its pattern and its numbers."""
        pairs = [
            (_NUMBER.sub(_HOLE, text), [int(n.replace(",", "")) for n in _NUMBER.findall(text)])
            for text in self.numbers
        ]
        often = Counter(pattern for pattern, numbers in pairs if numbers)
        patterns: dict[str, int] = {}
        cells: list[Cell] = []
        for text, (pattern, numbers) in zip(self.numbers, pairs, strict=True):
            alike = often[pattern] > 1 and max(numbers, default=0) <= EXACT
            cells.append([patterns.setdefault(pattern, len(patterns)), *numbers] if alike else text)
        return list(patterns), cells
