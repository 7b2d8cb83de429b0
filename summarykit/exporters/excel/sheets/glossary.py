"""The Glossary sheet: the words of the report, what its counts rest on, its colours."""

from __future__ import annotations

from typing import NamedTuple

from summarykit.exporters.excel.cells.labels import plainly, quiet
from summarykit.exporters.view.values import ReportView, Term
from summarykit.exporters.view.words import GRADE_WORDS
from summarykit.records import Evidence
from summarykit.summary.data import SummaryData

#: What each fine grade says; ``docs/columns.md`` has the same for those who read the data.
_GRADES = {
    Evidence.VERIFIED: "A rule gives the size from the layer's settings alone; it equals PyTorch's shape and count.",
    Evidence.FROM_SOURCE: "Formula and numbers come from the layer's own source code and its settings, and agree.",
    Evidence.SIZE_FROM_TENSOR: "The formula comes from the source code; one of its sizes was taken from the tensor.",
    Evidence.INFERRED: "The layer's name suggests which settings make its size, and they do. That is no proof.",
    Evidence.SHAPE_ONLY: "No formula is known, or it does not fit: the size is the tensor's own. Nothing was checked.",
    Evidence.DISAGREES: "The formula gives another number or shape than PyTorch. Both are shown.",
}
#: What other formats call by another word.
_OWN_WORDS = {
    "Multiply-add (MAC)": Term(
        "Multiplication", "Together with the addition of its result, which engineers call a multiply-add or MAC."
    )
}


class GradeLine(NamedTuple):
    """One fine grade, and how much of the model has it."""

    word: str  #: "✓ Checked"
    grade: str  #: as the data names it
    meaning: str
    layers: int
    parameters: int
    look: str  #: style of the word


class Glossary(NamedTuple):
    """What the sheet says."""

    words: tuple[tuple[str, str], ...]
    grades: tuple[GradeLine, ...]
    made: tuple[str, ...]


_LOOKS = {"checked": "ok", "differs": "bad"}


def glossary_sheet(data: SummaryData, view: ReportView) -> Glossary:
    """Return the words of the report, each grade with its layers, and how the report was made."""
    graded = {f"{word} {sign}" for word, sign, _ in GRADE_WORDS.values()}
    found = {grade.evidence: grade for grade in data.checks.grades}
    lines = []
    for evidence, meaning in _GRADES.items():
        word, sign, look = GRADE_WORDS[evidence]
        layers, parameters = (found[evidence].layers, found[evidence].parameters) if evidence in found else (0, 0)
        lines.append(GradeLine(f"{sign} {word}", str(evidence), meaning, layers, parameters, _LOOKS.get(look, "note")))
    terms = (_OWN_WORDS.get(term.word, term) for term in view.glossary if term.word not in graded)
    words = tuple((term.word, plainly(term.meaning)) for term in terms)
    return Glossary(words, tuple(lines), tuple(quiet(line) for line in view.made))
