"""What was checked and what to know first: grades, checks, problems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from summarykit.exporters.view.flow import compute_problems, run_problems
from summarykit.exporters.view.rows import rich
from summarykit.exporters.view.values import Check, Grade, Piece, Problem, Rich
from summarykit.exporters.view.words import GRADE_WORDS, count_noun, share
from summarykit.expression import Figure, Words, group_digits
from summarykit.records import Evidence, LayerRecord
from summarykit.summary.checks import Check as FoundCheck
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, borrowed_from, borrowed_whole, seen_from
from summarykit.summary.totals import added_up

#: What the figure in ``agreement`` counts that a spreadsheet may count anew.
AGREEING = "agreeing"
_MOST_NAMED = 5
#: Failing checks that have problems of their own below, with the numbers of each layer; any other gets a general one.
_WITH_OWN_PROBLEMS = {"formulas", "containers", "compute"}
#: Units of checks that compare a part with a whole, not two sums.
_UNITS_OF_PARTS = ("layers", "calls", "weights")


def agreement(data: SummaryData) -> Words:
    """Return "107 of 107 counts agree with PyTorch", and how many could not be checked, if any."""
    layers = {grade.evidence: grade.layers for grade in data.checks.grades}
    total = data.checks.graded_layers
    agree = Figure(data.checks.checked_layers, AGREEING)
    differ = layers.get(Evidence.DISAGREES, 0)
    rest = total - agree - differ
    if not total:
        return Words("There is no count to check")
    if not rest:
        verb = "agrees" if total == 1 else "agree"
        return Words(agree, " of ", count_noun(total, "count"), f" {verb} with PyTorch")
    if not agree + differ:
        tell = "tells its" if total == 1 else "tell their"
        return Words("No count could be checked; ", count_noun(total, "layer"), f" {tell} size only")
    verb = "agrees" if agree + differ == 1 else "agree"
    checks = Words(agree, " of ", count_noun(agree + differ, "checked count"), f" {verb} with PyTorch; ")
    return Words(checks, rest, " of ", count_noun(total, "layer"), " could not be checked")


def grade_views(data: SummaryData) -> tuple[Grade, ...]:
    """Return layers and parameters by the four words of evidence."""
    sums: dict[tuple[str, str, str], tuple[int, int]] = {}
    for grade in data.checks.grades:
        word = GRADE_WORDS[grade.evidence]
        layers, parameters = sums.get(word, (0, 0))
        sums[word] = (layers + grade.layers, parameters + grade.parameters)
    total = data.totals.parameters
    return tuple(
        Grade(*word, count_noun(layers, "layer"), group_digits(parameters), share(parameters, total))
        for word, (layers, parameters) in sums.items()
    )


def check_views(data: SummaryData) -> tuple[Check, ...]:
    """Return each check with what it compared."""
    return tuple(Check(check.ok, check.claim, _detail(check)) for check in data.checks.list)


def _detail(check: FoundCheck) -> Words:
    if check.unit in _UNITS_OF_PARTS:
        return Words(check.found, " of ", check.expected)
    return Words(check.found, " = ", check.expected) if check.ok else _against(check)


def _against(check: FoundCheck) -> Words:
    return Words(check.found, " against ", check.expected)


def _failing(check: FoundCheck) -> Rich:
    """Return the end of a sentence on a failing check: the first layers or tensors that fail."""
    pieces: list[Piece] = []
    for path in check.problems[:_MOST_NAMED]:
        pieces += [Piece(", " if pieces else ": "), Piece(path, code=True)]
    more = len(check.problems) - _MOST_NAMED
    return (*pieces, Piece(Words(" and ", more, " more.") if more > 0 else "."))


def problems(data: SummaryData, folding: Folding) -> tuple[Problem, ...]:
    """Return what a reader must know before the numbers, the gravest first."""
    items = [
        Problem("bad", "A check fails", (Piece(Words(f"{check.claim}: ", _detail(check))), *_failing(check)))
        for check in data.checks.list
        if not check.ok and check.slug not in _WITH_OWN_PROBLEMS
    ]
    items += disagreements(data)
    items += container_problems(data)
    items += compute_problems(data)
    totals = data.totals
    if totals.unknown:
        verbs = ("has", "adds") if totals.unknown == 1 else ("have", "add")
        what = count_noun(totals.unknown, "parameter")
        text = Words(what, f" {verbs[0]} no size until the first input, and {verbs[1]} 0 to the total: ")
        unknown = [layer for layer in data.layers if data.columns.own[layer.id] is None]
        items.append(Problem("warning", "Not known until the first input", (Piece(text), *_names(data, unknown))))
    if totals.frozen:
        part = share(totals.frozen, totals.parameters)
        text = Words(totals.frozen, " of ", totals.parameters, f" ({part}): ")
        items.append(Problem("note", "Kept fixed in training", (Piece(text), *_names(data, _frozen(data)))))
    return (*items, *ties(data, folding), *run_problems(data))


def _frozen(data: SummaryData) -> list[LayerRecord]:
    """Return the outermost layers in which everything is frozen, and those that hold a frozen tensor beside others."""
    columns = data.columns
    own = [adds - trainable for adds, trainable in zip(columns.adds, columns.trainable, strict=True)]
    inside = added_up(data.layers, own)
    whole = [size > 0 and size == total for size, total in zip(inside, columns.counted, strict=True)]
    return [
        layer
        for layer in data.layers
        if (whole[layer.id] or own[layer.id]) and not (layer.parent >= 0 and whole[layer.parent])
    ]


def _names(data: SummaryData, layers: Sequence[LayerRecord]) -> list[Piece]:
    """Return the first of these layers by name, and how many more there are."""
    names = [Piece(layer.path or data.model_name, code=True) for layer in layers[:_MOST_NAMED]]
    more = len(layers) - len(names)
    return [
        *[piece for name in names for piece in (name, Piece(", "))][:-1],
        Piece(f" and {more} more." if more else "."),
    ]


def disagreements(data: SummaryData) -> list[Problem]:
    """Return one problem for each kind of layer whose formula and tensors differ, with both numbers."""
    items = []
    for number, why in enumerate(data.records.explanations):
        if why.evidence is not Evidence.DISAGREES:
            continue
        layers = [layer for layer in data.layers if layer.explanation == number and layer.alias_of < 0]
        if not layers:
            continue
        names = [Piece(layer.path or data.model_name, code=True) for layer in layers[:_MOST_NAMED]]
        more = len(layers) - len(names)
        own = data.columns.own[layers[0].id]
        parts = [piece for name in names for piece in (name, Piece(", "))][:-1]
        text = [*parts, Piece(f" and {more} more: " if more else ": ")]
        if why.value is not None and own is not None and why.value != own:
            text.append(Piece(Words("the formula gives ", why.value, ", PyTorch holds ", own, "; ")))
        items.append(Problem("bad", "Formula and PyTorch differ", (*text, *rich(f"{why.reason}."))))
    return items


def container_problems(data: SummaryData) -> list[Problem]:
    """Return one problem for each container of which a closed formula of the user's says another number."""
    items = []
    for check in data.closed_forms.values():
        total = data.columns.total[check.layer]
        if check.value != total:
            name = Piece(data.layers[check.layer].path or data.model_name, code=True)
            numbers = Words(f": {check.origin} gives ", check.value, ", its parts hold ", total, " together.")
            items.append(Problem("bad", "Formula and PyTorch differ", (name, Piece(numbers))))
    return items


