"""The island of a page that shows some rows of the tree: these and nothing of the others."""

from __future__ import annotations

from collections.abc import Sequence

from summarykit.exporters.html.page_data import More, facts_of, no_more, page_data_of
from summarykit.exporters.html.page_data_children import Inside, Siblings
from summarykit.exporters.html.page_data_strings import Texts, exact
from summarykit.exporters.view.tree import VisibleRows
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import FoldedRow, own_name
from summarykit.summary.folding.tree import sibling_runs
from summarykit.summary.selection import Chosen
from summarykit.summary.totals import added_up


def filtered_page_data(
    data: SummaryData, rows: Sequence[FoldedRow], visible: VisibleRows, chosen: Chosen, more: More = no_more
) -> dict[str, object]:
    """Return the rows that are *visible* of a folded tree, in their order, as ``island()`` does.

    Each row is a structure of its own, for what is shown inside one need not be shown inside its like. What is not
    shown counts in the row around it, so that what a search adds up is whole.
    """
    holds = [int(layer.explanation >= 0 and layer.alias_of < 0) for layer in data.layers]
    layers, parameters = added_up(data.layers, holds), data.columns.counted
    runs: list[list[tuple[int, Siblings]]] = [[] for _ in visible.places]
    names: list[list[str]] = [[] for _ in visible.places]
    same_structure = [0] * len(data.layers)
    here = [(layers[rows[place.row].layer], parameters[rows[place.row].layer]) for place in visible.places]
    for at, place in enumerate(visible.places):
        if place.parent >= 0:
            row, above = rows[place.row], here[place.parent]
            for run in sibling_runs(row.siblings, data, same_structure):
                first = data.layers[run[0]]
                siblings = Siblings(own_name(first, data), len(run), at, len(names[place.parent]))
                runs[place.parent].append((first.id, siblings))
            names[place.parent].append(row.name if row.copies > 1 else "")
            here[place.parent] = (
                above[0] - layers[row.layer] * row.copies,
                above[1] - parameters[row.layer] * row.copies,
            )
    texts = Texts()
    facts = []
    for place, (number, adds) in zip(visible.places, here, strict=True):
        layer = data.layers[rows[place.row].layer]
        cells = (
            facts_of(data, layer, texts, with_details=False)
            | {"layers": number, "adds": exact(adds)}
            | more(layer, texts)
        )
        if chosen.asked_for(layer.id) or chosen.around(layer.id):
            cells["holds"] = 1  # it is shown, though it holds nothing
        facts.append(cells)
    if chosen.selection.sort == "model":
        runs = [sorted(inside) for inside in runs]
    insides = [
        Inside([run for _, run in siblings], rows if len(rows) < len(siblings) else ())
        for siblings, rows in zip(runs, names, strict=True)
    ]
    return page_data_of(data, facts, insides, texts, sum(rows[place.row].times for place in visible.places))
