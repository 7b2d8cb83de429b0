"""The checks that make a total believable, each with what it compared and what it found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from summarykit.records import STATUS_OPAQUE, STATUS_PLAIN, STATUS_UNINITIALISED, Evidence

if TYPE_CHECKING:
    from summarykit.summary.data import SummaryData

CHECKED_GRADES = (Evidence.VERIFIED, Evidence.FROM_SOURCE)
_STORED_PLAINLY = {STATUS_PLAIN, STATUS_UNINITIALISED}


class Check(NamedTuple):
    """One check: two numbers that must be equal, found in two ways."""

    slug: str
    ok: bool
    claim: str  #: what was compared, in words
    found: int
    expected: int
    problems: tuple[str, ...]  #: paths where it does not hold, the first of them


class Grades(NamedTuple):
    """How many layers and parameters have one grade of evidence."""

    evidence: Evidence
    layers: int
    parameters: int  #: each counted once, at its owner


class Checks(NamedTuple):
    """All checks of one summary. ``ok`` is False when one fails or a formula disagrees."""

    ok: bool
    list: tuple[Check, ...]
    grades: tuple[Grades, ...]  #: strongest first, those that occur

    @property
    def checked_layers(self) -> int:
        """Layers whose formula agrees with PyTorch."""
        return sum(grade.layers for grade in self.grades if grade.evidence in CHECKED_GRADES)

    @property
    def graded_layers(self) -> int:
        """Layers that own parameters."""
        return sum(grade.layers for grade in self.grades)


def make_checks(data: SummaryData) -> Checks:
    """Compare the records with what PyTorch stores, and count the grades."""
    columns, totals = data.columns, data.totals
    found = [
        Check(
            "total",
            totals.stored_elements == data.records.counted.elements,
            "The rows, each tensor counted once, add up to what PyTorch stores",
            totals.stored_elements,
            data.records.counted.elements,
            (),
        ),
        Check(
            "tensors",
            owned_tensors(data) == data.records.counted.tensors,
            "Every tensor that PyTorch stores has its row",
            owned_tensors(data),
            data.records.counted.tensors,
            (),
        ),
        Check(
            "tree",
            columns.total[0] == totals.parameters,
            "The tree, added up from its leaves, gives the same total",
            columns.total[0],
            totals.parameters,
            (),
        ),
        agreement(data),
        *logical(data),
        *storage(data),
        *containers(data),
        *compute(data),
    ]
    return Checks(all(check.ok for check in found), tuple(found), grades(data))


def owned_tensors(data: SummaryData) -> int:
    """Return how many distinct parameters have a row."""
    return sum(t.owner == index and t.facts.kind == "parameter" for index, t in enumerate(data.tensors))


def agreement(data: SummaryData) -> Check:
    """Check that no formula says another number than PyTorch."""
    explanations = data.records.explanations
    wrong = {number for number, why in enumerate(explanations) if why.evidence is Evidence.DISAGREES}
    layers = [layer for layer in data.layers if layer.explanation >= 0 and layer.alias_of < 0]
    paths = tuple(layer.path for layer in layers if layer.explanation in wrong)
    return Check(
        "formulas",
        not paths,
        "No formula gives another number than PyTorch",
        len(layers) - len(paths),
        len(layers),
        paths,
    )


def logical(data: SummaryData) -> list[Check]:
    """Check that formulas give the logical counts of layers with tensors that are not stored plainly.

    Layers without a formula of their own are not compared: there is no second source for their logical counts.
    """
    explanations, own = data.records.explanations, data.columns.own
    compared = (*CHECKED_GRADES, Evidence.DISAGREES)
    parameters = [tensor for tensor in data.tensors if tensor.facts.kind == "parameter"]
    unlike = {tensor.layer for tensor in parameters if tensor.facts.status not in _STORED_PLAINLY}
    values = {
        layer.id: explanations[layer.explanation].value
        for layer in data.layers
        if layer.id in unlike and layer.alias_of < 0 and explanations[layer.explanation].evidence in compared
    }
    if not values:
        return []
    wrong = tuple(data.layers[number].path for number, value in values.items() if value != own[number])
    sums = sum(own[number] or 0 for number in values), sum(value or 0 for value in values.values())
    claim = "Where tensors are stored in another form, the formulas give as many parameters as their logical shapes"
    return [Check("logical", not wrong, claim, *sums, wrong)]


def storage(data: SummaryData) -> list[Check]:
    """Check that every parameter shows how it is stored; only for models with parameters that are not plain."""
    opaque = data.records.opaque_layers
    parameters = [index for index, t in enumerate(data.tensors) if t.owner == index and t.facts.kind == "parameter"]
    statuses = {data.tensors[index].facts.status for index in parameters}
    if statuses <= _STORED_PLAINLY and not opaque:
        return []
    hidden = [index for index in parameters if data.tensors[index].facts.status == STATUS_OPAQUE]
    paths = (*(data.tensor_paths[index] for index in hidden), *(data.layers[number].path for number in opaque))
    claim = "The stored size of every weight is known"
    total = len(parameters) + len(opaque)
    return [Check("storage", not paths, claim, total - len(paths), total, paths)]


def containers(data: SummaryData) -> list[Check]:
    """Check that the closed formulas of containers, where there are any, give the sum of their parts.

    A shipped one is for the container as its library builds it: where parts were replaced it says nothing.
    """
    total = data.columns.total
    forms = data.closed_forms.values()
    if not forms:
        return []
    paths = tuple(data.layers[check.layer].path for check in forms if check.value != total[check.layer])
    claim = "The closed formula of a container gives the sum of its parts"
    return [Check("containers", not paths, claim, len(forms) - len(paths), len(forms), paths)]


def compute(data: SummaryData) -> list[Check]:
    """Check that the formulas of what layers multiply agree with what its operators were counted to do."""
    decisive = (Evidence.VERIFIED, Evidence.DISAGREES)
    calls = [
        call for call in data.run.calls if call.compute >= 0 and data.run.computes[call.compute].evidence in decisive
    ]
    if not calls:
        return []
    wrong = [call for call in calls if data.run.computes[call.compute].evidence is Evidence.DISAGREES]
    paths = tuple(dict.fromkeys(data.layers[call.layer].path for call in wrong))
    claim = "The formulas of multiply-adds agree with what the run counted"
    return [Check("compute", not wrong, claim, len(calls) - len(wrong), len(calls), paths)]


def grades(data: SummaryData) -> tuple[Grades, ...]:
    """Return the layers and parameters of each grade; a parameter is graded tensor by tensor."""
    explanations = data.records.explanations
    layers = Counter(
        explanations[layer.explanation].evidence
        for layer in data.layers
        if layer.explanation >= 0 and layer.alias_of < 0
    )
    parameters: Counter[Evidence] = Counter()
    for index, tensor in enumerate(data.tensors):
        if tensor.owner == index and tensor.facts.kind == "parameter":
            parameters[tensor.evidence] += tensor.facts.numel or 0
    return tuple(
        Grades(grade, layers[grade], parameters[grade]) for grade in Evidence if layers[grade] or parameters[grade]
    )
