"""Active parameters: right or unknown, never wrong; by published figures, and by models made by hand."""

import openpyxl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import summarykit
from summarykit.errors import ExpertsError
from support import published

WIDTH, HIDDEN = 8, 16


class Feed(nn.Module):
    def __init__(self, hidden=HIDDEN):
        super().__init__()
        self.up, self.down = nn.Linear(WIDTH, hidden), nn.Linear(hidden, WIDTH)


class Expert(Feed):
    pass


ONE = sum(tensor.numel() for tensor in Expert().parameters())


class Mixture(nn.Module):
    """A router and a list of experts, as many people write it."""

    def __init__(self, experts=4, chosen=2, cls=Expert, name="experts", said="top_k"):
        super().__init__()
        self.router = nn.Linear(WIDTH, experts, bias=False)
        setattr(self, name, nn.ModuleList(cls() for _ in range(experts)))
        if chosen:
            setattr(self, said, chosen)


class Stack(nn.Module):
    def __init__(self, experts=4):
        super().__init__()
        self.w1 = nn.Parameter(torch.zeros(experts, WIDTH, HIDDEN))
        self.w2 = nn.Parameter(torch.zeros(experts, HIDDEN, WIDTH))
        self.b1 = nn.Parameter(torch.zeros(experts, HIDDEN))


STACKED = 2 * WIDTH * HIDDEN + HIDDEN


def active(model, **options):
    """What is active less than all; None where that is unknown."""
    totals = summarykit.summarize(model, **options).totals
    return None if totals.active_parameters is None else totals.parameters - totals.active_parameters


def with_parts(base=nn.Module, /, **parts):
    """A module with these attributes."""
    module = base()
    for name, part in parts.items():
        setattr(module, name, part)
    return module


class MoE(nn.Module):
    pass


class TopKGate(nn.Module):
    def __init__(self):
        super().__init__()
        self.wg, self.k = nn.Linear(WIDTH, 4, bias=False), 2


class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.num_local_experts = nn.ModuleList(Feed() for _ in range(4)), 4


def experts(count=4, cls=Feed):
    return nn.ModuleList(cls() for _ in range(count))


def gate(outputs=4):
    return nn.Linear(WIDTH, outputs, bias=False)


@pytest.mark.parametrize("name", published.MODELS)
def test_published_counts_are_met_exactly(name):
    truth = published.MODELS[name]
    totals = summarykit.summarize(published.built(name)).totals
    assert totals.parameters == truth.total
    assert totals.active_parameters == truth.active
    assert totals.active_parameters_without_embedding == truth.active - totals.embedding_parameters
    if truth.without_embedding is not None:
        assert totals.active_parameters_without_embedding == truth.without_embedding


def test_what_was_assumed_is_kept_and_said():
    summary = summarykit.summarize(published.built("Qwen3-30B-A3B"))
    (routed,) = summary.experts.routed
    assert (routed.experts, routed.per_token, routed.origin, routed.places) == (
        128,
        8,
        "config.num_experts_per_tok",
        48,
    )
    assert "8 of 128 experts per token in 48 layers, from `config.num_experts_per_tok`" in summary.to_markdown()
    assert "3,353,032,704" in str(summary)


@pytest.mark.parametrize("said", ["top_k", "k", "topk", "num_experts_per_tok", "moe_topk", "num_selected_experts"])
def test_experts_made_by_hand(said):
    assert active(Mixture(said=said)) == 2 * ONE


