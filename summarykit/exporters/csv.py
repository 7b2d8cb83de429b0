"""CSV: ``summary.layers`` as a file, one line a layer, for pandas and spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import BinaryIO, ClassVar

from summarykit.exporters.base import Options, exporter
from summarykit.exporters.view.words import visible
from summarykit.summary.data import SummaryData

# A spreadsheet computes a cell that begins with one of these signs, full-width ones included. Where a comma is the
# decimal sign it splits lines at semicolons, even inside quotes: a new cell can begin after each sign that may end one.
_FORMULA_START = re.compile("(^|[;,|\"])([ \u202f']*)(?=[=+@\uff1d\uff0b\uff0d\uff20-])")


@exporter("csv")
class CsvExporter:
    """All layers, unfolded; columns as in ``docs/columns.md``."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)
    delimiter: ClassVar[str] = ","

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the table as UTF-8, after a byte order mark where ``options.bom`` is true."""
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
    """The same with a tab between columns."""

    suffixes: ClassVar[tuple[str, ...]] = (".tsv",)
    delimiter: ClassVar[str] = "\t"


def escape_formulas(text: str) -> str:
    """Return *text* with an apostrophe before each sign at which a spreadsheet would begin to compute."""
    return _FORMULA_START.sub(r"\1'\2", text)


def shape_text(shape: Iterable[object]) -> str:
    """Return ``4x16``; several shapes with blanks between, and a single number's as ``()``."""
    parts = [shape_text(part) if isinstance(part, tuple) else str(part) for part in shape]
    has_several = any(isinstance(part, tuple) for part in shape)
    return (" " if has_several else "x").join(parts) or "()"


def _cells(values: Sequence[Hashable]) -> Iterator[object]:
    """Return the cells of a column; a value that occurs often is escaped once."""
    cells = {value: _cell(value) for value in set(values)}
    return map(cells.__getitem__, values)


def _cell(value: object) -> object:
    """Return a cell: numbers and truth values unchanged, texts escaped, an empty text for a missing value."""
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        return escape_formulas(visible(value))
    return shape_text(value) if isinstance(value, tuple) else ""
