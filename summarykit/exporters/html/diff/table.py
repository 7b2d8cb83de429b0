"""The changes as the table of a page: a row each with its details, and the breakdown of the change."""

from __future__ import annotations

from collections.abc import Sequence

from summarykit.exporters.html.diff.before_after import BeforeAfter
from summarykit.exporters.html.diff.breakdown import change_breakdown
from summarykit.exporters.html.diff.table_values import ChangeTable, TableRow
from summarykit.exporters.view.diff.rows import change_row, worth_showing
from summarykit.exporters.view.diff.values import ChangeRow
from summarykit.exporters.view.diff.words import signed_count
from summarykit.exporters.view.values import Piece, Rich
from summarykit.exporters.view.words import per_mille, place
from summarykit.expression import group_digits
from summarykit.summary.diff import ChangeGroup, Comparison
from summarykit.summary.diff.grouping import change_groups
from summarykit.summary.diff.merged_tree import Joint

#: At most so many changes are in a page; with more, only the largest.
MOST_ROWS = 2_000
_FEW_ROWS = 500


def change_table(merged_tree: Joint, groups: Sequence[ChangeGroup], title: str) -> ChangeTable:
    """Return the changes as a table, with the breakdown of the change.

    Args:
        merged_tree: Both models as one tree.
        groups: The changes that have a row, from ``visible_groups``.
        title: Heading of the page, which names the model itself.

    """
    visible = groups if len(groups) <= MOST_ROWS else groups[:_FEW_ROWS]
    rest = [group.change.parameters for group in groups[len(visible) :]]
    return ChangeTable(
        rows=table_rows(merged_tree.comparison, visible, title),
        left_out=f"{group_digits(len(rest))} smaller changes are not shown here, {signed_count(sum(rest))}"
        if rest
        else "",
        blocks=change_breakdown(merged_tree, title),
        unchanged=sum(not count for count in merged_tree.touched),
    )


def visible_groups(merged_tree: Joint, *, fold: bool) -> list[ChangeGroup]:
    """Return the changes that have a row, largest first; with *fold* those of repeated blocks together."""
    comparison = merged_tree.comparison
    if fold:
        return worth_showing(comparison, merged_tree.groups)
    each = [change for group in merged_tree.groups for change in group.told]
    separate = change_groups(comparison.matching, each, fold=False)
    return worth_showing(comparison, sorted(separate, key=lambda group: merged_tree.place(group.first)))


def table_rows(comparison: Comparison, groups: Sequence[ChangeGroup], title: str) -> tuple[TableRow, ...]:
    """Return a row for each of *groups*."""
    before_after = BeforeAfter(comparison)
    largest = max((abs(group.change.parameters) for group in groups), default=0)
    return tuple(_row(comparison, group, title, before_after, largest) for group in groups)


def _row(comparison: Comparison, group: ChangeGroup, title: str, before_after: BeforeAfter, largest: int) -> TableRow:
    row = change_row(comparison, group, title)
    first, each = group.first, group.told[0].change.parameters
    data, layer = (comparison.after, first.after) if first.after >= 0 else (comparison.before, first.before)
    return TableRow(
        row=row,
        path=place(group.path, data.layers[layer].parent, title),
        anchor=data.layers[layer].path,
        lines=visible_lines(row),
        before=_number(row.before_value, row.times, first.before, row.before),
        after=_number(row.after_value, row.times, first.after, row.after),
        change=signed_count(row.change_value),
        macs=signed_count(row.macs_value),
        product=f"{group_digits(row.times)} × {signed_count(each)}" if row.times > 1 and each else "",
        length=per_mille(abs(row.change_value), largest),
        less=row.change_value < 0,
        details=before_after.details(first.before, first.after, first, group.told[0]),
    )


def detail_lines(row: ChangeRow) -> tuple[Rich, ...]:
    """Return the lines of a row without its class, which has a place of its own."""
    return tuple(line for line in row.lines if line != (Piece(row.type or row.was_type),))


def visible_lines(row: ChangeRow) -> tuple[Rich, ...]:
    """Return the lines of a row without results, which have columns of their own; rows of many copies keep them."""
    if row.times > 1:
        return detail_lines(row)
    numbers = [f" = {group_digits(value)}" for value in (row.before_value, row.after_value)]

    def without_result(piece: Piece) -> Piece:
        if piece.code or piece.text not in (row.before, row.after):
            return piece
        result = next((number for number in numbers if piece.text.endswith(number)), "")
        return piece._replace(text=piece.text.removesuffix(result))

    return tuple(tuple(map(without_result, line)) for line in detail_lines(row))


def _number(value: int, times: int, layer: int, formula: str) -> str:
    """Return what all copies add to a total; "–" for a missing layer, empty for one without parameters."""
    return "–" if layer < 0 else group_digits(value * times) if value or formula != "–" else ""
