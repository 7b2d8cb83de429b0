"""A review as text for the terminal and as JSON for programs. What a reviewer wrote is only ever shown as text."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from summarykit.exporters.excel.review.values import Change, Original, Review, Total
from summarykit.exporters.view.words import count_noun, visible
from summarykit.expression import group_digits

NO_CHANGE = "No input was changed."


def review_json(review: Review) -> str:
    """Return the review as JSON, in ASCII: the fields of ``Review``, names and texts unchanged."""
    lists = {name: [part._asdict() for part in getattr(review, name)] for name in ("totals", "changes", "comments")}
    return json.dumps(review._asdict() | lists, indent=2)


def print_review(console: Console, review: Review) -> None:
    """Print the changes, the reviewer, the remark and the comments."""
    for line in _lines(review):
        console.print(line, soft_wrap=True)


def _lines(review: Review) -> Iterator[Text]:
    head = Text(visible(review.title), style="bold")
    facts = [visible(review.source), f"structure {visible(review.fingerprint)}" if review.fingerprint else ""]
    yield head.append("".join(f"  {fact}" for fact in facts if fact), style="not bold dim")
    yield Text(f"{count_noun(len(review.changes), 'input')} changed:" if review.changes else NO_CHANGE)
    yield from map(_change, review.changes)
    if review.changes:
        yield from map(_total, review.totals)
    for label, text in (("Reviewer", review.reviewer), ("Date", review.date), ("Remark", review.remark)):
        yield from _quoted_lines(label, text)
    for comment in review.comments:
        by = f" by {comment.author}" if comment.author else ""
        yield from _quoted_lines(f"Comment on {comment.sheet} {comment.cell}{by}", comment.text)
    for note in review.notes:
        yield Text(f"! {visible(note)}", style="yellow")


def _change(change: Change) -> Text:
    line = Text("  ").append(visible(change.layer) or visible(change.sheet), style="bold")
    if change.copies > 1:
        line.append(f" × {group_digits(change.copies)}")
    line.append(f"  {visible(change.label)}")
    if change.name:
        line.append(f" ({visible(change.name)})", style="dim")
    line.append(f"  {_number(change.original)} → {_number(change.now)}", style="magenta")
    if change.followed:
        line.append(", no longer what the layer before it gives" if change.layer else ", no longer computed")
    if change.counted is not None and change.becomes is not None:
        what = "multiplications" if change.sheet == "Compute" else "parameters"
        line.append(f"  {what} {_number(change.counted)} → {_number(change.becomes)}")
    return line


def _total(total: Total) -> Text:
    line = Text(f"  {visible(total.label)} in total  {group_digits(total.original)}", style="bold")
    if total.now is None:
        return line
    if total.now == total.original:
        return line.append(", as before", style="not bold")
    line.append(f" → {_number(total.now)}")
    if isinstance(total.now, int):
        difference = total.now - total.original
        line.append(f" ({'+' if difference > 0 else ''}{group_digits(difference)})")
    return line


def _number(value: Original) -> str:
    if isinstance(value, bool) or value is None:
        return "nothing" if value is None else str(value).upper()
    if isinstance(value, int):
        return group_digits(value)
    return visible(str(value))


def _quoted_lines(label: str, text: str) -> Iterator[Text]:
    """Yield what somebody wrote: on one line after its label, several indented below it."""
    lines = [visible(line.rstrip("\r")) for line in text.split("\n")]
    if not text.strip():
        return
    head = Text(f"{visible(label)}:", style="bold")
    if len(lines) == 1:
        head.append(f" {lines[0]}", style="not bold")
        lines = []
    yield head
    yield from (Text(f"  {line}") for line in lines)
