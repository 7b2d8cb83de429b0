"""Lazy layers as they will be after the first call."""

import torch
from torch import nn

from summarykit.reading import trace
from support.untouched import untouched
from support.watched import watch

X = torch.ones(6, 7)


def lazy():
    return nn.Sequential(nn.LazyLinear(5), nn.LazyBatchNorm1d(), nn.Linear(5, 2))


def test_a_model_without_lazy_layers_is_itself():
    model = nn.Sequential(nn.Linear(7, 5))
    assert trace.materialise_lazy(model, (X,), {}) is model


def test_classes_settings_and_shapes_are_those_after_a_call():
    model = lazy()
    with untouched(model, X):
        made = trace.materialise_lazy(model, (X,), {})
    called = lazy()
    called(X)
    assert [type(layer) for layer in made] == [type(layer) for layer in called]
    assert made[0].in_features == 7
    assert made[2].weight is model[2].weight
    assert {name: tensor.shape for name, tensor in made.named_parameters()} == {
        name: tensor.shape for name, tensor in called.named_parameters()
    }
    assert all(tensor.device.type == "cpu" for tensor in made.parameters())
    assert all(isinstance(tensor, nn.Parameter) for tensor in made.parameters())
    assert isinstance(model[0], nn.LazyLinear)


def test_the_run_of_a_materialised_model_is_a_fake_one():
    made = trace.materialise_lazy(lazy(), (X,), {})
    watched = watch(made, X)
    assert watched.record.ok, watched.record.error
    assert watched.record.how == "fake"
    assert watched.macs == 6 * 5 * (7 + 2)


def test_a_lazy_model_can_be_run_as_it_is():
    model = lazy()
    watched = watch(model, X)
    assert watched.record.ok, watched.record.error
    assert watched.record.how == "meta"
    assert watched.macs == 6 * 5 * (7 + 2)


def test_what_a_failed_run_did_not_reach_stays_lazy():
    model = nn.Sequential(nn.LazyLinear(5), nn.Linear(4, 4), nn.LazyLinear(3))
    made = trace.materialise_lazy(model, (X,), {})
    assert made[0].weight.shape == (5, 7)
    assert nn.parameter.is_lazy(made[2].weight)
    assert not watch(made, X).record.ok
