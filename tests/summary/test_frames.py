"""The frames: a fixed schema whatever the model, sums that are the totals, exact beyond 64 bits."""

import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import nn

import strategies
import summarykit

LAYERS = {
    "path": "object", "type": "object", "depth": "int64", "parent": "object", "weight_shape": "object",
    "bias_shape": "object", "weight_numel": "Int64", "bias_numel": "Int64", "parameters": "Int64",
    "adds_to_total": "int64", "total": "int64", "trainable": "int64", "frozen": "int64", "buffers": "int64",
    "bytes": "int64", "dtype": "object", "formula": "object", "formula_numbers": "object", "formula_value": "Int64",
    "evidence": "object", "explanation": "object", "shared_with": "object", "qualified_type": "object",
    "raw_path": "object", "closed_formula": "object", "calls": "Int64", "input_shapes": "object",
    "output_shapes": "object", "macs": "Int64", "macs_total": "Int64", "output_bytes": "Int64",
    "macs_formula": "object", "macs_evidence": "object", "call_status": "object", "approximate": "bool",
}  # fmt: skip
TENSORS = {
    "path": "object", "module": "object", "name": "object", "kind": "object", "shape": "object", "numel": "Int64",
    "adds_to_total": "int64", "dtype": "object", "bytes": "int64", "trainable": "bool", "shared_with": "object",
    "evidence": "object", "persistent": "bool", "status": "object", "device": "object",
}  # fmt: skip
MODELS = {
    "sequential": lambda: nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2), nn.Linear(2, 1)),
    "no parameters": lambda: nn.Sequential(nn.ReLU(), nn.Flatten()),
    "one module": nn.Identity,
    "lazy": lambda: nn.LazyLinear(3),
    "buffers only": lambda: nn.BatchNorm1d(3, affine=False),
    "no bias": lambda: nn.Linear(2, 2, bias=False),
    "norm": lambda: nn.LayerNorm(3),
}


def dtypes(frame):
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


@pytest.mark.parametrize("name", MODELS)
def test_the_schema_is_fixed(name):
    summary = summarykit.summarize(MODELS[name]())
    assert dtypes(summary.layers) == LAYERS
    assert dtypes(summary.tensors) == TENSORS
    assert isinstance(summary.layers.index, pd.RangeIndex)
    assert list(summary.layers.index) == list(range(len(summary.layers)))


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=30)
@given(model=strategies.models())
def test_the_schema_is_fixed_for_any_model(model):
    summary = summarykit.summarize(model)
    assert dtypes(summary.layers) == LAYERS
    assert dtypes(summary.tensors) == TENSORS
    assert len(summary.layers) == len(summary.data.layers)
    own = summary.tensors[summary.tensors.kind == "parameter"].groupby("module", sort=False).adds_to_total.sum()
    layers = summary.layers.groupby("path", sort=False).adds_to_total.sum()
    assert {path: n for path, n in own.items() if n} == {path: n for path, n in layers.items() if n}


def test_what_the_columns_say_of_the_sequential_model():
    summary = summarykit.summarize(MODELS["sequential"]())
    row = summary.layers.iloc[1]
    assert {name: None if value is pd.NA else value for name, value in row.to_dict().items()} == {
        "path": "0", "type": "Linear", "depth": 1, "parent": "", "weight_shape": (4, 16), "bias_shape": (4,),
        "weight_numel": 64, "bias_numel": 4, "parameters": 68, "adds_to_total": 68, "total": 68, "trainable": 68,
        "frozen": 0, "buffers": 0, "bytes": 272, "dtype": "float32", "formula": "out_features × (in_features + 1)",
        "formula_numbers": "4 × (16 + 1) = 68", "formula_value": 68, "evidence": "verified",
        "explanation": "Each of the 4 neurons has 16 weights, one per input, and 1 bias.", "shared_with": None,
        "qualified_type": "torch.nn.modules.linear.Linear", "raw_path": "0",
        "closed_formula": None, "calls": None, "input_shapes": None, "output_shapes": None, "macs": None,
        "macs_total": None, "output_bytes": None, "macs_formula": None, "macs_evidence": None, "call_status": None,
        "approximate": False,
    }  # fmt: skip
    root = summary.layers.iloc[0]
    assert (root.path, root.parent, root.parameters, root.total, root.formula, root["dtype"]) == (
        "",
        None,
        0,
        81,
        None,
        None,
    )
    assert list(summary.layers.total) == [81, 68, 10, 3]
    weight = summary.tensors.iloc[0]
    assert weight.to_dict() == {
        "path": "0.weight", "module": "0", "name": "weight", "kind": "parameter", "shape": (4, 16), "numel": 64,
        "adds_to_total": 64, "dtype": "float32", "bytes": 256, "trainable": True, "shared_with": None,
        "evidence": "verified", "persistent": True, "status": "plain", "device": "cpu",
    }  # fmt: skip


def test_totals_are_python_ints():
    totals = summarykit.summarize(MODELS["sequential"](), input_size=(1, 16)).totals
    assert [type(value) for value in totals] == [int] * len(totals)
    assert (totals.parameters, totals.trainable, totals.frozen, totals.bytes, totals.buffers, totals.modules) == (
        81, 81, 0, 324, 0, 4,
    )  # fmt: skip


class Huge(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        for i, size in enumerate(sizes):
            self.register_parameter(f"p{i}", nn.Parameter(torch.empty(size, device="meta")))


@pytest.mark.parametrize("nested", [True, False])
def test_totals_beyond_64_bits_are_exact(nested):
    model = nn.ModuleList([Huge([2**60]) for _ in range(9)]) if nested else Huge([2**60] * 9)
    summary = summarykit.summarize(model)
    assert summary.totals.parameters == 9 * 2**60
    assert summary.totals.bytes == 36 * 2**60
    assert sum(map(int, summary.layers.adds_to_total)) == 9 * 2**60
    assert summary.layers.total[0] == 9 * 2**60
    assert sum(map(int, summary.tensors.adds_to_total)) == 9 * 2**60
    assert summary.checks.ok
    assert "10,376,293,541,461,622,784" in str(summary)
    assert "10,376,293,541,461,622,784" in summary.to_markdown()


def test_frames_are_made_once():
    summary = summarykit.summarize(MODELS["sequential"]())
    assert summary.layers is summary.layers
    assert summary.tensors is summary.tensors


def test_evidence_of_a_layer_is_the_weakest_of_its_tensors():
    layer = nn.Linear(4, 3)
    layer.gain = nn.Parameter(torch.zeros(2))
    summary = summarykit.summarize(layer)
    assert list(summary.tensors.evidence) == ["verified", "verified", "shape only"]
    assert list(summary.layers.evidence) == ["shape only"]
    layer.weight = nn.Parameter(torch.zeros(9))
    summary = summarykit.summarize(layer)
    assert list(summary.tensors.evidence) == ["disagrees", "verified", "shape only"]
    assert list(summary.layers.evidence) == ["disagrees"]
