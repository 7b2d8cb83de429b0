"""What to feed a model: given, declared or guessed; what is impossible is told, and nothing else is touched."""

import random
from collections import UserDict, namedtuple
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given as for_all
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import max_pool2d

from summarykit.errors import InputsError
from summarykit.reading.inputs import (
    Call,
    NoInputs,
    choose_inputs,
    input_tensors,
    inputs_from_specs,
    materialise,
    parse_spec,
)
from summarykit.reading.inputs import guess_inputs as guessed
from summarykit.reading.inputs import inputs_from_caller as given
from summarykit.reading.inputs import inputs_from_model as declared

X = torch.ones(2, 3)


def shapes(call):
    assert isinstance(call, Call), call
    return {name: (dtype, shape) for name, dtype, shape in input_tensors(call)}


# ---------------------------------------------------------------- given, by value


def test_nothing_given_is_no_call():
    assert given() is None


Pair = namedtuple("Pair", "a b")


@dataclass
class Batch:
    x: torch.Tensor


@pytest.mark.parametrize(
    ("arguments", "args", "kwargs"),
    [
        ({"inputs": X}, (X,), {}),
        ({"inputs": (X, None, 3)}, (X, None, 3), {}),
        ({"inputs": [X, [X]]}, (X, [X]), {}),
        ({"inputs": {"x": X, "steps": 3}}, (), {"x": X, "steps": 3}),
        ({"inputs": UserDict(x=X)}, (), {"x": X}),
        ({"inputs": Pair(X, X)}, (Pair(X, X),), {}),
        ({"inputs": ()}, (), {}),
        ({"inputs": X, "kwargs": {"mask": None}}, (X,), {"mask": None}),
        ({"args": ()}, (), {}),
        ({"args": [{"x": X}]}, ({"x": X},), {}),
        ({"args": (1, 3), "kwargs": {"x": X}}, (1, 3), {"x": X}),
        ({"kwargs": {"x": X}}, (), {"x": X}),
    ],
)
def test_values_are_passed_on_as_they_are(arguments, args, kwargs):
    call = given(**arguments)
    assert len(call.args) == len(args)
    assert all(one is other or type(one) is type(other) for one, other in zip(call.args, args, strict=True))
    assert list(call.kwargs) == list(kwargs)
    assert all(call.kwargs[name] is value for name, value in kwargs.items())
    assert call.origin == "given"


def test_a_structure_of_the_users_is_one_argument():
    batch = Batch(X)
    packed = nn.utils.rnn.pack_sequence([X])
    assert given(inputs=batch).args == (batch,)
    assert given(inputs=packed).args[0] is packed


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"inputs": X, "input_size": (1, 3)}, "inputs= and input_size= both say what to feed"),
        ({"inputs": X, "args": (X,)}, "inputs= and args= both"),
        ({"args": (X,), "input_size": (1,)}, "args= and input_size= both"),
        ({"dtypes": "int64"}, "dtypes= is for input_size="),
        ({"inputs": X, "dtypes": "int64"}, "dtypes= is for input_size="),
        ({"inputs": {"x": X}, "kwargs": {"x": X}}, "'x' is given twice"),
        ({"inputs": np.ones(3)}, "is a NumPy array"),
        ({"inputs": (np.ones(3),)}, "holds a NumPy array"),
        ({"inputs": {"x": np.ones(3)}}, "holds a NumPy array"),
        ({"inputs": (1, 3, 224, 224)}, "holds no tensor"),
        ({"inputs": [(1, 3), (1, 4)]}, "holds no tensor"),
        ({"inputs": torch.Size([1, 3])}, "holds no tensor"),
        ({"inputs": 3}, "holds no tensor"),
        ({"inputs": "x"}, "holds no tensor"),
        ({"inputs": torch.Tensor}, "holds no tensor"),
        ({"inputs": {0: X}}, "has the key 0"),
        ({"args": X}, "args= is a tuple"),
        ({"kwargs": X}, "kwargs= maps names"),
        ({"kwargs": {None: X}}, "has the key None"),
    ],
)
def test_what_contradicts_itself_is_told(arguments, what):
    with pytest.raises(InputsError) as caught:
        given(**arguments)
    assert what in caught.value.what
    assert caught.value.hint


# ---------------------------------------------------------------- given, by size


