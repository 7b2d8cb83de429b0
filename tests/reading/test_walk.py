"""The walk: every module once, whatever its shape; the totals are PyTorch's."""

import pytest
import torch
from torch import nn

import summarykit
from support import oracle


class Holder(nn.Module):
    """Whatever is given, as attributes."""

    def __init__(self, **held):
        super().__init__()
        for name, value in held.items():
            setattr(self, name, value)

    def forward(self, *_):
        raise AssertionError("nothing may be run")


def parameter(*shape, **options):
    return nn.Parameter(torch.zeros(shape, **options))


def nested(depth):
    model = nn.Linear(2, 2)
    for _ in range(depth):
        model = nn.Sequential(model)
    return model


def itself():
    model = Holder(a=nn.Linear(3, 2))
    model.inner = Holder(b=nn.Linear(2, 2), back=model)
    model.me = model
    return model


def two_names():
    layer = nn.Linear(3, 2)
    return Holder(one=layer, other=layer, list=nn.ModuleList([layer, nn.Sequential(layer, layer)]))


def tied():
    embedding, head = nn.Embedding(10, 4), nn.Linear(4, 10)
    head.weight = embedding.weight
    return Holder(embedding=embedding, body=nn.Linear(4, 4), head=head)


def tied_everywhere():
    shared = [parameter(3, 5), parameter(7)]
    return nn.ModuleList(Holder(p=shared[i % 2], q=parameter(2), r=shared[1]) for i in range(6))


def containers():
    lists = nn.ParameterList([parameter(2, 3), parameter(4)])
    return Holder(
        cls_token=parameter(1, 1, 8), lists=lists, dicts=nn.ParameterDict({"a b": parameter(5)}), body=nn.Linear(8, 8)
    )


def buffers():
    model = Holder(norm=nn.BatchNorm1d(4))
    model.register_buffer("position", torch.arange(9), persistent=False)
    model.register_buffer("mask", torch.zeros(3, 3, dtype=torch.bool))
    model.register_buffer("nothing", None)
    model.alias = Holder()
    model.alias.register_buffer("mask", model.mask)
    return model


def dtypes():
    kinds = [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.float8_e4m3fn]
    whole = nn.Parameter(torch.zeros(5, dtype=torch.int8), requires_grad=False)
    return Holder(**{str(kind)[6:]: Holder(p=parameter(3, dtype=kind)) for kind in kinds}, whole=whole)


def frozen():
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2), nn.Linear(2, 2))
    model[0].requires_grad_(False)
    model[1].bias.requires_grad_(False)
    return model


def absent():
    model = Holder(a=nn.Linear(3, 2, bias=False), none=None, b=nn.Identity())
    model.register_module("gone", None)
    model.register_parameter("off", None)
    return model


def no_super():
    class Careless(nn.Module):
        def __init__(self):
            pass

    return Holder(careless=Careless(), after=nn.Linear(2, 2))


def odd_names():
    model = Holder()
    for name in ("a b", "größe", "1", "class", "x" * 300, "`", "\n", "\ud800", "", "=1"):
        model._parameters[name] = parameter(2)
        model._modules["m" + name] = Holder()
    model._modules[""] = Holder(inner=nn.Linear(2, 2))
    return model


def views():
    memory = torch.zeros(10)
    return Holder(a=nn.Parameter(memory[:4]), b=nn.Parameter(memory[4:]), c=parameter(3))


MODELS = {
    "5,000 nested": lambda: nested(5_000),
    "20,000 children": lambda: nn.ModuleList(nn.Linear(2, 1) if i % 2 else nn.ReLU() for i in range(20_000)),
    "a module that contains itself": itself,
    "one module under several names": two_names,
    "tied": tied,
    "tied everywhere": tied_everywhere,
    "containers": containers,
    "buffers": buffers,
    "dtypes": dtypes,
    "frozen": frozen,
    "absent": absent,
    "no super": no_super,
    "odd names": odd_names,
    "no parameters": lambda: nn.Sequential(nn.ReLU(), nn.Dropout()),
    "empty": Holder,
    "a single number": lambda: Holder(scale=parameter()),
    "no elements": lambda: Holder(none=parameter(0, 5)),
    "lazy": lambda: nn.Sequential(nn.LazyLinear(3), nn.Linear(3, 2), nn.LazyBatchNorm1d()),
    "transformer": lambda: nn.Transformer(8, 2, 2, 2, 16, batch_first=True, device="meta"),
    "views of one memory": views,
}


@pytest.mark.parametrize("name", MODELS)
def test_totals_are_pytorchs(name):
    model = MODELS[name]()
    summary = summarykit.summarize(model)
    oracle.assert_right(summary, model)
    assert summary.checks.ok
    assert str(summary)
    assert summarykit.summarize(model).to_json() == summary.to_json()


def rows(model):
    return summarykit.summarize(model).layers.set_index("path")


