"""The layers as one short table that fits on a page of a paper, repeats folded; its counts add up to the total."""

from __future__ import annotations

from collections.abc import Sequence

from summarykit._util.gc_pause import gc_paused
from summarykit.exporters.latex.values import PaperRest, PaperRow, PaperTable
from summarykit.exporters.view.groups import ListRow, listed_rows
from summarykit.exporters.view.rows import shared_note
from summarykit.exporters.view.selection import as_asked
from summarykit.exporters.view.values import Piece
from summarykit.exporters.view.words import GRADE_WORDS, count_noun, place, share
from summarykit.expression import Unanswerable, group_digits, latex, numbers
from summarykit.expression.nodes import Node, Number, Product
from summarykit.records import Explanation
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding
from summarykit.summary.selection import EVERYTHING, Selection, SortKey, choose, sorted_by

#: So many rows stand on a page under their caption.
MOST_ROWS = 40
#: Characters across a page of a paper, columns of numbers left out.
_FITS = 58
#: A column gets its share of the page by its longest text, within these.
_NARROWEST, _WIDEST = 8, 40


def paper_table(
    data: SummaryData, *, title: str, fold: bool = True, selection: Selection = EVERYTHING.selection
) -> PaperTable:
    """Return the largest rows of what was asked for, in the order asked for; the rest is counted in lines below."""
    with gc_paused():
        chosen = choose(data, selection)
        listed = [row for row in listed_rows(data, Folding(data, fold, chosen.apart), chosen) if _counts(data, row)]
        by_size = sorted(range(len(listed)), key=lambda at: -listed[at].value)
        shown = [listed[at] for at in sorted(by_size[:MOST_ROWS])]
        order = sorted_by(data, selection.sort, (SortKey(row.layer, row.path, row.value, row.macs) for row in shown))
        kept = [_row(data, shown[at], title) for at in order]
        lengths = [max(map(len, texts)) for texts in zip(*map(_texts, kept), strict=True)]
    held = [min(max(length, _NARROWEST), _WIDEST) for length in lengths]
    return PaperTable(
        rows=tuple(kept),
        rest=_rest(data, listed, [listed[at] for at in by_size[MOST_ROWS:]], selection),
        wide=sum(lengths) > _FITS,
        widths=tuple(f"{3 * length / sum(held):.2f}" for length in held),
    )


def _counts(data: SummaryData, row: ListRow) -> bool:
    """Return whether a row holds parameters; in a run the list has layers that only multiply, too."""
    return row.value > 0 if row.inside else data.layers[row.layer].explanation >= 0


def _rest(
    data: SummaryData, listed: Sequence[ListRow], smaller: Sequence[ListRow], selection: Selection
) -> tuple[PaperRest, ...]:
    """Return a line for the rows that are too many, and one for what was not asked for."""
    found: list[tuple[str, int]] = []
    if smaller:
        found.append((count_noun(len(smaller), "smaller row"), sum(row.value for row in smaller)))
    others = data.totals.parameters - sum(row.value for row in listed)
    if others:
        found.append((f"not listed, {as_asked(selection)}", others))
    total = data.totals.parameters
    return tuple(PaperRest(label, value, group_digits(value), share(value, total)) for label, value in found)


def _row(data: SummaryData, listed: ListRow, title: str) -> PaperRow:
    layer, times = data.layers[listed.layer], listed.times
    why, own = (None, 0) if listed.inside else (data.explanation(layer), data.columns.own[layer.id])
    word, _, look = GRADE_WORDS[why.evidence] if why else ("", "", "checked")
    formula, plain = _formula(why, times) if why else ("", "")
    inside = (Piece(f"with everything inside, {count_noun(listed.layers // times, 'layer')}"),)
    return PaperRow(
        path=place(listed.path, layer.parent, title),
        times=times,
        type=data.records.types[layer.type].name,
        formula=formula,
        plain=plain,
        word="" if look == "checked" else word.lower(),
        note=inside if listed.inside else shared_note(data, layer, listed.path, times),
        value=listed.value,
        text="not known yet" if own is None else group_digits(listed.value) if listed.value or not own else "–",
        share=share(listed.value, data.totals.parameters),
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
