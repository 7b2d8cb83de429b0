"""What stands below each kind of layer, for the script of a page: in the order of the model, and folded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from summarykit.exporters.html.page_data_strings import Cell
from summarykit.exporters.view.words import visible
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import is_number, own_name
from summarykit.summary.folding.naming import spans
from summarykit.summary.folding.tree import sibling_runs, taking_turns


class Siblings(NamedTuple):
    """Siblings of one structure whose names count up: the first name, and how many there are."""

    name: str
    copies: int
    structure: int
    row: int  #: in which of the rows beside each other they stand, folded


class Inside(NamedTuple):
    """What stands right below a row, in the order of the model."""

    runs: Sequence[Siblings]
    turns: Sequence[str]  #: where runs take turns, what each row of several is called, folded; else nothing


def insides_of(
    data: SummaryData, structures: Sequence[int], firsts: Sequence[int], numbers: dict[int, int]
) -> list[Inside]:
    """Return for each structure what stands right below it."""
    children: dict[int, list[int]] = {layer: [] for layer in firsts}
    for layer in data.layers[1:]:
        if layer.parent in children:
            children[layer.parent].append(layer.id)
    insides = []
    for below in children.values():
        runs = sibling_runs(below, data, structures)
        rows = taking_turns(runs, data, structures)
        in_order = sorted((run, at) for at, row in enumerate(rows) for run in row)
        insides.append(
            Inside(
                [Siblings(_name(data, run[0]), len(run), numbers[structures[run[0]]], at) for run, at in in_order],
                [_row_name(data, row) for row in rows] if len(rows) < len(runs) else (),
            )
        )
    return insides


def _row_name(data: SummaryData, row: Sequence[Sequence[int]]) -> str:
    """Return what a row of these runs is called, folded; empty for a single run."""
    return spans(_name(data, layer) for run in row for layer in run) if len(row) > 1 else ""


def _name(data: SummaryData, layer: int) -> str:
    return own_name(data.layers[layer], data)


def run_cells(runs: Sequence[Siblings], names: dict[str, int]) -> list[Cell]:
    """Return runs as one list, three cells a run: the name's place among all *names* from 1, copies, structure.

    A number that counts on from the run before it is left out (0).
    """
    cells: list[Cell] = []
    due = "0"
    for name, copies, structure, _ in runs:
        place = 0 if due and name == due else names.setdefault(visible(name), len(names)) + 1
        cells += [place, copies, structure]
        due = str(int(name) + copies) if is_number(name) else ""
    return cells
