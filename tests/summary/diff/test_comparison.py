"""Two models compared: exactly the edits are found, the changes add up, and both ways tell the same."""

import copy
from collections import OrderedDict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

import strategies
from summarykit.reading import read_model
from summarykit.summary import SummaryData
from summarykit.summary.diff import Comparison
from support.edits import edited_models, models_edited_together, wild_edits

patient = settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
MIRROR = {"new": "removed", "removed": "new", "frozen": "unfrozen", "unfrozen": "frozen"}


def compared(before, after):
    return Comparison(SummaryData(read_model(before)), SummaryData(read_model(after)))


def told(comparison):
    """State, path before and path after of every change."""
    before, after = comparison.before.layers, comparison.after.layers
    return {
        (
            tuple(map(str, change.states)),
            before[change.before].path if change.before >= 0 else None,
            after[change.after].path if change.after >= 0 else None,
        )
        for change in comparison.changes
    }


@patient
@given(edited_models())
def test_exactly_the_edits_are_found(case):
    before, after, edits = case
    found = told(compared(before, after))
    assert {(states[0], *paths) for states, *paths in found} == edits


@patient
@given(models_edited_together())
def test_several_edits_of_a_layer_are_found_in_models_that_share_and_reuse(case):
    before, after, edits = case
    comparison = compared(before, after)
    assert {(frozenset(states), *paths) for states, *paths in told(comparison)} == edits
    check(comparison)
    check(compared(after, before))


def check(comparison):
    assert all(c.ok for c in comparison.checks.list if not c.slug.startswith(("before-", "after-")))
    total = comparison.after.totals.parameters - comparison.before.totals.parameters
    assert sum(change.change.parameters for change in comparison.changes) == total
    assert sum(group.change.parameters for group in comparison.groups) == total
    assert sum(len(group.changes) for group in comparison.groups) == len(comparison.changes)
    assert len(set(comparison.changes)) == len(comparison.changes)
    told = [change for group in comparison.told for each in group.told for change in each.changes]
    assert sorted(told) == sorted(comparison.changes)  # each is told once, alone or with others


@patient
@given(st.data())
def test_changes_of_any_two_models_add_up(data):
    before = data.draw(strategies.models())
    after = data.draw(wild_edits(before) | strategies.models())
    comparison, back = compared(before, after), compared(after, before)
    check(comparison)
    check(back)
    there = {(change.before, change.after): change for change in comparison.changes}
    assert {(change.after, change.before) for change in back.changes} == set(there)
    for change in back.changes:
        other = there[change.after, change.before]
        assert change.change == tuple(-number for number in other.change)
        if {"tied", "untied", "retyped", "replaced"}.isdisjoint(change.states):
            assert set(change.states) == {MIRROR.get(state, state) for state in other.states}


@patient
@given(strategies.models())
def test_a_model_is_equal_to_itself(model):
    comparison = compared(model, copy.deepcopy(model))
    assert comparison.same
    assert comparison.changes == comparison.groups == comparison.reasons == ()
    assert comparison.unchanged == comparison.before.totals.layers


def blocks(count, width=4):
    return nn.Sequential(*(nn.Sequential(nn.Linear(width, width), nn.ReLU()) for _ in range(count)))


def test_an_insert_into_a_sequence_is_one_insert():
    before = nn.Sequential(*(nn.Linear(number + 1, 2) for number in range(40)))
    after = nn.Sequential(*before[:7], nn.Linear(100, 2), *before[7:])
    assert told(compared(before, after)) == {(("new",), None, "7")}
    assert told(compared(after, before)) == {(("removed",), "7", None)}


def test_every_block_widened_is_told_once_for_all():
    comparison = compared(blocks(12), blocks(12, width=5))
    (group,) = comparison.groups
    assert (group.path, len(group.changes), group.change.parameters) == ("0–11.0", 12, 12 * (30 - 20))
    assert [(r.setting.name, len(r.layers)) for r in comparison.reasons] == [("in_features", 12), ("out_features", 12)]


def test_the_changed_among_equal_ones_are_found_where_they_stand():
    after = blocks(8)
    after[2][0], after[5][0] = nn.Linear(4, 5), nn.Linear(4, 5)
    found = told(compared(blocks(8), after))
    assert found == {(("changed", "settings"), f"{at}.0", f"{at}.0") for at in (2, 5)}


def test_equal_layers_that_became_different_ones_are_told_apart():
    before = nn.Sequential(*(nn.Linear(4, 4) for _ in range(3)))
    after = nn.Sequential(nn.Linear(4, 5), nn.Linear(4, 4, bias=False), nn.Linear(4, 4).half())
    assert {(states, path) for states, _, path in told(compared(before, after))} == {
        (("changed", "settings"), "0"),
        (("changed",), "1"),
        (("dtype",), "2"),
    }


