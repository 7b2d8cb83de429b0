"""The compute formulas as entries for a page, each with an example."""

from __future__ import annotations

import re
from typing import NamedTuple

from summarykit.expression import evaluate, group_digits, numbers, parse, parse_sentence
from summarykit.formulas.compute.explain import bind
from summarykit.formulas.compute.facts import ComputeFacts
from summarykit.formulas.compute.operators import FORMS, Form, read_example
from summarykit.formulas.compute.rules import ComputeRule, all_compute_rules
from summarykit.runs import Flow

_UNLESS_ONE = re.compile(r"\((\w+) if \1 != 1 else 1\)")


class Entry(NamedTuple):
    """One compute formula."""

    kind: str  #: ``"Conv2d, Conv1d, Conv3d"``, ``"mm, addmm"``
    formula: str  #: its source: ``batch * prod(positions) * out_channels * …``
    about: str  #: one sentence on every such layer
    example: str  #: ``nn.Linear(16, 4)`` with the sizes of its inputs, or the sizes of an operator's tensors
    calculation: str  #: ``128 × 3,072 × 768 = 301,989,888``
    sentence: str  #: the explanation of the example


def catalogue() -> tuple[Entry, ...]:
    """Return an entry for each rule of a layer, then one for each kind of operator."""
    return (*map(_rule_entry, all_compute_rules()), *map(_form_entry, FORMS))


def _rule_entry(rule: ComputeRule) -> Entry:
    example = rule.example
    flows = tuple(Flow(name, shape, "float32", 0) for name, shape in zip(_names(rule), example.inputs, strict=False))
    output = Flow("output", example.output, "float32", 0)
    facts = ComputeFacts(rule.targets, example.settings, {}, flows, (output,), ())
    bindings = bind(rule, facts, rule.sizes(facts))
    inputs = f"`{example.code}` on {' and '.join(dict.fromkeys(map(sizes, example.inputs)))}"
    calculation = f"{numbers(rule.formula.tree, bindings)} = {group_digits(evaluate(rule.formula.tree, bindings))}"
    return Entry(rule.kind, _plain(rule.formula.source), rule.about, inputs, calculation, rule.says.say(bindings))


def _form_entry(form: Form) -> Entry:
    tree, bindings = parse(form.formula.replace("@", "")).tree, dict(form.read_sizes(read_example(form)))
    calculation = f"{numbers(tree, bindings)} = {group_digits(evaluate(tree, bindings))}"
    sentence = parse_sentence(form.says.replace("@", "")).say(bindings)
    inputs = " and ".join(map(sizes, form.example))
    return Entry(", ".join(form.operators), _plain(form.formula.replace("@", "")), "", inputs, calculation, sentence)


def _names(rule: ComputeRule) -> tuple[str, ...]:
    return ("query", "key", "value") if len(rule.example.inputs) == 3 else ("input", "1")


def _plain(source: str) -> str:
    """Return a formula's text without the condition that leaves out a batch of one."""
    return _UNLESS_ONE.sub(r"\1", source)


def sizes(shape: tuple[int, ...]) -> str:
    """Return ``1 × 128 × 768``."""
    return " × ".join(map(group_digits, shape))
