"""``build_picture()``: the boxes of the icicle with positions and texts."""

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

#: At most so many levels of the tree are visible at once.
MOST_LEVELS = 12
#: Units along the width, about a hundredth of a pixel; integers, so that boxes add up to the one above them.
_WIDTH = 10**5
#: Pixels a letter takes, and the free pixels beside a text.
_LETTER, _MARGIN = 7.4, 10
_LONGEST_NAME, _LONGEST_PATH = 60, 120
_NO_NAME = '""'


class _Scale(NamedTuple):
    """What the width of a box may be proportional to."""

    words: str
    unit: str  #: one of what it counts
    measure: Measure


class _Place(NamedTuple):
    """Where a part is drawn, in units along the width."""

    part: Part
    number: int  #: in the tree; -1 for neighbours merged for this picture alone
    level: int
    left: int
    width: int
    visible: bool


def build_picture(data: SummaryData, folding: Folding, title: str, change_counts: Sequence[int] = ()) -> Picture | None:
    """Return the icicle of the folded tree; None for a model without parts to compare.

    Args:
        data: The summary.
        folding: Its folded form; layers that changed must be in other rows than those that did not.
        title: The name of the model.
        change_counts: For each layer how many layers changed there or inside; empty without a diff.

    """
    measures = _measures(data)
    if not measures:
        return None
    tree = chosen_parts(folding, [each.measure for each in measures])
    if not tree.inside[0]:
        return None
    words = _BoxWriter(data, tree, measures, change_counts)
    places = list(_places(tree))
    boxes = tuple(map(words.box, places))
    looks = {look for box in boxes for look in box.look.split()}
    return Picture(
        measures=tuple(each.words for each in measures),
        boxes=boxes,
        levels=1 + max(box.level for box in boxes if box.shown),
        looks=tuple(look for look in LOOKS if look.look in looks),
        caption=_caption([each.words for each in measures], title, marks="changed" in looks),
        left_out=_left_out(folding, tree, measures),
    )


def _measures(data: SummaryData) -> list[_Scale]:
    """Return the measures of the width; bytes only if they differ from parameters by more than a factor."""
    measures = [_Scale("parameters", "parameter", by_parameters(data))]
    if data.totals.macs:
        suffix = ", assumed sizes" if data.trace.approximate else ""
        measures.append(_Scale(f"multiply-adds (MACs){suffix}", "multiply-add", by_macs(data)))
    sizes, totals = data.columns.bytes, data.totals
    if any(size * totals.parameters != own * totals.bytes for size, own in zip(sizes, data.columns.adds, strict=True)):
        measures.append(_Scale("bytes", "byte", Measure(sizes, added_up(data.layers, sizes), totals.bytes)))
    return [each for each in measures if each.measure.total > 0]


def _caption(measures: Sequence[str], title: str, *, marks: bool) -> str:
    width = f"its {measures[0]}" if len(measures) == 1 else "its share"
    text = f"Each box is a part of {title}, as wide as {width}; below it stands what it consists of."
    return f"{text} What changed, itself or inside, has a broken outline." if marks else text


def _left_out(folding: Folding, tree: Tree, measures: Sequence[_Scale]) -> str:
    """Return how many rows of the tree have no box of their own."""
    holding = sum(any(each.measure.inside[row.layer] for each in measures) for row in folding.rows)
    paths = {row.path for part in tree.parts if not part.merged_count for row in part.rows}
    number = holding - len(paths)
    if number <= 0:
        return ""
    has = "has no box of its own: it stands" if number == 1 else "have no box of their own: they stand"
    rows = count_noun(number, "smaller row")
    return f"{rows} of the tree {has} merged, or inside a box that does not open. Every width counts them."


def _places(tree: Tree) -> Iterator[_Place]:
    """Yield each part below the model and where it is drawn, in the order of the tree, small neighbours merged."""
    whole = _Place(tree.parts[0], 0, -1, 0, _WIDTH, visible=True)
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
    level, visible = above.level + 1, above.visible and above.level + 1 < MOST_LEVELS
    places: list[_Place] = []
    run: list[_Place] = []
    for number, (left, right) in zip(numbers, pairwise(edges), strict=True):
        place = _Place(tree.parts[number], number, level, above.left + left, right - left, visible)
        small = visible and _pixels(place.width) < MIN_WIDTH
        if small:
            run.append(place)
        if not small or _pixels(place.left + place.width - run[0].left) >= CLOSE:
            places += _merge(run, above)
            run = []
        if not small:
            places.append(place)
    return places + _merge(run, above)


def _pixels(width: int) -> float:
    return width * FULL / _WIDTH


