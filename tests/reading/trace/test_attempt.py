"""What a run tells: calls, shapes, products, failures and assumptions."""

import collections
import concurrent.futures
import dataclasses

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.utils.flop_counter import FlopCounterMode

from summarykit.reading import trace
from support.watched import watch


class Own(nn.Module):
    """A layer around a Linear whose forward is the function given."""

    def __init__(self, work, **held):
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.work = work
        for name, value in held.items():
            setattr(self, name, value)

    def forward(self, x, *args, **kwargs):
        return self.work(self, x, *args, **kwargs)


def shapes(flows):
    return {flow.name: flow.shape for flow in flows}


X = torch.ones(6, 4)


def test_calls_stand_in_the_order_they_began_with_their_callers():
    block = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    watched = watch(nn.Sequential(block, nn.Linear(3, 2), nn.Identity()), X)
    assert watched.record.ok
    assert watched.record.how == "fake"
    assert watched.order == ["", "0", "0.0", "0.1", "1", "2"]
    assert [call.caller for call in watched.record.calls] == [-1, 0, 1, 1, 0, 0]
    assert [call.macs for call in watched.record.calls] == [0, 0, 72, 0, 36, 0]
    assert [call.macs_total for call in watched.record.calls] == [108, 72, 72, 0, 36, 0]
    first = watched.calls["0.0"]
    assert shapes(first.inputs) == {"input": (6, 4)}
    assert shapes(first.outputs) == {"0": (6, 3)}
    assert first.output_bytes == 72
    [operator] = first.operators
    assert (operator.name, operator.sizes, operator.output, operator.macs) == (
        "aten.addmm",
        ((3,), (6, 4), (4, 3)),
        (6, 3),
        72,
    )


def test_memory_is_what_lives_at_once_and_what_was_made():
    watched = watch(nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)), X)
    size = X.numel() * 4
    assert watched.record.peak_inference == 2 * size
    assert watched.record.peak_training == 3 * size


def test_views_are_one_memory():
    watched = watch(Own(lambda layer, x: (x * 2).view(4, 6).t().reshape(2, 3, 4).permute(2, 1, 0)), X)
    assert watched.record.peak_training in (96, 192)


@dataclasses.dataclass
class Result:
    hidden: torch.Tensor
    nothing: None
    parts: dict[str, torch.Tensor]


Point = collections.namedtuple("Point", "x y")


def test_every_tensor_in_and_out_has_a_name():
    def work(layer, x, pair, *, more):
        return Result(x, None, {"a": pair[0], "b": [more.x, {"c": more.y}]}), x, None

    call = watch(Own(work), X, [X, X[0]], more=Point(X[:2], X[:3])).record.calls[0]
    assert shapes(call.inputs) == {"x": (6, 4), "1.0": (6, 4), "1.1": (4,), "more.x": (2, 4), "more.y": (3, 4)}
    assert shapes(call.outputs) == {
        "0.hidden": (6, 4), "0.parts.a": (6, 4), "0.parts.b.0": (2, 4), "0.parts.b.1.c": (3, 4), "1": (6, 4),
    }  # fmt: skip


def test_layers_without_a_call_are_explained():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(4, 4))])
            self.attention = nn.MultiheadAttention(4, 2)
            self.unused = nn.Linear(4, 4)
            self.stages = nn.Sequential(nn.Linear(4, 4), nn.ReLU())

        def forward(self, x):
            for block in self.blocks:
                x = block(x)
            for stage in self.stages:
                x = stage(x)
            return self.attention(x, x, x)[0]

    assert watch(Model(), X).uncalled == {
        "blocks": "a container, never called itself",
        "attention.out_proj": "used by its caller",
        "unused": "never called",
        "stages": "not called itself, its parts were",
    }


@pytest.mark.filterwarnings("ignore")
def test_layers_of_a_script_are_inside_compiled_code():
    script = torch.jit.script(nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)))
    watched = watch(nn.Sequential(script, nn.Linear(2, 1)), X)
    assert watched.record.ok
    assert watched.uncalled == {"0.0": "inside compiled code", "0.1": "inside compiled code"}
    assert watched.calls["0"].macs == 6 * (12 + 6)


@pytest.mark.filterwarnings("ignore")
def test_layers_of_a_traced_module_are_inside_compiled_code():
    traced = torch.jit.trace(nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)), X)
    model = nn.Sequential(traced)
    actual = traced.__dict__["_actual_script_module"]
    children = [child for _, child in actual.__dict__["_modules"].items()]
    numbers = {id(model): 0, id(actual): 1, id(children[0]): 2, id(children[1]): 3}
    record = trace.run(model, (X,), {}, layer_numbers=numbers)
    assert record.ok, record.error
    assert [call.layer for call in record.calls] == [0, 1]
    assert [(one.layer, one.status) for one in record.uncalled] == [
        (2, "inside compiled code"),
        (3, "inside compiled code"),
    ]


