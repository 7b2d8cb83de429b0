"""The changes as the table of a page: a row each, with what opening it shows, and where they are."""

from __future__ import annotations

from collections.abc import Sequence

from summarykit.exporters.html.diff.before_after import Sides
from summarykit.exporters.html.diff.breakdown import where_it_changed
from summarykit.exporters.html.diff.table_values import ChangeTable, TableRow
from summarykit.exporters.view.diff.rows import change_row, worth_showing
from summarykit.exporters.view.diff.values import ChangeRow
from summarykit.exporters.view.diff.words import signed_count
from summarykit.exporters.view.values import Piece, Rich
from summarykit.exporters.view.words import per_mille, place
from summarykit.expression import group_digits
from summarykit.summary.diff import ChangeGroup, Comparison
from summarykit.summary.diff.grouping import change_groups
from summarykit.summary.diff.merged_tree import MergedTree

#: So many changes stand in a page; of more only the largest.
MOST_ROWS = 2_000
_FEW_ROWS = 500


def change_table(joint: MergedTree, groups: Sequence[ChangeGroup], title: str) -> ChangeTable:
    """Return the changes as a table, and where they are.

    Args:
        joint: Both models as one tree.
        groups: The changes that have a row, from ``visible_groups``.
        title: Heading of the page, by which the model itself is called.

    """
    shown = groups if len(groups) <= MOST_ROWS else groups[:_FEW_ROWS]
    rest = [group.change.parameters for group in groups[len(shown) :]]
    return ChangeTable(
        rows=table_rows(joint.comparison, shown, title),
        left_out=f"{group_digits(len(rest))} smaller changes are not shown here, {signed_count(sum(rest))}"
        if rest
        else "",
        blocks=where_it_changed(joint, title),
        unchanged=sum(not touched for touched in joint.change_counts),
    )


def visible_groups(joint: MergedTree, *, fold: bool) -> list[ChangeGroup]:
    """Return the changes that have a row, largest first; with *fold* those of repeated blocks together."""
    comparison = joint.comparison
    if fold:
        return worth_showing(comparison, joint.groups)
    each = [told for group in joint.groups for told in group.told]
    apart = change_groups(comparison.matching, each, fold=False)
    return worth_showing(comparison, sorted(apart, key=lambda group: joint.place(group.first)))


def table_rows(comparison: Comparison, groups: Sequence[ChangeGroup], title: str) -> tuple[TableRow, ...]:
    """Return a row for each of *groups*."""
    sides = Sides(comparison)
    largest = max((abs(group.change.parameters) for group in groups), default=0)
    return tuple(_row(comparison, group, title, sides, largest) for group in groups)


def _row(comparison: Comparison, group: ChangeGroup, title: str, sides: Sides, largest: int) -> TableRow:
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
        details=sides.details(first.before, first.after, first, group.told[0]),
    )


def detail_lines(row: ChangeRow) -> tuple[Rich, ...]:
    """Return the lines of a row beside its class, which is not told again."""
    return tuple(line for line in row.lines if line != (Piece(row.type or row.was_type),))


def visible_lines(row: ChangeRow) -> tuple[Rich, ...]:
    """Return the lines of a row as they stand; a result stands beside its formula, unless that is of many copies."""
    if row.times > 1:
        return detail_lines(row)
    numbers = [f" = {group_digits(value)}" for value in (row.before_value, row.after_value)]

    def shown(piece: Piece) -> Piece:
        if piece.code or piece.text not in (row.before, row.after):
            return piece
        result = next((number for number in numbers if piece.text.endswith(number)), "")
        return piece._replace(text=piece.text.removesuffix(result))

    return tuple(tuple(map(shown, line)) for line in detail_lines(row))


def _number(value: int, times: int, layer: int, formula: str) -> str:
    """Return what all copies add to a total; "–" where there is no such layer, nothing for one that holds nothing."""
    return "–" if layer < 0 else group_digits(value * times) if value or formula != "–" else ""
