"""The boxes of the picture in little, for the script that draws what is inside one."""

from __future__ import annotations

import re

from summarykit.exporters.view.values.picture import Picture
from summarykit.exporters.view.words import visible

_TIMES = re.compile(r" × [\d,]+$")

#: What a script reads.
Cell = int | str | list["Cell"]


def picture_cells(picture: Picture, exact: int) -> dict[str, Cell]:
    """Return each box as its level, look, name, first copy, path, class and values; numbers above *exact* as text.

    Names stand once, by their number; the first copy, one higher, is 0 where it is called as the box is, the path
    where it follows from the first copy. Boxes that are merged for the whole picture alone are not among them: the
    script merges for what it draws.
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
            *(value if value <= exact else str(value) for value in box.values),
        ])  # fmt: skip
    tables: dict[str, Cell] = {"names": list(names), "kinds": list(kinds), "looks": list(looks)}
    return {"measures": list(picture.measures), **tables, "boxes": boxes}
