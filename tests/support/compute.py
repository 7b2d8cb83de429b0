"""Run one layer, count its multiply-adds with torch, and compare the explanation with that."""

import re

import torch
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from summarykit.expression import evaluate, group_digits, numbers
from summarykit.formulas.compute import ComputeFacts, explain_compute
from summarykit.formulas.compute.operators import FORM_OF
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
