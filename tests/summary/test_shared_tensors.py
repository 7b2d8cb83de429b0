"""A block that is all another's is told of once."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import nn

import strategies
import summarykit
from summarykit.summary.folding import borrowed_whole, own_name
from support.hosts import unpadded

patient = settings(suppress_health_check=[HealthCheck.too_slow])


def block(width=4):
    return nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Linear(width, 2))


def tie(one, other):
    """Let *one* hold the parameters of *other*."""
    for name, parameter in other.named_parameters():
        *path, own = name.split(".")
        one.get_submodule(".".join(path)).register_parameter(own, parameter)
    return one


def sharing(change=lambda _block: None):
    """Blocks of which every third holds what the first of these does; the last one is changed."""
    with torch.device("meta"):
        first, mixers = block(8), []
        for number in range(12):
            shared = {"shared": first if number == 2 else tie(block(8), first)} if number % 3 == 2 else {}
            mixers.append(nn.ModuleDict({**shared, "mixer": nn.Sequential(nn.Linear(2, 2))}))
        change(mixers[-1]["shared"])
        return nn.ModuleDict({"layers": nn.ModuleList(mixers)})


def told(model):
    """What the notes say of numbers held twice, in Markdown."""
    text = unpadded(summarykit.summarize(model).to_markdown())
    lines = [line for line in text.splitlines() if line.startswith("**Shared, counted once.** ")]
    return lines[0].removeprefix("**Shared, counted once.** ") if lines else ""


def test_a_block_that_is_all_another_s_is_told_once():
    assert told(sharing()) == "`layers.5,8,11.shared` has the same numbers as `layers.2.shared`."
    text = " ".join(str(summarykit.summarize(sharing())).split())
    assert "Shared, counted once. layers.5,8,11.shared has the same numbers as layers.2.shared." in text


def test_what_copies_hold_elsewhere_is_told_of_all_of_them():
    model = sharing(own_bias)
    rows = [line.split() for line in str(summarykit.summarize(model)).splitlines()]
    notes = {" ".join(row[:1]): " ".join(row) for row in rows if row}
    assert "2 × 42 more inside are counted" in notes["5,8"]
    assert "11 ModuleDict 40 more inside" in notes["11"]
    for shared in model["layers"][5]["shared"], model["layers"][8]["shared"]:
        shared[2].bias = nn.Parameter(torch.empty(2, device="meta"))
    markdown = unpadded(summarykit.summarize(model).to_markdown())
    assert "| 3 × 16 of them: same numbers as `layers.2.shared.2`, counted there | 3 × 2 = 6 | ✓ |" in markdown


def own_bias(block):
    block[2].bias = nn.Parameter(torch.empty(2))


def extra(block):
    block.gain = nn.Parameter(torch.empty(2))


def another_layer(block):
    block.append(nn.Linear(2, 2))


@pytest.mark.parametrize("change", [own_bias, extra, another_layer])
def test_a_block_with_something_of_its_own_is_told_by_its_parts(change):
    text = told(sharing(change))
    assert "`layers.5,8.shared` has the same numbers as `layers.2.shared`; " in text
    assert "`layers.11.shared.0` has the same numbers as `layers.2.shared.0`" in text
    assert "`layers.11.shared` " not in text


def test_a_block_that_is_a_part_of_another_is_told_by_its_parts():
    larger = block().append(nn.Linear(2, 2))
    smaller = block()
    for at in (0, 2):
        tie(smaller[at], larger[at])
    text = told(nn.ModuleList([larger, smaller]))
    assert text == "`1.0` has the same numbers as `0.0`; `1.2` has the same numbers as `0.2`."


def test_parts_that_changed_places_are_no_whole():
    first, second = (nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)) for _ in range(2))
    tie(second[0], first[1])
    tie(second[1], first[0])
    assert "`1` " not in told(nn.ModuleList([first, second]))


def test_tensors_that_changed_names_are_no_whole():
    first, second = (nn.Sequential(nn.Bilinear(2, 2, 2, bias=False)) for _ in range(2))
    first[0].other = nn.Parameter(torch.empty(2, 2, 2))
    second[0].weight, second[0].other = first[0].other, first[0].weight
    assert told(nn.ModuleList([first, second])) == "`1.0` has the same numbers as `0.0`."


def test_a_block_used_by_turns_is_one_row():
    shared = block(8)
    model = nn.ModuleList(shared if number % 2 == 0 else block() for number in range(7))
    frame = summarykit.summarize(model).folded
    rows = frame[~frame.path.str.contains(".", regex=False)].set_index("path")
    assert rows.copies.to_dict() == {"": 1, "0": 1, "1,3,5": 3, "2,4,6": 3}
    assert told(model) == "`2,4,6` has the same numbers as `0`."


def check(model):
    data = summarykit.summarize(model).data
    modules = [model]
    for layer in data.layers[1:]:
        modules.append(modules[layer.parent]._modules[own_name(layer, data)])
    for layer, origin in enumerate(borrowed_whole(data)):
        if origin >= 0:
            assert origin < layer
            assert held_by(modules[layer]) == held_by(modules[origin])


def held_by(module):
    """Each parameter of a module by its place, one that is met again inside another place included."""
    return {name: id(parameter) for name, parameter in module.named_parameters(remove_duplicate=False)}


@patient
@given(model=strategies.models(cycles=False))
def test_what_is_told_as_whole_is_the_same_in_every_place(model):
    check(model)


@patient
@given(model=strategies.tied_blocks())
def test_so_it_is_in_blocks_with_ties(model):
    check(model)


def test_a_path_inside_another_with_a_comma_is_named_too():
    model = nn.ModuleDict({"x, y": nn.Linear(2, 2), "y": nn.Linear(2, 2), "z": nn.Linear(2, 2)})
    model["z"].weight, model["z"].bias = model["x, y"].weight, model["y"].bias
    layers = summarykit.summarize(model).layers.set_index("path")
    assert layers.loc["z", "shared_with"] == "x, y, y"
