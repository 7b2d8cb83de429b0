"""The tree in little that a page's script reads: every row of the model can be had from it again."""

import json
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

import strategies
import summarykit
from summarykit.exporters.html.cells import Texts
from summarykit.exporters.html.page_data import filtered_page_data, whole_page_data
from summarykit.exporters.view.build import folding_of
from summarykit.exporters.view.tree import visible_places
from summarykit.exporters.view.words import visible
from summarykit.summary.folding import Folding
from summarykit.summary.selection import ORDERS, Selection, choose
from support.pages import Odd, hostile, page_of, repeated, wide

patient = settings(suppress_health_check=[HealthCheck.too_slow])


def counting(name, i):
    digits = re.search(r"[0-9]*$", name)[0]
    return name[: len(name) - len(digits)] + str(int(digits) + i).zfill(len(digits)) if i else name


def runs(tree, kind):
    due, cells = 0, tree["runs"][kind]
    for name, copies, below in zip(cells[::3], cells[1::3], cells[2::3], strict=True):
        first = tree["names"][name - 1] if name else str(due)
        yield first, copies, below
        due = int(first) + copies if re.fullmatch("[0-9]+", first) else None


def rows_of_tree(tree, kind=None, path=""):
    """Each row as its kind and its path, in the order of the model."""
    kind = tree["root"] if kind is None else kind
    yield kind, path
    for first, copies, below in runs(tree, kind):
        for i in range(copies):
            name = counting(first, i)
            yield from rows_of_tree(tree, below, f"{path}.{name}" if path else name)


def fact(tree, name, kind):
    column = tree["columns"].get(name, [])
    column = tree["columns"][column] if isinstance(column, str) else column
    return column[kind] if kind < len(column) else 0


def text_at(tree, number):
    cell = tree["texts"][number]
    if isinstance(cell, str):
        return cell
    numbers = iter(cell[1:])
    return re.sub("\ue000", lambda _: f"{next(numbers):,}", tree["patterns"][cell[0]])


def assert_whole(model):
    data = summarykit.summarize(model).data
    tree = json.loads(json.dumps(whole_page_data(data, Folding(data), [])))
    rows = list(rows_of_tree(tree))
    assert [path for _, path in rows] == [visible(layer.path) for layer in data.layers]
    for (kind, _), layer in zip(rows, data.layers, strict=True):
        assert int(fact(tree, "adds", kind)) == data.columns.adds[layer.id]
        assert int(fact(tree, "inside", kind)) == data.columns.counted[layer.id]
        assert text_at(tree, fact(tree, "type", kind)) == visible(data.records.types[layer.type].name)
        assert text_at(tree, fact(tree, "equation", kind)) == visible(data.texts(layer).equation or "")
    assert sum(int(fact(tree, "adds", kind)) for kind, _ in rows) == data.totals.parameters


@patient
@given(model=strategies.models())
def test_every_row_of_any_model_can_be_had_again(model):
    assert_whole(model)


@patient
@given(model=strategies.repeating_models())
def test_every_row_of_repeating_models_too(model):
    assert_whole(model)


@patient
@given(model=strategies.tied_blocks())
def test_every_row_of_blocks_with_ties_too(model):
    assert_whole(model)


def test_every_row_of_odd_models_too():
    for model in (Odd(), hostile(), repeated(), nn.ReLU(), nn.Sequential()):
        assert_whole(model)


def test_an_empty_name_is_no_number():
    model = nn.Module()
    for name in ("x", "", "0"):
        model._modules[name] = nn.Linear(2, 2)
    assert_whole(model)


def test_texts_that_differ_in_numbers_alone_are_told_in_little_and_exactly():
    texts = Texts()
    given_texts = [
        "2,048 × 1,024", "1 × 2", "64 kB", "007", "0", "1,2", "1,234,5", "12,345 and 1.5", "1.05", "a1b22", "3 × 4",
        "1,024 × 7", f"{2**60:,} × 1", "\ue000 × 1", "\u0663 × 4", "4096 = 64",
    ]  # fmt: skip
    numbers = [texts.number(text) for text in given_texts]
    patterns, cells = texts.table()
    tree = {"patterns": patterns, "texts": cells}
    assert [text_at(tree, number) for number in numbers] == [visible(text) for text in given_texts]
    assert sum(isinstance(cell, list) for cell in cells) >= 4


def test_copies_cost_nothing():
    def size(copies):
        data = summarykit.summarize(nn.Sequential(*(nn.Linear(8, 8) for _ in range(copies)))).data
        return len(json.dumps(whole_page_data(data, Folding(data), [])))

    assert size(2_000) - size(20) < 60


def test_no_text_of_a_model_ends_the_script():
    page = page_of(hostile())
    (page_data,) = re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    assert "<" not in page_data
    assert "<script>alert(1)</script>" in json.dumps(json.loads(page_data))


def test_of_rows_that_stand_in_the_page_no_details_are_told_twice():
    (page_data,) = re.findall(r'<script type="application/json">(.*?)</script>', page_of(repeated()), re.DOTALL)
    assert "details" not in json.loads(page_data)["columns"]
    (page_data,) = re.findall(r'<script type="application/json">(.*?)</script>', page_of(wide()), re.DOTALL)
    assert sum(bool(cell) for cell in json.loads(page_data)["columns"]["details"]) == 2_501


SELECTIONS = st.builds(
    Selection,
    depth=st.none() | st.integers(0, 3),
    only=st.sampled_from([(), ("*",), ("0",), ("*.0",), ("Linear",), ("a", "*.a")]),
    exclude=st.sampled_from([(), ("0",), ("*.1",), ("ReLU",), ("*Norm*",)]),
    sort=st.sampled_from(ORDERS),
)


@patient
@given(model=strategies.models() | strategies.repeating_models() | strategies.tied_blocks(), selection=SELECTIONS)
def test_of_a_selection_the_script_has_the_rows_that_are_shown_and_the_numbers_of_all(model, selection):
    data = summarykit.summarize(model).data
    chosen = choose(data, selection)
    folding = folding_of(data, Folding(data), chosen, fold=True)
    places = visible_places(data, folding, 10_000, with_empty=True, row_filter=chosen)
    tree = json.loads(json.dumps(filtered_page_data(data, folding.rows, places, chosen)))
    rows = list(rows_of_tree(tree))
    assert sorted(path for _, path in rows) == sorted(
        visible(layer.path) for layer in data.layers if chosen.shows(layer.id)
    )
    assert len(rows) == tree["modules"]
    assert sum(int(fact(tree, "adds", kind)) for kind, _ in rows) == data.totals.parameters
    assert sum(fact(tree, "layers", kind) for kind, _ in rows) == data.totals.layers