def test_a_module_that_contains_itself_is_one_row_more():
    found = rows(itself())
    assert list(found.index) == ["", "a", "inner", "inner.b", "inner.back", "me"]
    assert found.loc["inner.back", "shared_with"] == found.loc["me", "shared_with"] == ""
    assert list(found.total) == [14, 8, 14, 6, 14, 14]


def test_a_second_place_is_one_row_without_children():
    found = rows(Holder(a=nn.Sequential(nn.Linear(3, 2)), b=nn.Linear(2, 1), c=None))
    model = Holder(a=nn.Sequential(nn.Linear(3, 2)))
    model.again = model.a
    found = rows(model)
    assert list(found.index) == ["", "a", "a.0", "again"]
    assert found.loc["again", "shared_with"] == "a"
    assert found.loc["again", "total"] == 8
    assert list(found.adds_to_total) == [0, 0, 8, 0]


def test_a_tied_tensor_counts_at_its_first_place():
    found = rows(tied())
    assert list(found.parameters) == [0, 40, 20, 50]
    assert list(found.adds_to_total) == [0, 40, 20, 10]
    assert found.loc["head", "shared_with"] == "embedding"
    assert found.loc["head", "formula_numbers"] == "10 × (4 + 1) = 50"
    summary = summarykit.summarize(tied())
    tensors = summary.tensors.set_index("path")
    assert tensors.loc["head.weight", "shared_with"] == "embedding.weight"
    assert tensors.loc["head.weight", "adds_to_total"] == 0
    assert tensors.loc["head.weight", "bytes"] == 0


def test_lazy_parameters_add_nothing_and_are_said_to_be_unknown():
    summary = summarykit.summarize(MODELS["lazy"]())
    assert summary.totals.parameters == 8
    assert summary.totals.unknown == 4
    assert any("until the first input" in note for note in summary.notes)
    found = summary.layers.set_index("path")
    assert found.loc["0", "parameters"] is None or found.parameters.isna()["0"]
    assert "not known until the first input" in found.loc["0", "explanation"]
    tensors = summary.tensors.set_index("path")
    assert tensors.loc["0.weight", "status"] == "uninitialised"
    assert tensors.loc["0.weight", "shape"] is None


def test_a_model_that_is_lazy_throughout_is_not_said_to_have_no_parameters():
    summary = summarykit.summarize(nn.Sequential(nn.LazyLinear(3)))
    assert summary.totals.parameters == 0
    assert "has no parameters" not in summary.to_markdown()
    assert "until the first input" in summary.to_markdown()


def test_bytes_are_by_the_real_dtype():
    found = rows(dtypes())
    assert dict(found.bytes) == {
        "": 5, "float16": 6, "bfloat16": 6, "float32": 12, "float64": 24, "complex64": 24, "float8_e4m3fn": 3,
    }  # fmt: skip
    assert found.loc["", "dtype"] == "int8"
    mixed = nn.Linear(2, 2)
    mixed.bias = parameter(2, dtype=torch.float64)
    assert rows(mixed).dtype[""] == "mixed"
    assert rows(mixed).bytes[""] == 4 * 4 + 2 * 8


def test_buffers_are_counted_apart():
    summary = summarykit.summarize(buffers())
    assert summary.totals.buffers == 9 + 9 + 4 + 4 + 1
    tensors = summary.tensors.set_index("path")
    assert not tensors.loc["position", "persistent"]
    assert tensors.loc["mask", "persistent"]
    assert tensors.loc["mask", "kind"] == "buffer"
    assert tensors.loc["alias.mask", "shared_with"] == "mask"
    assert summary.layers.set_index("path").loc["alias", "buffers"] == 0


def test_paths_types_parents_and_depths():
    found = rows(nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU())))
    assert list(found.type) == ["Sequential", "Linear", "Sequential", "ReLU"]
    assert list(found.depth) == [0, 1, 1, 2]
    assert list(found.parent) == [None, "", "", "1"]
    assert found.loc["1.0", "qualified_type"] == "torch.nn.modules.activation.ReLU"


def test_parameters_on_a_container_are_its_own():
    found = rows(containers())
    assert found.loc["", "adds_to_total"] == 8
    assert found.loc["lists", "adds_to_total"] == 10
    assert found.loc["dicts", "adds_to_total"] == 5
    assert found.loc["lists", "type"] == "ParameterList"


def test_one_tensor_twice_in_one_layer_counts_once():
    model = Holder(a=parameter(3, 4))
    model.b = model.a
    summary = summarykit.summarize(model)
    oracle.assert_right(summary, model)
    assert summary.layers.adds_to_total[0] == 12


def test_sparse_and_odd_layouts():
    model = Holder(sparse=nn.Parameter(torch.eye(3).to_sparse()), plain=parameter(2))
    summary = summarykit.summarize(model)
    assert summary.totals.parameters == 11
    assert summary.checks.ok


def test_different_tensors_in_one_memory_are_told_apart_and_together():
    summary = summarykit.summarize(views())
    assert [tensor.storage for tensor in summary.data.tensors] == [0, 0, None]
    assert [tensor.owner for tensor in summary.data.tensors] == [0, 1, 2]
    assert summary.totals.parameters == 13
