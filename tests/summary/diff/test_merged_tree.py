"""Both models of a comparison as one tree: every layer of either once, and numbers that add up."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import summarykit
from strategies import models
from summarykit.summary.diff.merged_tree import MergedTree
from support.edits import wild_edits


def joint(before, after):
    return MergedTree(summarykit.diff(before, after).comparison)


def paths(found):
    return [layer.path for layer in found.tree.layers]


@given(st.data())
def test_every_layer_of_both_has_one_place_and_all_of_them_add_up(data):
    before = data.draw(models())
    found = joint(before, data.draw(wild_edits(before)))
    comparison = found.comparison
    one, other = comparison.before, comparison.after
    assert sorted(at for at in found.before if at >= 0) == list(range(len(one.layers)))
    assert [at for at in found.after if at >= 0] == list(range(len(other.layers)))
    for numbers, name in ((found.parameters, "parameters"), (found.bytes, "bytes")):
        inside = found.inside(numbers)
        assert (inside.before[0], inside.after[0]) == (getattr(one.totals, name), getattr(other.totals, name))
        assert sum(numbers.change) == getattr(comparison.change, name)
    assert sum(change is not None for change in found.changes) == len(comparison.changes)
    assert found.change_counts[0] == len(comparison.changes)


def test_what_was_removed_stands_where_it_stood():
    names = ("a", "b", "c", "d")
    layers = {name: nn.Linear(at + 1, 3) for at, name in enumerate(names)}
    before = nn.ModuleDict(layers)
    after = nn.ModuleDict({name: layers[name] for name in ("a", "d")} | {"e": nn.LayerNorm(7)})
    assert paths(joint(before, after)) == ["", "a", "b", "c", "d", "e"]
    assert paths(joint(after, before)) == ["", "a", "b", "c", "d", "e"]


def test_a_layer_that_was_moved_counts_where_it_is_now():
    moved = nn.Linear(7, 5)
    before = nn.ModuleDict({"one": nn.ModuleDict({"x": moved}), "two": nn.ModuleDict({"y": nn.Linear(3, 2)})})
    after = nn.ModuleDict({"one": nn.ModuleDict(), "two": nn.ModuleDict({"y": nn.Linear(3, 2), "x": moved})})
    found = joint(before, after)
    inside = found.inside(found.parameters)
    held = dict(zip(paths(found), zip(inside.before, inside.after, strict=True), strict=True))
    assert held == {"": (48, 48), "one": (0, 0), "two": (48, 48), "two.y": (8, 8), "two.x": (40, 40)}


def test_a_model_that_was_wrapped_or_unwrapped_is_one_tree():
    layer = nn.Linear(2, 2)
    assert paths(joint(layer, nn.Sequential(layer))) == ["", "0"]
    assert paths(joint(nn.Sequential(layer), layer)) == ["", "Sequential"]


def test_blocks_that_changed_alike_are_one_row_and_others_are_not():
    def model(width, odd):
        with torch.device("meta"):
            return nn.ModuleList(
                nn.ModuleDict({"up": nn.Linear(8, odd if at == 3 else width), "norm": nn.LayerNorm(8)})
                for at in range(6)
            )

    rows = joint(model(4, 4), model(6, 7)).folding.rows
    assert [(row.path, row.times) for row in rows if row.depth == 1] == [("0–2,4–5", 5), ("3", 1)]
