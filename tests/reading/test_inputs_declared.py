"""Inputs that a model declares: an example of its own, a pretrained size, the config of transformers."""

import random
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from summarykit.reading.inputs import (
    Call,
    NoInputs,
)
from summarykit.reading.inputs import inputs_from_model as declared
from support.inputs import Exampled, Pair, X, shapes

# ---------------------------------------------------------------- declared


@pytest.mark.parametrize(
    ("name", "example", "args", "kwargs"),
    [
        ("example_input_array", X, 1, []),
        ("example_input_array", (X, X), 2, []),
        ("example_input_array", {"x": X, "y": X}, 0, ["x", "y"]),
        ("dummy_inputs", {"x": X}, 0, ["x"]),
        ("example_inputs", [X], 1, []),
        ("example_inputs", Pair(X, X), 1, []),
    ],
)
def test_an_example_is_taken(name, example, args, kwargs):
    call = declared(Exampled(**{name: example}))
    assert call.origin == f"the model's own example (`{name}`)"
    assert (len(call.args), list(call.kwargs)) == (args, kwargs)


def test_an_example_is_found_inside_wrappers():
    model = Exampled(example_input_array=X)
    assert declared(nn.DataParallel(model)).args[0] is X
    assert declared(torch.compile(model, backend="eager")).args[0] is X


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        ({}, "declares nothing"),
        ({"example_input_array": None}, "declares nothing"),
        ({"dummy_inputs": "text"}, "`dummy_inputs` is a str"),
        ({"dummy_inputs": {"y": X}}, "without `x`, which forward needs"),
        ({"pretrained_cfg": {"input_size": (3, -1)}}, "declares nothing"),
        ({"pretrained_cfg": {"input_size": (1 << 30, 1 << 30, 1 << 30)}}, "no tensor can be as large"),
        ({"default_cfg": 3}, "declares nothing"),
    ],
)
def test_what_is_not_declared_has_a_reason(held, reason):
    found = declared(Exampled(**held))
    assert isinstance(found, NoInputs)
    assert reason in found.reason


class Meddling(nn.Module):
    """Whose example changes whatever it can reach, and may fail then."""

    fails = False

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)

    @property
    def dummy_inputs(self):
        self.eval()
        self.cached = 1
        self.layer.extra = nn.Linear(1, 1)
        self.register_buffer("made", torch.rand(1))
        self.layer.register_forward_hook(print)
        random.random()
        np.random.rand()
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        if self.fails:
            raise RuntimeError("out of order")
        return {"x": torch.rand(1, 3)}

    def forward(self, x):
        return self.layer(x)


@pytest.mark.parametrize("fails", [False, True])
def test_what_an_example_changes_is_put_back(fails):
    model = Meddling()
    model.__dict__["fails"] = fails
    before = [(dict(m.__dict__), dict(m._modules), dict(m._buffers), dict(m._forward_hooks)) for m in model.modules()]
    states = random.getstate(), torch.get_rng_state(), np.random.get_state()[1].tolist()
    found = declared(model)
    after = [(dict(m.__dict__), dict(m._modules), dict(m._buffers), dict(m._forward_hooks)) for m in model.modules()]
    assert before == after
    assert states[0] == random.getstate()
    assert torch.equal(states[1], torch.get_rng_state())
    assert states[2] == np.random.get_state()[1].tolist()
    assert torch.get_default_dtype() is torch.float32
    assert torch.is_grad_enabled()
    assert isinstance(found, NoInputs if fails else Call)
    assert not fails or "`dummy_inputs` fails: RuntimeError: out of order" in found.reason


class Imaged(nn.Module):
    def __init__(self, channels=3, **held):
        super().__init__()
        self.stem = nn.Conv2d(channels, 8, 3)
        for name, value in held.items():
            setattr(self, name, value)

    def forward(self, x):
        return self.stem(x)


@dataclass
class PretrainedCfg:
    input_size: tuple = (3, 96, 96)


def test_a_pretrained_size_is_taken_as_the_model_was_built():
    plain = declared(Imaged(pretrained_cfg={"input_size": [3, 96, 64]}))
    assert shapes(plain) == {"0": ("float32", (1, 3, 96, 64))}
    assert plain.origin == "the model's own size (`pretrained_cfg`)"
    assert shapes(declared(Imaged(default_cfg=PretrainedCfg()))) == {"0": ("float32", (1, 3, 96, 96))}
    changed = declared(Imaged(1, pretrained_cfg=PretrainedCfg(), img_size=(32, 48)).half())
    assert shapes(changed) == {"0": ("float16", (1, 1, 32, 48))}
    assert changed.origin.endswith(", as this one was built")


# ---------------------------------------------------------------- declared by transformers


@pytest.fixture(scope="module")
def transformers():
    pytest.importorskip("transformers")
    try:
        from transformers import modeling_utils  # noqa: F401
    except Exception as error:  # noqa: BLE001 - another library it wants does not fit
        pytest.skip(f"transformers cannot be imported here: {error}")
    return pytest.importorskip("transformers")


def tiny(transformers, name, **settings):
    with torch.device("meta"):
        return getattr(transformers, f"{name}Model")(getattr(transformers, f"{name}Config")(**settings))


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("Bert", {"num_hidden_layers": 1}, {"input_ids": ("int64", (1, 128))}),
        ("GPT2", {"n_layer": 1, "n_positions": 64}, {"input_ids": ("int64", (1, 64))}),
        ("ViT", {"num_hidden_layers": 1, "image_size": 32}, {"pixel_values": ("float32", (1, 3, 32, 32))}),
        (
            "Whisper",
            {"encoder_layers": 1, "decoder_layers": 1},
            {"input_features": ("float32", (1, 80, 3000)), "decoder_input_ids": ("int64", (1, 128))},
        ),
    ],
)
def test_the_main_input_has_sizes_from_the_config(transformers, name, settings, expected):
    model = tiny(transformers, name, **settings)
    call = declared(model)
    assert shapes(call) == expected
    assert call.origin == "the model's main input, with sizes from its config"
    with torch.no_grad():
        model(*call.args, **call.kwargs)


def test_an_example_of_a_models_own_is_preferred(transformers):
    call = declared(tiny(transformers, "T5", num_layers=1))
    assert call.origin == "the model's own example (`dummy_inputs`)"
    assert {"input_ids", "decoder_input_ids"} <= call.kwargs.keys()
