"""What a column is: its name, dtype, unit and meaning, the total it adds up to, and how it reads in a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeVar

from summarykit.records import Evidence, LayerRecord, Shape
from summarykit.summary.data import SummaryData

Rows = TypeVar("Rows")
#: ``Int64`` is pandas' integer with gaps; a text, a shape or a tuple is ``object``.
Dtype = Literal["object", "int64", "Int64", "float64", "bool"]


class Lookup(NamedTuple):
    """The values of a column as a table of the distinct ones, and for each row where its value is; -1 is the last."""

    table: Sequence[object]
    indices: Sequence[int]


Values = Sequence[object] | Lookup


class Share(NamedTuple):
    """A part of a whole."""

    part: int
    whole: int


class Shapes(NamedTuple):
    """The shapes of one or more tensors; None for one that is not known yet."""

    shapes: tuple[Shape | None, ...]


#: What one cell of a report holds; the view makes words of it. A grade is shown as its sign.
Cell = int | str | Share | Shapes | Evidence | None


class RowContext(NamedTuple):
    """What a row of a report is about: a layer, and how many identical ones the row stands for."""

    data: SummaryData
    layer: LayerRecord
    times: int
    path: str

    def of_all_copies(self, values: Sequence[int]) -> int:
        """Return the number of this layer in *values*, a number a layer, times the copies."""
        return values[self.layer.id] * self.times


@dataclass(frozen=True, kw_only=True)
class ColumnSpec(Generic[Rows]):
    """One column of a frame, of the tables in reports, or of both.

    ``Rows`` is what *values* is called with: the rows of the frame as its module in this folder describes them.
    """

    name: str  #: in the frame and for ``columns=``
    dtype: Dtype
    meaning: str  #: one sentence for the docs
    unit: str = ""  #: of a number: parameters, bytes, MACs …
    total: str = ""  #: the fields of ``Totals`` that the frame's column adds up to, ``a + b`` for several
    of_run: bool = False  #: without a forward pass every row of the frame is missing, or False
    values: Callable[[Rows], Values] | None = None  #: of all rows of the frame; None for a column of reports alone
    cell: Callable[[RowContext], Cell] | None = None  #: of one row of a report; None for a column of the frame alone
    heading: str = ""  #: in reports
    short_heading: str = ""  #: in narrow tables, where it differs
    report_meaning: str = ""  #: where a report's cell is not what the frame holds

    @property
    def align(self) -> str:
        """``right`` for numbers, ``left`` for all else."""
        return "right" if self.dtype in ("int64", "Int64", "float64") else "left"
