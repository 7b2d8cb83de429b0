"""``build_diff_view()``: the contents of a report on a comparison."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from summarykit._util.gc_pause import gc_paused
from summarykit.exporters.view.diff.budget import broken_limits, budget_words, look_of, usage
from summarykit.exporters.view.diff.loading import NO_CHECKPOINTS, verdict
from summarykit.exporters.view.diff.rows import change_rows, reasons
from summarykit.exporters.view.diff.values import ChangeRow, DiffView, TotalLine
from summarykit.exporters.view.diff.words import layers_text, percent, signed_count, signed_size, sizes
from summarykit.exporters.view.words import count_noun, size_words
from summarykit.expression import Words, group_digits
from summarykit.summary.diff import Comparison
from summarykit.summary.diff.grouping import change_groups

#: At most so many rows and reasons; the report says how many are left out.
MOST_ROWS = 300
MOST_REASONS = 100
#: At most so many rows and reasons come first; the others follow folded away.
TOP_ROWS = 10
TOP_REASONS = 4


def build_diff_view(
    comparison: Comparison,
    *,
    title: str = "",
    source: str = "",
    fold: bool = True,
    most_rows: int = MOST_ROWS,
    top_rows: int = TOP_ROWS,
) -> DiffView:
    """Return the contents of a report on *comparison*.

    Args:
        comparison: The two models.
        title: Heading; the class name of the model after by default.
        source: Where the two came from.
        fold: Whether equal changes in repeated blocks are one row, with their number.
        most_rows: At most so many rows; the report says how many are left out.
        top_rows: So many of them are the first ones to be read.

    """
    with gc_paused():
        title = title or comparison.after.model_name
        groups = comparison.groups if comparison.new else comparison.told  # in a new model each layer is a change
        if not fold:
            groups = change_groups(comparison.matching, comparison.one_by_one, fold=False)
        rows = change_rows(comparison, groups, title)
        # The reasons list changes that change no count, unless nothing else changed.
        top = [row for row in rows if row.change_value] or rows
        quiet = [row for row in rows if not row.change_value] if top is not rows else []
        rest = [*top[top_rows:], *quiet]
        why = () if comparison.new else tuple(reasons(comparison, comparison.told, title))
        failing = [check for check in comparison.checks.list if not check.ok]
        return DiffView(
            title=title,
            key=comment_key(title),
            source=source,
            same=comparison.same,
            new=comparison.new,
            look=look_of(comparison),
            headline=headline_of(comparison),
            what=what_of(comparison),
            change=change_of(comparison),
            budget=budget_words(comparison.verdicts),
            used=usage(comparison.verdicts),
            broken=broken_limits(comparison),
            numbers=tuple(numbers_of(comparison)),
            totals=tuple(_totals(comparison)),
            checkpoint=NO_CHECKPOINTS if comparison.new else verdict(comparison.checkpoint),
            why=why[:TOP_REASONS],
            why_more=why[TOP_REASONS : TOP_REASONS + MOST_REASONS],
            why_left_out=_more_reasons(len(why) - TOP_REASONS),
            top=tuple(top[:top_rows]),
            top_left_out=left_out(rest),
            more=tuple(rest[: most_rows - top_rows]),
            more_left_out=left_out(rest[most_rows - top_rows :]),
            rows=tuple(rows[:most_rows]),
            rows_left_out=left_out(rows[most_rows:]),
            unchanged=layers_text(comparison.unchanged),
            notes=tuple(f"{note[0].upper()}{note[1:]}." for note in comparison.notes),
            problems=tuple(
                f"{check.claim}: {group_digits(check.found)}, not {group_digits(check.expected)}" for check in failing
            ),
            receipt=_receipt(comparison),
            before="" if comparison.new else comparison.before.fingerprint,
            after=comparison.after.fingerprint,
            has_macs=comparison.with_macs,
        )


def left_out(rows: Sequence[ChangeRow]) -> str:
    """Return "12 more, −3,072" for the rows that are not shown; empty for none."""
    if not rows:
        return ""
    change = sum(row.change_value for row in rows)
    if not any(row.change_value for row in rows):
        return f"{group_digits(len(rows))} more that {'changes' if len(rows) == 1 else 'change'} no count"
    return Words(len(rows), " more, ", signed_count(change, "0"))


def _more_reasons(number: int) -> str:
    return f"{group_digits(number)} more" if number > 0 else ""


def comment_key(title: str) -> str:
    """Return the key that identifies a comment, without characters special to HTML or Markdown."""
    return re.sub(
        r"[^\w.-]|-(?=-)|(?<![^\W_])_|_(?![^\W_])", lambda match: f"%{ord(match[0]):x}", title, flags=re.ASCII
    )


def headline_of(comparison: Comparison) -> str:
    """Return "−7,851,486 parameters (−30.7%), within budget"."""
    budget = budget_words(comparison.verdicts)
    return ", ".join([what_of(comparison), *([budget] if budget else [])])


def change_of(comparison: Comparison) -> Words:
    """Return "−7,851,486 (−30.7%)", "–" for none."""
    change = comparison.change.parameters
    share = percent(change, comparison.before.totals.parameters)
    return Words(signed_count(change), f" ({share})" if share else "")


def what_of(comparison: Comparison) -> Words:
    """Return "−7,851,486 parameters (−30.7%)"."""
    change, before = comparison.change.parameters, comparison.before.totals.parameters
    if comparison.new:
        return Words("new, no base: ", count_noun(change, "parameter"))
    if comparison.same:
        return Words("nothing changed")
    if not change:
        return Words("parameters unchanged")
    share = percent(change, before)
    noun = "parameter" if abs(change) == 1 else "parameters"
    return Words(signed_count(change), f" {noun}{f' ({share})' if share else ''}")


def numbers_of(comparison: Comparison, *, trainable: str = "trainable", macs: str = "multiply-adds") -> Iterator[Words]:
    """Yield "25,557,032 → 17,705,546", "102.2 → 70.8 MB" and others; formats may call some in their own way."""
    before, after = comparison.before.totals, comparison.after.totals
    if comparison.new:
        before = after  # a new model has no totals before
    if before.parameters == after.parameters:
        yield count_noun(after.parameters, "parameter")
    else:
        yield Words(before.parameters, " → ", after.parameters)
    yield size_words(after.bytes) if before.bytes == after.bytes else sizes(before.bytes, after.bytes)
    if before.frozen or after.frozen:
        same = before.trainable == after.trainable
        numbers = Words(after.trainable) if same else Words(before.trainable, " → ", after.trainable)
        yield Words(numbers, f" {trainable}")
    if before.macs is not None and after.macs is not None and (before.macs != after.macs or comparison.new):
        one = "" if comparison.new else Words(before.macs, " → ")
        yield Words(one, after.macs, f" {macs}")
    if text := usage(comparison.verdicts):
        yield text


def _totals(comparison: Comparison) -> Iterator[TotalLine]:
    before, after = comparison.before.totals, comparison.after.totals
    lines = [
        ("parameters", "Parameters", before.parameters, after.parameters),
        ("trainable", "Trainable", before.trainable, after.trainable),
        ("buffers", "Stored, not learned", before.buffers, after.buffers),
        ("layers", "Layers with parameters", before.layers, after.layers),
    ]
    active = (before.active_parameters, after.active_parameters)
    if active[0] is not None and active[1] is not None and active != (before.parameters, after.parameters):
        lines.insert(1, ("active", "Used by one token", active[0], active[1]))
    if before.macs is not None and after.macs is not None:
        lines.append(("macs", "Multiply-adds (MACs)", before.macs, after.macs))
    for key, label, one, other in lines:
        if one or other:
            change = signed_count(other - one)
            part = percent(other - one, one)
            yield TotalLine(label, group_digits(one), group_digits(other), change, part, one, other, key)
    one, other = before.bytes, after.bytes
    texts = (size_words(one), size_words(other), signed_size(other - one), percent(other - one, one))
    yield TotalLine("Size", *texts, one, other, "bytes")


def _receipt(comparison: Comparison) -> str:
    if not comparison.checks.ok or not comparison.changes:
        return ""
    total = signed_count(comparison.change.parameters, "0")
    return f"The changes add up to {total}, the difference of the totals"
