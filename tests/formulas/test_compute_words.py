"""Multiply-adds in words, in a workbook, and the catalogue of rules."""

import ast
import importlib
import re

import pytest
import torch
from torch import nn
from torch.nn import functional

from summarykit.expression import excel_formula, excel_inputs, excel_words
from summarykit.formulas.compute import catalogue, explain_compute
from summarykit.formulas.compute.operators import FORM_OF
from summarykit.formulas.compute.rules import all_compute_rules
from support.compute import agrees, by_operators, facts_of, meta, shown


@pytest.fixture(autouse=True)
def _on_meta():
    """On the meta device the fused kernels of the CPU, which torch's counter does not know, never run."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    with torch.device("meta"):
        yield
    torch.backends.mha.set_fastpath_enabled(before)


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
