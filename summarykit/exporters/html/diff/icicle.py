"""The model after as a picture, with what changed marked."""

from __future__ import annotations

from summarykit.exporters.view.icicle.picture import picture
from summarykit.exporters.view.values.picture import Picture
from summarykit.summary.diff.merged_tree import Joint
from summarykit.summary.folding import Folding


def diff_picture(merged_tree: Joint, title: str) -> Picture | None:
    """Return the picture of the model after, repeats folded that changed or stayed alike; None for an empty one."""
    after, change_counts = merged_tree.comparison.after, merged_tree.touched_after
    return picture(after, Folding(after, apart=[int(number > 0) for number in change_counts]), title, change_counts)
