"""Whether a checkpoint still loads: held against what PyTorch itself answers."""

import warnings

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

import strategies
from summarykit.reading import read_model
from summarykit.summary import SummaryData
from summarykit.summary.diff import Comparison
from support.edits import edited_models, wild_edits

patient = settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))


def checkpoint(before, after):
    return Comparison(SummaryData(read_model(before)), SummaryData(read_model(after))).checkpoint


def loads(before, after, *, strict):
    """Whether PyTorch loads one model's state into the other, and the names it complains of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # complex numbers lose their imaginary part
        state = before.state_dict()
        try:
            missing, unexpected = after.load_state_dict(state, strict=strict)
        except RuntimeError as error:
            return False, str(error)
        except ValueError as error:  # a size that is not known yet is asked for
            return False, str(error)
    return True, (missing, unexpected)


def check(before, after):
    told = checkpoint(before, after)
    try:
        before.state_dict(), after.state_dict()
    except RecursionError:
        assert told.loads is None
        return
    names, wanted = set(before.state_dict()), set(after.state_dict())
    assert told.names == len(names)
    assert wanted - names >= set(told.missing)
    assert all(name.endswith("num_batches_tracked") for name in wanted - names - set(told.missing))
    assert set(told.unexpected) >= names - wanted
    loose, found = loads(before, after, strict=False)
    assert told.loads_loosely == loose, found
    if loose:
        assert sorted(set(found[0])) == sorted(told.missing)
        assert sorted(set(found[1])) == sorted(told.unexpected)
    assert told.loads == loads(before, after, strict=True)[0]


@patient
@given(st.data())
@pytest.mark.large
def test_pytorch_answers_the_same(data):
    before = data.draw(strategies.models(device="cpu"))
    check(before, data.draw(wild_edits(before) | strategies.models(device="cpu")))


@patient
@given(edited_models())
def test_pytorch_answers_the_same_of_plain_edits(case):
    check(*case[:2])


def test_a_checkpoint_that_no_longer_loads_says_which_names_and_why():
    before = nn.ModuleDict({"body": nn.Linear(4, 4), "fc": nn.Linear(4, 10), "old": nn.Linear(3, 2)})
    after = nn.ModuleDict({"body": nn.Linear(4, 5), "fc": nn.Linear(4, 10), "new": nn.Linear(3, 2)})
    told = checkpoint(before, after)
    assert (told.loads, told.loads_loosely) == (False, False)
    assert [(name, one, other) for name, one, other in told.reshaped] == [
        ("body.weight", (4, 4), (5, 4)),
        ("body.bias", (4,), (5,)),
    ]
    assert told.missing == ("new.weight", "new.bias")
    assert told.unexpected == ("old.weight", "old.bias")
    assert told.renamed == (("old.weight", "new.weight"), ("old.bias", "new.bias"))


def test_loading_loosely_leaves_numbers_as_they_were_initialised():
    told = checkpoint(
        nn.ModuleDict({"a": nn.Linear(4, 4)}), nn.ModuleDict({"a": nn.Linear(4, 4), "b": nn.Linear(4, 9)})
    )
    assert (told.loads, told.loads_loosely, told.silently_wrong, told.untouched) == (False, True, True, 45)


def test_names_that_load_into_another_layer_are_told():
    blocks = [nn.Sequential(nn.Linear(4, 4), act) for act in (nn.Tanh(), nn.ReLU(), nn.GELU())]
    told = checkpoint(nn.Sequential(*blocks), nn.Sequential(*blocks[1:]))
    assert told.unexpected == ("2.0.weight", "2.0.bias")
    assert told.silently_wrong
    assert told.misplaced == ("0.0.weight", "0.0.bias", "1.0.weight", "1.0.bias")


def test_wrappers_stand_in_the_names():
    before, after = nn.Linear(2, 2), nn.DataParallel(nn.Linear(2, 2))
    check(before, after)
    assert checkpoint(before, after).missing == ("module.weight", "module.bias")
    before, after = nn.Sequential(nn.Linear(2, 2)), nn.Sequential(torch.compile(nn.Linear(2, 2), backend="eager"))
    check(before, after)


def test_the_counter_of_a_new_norm_is_filled_in():
    before, after = nn.Sequential(nn.Linear(2, 2)), nn.Sequential(nn.BatchNorm1d(2, affine=False))
    check(before, after)
    assert checkpoint(before, after).missing == ("0.running_mean", "0.running_var")


def test_a_model_that_contains_itself_has_no_state():
    model = nn.ModuleList([nn.Linear(2, 2)])
    model.append(model)
    assert "contains itself" in checkpoint(model, model).reason


def test_modules_reused_without_end_are_not_written_out():
    model = nn.Linear(2, 2)
    for _ in range(40):
        model = nn.ModuleList([model, model])
    assert "too many names" in checkpoint(model, model).reason


def test_a_reused_module_that_becomes_two_loads_as_it_was():
    layer = nn.Linear(3, 3)
    reused, own = nn.Sequential(layer, nn.ReLU(), layer), nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3))
    assert not checkpoint(reused, own).silently_wrong
    told = checkpoint(own, reused)
    assert told.misplaced == ()
    assert sorted(told.merged) == ["0.bias", "0.weight", "2.bias", "2.weight"]


@pytest.mark.parametrize("saved", [(), (1,), (2,), (1, 1)], ids=str)
def test_a_single_number_takes_a_list_of_one(saved):
    models = []
    for shape in (saved, ()):
        models.append(nn.Module())
        models[-1].gain = nn.Parameter(torch.zeros(shape))
    check(*models)
    assert checkpoint(*models).loads == (saved in ((), (1,)))
