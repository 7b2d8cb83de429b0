"""The checks behind a total: each compares two figures that were computed in two ways.

``CHECKS`` lists them in the order of the reports. A new one is a function and its name there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from summarykit.records import STATUS_OPAQUE, STATUS_PLAIN, STATUS_UNINITIALISED, Evidence

if TYPE_CHECKING:
    from summarykit.summary.data import SummaryData

CHECKED_GRADES = (Evidence.VERIFIED, Evidence.FROM_SOURCE)
_STORED_PLAINLY = {STATUS_PLAIN, STATUS_UNINITIALISED}


class Check(NamedTuple):
    """Two figures that must be equal, computed in two ways."""

    slug: str
    ok: bool
    claim: str  #: what must be true, in words
    found: int
    expected: int
    problems: tuple[str, ...]  #: paths of the layers or tensors that fail
    unit: str = (
        "values"  #: what both figures count: tensor elements, or ``tensors``, ``weights``, ``layers``, ``calls``
    )


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


def total(data: SummaryData) -> Check:
    """Compare the stored elements of the rows with an independent count of what PyTorch stores."""
    rows, count = data.totals.stored_elements, data.records.counted.elements
    claim = "The rows, each tensor counted once, add up to what PyTorch stores"
    return Check("total", rows == count, claim, rows, count, ())


def tensors(data: SummaryData) -> Check:
    """Compare the number of distinct parameters that have a row with those that PyTorch stores."""
    rows = sum(tensor.owner == index and tensor.facts.kind == "parameter" for index, tensor in enumerate(data.tensors))
    count = data.records.counted.tensors
    return Check("tensors", rows == count, "Every tensor that PyTorch stores has its row", rows, count, (), "tensors")


def tree(data: SummaryData) -> Check | None:
    """Compare the total of the root, added up layer by layer, with the sum over tensors; none without parameters."""
    root, parameters = data.columns.total[0], data.totals.parameters
    if not any(tensor.facts.kind == "parameter" for tensor in data.tensors):
        return None
    claim = "The tree, added up from its leaves, gives the same total"
    return Check("tree", root == parameters, claim, root, parameters, ())


def formulas(data: SummaryData) -> Check | None:
    """Check that no formula gives another number than PyTorch; none without layers that have parameters."""
    explanations = data.records.explanations
    layers = [layer for layer in data.layers if layer.explanation >= 0 and layer.alias_of < 0]
    if not layers:
        return None
    wrong = {number for number, why in enumerate(explanations) if why.evidence is Evidence.DISAGREES}
    paths = tuple(layer.path for layer in layers if layer.explanation in wrong)
    claim = "No formula gives another number than PyTorch"
    return Check("formulas", not paths, claim, len(layers) - len(paths), len(layers), paths, "layers")


def logical(data: SummaryData) -> Check | None:
    """Compare formulas with logical shapes, for layers with tensors that are not stored plainly; none without such.

    Layers without a formula of their own are not compared: there is no second source for their logical counts.
    """
    explanations, own = data.records.explanations, data.columns.own
    comparable = (*CHECKED_GRADES, Evidence.DISAGREES)
    parameters = [tensor for tensor in data.tensors if tensor.facts.kind == "parameter"]
    unlike = {tensor.layer for tensor in parameters if tensor.facts.status not in _STORED_PLAINLY}
    values = {
        layer.id: explanations[layer.explanation].value
        for layer in data.layers
        if layer.id in unlike and layer.alias_of < 0 and explanations[layer.explanation].evidence in comparable
    }
    if not values:
        return None
    wrong = tuple(data.layers[number].path for number, value in values.items() if value != own[number])
    sums = sum(own[number] or 0 for number in values), sum(value or 0 for value in values.values())
    claim = "Where tensors are stored in another form, the formulas give as many parameters as their logical shapes"
    return Check("logical", not wrong, claim, *sums, wrong)


def storage(data: SummaryData) -> Check | None:
    """Check that the stored size of every parameter is known; none where all parameters are plain tensors."""
    opaque_layers = data.records.opaque_layers
    parameters = [index for index, t in enumerate(data.tensors) if t.owner == index and t.facts.kind == "parameter"]
    statuses = {data.tensors[index].facts.status for index in parameters}
    if statuses <= _STORED_PLAINLY and not opaque_layers:
        return None
    opaque = [index for index in parameters if data.tensors[index].facts.status == STATUS_OPAQUE]
    paths = (*(data.tensor_paths[index] for index in opaque), *(data.layers[number].path for number in opaque_layers))
    claim = "The stored size of every weight is known"
    weights = len(parameters) + len(opaque_layers)
    return Check("storage", not paths, claim, weights - len(paths), weights, paths, "weights")


def containers(data: SummaryData) -> Check | None:
    """Compare the closed formulas of containers with the sum of their parts; none without closed formulas.

    A shipped formula is for the container as its library builds it: where parts were replaced, it is not compared.
    """
    totals, forms = data.columns.total, data.closed_forms.values()
    if not forms:
        return None
    paths = tuple(data.layers[form.layer].path for form in forms if form.value != totals[form.layer])
    claim = "The closed formula of a container gives the sum of its parts"
    return Check("containers", not paths, claim, len(forms) - len(paths), len(forms), paths, "layers")


def compute(data: SummaryData) -> Check | None:
    """Compare the MACs by formula with those of the operators that ran; none without a run that has both."""
    decisive = (Evidence.VERIFIED, Evidence.DISAGREES)
    calls = [
        call for call in data.run.calls if call.compute >= 0 and data.run.computes[call.compute].evidence in decisive
    ]
    if not calls:
        return None
    wrong = [call for call in calls if data.run.computes[call.compute].evidence is Evidence.DISAGREES]
    paths = tuple(dict.fromkeys(data.layers[call.layer].path for call in wrong))
    claim = "The formulas of multiply-adds agree with what the run counted"
    return Check("compute", not wrong, claim, len(calls) - len(wrong), len(calls), paths, "calls")


#: All checks, in the order of the reports. Each returns None for a model for which it could not fail.
CHECKS: tuple[Callable[[SummaryData], Check | None], ...] = (
    total,
    tensors,
    tree,
    formulas,
    logical,
    storage,
    containers,
    compute,
)


def make_checks(data: SummaryData) -> Checks:
    """Return the results of all checks that apply to the model, and the grades of evidence."""
    results = tuple(result for check in CHECKS if (result := check(data)) is not None)
    return Checks(all(result.ok for result in results), results, grades(data))


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
