"""Rows of the tables of layers, and what opening one shows."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from summarykit.exporters.view.values.pieces import Rich
from summarykit.exporters.view.values.run import RowFlow
from summarykit.expression import Words


class TensorLine(NamedTuple):
    """One tensor of an opened row."""

    name: str
    shape: Words
    elements: str
    dtype: str
    kind: str  #: "learned in training", "kept fixed" or "stored, not learned"
    note: str  #: "same numbers as …", "not known until the first input"
    look: str  #: its grade: checked, read, size or differs; empty for a buffer


class TermLine(NamedTuple):
    """One term of a formula that has several."""

    label: str  #: "layer 0"
    equation: str


class Details(NamedTuple):
    """What opening a row shows."""

    formula: str  #: in names
    markup: Markup  #: the same with names in ``<var>``
    latex: str
    equation: str
    sentence: Rich
    word: str
    sign: str
    look: str
    grade: str  #: the fine grade
    origin: str
    tensors: tuple[TensorLine, ...]
    lines: tuple[TermLine, ...]  #: each term of the formula, where there are several
    closed: str  #: the closed formula of a container, and whether it gives the sum of its parts


class Column(NamedTuple):
    """A column of the tables of layers, beside the first, which names the layer."""

    key: str  #: its name for ``columns=``
    label: str
    short: str  #: where space is short
    align: str  #: left or right


class Row(NamedTuple):
    """One row of the tree; numbers are of all its copies."""

    anchor: str  #: path of its first copy, unique
    depth: int
    name: str
    path: str
    type: str
    parent: int  #: position of the row above it, -1 for the first
    children: int
    position: int  #: among its siblings, from 1
    siblings: int
    copies: int
    times: int
    formula: str  #: numbers without the result
    own_value: int
    own: str
    size_unknown: bool  #: a size of its own parameters is not known before the first input; ``own`` says so
    inside_value: int
    inside: str
    inside_short: str
    product: str  #: ``2 × 70,400`` of the inside, empty for one copy
    share: str
    per_mille: int
    note: Rich  #: "same numbers as X, counted there"
    weight: str  #: shape
    bias: str
    has_parameters: bool
    left_out: str  #: "12 rows not shown": inside it, and not inside another one that is shown; mostly empty
    flow: RowFlow | None
    details: Details | None
    role: str  #: "asked" where a pattern names it, "around" where it only contains such a row, mostly empty
    cells: tuple[str, ...]  #: the texts of the report's columns
    told_at: int  #: position of the first row with the same details, -1 if that is this row
    told_whole: bool  #: that row has all details of this one, those of the forward pass too
    names_at: int  #: position of the first row with the same formulas in names, from the same rules; likewise
    tells: bool  #: another row refers to this one


class Group(NamedTuple):
    """Layers of one kind at the same place of repeated blocks, for a flat table."""

    path: str
    times: int
    type: str
    weight: str
    equation: str
    flow: RowFlow | None
    text: str  #: ``9,408`` or ``3 × 128 = 384``
    word: str
    sign: str
    note: Rich
    whole: bool  #: it includes all layers inside it, which are too deep to be listed
    cells: tuple[str, ...]  #: the texts of the report's columns
