"""Changes are told in as few rows as say it: a part as a whole, and alike ones together."""

import copy

import pytest
from torch import nn
from torch.nn.utils import parametrizations

from summarykit.exporters.view.diff import build_diff_view
from summarykit.reading import read_model
from summarykit.summary import SummaryData
from summarykit.summary.diff import Comparison


class Block(nn.Module):
    def __init__(self, number, width=8):
        super().__init__()
        self.number = number
        self.attn = nn.MultiheadAttention(8, 2)
        self.up, self.down = nn.Linear(8, width), nn.Linear(width, 8)


class Model(nn.Module):
    def __init__(self, blocks=4, width=8):
        super().__init__()
        self.embed = nn.Embedding(10, 8)
        self.blocks = nn.ModuleList(Block(number, width) for number in range(blocks))
        self.head = nn.Linear(8, 10)


def compared(before, after):
    return Comparison(SummaryData(read_model(before)), SummaryData(read_model(after)))


def rows(before, after, **options):
    """Word, name, times, formula before and after, change of each row."""
    comparison = compared(before, after)
    view = build_diff_view(comparison, **options)
    assert sum(row.change_value for row in view.rows) == comparison.change.parameters
    assert all(row.change_value == row.times * (row.after_value - row.before_value) for row in view.rows)
    return [(row.word, row.path, row.times, row.before, row.after, row.change) for row in view.rows]


def edited(edit, model=None):
    after = copy.deepcopy(model or Model())
    edit(after)
    return after


ALL = "432 parameters in 4 layers"  # of a block


def test_a_new_block_is_one_row_with_all_inside():
    assert rows(Model(4), Model(5)) == [("new", "blocks.4", 1, "–", ALL, "+432")]
    assert rows(Model(5), Model(4)) == [("removed", "blocks.4", 1, ALL, "–", "−432")]
    assert rows(Model(2), Model(5)) == [("new", "blocks.2–4", 3, "–", ALL, "3 × +432 = +1,296")]


def test_without_folding_every_layer_of_a_new_block_is_told():
    assert len(rows(Model(4), Model(5), fold=False)) == 4


def test_what_stands_in_a_layers_place_is_told_with_it():
    def head(model):
        model.head = nn.Sequential(nn.Linear(8, 3), nn.ReLU(), nn.Linear(3, 10))

    assert rows(Model(), edited(head)) == [
        ("replaced", "head", 1, "10 × (8 + 1) = 90", "3 × (8 + 1) + 10 × (3 + 1) = 67", "−23")
    ]


def test_a_layer_that_became_a_block_in_every_block_is_one_row():
    def deeper(model):
        for block in model.blocks:
            block.up = nn.Sequential(nn.Linear(8, 2), nn.Linear(2, 8))

    assert rows(Model(), edited(deeper)) == [
        ("replaced", "blocks.0–3.up", 4, "8 × (8 + 1) = 72", "2 × (8 + 1) + 8 × (2 + 1) = 42", "4 × −30 = −120")
    ]


@pytest.mark.parametrize(
    ("part", "row"),
    [
        ("", ("Model", 1, "1,898 parameters in 18 layers")),
        ("blocks", ("blocks", 1, "1,728 parameters in 16 layers")),
        ("blocks.1", ("blocks.1", 1, ALL)),
        ("blocks.1.attn", ("blocks.1.attn", 1, "8 × (8 + 8 + 8 + 3) + 8 × (8 + 1) = 288")),
        ("head", ("head", 1, "10 × (8 + 1) = 90")),
    ],
)
def test_a_part_in_which_everything_changed_alike_is_one_row(part, row):
    path, times, size = row
    for word, edit in (
        ("kept fixed", lambda model: model.get_submodule(part).requires_grad_(False)),
        ("number format", lambda model: model.get_submodule(part).half()),
    ):
        assert rows(Model(), edited(edit)) == [(word, path, times, size, size, "–")]
    frozen = edited(lambda model: model.get_submodule(part).requires_grad_(False))
    assert rows(frozen, Model()) == [("learned again", path, times, size, size, "–")]


def test_blocks_that_were_frozen_as_a_whole_are_told_with_their_number():
    after = edited(lambda model: model.blocks[:2].requires_grad_(False))
    assert rows(Model(), after) == [("kept fixed", "blocks.0–1", 2, ALL, ALL, "–")]


def test_a_part_is_not_said_to_be_frozen_where_something_in_it_still_learns():
    def most(model):
        model.blocks[0].requires_grad_(False)
        model.blocks[0].down.bias.requires_grad_(True)

    assert ("kept fixed", "blocks.0") not in {row[:2] for row in rows(Model(), edited(most))}

    def with_a_new_one(model):
        model.blocks[0].requires_grad_(False)
        model.blocks[0].adapter = nn.Linear(8, 8)

    told = {row[:2] for row in rows(Model(), edited(with_a_new_one))}
    assert ("kept fixed", "blocks.0") not in told
    assert ("new", "blocks.0.adapter") in told


def test_what_was_frozen_before_is_no_hindrance():
    before = edited(lambda model: model.blocks[0].up.requires_grad_(False))
    after = edited(lambda model: model.blocks.requires_grad_(False))
    assert [row[:2] for row in rows(before, after)] == [("kept fixed", "blocks")]


def test_a_part_that_counts_elsewhere_now_is_one_row_with_all_its_numbers():
    def shared(model):
        model.blocks = nn.ModuleList([model.blocks[0]] * 4)

    assert rows(Model(), edited(shared)) == [("shared", "blocks.1–3", 3, ALL, "–", "3 × −432 = −1,296")]
    assert rows(edited(shared), Model()) == [("no longer shared", "blocks.1–3", 3, "–", ALL, "3 × +432 = +1,296")]


def test_a_parametrized_layer_is_one_row():
    def normed(model):
        for block in model.blocks:
            parametrizations.weight_norm(block.up)

    ((word, path, times, *_, change),) = rows(Model(), edited(normed))
    assert (word, path, times, change) == ("replaced", "blocks.0–3.up", 4, "4 × +8 = +32")


def test_of_two_models_with_nothing_in_common_the_parts_are_told():
    told = rows(nn.ModuleDict({"a": Block(0)}), nn.Sequential(nn.Embedding(3, 4), nn.Embedding(5, 6)))
    assert [row[:2] for row in told if row[0] != "replaced"] == [("removed", "a"), ("new", "1"), ("new", "0")]
