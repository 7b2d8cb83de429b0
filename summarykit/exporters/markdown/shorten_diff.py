"""A comparison in less room: whole parts are left out, the least telling first, and that is said."""

from __future__ import annotations

from collections.abc import Iterator

from summarykit.exporters.view.diff.values import DiffView
from summarykit.exporters.view.words import count_noun


def shorten_diff(view: DiffView) -> Iterator[DiffView]:
    """Yield *view*, then ever less of it: without the names in checkpoints, the smaller changes, the other reasons."""
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


#: How many models and errors stand in less and less room.
PROJECT_LIMITS = ((100, 20), (100, 3), (30, 3), (10, 1), (3, 0))
