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


def island_of_some(
    data: SummaryData, rows: Sequence[FoldedRow], shown: VisibleRows, chosen: Chosen, more: More = no_more
) -> dict[str, object]:
    """Return the rows that are *shown* of a folded tree, in their order, as ``island()`` does.

    Each row is a structure of its own, for what is shown inside one need not be shown inside its like. What is not
    shown counts in the row around it, so that what a search adds up is whole.
    """
    held = [int(layer.explanation >= 0 and layer.alias_of < 0) for layer in data.layers]
    layers, counted = added_up(data.layers, held), data.columns.counted
    runs: list[list[tuple[int, Siblings]]] = [[] for _ in shown.places]
    names: list[list[str]] = [[] for _ in shown.places]
    alike = [0] * len(data.layers)
    here = [(layers[rows[place.row].layer], counted[rows[place.row].layer]) for place in shown.places]
    for at, place in enumerate(shown.places):
        if place.parent >= 0:
            row, above = rows[place.row], here[place.parent]
            for run in sibling_runs(row.siblings, data, alike):
                first = data.layers[run[0]]
                told = Siblings(own_name(first, data), len(run), at, len(names[place.parent]))
                runs[place.parent].append((first.id, told))
            names[place.parent].append(row.name if row.copies > 1 else "")
            here[place.parent] = (
                above[0] - layers[row.layer] * row.copies,
                above[1] - counted[row.layer] * row.copies,
            )
    texts = Texts()
    facts = []
    for place, (number, adds) in zip(shown.places, here, strict=True):
        layer = data.layers[rows[place.row].layer]
        said = facts_of(data, layer, texts, untold=False) | {"layers": number, "adds": exact(adds)} | more(layer, texts)
        if chosen.asked_for(layer.id) or chosen.around(layer.id):
            said["holds"] = 1  # it is shown, though it holds nothing
        facts.append(said)
    if chosen.selection.sort == "model":
        runs = [sorted(inside) for inside in runs]
    insides = [
        Inside([run for _, run in told], rows if len(rows) < len(told) else ())
        for told, rows in zip(runs, names, strict=True)
    ]
    return page_data_of(data, facts, insides, texts, sum(rows[place.row].times for place in shown.places))
