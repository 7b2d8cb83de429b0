"""Compute formulas: from settings and sizes, equal to what torch's own counter makes of the operators that ran."""

import ast
import importlib
import itertools
import math
import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from summarykit.expression import evaluate, excel_formula, excel_inputs, excel_words, group_digits, numbers
from summarykit.formulas.compute import ComputeFacts, catalogue, explain_compute
from summarykit.formulas.compute.operators import FORM_OF
from summarykit.formulas.compute.rules import all_compute_rules
from summarykit.reading.layer_kinds import plain_settings, public_attributes
from summarykit.records import Evidence
from summarykit.runs import Flow, Operator

SIZES = st.integers(1, 6)


class Watch(TorchDispatchMode):
    """Keeps every operator that torch's counter counts, and those that only a form here knows."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        packet = func._overloadpacket
        if packet in flop_registry or Operator(str(packet), (), (), None).short_name in FORM_OF:
            flops = flop_registry[packet](*args, **(kwargs or {}), out_val=out) if packet in flop_registry else None
            tensors = [tuple(leaf.shape) for leaf in tree_leaves(args) if isinstance(leaf, torch.Tensor)]
            convolves = "convolution" in str(packet)
            self.seen.append(
                Operator(
                    str(packet),
                    tuple(tensors),
                    tuple(tree_leaves(out)[0].shape),
                    None if flops is None else flops // 2,
                    bool(args[6]) if convolves else False,
                    args[8] if convolves else 1,
                )
            )
        return out


def flow(name, tensor):
    return Flow(name, tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."), tensor.nbytes)


def named(names, values):
    for name, value in zip(names, values, strict=False):
        if isinstance(value, torch.Tensor):
            yield flow(name, value)
        elif isinstance(value, tuple):
            parts = getattr(value, "_fields", range(len(value)))
            yield from named([f"{name}.{part}" for part in parts], value)


def facts_of(layer, *inputs, names=("input", "1", "2"), **options):
    """The facts of one call, and torch's own count of its multiply-accumulates."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter, Watch() as watch:
        out = layer(*inputs, **options)
    leaves = [leaf for leaf in tree_leaves(out) if isinstance(leaf, torch.Tensor)]
    flows = tuple(named(names, inputs))
    outputs = tuple(flow(str(number), leaf) for number, leaf in enumerate(leaves))
    known = dict(plain_settings(public_attributes(layer)))
    tensors = {name: tuple(tensor.shape) for name, tensor in layer.named_parameters(recurse=False)}
    lineage = tuple(f"{base.__module__}.{base.__qualname__}" for base in type(layer).__mro__)
    facts = ComputeFacts(lineage, known, tensors, flows, outputs, tuple(watch.seen))
    return facts, counter.get_total_flops() // 2


def agrees(layer, *inputs, **options):
    """What explains the call; its formula was verified against torch's own counter."""
    facts, counted = facts_of(layer, *inputs, **options)
    why = explain_compute(facts)
    assert why.evidence is Evidence.VERIFIED, why.reason
    assert why.value == why.counted == counted == evaluate(why.formula.tree, dict(why.bindings))
    assert why.origin.startswith("rule for ")
    assert why.reason == ""
    well_said(why)
    return why


def well_said(why):
    said = why.sentence.say(dict(why.bindings))
    assert said[0].isupper() or said[0].isdigit()
    assert said.endswith(".")
    assert not re.search(r"[{}\[\]#|@\\]|  | [.,;]|\.\.|,,", said), said
    nouns = "weight|neuron|filter|channel|cell|gate|input|position|step|head|key|query|value|row|number|output"
    assert not re.search(rf"(?<![\d,×] )(?<![\d,])1 ({nouns})s\b", said), said
    assert not re.search(r"\beach of the 1\b|\beach of 1\b", said, re.IGNORECASE), said


def shown(why):
    return f"{numbers(why.formula.tree, dict(why.bindings))} = {group_digits(why.value)}"


def meta(*shape):
    return torch.empty(*shape, device="meta")


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


# What cannot be verified says so.


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


# By the operators.


class Call(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *given):
        return self.function(*given)


def by_operators(function, *given_):
    facts, counted = facts_of(Call(function), *given_)
    why = explain_compute(facts)
    assert why.evidence is Evidence.SHAPE_ONLY
    assert why.counted == counted
    assert why.value == evaluate(why.formula.tree, dict(why.bindings))
    well_said(why)
    return why


