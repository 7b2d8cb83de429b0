"""What to feed a model: given, declared or guessed; what is impossible is told, and nothing else is touched."""

from collections import UserDict

import numpy as np
import pytest
import torch
from hypothesis import given as for_all
from hypothesis import strategies as st
from torch import nn

from summarykit.errors import InputsError
from summarykit.reading.inputs import (
    Call,
    materialise,
    parse_spec,
)
from summarykit.reading.inputs import inputs_from_caller as given
from support.inputs import Batch, Pair, X, shapes

# ---------------------------------------------------------------- given, by value


def test_nothing_given_is_no_call():
    assert given() is None


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
