"""Compute formulas: from settings and sizes, equal to what torch's own counter makes of the operators that ran."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from summarykit.formulas.compute import explain_compute
from summarykit.records import Evidence
from support.compute import SIZES, agrees, facts_of, meta, shown


@pytest.fixture(autouse=True)
def _on_meta():
    """On the meta device the fused kernels of the CPU, which torch's counter does not know, never run."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    with torch.device("meta"):
        yield
    torch.backends.mha.set_fastpath_enabled(before)


BIAS = (True, False)


@pytest.mark.parametrize("shape", [(16,), (1, 16), (3, 16), (1, 5, 16), (2, 5, 16), (2, 3, 4, 5, 16), (0, 16)], ids=str)
@pytest.mark.parametrize("bias", BIAS)
def test_linear(shape, bias):
    agrees(nn.Linear(16, 4, bias=bias), meta(*shape))


@pytest.mark.parametrize("shape", [(16,), (1, 16), (1, 5, 16), (2, 5, 16)], ids=str)
def test_conv1d_of_transformers(shape):
    layers = pytest.importorskip("transformers.pytorch_utils")
    agrees(layers.Conv1D(12, 16), meta(*shape))


CHANNELS = ((4, 8, 1), (4, 8, 2), (4, 4, 4), (1, 1, 1), (6, 4, 2))


PLACES = ({}, {"stride": 2}, {"padding": 1, "dilation": 2}, {"padding": 2, "stride": 3})


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("channels", CHANNELS, ids=str)
@pytest.mark.parametrize("options", PLACES, ids=str)
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("lead", [(), (1,), (3,)], ids=str)
def test_convolutions(rank, channels, options, transposed, lead):
    inside, out, groups = channels
    cls = getattr(nn, f"Conv{'Transpose' if transposed else ''}{rank}d")
    for bias in BIAS:
        layer = cls(inside, out, 3, groups=groups, bias=bias, **options)
        agrees(layer, meta(*lead, inside, *(7 + axis for axis in range(rank))))


def test_convolutions_with_other_windows():
    agrees(nn.Conv2d(3, 8, (1, 7), padding="same", padding_mode="circular"), meta(2, 3, 9, 9))
    agrees(nn.Conv3d(3, 8, (2, 3, 5)), meta(3, 5, 6, 7))
    agrees(nn.ConvTranspose2d(6, 4, (3, 5), groups=2, stride=2, output_padding=1), meta(2, 6, 5, 5))
    agrees(nn.Conv2d(3, 1, 5), meta(1, 3, 5, 5))


def rnn_options():
    for layers, two_ways, bias, first in itertools.product((1, 2, 3), BIAS, BIAS, BIAS):
        yield {"num_layers": layers, "bidirectional": two_ways, "bias": bias, "batch_first": first}


@pytest.mark.parametrize("options", [*rnn_options()], ids=lambda options: "-".join(map(str, options.values())))
@pytest.mark.parametrize("cls", [nn.RNN, nn.GRU, nn.LSTM])
def test_recurrent_layers(cls, options):
    for shape in ((5, 2, 4), (1, 1, 4), (5, 4)):
        agrees(cls(4, 6, **options), meta(*shape))
        if cls is nn.LSTM:
            agrees(cls(4, 6, proj_size=3, **options), meta(*shape))
    states = meta(options["num_layers"] * (2 if options["bidirectional"] else 1), 2, 6)
    rows = (2, 5, 4) if options["batch_first"] else (5, 2, 4)
    agrees(cls(4, 6, **options), meta(*rows), (states, states) if cls is nn.LSTM else states)


@pytest.mark.parametrize("cls", [nn.RNN, nn.GRU, nn.LSTM])
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}], ids=str)
def test_packed_sequences_count_each_step_of_each(cls, options):
    if cls is nn.LSTM:
        options = options | {
            "proj_size": 3
        }  # without it the CPU runs it in one piece that torch's counter does not know
    with torch.device("cpu"):
        packed = pack_padded_sequence(torch.zeros(5, 3, 4), [5, 3, 1])
        why = agrees(cls(4, 6, **options), packed)
    assert dict(why.bindings)["length"] == 9


@pytest.mark.parametrize("cls", [nn.RNNCell, nn.GRUCell, nn.LSTMCell])
@pytest.mark.parametrize("shape", [(4,), (1, 4), (3, 4)], ids=str)
@pytest.mark.parametrize("bias", BIAS)
def test_recurrent_cells(cls, shape, bias):
    agrees(cls(4, 6, bias=bias), meta(*shape))


WIDTHS = ({}, {"kdim": 5}, {"vdim": 7}, {"kdim": 5, "vdim": 7})


@pytest.mark.parametrize("widths", WIDTHS, ids=str)
@pytest.mark.parametrize("extra", [{}, {"add_bias_kv": True}, {"add_zero_attn": True, "bias": False}], ids=str)
@pytest.mark.parametrize("first", BIAS)
@pytest.mark.parametrize("weights", BIAS)
@pytest.mark.parametrize("mask", BIAS)
def test_attention_layers(widths, extra, first, weights, mask):
    layer = nn.MultiheadAttention(8, 2, batch_first=first, **widths, **extra)
    for batch, queries, keys in ((3, 5, 7), (1, 1, 1), (2, 4, 4), (0, 5, 7)):
        rows = [(batch, queries), (batch, keys), (batch, keys)]
        if batch == 0:
            rows = [(queries,), (keys,), (keys,)]
        elif not first:
            rows = [lead[::-1] for lead in rows]
        inputs = [meta(*lead, width) for lead, width in zip(rows, (8, layer.kdim, layer.vdim), strict=True)]
        hidden = meta(queries, keys) if mask else None
        options = {"need_weights": weights, "attn_mask": hidden}
        agrees(layer, *inputs, names=("query", "key", "value"), **options)


