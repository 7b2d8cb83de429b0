"""What the template of a table for a paper receives."""

from __future__ import annotations

from typing import NamedTuple

from summarykit.exporters.view.values import ReportView, Rich


class PaperRow(NamedTuple):
    """One row of the table for a paper: layers at the same place of repeated blocks, or a part with all inside."""

    path: str
    times: int  #: how many layers
    type: str
    formula: str  #: the count of all of them in numbers, as LaTeX; empty where none is known
    plain: str  #: the same as text
    word: str  #: the grade, if it is less than checked
    note: Rich
    value: int  #: what all of them add to the total
    text: str
    share: str


class PaperRest(NamedTuple):
    """A line of the table that counts what has no row of its own."""

    label: str  #: "12 smaller rows"
    value: int
    text: str
    share: str


class PaperTable(NamedTuple):
    """The layers as a table for a paper; rows and rest add up to the total."""

    rows: tuple[PaperRow, ...]
    rest: tuple[PaperRest, ...]
    wide: bool  #: some texts need more than one line
    widths: tuple[str, ...]  #: of layer, type and formula, to each other; their mean is 1


class Paper(NamedTuple):
    """What ``latex/report.tex.j2`` receives."""

    report: ReportView
    table: PaperTable
