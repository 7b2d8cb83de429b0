"""Any model whatsoever: the totals are PyTorch's, folding loses nothing, JSON loses nothing."""

from collections import Counter

from hypothesis import HealthCheck, given, settings

import strategies
import summarykit
from summarykit.exporters.view import build_view
from summarykit.summary.folding import Folding, borrowed_from, members
from summarykit.summary.storage import from_json, to_json
from support import oracle

patient = settings(suppress_health_check=[HealthCheck.too_slow])


@patient
@given(model=strategies.models())
def test_totals_are_pytorchs_for_every_module(model):
    oracle.assert_right(summarykit.summarize(model), model)


@patient
@given(model=strategies.repeating_models())
def test_totals_of_repeating_models_too(model):
    oracle.assert_right(summarykit.summarize(model), model)


@patient
@given(model=strategies.models())
def test_json_loses_nothing(model):
    data = summarykit.summarize(model).data
    text = to_json(data)
    again = from_json(text)
    assert again.records == data.records
    assert repr(again.records) == repr(data.records)
    assert to_json(again) == text
    assert (again.totals, again.checks, again.fingerprint, again.notes) == (
        data.totals, data.checks, data.fingerprint, data.notes,
    )  # fmt: skip
    assert again.columns == data.columns


def inside(rows, index):
    """Positions of the rows directly inside a folded row."""
    at = index + 1
    while at < rows[index].end:
        yield at
        at = rows[at].end


def check_folding(model):
    data = summarykit.summarize(model).data
    folding = Folding(data)
    rows, columns = folding.rows, data.columns
    assert sum(row.times for row in rows) == len(data.layers)
    assert sum(columns.adds[row.layer] * row.times for row in rows) == data.totals.parameters
    assert rows[0].end == len(rows)
    for index, row in enumerate(rows):
        assert row.times == row.copies * (1 if index == 0 else rows[parent_of(rows, index)].times)
        below = sum(columns.counted[rows[i].layer] * rows[i].copies for i in inside(rows, index))
        assert columns.counted[row.layer] == columns.adds[row.layer] + below
    groups = folding.groups
    told = Counter(layer for group in groups for layer in group.layers)
    assert told == Counter(layer.id for layer in data.layers if layer.explanation >= 0)
    assert sum(columns.adds[layer] for group in groups for layer in group.layers) == data.totals.parameters
    for group in groups:
        assert len({columns.adds[layer] for layer in group.layers}) == 1
        assert len({data.layers[layer].explanation for layer in group.layers}) == 1


def what_a_row_says(data, layer):
    """What must be the same of two copies: everything but where they stand, and where each borrows its numbers."""
    columns = data.columns
    tensors = data.tensors[layer.first_tensor : layer.end_tensor]
    return (
        data.records.types[layer.type], layer.explanation, layer.alias_of < 0,
        [(t.name, t.facts, t.evidence) for t in tensors],
        columns.own[layer.id], columns.adds[layer.id], columns.counted[layer.id], columns.total[layer.id],
        columns.shared_with[layer.id] is not None,
    )  # fmt: skip


def check_unfolding(model):
    """Every layer stands in exactly one row, under the right one, and is what the row says."""
    data = summarykit.summarize(model).data
    rows = Folding(data).rows
    row_of = {}
    for number, (row, layers) in enumerate(zip(rows, members(rows), strict=True)):
        assert len(layers) == row.times
        assert layers[0] == row.layer
        first = what_a_row_says(data, data.layers[row.layer])
        for layer in layers:
            assert layer not in row_of
            row_of[layer] = number
            assert what_a_row_says(data, data.layers[layer]) == first
    assert set(row_of) == set(range(len(data.layers)))
    for layer in data.layers[1:]:
        assert row_of[layer.parent] == parent_of(rows, row_of[layer.id])


def check_borrowing(model):
    """Copies in one row borrow the same way: each from its own copy, or all from one place."""
    data = summarykit.summarize(model).data
    rows = Folding(data).rows
    for row, layers in zip(rows, members(rows), strict=True):
        told = {data.columns.shared_with[layer] for layer in layers}
        where = borrowed_from(data, data.layers[row.layer], row.path)
        assert (where is None) == (told == {None})
        if len(told) == 1:
            assert told == {where} or row.times == 1
        else:
            assert "–" in where or "," in where


def parent_of(rows, index):
    return max(i for i in range(index) if rows[i].depth == rows[index].depth - 1)


@patient
@given(model=strategies.repeating_models())
def test_folding_loses_nothing(model):
    check_folding(model)


@patient
@given(model=strategies.models())
def test_folding_any_model_loses_nothing(model):
    check_folding(model)


@patient
@given(model=strategies.repeating_models() | strategies.tied_blocks() | strategies.models())
def test_what_was_folded_unfolds_to_the_same_layers(model):
    check_unfolding(model)
    check_borrowing(model)


@patient
@given(model=strategies.models())
def test_a_view_adds_up(model):
    summary = summarykit.summarize(model)
    for most in (2_000, 5, 1):
        view = build_view(summary.data, most_rows=most, most_groups=most)
        total = summary.totals.parameters
        assert view.total == f"{total:,}"
        assert sum(block.value for block in view.blocks) == total
        for ranking in view.rankings:
            assert sum(block.value for block in ranking.blocks) == getattr(summary.totals, ranking.measure)
        assert len(view.rows) <= most
        assert bool(view.rows_left_out) == (len(view.rows) < len(Folding(summary.data).rows))
        assert bool(view.groups_left_out) == (len(view.groups) < len(Folding(summary.data).groups))
        if most == 2_000:
            assert sum(row.own_value for row in view.rows if not row.note) <= total
            assert all(row.parent < index for index, row in enumerate(view.rows))


@patient
@given(model=strategies.models())
def test_every_text_can_be_made(model):
    summary = summarykit.summarize(model)
    assert f"{summary.totals.parameters:,}" in str(summary)
    assert f"{summary.totals.parameters:,}" in summary.to_markdown()
