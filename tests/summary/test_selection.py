"""What a selection shows: with what is told as left out it is the whole model, once; and no total depends on it."""

import fnmatch
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import strategies
import summarykit
from summarykit.exporters.excel.sheets.layers import layer_sheet
from summarykit.exporters.view import build_view
from summarykit.exporters.view.groups import listed_rows
from summarykit.exporters.view.selection import works_of
from summarykit.exporters.view.tree import visible_places
from summarykit.summary.folding import Folding, members
from summarykit.summary.selection import ORDERS, Selection, choose, natural

patient = settings(suppress_health_check=[HealthCheck.too_slow])
PATTERNS = st.lists(
    st.sampled_from(
        ["*", "0", "1", "a", "0.*", "*.0", "*.1", "*.a", "?", "[0-2]*", "*.0.*", "Linear", "*Norm*", "ReLU", "Block",
         "Other", "Sequential", "torch.nn.*", "x.y", "|", "\u202e", "block?", "block9*", "blocks.[13]", "*.2"]
    ),
    max_size=2,
).map(tuple)  # fmt: skip
SELECTIONS = st.builds(
    Selection,
    depth=st.none() | st.integers(0, 4),
    only=PATTERNS,
    exclude=PATTERNS,
    columns=st.just(()),
    sort=st.sampled_from(ORDERS),
)
MODELS = strategies.models() | strategies.repeating_models() | strategies.tied_blocks()


def fits(data, layer, patterns):
    kind = data.records.types[layer.type]
    names = [layer.path, kind.name, *([kind.qualified] if "torch.nn.*" in patterns else [])]
    return any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in patterns)


def expected(data, selection):
    """The ids of the layers that are shown, as the page on selecting says it; each looked at on its own."""
    layers = data.layers

    def line(layer):
        """The layer and those around it, the model itself left out unless it is the layer."""
        found = [layer]
        while found[-1].parent > 0:
            found.append(layers[found[-1].parent])
        return found

    picked = {
        layer.id
        for layer in layers
        if (not selection.only or any(fits(data, each, selection.only) for each in line(layer)))
        and not any(fits(data, each, selection.exclude) for each in line(layer))
    }
    around = {each.id for index in picked for each in line(layers[index])}
    most = len(layers) if selection.depth is None else selection.depth
    return sorted({0, *(index for index in around if data.columns.depth[index] <= most)})


@patient
@given(model=MODELS, selection=SELECTIONS, fold=st.booleans(), limit=st.sampled_from([1, 4, 10_000]))
def test_rows_shown_and_rows_told_are_the_whole_model_once(model, selection, fold, limit):
    data = summarykit.summarize(model).data
    chosen = choose(data, selection)
    folding = Folding(data, fold, chosen.apart)
    shown = visible_places(data, folding, limit, with_empty=True, row_filter=chosen)
    rows = [folding.rows[place.row] for place in shown.places]
    assert len(rows) + shown.rows == len(folding.rows)
    assert sum(row.times for row in folding.rows) == len(data.layers)
    assert sum(data.columns.adds[row.layer] * row.times for row in rows) + shown.parameters == data.totals.parameters
    modules = sum(row.times for row in rows if data.layers[row.layer].alias_of < 0)
    assert modules + shown.modules == data.totals.modules
    # What is told as hidden at the rows is all that is hidden, once.
    inner = Counter(place.parent for place in shown.places)
    assert sum(place.hidden_rows for place in shown.places) == shown.rows
    assert all(place.children == inner[at] for at, place in enumerate(shown.places))
    assert bool(shown.sentence) == bool(shown.rows)
    if limit == 10_000:
        stand_for = list(members(folding.rows))
        assert sorted(layer for place in shown.places for layer in stand_for[place.row]) == expected(data, selection)


@patient
@given(
    model=strategies.repeating_models() | strategies.tied_blocks(),
    patterns=st.lists(st.sampled_from(["0", "[13]", "*.1.*", "block9", "*.0", "1.*"]), min_size=1, max_size=2),
    name=st.sampled_from(["only", "exclude"]),
)
def test_a_fold_stands_for_layers_that_are_all_shown_or_all_not(model, patterns, name):
    data = summarykit.summarize(model).data
    selection = Selection(**{name: tuple(patterns)})
    chosen = choose(data, selection)
    folding, shown = Folding(data, True, chosen.apart), set(expected(data, selection))
    for row, stand_for in zip(folding.rows, members(folding.rows), strict=True):
        assert set(stand_for) <= shown if chosen.shows(row.layer) else not shown & set(stand_for)
    for group in folding.working_groups:
        assert len({chosen.lists(layer) for layer in group.layers}) == 1


