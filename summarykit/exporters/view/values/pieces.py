"""A sentence as pieces, so that each format can set names as code."""

from __future__ import annotations

from typing import NamedTuple


class Piece(NamedTuple):
    """A run of text; a name is set as code."""

    text: str
    code: bool = False


#: A sentence as pieces.
Rich = tuple[Piece, ...]