def test_attention_of_a_sequence_with_itself():
    layer = nn.MultiheadAttention(8, 2, batch_first=True)
    sequence = meta(2, 5, 8)
    why = agrees(layer, sequence, sequence, sequence, names=("query", "key", "value"))
    assert shown(why) == "2 × (4 × 5 × (8 × 8) + 2 × 5 × 5 × (4 + 4)) = 3,360"


@given(batch=SIZES, inside=SIZES, out=SIZES, kernel=SIZES, more=SIZES, stride=SIZES, rank=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_any_convolution(batch, inside, out, kernel, more, stride, rank):
    with torch.device("meta"):
        image = meta(batch, inside, *[kernel + more] * rank)
        agrees(getattr(nn, f"Conv{rank}d")(inside, out, kernel, stride=stride), image)
        agrees(getattr(nn, f"ConvTranspose{rank}d")(inside, out, kernel, stride=stride), image)


@given(rows=st.lists(SIZES, max_size=4), inside=SIZES, out=SIZES, hidden=SIZES, length=SIZES, layers=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_any_linear_and_recurrent_layer(rows, inside, out, hidden, length, layers):
    with torch.device("meta"):
        agrees(nn.Linear(inside, out), meta(*rows, inside))
        agrees(nn.LSTM(inside, hidden, layers), meta(length, out, inside))


def test_bilinear_is_explained_though_torch_does_not_count_it():
    facts, counted = facts_of(nn.Bilinear(4, 3, 5), meta(2, 4), meta(2, 3))
    why = explain_compute(facts)
    assert counted == 0
    assert (why.value, why.evidence) == (120, Evidence.INFERRED)
    assert "nobody counted `aten._trilinear`" in why.reason
    known = facts._replace(operators=(facts.operators[0]._replace(macs=120),))
    assert explain_compute(known).evidence is Evidence.VERIFIED
    # Counting by hand: the pairs of inputs as one long row, through a plain table.
    pairs = nn.Linear(4 * 3, 5, bias=False)
    assert agrees(pairs, meta(2, 12)).value == 120


def test_a_run_that_saw_nothing_verifies_nothing():
    facts, _ = facts_of(nn.Linear(16, 4), meta(2, 16))
    why = explain_compute(facts._replace(operators=()))
    assert (why.value, why.counted, why.evidence) == (128, 0, Evidence.INFERRED)
    assert why.reason == "not checked: the run saw no operator of it that multiplies"


def test_two_numbers_where_formula_and_operators_differ():
    facts, _ = facts_of(nn.Linear(16, 4), meta(2, 16))
    wrong = explain_compute(facts._replace(settings=facts.settings | {"out_features": 5}))
    assert (wrong.value, wrong.counted, wrong.evidence) == (160, 128, Evidence.DISAGREES)
    assert wrong.reason == "the formula says 160, the operators that ran multiply 128 times"


class Doubled(nn.Linear):
    def forward(self, given):
        return super().forward(given) + given @ self.weight.t()


def test_a_subclass_that_outgrew_its_rule_is_explained_by_its_operators():
    facts, counted = facts_of(Doubled(16, 4), meta(3, 16))
    why = explain_compute(facts)
    assert (why.evidence, why.value) == (Evidence.SHAPE_ONLY, counted)
    assert why.origin == "from the operators that ran: addmm, mm"
    assert (
        why.reason
        == "the formula for Linear does not fit: the formula says 192, the operators that ran multiply 384 times"
    )
    assert shown(why) == "2 × (3 × 16 × 4) = 384"


def test_a_subclass_that_fits_is_verified():
    class Named(nn.Linear):
        pass

    agrees(Named(16, 4), meta(3, 16))


def test_a_layer_that_multiplies_nothing_needs_no_explanation():
    for layer, given_ in ((nn.ReLU(), meta(2, 3)), (nn.LayerNorm(3), meta(2, 3)), (nn.BatchNorm1d(3), meta(2, 3))):
        facts, counted = facts_of(layer, given_)
        assert counted == 0
        assert explain_compute(facts) is None
    facts, _ = facts_of(nn.Embedding(10, 3), torch.zeros(2, dtype=torch.long, device="meta"))
    assert explain_compute(facts) is None


def test_settings_that_are_not_there_never_crash():
    facts, _ = facts_of(nn.Conv2d(3, 4, 3), meta(1, 3, 8, 8))
    for partial in (facts._replace(settings={}), facts._replace(inputs=(), outputs=())):
        why = explain_compute(partial)
        assert why.evidence is Evidence.SHAPE_ONLY
        assert why.value == why.counted
        assert "does not fit" in why.reason
    assert explain_compute(facts._replace(settings={}, operators=())) is None
