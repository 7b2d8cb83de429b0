"""Finished texts that still know their numbers, so that each format can group digits in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def group_digits(value: int) -> str:
    """Return *value* with a comma for each thousand and a real minus: ``−1,234``."""
    return f"{value:,}".replace("-", "−")


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

    __slots__ = ("parts",)
    parts: tuple[str | int, ...]

    def __new__(cls, *parts: str | int) -> Words:
        """Join *parts*; the numbers of parts that are Words are numbers of the whole."""
        flat: list[str | int] = []
        for part in parts:
            for inner in part.parts if isinstance(part, Words) else (part,):
                if isinstance(inner, str) and flat and isinstance(flat[-1], str):
                    flat[-1] += inner
                elif inner != "":
                    flat.append(inner)
        words = super().__new__(cls, _text(flat, group_digits))
        words.parts = tuple(flat)
        return words

    def __reduce__(self) -> tuple[type[Words], tuple[str | int, ...]]:
        """Copy and pickle by the parts."""
        return Words, self.parts

    def write(self, digits: Callable[[int], str]) -> str:
        """Return the text with each number written by *digits*."""
        return _text(self.parts, digits)

    def with_first(self, change: Callable[[str], str]) -> Words:
        """Return the text with *change* made to its first character, where that is no digit."""
        first, *rest = self.parts or ("",)
        return Words(change(first[:1]) + first[1:], *rest) if isinstance(first, str) else self

    def with_last(self, change: Callable[[str], str]) -> Words:
        """Return the text with *change* made to what follows its last number."""
        *rest, last = self.parts or ("",)
        return Words(*rest, change(last)) if isinstance(last, str) else self


def concat(between: str, texts: Iterable[str | int]) -> Words:
    """Return *texts* as one, with *between* between them."""
    parts: list[str | int] = []
    for text in texts:
        parts += [between, text] if parts else [text]
    return Words(*parts)


def _text(parts: Iterable[str | int], digits: Callable[[int], str]) -> str:
    return "".join([part if isinstance(part, str) else digits(part) for part in parts])
