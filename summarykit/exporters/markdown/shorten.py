"""Shorten a report to a size limit by dropping the least important parts; the report lists what was dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from summarykit.exporters.view.diff.values import DiffView
from summarykit.exporters.view.values import ReportView
from summarykit.exporters.view.words import count_noun, join_words, shorten

#: The list of layers is cut to these numbers of rows in turn, before it is dropped.
FEWER_GROUPS = (100, 30)
#: The largest numbers of models and of errors, at each level of shortening.
PROJECT_LIMITS = ((100, 20), (100, 3), (30, 3), (10, 1), (3, 0))
_LONGEST_TEXT = 80
_FEW_PROBLEMS = 5


def shorten_report(view: ReportView, with_fewer: Iterable[ReportView]) -> Iterator[ReportView]:
    """Yield shorter and shorter forms of *view*; each lists what was dropped.

    Memory is dropped first, then the smaller layers of the list, the list itself, the other groupings, and the words
    of a small model. In the end long names lose their middle, and all problems but a few are dropped.

    Args:
        view: The whole report.
        with_fewer: The same report with fewer and fewer rows in the list of layers; each reports its own omissions.

    """
    left_out = ["what memory it takes"] if view.memory else []
    if view.memory:
        view = _less(view._replace(memory=()), left_out)
        yield view
    for shorter in with_fewer:
        if len(shorter.groups) < len(view.groups):
            view = _less(shorter._replace(memory=()), left_out)
            yield view
    if view.groups:
        left_out.append("the list of layers")
        view = _less(view._replace(groups=(), groups_left_out=""), left_out)
        yield view
    if view.rankings:
        left_out.append("the other groupings")
        view = _less(view._replace(rankings=()), left_out)
        yield view
    if view.story:
        left_out.append("the layers in words")
        view = _less(view._replace(story=()), left_out)
        yield view
    more = len(view.problems) - _FEW_PROBLEMS
    if more > 0:
        left_out.append(count_noun(more, "more problem"))
    left_out.append("the middle of long names")
    yield _less(_with_short_texts(view._replace(problems=view.problems[:_FEW_PROBLEMS])), left_out)


def shorten_diff(view: DiffView) -> Iterator[DiffView]:
    """Yield *view*, then shorter forms: without the names in checkpoints, the smaller changes, the other reasons."""
    yield view
    loading = view.checkpoint
    if loading.names:
        text = f"{count_noun(loading.number, 'name')}, left out here to keep this short"
        view = view._replace(checkpoint=loading._replace(names=(), names_left_out=text))
        yield view
    if view.more:
        view = view._replace(more=(), more_left_out="They are left out here to keep this short")
        yield view
    view = view._replace(why_more=())
    yield view
    few = view.top[:3]
    yield view._replace(top=few, top_left_out=f"{count_noun(len(view.rows) - len(few), 'more change')}, left out here")


def _less(view: ReportView, left_out: list[str]) -> ReportView:
    return view._replace(left_out=f"Left out here to keep this short: {join_words(left_out)}.") if left_out else view


def _with_short_texts(value: Any) -> Any:
    """Return a view with every long text in it, at any depth, cut in its middle."""
    if isinstance(value, str):
        return shorten(value, _LONGEST_TEXT)
    if isinstance(value, tuple):
        parts = map(_with_short_texts, value)
        return value._make(parts) if hasattr(value, "_make") else tuple(parts)
    return value
