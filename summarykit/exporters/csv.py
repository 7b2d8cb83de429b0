"""CSV: ``summary.layers`` as a file, one line a layer, for pandas and for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import BinaryIO, ClassVar

from summarykit.exporters.base import Options, exporter
from summarykit.exporters.view.words import visible
from summarykit.summary.data import SummaryData

# A spreadsheet computes a cell that begins with one of these signs, the wide ones of Chinese and Japanese included.
# Where a comma is the decimal sign it parts lines at semicolons, whatever quotes say: after each sign that may end
# a cell there can begin another.
_FORMULA_START = re.compile("(^|[;,|\"])([ \u202f']*)(?=[=+@\uff1d\uff0b\uff0d\uff20-])")


@exporter("csv")
class CsvExporter:
    """All layers, unfolded; columns as in ``docs/columns.md``."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)
    delimiter: ClassVar[str] = ","

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the table as UTF-8; a byte order mark goes before it where *options* ask for one."""
        from summarykit.summary.frames import layers_frame

        frame = layers_frame(data)
        if options.bom:
            out.write(b"\xef\xbb\xbf")
        text = io.TextIOWrapper(out, encoding="utf-8", newline="")
        lines = csv.writer(text, delimiter=self.delimiter)
        lines.writerow(frame.columns)
        lines.writerows(zip(*(_cells(frame[name].tolist()) for name in frame.columns), strict=True))
        text.flush()
        text.detach()


@exporter("tsv")
class TsvExporter(CsvExporter):
    """The same with a tabulator between columns."""

    suffixes: ClassVar[tuple[str, ...]] = (".tsv",)
    delimiter: ClassVar[str] = "\t"


def escape_formulas(text: str) -> str:
    """Return *text* with an apostrophe wherever a spreadsheet would begin to compute; removing it gives it back."""
    return _FORMULA_START.sub(r"\1'\2", text)


def shape_text(shape: Iterable[object]) -> str:
    """Return ``4x16``; several shapes with blanks between, and a single number's as ``()``."""
    parts = [shape_text(part) if isinstance(part, tuple) else str(part) for part in shape]
    has_several = any(isinstance(part, tuple) for part in shape)
    return (" " if has_several else "x").join(parts) or "()"


def _cells(values: Sequence[Hashable]) -> Iterator[object]:
    """Return the cells of a column; what stands in it often is made harmless once."""
    cells = {value: _cell(value) for value in set(values)}
    return map(cells.__getitem__, values)


def _cell(value: object) -> object:
    """Return a number, yes and no as they are, a text made harmless, nothing for what is not there."""
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        return escape_formulas(visible(value))
    return shape_text(value) if isinstance(value, tuple) else ""
