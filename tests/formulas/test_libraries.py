"""Rules for layers of other libraries: matched by name, silent where a library has changed."""

import pytest
import torch
from torch import nn

import summarykit
from summarykit.formulas import libraries, rules


def imitation(qualified, **shapes):
    """A layer of a class with the name of a library's, which need not be installed, with settings and parameters."""
    module, _, name = qualified.rpartition(".")
    layer = type(name, (nn.Module,), {"__module__": module, "__qualname__": name})()
    for key, value in shapes.items():
        setattr(layer, key, nn.Parameter(value) if isinstance(value, torch.Tensor) else value)
    return layer


CASES = {
    "transformers.pytorch_utils.Conv1D": ({"nf": 4, "nx": 16}, {"weight": (16, 4), "bias": (4,)}, "4 × (16 + 1) = 68"),
    "torch_geometric.nn.dense.linear.Linear": (
        {"in_channels": 16, "out_channels": 4},
        {"weight": (4, 16), "bias": (4,)},
        "4 × (16 + 1) = 68",
    ),
    "timm.layers.std_conv.ScaledStdConv2d": (
        {"in_channels": 4, "out_channels": 8, "groups": 2, "kernel_size": (3, 5)},
        {"weight": (8, 2, 3, 5), "gain": (8, 1, 1, 1)},
        "8 × (4 ÷ 2 × 3 × 5 + 1) = 248",
    ),
    "timm.layers.norm.RmsNorm": ({"normalized_shape": (6,)}, {"weight": (6,)}, "6"),
    "diffusers.models.normalization.RMSNorm": ({"dim": (2, 3)}, {"weight": (2, 3), "bias": (2, 3)}, "2 × 2 × 3 = 12"),
}


def row(qualified, settings, shapes):
    tensors = {name: torch.zeros(shape) for name, shape in shapes.items()}
    return summarykit.summarize(imitation(qualified, **settings, **tensors)).layers.iloc[0]


@pytest.mark.parametrize("qualified", CASES)
def test_a_librarys_layer_is_verified_from_what_it_keeps(qualified):
    settings, shapes, numbers = CASES[qualified]
    found = row(qualified, settings, shapes)
    assert (found.evidence, found.formula_numbers) == ("verified", numbers)
    assert found.explanation


@pytest.mark.parametrize("qualified", CASES)
def test_a_table_turned_round_or_of_another_size_is_no_disagreement(qualified):
    settings, shapes, _ = CASES[qualified]
    turned = {name: tuple(reversed([size + at for at, size in enumerate(shape, 1)])) for name, shape in shapes.items()}
    assert row(qualified, settings, turned).evidence == "shape only"


def test_every_rule_of_the_registry_is_tried_here():
    libraries.load()
    assert {found.target for found in rules.all_rules().values() if found.library} == set(CASES)


def test_the_rules_know_the_real_classes():
    pytorch_utils = pytest.importorskip("transformers.pytorch_utils")
    found = summarykit.summarize(pytorch_utils.Conv1D(4, 16)).layers.iloc[0]
    assert (found.evidence, found.formula_numbers) == ("verified", "4 × (16 + 1) = 68")
