"""A model that was not there before, compared with one that holds nothing."""

from __future__ import annotations

from summarykit.records import StoredCount
from summarykit.summary.data import SummaryData
from summarykit.summary.diff.comparison import Comparison


def compare_without_base(data: SummaryData) -> Comparison:
    """Return the comparison of a model that has no base: every layer is new, and no setting changed."""
    records = data.records
    root = records.layers[0]._replace(explanation=-1, first_tensor=0, end_tensor=0)
    nothing = records._replace(
        layers=(root,), tensors=(), counted=StoredCount(0, 0), notes=(), cross_checks=(), experts_per_token=None
    )
    return Comparison(SummaryData(nothing), data, new=True)
