"""Tensors whose logical and stored counts differ: both are right, and each is checked against another source."""

import json
import math
import warnings
from contextlib import contextmanager

import openpyxl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.testing._internal.two_tensor import TwoTensor

import summarykit
from summarykit.reading import tensors
from support.untouched import untouched

pytestmark = pytest.mark.filterwarnings("ignore")


class FourBit(torch.Tensor):
    """A wrapper by torch's protocol: two 4-bit codes a byte, and a scale for each row."""

    @staticmethod
    def __new__(cls, codes, scale, shape):
        return torch.Tensor._make_wrapper_subclass(cls, shape, dtype=scale.dtype)

    def __init__(self, codes, scale, shape):
        self.codes, self.scale = codes, scale

    @classmethod
    def of(cls, rows, columns):
        return cls(torch.zeros(math.ceil(rows * columns / 2), dtype=torch.uint8), torch.ones(rows), (rows, columns))

    def __tensor_flatten__(self):
        return ["codes", "scale"], tuple(self.size())

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        if func is torch.ops.aten.detach.default:
            return cls(args[0].codes, args[0].scale, tuple(args[0].size()))
        raise NotImplementedError(func)


class Reshaped(torch.Tensor):
    """Half of the values, under a shape that shows all of them."""

    @staticmethod
    def __new__(cls, rows, columns):
        self = torch.Tensor._make_subclass(cls, torch.zeros(rows * columns // 2, 1), False)
        self.shown = (rows, columns)
        return self

    @property
    def shape(self):
        return torch.Size(self.shown)


class Keeper(torch.Tensor):
    """A packed tensor that shows its packed shape; the logical one is in an attribute that torch does not know."""

    @staticmethod
    def __new__(cls, rows, columns):
        self = torch.Tensor._make_subclass(cls, torch.zeros(rows * columns // 2, 1, dtype=torch.uint8), False)
        self.state = {"shape": (rows, columns), "absmax": torch.ones(rows)}
        return self


KEEPER = tensors.TensorKind(
    "packed",
    lambda tensor: isinstance(tensor, Keeper),
    lambda tensor: (tensor, tensor.state["absmax"]),
    lambda tensor: tensor.state["shape"],
)


class Secretive(torch.Tensor):
    """A wrapper that follows no protocol."""

    @staticmethod
    def __new__(cls, *shape):
        return torch.Tensor._make_wrapper_subclass(cls, shape)

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        raise NotImplementedError(func)


class Failing(Secretive):
    def __tensor_flatten__(self):
        raise RuntimeError("not now")


class Endless(Secretive):
    def __tensor_flatten__(self):
        return ["inner"], None

    @property
    def inner(self):
        return Endless(2, 2)


def linear(weight):
    """A layer whose formula gives 4 × (16 + 1), with another weight."""
    layer = nn.Linear(16, 4)
    layer._parameters["weight"] = weight
    return layer


def holder(tensor):
    model = nn.Module()
    model._parameters["weight"] = tensor
    model.body = nn.Linear(3, 2)
    return model


def frozen(tensor):
    return nn.Parameter(tensor, requires_grad=False)


def slugs(summary):
    return {check.slug: check for check in summary.checks.list}


def nested(layout):
    return frozen(torch.nested.nested_tensor([torch.ones(2, 5), torch.ones(3, 5)], layout=layout))


def per_channel(dtype):
    return frozen(torch.quantize_per_channel(torch.ones(3, 4), torch.ones(3), torch.zeros(3), 0, dtype))


def masked():
    return nn.Parameter(torch.masked.masked_tensor(torch.ones(3, 4), torch.eye(3, 4) > 0))


def semi_structured():
    parts = {"meta": None, "packed_t": None, "meta_t": None, "compressed_swizzled_bitmask": None}
    packed = torch.zeros(32, 36, dtype=torch.half)
    return frozen(torch.sparse.SparseSemiStructuredTensorCUTLASS(torch.Size([32, 64]), packed=packed, **parts))


def fake():
    with torch._subclasses.fake_tensor.FakeTensorMode():
        return nn.Parameter(torch.empty(3, 4))


def functional():
    with torch._subclasses.functional_tensor.FunctionalTensorMode():
        return torch._subclasses.functional_tensor.FunctionalTensor.to_functional(torch.ones(3, 4))


#: How it is built, its status, its logical shape, and, by what torch itself says of it, the tensors that store it.
KINDS = {
    "two tensors": (
        lambda: nn.Parameter(TwoTensor(torch.ones(3, 4), torch.ones(3, 4))), "wrapped", (3, 4),
        lambda t: (t.a, t.b),
    ),
    "a wrapper in a wrapper": (
        lambda: nn.Parameter(TwoTensor(TwoTensor(torch.ones(5), torch.ones(5)), torch.ones(5))), "wrapped", (5,),
        lambda t: (t.a.a, t.a.b, t.b),
    ),
    "one tensor twice in a wrapper": (
        lambda: (lambda half: TwoTensor(half, half))(torch.ones(5)), "wrapped", (5,), lambda t: (t.a,),
    ),
    "four bits": (lambda: FourBit.of(4, 16), "wrapped", (4, 16), lambda t: (t.codes, t.scale)),
    "a shape of its own": (lambda: Reshaped(4, 16), "packed", (4, 16), lambda t: (torch.zeros(32),)),
    "nested, strided": (
        lambda: nested(torch.strided), "nested", (25,),
        lambda t: (
            t.values(), t._nested_tensor_size(), t._nested_tensor_strides(), t._nested_tensor_storage_offsets(),
        ),
    ),
    "nested, jagged": (lambda: nested(torch.jagged), "nested", (5, 5), lambda t: (t.values(), t.offsets())),
    "sparse, coo": (
        lambda: nn.Parameter(torch.eye(3).to_sparse()), "sparse", (3, 3), lambda t: (t._indices(), t._values()),
    ),
    "sparse, csr": (
        lambda: nn.Parameter(torch.eye(3).to_sparse_csr()), "sparse", (3, 3),
        lambda t: (t.crow_indices(), t.col_indices(), t.values()),
    ),
    "sparse, bsc": (
        lambda: nn.Parameter(torch.eye(4).to_sparse_bsc((2, 2))), "sparse", (4, 4),
        lambda t: (t.ccol_indices(), t.row_indices(), t.values()),
    ),
    "semi-structured": (semi_structured, "wrapped", (32, 64), lambda t: (t.packed,)),
    "masked": (masked, "masked", (3, 4), lambda t: (t._masked_data, t._masked_mask)),
    "quantized": (
        lambda: frozen(torch.quantize_per_tensor(torch.ones(3, 4), 0.1, 0, torch.qint8)), "plain", (3, 4),
        lambda t: (t.int_repr(),),
    ),
    "quantized by channel": (
        lambda: per_channel(torch.qint8), "quantized", (3, 4),
        lambda t: (t.int_repr(), t.q_per_channel_scales(), t.q_per_channel_zero_points()),
    ),
    "quantized to 4 bits": (
        lambda: per_channel(torch.quint4x2), "quantized", (3, 4),
        lambda t: (t.int_repr(), t.q_per_channel_scales(), t.q_per_channel_zero_points()),
    ),
    "fake": (fake, "plain", (3, 4), lambda t: (torch.empty(3, 4),)),
    "functional": (functional, "plain", (3, 4), lambda t: (torch.empty(3, 4),)),
    "functional, inside torch": (
        lambda: frozen(torch._to_functional_tensor(torch.ones(3, 4))), "plain", (3, 4),
        lambda t: (torch.empty(3, 4),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_logical_and_stored_are_two_counts(name):
    build, status, shape, parts = KINDS[name]
    tensor = build()
    stored = [part.detach() for part in parts(tensor)]
    summary = summarykit.summarize(holder(tensor))
    facts = summary.data.tensors[0].facts
    assert (facts.status, facts.shape, facts.numel) == (status, shape, math.prod(shape))
    assert facts.stored_numel == sum(part.numel() for part in stored)
    assert facts.bytes == sum(part.numel() * part.element_size() for part in stored)
    assert summary.totals.parameters == math.prod(shape) + 8
    assert summary.totals.stored_elements == facts.stored_numel + 8
    assert summary.totals.bytes == facts.bytes + 4 * 8
    assert summary.checks.ok
    assert ("storage" in slugs(summary)) == (status != "plain")


@contextmanager
def process_group(backend, size):
    if backend == "fake":
        from torch.testing._internal.distributed.fake_pg import FakeStore

        store = FakeStore()
    else:
        store = torch.distributed.HashStore()
    torch.distributed.init_process_group(backend, store=store, rank=0, world_size=size)
    try:
        yield torch.distributed.device_mesh.init_device_mesh("cpu", (size,))
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.parametrize(("backend", "size"), [("gloo", 1), ("fake", 4)])
def test_a_sharded_tensor_is_counted_whole_and_stored_in_part(backend, size, monkeypatch):
    from torch.distributed.tensor import Replicate, Shard, distribute_tensor

    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    with process_group(backend, size) as mesh:
        model = linear(nn.Parameter(distribute_tensor(torch.ones(4, 16), mesh, [Shard(0)])))
        model._parameters["bias"] = nn.Parameter(distribute_tensor(torch.ones(4), mesh, [Replicate()]))
        summary = summarykit.summarize(model)
        local = sum(parameter.to_local().numel() for parameter in model.parameters())
    assert summary.totals.parameters == 4 * (16 + 1)
    assert summary.totals.stored_elements == local == 64 // size + 4
    weight, bias = (tensor.facts for tensor in summary.data.tensors)
    assert (weight.status, weight.stored_shape) == ("sharded", (4 // size, 16))
    assert weight.placement.startswith("Shard(dim=0")
    assert bias.placement.startswith("Replicate(")
    assert summary.layers.evidence[0] == "verified"
    assert summary.checks.ok


@pytest.fixture
def keeper(monkeypatch):
    """The documented edit: one entry."""
    monkeypatch.setattr(tensors, "TENSOR_KINDS", [KEEPER, *tensors.TENSOR_KINDS])


def packed_weights():
    return {"four bits": FourBit.of(4, 16), "shape of its own": Reshaped(4, 16), "entry": Keeper(4, 16)}


@pytest.mark.usefixtures("keeper")
@pytest.mark.parametrize("name", packed_weights())
def test_a_packed_layer_is_explained_by_its_formula(name):
    weight = packed_weights()[name]
    summary = summarykit.summarize(linear(weight))
    row = summary.layers.iloc[0]
    assert (row.formula_numbers, row.evidence, row.adds_to_total) == ("4 × (16 + 1) = 68", "verified", 68)
    assert summary.totals.parameters == 68
    assert summary.totals.stored_elements < 68
    checks = slugs(summary)
    assert summary.checks.ok
    assert checks["total"].found == checks["total"].expected == summary.totals.stored_elements
    assert checks["logical"].found == checks["logical"].expected == 68


@pytest.mark.usefixtures("keeper")
@pytest.mark.parametrize("name", packed_weights())
def test_every_format_reports_the_logical_count_and_no_failed_check(name, tmp_path):
    model = nn.Sequential(linear(packed_weights()[name]), nn.Linear(4, 2))
    names = [f"report.{ending}" for ending in ("html", "xlsx", "md", "txt", "tex", "csv", "json")]
    summary = summarykit.report(model, *(tmp_path / name for name in names))
    assert summary.totals.parameters == 68 + 10
    texts = {name: (tmp_path / name).read_bytes() for name in names}
    assert all(texts.values())
    for name in ("report.html", "report.md", "report.txt"):
        text = texts[name].decode()
        assert "4 × (16 + 1) = 68" in text
        assert "A check fails" not in text
        assert "bytes in float32" not in text  # of which only some are
    again = summarykit.load(tmp_path / "report.json")
    assert again == summary
    assert again.totals == summary.totals
    assert again.checks == summary.checks


def test_without_an_entry_a_hidden_shape_disagrees_and_is_not_confirmed():
    summary = summarykit.summarize(linear(Keeper(4, 16)))
    assert summary.totals.parameters == summary.totals.stored_elements == 32 + 4
    assert slugs(summary)["total"].ok
    assert not summary.checks.ok
    assert summary.layers.evidence[0] == "disagrees"


def test_a_wrong_logical_shape_fails_its_own_check_alone(monkeypatch):
    wrong = KEEPER._replace(shape=lambda tensor: (4, 17))
    monkeypatch.setattr(tensors, "TENSOR_KINDS", [wrong, *tensors.TENSOR_KINDS])
    checks = slugs(summarykit.summarize(linear(Keeper(4, 16))))
    assert (checks["logical"].ok, checks["logical"].found, checks["logical"].expected) == (False, 72, 68)
    assert checks["logical"].problems == ("",)
    assert checks["total"].ok  # what is stored does not depend on what is claimed


@pytest.mark.usefixtures("keeper")
def test_a_row_too_few_fails_the_count_of_what_is_stored():
    summary = summarykit.summarize(linear(Keeper(4, 16)))
    data = summary.data
    records = data.records._replace(counted=data.records.counted._replace(elements=68))
    total = next(check for check in type(data)(records).checks.list if check.slug == "total")
    assert (total.ok, total.found, total.expected) == (False, 32 + 4 + 4, 68)


@pytest.mark.parametrize("shape", [(4, -16), (4, "x"), None, 3])
def test_a_shape_that_is_none_is_not_believed(shape, monkeypatch):
    odd = KEEPER._replace(shape=lambda tensor: shape if shape is not None else 1 / 0)
    monkeypatch.setattr(tensors, "TENSOR_KINDS", [odd, *tensors.TENSOR_KINDS])
    assert summarykit.summarize(linear(Keeper(4, 16))).data.tensors[0].facts.shape == (32, 1)


@pytest.mark.parametrize("cls", [Secretive, Failing, Endless])
def test_a_tensor_that_hides_its_storage_is_not_ticked(cls):
    summary = summarykit.summarize(linear(cls(4, 16)))
    assert summary.totals.parameters == 68
    assert summary.data.tensors[0].facts.status == "opaque"
    check = slugs(summary)["storage"]
    assert (check.ok, check.found, check.expected, check.problems) == (False, 1, 2, ("weight",))
    assert not summary.checks.ok
    assert "A check fails" in summary.to_markdown()
    assert slugs(summary)["logical"].ok  # the shape is known, and the formula gives it


def test_weights_in_packed_objects_are_not_ticked_as_counted(tmp_path):
    model = nn.Sequential(torch.ao.nn.quantized.Linear(16, 4), torch.ao.nn.quantized.Conv2d(3, 4, 3), nn.Linear(4, 2))
    model.append(model[0])
    summary = summarykit.summarize(model)
    assert summary.totals.parameters == 10
    check = slugs(summary)["storage"]
    assert (check.ok, check.problems) == (False, ("0._packed_params", "1"))
    summary.save(tmp_path / "saved.json")
    again = summarykit.load(tmp_path / "saved.json")
    assert again == summary
    assert again.checks == summary.checks


def test_an_ordinary_model_has_no_check_that_could_not_fail():
    summary = summarykit.summarize(nn.Sequential(nn.Linear(3, 4), nn.LazyLinear(2)))
    assert not slugs(summary).keys() & {"storage", "logical"}
    assert summary.totals.stored_elements == summary.totals.parameters
    assert "stored_elements" not in summary.to_json()
    assert "opaque_layers" not in summary.to_json()


def test_a_saved_packed_model_says_how_much_it_stores():
    summary = summarykit.summarize(linear(FourBit.of(4, 16)))
    assert json.loads(summary.to_json())["totals"]["stored_elements"] == 32 + 4 + 4


#: Kinds whose own values the guard cannot read: it reads the tensors that store them instead.
READ_BY_PARTS = {
    "two tensors", "a wrapper in a wrapper", "one tensor twice in a wrapper", "four bits", "nested, strided",
    "nested, jagged", "semi-structured", "masked",
}  # fmt: skip
#: Kinds without values to compare: of these, only the tensor's identity and attributes are checked.
WITHOUT_VALUES = {"fake", "functional"}


@pytest.mark.parametrize("name", KINDS)
def test_reading_changes_nothing(name):
    build, _, _, parts = KINDS[name]
    tensor = build()
    model = holder(tensor)
    attributes = {key: id(value) for key, value in tensor.__dict__.items()}
    if name in WITHOUT_VALUES:
        guard = untouched(model.body)
    else:
        guard = untouched(model.body, parts(tensor)) if name in READ_BY_PARTS else untouched(model)
    with guard:
        summarykit.summarize(model)
    assert model._parameters["weight"] is tensor
    assert {key: id(value) for key, value in tensor.__dict__.items()} == attributes


@pytest.mark.parametrize("name", sorted(KINDS.keys() - WITHOUT_VALUES))
def test_the_guard_sees_a_changed_value_of_each_kind(name):
    build, _, _, parts = KINDS[name]
    tensor = build()
    model = holder(tensor)
    stored = parts(tensor)
    guard = untouched(model.body, stored) if name in READ_BY_PARTS else untouched(model)
    with pytest.raises(AssertionError, match="has changed"), guard:
        overwrite(stored[0] if name in READ_BY_PARTS else tensor)


@torch.no_grad()
def overwrite(tensor):
    tensor.untyped_storage().fill_(3) if tensor.is_quantized else tensor.zero_()


def test_two_models_with_packed_weights_are_compared_by_logical_shape():
    assert summarykit.diff(linear(FourBit.of(4, 16)), linear(FourBit.of(4, 16))).same
    changed = summarykit.diff(linear(Reshaped(4, 16)), linear(Reshaped(4, 16)))
    assert changed.same


@given(rows=st.integers(1, 9), columns=st.integers(1, 9))
def test_packed_codes_are_counted_both_ways(rows, columns):
    layer = nn.Linear(columns, rows, bias=False)
    layer._parameters["weight"] = FourBit.of(rows, columns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        summary = summarykit.summarize(layer)
    assert summary.totals.parameters == rows * columns
    assert summary.totals.stored_elements == (rows * columns + 1) // 2 + rows
    assert summary.totals.bytes == (rows * columns + 1) // 2 + 4 * rows
    assert summary.checks.ok


@given(st.integers(0, 6), st.integers(0, 7))
def test_each_wrapper_around_doubles_what_is_stored(depth, size):
    tensor = torch.zeros(size)
    for _ in range(depth):
        tensor = TwoTensor(tensor, tensor.clone())
    model = nn.Module()
    model._parameters["weight"] = tensor
    summary = summarykit.summarize(model)
    assert summary.totals.parameters == size
    assert summary.totals.stored_elements == size * 2**depth
    assert summary.checks.ok


@pytest.mark.parametrize("kind", ["parameter", "buffer"])
@pytest.mark.parametrize(
    "tensor",
    [torch.zeros(3, 4), torch.zeros(()), torch.zeros(0, 2, dtype=torch.int8), torch.ones(2, requires_grad=True)],
)
def test_a_plain_tensor_is_described_alike_in_both_ways(tensor, kind):
    assert tensors.describe_plain(tensor, kind, True) == tensors.describe_tensor(tensor, kind, True)


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning", "ignore:.*deprecated:UserWarning")
def test_no_report_says_that_packed_weights_are_none(tmp_path):
    layers = nn.Sequential(nn.Linear(16, 4), nn.ReLU(), nn.Linear(4, 2))
    summary = summarykit.summarize(torch.ao.quantization.quantize_dynamic(layers, {nn.Linear}))
    for suffix in ("md", "html", "txt", "tex"):
        (path,) = summary.save(tmp_path / f"report.{suffix}")
        text = path.read_text("utf-8")
        assert "no parameters" not in text
        assert "The stored size of every weight is known: 0 of 2" in text
    (path,) = summary.save(tmp_path / "report.xlsx")
    cells = [str(cell.value) for sheet in openpyxl.load_workbook(path) for row in sheet for cell in row]
    assert not [text for text in cells if "This model has no parameters" in text]
    assert [text for text in cells if "The stored size of every weight is known: 0 of 2" in text]
