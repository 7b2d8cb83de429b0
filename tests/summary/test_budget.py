"""Limits held against models: amounts exact, who breaks them named, what is not known never within."""

from fractions import Fraction

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

import strategies
import summarykit
from summarykit.errors import BudgetError
from summarykit.reading import read_model
from summarykit.summary import SummaryData
from summarykit.summary.budget import Quantity, judge, parse_limits
from summarykit.summary.budget.verdicts import _active
from support import hostile, published

patient = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


def data_of(model):
    return SummaryData(read_model(model))


def verdict(model, base=None, *, layers=None, **limits):
    table = {"layers": {layers: limits}} if layers else limits
    (limit,) = parse_limits(table, "here")
    return judge(limit, data_of(model), base and data_of(base))


def repeated(width=8):
    block = [nn.ModuleDict({"up": nn.Linear(4, width), "down": nn.Linear(width, 4)}) for _ in range(3)]
    return nn.ModuleDict({"stem": nn.Linear(2, 4), "blocks": nn.ModuleList(block)})


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        (10, 10), (0, 0), (1e9, 10**9), ("10", 10), ("10M", 10**7), ("10 M", 10**7), ("1.5B", 15 * 10**8), ("2k", 2000),
        ("2K", 2000), ("0.5G", 5 * 10**8), ("1_000", 1000), ("1.000000000001T", 10**12 + 1), (2**70, 2**70),
    ],
)  # fmt: skip
def test_an_amount_is_read_exactly(written, amount):
    (limit,) = parse_limits({"max_parameters": written}, "here")
    assert limit.most == amount


@pytest.mark.parametrize(
    ("written", "amount"),
    [("10", 10), ("10B", 10), ("1kB", 1000), ("1KB", 1000), ("1.5MB", 1500000), ("1KiB", 1024), ("2MiB", 2**21),
     ("1TiB", 2**40)],
)  # fmt: skip
def test_bytes_have_their_own_units(written, amount):
    (limit,) = parse_limits({"max_bytes": written}, "here")
    assert limit.most == amount


@pytest.mark.parametrize(
    "written",
    [True, -1, 1.5, float("nan"), float("inf"), "", "M", "-1", "ten", "1e6", "10m", "1,000", "1.5", "10 MB", "1%", None,
     [10], {}, "1" * 60, "\u0661", "10M\x00", "0.0001k"],
)  # fmt: skip
def test_what_is_no_amount_is_told(written):
    with pytest.raises(BudgetError, match=r"here: max_parameters is .*\n  hint: write a whole number"):
        parse_limits({"max_parameters": written}, "here")


def test_megabytes_want_their_b():
    with pytest.raises(BudgetError, match="there is no unit 'M' for it"):
        parse_limits({"max_bytes": "10M"}, "here")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"max_paramters": 1}, "did you mean 'max_parameters'"),
        ({"MAX_BYTES": 1}, "did you mean 'max_bytes'"),
        ({"layers": {"*": {"max_mac": 1}}}, r"layers '\*' has no setting 'max_mac'"),
        ({"layers": {"*": 3}}, r"layers has '\*' = 3"),
        ({"layers": {"": {}}}, "layers has ''"),
        ({"layers": [1]}, r"layers is \[1\]"),
        ({"layers": {"*": {"max_active_parameters": 1}}}, "of the whole model only"),
    ],
)
def test_a_misspelled_table_is_told(table, said):
    with pytest.raises(BudgetError, match=said):
        parse_limits(table, "here")


def test_a_limit_is_kept_up_to_itself():
    assert verdict(nn.Linear(16, 4), max_parameters=68).ok
    over = verdict(nn.Linear(16, 4), max_parameters=67)
    assert (str(over.outcome), over.found, over.most) == ("over", 68, 67)


