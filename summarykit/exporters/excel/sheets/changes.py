"""The Changes sheet: one row for each change, beside the counts it is computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from summarykit.exporters.excel.cells.labels import plain_note, quiet
from summarykit.exporters.excel.cells.live_blocks import WIDEST, number_width
from summarykit.exporters.excel.cells.live_cells import MOST_COUNTED
from summarykit.exporters.excel.cells.row_height import between, row_height
from summarykit.exporters.excel.markup import Formula
from summarykit.exporters.view.diff.values import ChangeRow
from summarykit.exporters.view.words import visible


class ChangeSheet(NamedTuple):
    """What the Changes sheet shows, and how wide its columns are."""

    rows: list[dict[str, object]]
    widths: tuple[int, ...]
    live: bool  #: the changes are computed; not beyond Excel's 15 digits


def change_sheet(rows: Sequence[ChangeRow], largest: int, *, has_macs: bool) -> ChangeSheet:
    """Return a row for each change; *largest* is the largest number in any sum."""
    live = largest <= MOST_COUNTED
    records = [_row(row, live=live) for row in rows]
    count = number_width([largest], 14)
    widths = {
        "word": 16,
        "path": _fitting(records, "path", 28, WIDEST),
        "copies": 10,
        "type": _fitting(records, "type", 14, 30),
        "before": _fitting(records, "before", 18, 44),
        "after": _fitting(records, "after", 18, 44),
        "counted_before": count,
        "counted_after": count,
        "change": count + 2,
        "bytes": count + 2,
        **({"macs": 22} if has_macs else {}),
        "note": _fitting(records, "note", 32, 60),
    }
    for row in records:
        row["height"] = row_height(*((row[key], width) for key, width in widths.items()))
    return ChangeSheet(records, tuple(widths.values()), live)


def _fitting(rows: Sequence[Mapping[str, object]], key: str, least: int, most: int) -> int:
    return between(least, max((len(str(row[key])) for row in rows), default=0) + 3, most)


def _row(row: ChangeRow, *, live: bool) -> dict[str, object]:
    change: object = row.change_value
    if live:
        change = Formula("={this:copies}*({this:counted_after}-{this:counted_before})", row.change_value)
    return {
        "word": row.word,
        "path": visible(row.path),
        "copies": row.times,
        "type": visible(row.type or row.was_type),
        "before": quiet(row.before),
        "after": quiet(row.after),
        "counted_before": row.before_value,
        "counted_after": row.after_value,
        "change": change,
        "bytes": row.bytes_value,
        "macs": row.macs_value,
        "note": "; ".join(map(plain_note, row.notes)),
    }
