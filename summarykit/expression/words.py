"""Finished texts that still know their numbers, so that each format can group digits in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def group_digits(value: int) -> str:
    """Return *value* with a comma for each thousand and a real minus: ``−1,234``."""
    return f"{value:,}" if value >= 0 else f"−{-value:,}"


class Figure(int):
    """A number in a text that knows what it counts, for who writes something else in its place, such as a formula."""

    counts: str

    def __new__(cls, value: int, counts: str) -> Figure:
        """Return *value*, which *counts* names."""
        figure = super().__new__(cls, value)
        figure.counts = counts
        return figure

    def __getnewargs__(self) -> tuple[int, str]:  # type: ignore[override]  # int's own has the number alone
        """Return what a copy is made of."""
        return int(self), self.counts


class Words(str):
    """A text with commas in its numbers, and the parts it was made of: literal texts and whole numbers.

    ``Words(68, " of ", 1081)`` reads ``68 of 1,081``. To everybody else it is a plain text: what is put together
    from it with ``+`` or in an f-string knows no numbers any more. No code looks for numbers in a text.
    """

    __slots__ = ("_pieces",)
    _pieces: tuple[str | int, ...]

    def __new__(cls, *pieces: str | int) -> Words:
        """Join *pieces*; the numbers of pieces that are Words are numbers of the whole."""
        words = str.__new__(cls, "".join([p if isinstance(p, str) else group_digits(p) for p in pieces]))
        words._pieces = pieces
        return words

    @property
    def parts(self) -> tuple[str | int, ...]:
        """Its literal texts and numbers, in order; no two texts are neighbours. Worked out when asked for, by few."""
        parts: list[str | int] = []
        for piece in self._pieces:
            for part in piece.parts if isinstance(piece, Words) else (piece,):
                if isinstance(part, str) and parts and isinstance(parts[-1], str):
                    parts[-1] += part
                elif part != "":
                    parts.append(part)
        return tuple(parts)

    def __reduce__(self) -> tuple[type[Words], tuple[str | int, ...]]:
        """Copy and pickle by the parts."""
        return Words, self._pieces

    def write(self, digits: Callable[[int], str]) -> str:
        """Return the text with each number written by *digits*."""
        return "".join([part if isinstance(part, str) else digits(part) for part in self.parts])

    def with_first(self, change: Callable[[str], str]) -> Words:
        """Return the text with *change* made to its first character, where that is no digit."""
        for at, piece in enumerate(self._pieces):
            if piece == "":
                continue
            if isinstance(piece, int):
                return self
            first = piece.with_first(change) if isinstance(piece, Words) else change(piece[0]) + piece[1:]
            return Words(first, *self._pieces[at + 1 :])
        return self

    def with_last(self, change: Callable[[str], str]) -> Words:
        """Return the text with *change* made to its last piece, where that is no number."""
        for at in range(len(self._pieces) - 1, -1, -1):
            piece = self._pieces[at]
            if piece == "":
                continue
            if isinstance(piece, int):
                return self
            return Words(*self._pieces[:at], piece.with_last(change) if isinstance(piece, Words) else change(piece))
        return self


def concat(between: str, texts: Iterable[str | int]) -> Words:
    """Return *texts* as one, with *between* between them."""
    parts: list[str | int] = []
    for text in texts:
        parts += [between, text] if parts else [text]
    return Words(*parts)
