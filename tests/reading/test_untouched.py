"""Nothing of the model changes, none of its code runs, whatever its attributes are."""

import enum
import random
import unittest.mock
from collections import namedtuple

import numpy as np
import pytest
import torch
from torch import nn

import summarykit
from support import oracle

calls = []


class Trap(nn.Module):
    """Everything that could run does, and is told."""

    bias = "a class attribute of that name"
    heads = 7

    def __init__(self, **held):
        super().__init__()
        self._parameters["weight"] = nn.Parameter(torch.zeros(2, 3))
        for name, value in held.items():
            self.__dict__[name] = value

    @property
    def in_features(self):
        calls.append("property")
        raise RuntimeError("a property that raises")

    def __getattr__(self, name):
        calls.append(f"__getattr__({name})")
        raise RuntimeError(f"no {name}")

    def forward(self, *_):
        calls.append("forward")

    def named_modules(self, *_, **__):
        calls.append("named_modules")

    def parameters(self, *_, **__):
        calls.append("parameters")

    def state_dict(self, *_, **__):
        calls.append("state_dict")

    def extra_repr(self):
        calls.append("extra_repr")

    def __len__(self):
        calls.append("__len__")
        return 0

    def __bool__(self):
        calls.append("__bool__")
        return False

    def __iter__(self):
        calls.append("__iter__")
        return iter(())

    def __eq__(self, other):
        calls.append("__eq__")
        return True

    __hash__ = nn.Module.__hash__


class Hostile:
    """A value that answers every question with an error."""

    def _refuse(self, *_, **__):
        raise RuntimeError("leave me alone")

    __hash__ = __eq__ = __repr__ = __str__ = __len__ = __iter__ = __bool__ = __index__ = __int__ = __getattr__ = _refuse


def endless():
    found = []
    found.append(found)
    return found


def deep():
    found = []
    for _ in range(100_000):
        found = [found]
    return found


def wide():
    found = [0] * 60
    for _ in range(8):
        found = [found] * 60
    return found


Point = namedtuple("Point", "x y")
VALUES = {
    "hostile": Hostile(),
    "mock": unittest.mock.MagicMock(),
    "endless": endless(),
    "deep": deep(),
    "wide": wide(),
    "huge list": list(range(1_000_000)),
    "huge number": 10**5_000,
    "surrogate": "\ud800",
    "nan": float("nan"),
    "infinite": float("inf"),
    "array": np.zeros(3),
    "numpy scalar": np.float32(0.5),
    "tensor": torch.ones(2, requires_grad=True) * 2,
    "scalar tensor": torch.tensor(3),
    "function": lambda: 1,
    "class": nn.Linear,
    "enum": enum.Enum("Colour", "red")["red"],
    "named tuple": Point(1, (2, "x")),
    "dictionary": {"a": 1},
    "set": {1, 2},
    "bytes": b"x",
    "complex": 1 + 2j,
    "dtype": torch.float32,
    "list of hostile": [Hostile()],
    "range": range(3),
}


@pytest.mark.parametrize("name", VALUES)
def test_any_attribute_is_survived_without_running_code(name):
    model = nn.Sequential(Trap(value=VALUES[name]), Trap(value=VALUES[name], other=3))
    calls.clear()
    summary = summarykit.summarize(model)
    assert summary.totals.parameters == 12
    assert len(summary.layers) == 3
    assert summary.checks.ok
    assert calls == []
    records = summary.data.records
    assert dict(records.settings[records.layers[2].settings])["other"] == 3
    assert summary.to_json().isascii()


@pytest.mark.parametrize(
    ("value", "setting"),
    [
        (3, 3), (True, True), (None, None), ("x", "x"), (0.5, 0.5), ((1, 2), (1, 2)), ([1, [2, "x"]], (1, (2, "x"))),
        (np.int64(3), 3), (np.True_, True), (np.float64(0.5), 0.5), (Point(1, 2), (1, 2)), (torch.Size([2, 3]), (2, 3)),
        (float("inf"), "inf"), (enum.IntEnum("Size", {"big": 9}).big, 9),
        (enum.StrEnum("Mode", {"fast": "quick"}).fast, "quick"),
    ],
    ids=repr,
)  # fmt: skip
def test_plain_values_are_settings(value, setting):
    summary = summarykit.summarize(Trap(value=value))
    found = dict(summary.data.records.settings[0])["value"]
    assert found == setting
    assert type(found) is type(setting)


