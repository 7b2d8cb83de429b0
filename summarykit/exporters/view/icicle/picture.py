"""``picture()``: the boxes in their places, with what is written on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from summarykit.exporters.view.blocks import Measure, by_macs, by_parameters
from summarykit.exporters.view.icicle.looks import LOOKS, look_of
from summarykit.exporters.view.icicle.parts import CLOSE, FULL, LABEL_WIDTH, MIN_WIDTH, Part, Tree, chosen_parts
from summarykit.exporters.view.values.picture import Picture, PictureBox
from summarykit.exporters.view.words import count_noun, is_range, share, shorten
from summarykit.expression import group_digits
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import FoldedRow, Folding
from summarykit.summary.totals import added_up

#: Levels of the tree that are shown at once.
MOST_LEVELS = 12
#: Places along the width, a hundredth of a pixel each; whole numbers, so that boxes add up to the one above them.
_WIDTH = 10**5
#: Pixels a letter takes, and those that stay free beside a text.
_LETTER, _MARGIN = 7.4, 10
_LONGEST_NAME, _LONGEST_PATH = 60, 120
_NO_NAME = '""'


class _Place(NamedTuple):
    """Where a part is drawn, in places along the width."""

    part: Part
    number: int  #: in the tree; -1 for neighbours merged for this picture alone
    level: int
    left: int
    width: int
    shown: bool


def picture(data: SummaryData, folding: Folding, title: str, changed: Sequence[int] = ()) -> Picture | None:
    """Return the picture of the folded tree; None where there is nothing to compare.

    Args:
        data: The summary.
        folding: Its folded form; layers that are *changed* must stand apart from those that are not.
        title: What the model is called.
        changed: For each layer how many changed there or inside; empty where nothing is compared.

    """
    measures = _measures(data)
    if not measures:
        return None
    tree = chosen_parts(folding, [measure for _, measure in measures])
    if not tree.inside[0]:
        return None
    words = _Words(data, tree, measures, changed)
    places = list(_places(tree))
    boxes = tuple(map(words.box, places))
    found = {look for box in boxes for look in box.look.split()}
    return Picture(
        measures=tuple(word for word, _ in measures),
        boxes=boxes,
        levels=1 + max(box.level for box in boxes if box.shown),
        looks=tuple(look for look in LOOKS if look[0] in found),
        caption=_caption([word for word, _ in measures], title, marks="changed" in found),
        left_out=_left_out(folding, tree, measures),
    )


def _measures(data: SummaryData) -> list[tuple[str, Measure]]:
    """Return what widths can stand for; bytes only where they tell more than parameters."""
    found = [("parameters", by_parameters(data))]
    if data.totals.macs:
        assumed = ", assumed sizes" if data.trace.approximate else ""
        found.append((f"multiply-adds (MACs){assumed}", by_macs(data)))
    sizes, totals = data.columns.bytes, data.totals
    if any(size * totals.parameters != own * totals.bytes for size, own in zip(sizes, data.columns.adds, strict=True)):
        found.append(("bytes", Measure(sizes, added_up(data.layers, sizes), totals.bytes)))
    return [(word, measure) for word, measure in found if measure.total > 0]


def _caption(measures: Sequence[str], title: str, *, marks: bool) -> str:
    width = f"its {measures[0]}" if len(measures) == 1 else "its share"
    told = f"Each box is a part of {title}, as wide as {width}; below it stands what it consists of."
    return f"{told} What changed, itself or inside, has a broken outline." if marks else told


def _left_out(folding: Folding, tree: Tree, measures: Sequence[tuple[str, Measure]]) -> str:
    """Return how many rows of the tree have no box of their own."""
    holding = sum(any(measure.inside[row.layer] for _, measure in measures) for row in folding.rows)
    drawn = {row.path for part in tree.parts if not part.merged for row in part.rows}
    number = holding - len(drawn)
    if number <= 0:
        return ""
    has = "has no box of its own: it stands" if number == 1 else "have no box of their own: they stand"
    rows = count_noun(number, "smaller row")
    return f"{rows} of the tree {has} merged, or inside a box that does not open. Every width counts them."


def _places(tree: Tree) -> Iterator[_Place]:
    """Yield each part below the model and where it is drawn, in the order of the tree, small neighbours merged."""
    whole = _Place(tree.parts[0], 0, -1, 0, _WIDTH, shown=True)
    stack = list(reversed(_inside(tree, whole)))
    while stack:
        place = stack.pop()
        yield place
        if place.number >= 0:
            stack += reversed(_inside(tree, place))


def _inside(tree: Tree, above: _Place) -> list[_Place]:
    """Return the places of what is inside one part: side by side in its width, too small ones merged or not shown."""
    numbers = tree.inside[above.number]
    total, so_far, edges = above.part.values[0], 0, [0]
    for number in numbers:
        so_far += tree.parts[number].values[0]
        edges.append((2 * so_far * above.width + total) // (2 * total) if total else 0)
    level, shown = above.level + 1, above.shown and above.level + 1 < MOST_LEVELS
    found: list[_Place] = []
    run: list[_Place] = []
    for number, (left, right) in zip(numbers, pairwise(edges), strict=True):
        place = _Place(tree.parts[number], number, level, above.left + left, right - left, shown)
        small = shown and _pixels(place.width) < MIN_WIDTH
        if small:
            run.append(place)
        if not small or _pixels(place.left + place.width - run[0].left) >= CLOSE:
            found += _merged(run, above)
            run = []
        if not small:
            found.append(place)
    return found + _merged(run, above)


def _pixels(width: int) -> float:
    return width * FULL / _WIDTH


def _merged(run: list[_Place], above: _Place) -> list[_Place]:
    """Return neighbours too small to be seen as one box, and each of them for a closer look.

    One box as wide as that *above* would tell nothing, and is left out.
    """
    held = [place for place in run if place.part.values[0]]
    if len(held) < 2:
        return run
    hidden = [place._replace(shown=False) for place in run]
    width = run[-1].left + run[-1].width - run[0].left
    if width == above.width:
        return hidden
    values = tuple(map(sum, zip(*(place.part.values for place in held), strict=True)))
    count = sum(place.part.merged or 1 for place in held)
    rows = (held[0].part.rows[0], held[-1].part.rows[-1])
    part = Part(run[0].part.parent, rows, values, merged=count)
    return [_Place(part, -1, run[0].level, run[0].left, width, shown=True), *hidden]


class _Words:
    """What is written on a box."""

    def __init__(
        self, data: SummaryData, tree: Tree, measures: Sequence[tuple[str, Measure]], changed: Sequence[int]
    ) -> None:
        self.data = data
        self.tree = tree
        self.changed = changed
        self.units = [word.partition(" ")[0].removesuffix("s") for word, _ in measures]
        self.totals = [measure.total for _, measure in measures]

    def box(self, place: _Place) -> PictureBox:
        part = place.part
        name, path = self._names(part)
        facts = tuple(map(self._fact, self.units, part.values, self.totals))
        return PictureBox(
            level=place.level,
            name=name,
            text=_fitting(name, share(part.values[0], self.totals[0]), _pixels(place.width)) if place.shown else "",
            path=self._below(part, path),
            at=self._at(part),
            type="" if part.merged else f"{self._type(part.rows[-1])}{' · changed' * self._is_changed(part.rows[-1])}",
            look=self._look(place),
            values=part.values,
            facts=facts,
            left=_percent(place.left),
            width=_percent(place.width),
            shown=place.shown and (place.number < 0 or _pixels(place.width) >= MIN_WIDTH),
            passing=place.number < 0,
            merged=part.merged,
            opens=place.number >= 0 and bool(self.tree.inside[place.number]),
        )

    def _fact(self, unit: str, value: int, total: int) -> str:
        return f"{count_noun(value, unit) if value else f'no {unit}s'} · {share(value, total)}"

    def _type(self, row: FoldedRow) -> str:
        return self.data.records.types[self.data.layers[row.layer].type].name

    def _is_changed(self, row: FoldedRow) -> bool:
        return bool(self.changed and self.changed[row.layer])

    def _look(self, place: _Place) -> str:
        part = place.part
        if part.merged:
            return "small"
        layer = part.rows[-1].layer
        look = look_of(self.data, layer) if part.itself or self._holds_all(part) else "inside"
        return f"{look} changed" if self._is_changed(part.rows[-1]) else look

    def _holds_all(self, part: Part) -> bool:
        return self.data.columns.adds[part.rows[-1].layer] == self.data.columns.counted[part.rows[-1].layer]

    def _at(self, part: Part) -> str:
        """Return the path of the first copy, from the part around it; empty for what has no row of its own."""
        if part.itself or part.merged:
            return ""
        path = self.data.layers[part.rows[-1].layer].path
        above = self._around(part)
        return path[len(above) + 1 :] if above else path

    def _around(self, part: Part) -> str:
        around = self.tree.parts[part.parent]
        while around.merged:
            around = self.tree.parts[around.parent]
        return self.data.layers[around.rows[-1].layer].path if around.parent >= 0 else ""

    def _names(self, part: Part) -> tuple[str, str]:
        first, last = part.rows[0], part.rows[-1]
        if part.merged:
            said = f"{group_digits(part.merged)} small"
            return said, f"{said}: {shorten(first.path, 50)} … {shorten(last.path, 50)}"
        if part.itself:
            name = last.name or self._type(last)
            return (
                f"{shorten(name, _LONGEST_NAME)} (itself)",
                f"{shorten(last.path or name, _LONGEST_PATH)} (itself)",
            )
        copies, times = (f" × {group_digits(number)}" if number > 1 else "" for number in (_copies(part), last.times))
        name = shorten(self._name(part), _LONGEST_NAME)
        return f"{name}{copies}", f"{shorten(last.path, _LONGEST_PATH)}{times}"

    def _below(self, part: Part, path: str) -> str:
        """Return *path* without that of the part around it, ``.up × 12``, where it begins with it."""
        above = self.tree.parts[part.parent]
        start = f"{above.rows[-1].path}."
        told = above.parent >= 0 and not above.merged and not part.merged and "…" not in path
        return path[len(start) - 1 :] if told and path.startswith(start) else path

    def _name(self, part: Part) -> str:
        """Return ``layers 0–31`` for a chain, and a number with what it is a number of: ``layer4 0``, ``Linear 0``."""
        names = [row.name for row in part.rows]
        if not is_range(names[0]):
            above: list[str] = []
        else:
            around = part.rows[0].path.removesuffix(names[0]).rstrip(".").rpartition(".")[2]
            above = [around if around and not is_range(around) else self._type(part.rows[-1])]
        said = ""
        for name in (*above, *names):
            between = " " if is_range(name) else "."
            said += f"{between if said else ''}{name or _NO_NAME}"
        return said


def _copies(part: Part) -> int:
    """Return how many the numbers in the name of a part stand for."""
    copies = 1
    for row in part.rows:
        copies *= row.copies
    return copies


def _percent(width: int) -> str:
    text = f"{width // 1000}.{width % 1000:03}"
    return f"{text.rstrip('0').rstrip('.')}%"


def _fitting(name: str, part: str, pixels: float) -> str:
    """Return what of a name fits in a box, with its share where there is room."""
    letters = int((pixels - _MARGIN) / _LETTER)
    if pixels < LABEL_WIDTH:
        return ""
    full = f"{name} · {part}"
    if len(full) <= letters:
        return full
    return name if len(name) <= letters else f"{name[: letters - 1]}…"
