"""Wrappers are seen through; scripted and traced modules stand under the names of their classes."""

import pytest
import torch
from torch import nn

import summarykit
from summarykit.errors import NotAModelError
from support import oracle

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")


def model():
    return nn.Sequential(nn.Linear(4, 3), nn.Sequential(nn.Linear(3, 2)))


PLAIN = [("", "Sequential"), ("0", "Linear"), ("1", "Sequential"), ("1.0", "Linear")]


def shown(summary):
    return list(zip(summary.layers.path, summary.layers.type, strict=True))


@pytest.mark.parametrize(
    ("wrap", "raw"),
    [
        (nn.DataParallel, "module.1.0"),
        (torch.compile, "_orig_mod.1.0"),
        (lambda m: torch.compile(nn.DataParallel(m)), "_orig_mod.module.1.0"),
        (lambda m: nn.DataParallel(torch.compile(nn.DataParallel(m))), "module._orig_mod.module.1.0"),
    ],
    ids=["DataParallel", "compile", "both", "three"],
)
def test_a_wrapper_is_seen_through(wrap, raw):
    wrapped = wrap(model())
    summary = summarykit.summarize(wrapped)
    assert shown(summary) == PLAIN
    assert summary.model_name == "Sequential"
    assert list(summary.layers.raw_path)[-1] == raw
    assert raw in dict(wrapped.named_modules())
    assert any("seen through" in note for note in summary.notes)
    assert summary.fingerprint == summarykit.summarize(model()).fingerprint
    assert summary.totals == summarykit.summarize(model()).totals
    assert summary.checks.ok


def test_a_wrapper_inside_is_seen_through_too():
    inner = nn.Sequential(nn.Linear(4, 3), torch.compile(nn.Sequential(nn.Linear(3, 2))))
    summary = summarykit.summarize(inner)
    assert shown(summary) == PLAIN
    assert list(summary.layers.raw_path) == ["", "0", "1._orig_mod", "1._orig_mod.0"]
    assert set(summary.layers.raw_path) <= set(dict(inner.named_modules()))


def test_a_wrapped_and_a_plain_place_of_one_module_are_one_module():
    layer = nn.Linear(3, 2)
    both = nn.Sequential(layer, torch.compile(layer))
    summary = summarykit.summarize(both)
    assert summary.totals.parameters == 8
    assert list(summary.layers.shared_with) == [None, None, "0"]


class Wrapper(nn.DataParallel):
    """A company's own wrapper, with something in it."""

    def __init__(self, module):
        super().__init__(module)
        self.head = nn.Linear(5, 5)


def test_a_wrapper_with_more_in_it_is_no_mere_wrapper():
    wrapped = Wrapper(model())
    summary = summarykit.summarize(wrapped)
    oracle.assert_right(summary, wrapped)
    assert summary.totals.parameters == 15 + 8 + 30
    with_parameter = nn.DataParallel(model())
    with_parameter.register_parameter("scale", nn.Parameter(torch.zeros(3)))
    oracle.assert_right(summarykit.summarize(with_parameter), with_parameter)


def test_wrappers_that_wrap_each_other_end():
    one, other = nn.DataParallel(nn.ReLU()), nn.DataParallel(nn.ReLU())
    one.module, other.module = other, one
    assert summarykit.summarize(one).totals.parameters == 0
    one.module = one
    assert summarykit.summarize(one).totals.parameters == 0


def scripted(tmp_path):
    return torch.jit.script(model())


def traced(tmp_path):
    return torch.jit.trace(model(), torch.zeros(1, 4))


def loaded(tmp_path):
    torch.jit.save(scripted(tmp_path), tmp_path / "model.pt")
    return torch.jit.load(tmp_path / "model.pt")


def loaded_trace(tmp_path):
    torch.jit.save(traced(tmp_path), tmp_path / "model.pt")
    return torch.jit.load(tmp_path / "model.pt")


@pytest.mark.parametrize("make", [scripted, traced, loaded, loaded_trace])
def test_a_scripted_model_stands_under_the_names_of_its_classes(make, tmp_path):
    module = make(tmp_path)
    summary = summarykit.summarize(module)
    assert [kind for _, kind in shown(summary)] == ["Sequential", "Linear", "Sequential", "Linear"]
    assert list(summary.layers.path) == ["", "0", "1", "1.0"]
    assert list(summary.layers.qualified_type)[1] == "torch.nn.modules.linear.Linear"
    assert summary.totals.parameters == sum(tensor.numel() for tensor in module.parameters()) == 23
    assert summary.checks.ok
    assert set(summary.layers.evidence.dropna()) <= {"verified", "shape only"}


def test_a_scripted_layer_inside_a_plain_model(tmp_path):
    mixed = nn.Sequential(nn.Linear(4, 4), torch.jit.script(nn.LayerNorm(4)), torch.jit.script(nn.BatchNorm1d(4)))
    summary = summarykit.summarize(mixed)
    assert list(summary.layers.type) == ["Sequential", "Linear", "LayerNorm", "BatchNorm1d"]
    assert summary.totals.parameters == 20 + 8 + 8
    assert summary.totals.buffers == 9


class Layer(nn.Module):
    pass


def a_function():
    return model()


@pytest.mark.parametrize(
    ("given", "came", "hint"),
    [
        (None, "None", "give a module"),
        (nn.Linear, "the class Linear", "build it first: Linear(...)"),
        (Layer, "the class Layer", "build it first"),
        (dict, "the class dict", ""),
        (torch.zeros(2, 3), "a tensor of shape (2, 3)", "give a module"),
        (nn.Parameter(torch.zeros(2)), "a tensor of shape (2,)", ""),
        (model().state_dict(), "a state_dict of 4 tensors", "load_state_dict"),
        ({}, "a dict", ""),
        ({"a": 1}, "a dict", ""),
        (a_function, "the function a_function", "call it"),
        (model().forward, "forward", "call it"),
        (lambda: 1, "the function <lambda>", "call it"),
        ([nn.Linear(2, 2)], "a list", ""),
        ((nn.Linear(2, 2),), "a tuple", ""),
        (3, "a int", ""),
        (b"model.json", "a bytes", ""),
    ],
    ids=lambda value: "",
)
@pytest.mark.parametrize("ask", [summarykit.summarize, summarykit.report])
def test_what_is_no_model_is_named(ask, given, came, hint):
    with pytest.raises(NotAModelError) as caught:
        ask(given)
    assert isinstance(caught.value, TypeError)
    assert came in str(caught.value)
    assert hint in caught.value.hint
    assert "docs/errors.md#not-a-model" in str(caught.value)