def fingerprint(model):
    """Everything that a summary could leave changed."""
    random_states = [torch.get_rng_state().tolist(), random.getstate(), str(np.random.get_state())]
    modes = (torch.is_grad_enabled(), torch.get_default_dtype(), torch.is_inference_mode_enabled())
    found = []
    for module in oracle.reachable(model):
        attributes = module.__dict__
        found.append((id(module), module.training, list(attributes), [id(value) for value in attributes.values()]))
        found.append([(name, len(value)) for name, value in attributes.items() if isinstance(value, dict)])
        for kind in ("_parameters", "_buffers"):
            for name, tensor in oracle.own(module, kind):
                grad = None if tensor.grad is None else (id(tensor.grad), tensor.grad._version)
                values = None if tensor.is_meta or nn.parameter.is_lazy(tensor) else tensor.detach().clone().tolist()
                found.append((name, id(tensor), tensor._version, grad, tensor.requires_grad, tensor.device, values))
    return random_states, modes, found


def prepared():
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(), nn.LSTM(3, 2), nn.LazyLinear(2))
    model[1].eval()
    model[0].weight.requires_grad_(False)
    model[0].register_forward_hook(lambda *_: calls.append("hook"))
    model[0].register_forward_pre_hook(lambda *_: calls.append("pre-hook"))
    model.register_state_dict_post_hook(lambda *_: calls.append("state hook"))
    model[1](model[0](torch.randn(5, 4))).sum().backward()
    model.tied = model[0]
    return model


@pytest.mark.parametrize("grad", [True, False])
def test_everything_is_left_as_it_was(grad, tmp_path):
    model = prepared()
    before, calls[:] = fingerprint(model), []
    with torch.set_grad_enabled(grad):
        summary = summarykit.report(model, tmp_path / "out.json")
        str(summary), summary.layers, summary.tensors, summary.checks, summary.to_markdown(), repr(summary)
    assert fingerprint(model) == before
    assert calls == []


def test_everything_is_left_as_it_was_after_an_error(tmp_path):
    model = prepared()
    before = fingerprint(model)
    (tmp_path / "file").touch()
    with pytest.raises(summarykit.SummaryKitError):
        summarykit.report(model, tmp_path / "file" / "out.json")
    assert fingerprint(model) == before


def test_a_summary_keeps_no_tensor_and_no_module_alive():
    import gc
    import weakref

    model = prepared()
    gone = [weakref.ref(module) for module in model.modules()] + [weakref.ref(p) for p in model[0].parameters()]
    summary = summarykit.summarize(model)
    del model
    gc.collect()
    assert [reference() for reference in gone] == [None] * len(gone)
    assert summary.totals.parameters


def test_a_summary_does_not_follow_later_changes():
    model = nn.Linear(4, 3)
    summary = summarykit.summarize(model)
    model.weight = nn.Parameter(torch.zeros(9, 9))
    assert summary.layers.parameters[0] == 15
    assert str(summarykit.summarize(model)) != str(summary)


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_the_device_does_not_matter(device):
    with torch.device(device):
        summary = summarykit.summarize(nn.Sequential(nn.Linear(16, 4), nn.BatchNorm1d(4)))
    assert summary.totals.parameters == 76
    assert set(summary.tensors.device) == {device}


class Stubborn(torch.Tensor):
    """A tensor that runs code of its own whenever it is asked anything."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        calls.append(func)
        raise RuntimeError("ask me nothing")


def test_a_tensor_with_code_of_its_own_is_not_asked():
    model = nn.Linear(3, 4)
    model._parameters["weight"] = torch.Tensor._make_subclass(Stubborn, torch.zeros(4, 3))
    calls.clear()
    summary = summarykit.summarize(model)
    assert summary.layers.formula_numbers[0] == "4 × (3 + 1) = 16"
    assert summary.checks.ok
    assert calls == []
