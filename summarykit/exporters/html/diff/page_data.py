"""Page data of a diff: both models as one compact tree for the script, each kind of change once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

from summarykit.exporters.html.cells import EXACT, Cell, Texts, exact
from summarykit.exporters.html.diff.before_after import BeforeAfter
from summarykit.exporters.html.diff.table import detail_lines
from summarykit.exporters.html.diff.table_values import ChangeBlocks, ChangeDetails, ChangeTable, Side
from summarykit.exporters.html.page_data import first_of_each, insides_of, tree_cells
from summarykit.exporters.view.diff.parts import equation, type_of
from summarykit.exporters.view.diff.rows import change_row, has_own_row
from summarykit.exporters.view.diff.values import ChangeRow
from summarykit.exporters.view.values import Piece, Rich
from summarykit.exporters.view.words import place, visible
from summarykit.summary.diff import ChangeGroup
from summarykit.summary.diff.merged_tree import Joint
from summarykit.summary.diff.subtrees import ChangeWithParts

#: With more changes than this, single ones are listed by their position; the script finds them in the tree.
_MOST_NAMES = 2_000


def diff_page_data(
    merged_tree: Joint, groups: Sequence[ChangeGroup], table: ChangeTable, title: str, *, fold: bool
) -> dict[str, object]:
    """Return the tree of both models encoded as in ``whole_page_data()``, and the changes as a list.

    Args:
        merged_tree: Both models as one tree.
        groups: The changes that have a row in the list, in their order.
        table: Those that are in the page, with their details.
        title: Heading of the page, which names the model itself.
        fold: Whether *groups* has equal changes of repeated blocks together.

    """
    structures = merged_tree.folding.structures
    first, numbers = first_of_each(structures)
    places = [merged_tree.place(group.first) for group in groups]
    in_page = {structures[place] for place in places[: len(table.rows)]}
    row_facts = _RowFacts(merged_tree)
    facts = [row_facts.facts(place, with_details=structures[place] not in in_page) for place in first]
    insides = insides_of(merged_tree.tree, structures, first, numbers)
    page: dict[str, object] = {"page": "unfolded", "unfolded": 1, "shown": places[: len(table.rows)]}
    if fold:
        kinds = [numbers[structures[place]] for place in places]
        with_names = len(groups) <= _MOST_NAMES
        entries = [
            _entry(merged_tree, group, at, kind, title) if with_names or len(group.told) > 1 else at
            for group, at, kind in zip(groups, places, kinds, strict=True)
        ]
        page = {"page": "list", "unfolded": 0, "list": entries}
    largest = max((abs(group.change.parameters) for group in groups), default=0)
    return {
        **row_facts.totals(),
        "largest": exact(largest),
        "changes": sum(len(group.told) for group in groups),
        "modules": len(merged_tree.tree.layers),
        **page,
        "rankings": _rankings(table.blocks),
        "switches": _switches(macs=merged_tree.comparison.with_macs),
        **tree_cells(facts, insides, row_facts.texts),
    }


def _entry(merged_tree: Joint, group: ChangeGroup, at: int, kind: int, title: str) -> Cell:
    """Return a change: its name, its first copy, the number of copies, and the kind of change."""
    layer = merged_tree.tree.layers[at]
    first = 0 if len(group.told) == 1 else visible(layer.path)
    return [visible(place(group.path, layer.parent, title)), first, len(group.told), kind]


def _rankings(blocks: Sequence[ChangeBlocks]) -> dict[str, dict[str, Cell]]:
    """Return the rankings by measure and by grouping, encoded for the script."""
    cells: dict[str, dict[str, Cell]] = {}
    for ranking in blocks:
        cells.setdefault(ranking.measure, {})[ranking.by] = [
            [visible(b.label), visible(b.type), b.copies if b.name else 0, b.text, b.share, b.bar]
            for b in ranking.blocks
        ]
    return cells


def _switches(*, macs: bool) -> list[Cell]:
    """Return the columns that can be switched: key, label, whether visible at first, whether a number."""
    columns = [("type", "Type", 1, 0), ("formula", "Before, then after", 1, 0)]
    columns += [("before", "Before", 1, 1), ("after", "After", 1, 1), ("change", "Change", 1, 1)]
    columns += [("macs", "Multiply-adds", 1, 1)] * macs
    return [list(column) for column in (*columns, ("bytes", "Bytes", 0, 1))]


class _RowFacts:
    """The facts of the rows of the tree, each kind of row once."""

    def __init__(self, merged_tree: Joint) -> None:
        self.merged_tree = merged_tree
        self.comparison = merged_tree.comparison
        self.texts = Texts()
        self.before_after = BeforeAfter(self.comparison)
        self.parameters, self.bytes, self.macs = map(
            merged_tree.inside, (merged_tree.parameters, merged_tree.bytes, merged_tree.macs)
        )

    def totals(self) -> dict[str, object]:
        """Return the change of the total, and whether there are numbers too large for the script."""
        change = self.comparison.change
        largest = max(max(each.before[0], each.after[0]) for each in (self.parameters, self.bytes, self.macs))
        return {"large": int(largest * 2 > EXACT), "total": exact(change.parameters)}

    def facts(self, place: int, *, with_details: bool) -> dict[str, Cell]:
        """Return the facts of a row of one copy; 0 is nothing, or the empty text."""
        merged_tree, number = self.merged_tree, self.texts.number
        before, after = merged_tree.before[place], merged_tree.after[place]
        change, with_parts = merged_tree.changes[place], merged_tree.told.get(place)
        path = merged_tree.tree.layers[place].path
        data, layer = (self.comparison.after, after) if after >= 0 else (self.comparison.before, before)
        parts = with_parts or (ChangeWithParts(change, (change,)) if change else None)
        group = ChangeGroup(path, (parts,)) if parts else None
        row = change_row(self.comparison, group, "") if group else None
        formula = equation(data, [layer])
        lines = detail_lines(row) if row else ((Piece(formula),),) if formula != "–" else ()
        facts: dict[str, Cell] = {
            "type": number(type_of(data, layer)),
            "word": number(row.word if row else ""),
            "words": number(" ".join(row.words) if row else ""),
            "lines": [self._pieces(line, path) for line in lines] or 0,
            "was": number(row.before if row else formula),
            "now": number(row.after if row else formula),
            "before": exact(self.parameters.before[place]),
            "after": exact(self.parameters.after[place]),
            "bytes": exact(self.bytes.change[place]),
            "macs": exact(self.macs.change[place]),
            "sides": (before >= 0) + 2 * (after >= 0),
            "touched": int(merged_tree.touched[place] > 0),
        }
        if row and group and with_parts and has_own_row(self.comparison, group):
            facts |= self._list_facts(row, with_parts)
        if change or with_parts or data.layers[layer].explanation >= 0:
            facts["more"] = 1
            if with_details:
                facts["details"] = self._details(self.before_after.details(before, after, change, with_parts))
        return facts

    @staticmethod
    def _list_facts(row: ChangeRow, with_parts: ChangeWithParts) -> dict[str, Cell]:
        """Return the counts of a row of the list: with everything inside, or of the layer alone."""
        return {
            "listed": 2 if len(with_parts.changes) > 1 else 1,
            "toldBefore": exact(row.before_value),
            "toldAfter": exact(row.after_value),
            "toldBytes": exact(row.bytes_value),
            "toldMacs": exact(row.macs_value),
        }

    def _pieces(self, line: Rich, path: str) -> list[Cell]:
        """Return a line: texts, and names as the number of parts shared with the row's path and the rest."""
        return [self._name(piece.text, path) if piece.code else self.texts.number(piece.text) for piece in line]

    def _name(self, name: str, path: str) -> list[Cell]:
        parts = name.split(".")
        prefix = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(parts, path.split("."), strict=False))))
        rest = "".join(f".{part}" for part in parts[prefix:]) if prefix else name
        return [prefix, self.texts.number(rest)]

    def _details(self, details: ChangeDetails) -> list[Cell]:
        """Return an opened row as lists: boxes of lines, then tensors, five cells each."""
        before_after = (("Before", details.before), ("After", details.after))
        if details.alike:
            before_after = (("Before and after", details.after), ("", None))
        boxes = [list(_side(label, side)) for label, side in before_after if side]
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
    details = side.details
    if details:
        yield details.equation
        yield "".join(piece.text for piece in details.sentence)
        yield details.formula
        yield f"{details.sign} {details.word} {details.grade}{' · ' * bool(details.origin)}{details.origin}".strip()
    yield side.held
