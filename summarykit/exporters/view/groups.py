"""The flat list of layers with parameters or MACs, folded by the pattern of their paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from summarykit.exporters.view.columns import cells_of
from summarykit.exporters.view.flow import row_flow
from summarykit.exporters.view.rows import named_shape, shared_note
from summarykit.exporters.view.selection import cut_rows, selection_text, works_of
from summarykit.exporters.view.values import Group, Piece
from summarykit.exporters.view.words import GRADE_WORDS, count_noun, place, shape_words
from summarykit.expression import group_digits
from summarykit.summary.columns import RowContext
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding
from summarykit.summary.selection import EVERYTHING, RowFilter, SortKey, sorted_by


class ListRow(NamedTuple):
    """One row of the list, before it has words."""

    layer: int  #: id of the first layer in it
    path: str
    times: int
    value: int  #: parameters it adds to the total
    macs: int
    layers: int  #: how many layers with parameters or MACs it includes
    inside: bool  #: it includes all layers inside it, which are too deep to be listed


class FlatList(NamedTuple):
    """The list with its title and a note on what is left out."""

    title: str  #: "All 107 layers"
    groups: tuple[Group, ...]
    left_out: str  #: what is not listed, in a sentence; empty if all is listed


NO_LIST = FlatList("", (), "")


def flat_list(
    data: SummaryData,
    folding: Folding,
    limit: int,
    title: str,
    *,
    row_filter: RowFilter = EVERYTHING,
    columns: Sequence[str] = (),
) -> FlatList:
    """Return the largest *limit* layers of those *chosen*, in the selection's order, and what is left out."""
    candidates = listed_rows(data, folding, row_filter)
    largest = sorted(sorted(range(len(candidates)), key=lambda at: -candidates[at].value)[:limit])
    rest = sorted(set(range(len(candidates))) - set(largest)) if len(largest) < len(candidates) else []
    rows = [candidates[at] for at in largest]
    order = sorted_by(data, row_filter.selection.sort, (SortKey(e.layer, e.path, e.value, e.macs) for e in rows))
    sentences = [_too_many([candidates[at] for at in rest]), _outside_selection(data, candidates, row_filter)]
    return FlatList(
        _title(data, candidates, row_filter),
        tuple(_group(data, rows[at], title, columns) for at in order),
        " ".join(filter(None, sentences)),
    )


def listed_rows(data: SummaryData, folding: Folding, row_filter: RowFilter) -> list[ListRow]:
    """Return the selected rows of the list, in the order of the model."""
    adds, counts, flows = data.columns.adds, data.columns.counted, data.flows
    cuts = cut_rows(data, folding, row_filter)
    rows = [
        ListRow(row.layer, row.path, row.times, counts[row.layer] * row.times,
               flows[row.layer].macs_total * row.times if flows else 0, inside, inside=True)
        for row, inside in cuts
    ]  # fmt: skip
    for group in folding.working_groups:
        first, times = group.layers[0], len(group.layers)
        if row_filter.lists(first) and not _is_cut(data, first, row_filter):
            macs = flows[first].macs * times if flows else 0
            rows.append(ListRow(first, group.path, times, adds[first] * times, macs, times, inside=False))
    return sorted(rows, key=lambda each: each.layer)


def _is_cut(data: SummaryData, layer: int, row_filter: RowFilter) -> bool:
    """Return whether a layer is at the selection's maximum depth and has children."""
    inner = layer + 1 < len(data.layers) and data.layers[layer + 1].parent == layer
    return inner and data.columns.depth[layer] == row_filter.selection.depth


def _title(data: SummaryData, rows: Sequence[ListRow], row_filter: RowFilter) -> str:
    layers = sum(works_of(data))
    alone = sum(each.layers for each in rows if not each.inside)
    parts = sum(each.times for each in rows if each.inside)
    if not row_filter.selection.leaves_out or (not parts and alone == layers):
        return "The only layer" if layers == 1 else f"All {count_noun(layers, 'layer')}"
    text = f"{group_digits(alone)} of {count_noun(layers, 'layer')}"
    return f"{text} and {count_noun(parts, 'part')} with everything inside" if parts else text


def _too_many(rest: Sequence[ListRow]) -> str:
    if not rest:
        return ""
    text = f"{count_noun(len(rest), 'smaller row')} with {group_digits(sum(each.value for each in rest))} parameters "
    return text + f"{'is' if len(rest) == 1 else 'are'} not listed here; every total counts them."


def _outside_selection(data: SummaryData, rows: Sequence[ListRow], row_filter: RowFilter) -> str:
    """Return how many layers no row includes, and their parameters."""
    layers = sum(works_of(data)) - sum(each.layers for each in rows)
    if not row_filter.selection.leaves_out or not layers:
        return ""
    parameters = data.totals.parameters - sum(each.value for each in rows)
    text = f"{count_noun(layers, 'layer')} with {count_noun(parameters, 'parameter')} "
    text += f"{'is' if layers == 1 else 'are'} not listed here, {selection_text(row_filter.selection)}"
    return f"{text}; every total counts them."


def _group(data: SummaryData, row: ListRow, title: str, keys: Sequence[str]) -> Group:
    layer, times = data.layers[row.layer], row.times
    own = data.columns.own[layer.id]
    why = data.explanation(layer)
    word, sign, _ = GRADE_WORDS[why.evidence] if why and not row.inside else ("", "", "")
    each = row.value // times  # the note has what is counted elsewhere, so that the column adds up
    text = group_digits(each) if layer.explanation >= 0 or row.inside else "–"
    if own is None and not row.inside:
        text = "not known yet"
    if times > 1 and each:
        text = f"{group_digits(times)} × {group_digits(each)} = {group_digits(row.value)}"
    tensors = [data.tensors[i] for i in range(layer.first_tensor, layer.end_tensor)]
    shapes = [shape_words(t.facts.shape) for t in tensors if t.facts.kind == "parameter"]
    inside = (Piece(f"with everything inside, {count_noun(row.layers // times, 'layer')}"),)
    return Group(
        path=place(row.path, layer.parent, title),
        times=times,
        type=data.records.types[layer.type].name,
        weight="" if row.inside else named_shape(data, layer, "weight") or ", ".join(shapes),
        equation="" if row.inside else data.texts(layer).equation or "",
        flow=row_flow(data, layer, times),
        text=text,
        word=word,
        sign=sign,
        note=inside if row.inside else shared_note(data, layer, row.path, times),
        whole=row.inside,
        cells=cells_of(keys, RowContext(data, layer, times, row.path)),
    )