def test_who_breaks_a_limit_is_named_repeats_once():
    found = verdict(repeated(), max_parameters=100)
    assert [(part.path, part.times, part.amount) for part in found.largest] == [
        ("blocks.0–2.up", 3, 120), ("blocks.0–2.down", 3, 108), ("stem", 1, 12)
    ]  # fmt: skip


def test_a_pattern_counts_all_that_it_fits_with_everything_inside():
    assert verdict(repeated(), layers="blocks.*.up", max_parameters=0).found == 120
    assert verdict(repeated(), layers="blocks.1", max_parameters=0).found == 76
    assert verdict(repeated(), layers="Linear", max_bytes=0).found == 4 * 240
    assert [part.path for part in verdict(repeated(), layers="blocks.1", max_parameters=0).largest] == [
        "blocks.1.up", "blocks.1.down"
    ]  # fmt: skip


def test_a_pattern_that_fits_nothing_is_told_with_what_is_near():
    with pytest.raises(BudgetError, match=r"no layer fits 'block.\*'\n  hint: did you mean 'blocks.\*'"):
        verdict(repeated(), layers="block.*", max_parameters=0)


def test_an_increase_is_counted_exactly_from_the_base():
    base, after = repeated(100), repeated(101)  # 9 × 3 = 27 more than 2,724
    assert verdict(after, base, max_increase=27).ok
    assert not verdict(after, base, max_increase=26).ok
    assert verdict(after, base, max_increase="1%").ok
    over = verdict(after, base, max_increase="0.9%")
    assert (over.before, over.found, over.most) == (2724, 2751, 2724 + 24)
    assert [(part.path, part.grew) for part in over.largest] == [("blocks.0–2.up", True), ("blocks.0–2.down", True)]
    assert verdict(base, after, max_increase=0).ok


def test_a_limit_crossed_since_the_base_names_what_grew():
    base, after = repeated(), repeated(9)
    assert verdict(after, base, max_parameters=250).largest[0].grew
    assert not verdict(after, base, max_parameters=100).largest[0].grew  # was too much before


def test_without_a_base_an_increase_is_not_judged():
    found = verdict(repeated(), max_increase="1%")
    assert (str(found.outcome), found.ok, found.most) == ("no base", True, None)


def test_what_is_new_in_a_pattern_grew_from_nothing():
    after = repeated()
    after["head"] = nn.Linear(4, 4)
    assert not verdict(after, repeated(), layers="head", max_increase="100%").ok


def test_what_is_not_known_is_not_within():
    lazy = nn.Sequential(nn.Linear(2, 2), nn.LazyLinear(3))
    found = verdict(lazy, max_parameters=100)
    assert (str(found.outcome), found.ok, found.found) == ("unknown", False, None)
    assert "no size until the first input" in found.reason
    assert str(verdict(lazy, max_parameters=5).outcome) == "over"  # what is known is too much
    assert verdict(lazy, layers="0", max_parameters=100).ok
    assert "no forward was watched" in verdict(nn.Linear(2, 2), max_macs=10).reason
    failed = summarykit.summarize(nn.Linear(2, 2), input_size=(1, 3))
    told = str(summarykit.check(failed, max_macs=10))
    assert "the forward fails: " in told
    assert told.endswith("✗ not known to be within budget: 1 of 1 limit")
    told = str(summarykit.check(failed, max_macs=10, max_parameters=1, max_bytes=100))
    assert told.endswith("✗ over budget: 1 of 3 limits not kept; not known to be within budget: 1 of 3 limits")
    known = summarykit.summarize(nn.Linear(2, 2), input_size=(1, 2))
    assert summarykit.check(known, max_macs=4).ok
    base = judge(parse_limits({"max_increase_macs": 0}, "")[0], known.data, failed.data)
    assert "of the base: the forward fails" in base.reason


