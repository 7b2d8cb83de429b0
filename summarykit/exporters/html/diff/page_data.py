"""What the script of a comparison's page knows: both models as one tree in little, each kind of change once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

from summarykit.exporters.html.diff.before_after import Sides
from summarykit.exporters.html.diff.table import detail_lines
from summarykit.exporters.html.diff.table_values import ChangeBlocks, ChangeDetails, ChangeTable, Side
from summarykit.exporters.html.page_data import first_of_each, in_little
from summarykit.exporters.html.page_data_children import insides_of
from summarykit.exporters.html.page_data_strings import EXACT, Cell, Texts, exact
from summarykit.exporters.view.diff.parts import equation, type_of
from summarykit.exporters.view.diff.rows import change_row, tells
from summarykit.exporters.view.diff.values import ChangeRow
from summarykit.exporters.view.values import Piece, Rich
from summarykit.exporters.view.words import place, visible
from summarykit.summary.diff import ChangeGroup
from summarykit.summary.diff.merged_tree import MergedTree
from summarykit.summary.diff.subtrees import ChangeWithParts

#: Of more changes those that stand alone are told by their places; a script finds them in the tree.
_MOST_NAMED = 2_000


def change_island(
    joint: MergedTree, groups: Sequence[ChangeGroup], table: ChangeTable, title: str, *, fold: bool
) -> dict[str, object]:
    """Return the tree of both models as ``island()`` does, and the changes as a list.

    Args:
        joint: Both models as one tree.
        groups: The changes that have a row in the list, in their order.
        table: Those that stand in the page, with what opening them shows.
        title: Heading of the page, by which the model itself is called.
        fold: Whether alike changes of repeated blocks are together in *groups*.

    """
    structures = joint.folding.structures
    first, numbers = first_of_each(structures)
    places = [joint.place(group.first) for group in groups]
    told = {structures[place] for place in places[: len(table.rows)]}
    says = _Says(joint)
    facts = [says.facts(place, untold=structures[place] not in told) for place in first]
    insides = insides_of(joint.tree, structures, first, numbers)
    page: dict[str, object] = {"page": "unfolded", "unfolded": 1, "shown": places[: len(table.rows)]}
    if fold:
        kinds = [numbers[structures[place]] for place in places]
        named = len(groups) <= _MOST_NAMED
        entries = [
            _entry(joint, group, at, kind, title) if named or len(group.told) > 1 else at
            for group, at, kind in zip(groups, places, kinds, strict=True)
        ]
        page = {"page": "list", "unfolded": 0, "list": entries}
    largest = max((abs(group.change.parameters) for group in groups), default=0)
    return {
        **says.totals(),
        "largest": exact(largest),
        "changes": sum(len(group.told) for group in groups),
        "modules": len(joint.tree.layers),
        **page,
        "rankings": _rankings(table.blocks),
        "switches": _switches(macs=joint.comparison.with_macs),
        **in_little(facts, insides, says.texts),
    }


def _entry(joint: MergedTree, group: ChangeGroup, at: int, kind: int, title: str) -> Cell:
    """Return a change: how it is called, its first copy, how many there are, and what kind of change it is."""
    layer = joint.tree.layers[at]
    first = 0 if len(group.told) == 1 else visible(layer.path)
    return [visible(place(group.path, layer.parent, title)), first, len(group.told), kind]


def _rankings(blocks: Sequence[ChangeBlocks]) -> dict[str, dict[str, Cell]]:
    """Return the rankings by measure and by grouping, but for the one that stands in the page."""
    found: dict[str, dict[str, Cell]] = {}
    for ranking in blocks:
        found.setdefault(ranking.measure, {})[ranking.by] = [
            [visible(b.label), visible(b.type), b.copies if b.name else 0, b.text, b.share, b.bar]
            for b in ranking.blocks
        ]
    return found


def _switches(*, macs: bool) -> list[Cell]:
    """Return the columns that can be switched: key, label, whether it is shown at first, whether it is a number."""
    found = [("type", "Type", 1, 0), ("formula", "Before, then after", 1, 0)]
    found += [("before", "Before", 1, 1), ("after", "After", 1, 1), ("change", "Change", 1, 1)]
    found += [("macs", "Multiply-adds", 1, 1)] * macs
    return [list(column) for column in (*found, ("bytes", "Bytes", 0, 1))]


class _Says:
    """What the rows of a tree say, each kind of row once."""

    def __init__(self, joint: MergedTree) -> None:
        self.joint = joint
        self.comparison = joint.comparison
        self.texts = Texts()
        self.sides = Sides(self.comparison)
        self.parameters, self.bytes, self.macs = map(joint.inside, (joint.parameters, joint.bytes, joint.macs))

    def totals(self) -> dict[str, object]:
        """Return by how much the whole changed, and whether there are numbers too large for a script's own."""
        change = self.comparison.change
        largest = max(max(each.before[0], each.after[0]) for each in (self.parameters, self.bytes, self.macs))
        return {"large": int(largest * 2 > EXACT), "total": exact(change.parameters)}

    def facts(self, place: int, *, untold: bool) -> dict[str, Cell]:
        """Return what a row of one copy says; 0 is nothing, or the empty text."""
        joint, number = self.joint, self.texts.number
        before, after = joint.before[place], joint.after[place]
        change, told = joint.changes[place], joint.told.get(place)
        path = joint.tree.layers[place].path
        data, layer = (self.comparison.after, after) if after >= 0 else (self.comparison.before, before)
        stands = told or (ChangeWithParts(change, (change,)) if change else None)
        group = ChangeGroup(path, (stands,)) if stands else None
        row = change_row(self.comparison, group, "") if group else None
        held = equation(data, [layer])
        lines = detail_lines(row) if row else ((Piece(held),),) if held != "–" else ()
        facts: dict[str, Cell] = {
            "type": number(type_of(data, layer)),
            "word": number(row.word if row else ""),
            "words": number(" ".join(row.words) if row else ""),
            "lines": [self._pieces(line, path) for line in lines] or 0,
            "was": number(row.before if row else held),
            "now": number(row.after if row else held),
            "before": exact(self.parameters.before[place]),
            "after": exact(self.parameters.after[place]),
            "bytes": exact(self.bytes.change[place]),
            "macs": exact(self.macs.change[place]),
            "sides": (before >= 0) + 2 * (after >= 0),
            "touched": int(joint.change_counts[place] > 0),
        }
        if row and group and told and tells(self.comparison, group):
            facts |= self._listed(row, told)
        if change or told or data.layers[layer].explanation >= 0:
            facts["more"] = 1
            if untold:
                facts["details"] = self._details(self.sides.details(before, after, change, told))
        return facts

    @staticmethod
    def _listed(row: ChangeRow, told: ChangeWithParts) -> dict[str, Cell]:
        """Return what a row of the list counts: of a layer that is not told with all inside, its own."""
        return {
            "listed": 2 if len(told.changes) > 1 else 1,
            "toldBefore": exact(row.before_value),
            "toldAfter": exact(row.after_value),
            "toldBytes": exact(row.bytes_value),
            "toldMacs": exact(row.macs_value),
        }

    def _pieces(self, line: Rich, path: str) -> list[Cell]:
        """Return a line: texts, and names as so many parts of the row's own path and what follows them."""
        return [self._name(piece.text, path) if piece.code else self.texts.number(piece.text) for piece in line]

    def _name(self, name: str, path: str) -> list[Cell]:
        parts = name.split(".")
        shared = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(parts, path.split("."), strict=False))))
        rest = "".join(f".{part}" for part in parts[shared:]) if shared else name
        return [shared, self.texts.number(rest)]

    def _details(self, details: ChangeDetails) -> list[Cell]:
        """Return an opened row as lists: boxes of lines, then tensors, five cells each."""
        sides = (("Before", details.before), ("After", details.after))
        if details.alike:
            sides = (("Before and after", details.after), ("", None))
        boxes = [list(_side(label, side)) for label, side in sides if side]
        rest = [f"{part.word} {part.path} {part.type} {part.formula}" for part in details.parts]
        rest = [*_settings(details), *rest, details.parts_left_out, details.macs]
        tensors = [("", "Before", "After", "", "")] * bool(details.tensors)
        tensors += [
            (t.name, t.before, t.after, ", ".join(filter(None, (t.words, t.loading))), t.kind) for t in details.tensors
        ]
        return [
            [[self.texts.number(text) for text in box if text] for box in (*boxes, rest) if any(box)],
            [self.texts.number(text) for tensor in tensors for text in tensor],
        ]


def _settings(details: ChangeDetails) -> Iterator[str]:
    if details.settings:
        yield f"Settings: {', '.join(''.join(piece.text for piece in setting) for setting in details.settings)}"


def _side(label: str, side: Side) -> Iterator[str]:
    yield f"{label} · {side.type}"
    found = side.details
    if found:
        yield found.equation
        yield "".join(piece.text for piece in found.sentence)
        yield found.formula
        yield f"{found.sign} {found.word} {found.grade}{' · ' * bool(found.origin)}{found.origin}".strip()
    yield side.held
