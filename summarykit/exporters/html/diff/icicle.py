"""The model after as a picture, with what changed marked."""

from __future__ import annotations

from summarykit.exporters.view.icicle.picture import picture
from summarykit.exporters.view.values.picture import Picture
from summarykit.summary.diff.merged_tree import MergedTree
from summarykit.summary.folding import Folding


def joint_picture(joint: MergedTree, title: str) -> Picture | None:
    """Return the picture of the model after, repeats folded that changed or stayed alike; None for an empty one."""
    after, touched = joint.comparison.after, joint.change_counts_after
    return picture(after, Folding(after, apart=[int(number > 0) for number in touched]), title, touched)
