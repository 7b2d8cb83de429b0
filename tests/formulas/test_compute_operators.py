"""Multiply-adds of what has no rule: explained by the operators that ran."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from summarykit.formulas.compute import ComputeFacts, explain_compute
from summarykit.records import Evidence
from summarykit.runs import Operator
from support.compute import OPERATIONS, SIZES, Call, agrees, by_operators, facts_of, meta, shown


@pytest.fixture(autouse=True)
def _on_meta():
    """On the meta device the fused kernels of the CPU, which torch's counter does not know, never run."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    with torch.device("meta"):
        yield
    torch.backends.mha.set_fastpath_enabled(before)


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