class Wrapped(nn.Module):
    """What fine-tuning puts around a layer."""

    def __init__(self, layer):
        super().__init__()
        self.base = layer.requires_grad_(False)
        self.down = nn.Linear(layer.in_features, 2, bias=False)


def test_a_layer_that_was_wrapped_moved_and_is_not_replaced():
    after = nn.ModuleDict({"query": Wrapped(nn.Linear(3, 5))})
    assert told(compared(nn.ModuleDict({"query": nn.Linear(3, 5)}), after)) == {
        (("new",), None, "query"),
        (("moved", "frozen"), "query", "query.base"),
        (("new",), None, "query.down"),
    }


def test_a_part_that_was_renamed_and_changed_is_still_the_same_part():
    before = nn.ModuleDict({"encoder": Wrapped(nn.Linear(3, 5)), "head": nn.Linear(5, 2)})
    after = nn.ModuleDict({"backbone": Wrapped(nn.Linear(3, 6)), "head": nn.Linear(5, 2)})
    assert {(states[0], *paths) for states, *paths in told(compared(before, after))} == {
        ("renamed", "encoder", "backbone"),
        ("changed", "encoder.base", "backbone.base"),
    }


def test_a_swap_moves_two_layers():
    one, act, other = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Linear(4, 5)
    found = told(compared(nn.Sequential(one, act, other), nn.Sequential(other, act, one)))
    assert found == {(("moved",), "0", "2"), (("moved",), "2", "0")}


def test_the_same_layers_in_another_order_are_moved_and_not_changed():
    layers = [nn.Linear(number + 1, number + 2) for number in range(8)]
    found = told(compared(nn.Sequential(*layers), nn.Sequential(*reversed(layers))))
    assert {states for states, *_ in found} == {("moved",)}
    assert all(int(before) + int(after) == 7 for _, before, after in found)


@pytest.mark.parametrize("depth", [2, 4, 7])
def test_stages_that_double_in_width_are_changed_and_not_moved_on_by_one(depth):
    def stages(width):
        return nn.ModuleList(nn.Conv2d(width << at, width << at + 1, 3) for at in range(depth))

    found = told(compared(stages(8), stages(16)))
    assert found == {(("changed", "settings"), str(at), str(at)) for at in range(depth)}


def named(names, size=4):
    held = nn.ModuleDict()
    for name in names:
        held[name] = nn.Sequential(nn.Linear(size, size), nn.ReLU())
    return held


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([f"layer{at}" for at in range(1, 5)], [f"stage{at}" for at in range(1, 5)]),
        ([f"layer{at}" for at in range(12)], [f"layer_{at}" for at in range(12)]),
        ([str(at) for at in range(12)], [f"block{at}" for at in range(12)]),
        (["query", "key", "value"], ["q_proj", "k_proj", "v_proj"]),
        (["query", "key", "value"], ["V", "K", "Q"]),
    ],
)
def test_layers_that_are_alike_keep_apart_by_their_names(before, after):
    found = told(compared(named(before), named(after)))
    wanted = {name[0].lower(): name for name in after}
    pairs = [(name, wanted[name[0]]) for name in before] if before[0] == "query" else zip(before, after, strict=True)
    assert found == {(("renamed",), *pair) for pair in pairs}


def test_layers_of_other_numbers_and_other_sizes_are_not_guessed():
    before = nn.ModuleDict({"norm": nn.LayerNorm(3), "fc1": nn.Linear(10, 20), "fc2": nn.Linear(20, 5)})
    after = nn.ModuleDict({"norm": nn.LayerNorm(3), "fc3": nn.Linear(10, 5)})
    found = told(compared(before, after))
    assert found == {(("removed",), "fc1", None), (("removed",), "fc2", None), (("new",), None, "fc3")}


def test_alike_layers_whose_names_tell_nothing_are_not_guessed():
    found = told(compared(named(["query", "key", "value"]), named(["a", "b", "c"])))
    assert {states for states, *_ in found} == {("new",), ("removed",)}


def test_what_stands_for_a_layer_of_another_name_and_size_is_not_said_to_be_it():
    before = nn.ModuleDict({"body": nn.Linear(4, 4), "fc": nn.Linear(4, 100)})
    after = nn.ModuleDict({"body": nn.Linear(4, 4), "head": nn.Linear(4, 10)})
    comparison = compared(before, after)
    assert told(comparison) == {(("replaced",), "fc", "head")}
    assert comparison.checkpoint.renamed == ()
    two = nn.ModuleDict({"body": nn.Linear(4, 4), "head": nn.Linear(4, 10), "aux": nn.Linear(4, 9)})
    assert {states for states, *_ in told(compared(before, two))} == {("new",), ("removed",)}


