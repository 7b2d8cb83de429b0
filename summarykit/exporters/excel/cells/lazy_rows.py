"""Rows of a sheet that are built on access: there may be a million, and only one is in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar, overload

Row = Mapping[str, object]
_T = TypeVar("_T")


class LazyRows(Sequence[Row], Generic[_T]):
    """A row for each of *items*, built by *make* on each access, followed by *rest*."""

    def __init__(self, items: Sequence[_T], make: Callable[[_T], Row], rest: Sequence[Row] = ()) -> None:
        self._items = items
        self._make = make
        self._rest = rest

    def __len__(self) -> int:
        """Return how many rows there are, the last ones included."""
        return len(self._items) + len(self._rest)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | Sequence[Row]:
        """Return one row, or a list of rows."""
        if isinstance(at, slice):
            return [self[index] for index in range(*at.indices(len(self)))]
        at = range(len(self))[at]
        return self._make(self._items[at]) if at < len(self._items) else self._rest[at - len(self._items)]


class Extent(NamedTuple):
    """How much space the cells of a column need."""

    longest: int  #: characters of its longest text, including its indent
    largest: int  #: its largest number


def extents(rows: Iterable[Row], indents: Mapping[str, str]) -> dict[str, Extent]:
    """Return the extent of each column of *rows*, which are read once.

    *indents* maps each column with indented texts to the key of the indent.
    """
    longest: dict[str, int] = {}
    largest: dict[str, int] = {}
    for row in rows:
        for key, value in row.items():
            length = len(str(value or "")) + (2 * int(str(row[indents[key]])) if key in indents else 0)
            if length > longest.get(key, -1):
                longest[key] = length
            if isinstance(value, int) and value > largest.get(key, 0):
                largest[key] = value
    return {key: Extent(length, largest.get(key, 0)) for key, length in longest.items()}