@patient
@given(model=MODELS, selection=SELECTIONS, fold=st.booleans())
def test_a_flat_list_accounts_for_every_parameter_once(model, selection, fold):
    data = summarykit.summarize(model).data
    chosen = choose(data, selection)
    listed = listed_rows(data, Folding(data, fold, chosen.apart), chosen)
    values = sum(each.value for each in listed)
    layers = sum(each.layers for each in listed)
    view = build_view(data, selection=selection, fold=fold)
    told = view.groups_left_out
    left = sum(works_of(data)) - layers
    assert left >= 0
    assert bool(told) == bool(left)
    if left:
        assert f"{left:,} layer" in told
        assert f"with {data.totals.parameters - values:,} parameter" in told
    else:
        assert values == data.totals.parameters
    assert len(view.groups) == len(listed)


@patient
@given(model=MODELS, selection=SELECTIONS, fold=st.booleans())
def test_no_total_and_nothing_said_of_the_whole_depends_on_it(model, selection, fold):
    data = summarykit.summarize(model).data
    whole, part = build_view(data, fold=fold), build_view(data, selection=selection, fold=fold)
    tables = {"rows", "rows_left_out", "rows_without_parameters", "groups", "groups_title", "groups_left_out"}
    for name in set(whole._fields) - tables:
        assert getattr(whole, name) == getattr(part, name), name
    numbers = Counter((row.anchor, row.own_value, row.inside_value) for row in build_view(data, fold=False).rows)
    shown = build_view(data, selection=selection, fold=False).rows
    assert Counter((row.anchor, row.own_value, row.inside_value) for row in shown) <= numbers


@patient
@given(model=MODELS, sort=st.sampled_from(ORDERS), fold=st.booleans())
def test_sorting_moves_rows_and_nothing_else(model, sort, fold):
    data = summarykit.summarize(model).data
    before, after = build_view(data, fold=fold), build_view(data, fold=fold, selection=Selection(sort=sort))
    bare = {"parent": 0, "position": 0, "told_at": -1, "told_whole": False, "names_at": -1, "tells": False}
    assert Counter(row._replace(**bare) for row in before.rows) == Counter(row._replace(**bare) for row in after.rows)
    assert Counter(before.groups) == Counter(after.groups)
    for at, row in enumerate(after.rows[1:], 1):
        above = after.rows[row.parent]
        assert row.parent < at
        assert above.depth == row.depth - 1
        assert row.path.startswith(above.path)
    keys = {
        "model": lambda row: 0,
        "size": lambda row: -row.inside_value,
        "name": lambda row: natural(row.name if row.path else ""),
        "type": lambda row: natural(row.type),
        "macs": lambda row: 0,
    }
    for parent in range(len(after.rows)):
        inside = [row for row in after.rows if row.parent == parent]
        assert [row.position for row in inside] == list(range(1, len(inside) + 1))
        if sort != "name":  # an empty name is shown in another way
            assert [keys[sort](row) for row in inside] == sorted(keys[sort](row) for row in inside)


@patient
@given(model=MODELS, selection=SELECTIONS)
def test_the_sheet_of_layers_adds_up_to_the_total(model, selection):
    data = summarykit.summarize(model).data
    for fold in (False, True):
        sheet = layer_sheet(data, Folding(data), selection, "Model", fold=fold)
        assert sum(row["adds_to_total"] or 0 for row in sheet.rows) == data.totals.parameters
        shown = sheet.rows[:-1] if sheet.message else sheet.rows
        assert sum(row.get("times", 1) for row in shown) == len(expected(data, selection))
        assert bool(sheet.message) == sheet.rows[-1]["name"].endswith(" not shown")


@pytest.mark.parametrize(
    ("names", "ordered"),
    [
        (["h.10", "h.2", "h.1"], ["h.1", "h.2", "h.10"]),
        (["b", "A", "a1", "a01", "1"], ["1", "A", "a1", "a01", "b"]),
        (["9" * 5_000, "1" + "0" * 5_000, "0"], ["0", "9" * 5_000, "1" + "0" * 5_000]),
        (["²", "1", "\ud800"], ["1", "²", "\ud800"]),
    ],
)
def test_names_sort_as_people_sort_them(names, ordered):
    assert sorted(names, key=natural) == ordered
