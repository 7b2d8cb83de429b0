"""What a layer's name suggests where no code can be read: inferred, and never a checked count."""

import pytest
import torch
from torch import nn

import summarykit
from support.own_layers import without_source


class Config:
    hidden_size = 99  # a class's own value is no setting of this config

    def __init__(self, **settings):
        self.__dict__.update(settings)


def model(cls, *, config=None, **shapes):
    """A model with one layer of a class without source code; tuples are shapes of its parameters, the rest settings."""
    layer = without_source(cls)()
    for name, value in shapes.items():
        held = nn.Parameter(torch.zeros(value)) if isinstance(value, tuple) else value
        setattr(layer, name, held)
    root = nn.Sequential(layer)
    root.config = Config(**(config or {}))
    return root


def graded(root):
    summary = summarykit.summarize(root)
    row = summary.layers.iloc[1]
    return row.evidence, row.formula_numbers, dict(zip(summary.tensors.name, summary.tensors.evidence, strict=True))


def test_a_norm_of_the_configs_width_is_inferred_and_says_so():
    root = model("FooRMSNorm", config={"hidden_size": 24}, weight=(24,))
    evidence, numbers, _ = graded(root)
    assert (evidence, numbers) == ("inferred", "24")
    said = summarykit.summarize(root).layers.explanation[1]
    assert "Probably `hidden_size` = 24, by the layer's name; not checked." in said
    assert "Size only" in summarykit.summarize(root).to_html()


def test_the_layers_own_setting_goes_before_the_config():
    assert graded(model("FooLayerNorm", config={"hidden_size": 24}, dim=7, weight=(7,)))[0] == "inferred"
    assert graded(model("FooLayerNorm", config={"hidden_size": 24}, dim=7, weight=(24,)))[0] == "shape only"


def test_nothing_is_fitted_to_the_tensor():
    # 48 is dim, but the first name that is set is taken, whatever its value
    assert graded(model("FooNorm", config={"hidden_size": 24, "dim": 48}, weight=(48,)))[0] == "shape only"


def test_an_unknown_tensor_beside_is_size_only():
    evidence, _, tensors = graded(model("FooNorm", config={"hidden_size": 24}, weight=(24,), strange=(3,)))
    assert evidence == "shape only"
    assert tensors == {"weight": "inferred", "strange": "shape only"}


EXPERTS = {"num_experts": 4, "hidden_size": 24, "moe_intermediate_size": 10}


@pytest.mark.parametrize(
    ("cls", "up", "down", "grade"),
    [
        ("FooExperts", (4, 20, 24), (4, 24, 10), "inferred"),
        ("FooExperts", (4, 24, 20), (4, 10, 24), "shape only"),
        ("GptOssFooExperts", (4, 24, 20), (4, 10, 24), "inferred"),
        ("GptOssFooExperts", (4, 20, 24), (4, 24, 10), "shape only"),
    ],
)
def test_which_axis_is_which_depends_on_the_family_and_a_swap_is_seen(cls, up, down, grade):
    assert graded(model(cls, config=EXPERTS, gate_up_proj=up, down_proj=down))[0] == grade


@pytest.mark.parametrize(
    ("cls", "settings", "shapes"),
    [
        ("FooLayerScale", {"dim": 6}, {"gamma": (6,)}),
        ("FooConv1D", {"nx": 3, "nf": 5}, {"weight": (3, 5), "bias": (5,)}),
        ("FooMambaMixer", {"intermediate_size": 8, "ssm_state_size": 3}, {"A_log": (8, 3), "D": (8,)}),
        ("FooMamba2Mixer", {"num_heads": 8}, {"A_log": (8,), "D": (8,), "dt_bias": (8,)}),
        ("FooAttention", {"window_size": [3, 5], "num_heads": 2}, {"relative_position_bias_table": (45, 2)}),
        ("FooAttention", {"window_size": 3, "num_heads": 2}, {"relative_position_bias_table": (25, 2)}),
        ("FooNorm", {"normalized_shape": [6]}, {"weight": (6,), "bias": (6,)}),
    ],
)
def test_each_family_is_known_by_its_name(cls, settings, shapes):
    assert graded(model(cls, **settings, **shapes))[0] == "inferred"
    turned = {name: tuple(size + 1 for size in shape) for name, shape in shapes.items()}
    assert graded(model(cls, **settings, **turned))[0] == "shape only"


def test_a_name_without_a_family_is_not_guessed():
    assert graded(model("Foo", config={"hidden_size": 24}, weight=(24,)))[0] == "shape only"


def test_inferred_is_not_counted_as_checked():
    checks = summarykit.summarize(model("FooNorm", config={"hidden_size": 24}, weight=(24,))).checks
    assert checks.ok
    assert (checks.checked_layers, checks.graded_layers) == (0, 1)
