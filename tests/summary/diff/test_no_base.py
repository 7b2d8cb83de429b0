"""A model without a base, compared with one that holds nothing: all of it is told once, and it adds up."""

from hypothesis import HealthCheck, given, settings

import strategies
from summarykit.exporters.view.diff import build_diff_view
from summarykit.reading import read_model
from summarykit.summary import SummaryData
from summarykit.summary.diff import compare_without_base

patient = settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))


@patient
@given(strategies.models() | strategies.repeating_models() | strategies.tied_blocks())
def test_all_of_a_new_model_is_told_and_adds_up(model):
    data = SummaryData(read_model(model))
    found = compare_without_base(data)
    assert found.new
    assert found.checks.ok or not data.checks.ok
    assert (found.change.parameters, found.change.bytes) == (data.totals.parameters, data.totals.bytes)
    assert not found.notes
    assert not found.config
    view = build_diff_view(found, most_rows=10_000)
    assert sum(row.change_value for row in view.rows) == data.totals.parameters
    assert {row.word for row in view.rows} <= {"new"}
    assert not view.why
    assert (view.before, view.look) == ("", "" if data.checks.ok else "bad")
