"""The folded tree as rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from summarykit.exporters.view.columns import cells_of
from summarykit.exporters.view.flow import row_flow
from summarykit.exporters.view.tree import Place, visible_places
from summarykit.exporters.view.values import Details, Piece, Rich, Row, RowFlow, TensorLine, TermLine
from summarykit.exporters.view.words import GRADE_WORDS, count_noun, per_mille, place, shape_words, share, short
from summarykit.expression import Unanswerable, Words, group_digits, html, latex, numbers
from summarykit.records import LayerRecord, TensorFacts
from summarykit.summary.columns import RowContext
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import FoldedRow, Folding, borrowed_from, seen_from
from summarykit.summary.selection import EVERYTHING, RowFilter
from summarykit.summary.texts import closed_form

#: The details of a row that is not opened, for each grade.
_GRADES = {
    evidence: Details("", Markup(), "", "", (), *words, str(evidence), "", (), (), "")
    for evidence, words in GRADE_WORDS.items()
}


def rich(text: str) -> Rich:
    """Return a sentence as pieces; names between backticks become code."""
    if "`" not in text:
        return (Piece(text),) if text else ()
    runs: list[list[str | int]] = [[]]  # texts and names in turn
    for part in text.parts if isinstance(text, Words) else (text,):
        first, *rest = part.split("`") if isinstance(part, str) else (part,)
        runs[-1].append(first)
        runs += [[run] for run in rest]
    if len(runs) % 2 == 0:  # a backtick without another one is part of the text
        *runs, before, after = runs
        runs.append([*before, "`", *after])
    words = (Words(*run) for run in runs)
    return tuple(Piece(run, code=at % 2 == 1) for at, run in enumerate(words) if run)


def tree_rows(
    data: SummaryData,
    folding: Folding,
    limit: int,
    title: str,
    *,
    with_empty: bool = True,
    row_filter: RowFilter = EVERYTHING,
    columns: Sequence[str] = (),
    with_details: bool = True,
) -> tuple[tuple[Row, ...], str]:
    """Return at most *limit* rows of the folded tree, and a sentence on what is left out, if anything is.

    Without *with_details* a row has its grade alone, not what opening it would show.
    """
    tree = visible_places(data, folding, limit, with_empty=with_empty, row_filter=row_filter)
    rows = (
        _row(data, folding.rows[position.row], position, title, row_filter, columns, with_details=with_details)
        for position in tree.places
    )
    return _with_references(tuple(rows)) if with_details else tuple(rows), tree.sentence


def _with_references(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return *rows*, each with the first earlier row of the same details: formula and tensors, or all of them.

    Rows of other sizes can also share formulas in names and their rules.
    """
    firsts: dict[tuple[object, ...], int] = {}
    references = []
    for at, row in enumerate(rows):
        details, flow = row.details, row.flow
        own_at = whole_at = names_at = -1
        if details and (details.word or flow):
            whole_at = _first_before(firsts, at, "all", details, flow, row.times, row.own)
        if details and whole_at < 0:
            own_at = _first_before(firsts, at, "own", details) if details.word else -1
            names = _names(details, flow)
            names_at = _first_before(firsts, at, "names", names) if names else -1
        references.append((max(own_at, whole_at), whole_at >= 0, names_at))
    targets = {at for own_at, _, names_at in references for at in (own_at, names_at)}
    return tuple(
        row._replace(told_at=own_at, told_whole=whole, names_at=names_at, tells=at in targets)
        for at, (row, (own_at, whole, names_at)) in enumerate(zip(rows, references, strict=True))
    )


def _first_before(firsts: dict[tuple[object, ...], int], at: int, *content: object) -> int:
    """Return the position where *content* came first; -1 if that is *at*."""
    first = firsts.setdefault(content, at)
    return first if first < at else -1


def _names(details: Details, flow: RowFlow | None) -> tuple[str, ...]:
    """Return the formulas in names of a row, with their rules; empty if its details have more than these."""
    has_formula = bool(details.formula and details.equation)
    of_run = (flow.formula, flow.word, flow.origin) if flow else ()
    whole = has_formula and (flow is None or bool(flow.formula) == bool(flow.equation))
    return (details.formula, details.look, details.grade, details.origin, *of_run) if whole else ()


