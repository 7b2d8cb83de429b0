"""What a reviewer did to a workbook: frozen, plain values."""

from __future__ import annotations

from typing import NamedTuple

#: What a cell holds; None for an empty one.
Original = int | float | bool | str | None


class Change(NamedTuple):
    """A cell that holds something else than the model does."""

    sheet: str  #: "Formulas", "Compute", "Memory" or "Overview"
    cell: str  #: where it stands now: "D9"
    layer: str  #: as the sheet names it, repeats folded; empty for what is of no layer
    name: str  #: the setting's code name: "in_features"; empty for what is no setting
    label: str  #: its plain name: "Inputs"
    original: Original
    now: Original
    followed: bool  #: it followed another cell, and does not any more
    copies: int  #: how many layers the row stands for
    counted: int | None  #: what one copy counted; None where nothing is counted
    becomes: Original  #: what it counts with all changes; None where no program computed it


class Total(NamedTuple):
    """A total before and after all changes."""

    label: str  #: "Parameters" or "Multiplications"
    original: int
    now: Original  #: None where no program computed it


class Comment(NamedTuple):
    """A comment pinned to a cell."""

    sheet: str
    cell: str
    author: str
    text: str


class Review(NamedTuple):
    """What a reviewer did to a workbook."""

    title: str
    source: str
    fingerprint: str  #: the model's, to find it again
    reviewer: str
    date: str  #: ISO where the cell holds a date, else as it was written
    remark: str
    totals: tuple[Total, ...]
    changes: tuple[Change, ...]
    comments: tuple[Comment, ...]
    notes: tuple[str, ...]  #: what could not be read, in words