def test_multiply_adds_name_who_makes_them():
    model = nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 2))
    before, after = (summarykit.summarize(model, input_size=(size, 8)) for size in (1, 3))
    (found,) = summarykit.check(after, max_macs=100).models[0].verdicts
    assert [(part.path, part.amount) for part in found.largest] == [("0", 96), ("1", 24)]
    assert "40 → 120 multiply-adds (+80)" in str(summarykit.check(after, base=before, max_increase_macs="1%"))
    assert "grew most: 0 +64 and 1 +16" in str(summarykit.check(after, base=before, max_increase_macs="1%"))


def test_what_one_token_uses_names_experts_with_their_share():
    class Routed(nn.Module):
        def __init__(self):
            super().__init__()
            self.top_k = 2
            self.gate = nn.Linear(4, 8, bias=False)
            self.experts = nn.ModuleList(nn.Linear(4, 4) for _ in range(8))

    model = nn.ModuleDict({"embed": nn.Embedding(9, 4), "blocks": nn.ModuleList(Routed() for _ in range(3))})
    found = verdict(model, max_active_parameters=200)
    told = [(part.path, part.times, part.amount) for part in found.largest]
    assert told == [("blocks.0–2.experts", 3, 3 * 2 * 20), ("blocks.0–2.gate", 3, 96), ("embed", 1, 36)]
    assert sum(part.amount for part in found.largest) == found.found == 252


@pytest.mark.parametrize("name", published.MODELS)
def test_what_published_models_use_adds_up(name):
    data = summarykit.summarize(published.built(name)).data
    assert sum(part.amount for part in _active(data)) == data.totals.active_parameters


def test_tied_tensors_count_once_and_frozen_ones_do_not_learn():
    model = nn.ModuleDict({"embed": nn.Embedding(10, 4), "head": nn.Linear(4, 10, bias=False)})
    model["head"].weight = model["embed"].weight
    assert verdict(model, max_parameters=40).ok
    assert verdict(model, layers="head", max_parameters=0).ok
    model.requires_grad_(False)
    assert verdict(model, max_trainable=0).ok


def test_numbers_beyond_64_bits_stay_exact():
    layers = nn.ModuleList()
    for _ in range(9):
        layers.append(nn.Module())
        layers[-1].weight = nn.Parameter(torch.empty(2**30, 2**30, device="meta"))
    assert verdict(layers, max_parameters=9 * 2**60).ok
    assert not verdict(layers, max_parameters=9 * 2**60 - 1).ok


@patient
@given(st.data())
def test_a_limit_is_broken_exactly_when_there_is_more(data):
    model, other = data.draw(strategies.models()), data.draw(strategies.models())
    now, base = data_of(model), data_of(other)
    for quantity in (Quantity.PARAMETERS, Quantity.TRAINABLE, Quantity.BYTES):
        found, before = getattr(now.totals, quantity), getattr(base.totals, quantity)
        most = data.draw(st.integers(0, 2 * found + 2))
        (limit,) = parse_limits({f"max_{quantity}": most}, "")
        assert (str(judge(limit, now).outcome) == "over") == (found > most)
        key = "max_increase" if quantity == "parameters" else f"max_increase_{quantity}"
        (limit,) = parse_limits({key: f"{most}.5%"}, "")
        more = found > before * (1 + Fraction(2 * most + 1, 200)) and not base.totals.unknown
        assert (str(judge(limit, now, base).outcome) == "over") == more
        whole = judge(parse_limits({"layers": {"*": {f"max_{quantity}": 0}}}, "")[0], now)
        assert whole.outcome == "unknown" or whole.found == found
        if whole.outcome == "over" and len(whole.largest) < 3:
            assert sum(part.amount for part in whole.largest) == found


@pytest.mark.parametrize("name", hostile.NAMES, ids=ascii)
def test_names_are_text(name):
    model = hostile.model(name)
    checked = summarykit.check(summarykit.summarize(model, title=name), max_parameters=1)
    assert all(line.isprintable() for line in str(checked).split("\n"))
    assert "77 more than max_parameters = 1 allows" in str(checked)
    checked.to_json().encode("ascii")