QUERIES = (2, 8, 5, 16)
OPERATIONS = {
    "matmul": (torch.matmul, [(3, 5, 16), (16, 7)]),
    "matmul of piles": (torch.matmul, [(2, 3, 5, 16), (2, 3, 16, 7)]),
    "mm of one": (torch.mm, [(1, 1), (1, 1)]),
    "bmm": (torch.bmm, [(4, 5, 6), (4, 6, 7)]),
    "bmm of one": (torch.bmm, [(1, 5, 6), (1, 6, 7)]),
    "baddbmm": (torch.baddbmm, [(4, 5, 7), (4, 5, 6), (4, 6, 7)]),
    "einsum": (lambda a, b: torch.einsum("bhqd,bhkd->bhqk", a, b), [QUERIES, QUERIES]),
    "linear": (functional.linear, [(2, 5, 6), (7, 6), (7,)]),
    "conv2d": (lambda a, b: functional.conv2d(a, b, groups=2), [(2, 4, 9, 9), (6, 2, 3, 3)]),
    "conv1d of one": (functional.conv1d, [(1, 4, 3), (1, 4, 3)]),
    "conv_transpose2d": (
        lambda a, b: functional.conv_transpose2d(a, b, stride=2, groups=2),
        [(2, 4, 9, 9), (4, 3, 3, 3)],
    ),
    "attention": (functional.scaled_dot_product_attention, [QUERIES] * 3),
    "causal": (lambda *a: functional.scaled_dot_product_attention(*a, is_causal=True), [QUERIES] * 3),
    "longer keys": (functional.scaled_dot_product_attention, [QUERIES, (2, 8, 7, 16), (2, 8, 7, 4)]),
    "grouped queries": (
        lambda *a: functional.scaled_dot_product_attention(*a, enable_gqa=True),
        [QUERIES, (2, 2, 7, 16), (2, 2, 7, 16)],
    ),
    "nothing": (torch.mm, [(0, 4), (4, 3)]),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operator_is_explained_by_its_sizes(name):
    function, shapes = OPERATIONS[name]
    why = by_operators(function, *map(meta, *zip(*[(shape,) for shape in shapes], strict=True)))
    assert why.value == why.counted
    assert why.reason.startswith("the formula is read from the operators that were counted")
    assert why.origin.startswith("from the operators that ran: ")


@given(data=st.data(), batch=SIZES, groups=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_any_product(data, batch, groups):
    rows, inner, columns, heads = (data.draw(SIZES) for _ in range(4))
    with torch.device("meta"):
        assert by_operators(torch.mm, meta(rows, inner), meta(inner, columns)).value == rows * inner * columns
        pile = by_operators(torch.bmm, meta(batch, rows, inner), meta(batch, inner, columns))
        assert pile.value == batch * rows * inner * columns
        query, key = meta(batch, heads * groups, rows, inner), meta(batch, heads, columns, inner)
        why = by_operators(lambda *a: functional.scaled_dot_product_attention(*a, enable_gqa=True), query, key, key)
        assert why.value == batch * heads * groups * rows * columns * 2 * inner


def test_attention_on_the_cpu_counts_as_on_any_other_device():
    query, key = (2, 8, 5, 16), (2, 2, 7, 16)

    def attend(*given_):
        return functional.scaled_dot_product_attention(*given_, is_causal=True, enable_gqa=True)

    expected = by_operators(attend, meta(*query), meta(*key), meta(*key)).value
    with torch.device("cpu"):
        why = by_operators(attend, torch.zeros(query), torch.zeros(key), torch.zeros(key))
    assert why.value == expected == 17_920
    assert why.origin == "from the operators that ran: _scaled_dot_product_flash_attention_for_cpu"
    assert "nobody counted" in why.reason
    assert shown(why) == "2 × 8 × 5 × 7 × (16 + 16) = 17,920"


def test_a_recurrent_layer_that_runs_in_one_piece_counts_as_one_that_does_not():
    expected = agrees(nn.LSTM(4, 6, 2, bidirectional=True), meta(5, 2, 4)).value
    with torch.device("cpu"):
        facts, _ = facts_of(nn.LSTM(4, 6, 2, bidirectional=True), torch.zeros(5, 2, 4))
    assert {operator.name for operator in facts.operators} == {"aten.mkldnn_rnn_layer"}
    by_its_operators = explain_compute(facts._replace(lineage=()))
    assert by_its_operators.value == explain_compute(facts).value == expected
    assert shown(by_its_operators) == "2 × (5 × 2 × (24 × (4 + 6))) + 2 × (5 × 2 × (24 × (12 + 6))) = 13,440"


def test_grouped_products_of_experts():
    rows, table = torch.empty(16, 32, dtype=torch.bfloat16), torch.empty(4, 32, 64, dtype=torch.bfloat16)
    ends = torch.empty(4, dtype=torch.int32)
    facts, _ = facts_of(Call(lambda a, b, c: torch._grouped_mm(a, b, offs=c)), rows, table, ends)
    why = explain_compute(facts)
    # Each row meets one expert: as many as 16 rows through one table.
    assert why.value == by_operators(torch.mm, meta(16, 32), meta(32, 64)).value
    assert why.sentence.say(dict(why.bindings)) == (
        "Each of 16 rows of 32 numbers goes to one of 4 experts and is multiplied with its table of 32 × 64."
    )


def test_vectors():
    for function, shapes in (
        (torch.mv, [(5, 4), (4,)]),
        (torch.dot, [(4,), (4,)]),
        (torch.addmv, [(5,), (5, 4), (4,)]),
    ):
        why = by_operators(function, *(meta(*shape) for shape in shapes))
        assert why.value == math.prod(shapes[-2])
        assert why.counted == 0


def test_several_operators_are_added_up_and_equal_ones_shown_once():
    def heads(query, key):
        for _ in range(3):
            scores = query @ key.transpose(-1, -2)
        return scores @ key

    why = by_operators(heads, meta(8, 5, 16), meta(8, 7, 16))
    assert shown(why) == "3 × (8 × 5 × 16 × 7) + 8 × 5 × 7 × 16 = 17,920"
    assert why.sentence.say(dict(why.bindings)) == (
        "8 pairs of tables are multiplied, 5 × 16 with 16 × 7. This happens 3 times. "
        "8 pairs of tables are multiplied, 5 × 7 with 7 × 16."
    )


def test_many_different_operators_share_one_term():
    def steps(given_):
        return [given_[:rows] @ given_.t() for rows in range(1, 21)][-1]

    why = by_operators(steps, meta(20, 3))
    assert why.value == why.counted == sum(range(1, 21)) * 3 * 20
    assert len(why.formula.tree.terms) == 8
    assert why.sentence.say(dict(why.bindings)) == "20 different products are added up."


def test_operators_nobody_counts_are_named():
    odd = Operator("mylib.fused", ((3, 4),), (3,), None)
    why = explain_compute(ComputeFacts((), {}, {}, (), (), (odd,)))
    assert (why.formula, why.value, why.counted, why.evidence) == (None, None, 0, Evidence.SHAPE_ONLY)
    assert why.reason == "nobody counted `mylib.fused`"
    why = explain_compute(ComputeFacts((), {}, {}, (), (), (odd, odd._replace(macs=99))))
    assert shown(why) == "99 = 99"
    assert why.sentence.say(dict(why.bindings)) == "99 multiplications were counted in fused."


def test_a_count_that_its_sizes_do_not_bear_out_is_told():
    odd = Operator("aten.mm", ((3, 4), (4, 5)), (3, 5), 61)
    why = explain_compute(ComputeFacts((), {}, {}, (), (), (odd,)))
    assert why.evidence is Evidence.DISAGREES
    assert why.reason == "the operators' sizes say 60, their count is 61"


# The words, as they are read.

SAID = {
    "Linear": (
        lambda: (nn.Linear(768, 3072), [(1, 128, 768)]),
        "128 × 3,072 × 768 = 301,989,888",
        "At each of the 128 positions, each of the 3,072 neurons multiplies its 768 weights once.",
    ),
    "Linear, one vector": (
        lambda: (nn.Linear(16, 1), [(16,)]),
        "1 × 16 = 16",
        "The one neuron multiplies its 16 weights once.",
    ),
    "Conv2d": (
        lambda: (nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False), [(1, 3, 224, 224)]),
        "112 × 112 × 64 × (3 × 7 × 7) = 118,013,952",
        "At each of the 112 × 112 output positions, each of the 64 filters multiplies its 3 × 7 × 7 weights once.",
    ),
    "Conv2d, a batch in groups": (
        lambda: (nn.Conv2d(64, 128, 3, groups=2), [(8, 64, 10, 10)]),
        "8 × 8 × 8 × 128 × (64 ÷ 2 × 3 × 3) = 18,874,368",
        (
            "For each of the 8 inputs, at each of the 8 × 8 output positions, each of the 128 filters multiplies its "
            "32 × 3 × 3 weights once. The channels are split into 2 groups: a filter sees only 32 of them."
        ),
    ),
    "Conv1d, one of each": (
        lambda: (nn.Conv1d(1, 1, 1), [(1, 1, 1)]),
        "1 × 1 × (1 × 1) = 1",
        "At the one output position, the one filter multiplies its 1 weight once.",
    ),
    "ConvTranspose2d": (
        lambda: (nn.ConvTranspose2d(3, 8, 2, stride=2), [(1, 3, 16, 16)]),
        "16 × 16 × 3 × (8 × 2 × 2) = 24,576",
        (
            "At each of the 16 × 16 input positions, each of the 3 channels is spread out through its 8 × 2 × 2 "
            "weights, each used once."
        ),
    ),
    "LSTM": (
        lambda: (nn.LSTM(10, 20), [(5, 2, 10)]),
        "5 × 2 × (4 × 20 × (10 + 20)) = 24,000",
        (
            "At each of the 5 steps of each of the 2 sequences, each weight is used once: each of its 20 cells "
            "has 4 gates, and each gate weighs 10 inputs and 20 remembered values."
        ),
    ),
    "GRU, two layers both ways": (
        lambda: (nn.GRU(10, 20, 2, bidirectional=True), [(5, 10)]),
        "5 × (2 × 3 × 20 × (10 + 20) + (2 − 1) × 2 × 3 × 20 × (2 × 20 + 20)) = 54,000",
        (
            "At each of the 5 steps, each weight is used once: each of its 20 cells has 3 gates, and each gate weighs "
            "10 inputs and 20 remembered values. The sequence is read forwards and backwards, so all of it twice. "
            "There are 2 layers; each after the first reads the 40 values of the one before."
        ),
    ),
    "GRUCell": (
        lambda: (nn.GRUCell(10, 1), [(10,)]),
        "3 × 1 × (10 + 1) = 33",
        "Each weight is used once: the one cell has 3 gates, and each gate weighs 10 inputs and 1 remembered value.",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_formula_and_sentence_read_well(name):
    make, formula, sentence = SAID[name]
    layer, shapes = make()
    why = agrees(layer, *(meta(*shape) for shape in shapes))
    assert shown(why) == formula
    assert why.sentence.say(dict(why.bindings)) == sentence


def test_attention_reads_well():
    layer = nn.MultiheadAttention(64, 8, kdim=32)
    why = agrees(layer, meta(10, 64), meta(20, 32), meta(20, 64), names=("query", "key", "value"))
    assert shown(why) == "2 × 10 × (64 × 64) + 20 × (64 × 32) + 20 × (64 × 64) + 8 × 10 × 20 × (8 + 8) = 230,400"
    assert why.sentence.say(dict(why.bindings)) == (
        "Each of the 10 queries goes through two tables (query and output) and each of the 20 keys through two others "
        "(key and value), where each weight is used once. Then each of the 8 heads compares every query with each of "
        "20 keys: 8 multiplications to compare, and as many to mix the values. Pairs that a mask hides are counted too."
    )
    why = by_operators(functional.scaled_dot_product_attention, meta(1, 8, 5, 16), meta(1, 8, 7, 16), meta(1, 8, 7, 16))
    assert shown(why).endswith(" = 8,960")


def test_a_workbook_can_work_each_of_them_out():
    for make, _, _ in SAID.values():
        layer, shapes = make()
        why = agrees(layer, *(meta(*shape) for shape in shapes))
        bindings = dict(why.bindings)
        cells = {name: f"C{row}" for row, name in enumerate(excel_inputs(why.formula.tree, bindings), 1)}
        assert excel_formula(why.formula.tree, bindings, cells)
        assert excel_words(why.formula.tree, bindings, cells)


# The catalogue.


def made(code):
    """The layer that an example's code makes; its arguments are literals."""
    call = ast.parse(code.removeprefix("nn."), mode="eval").body
    found = getattr(nn, call.func.id, None) or importlib.import_module("transformers.pytorch_utils").Conv1D
    values = [ast.literal_eval(argument) for argument in call.args]
    return found(*values, **{keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords})


@pytest.mark.parametrize("rule", all_compute_rules(), ids=lambda rule: rule.kind)
def test_each_example_is_a_real_layer(rule):
    layer = made(rule.example.code)
    names = ("query", "key", "value") if len(rule.example.inputs) == 3 else ("input", "1")
    facts, _ = facts_of(layer, *(meta(*shape) for shape in rule.example.inputs), names=names)
    assert facts.outputs[0].shape == rule.example.output
    assert facts.settings.items() >= rule.example.settings.items()
    assert rule.about.endswith(".")
    assert not re.search(r"\d", rule.about)
    why = explain_compute(facts)
    entry = next(entry for entry in catalogue() if entry.kind == rule.kind)
    assert entry.calculation == shown(why)
    assert entry.sentence == why.sentence.say(dict(why.bindings))


@pytest.mark.parametrize("rule", all_compute_rules(), ids=lambda rule: rule.kind)
def test_a_rule_is_for_a_class_that_is_there(rule):
    for target in rule.targets:
        module, _, name = target.rpartition(".")
        assert issubclass(getattr(importlib.import_module(module), name), nn.Module)


def test_the_catalogue_is_complete():
    entries = catalogue()
    assert len(entries) == len(all_compute_rules()) + len(set(map(id, FORM_OF.values())))
    assert all(entry.calculation and entry.sentence and entry.example for entry in entries)
    assert not any("!= 1" in entry.formula or "@" in entry.formula for entry in entries)