def test_a_failure_keeps_what_was_done():
    watched = watch(nn.Sequential(nn.Linear(4, 3), nn.Sequential(nn.Linear(4, 3))), X)
    record = watched.record
    assert not record.ok
    assert watched.failed_at == "1.0"
    assert shapes(record.met) == {"input": (6, 3)}
    assert record.error.startswith("RuntimeError: ")
    assert [call.done for call in record.calls] == [False, True, False, False]
    assert record.calls[1].macs == 72
    assert record.peak_inference is None


@pytest.mark.parametrize(
    "failure", [SystemExit(1), RecursionError(), MemoryError("x"), GeneratorExit(), ValueError("é")]
)
def test_any_exception_becomes_an_error(failure):
    def work(layer, x):
        layer.inner(x)
        raise failure

    record = watch(Own(work), X).record
    assert record.error.startswith(type(failure).__name__)
    assert record.failed_at == 0
    assert len(record.calls) == 2


def test_an_interrupt_passes():
    def work(layer, x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(Own(work), X)


def test_a_failure_that_was_caught_is_none():
    def work(layer, x):
        try:
            layer.inner(x[:, :2])
        except RuntimeError:
            return layer.inner(x)

    record = watch(Own(work), X).record
    assert record.ok
    assert [call.done for call in record.calls] == [True, False, True]


MASK = torch.tensor([True, False, True, True, False, False])


def half_if(question):
    """Return a forward that goes on with half of its rows when the answer is yes."""
    return lambda layer, x: x[:3] if question(x) else x


LARGEST = "size unknown, largest assumed"
YES_OR_NO = "a question of yes or no in the model: answer unknown,"
ASSUMED = {
    "boolean index": (lambda layer, x: x[x > 0], 24, f"boolean index in the model: {LARGEST}"),
    "nonzero": (lambda layer, x: x.nonzero(), 24, f"`nonzero` in the model: {LARGEST}"),
    "item": (lambda layer, x: x * x.sum().item(), 6, "`item()` in the model: value unknown, 1 assumed"),
    "question": (half_if(lambda x: x.sum() > 0), 6, f"{YES_OR_NO} no assumed"),
    "nan": (half_if(lambda x: torch.isnan(x).any()), 6, f"{YES_OR_NO} no assumed"),
    "no nan": (half_if(lambda x: ~torch.isnan(x).any()), 3, f"{YES_OR_NO} yes assumed"),
    "all": (half_if(lambda x: (x > 0).all()), 3, f"{YES_OR_NO} yes assumed"),
    "equal": (
        half_if(lambda x: torch.equal(x, x * 2)),
        3,
        "a comparison of tensors in the model: answer unknown, equal assumed",
    ),
    "numpy": (
        lambda layer, x: torch.from_numpy(x.numpy() * 2),
        6,
        "`numpy()` in the model: values unknown, ones assumed",
    ),
    "list": (lambda layer, x: torch.tensor(x.tolist()), 6, "`item()` in the model: value unknown, 1 assumed"),
    "unique": (lambda layer, x: x.unique(return_inverse=True), 24, f"`unique` in the model: {LARGEST}"),
    "kinds": (lambda layer, x: x.unique(), 16, "`unique` in the model: number unknown, at most 16 assumed"),
    "masked select": (lambda layer, x: x.masked_select(x > 0), 24, f"`masked_select` in the model: {LARGEST}"),
    "bins": (lambda layer, x: x[0].long().bincount(minlength=3), 3, f"`bincount` in the model: {LARGEST}"),
    "repeats": (
        lambda layer, x: x.repeat_interleave(x[:, 0].long(), 0),
        6,
        "`repeat_interleave` in the model: number of repeats unknown, 1 assumed",
    ),
}


@pytest.mark.parametrize("name", ASSUMED)
def test_an_assumption_is_made_and_told(name):
    work, rows, reason = ASSUMED[name]
    record = watch(Own(work), X).record
    assert record.ok, record.error
    assert record.reasons == (reason,)
    assert record.calls[0].outputs[0].shape[0] == rows


def test_an_assumption_marks_the_call_its_callers_and_all_that_follow():
    asking = Own(lambda layer, x: x[x[:, 0] > 0])
    watched = watch(nn.Sequential(nn.Linear(4, 4), nn.Sequential(asking), nn.Linear(4, 2)), X)
    assert watched.record.reasons == ("boolean index in `1.0`: size unknown, largest assumed",)
    marked = {path: call.approximate for path, call in watched.calls.items()}
    assert marked == {"": (0,), "0": (), "1": (0,), "1.0": (0,), "2": (0,)}


KNOWN = {
    "a mask": (lambda layer, x, mask: x[mask], (3, 4)),
    "a mask made of another": (lambda layer, x, mask: x[~mask | mask.flip(0)], (5, 4)),
    "positions": (lambda layer, x, mask: x[mask.nonzero()[:, 0]], (3, 4)),
    "a number": (lambda layer, x, mask: x[: int(mask.sum())], (3, 4)),
    "a question": (lambda layer, x, mask: x[:1] if mask.all() else x[:2], (2, 4)),
    "a list": (lambda layer, x, mask: x[: mask.tolist().count(True)], (3, 4)),
    "written numbers": (lambda layer, x, mask: x[: max(torch.tensor([1, 2]).tolist())], (2, 4)),
    "a mask written into": (lambda layer, x, mask: written(x, mask), (4, 4)),
}


def written(x, mask):
    mask = mask.clone()
    mask[1] = True
    return x[mask]


@pytest.mark.parametrize("name", KNOWN)
def test_values_that_are_known_are_not_assumed(name):
    work, expected = KNOWN[name]
    record = watch(Own(work), X, MASK).record
    assert record.reasons == ()
    assert record.calls[0].outputs[0].shape == expected


def test_a_known_mask_that_something_unknown_is_written_into_is_known_no_more():
    def work(layer, x, mask):
        mask[0] = x[0, 0] > 0
        return x[mask]

    record = watch(Own(work), X, MASK.clone()).record
    assert record.reasons
    assert record.calls[0].outputs[0].shape == (6, 4)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_packed_sequences_have_their_lengths(kind):
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = kind(4, 5, batch_first=True)

        def forward(self, x, lengths):
            packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            return pad_packed_sequence(self.cell(packed)[0], batch_first=True)

    watched = watch(Model(), torch.ones(3, 7, 4), torch.tensor([3, 6, 2]))
    assert watched.record.ok, watched.record.error
    assert watched.record.reasons == ()
    assert shapes(watched.record.calls[0].outputs) == {"0": (3, 6, 5), "1": (3,)}
    gates = {nn.LSTM: 4, nn.GRU: 3, nn.RNN: 1}[kind]
    assert watched.macs == 11 * gates * 5 * (4 + 5)


def macs_of_flops(model, *args):
    """Half of what torch's own counter says, on meta, without shortcuts."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model.to("meta").eval()(*[arg.to("meta") for arg in args])
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return counter.get_total_flops() / 2


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.core = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        return self.core(x, x, x, need_weights=False)[0]


COUNTED = {
    "Linear": (lambda: nn.Linear(4, 3), (6, 4), 72),
    "Linear without bias, three axes": (lambda: nn.Linear(4, 3, bias=False), (2, 5, 4), 120),
    "Conv1d": (lambda: nn.Conv1d(4, 6, 3), (2, 4, 9), 2 * 7 * 6 * 4 * 3),
    "Conv2d in groups": (lambda: nn.Conv2d(4, 6, 3, groups=2), (1, 4, 8, 8), 36 * 6 * 2 * 9),
    "Conv3d": (lambda: nn.Conv3d(2, 3, 2), (1, 2, 4, 4, 4), 27 * 3 * 2 * 8),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(4, 6, 3, stride=2), (1, 4, 5, 5), 25 * 4 * 6 * 9),
    "ConvTranspose1d in groups": (lambda: nn.ConvTranspose1d(4, 6, 3, groups=2), (1, 4, 5), 5 * 4 * 3 * 3),
    "attention": (Attention, (2, 5, 8), 2 * 5 * 8 * 8 * 4 + 2 * 5 * 5 * 8 * 2),
    "LSTM": (lambda: nn.LSTM(4, 3), (5, 2, 4), 10 * 12 * 7),
    "GRU": (lambda: nn.GRU(4, 3, bidirectional=True), (5, 2, 4), 2 * 10 * 9 * 7),
    "embedding": (lambda: nn.Embedding(10, 4), None, 0),
    "norms and activations": (lambda: nn.Sequential(nn.LayerNorm(4), nn.GELU(), nn.Softmax(-1)), (6, 4), 0),
}


@pytest.mark.parametrize("name", COUNTED)
def test_products_are_counted_as_by_hand_and_as_torch_does(name):
    make, size, expected = COUNTED[name]
    given = torch.ones(size) if size else torch.ones(3, dtype=torch.long)
    model = make()
    watched = watch(model, given)
    assert watched.record.ok, watched.record.error
    assert watched.record.uncounted == ()
    assert watched.macs == expected
    if name not in ("LSTM", "GRU"):  # on meta torch counts their steps, here one fused operation does them
        assert macs_of_flops(model, given) == expected


def test_a_bilinear_layer_counts_each_weight_for_each_row():
    assert watch(nn.Bilinear(3, 4, 5), torch.ones(6, 3), torch.ones(6, 4)).macs == 6 * 3 * 4 * 5


@pytest.mark.parametrize("heads", [(4, 4), (4, 2)])
def test_attention_counts_in_full_also_fused(heads):
    def work(layer, query, key):
        return functional.scaled_dot_product_attention(query, key, key, is_causal=True, enable_gqa=heads[0] != heads[1])

    watched = watch(Own(work), torch.ones(2, heads[0], 7, 8), torch.ones(2, heads[1], 7, 8))
    assert watched.macs == 2 * heads[0] * 7 * 7 * 8 * 2


def test_what_nobody_can_count_is_listed():
    def work(layer, x):
        return torch.linalg.inv(x[:4] @ x[:4].T), torch.fft.rfft(x), torch.fft.rfft(x), torch.cdist(x, x)

    record = watch(Own(work), X).record
    assert record.ok, record.error
    assert dict(record.uncounted) == {"aten.linalg_inv_ex": 1, "aten._fft_r2c": 2, "aten._cdist_forward": 1}
    assert record.calls[0].macs == 64


def test_a_device_that_is_not_there_does_not_matter():
    def work(layer, x):
        return layer.inner(x.to("cuda")), x.cuda() + torch.zeros(4, device="cuda"), x.to("cuda", torch.float16)

    record = watch(Own(work), X).record
    assert record.ok, record.error
    assert [flow.dtype for flow in record.calls[0].outputs] == ["float32", "float32", "float16"]


@pytest.mark.filterwarnings("ignore")
def test_a_wrapper_is_no_call():
    for wrap in (nn.DataParallel, torch.compile):
        inner = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
        model = nn.Sequential(wrap(inner))
        numbers = {id(model): 0, id(inner): 1, id(inner[0]): 2, id(inner[1]): 3}
        record = trace.run(model, (X,), {}, layer_numbers=numbers)
        assert record.ok, record.error
        assert [call.layer for call in record.calls] == [0, 1, 2, 3]


@pytest.mark.filterwarnings("ignore")
def test_hooks_that_compute_run_and_others_are_told():
    ran = []
    model = nn.Sequential(nn.utils.weight_norm(nn.Linear(4, 4)), nn.Linear(4, 4))
    model[1].register_forward_hook(lambda *_: ran.append(1))
    record = watch(model, X).record
    assert record.ok, record.error
    assert ran == []
    assert record.notes == ("hooks of `1` were left out",)


def test_a_model_that_looks_into_itself_by_hooks_still_does():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
            self.seen = {}
            self.body[0].register_forward_hook(self.keep)

        def keep(self, module, args, output):
            self.seen["first"] = output

        def forward(self, x):
            self.body(x)
            return self.seen["first"]

    model = Model()
    record = watch(model, X).record
    assert record.ok, record.error
    assert record.notes == ()
    assert record.calls[0].outputs[0].shape == (6, 4)
    assert model.seen == {}


def test_a_tensor_beside_the_model_is_not_written_either():
    counter = torch.zeros(4)

    def work(layer, x):
        return x + counter.add_(1)

    assert watch(Own(work), X).record.ok
    assert counter.tolist() == [0] * 4


def test_layers_called_in_other_threads_are_told():
    def work(layer, x):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            return pool.submit(layer.inner, x).result()

    record = watch(Own(work), X).record
    assert record.ok, record.error
    assert record.notes == ("layers were called in other threads: what they multiply is not counted",)


def test_a_real_run_computes_on_a_copy():
    model = nn.Sequential(nn.Linear(4, 4), Own(lambda layer, x: x[x > 0]))
    nn.init.ones_(model[0].weight)
    nn.init.zeros_(model[0].bias)
    record = watch(model, torch.tensor([[1.0, 0, 0, 0], [-1, 0, 0, 0]]), how="real").record
    assert record.ok, record.error
    assert record.how == "real"
    assert record.reasons == ()
    assert record.calls[0].outputs[0].shape == (4,)
    assert record.calls[0].macs_total == 32


def test_many_layers_take_little_time():
    model = nn.Sequential(*[nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(2000)])
    record = watch(model, X, seconds=30).record
    assert record.ok
    assert len(record.calls) == 6001
