"""The Glossary sheet: the words of the report, what its counts rest on, its colours."""

from __future__ import annotations

from summarykit.exporters.excel.values import GlossaryPage, GradeLine
from summarykit.exporters.view.glossary import glossary_entries
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
#: What the workbook, whose readers are no engineers, says in its own words, by the key of the entry.
_OWN_WORDS = {
    "trainable": Term(
        "Learned in training, kept fixed",
        "Learned in training parameters change in training; frozen ones stay as they are.",
    ),
    "macs": Term(
        "Multiplication", "Together with the addition of its result, which engineers call a multiply-add or MAC."
    ),
    "flops": Term("FLOPs", "Multiplications and additions, each counted: twice the multiplications."),
    "counted": Term(
        "Counted, not checked –", "The run counted these multiplications; no rule for the layer gives them as well."
    ),
}
#: The keys of the words of evidence, which the sheet explains in a table of their own.
_GRADE_KEYS = ("checked", "read", "size", "differs")
_LOOKS = {"checked": "ok", "differs": "bad"}


def glossary_sheet(data: SummaryData, view: ReportView) -> GlossaryPage:
    """Return the words of the report, each grade with its layers, and how the report was made."""
    grades = {grade.evidence: grade for grade in data.checks.grades}
    lines = []
    for evidence, meaning in _GRADES.items():
        word, sign, look = GRADE_WORDS[evidence]
        layers, parameters = (grades[evidence].layers, grades[evidence].parameters) if evidence in grades else (0, 0)
        lines.append(GradeLine(f"{sign} {word}", str(evidence), meaning, layers, parameters, _LOOKS.get(look, "note")))
    terms = tuple(
        _OWN_WORDS.get(entry.key) or Term(entry.word, entry.meaning)
        for entry in glossary_entries(data)
        if entry.key not in _GRADE_KEYS
    )
    return GlossaryPage(terms, tuple(lines), view.made)