class Around(nn.Module):
    """A model that another is a part of."""

    def __init__(self, model):
        super().__init__()
        self.model = model


def test_a_model_that_was_wrapped_is_the_same_model():
    model = nn.ModuleDict({"a": nn.Linear(2, 3), "b": nn.LayerNorm(3)})
    for before, after, path in ((model, Around(model), "model"), (model, nn.Sequential(model), "0")):
        assert told(compared(before, after)) == {(("new",), None, ""), (("moved",), "", path)}
        assert told(compared(after, before)) == {(("removed",), "", None), (("moved",), path, "")}
        check(compared(before, after))
        check(compared(after, before))


class Classifier(nn.Module):
    """A backbone with a head of its own."""

    def __init__(self, width=3):
        super().__init__()
        self.stem = nn.Linear(2, width)
        self.fc = nn.Linear(width, 5)


def test_a_head_that_moved_out_of_a_model_that_was_wrapped_is_followed():
    after = Around(Classifier())
    after.head, after.model.fc = after.model.fc, nn.Identity()
    assert told(compared(Classifier(), after)) == {
        (("new",), None, ""),
        (("moved",), "", "model"),
        (("moved",), "fc", "head"),
        (("new",), None, "model.fc"),
    }


def test_parts_that_are_alike_and_moved_together_are_moved():
    before = named([f"layer{at}" for at in range(4)])
    after = nn.ModuleDict({"stages": nn.ModuleList(before.values())})
    assert told(compared(before, after)) == {
        (("new",), None, "stages"),
        *((("moved",), f"layer{at}", f"stages.{at}") for at in range(4)),
    }


def test_a_lazy_layer_that_got_its_size_is_the_same_layer():
    found = told(compared(nn.Sequential(nn.LazyLinear(4)), nn.Sequential(nn.Linear(3, 4))))
    assert found == {(("changed", "settings"), "0", "0")}


def test_a_tie_takes_its_numbers_off_the_total_and_gives_them_back():
    def model(tied):
        held = nn.ModuleDict({"embed": nn.Embedding(10, 4), "head": nn.Linear(4, 10, bias=False)})
        if tied:
            held["head"].weight = held["embed"].weight
        return held

    there, back = compared(model(False), model(True)), compared(model(True), model(False))
    assert told(there) == {(("tied",), "head", "head")}
    assert told(back) == {(("untied",), "head", "head")}
    assert (there.change.parameters, back.change.parameters) == (-40, 40)
    assert there.checkpoint.loads
    assert there.checkpoint.silently_wrong
    assert there.checkpoint.merged == ("embed.weight", "head.weight")
    assert back.checkpoint.loads
    assert not back.checkpoint.silently_wrong


def test_another_setting_is_a_change_though_nothing_is_counted():
    before, after = nn.MultiheadAttention(32, 8), nn.MultiheadAttention(32, 16)
    comparison = compared(before, after)
    assert comparison.change == (0, 0, 0, 0, 0)
    assert [(reason.setting.name, reason.setting.before, reason.setting.after) for reason in comparison.reasons] == [
        ("head_dim", (4,), (2,)),
        ("num_heads", (8,), (16,)),
    ]
    assert not comparison.same


def test_parts_run_in_another_order_are_a_change():
    layers = {"first": nn.Linear(3, 3), "second": nn.LayerNorm(3)}
    before = nn.Sequential(OrderedDict(layers))
    after = nn.Sequential(OrderedDict(reversed(layers.items())))
    assert told(compared(nn.ModuleList([before]), nn.ModuleList([after]))) == {(("reordered",), "0", "0")}


def test_sharding_is_no_change_of_class():
    made = type("FSDPLinear", (nn.Linear,), {"__module__": "torch.distributed.fsdp._fully_shard"})
    assert compared(nn.ModuleList([nn.Linear(2, 3)]), nn.ModuleList([made(2, 3)])).same


KINDS = st.lists(st.integers(1, 3), min_size=3, max_size=8)


@patient
@given(KINDS, KINDS)
def test_which_model_comes_first_makes_no_difference(before, after):
    one, other = (nn.Sequential(*(nn.Linear(size, 1) for size in sizes)) for sizes in (before, after))
    there, back = compared(one, other), compared(other, one)
    assert [back.matching.to_before, back.matching.to_after] == [there.matching.to_after, there.matching.to_before]
    check(there)
