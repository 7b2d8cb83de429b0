"""Each layer is checked by itself: what is replaced, added, renamed or missing is told, never inherited."""

import numpy as np
import pytest
import torch
from torch import nn

import summarykit
from support.own_layers import Outgrown


def row(model, path=""):
    frame = summarykit.summarize(model).layers
    return frame[frame.path == path].iloc[0]


def test_a_replaced_weight_among_equal_layers_is_caught_and_only_that_one():
    model = nn.Sequential(*(nn.Linear(16, 4) for _ in range(50)))
    model[31].weight = nn.Parameter(torch.zeros(4, 15))
    summary = summarykit.summarize(model)
    evidence = summary.layers.set_index("path").evidence
    assert evidence["31"] == "disagrees"
    assert (evidence.drop(["", "31"]) == "verified").all()
    assert not summary.checks.ok
    (failed,) = [check for check in summary.checks.list if not check.ok]
    assert failed.problems == ("31",)
    assert failed.slug == "formulas"
    wrong = row(model, "31")
    assert wrong.formula_value == 68
    assert wrong.parameters == wrong.adds_to_total == 64
    assert "4 × 15" in wrong.explanation
    assert "4 × 16" in wrong.explanation
    assert summary.totals.parameters == 50 * 68 - 4


@pytest.mark.parametrize("shape", [(16, 4), (64,), (2, 32), (4, 4, 4), (1, 4, 16)])
def test_the_right_count_in_the_wrong_shape_is_caught(shape):
    layer = nn.Linear(16, 4)
    layer.weight = nn.Parameter(torch.zeros(shape))
    assert row(layer).evidence == "disagrees"
    assert row(layer).parameters == 68


def test_a_changed_setting_is_caught():
    layer = nn.Conv2d(4, 8, 3)
    layer.groups = 2
    assert row(layer).evidence == "disagrees"


class WithExtra(nn.Linear):
    def __init__(self, *names):
        super().__init__(4, 3)
        for name in names:
            self.register_parameter(name, nn.Parameter(torch.zeros(5)))


@pytest.mark.parametrize(
    "names",
    [("gain",), ("lambda",), ("None",), ("a b",), ("ﬁ",), ("größe",), ("x" * 3_000,), ("`",), ("bias_2", "x\ny"),
     tuple(f"e{i}" for i in range(8)), tuple(f"e{i}" for i in range(9)), tuple(f"e{i}" for i in range(300))],
    ids=lambda names: names[0][:9] + f"-{len(names)}",
)  # fmt: skip
def test_a_subclass_with_more_tensors_keeps_what_is_verified(names):
    layer = WithExtra(*names)
    found = row(layer)
    held = 15 + 5 * len(names)
    assert found.evidence == "shape only"
    assert found.formula_value == found.parameters == held
    terms = ["5"] * len(names) if len(names) <= 8 else [f"{5 * len(names):,}"]  # many share a term
    assert found.formula_numbers.startswith(" + ".join(["3 × (4 + 1)", *terms]))
    assert found.formula_numbers.endswith(f"= {held:,}")
    summary = summarykit.summarize(layer)
    evidence = summary.tensors.set_index("name").evidence
    assert evidence["weight"] == evidence["bias"] == "verified"
    assert (evidence.drop(["weight", "bias"]) == "shape only").all()
    (why,) = summary.data.records.explanations
    assert {line.label for line in why.lines} == set(names)
    assert summary.checks.ok


def test_the_very_class_with_a_tensor_more_is_told_too():
    layer = nn.Linear(4, 3)
    layer.gain = nn.Parameter(torch.zeros(7))
    found = row(layer)
    assert found.evidence == "shape only"
    assert found.formula_numbers == "3 × (4 + 1) + 7 = 22"
    assert "`gain` holds 7" in found.explanation


def test_a_subclass_that_outgrew_the_rule_is_shape_only_with_the_reason():
    found = row(Outgrown())
    assert found.evidence == "shape only"
    assert found.formula is None
    assert "the formula for Linear does not fit" in found.explanation
    assert "`weight` is 6 × 4" in found.explanation
    assert summarykit.summarize(Outgrown()).checks.ok


def test_a_missing_tensor_is_named():
    layer = nn.Linear(4, 3)
    del layer._parameters["weight"]
    found = row(layer)
    assert found.evidence in {"disagrees", "shape only"}
    assert "`weight`" in found.explanation


def test_parametrized_layers_count_as_pytorch_does():
    model = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)))
    summary = summarykit.summarize(model)
    assert summary.checks.ok
    assert summary.totals.parameters == sum(tensor.numel() for tensor in model.parameters())


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_numpy_integers_are_numbers(kind):
    assert row(nn.Linear(kind(16), kind(4))).formula_numbers == "4 × (16 + 1) = 68"
    assert row(nn.Conv2d(kind(4), kind(8), kind(3))).evidence == "verified"


def test_numpy_truth_is_a_switch():
    found = row(nn.LSTM(3, 4, bidirectional=np.True_))
    assert found.formula_numbers == "2 × 4 × 4 × (3 + 4 + 2) = 288"
    assert found.evidence == "verified"


def test_equal_numbers_of_another_kind_are_another_setting():
    first, second = nn.LSTM(3, 4), nn.LSTM(3, 4)
    second.bidirectional = 0
    one, other = (row(nn.Sequential(a, b), "1").formula_numbers for a, b in ((first, second), (second, first)))
    assert one == other == "4 × 4 × (3 + 4 + 2) = 144"


def test_one_bias_of_two_is_told():
    cell = nn.LSTMCell(3, 4)
    cell.bias_hh = None
    assert row(cell).evidence in {"disagrees", "shape only"}
    assert row(cell).adds_to_total == 4 * 4 * (3 + 4 + 1)