def ties(data: SummaryData, folding: Folding) -> list[Problem]:
    """Return which layers hold the numbers of others; a layer without any, used twice, is no news."""
    pairs = list(_ties(data, folding))
    if not pairs:
        return []
    text: list[Piece] = []
    for name, where in pairs[:_MOST_NAMED]:
        text += [Piece(name, code=True), Piece(" has the same numbers as "), Piece(where, code=True), Piece("; ")]
    text[-1] = Piece("." if len(pairs) <= _MOST_NAMED else f"; and {len(pairs) - _MOST_NAMED} more.")
    return [Problem("note", "Shared, counted once", tuple(text))]


def _ties(data: SummaryData, folding: Folding) -> Iterator[tuple[str, str]]:
    """Yield what holds the numbers of others and what these are called; a block that is all another's is told once."""
    if all(path is None for path in data.columns.shared_with):
        return
    wholes, end = borrowed_whole(data), 0
    for at, row in enumerate(folding.rows):
        if at < end or not data.columns.total[row.layer]:
            continue
        layer, whole = data.layers[row.layer], wholes[row.layer]
        if whole >= 0:
            end = row.end
            where: str | None = seen_from(data, layer, row.path, whole)
        else:
            where = borrowed_from(data, layer, row.path)
        if where is not None:
            yield row.path or data.model_name, where or data.model_name
