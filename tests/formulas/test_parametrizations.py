"""Layers whose tensors torch keeps in another form are explained by the rule of the layer they were."""

import pytest
import torch
import torch.nn.utils.parametrizations as forms
from torch import nn
from torch.nn.utils import prune

import summarykit

pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm.*deprecated:FutureWarning")

LAYERS = {
    "linear": lambda: nn.Linear(3, 4),
    "no bias": lambda: nn.Linear(3, 4, bias=False),
    "conv": lambda: nn.Conv2d(4, 6, (3, 2), groups=2),
    "transposed": lambda: nn.ConvTranspose2d(3, 8, 2),
    "square": lambda: nn.Linear(5, 5),
}
TRANSFORMED = {
    "weight norm": forms.weight_norm,
    "weight norm, last axis": lambda layer: forms.weight_norm(layer, dim=1),
    "weight norm, one length": lambda layer: forms.weight_norm(layer, dim=None),
    "spectral norm": forms.spectral_norm,
    "orthogonal": forms.orthogonal,
    "old weight norm": nn.utils.weight_norm,
    "old weight norm, one length": lambda layer: nn.utils.weight_norm(layer, dim=None),
    "old spectral norm": nn.utils.spectral_norm,
    "pruned": lambda layer: prune.l1_unstructured(layer, "weight", 2),
}


def explained(model):
    frame = summarykit.summarize(model).layers
    return frame[frame.evidence.notna()]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("transformed", TRANSFORMED)
def test_every_form_is_verified(layer, transformed):
    model = TRANSFORMED[transformed](LAYERS[layer]())
    found = explained(model)
    assert list(found.evidence) == ["verified"] * len(found)
    assert found.formula_value.sum() == sum(p.numel() for p in model.parameters())
    assert (found.formula_value == found.parameters).all()


def test_weight_norm_adds_one_number_for_each_slice_of_its_axis():
    found = explained(forms.weight_norm(nn.ConvTranspose2d(3, 8, 2)))
    assert "3 + 3 × 8 × 2 × 2 = 99" in set(found.formula_numbers)  # slices of the *input* channels
    old = explained(nn.utils.weight_norm(nn.Linear(3, 4)))
    assert list(old.formula_numbers) == ["4 × (3 + 1) + 4 = 20"]


def test_a_parametrized_layer_is_called_by_what_it_is():
    summary = summarykit.summarize(forms.weight_norm(nn.Linear(3, 4)))
    assert summary.layers.type.iloc[0] == "Linear (parametrized)"


def test_a_replaced_tensor_in_another_form_is_no_proof():
    model = forms.weight_norm(nn.Linear(3, 4))
    model.parametrizations.weight.original1 = nn.Parameter(torch.zeros(3, 4))
    found = explained(model)
    assert found[found.path == "parametrizations.weight"].evidence.item() == "shape only"


def test_a_parametrization_of_the_users_that_changes_the_shape_is_size_only():
    class LowRank(nn.Module):
        def forward(self, thin):
            return thin @ thin.T

        def right_inverse(self, whole):
            return whole[:, :2]

    model = nn.Linear(4, 4)
    nn.utils.parametrize.register_parametrization(model, "weight", LowRank())
    found = explained(model)
    assert found[found.path == "parametrizations.weight"].evidence.item() == "shape only"
    assert summarykit.summarize(model).checks.ok


def test_an_rnn_with_one_tensor_parametrized():
    found = explained(forms.weight_norm(nn.LSTM(3, 4), "weight_hh_l0"))
    assert set(found.evidence) == {"verified"}


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("names", [("weight_hh_l0", "weight_ih_l1"), ("weight_ih_l1_reverse", "weight_hr_l2")])
def test_tensors_of_several_layers_of_a_recurrent_layer(names):
    model = nn.LSTM(10, 20, num_layers=3, bidirectional=True, proj_size=5)
    for name in names:
        nn.utils.weight_norm(model, name)
    (found,) = explained(model).itertuples()
    assert (found.evidence, found.formula_value) == ("verified", sum(p.numel() for p in model.parameters()))
    assert f"`{names[0]}` and `{names[1]}` are each kept as direction and length." in found.explanation