def _row(
    data: SummaryData,
    row: FoldedRow,
    position: Place,
    title: str,
    row_filter: RowFilter,
    keys: Sequence[str],
    *,
    with_details: bool,
) -> Row:
    layer, columns = data.layers[row.layer], data.columns
    own = columns.adds[row.layer] if columns.shared_with[row.layer] is None else columns.own[row.layer] or 0
    inside = columns.counted[row.layer]
    total = data.totals.parameters
    texts = data.texts(layer)
    return Row(
        anchor=layer.path,
        depth=row.depth,
        name=place(row.name, layer.parent, title),
        path=row.path,
        type=data.records.types[layer.type].name,
        parent=position.parent,
        children=position.children,
        position=position.order,
        siblings=position.siblings,
        copies=row.copies,
        times=row.times,
        formula=texts.numbers or "",
        own_value=own * row.times,
        own=own_words(data, layer, row.times),
        size_unknown=layer.explanation >= 0 and data.columns.own[layer.id] is None,
        inside_value=inside * row.times,
        inside=group_digits(inside * row.times),
        inside_short=short(inside * row.times),
        product=f"{group_digits(row.times)} × {group_digits(inside)}" if row.times > 1 and inside else "",
        share=share(inside * row.times, total),
        per_mille=per_mille(inside * row.times, total),
        note=shared_note(data, layer, row.path, row.times),
        weight=named_shape(data, layer, "weight"),
        bias=named_shape(data, layer, "bias"),
        has_parameters=columns.total[row.layer] > 0 or layer.explanation >= 0,
        left_out=f"{count_noun(position.hidden_rows, 'row')} not shown" if position.hidden_rows else "",
        flow=row_flow(data, layer, row.times),
        details=details_of(data, layer, row.path) if with_details else _grade(data, layer),
        role="around" if row_filter.around(row.layer) else "asked" if row_filter.asked_for(row.layer) else "",
        cells=cells_of(keys, RowContext(data, layer, row.times, row.path)),
        told_at=-1,
        told_whole=False,
        names_at=-1,
        tells=False,
    )


def has_details(data: SummaryData, layer: LayerRecord) -> bool:
    """Return whether a layer has details beside its row."""
    has_tensors = layer.explanation >= 0 or layer.end_tensor > layer.first_tensor
    return has_tensors or layer.id in data.closed_forms or bool(data.flows)


def own_words(data: SummaryData, layer: LayerRecord, times: int) -> str:
    """Return a layer's own parameters as text: the number for all copies, or that it is not known yet."""
    own = data.columns.own[layer.id]
    if layer.explanation < 0:
        return ""
    if own is None:
        return "not known yet"
    return group_digits(own * times)


def shared_note(data: SummaryData, layer: LayerRecord, path: str, times: int = 1) -> Rich:
    """Return where the parameters of a layer are counted, if not here.

    *path* is the path of its row, *times* the number of layers in the row.
    """
    columns = data.columns
    copies = Words(times, " × ") if times > 1 else ""
    owner = borrowed_from(data, layer, path)
    own = columns.own[layer.id] or 0
    if owner is None:
        elsewhere = columns.total[layer.id] - columns.counted[layer.id]
        if elsewhere <= 0 or layer.parent < 0:
            return ()
        return (Piece(Words(copies, elsewhere, " more inside are counted elsewhere")),)
    name = Piece(owner or "the model itself", code=bool(owner))
    if columns.adds[layer.id] and own:
        return (
            Piece(Words(copies, own - columns.adds[layer.id], " of them: same numbers as ")),
            name,
            Piece(", counted there"),
        )
    return (Piece("same numbers as "), name, Piece(", counted there"))


