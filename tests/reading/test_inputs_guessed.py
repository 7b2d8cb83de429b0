"""Inputs that are guessed from the first layer, and the one function that all ways to give inputs lead to."""

import pytest
import torch
from torch import nn
from torch.nn.functional import max_pool2d

from summarykit.errors import InputsError
from summarykit.reading.inputs import (
    Call,
    NoInputs,
    choose_inputs,
    inputs_from_specs,
    materialise,
)
from summarykit.reading.inputs import guess_inputs as guessed
from support.inputs import Exampled, Masked, X, shapes

# ---------------------------------------------------------------- guessed


class Pooled(nn.Module):
    """As people write it: pooled in forward, so that only the linear layer fixes the side."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc = nn.Linear(400, 10)

    def forward(self, x):
        x = max_pool2d(self.conv2(max_pool2d(self.conv1(x), 2)), 2)
        return self.fc(x.flatten(1))


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)

    def forward(self, x1, x2):
        return self.layer(x1) - self.layer(x2)


class Graph(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)

    def forward(self, x, edge_index):
        return self.layer(x)[edge_index[0] * 0]


class Keyword(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)

    def forward(self, *, x):
        return self.layer(x)


def flattened(*layers, width):
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width, 4))


def sized(model, size):
    model.image_size = size
    return model


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (nn.Linear(3, 4), [(1, 3)]),
        (nn.Linear(3, 4).double(), [(1, 3)]),
        (nn.Bilinear(3, 4, 5), [(1, 3), (1, 4)]),
        (nn.Conv1d(2, 4, 3), [(1, 2, 1000)]),
        (nn.Conv2d(3, 4, 3), [(1, 3, 224, 224)]),
        (nn.ConvTranspose2d(3, 4, 3), [(1, 3, 224, 224)]),
        (sized(nn.Conv2d(3, 4, 3), 64), [(1, 3, 64, 64)]),
        (sized(nn.Conv2d(3, 4, 3), (64, 32)), [(1, 3, 64, 32)]),
        (nn.Conv3d(3, 1, 3), [(1, 3, 16, 224, 224)]),
        (nn.Embedding(10, 3), [(1, 16)]),
        (nn.EmbeddingBag(10, 3), [(1, 16)]),
        (nn.LSTM(5, 6), [(16, 1, 5)]),
        (nn.GRU(5, 6, batch_first=True), [(1, 16, 5)]),
        (nn.RNNCell(5, 6), [(1, 5)]),
        (nn.MultiheadAttention(8, 2, kdim=4, vdim=6), [(16, 1, 8), (16, 1, 4), (16, 1, 6)]),
        (nn.Transformer(8, 2, 1, 1, 8, batch_first=True), [(1, 16, 8), (1, 16, 8)]),
        (nn.TransformerEncoderLayer(8, 2, 8, batch_first=True), [(1, 16, 8)]),
        (nn.TransformerDecoderLayer(8, 2, 8), [(16, 1, 8), (16, 1, 8)]),
        (nn.LayerNorm((3, 4)), [(1, 3, 4)]),
        (nn.BatchNorm1d(3), [(1, 3)]),
        (nn.BatchNorm2d(3), [(1, 3, 224, 224)]),
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 4)), [(1, 784)]),
        (flattened(nn.Conv2d(3, 8, 3, padding=1), nn.MaxPool2d(2), width=2048), [(1, 3, 32, 32)]),
        (flattened(nn.Conv1d(1, 2, 3, padding="same"), width=40), [(1, 1, 20)]),
        (flattened(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(2), width=32), [(1, 3, 224, 224)]),
        (Pooled(), [(1, 1, 32, 32)]),
        (Two(), [(1, 3), (1, 3)]),
        (Graph(), [(1, 3), (2, 32)]),
        (Masked(), [(1, 8), (1, 8), (1,)]),
        (Keyword(), [(1, 3)]),
        (nn.DataParallel(nn.Linear(3, 4)), [(1, 3)]),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_the_first_layer_tells_what_is_taken(model, expected):
    call = guessed(model)
    assert [shape for _, shape in shapes(call).values()] == expected
    assert call.origin.startswith("guessed from the first layer ")
    real = materialise(call)
    model.eval()(*real.args, **real.kwargs)


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
def test_a_scripted_layer_tells_it_too():
    assert shapes(guessed(torch.jit.script(nn.Sequential(nn.Linear(3, 4))))) == {"0": ("float32", (1, 3))}


def test_a_guess_says_how_it_came_about():
    assert guessed(Pooled()).origin == "guessed from the first layer `conv1`, with the side that `fc` fits"
    assert guessed(Two()).origin == "guessed from the first layer `layer`; `x2` by name"
    assert guessed(sized(nn.Conv2d(3, 4, 3), 8)).origin.endswith("(the model itself) and the size the model names")


class Silent(nn.Module):
    def forward(self):
        return 1


class Unknown(nn.Linear):
    def forward(self, x, what_is_it):
        return x


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (nn.ReLU(), "no layer tells"),
        (nn.LazyLinear(3), "is lazy"),
        (nn.Sequential(nn.LazyConv2d(3, 3)), "the first layer `0` is lazy"),
        (Unknown(3, 4), "forward also needs `what_is_it`"),
        (nn.ModuleList([nn.Linear(1, 1)]), "a ModuleList has no forward"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_nobody_can_guess_has_a_reason(model, reason):
    found = guessed(model)
    assert isinstance(found, NoInputs)
    assert reason in found.reason


def test_a_forward_without_arguments_is_fed_nothing():
    assert guessed(Silent()) == Call((), {}, "nothing: forward takes no arguments")


class Hostile:
    def _refuse(self, *_):
        raise RuntimeError("leave me alone")

    __hash__ = __eq__ = __repr__ = __len__ = __iter__ = __bool__ = __index__ = __getattr__ = _refuse


class Trap(nn.Module):
    """Whose code must not run."""

    def __init__(self):
        super().__init__()
        layer = nn.Conv2d(3, 4, 3)
        self._modules.update(layer=layer, last=nn.Linear(5, 5))
        self.__dict__.update(config=Hostile(), image_size=Hostile(), input_size=Hostile(), pretrained_cfg=Hostile())
        for name in ("padding", "stride", "img_size"):
            layer.__dict__[name] = Hostile()

    @property
    def dummy_inputs(self):
        raise AssertionError("a property ran")

    def forward(self, x):
        raise AssertionError("forward ran")

    def __getattr__(self, name):
        raise AssertionError(f"__getattr__({name}) ran")


def test_a_guess_runs_no_code_of_the_models():
    assert shapes(guessed(Trap())) == {"0": ("float32", (1, 3, 224, 224))}


# ---------------------------------------------------------------- one way in


def test_one_way_in():
    model = Exampled(example_input_array=X)
    assert choose_inputs(model) is None
    assert choose_inputs(model, inputs=X).args[0] is X
    assert choose_inputs(model, inputs="declared").args[0] is X
    assert choose_inputs(model, inputs="guess").origin.startswith("guessed")
    with pytest.raises(InputsError, match="'declared'"):
        choose_inputs(model, inputs="declarde")
    with pytest.raises(InputsError, match="both say"):
        choose_inputs(model, inputs="guess", input_size=(1, 3))


def test_a_size_without_dtype_is_what_the_model_computes_in():
    assert shapes(choose_inputs(nn.Linear(3, 4).bfloat16(), input_size=(1, 3))) == {"0": ("bfloat16", (1, 3))}
    found = choose_inputs(Masked(), input_size=[(1, 8), (1, 8)])
    assert [dtype for dtype, _ in shapes(found).values()] == ["int64", "int64"]
    named = choose_inputs(Masked(), input_size={"input_ids": (1, 8), "lengths": (1,), "weights": (1,)})
    assert [dtype for dtype, _ in shapes(named).values()] == ["int64", "int64", "float32"]


def test_the_command_line_goes_the_same_way():
    model = Masked()
    call = inputs_from_specs(model, ["1,8", "lengths=1", "half=float16:2"])
    assert shapes(call) == {"0": ("int64", (1, 8)), "lengths": ("int64", (1,)), "half": ("float16", (2,))}
    assert choose_inputs(model, inputs=call) is call
    with pytest.raises(InputsError, match="--input and --inputs both"):
        inputs_from_specs(model, ["1,8"], "guess")
    with pytest.raises(InputsError, match="both say"):
        choose_inputs(model, inputs=call, kwargs={})
