"""What a reviewer did to a workbook: frozen, plain values."""

from __future__ import annotations

from typing import NamedTuple

#: The content of a cell; None for an empty one.
Original = int | float | bool | str | None


class Change(NamedTuple):
    """A cell whose content differs from the model."""

    sheet: str  #: "Formulas", "Compute", "Memory" or "Overview"
    cell: str  #: its current address: "D9"
    layer: str  #: as the sheet names it, repeats folded; empty if it belongs to no layer
    name: str  #: the setting's code name: "in_features"; empty if it is no setting
    label: str  #: its plain name: "Inputs"
    original: Original
    now: Original
    followed: bool  #: it was a formula on another cell, and is none now
    copies: int  #: how many equal layers share the row
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