def named_shape(data: SummaryData, layer: LayerRecord, name: str) -> str:
    """Return the shape of a layer's parameter of that name; empty if there is none."""
    for tensor in data.tensors[layer.first_tensor : layer.end_tensor]:
        if tensor.name == name and tensor.facts.kind == "parameter":
            return shape_words(tensor.facts.shape)
    return ""


def details_of(data: SummaryData, layer: LayerRecord, path: str) -> Details | None:
    """Return the details that opening a layer's row shows; None if there are none."""
    return _details(data, layer, path) if has_details(data, layer) else None


def _grade(data: SummaryData, layer: LayerRecord) -> Details | None:
    """Return details with nothing but the grade of a layer; None without parameters of its own."""
    why = data.explanation(layer)
    return _GRADES[why.evidence] if why else None


def _details(data: SummaryData, layer: LayerRecord, path: str) -> Details:
    why = data.explanation(layer)
    texts = data.texts(layer)
    markup, tex = Markup(), ""
    if why and why.formula:
        bindings = dict(why.bindings)
        try:
            markup = Markup(html(why.formula.tree, bindings))
            tex = latex(why.formula.tree, bindings)
        except Unanswerable:
            markup, tex = Markup.escape(why.formula.source), ""
    word, sign, look = GRADE_WORDS[why.evidence] if why else ("", "", "")
    lines = [
        TermLine(line.label, f"{numbers(line.formula.tree, dict(line.bindings))} = {group_digits(line.value)}")
        for line in (why.lines if why else ())
    ]
    return Details(
        formula=texts.formula or "",
        markup=markup,
        latex=tex,
        equation=texts.equation or "",
        sentence=rich(texts.sentence),
        word=word,
        sign=sign,
        look=look,
        grade=str(why.evidence) if why else "",
        origin=why.origin if why else "",
        tensors=tuple(tensor_line(data, index, path) for index in range(layer.first_tensor, layer.end_tensor)),
        lines=tuple(lines),
        closed=_closed_text(data, layer),
    )


def _closed_text(data: SummaryData, layer: LayerRecord) -> str:
    """Return a container's closed formula compared with the sum of its parts; empty if there is none."""
    check = data.closed_forms.get(layer.id)
    if check is None:
        return ""
    parameters = data.columns.total[layer.id]
    verdict = "the sum of its parts" if check.value == parameters else f"but its parts hold {group_digits(parameters)}"
    return f"{closed_form(check)}, {verdict}"


def usual_tensor(data: SummaryData) -> tuple[str, str]:
    """Return the dtype of most parameters, alone and with their kind as an opened row says it; empty for none."""
    counts = Counter(tensor.facts for tensor in data.tensors if tensor.facts.kind == "parameter")
    formats: Counter[tuple[str, str]] = Counter()
    for facts, times in counts.items():
        formats[facts.dtype, _format_and_kind(facts)] += times
    return formats.most_common(1)[0][0] if formats else ("", "")


def _format_and_kind(facts: TensorFacts) -> str:
    training = "learned in training" if facts.trainable else "kept fixed"
    return f"{facts.dtype}, {training if facts.kind == 'parameter' else 'stored, not learned'}"


def tensor_line(data: SummaryData, index: int, path: str) -> TensorLine:
    """Return the line of one tensor; *path* is the path of its layer's row."""
    tensor = data.tensors[index]
    facts = tensor.facts
    training = {True: "learned in training", False: "kept fixed"}[facts.trainable]
    note = ""
    if tensor.owner != index:
        owner = data.tensors[tensor.owner]
        holder = seen_from(data, data.layers[tensor.layer], path, owner.layer)
        note = f"same numbers as {f'{holder}.' if holder else ''}{owner.name}, counted there"
    elif facts.numel is None:
        note = "not known until the first input"
    parameter = facts.kind == "parameter"
    return TensorLine(
        name=tensor.name,
        shape=shape_words(facts.shape),
        elements=group_digits(facts.numel) if facts.numel is not None else "",
        dtype=facts.dtype,
        kind=training if parameter else "stored, not learned",
        note=note,
        look=GRADE_WORDS[tensor.evidence][2] if parameter else "",
    )
