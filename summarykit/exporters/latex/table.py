"""The layers as one short table that fits on a page of a paper, repeats folded; its counts add up to the total."""

from __future__ import annotations

from collections.abc import Sequence

from summarykit._util.gc_pause import gc_paused
from summarykit.exporters.latex.values import PaperRest, PaperRow, PaperTable
from summarykit.exporters.view.groups import ListRow, listed_rows
from summarykit.exporters.view.rows import shared_note
from summarykit.exporters.view.selection import selection_text
from summarykit.exporters.view.values import Piece
from summarykit.exporters.view.words import GRADE_WORDS, count_noun, place, share
from summarykit.expression import Unanswerable, group_digits, latex, numbers
from summarykit.expression.nodes import Node, Number, Product
from summarykit.records import Explanation
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding
from summarykit.summary.selection import EVERYTHING, Selection, SortKey, choose, sorted_by

#: At most so many rows fit on a page under their caption.
MOST_ROWS = 40
#: Characters across a page of a paper, columns of numbers left out.
_FITS = 58
#: A column gets its share of the page by its longest text, within these.
_NARROWEST, _WIDEST = 8, 40


def paper_table(
    data: SummaryData, *, title: str, fold: bool = True, selection: Selection = EVERYTHING.selection
) -> PaperTable:
    """Return the largest selected rows in the selection's order; lines below count the rest."""
    with gc_paused():
        row_filter = choose(data, selection)
        candidates = [
            row for row in listed_rows(data, Folding(data, fold, row_filter.apart), row_filter) if _counts(data, row)
        ]
        by_size = sorted(range(len(candidates)), key=lambda at: -candidates[at].value)
        largest = [candidates[at] for at in sorted(by_size[:MOST_ROWS])]
        order = sorted_by(data, selection.sort, (SortKey(row.layer, row.path, row.value, row.macs) for row in largest))
        rows = [_row(data, largest[at], title) for at in order]
        lengths = [max(map(len, texts)) for texts in zip(*map(_texts, rows), strict=True)]
    weights = [min(max(length, _NARROWEST), _WIDEST) for length in lengths]
    return PaperTable(
        rows=tuple(rows),
        rest=_rest(data, candidates, [candidates[at] for at in by_size[MOST_ROWS:]], selection),
        wide=sum(lengths) > _FITS,
        widths=tuple(f"{3 * length / sum(weights):.2f}" for length in weights),
    )


def _counts(data: SummaryData, row: ListRow) -> bool:
    """Return whether a row has parameters; after a forward pass the list also has layers with MACs only."""
    return row.value > 0 if row.inside else data.layers[row.layer].explanation >= 0


def _rest(
    data: SummaryData, rows: Sequence[ListRow], smaller: Sequence[ListRow], selection: Selection
) -> tuple[PaperRest, ...]:
    """Return a line for the rows beyond the limit, and one for layers outside the selection."""
    lines: list[tuple[str, int]] = []
    if smaller:
        lines.append((count_noun(len(smaller), "smaller row"), sum(row.value for row in smaller)))
    others = data.totals.parameters - sum(row.value for row in rows)
    if others:
        lines.append((f"not listed, {selection_text(selection)}", others))
    total = data.totals.parameters
    return tuple(PaperRest(label, value, group_digits(value), share(value, total)) for label, value in lines)


def _row(data: SummaryData, row: ListRow, title: str) -> PaperRow:
    layer, times = data.layers[row.layer], row.times
    why, own = (None, 0) if row.inside else (data.explanation(layer), data.columns.own[layer.id])
    word, _, look = GRADE_WORDS[why.evidence] if why else ("", "", "checked")
    formula, plain = _formula(why, times) if why else ("", "")
    inside = (Piece(f"with everything inside, {count_noun(row.layers // times, 'layer')}"),)
    return PaperRow(
        path=place(row.path, layer.parent, title),
        times=times,
        type=data.records.types[layer.type].name,
        formula=formula,
        plain=plain,
        word="" if look == "checked" else word.lower(),
        note=inside if row.inside else shared_note(data, layer, row.path, times),
        value=row.value,
        text="not known yet" if own is None else group_digits(row.value) if row.value or not own else "–",
        share=share(row.value, data.totals.parameters),
    )


def _formula(why: Explanation, times: int) -> tuple[str, str]:
    """Return the count of all copies in numbers, as LaTeX and as text; empty without a formula."""
    if why.formula is None or why.value is None:
        return "", ""
    tree: Node = Product((Number(times), why.formula.tree)) if times > 1 else why.formula.tree
    bindings = dict(why.bindings)
    try:
        return latex(tree, bindings, values=True), numbers(tree, bindings)
    except Unanswerable:
        return "", ""


def _texts(row: PaperRow) -> tuple[str, str, str]:
    """Return the texts of a row that determine the widths of columns."""
    note = "".join(piece.text for piece in row.note) or row.plain
    return row.path, row.type, f"{note} ({row.word})" if note and row.word else note or row.word
