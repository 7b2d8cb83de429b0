"""Columns: what a report's cell says of one layer is what the frame says of it; totals that specs name are there."""

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from torch import nn

import strategies
import summarykit
from summarykit.summary.columns import LAYER_COLUMNS, REPORT_COLUMNS
from summarykit.summary.columns.changes import CHANGE_COLUMNS
from summarykit.summary.columns.layer_values import LayerRows, each_layer
from summarykit.summary.data import Totals

#: In a report a tensor counts at the layer it is shared with, and a row says where its copies share it.
OTHERWISE = {"shared_with"} | {spec.name for spec in LAYER_COLUMNS if spec.report_meaning}
BOTH = [spec for spec in LAYER_COLUMNS if spec.values and spec.cell and spec.name not in OTHERWISE]


def compared(value):
    """A value as both sides have it: nothing is None, "" or 0; one shape of one tensor is that shape."""
    if value is pd.NA or value == "not known yet":
        return None
    if isinstance(value, tuple) and len(value) == 1 and not isinstance(value[0], int):
        value = value[0]
    return value or None


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=30)
@given(model=strategies.models())
def test_a_cell_of_one_layer_is_the_value_of_the_frame(model):
    check_cells(summarykit.summarize(model))


def test_a_cell_of_one_layer_is_the_value_of_the_frame_with_a_forward_pass():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 2))
    model.unused = nn.Identity()
    check_cells(summarykit.summarize(model, input_size=(1, 3, 4, 4)))


def check_cells(summary):
    data = summary.data
    for spec in BOTH:
        cells = each_layer(spec.cell)(LayerRows(data))
        values = summary.layers[spec.name].tolist()
        once = [layer.alias_of < 0 for layer in data.layers]  # a second place repeats no run
        pairs = [pair for pair, first in zip(zip(cells, values, strict=True), once, strict=True) if first]
        assert [compared(cell) for cell, _ in pairs] == [compared(value) for _, value in pairs], spec.name


def test_each_name_is_used_once():
    assert len({spec.name for spec in LAYER_COLUMNS}) == len(LAYER_COLUMNS)
    assert all(spec.values or spec.cell for spec in LAYER_COLUMNS)


@pytest.mark.parametrize("spec", [*LAYER_COLUMNS, *CHANGE_COLUMNS], ids=lambda spec: spec.name)
def test_a_column_adds_up_to_totals_that_exist(spec):
    assert set(filter(None, spec.total.split(" + "))) <= set(Totals._fields)


def test_all_columns_of_reports_can_be_requested():
    model = nn.Linear(2, 2)
    for name, spec in REPORT_COLUMNS.items():
        text = str(summarykit.summarize(model, columns=name))
        assert (spec.short_heading or spec.heading) in text, name
