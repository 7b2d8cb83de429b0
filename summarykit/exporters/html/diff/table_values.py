"""The values the page of a diff receives for its table: frozen, of strings, numbers and tuples only."""

from __future__ import annotations

from typing import NamedTuple

from summarykit.exporters.view.diff.values import ChangeRow
from summarykit.exporters.view.values import Block, Details, Rich


class Side(NamedTuple):
    """A layer as it was, or as it is."""

    path: str
    type: str
    held: str  #: "39,040 parameters with everything inside"; empty if its formula has all
    details: Details | None  #: formula, sentence and grade; tensors are listed with those of the other model


class TensorPair(NamedTuple):
    """One tensor of a changed layer, before and after."""

    name: str
    before: str  #: shape; "–" where there was none
    after: str
    words: str  #: "reshaped", "new", "removed", "other format", "kept fixed"; empty where it is as it was
    kind: str  #: "float32, learned in training"; both where they differ
    note: str
    loading: str  #: what becomes of its name in checkpoints: "missing in them"; empty where it still loads


class PartLine(NamedTuple):
    """A changed layer inside the one of the row."""

    word: str
    path: str
    type: str
    formula: str  #: both where they differ
    change: str


class ChangeDetails(NamedTuple):
    """What opening the row of a change shows, of one copy."""

    before: Side | None
    after: Side | None
    alike: bool  #: before and after are equal, so one is enough
    tensors: tuple[TensorPair, ...]
    settings: tuple[Rich, ...]
    parts: tuple[PartLine, ...]
    parts_left_out: str
    macs: str  #: "40 → 60 multiply-adds"; empty where that is not known


class TableRow(NamedTuple):
    """A change in the table of the page; numbers are of all its copies."""

    row: ChangeRow
    path: str  #: in full
    anchor: str  #: path of its first copy
    lines: tuple[Rich, ...]  #: as in the row, without results that have columns of their own
    before: str
    after: str
    change: str  #: "−6,856,704"; "–" for none
    macs: str  #: by how much it multiplies more often
    product: str  #: "3 × −2,285,568"; empty for one
    length: int  #: of its bar, per mille of the largest change
    less: bool  #: it has fewer parameters than before
    details: ChangeDetails


class ChangeBlocks(NamedTuple):
    """Where the change is, by one measure, in one grouping; the blocks add up to the difference of the totals."""

    by: str  #: "block"; "part": what a layer is within its block; "class"
    measure: str  #: "parameters", "bytes" or "macs"
    blocks: tuple[Block, ...]  #: a bar to the left has a length below 0


class ChangeTable(NamedTuple):
    """The changes as the table of a page, and where they are."""

    rows: tuple[TableRow, ...]  #: largest change first
    left_out: str
    blocks: tuple[ChangeBlocks, ...]
    unchanged: int  #: layers in the tree that are as they were, with all inside
