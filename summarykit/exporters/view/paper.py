"""The layers as one short table that fits on a page of a paper, repeats folded; its counts add up to the total."""

from __future__ import annotations

from summarykit.exporters.view.paper_values import PaperRow, PaperTable
from summarykit.exporters.view.rows import shared_note
from summarykit.exporters.view.words import GRADE_WORDS, counted, place, share
from summarykit.expression import Unanswerable, grouped, latex, numbers
from summarykit.expression.nodes import Node, Number, Product
from summarykit.garbage import no_collection
from summarykit.records import Explanation
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, LayerGroup

#: So many rows stand on a page under their caption.
MOST_ROWS = 40
#: Characters across a page of a paper, columns of numbers left out.
_FITS = 58
#: A column gets its share of the page by its longest text, within these.
_NARROWEST, _WIDEST = 8, 40


def paper_table(data: SummaryData, *, title: str, fold: bool = True, most_rows: int = MOST_ROWS) -> PaperTable:
    """Return at most *most_rows* rows, the largest, in the order of the model; the rest is counted in one line."""
    with no_collection():
        groups = [group for group in Folding(data, fold).working_groups if _why(data, group) is not None]
        sizes = [sum(data.columns.adds[layer] for layer in group.layers) for group in groups]
        by_size = sorted(range(len(groups)), key=lambda at: -sizes[at])
        kept = [_row(data, groups[at], title) for at in sorted(by_size[:most_rows])]
        rest = sum(sizes[at] for at in by_size[most_rows:])
        lengths = [max((len(text) for text in texts), default=0) for texts in zip(*map(_texts, kept), strict=True)]
    held = [min(max(length, _NARROWEST), _WIDEST) for length in lengths] or [1, 1, 1]
    return PaperTable(
        rows=tuple(kept),
        left_out=counted(len(groups) - most_rows, "smaller row") if len(groups) > most_rows else "",
        left_out_text=grouped(rest),
        left_out_share=share(rest, data.totals.parameters),
        wide=sum(lengths) > _FITS,
        widths=tuple(f"{3 * length / sum(held):.2f}" for length in held),
    )


def _why(data: SummaryData, group: LayerGroup) -> Explanation | None:
    return data.explanation(data.layers[group.layers[0]])


def _row(data: SummaryData, group: LayerGroup, title: str) -> PaperRow:
    layer, why, times = data.layers[group.layers[0]], _why(data, group), len(group.layers)
    assert why is not None
    adds, own = data.columns.adds[layer.id] * times, data.columns.own[layer.id]
    word, _, look = GRADE_WORDS[why.evidence]
    formula, plain = _formula(why, times)
    return PaperRow(
        path=place(group.path, layer.parent, title),
        times=times,
        type=data.records.types[layer.type].name,
        formula=formula,
        plain=plain,
        word="" if look == "checked" else word.lower(),
        note=shared_note(data, layer, group.path),
        value=adds,
        text="not known yet" if own is None else grouped(adds) if adds or not own else "–",
        share=share(adds, data.totals.parameters),
    )


def _formula(why: Explanation, times: int) -> tuple[str, str]:
    """Return the count of all copies in numbers, as LaTeX and as text; empty where no formula is known."""
    if why.formula is None or why.value is None:
        return "", ""
    tree: Node = Product((Number(times), why.formula.tree)) if times > 1 else why.formula.tree
    bindings = dict(why.bindings)
    try:
        return latex(tree, bindings, values=True), numbers(tree, bindings)
    except Unanswerable:
        return "", ""


def _texts(row: PaperRow) -> tuple[str, str, str]:
    """Return the texts of a row that need room."""
    told = "".join(piece.text for piece in row.note) or row.plain
    return row.path, row.type, f"{told} ({row.word})" if told and row.word else told or row.word