def _merge(run: list[_Place], above: _Place) -> list[_Place]:
    """Return neighbours that are too small to be visible as one box, and each of them for a zoom.

    A box as wide as the one *above* is left out: it would show nothing new.
    """
    holders = [place for place in run if place.part.values[0]]
    if len(holders) < 2:
        return run
    small = [place._replace(visible=False) for place in run]
    width = run[-1].left + run[-1].width - run[0].left
    if width == above.width:
        return small
    values = tuple(map(sum, zip(*(place.part.values for place in holders), strict=True)))
    count = sum(place.part.merged_count or 1 for place in holders)
    rows = (holders[0].part.rows[0], holders[-1].part.rows[-1])
    part = Part(run[0].part.parent, rows, values, merged_count=count)
    return [_Place(part, -1, run[0].level, run[0].left, width, visible=True), *small]


class _BoxWriter:
    """Writes the boxes: names, paths, facts and looks."""

    def __init__(self, data: SummaryData, tree: Tree, measures: Sequence[_Scale], change_counts: Sequence[int]) -> None:
        self.data = data
        self.tree = tree
        self.change_counts = change_counts
        self.units = [each.unit for each in measures]
        self.totals = [each.measure.total for each in measures]

    def box(self, place: _Place) -> PictureBox:
        part = place.part
        last = part.rows[-1]
        name, path = self._names(part)
        facts = tuple(map(self._fact, self.units, part.values, self.totals))
        return PictureBox(
            level=place.level,
            name=name,
            text=_fit(name, share(part.values[0], self.totals[0]), _pixels(place.width)) if place.visible else "",
            path=self._below(part, path),
            at=self._at(part),
            type="" if part.merged_count else f"{self._type(last)}{' · changed' * self._is_changed(last)}",
            look=self._look(place),
            values=part.values,
            facts=facts,
            left=_percent(place.left),
            width=_percent(place.width),
            shown=place.visible and (place.number < 0 or _pixels(place.width) >= MIN_WIDTH),
            passing=place.number < 0,
            merged=part.merged_count,
            opens=place.number >= 0 and bool(self.tree.inside[place.number]),
        )

    def _fact(self, unit: str, value: int, total: int) -> str:
        return f"{count_noun(value, unit) if value else f'no {unit}s'} · {share(value, total)}"

    def _type(self, row: FoldedRow) -> str:
        return self.data.records.types[self.data.layers[row.layer].type].name

    def _is_changed(self, row: FoldedRow) -> bool:
        return bool(self.change_counts and self.change_counts[row.layer])

    def _look(self, place: _Place) -> str:
        part = place.part
        if part.merged_count:
            return "small"
        layer = part.rows[-1].layer
        look = look_of(self.data, layer) if part.itself or self._holds_all(part) else "inside"
        return f"{look} changed" if self._is_changed(part.rows[-1]) else look

    def _holds_all(self, part: Part) -> bool:
        return self.data.columns.adds[part.rows[-1].layer] == self.data.columns.counted[part.rows[-1].layer]

    def _at(self, part: Part) -> str:
        """Return the path of the first copy, from the part around it; empty for what has no row of its own."""
        if part.itself or part.merged_count:
            return ""
        path = self.data.layers[part.rows[-1].layer].path
        above = self._around(part)
        return path[len(above) + 1 :] if above else path

    def _around(self, part: Part) -> str:
        around = self.tree.parts[part.parent]
        while around.merged_count:
            around = self.tree.parts[around.parent]
        return self.data.layers[around.rows[-1].layer].path if around.parent >= 0 else ""

    def _names(self, part: Part) -> tuple[str, str]:
        first, last = part.rows[0], part.rows[-1]
        if part.merged_count:
            text = f"{group_digits(part.merged_count)} small"
            return text, f"{text}: {shorten(first.path, 50)} … {shorten(last.path, 50)}"
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
        relative = above.parent >= 0 and not above.merged_count and not part.merged_count and "…" not in path
        return path[len(start) - 1 :] if relative and path.startswith(start) else path

    def _name(self, part: Part) -> str:
        """Return ``layers 0–31`` for a chain, and a number with what it is a number of: ``layer4 0``, ``Linear 0``."""
        names = [row.name for row in part.rows]
        if not is_range(names[0]):
            above: list[str] = []
        else:
            around = part.rows[0].path.removesuffix(names[0]).rstrip(".").rpartition(".")[2]
            above = [around if around and not is_range(around) else self._type(part.rows[-1])]
        text = ""
        for name in (*above, *names):
            between = " " if is_range(name) else "."
            text += f"{between if text else ''}{name or _NO_NAME}"
        return text


def _copies(part: Part) -> int:
    """Return how many copies the ranges in the name of a part include."""
    copies = 1
    for row in part.rows:
        copies *= row.copies
    return copies


def _percent(width: int) -> str:
    text = f"{width // 1000}.{width % 1000:03}"
    return f"{text.rstrip('0').rstrip('.')}%"


def _fit(name: str, part: str, pixels: float) -> str:
    """Return as much of a name as fits in a box, with its share if there is space."""
    letters = int((pixels - _MARGIN) / _LETTER)
    if pixels < LABEL_WIDTH:
        return ""
    full = f"{name} · {part}"
    if len(full) <= letters:
        return full
    return name if len(name) <= letters else f"{name[: letters - 1]}…"