MADE = {
    "two blocks": (lambda: nn.Sequential(Mixture(), Mixture(chosen=1), Feed()), 5 * ONE),
    "all are chosen": (lambda: Mixture(chosen=4), 0),
    "another name": (lambda: Mixture(cls=Feed, name="ffns"), 2 * ONE),
    "stacked": (lambda: with_parts(MoE, experts=Stack(), gate=gate(), top_k=1), 3 * STACKED),
    "stacked in the block": (lambda: with_parts(type("MoE", (Stack,), {}), gate=gate(), top_k=1), 3 * STACKED),
    "its router a tensor": (
        lambda: with_parts(MoE, experts=experts(), w_gate=nn.Parameter(torch.zeros(WIDTH, 4)), k=1), 3 * ONE
    ),
    "wrapped": (lambda: with_parts(MoE, gate=TopKGate(), experts=Experts(), num_experts=4), 2 * ONE),
    "some shared": (lambda: with_parts(Mixture, shared_experts=experts(2, Expert)), 2 * ONE),
    "an expert beside": (lambda: nn.Sequential(Mixture(), with_parts(expert=Expert(), out=gate())), 2 * ONE),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_other_forms_are_found(name):
    build, idle = MADE[name]
    assert active(build()) == idle


DENSE = {
    "plain": lambda: nn.Sequential(nn.Linear(2, 2)),
    "nothing": nn.Module,
    "lazy": lambda: nn.LazyLinear(3),
    "one expert alone": lambda: with_parts(expert=Expert(), out=gate()),
    "a list and no choice": lambda: Mixture(cls=Feed, name="layers", chosen=0),
    "a choice and no router": lambda: with_parts(layers=experts(), top_k=2, head=nn.Linear(WIDTH, 50)),
}


@pytest.mark.parametrize("name", DENSE)
def test_all_of_a_dense_model_is_active(name):
    summary = summarykit.summarize(DENSE[name]())
    assert summary.totals.active_parameters == summary.totals.parameters
    assert "ctive per token" not in summary.to_markdown() + str(summary) + summary.to_html()


def tied():
    model = Mixture()
    model.experts[1].up.weight = model.experts[0].up.weight
    return model


def one_twice():
    model = Mixture()
    model.experts[1] = model.experts[0]
    return model


def used_twice():
    block = Mixture()
    return nn.ModuleDict({"first": block, "second": block})


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.moe = Mixture()


UNKNOWN = {
    "no number": lambda: Mixture(chosen=0),
    "two numbers": lambda: with_parts(Mixture, num_experts_per_tok=3),
    "more than there are": lambda: Mixture(chosen=5),
    "no router": lambda: with_parts(MoE, experts=experts(), top_k=2),
    "uneven": lambda: with_parts(MoE, gate=gate(2), experts=nn.ModuleList([Feed(4), Feed(8)]), top_k=1),
    "another router": lambda: with_parts(MoE, router=gate(5), experts=experts(), top_k=2),
    "tied": tied,
    "one expert twice": one_twice,
    "a block used twice": used_twice,
    "experts of experts": lambda: Mixture(cls=Nested),
    "lazy experts": lambda: with_parts(MoE, router=gate(), experts=nn.ModuleList(map(nn.LazyLinear, [3] * 4)), top_k=2),
    "a stack unlike itself": lambda: with_parts(
        MoE, experts=with_parts(Experts, w=nn.Parameter(torch.zeros(5, 2, 2))), gate=gate(), top_k=1
    ),
    "two sets side by side": lambda: with_parts(MoE, text=Mixture(), image=Mixture(), num_experts=4),
    "spoken of only": lambda: with_parts(MoE, table=nn.Linear(64, 8), num_experts=64, top_k=2),
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known_is_not_guessed(name):
    summary = summarykit.summarize(UNKNOWN[name]())
    assert summary.totals.active_parameters is None
    assert summary.totals.active_parameters_without_embedding is None
    assert summary.experts.reason
    assert "Active per token **unknown**" in summary.to_markdown()
    assert "Active per token unknown" in str(summary)


def test_the_number_can_be_given():
    assert active(Mixture(chosen=0), experts_per_token=3) == ONE
    assert active(Mixture(chosen=2), experts_per_token=1) == 3 * ONE
    assert active(Mixture(), experts_per_token=9) is None


@pytest.mark.parametrize("number", [0, -1, 1.5, "2", True])
def test_a_number_that_is_none_is_refused(number):
    with pytest.raises(ExpertsError, match="experts_per_token"):
        summarykit.summarize(Mixture(), experts_per_token=number)


def test_a_dense_model_takes_no_number():
    with pytest.raises(ExpertsError, match="no experts are found"):
        summarykit.summarize(nn.Linear(2, 2), experts_per_token=1)


def test_all_of_it_is_saved_and_read_back(tmp_path):
    for options in ({}, {"experts_per_token": 3}):
        summary = summarykit.report(Mixture(), tmp_path / "saved.json", **options)
        again = summarykit.load(tmp_path / "saved.json")
        assert (again.totals, again.experts) == (summary.totals, summary.experts)
        assert again.to_json() == summary.to_json()


@given(count=st.integers(2, 9), chosen=st.integers(1, 9), blocks=st.integers(1, 3), stacked=st.booleans())
def test_active_is_what_is_left_when_the_others_are_taken_out(count, chosen, blocks, stacked):
    model = nn.Sequential(*(
        with_parts(MoE, experts=Stack(count), router=gate(count), top_k=chosen) if stacked else Mixture(count, chosen)
        for _ in range(blocks)
    ))  # fmt: skip
    one = STACKED if stacked else ONE
    assert active(model) == (None if chosen > count else blocks * (count - chosen) * one)


class Written(nn.Module):
    """A language model without a config."""

    def __init__(self, tie=False):
        super().__init__()
        self.positions = nn.Embedding(20, 12)
        self.tokens = nn.Embedding(50, 12)
        self.up = nn.Linear(12, 20)
        self.head = nn.Linear(12, 50, bias=False)
        if tie:
            self.head.weight = self.tokens.weight


@pytest.mark.parametrize(("tie", "head"), [(False, 600), (True, 0)])
def test_the_table_of_tokens_is_told_apart(tie, head):
    summary = summarykit.summarize(Written(tie))
    totals = summary.totals
    assert totals.embedding_parameters == 50 * 12
    assert totals.parameters_without_embedding == totals.parameters - 600 == 20 * 12 + 20 * 13 + head
    assert totals.active_parameters_without_embedding == totals.parameters_without_embedding
    assert f"Without embeddings **{totals.parameters_without_embedding:,}**" in summary.to_markdown()
    assert ("which `head` uses too" in summary.to_markdown()) is tie


IMAGES = {
    "convolutions": lambda: nn.Sequential(nn.Conv2d(3, 10, 3), nn.Flatten(), nn.Linear(10, 10)),
    "of a class": lambda: nn.ModuleList([nn.Embedding(10, 4), nn.Conv2d(3, 4, 3), nn.Linear(4, 10)]),
    "queries": lambda: nn.ModuleList([nn.Embedding(100, 8), nn.Linear(8, 100), nn.Linear(8, 92)]),
}


@pytest.mark.parametrize("name", IMAGES)
def test_a_model_of_images_has_none(name):
    summary = summarykit.summarize(IMAGES[name]())
    assert summary.totals.embedding_parameters == 0
    assert summary.totals.parameters_without_embedding == summary.totals.parameters
    assert "ithout embeddings" not in summary.to_markdown() + str(summary) + summary.to_html()


def test_hostile_names_are_escaped_in_the_words():
    hostile = type("<script>|=1+1\x1b", (Mixture,), {})
    model = with_parts(hostile, chosen=0)
    for text in (summarykit.summarize(model).to_html(), summarykit.summarize(model).to_markdown()):
        assert "<script>|" not in text
        assert "\x1b" not in text


@pytest.mark.parametrize("chosen", [0, 2])
def test_the_workbook_says_it_on_its_first_page(chosen, tmp_path):

    summarykit.report(nn.Sequential(Mixture(chosen=chosen), Feed()), tmp_path / "out.xlsx")
    rows = {row[0].value: row for row in openpyxl.load_workbook(tmp_path / "out.xlsx")["Overview"].iter_rows()}
    _, number, basis, *_ = rows["Active per token"]
    assert number.value == ("unknown" if not chosen else 32 + 2 * ONE + ONE)
    assert ("2 of 4 experts per token, from top_k of Mixture" in basis.value) is bool(chosen)
