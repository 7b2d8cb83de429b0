"""The icicle of a page: its boxes as data for the script, and the icicle of a diff."""

from __future__ import annotations

import re

from summarykit.exporters.html.cells import Cell, exact
from summarykit.exporters.view.icicle.picture import build_picture
from summarykit.exporters.view.values.picture import Picture
from summarykit.exporters.view.words import visible
from summarykit.summary.diff.merged_tree import Joint
from summarykit.summary.folding import Folding

_TIMES = re.compile(r" × [\d,]+$")


def picture_cells(picture: Picture) -> dict[str, Cell]:
    """Return each box as its level, look, name, first copy, path, class and values.

    A name is the number of its text. The first copy is that number plus one, 0 if it equals the name of the box. The
    path is 0 if it follows from the first copy. Boxes merged only for the unzoomed icicle are left out: the script
    merges again.
    """
    names: dict[str, int] = {}
    kinds: dict[str, int] = {}
    looks: dict[str, int] = {}
    around: dict[int, str] = {-1: ""}
    boxes: list[Cell] = []
    for box in picture.boxes:
        if box.passing:
            continue
        above, at, path = around[box.level - 1], visible(box.at), visible(box.path)
        base, times = _TIMES.sub("", above), _TIMES.search(above)
        follows = f".{at}{times[0] if times else ''}" if above else at
        around[box.level] = base + path if path.startswith(".") else path
        boxes.append([
            box.level, looks.setdefault(box.look, len(looks)), names.setdefault(visible(box.name), len(names)),
            0 if box.at == box.name else names.setdefault(at, len(names)) + 1,
            0 if at and path == follows else path, kinds.setdefault(visible(box.type), len(kinds)),
            *map(exact, box.values),
        ])  # fmt: skip
    tables: dict[str, Cell] = {"names": list(names), "kinds": list(kinds), "looks": list(looks)}
    return {"measures": list(picture.measures), **tables, "boxes": boxes}


def diff_picture(merged_tree: Joint, title: str) -> Picture | None:
    """Return the icicle of the model after; repeats are folded if all or none of them changed. None if empty."""
    after, change_counts = merged_tree.comparison.after, merged_tree.touched_after
    return build_picture(
        after, Folding(after, apart=[int(number > 0) for number in change_counts]), title, change_counts
    )