class Index:
    def __index__(self):
        return 7


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"input_size": (1, 3)}, {"0": ("float32", (1, 3))}),
        ({"input_size": (3,)}, {"0": ("float32", (3,))}),
        ({"input_size": torch.Size([])}, {"0": ("float32", ())}),
        ({"input_size": [np.int64(2), Index(), torch.tensor(3)]}, {"0": ("float32", (2, 7, 3))}),
        ({"input_size": [(1, 3), torch.Size([0])]}, {"0": ("float32", (1, 3)), "1": ("float32", (0,))}),
        ({"input_size": {"x": (1, 3), "t": ()}}, {"x": ("float32", (1, 3)), "t": ("float32", ())}),
        ({"input_size": [[(1,), (2,)]]}, {"0.0": ("float32", (1,)), "0.1": ("float32", (2,))}),
        ({"input_size": [{"a": (1,)}]}, {"0.a": ("float32", (1,))}),
        ({"input_size": (1,), "dtypes": "long"}, {"0": ("int64", (1,))}),
        ({"input_size": (1,), "dtypes": torch.float16}, {"0": ("float16", (1,))}),
        ({"input_size": [(1,), (2,)], "dtypes": [None, "BF16"]}, {"0": ("float32", (1,)), "1": ("bfloat16", (2,))}),
        ({"input_size": [(1,), (2,)], "dtypes": "torch.bool"}, {"0": ("bool", (1,)), "1": ("bool", (2,))}),
        (
            {"input_size": {"a": (1,), "b": (2,)}, "dtypes": {"b": "int8"}},
            {"a": ("float32", (1,)), "b": ("int8", (2,))},
        ),
        ({"input_size": {"a": (1,)}, "dtypes": ["int8"]}, {"a": ("int8", (1,))}),
        ({"input_size": (1,), "kwargs": {"steps": 2}}, {"0": ("float32", (1,))}),
    ],
)
def test_sizes_become_tensors_without_values(arguments, expected):
    call = given(**arguments)
    assert shapes(call) == expected
    assert call.origin == "given by size"


def test_a_size_costs_no_memory():
    (tensor,) = given(input_size=(1 << 20, 1 << 20)).args
    assert tensor.device.type == "meta"


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"input_size": ()}, "is empty"),
        ({"input_size": []}, "is empty"),
        ({"input_size": 3}, "a size is a tuple"),
        ({"input_size": "1,3"}, "a size is a tuple"),
        ({"input_size": (-1, 3)}, "negative length -1"),
        ({"input_size": (None, 3)}, "leaves a length open"),
        ({"input_size": (1, True)}, "True in the size"),
        ({"input_size": (1, np.bool_(True))}, "is no whole number"),
        ({"input_size": (1, 3.0)}, "3.0 in the size"),
        ({"input_size": (1, X)}, "a tensor of shape (2, 3) in the size"),
        ({"input_size": (1, (3, 4))}, "a size is a tuple"),
        ({"input_size": [(1, (3, 4))]}, "mixes numbers and sizes"),
        ({"input_size": (1 << 40, 1 << 40)}, "no tensor can be as large"),
        ({"input_size": (0, 1 << 70)}, "no tensor can be as large"),
        ({"input_size": {0: (1,)}}, "has the key 0"),
        ({"input_size": (1,), "dtypes": "int46"}, "'int46' is no dtype"),
        ({"input_size": (1,), "dtypes": 3}, "and this is 3"),
        ({"input_size": (1,), "dtypes": ["int8", "int8"]}, "1 sizes and 2 dtypes"),
        ({"input_size": (1,), "dtypes": {"x": "int8"}}, "dtypes= has names"),
        ({"input_size": {"x": (1,)}, "dtypes": {"y": "int8"}}, "dtypes= has 'y'"),
        ({"input_size": {"x": (1,)}, "kwargs": {"x": X}}, "'x' is given twice"),
    ],
)
def test_an_impossible_size_is_told(arguments, what):
    with pytest.raises(InputsError) as caught:
        given(**arguments)
    assert what in caught.value.what
    assert caught.value.hint


def test_a_dtype_that_is_nearly_right_is_named():
    with pytest.raises(InputsError, match="int64"):
        given(input_size=(1,), dtypes="int46")


# ---------------------------------------------------------------- the command line


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1,3,224,224"], {"0": ("float32", (1, 3, 224, 224))}),
        (["1x3x4", "2"], {"0": ("float32", (1, 3, 4)), "1": ("float32", (2,))}),
        (["input_ids=int64:1,128"], {"input_ids": ("int64", (1, 128))}),
        (["int64:1,128"], {"0": ("int64", (1, 128))}),
        (["x=1,3"], {"x": ("float32", (1, 3))}),
        (["x=1x3"], {"x": ("float32", (1, 3))}),
        ([" x = half : ( 1 , 3, ) "], {"x": ("float16", (1, 3))}),
        (["[1 3 4]"], {"0": ("float32", (1, 3, 4))}),
        (["1×3"], {"0": ("float32", (1, 3))}),
        (["t=int64:()"], {"t": ("int64", ())}),
        (["3,"], {"0": ("float32", (3,))}),
        (["torch.int8:3"], {"0": ("int8", (3,))}),
    ],
)
def test_a_size_on_the_command_line(texts, expected):
    assert shapes(parse_spec(texts)) == expected


def test_values_that_are_no_tensors():
    call = parse_spec(["flag:=True", ":=None", "how:=mean", "of:='a=b'", "1,2"])
    assert dict(call.kwargs) == {"flag": True, "how": "mean", "of": "a=b"}
    assert call.args[0] is None
    assert call.args[1].shape == (1, 2)


@pytest.mark.parametrize(
    ("text", "what", "spot"),
    [
        ("1,tree,224", "'tree' is no length", 2),
        ("x=int64:1,-3", "'-3' is no length", 10),
        ("flag=True", "'True' is no length", 5),
        ("x=1,,3", "a length is missing", 4),
        ("x=", "the size is missing", 2),
        ("", "the size is missing", 0),
        ("x=int46:3", "'int46' is no dtype", 2),
        (":3", "'' is no dtype", 0),
        ("x=1,3:int64", "'1,3' is no dtype", 2),
        ("1a=3", "'1a' is no name", 0),
        ("=3", "'' is no name", 0),
        ("(1, 3", "the bracket is not closed", 0),
        ("x=(", "the bracket is not closed", 2),
        ("x=( 1, y)", "'y' is no length", 7),
        ("1.5", "'1.5' is no length", 0),
        ("2٣", "'2٣' is no length", 0),
        ("flag:=", "the value is missing", 6),
    ],
)
def test_an_error_points_at_the_spot(text, what, spot):
    with pytest.raises(InputsError) as caught:
        parse_spec([text])
    told, shown, arrow = caught.value.what.split("\n")
    assert what in told
    assert shown == f"    {text}"
    assert arrow == " " * (4 + spot) + "^"


def test_a_dtype_after_the_size_is_told_where_it_stands():
    with pytest.raises(InputsError) as caught:
        parse_spec(["x=1,3:torch.int64"])
    assert caught.value.hint == "the dtype stands before the size: torch.int64:1,3"


def test_a_keyword_twice_is_told():
    with pytest.raises(InputsError, match="'x' twice"):
        parse_spec(["x=1", "x=2"])


names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
sizes = st.lists(st.integers(0, 4096), max_size=5).map(tuple)
dtypes = st.sampled_from([None, "int64", "float16", "bool", "complex64"])


@st.composite
def written(draw, size):
    """The same size, as people may write it."""
    blank = st.sampled_from(["", " "])
    sign = draw(st.sampled_from([",", "x", " ", "×", ", "]))
    text = sign.join(map(str, size))
    if not size or draw(st.booleans()):
        opening, closing = draw(st.sampled_from(["()", "[]"]))
        text = f"{opening}{draw(blank)}{text}{draw(blank)}{closing}"
    return f"{draw(blank)}{text}{draw(blank)}"


@for_all(st.data(), st.lists(st.tuples(names | st.none(), dtypes, sizes), max_size=4))
def test_what_is_written_is_what_is_fed(data, asked):
    asked = list({name or index: (name, *rest) for index, (name, *rest) in enumerate(asked)}.values())
    texts = [
        f"{f'{name}=' if name else ''}{f'{dtype}:' if dtype else ''}{data.draw(written(size))}"
        for name, dtype, size in asked
    ]
    call = parse_spec(texts)
    places = iter(range(len(asked)))
    expected = {name or str(next(places)): (dtype or "float32", size) for name, dtype, size in asked}
    assert shapes(call) == expected


@for_all(st.text(max_size=20))
def test_any_text_is_understood_or_refused(text):
    told = "^"
    try:
        parse_spec([text])
    except InputsError as error:
        told = error.what
    assert "^" in told or "no tensor can be" in told


# ---------------------------------------------------------------- real values


def test_tensors_without_values_get_the_same_ones_each_time():
    call = given(input_size=[(2, 3), (4,), (2,)], dtypes=["float16", "int64", "complex64"])
    state = torch.get_rng_state()
    first, second = materialise(call), materialise(call)
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(first.args, second.args, strict=True))
    assert [tensor.device.type for tensor in first.args] == ["cpu"] * 3
    assert shapes(first) == shapes(call)
    assert first.args[0].std() > 0
    assert not first.args[1].any()
    assert first.origin == call.origin


def test_what_has_values_stays_the_same_object():
    held, batch = [X], Batch(X)
    call = given(args=(X, held, batch, None), kwargs={"d": {"x": X}})
    real = materialise(call)
    assert all(one is other for one, other in zip(real.args, call.args, strict=True))
    assert real.kwargs["d"] is call.kwargs["d"]


def test_structures_with_tensors_of_a_size_are_filled():
    empty = torch.empty(2, device="meta")
    real = materialise(Call((Pair(empty, X), [empty, {"x": empty}], (empty,)), {}, ""))
    assert isinstance(real.args[0], Pair)
    assert real.args[0].b is X
    assert real.args[0].a is real.args[1][0] is real.args[1][1]["x"] is real.args[2][0]
    assert real.args[0].a.device.type == "cpu"


# ---------------------------------------------------------------- declared


class Exampled(nn.Module):
    def __init__(self, **held):
        super().__init__()
        self.layer = nn.Linear(3, 4)
        for name, value in held.items():
            setattr(self, name, value)

    def forward(self, x, y=None):
        return self.layer(x)


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


class Masked(nn.Module):
    def __init__(self):
        super().__init__()
        self.position = nn.Embedding(8, 4)
        self.words = nn.Embedding(9, 4)

    def forward(self, input_ids, attention_mask, *, lengths):
        return self.words(input_ids) * attention_mask.unsqueeze(-1) + self.position(lengths)


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
