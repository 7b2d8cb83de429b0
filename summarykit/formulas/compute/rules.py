"""Compute rules: what one is, which one explains a layer, and the rules for ``torch.nn`` and transformers.

A rule computes from settings and sizes, never from operators. A multiply-accumulate (MAC) is one multiplication and the
addition of its result to a sum; a bias is only added and never counts. ``tests/formulas/test_compute.py`` compares each
rule, option by option, with the operators of real layers; torch's own ``FlopCounterMode`` gives twice these numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from summarykit.expression import Expression, Sentence, Value, parse, parse_sentence
from summarykit.formulas.compute.sizes import (
    Sizes,
    per_input_window,
    per_output_window,
    per_position,
    per_query,
    per_row,
    per_step,
)
from summarykit.records import Shape

_NN = "torch.nn.modules"


class Example(NamedTuple):
    """A layer that a page shows a rule for: its code, its settings, and its input and output shapes."""

    code: str
    settings: Mapping[str, Value]
    inputs: tuple[Shape, ...]
    output: Shape
    operator: str  #: the operator it runs, for a rule of an operator


class ComputeRule(NamedTuple):
    """How many MACs one call of a kind of layer takes."""

    targets: tuple[str, ...]  #: qualified names of its classes
    formula: Expression
    sizes: Sizes  #: gives the names that *formula* has for the sizes of inputs and outputs
    present: tuple[str, ...]  #: names of tensors that are 1 where the layer has them and 0 where not
    says: Sentence
    about: str
    example: Example

    @property
    def kind(self) -> str:
        """The names of the classes alone: ``Conv2d, Conv1d, Conv3d``."""
        return ", ".join(target.rpartition(".")[2] for target in self.targets)


def build(
    targets: Sequence[str],
    formula: str,
    *,
    sizes: Sizes,
    says: str,
    about: str,
    example: tuple[str, Mapping[str, Value], tuple[Shape, ...], Shape],
    present: Sequence[str] = (),
) -> ComputeRule:
    """Return a rule from its texts."""
    layer = Example(*example, operator="")
    return ComputeRule(tuple(targets), parse(formula), sizes, tuple(present), parse_sentence(says), about, layer)


def find_compute_rule(lineage: Sequence[str]) -> tuple[ComputeRule, bool] | None:
    """Return the rule of the nearest class in *lineage*, and whether that is the layer's own class."""
    rules = _builtin_rules()
    for position, name in enumerate(lineage):
        if name in rules:
            return rules[name], position == 0
    return None


def all_compute_rules() -> tuple[ComputeRule, ...]:
    """Return every rule, in the order they are declared."""
    return tuple({id(rule): rule for rule in _builtin_rules().values()}.values())


@lru_cache(maxsize=1)
def _builtin_rules() -> dict[str, ComputeRule]:
    return {target: rule for rule in _rules() for target in rule.targets}


def unless_one(name: str) -> str:
    """Return the text of a factor that is left out where it is 1: a batch of one input."""
    return f"({name} if {name} != 1 else 1)"


def across(name: str, *, most: int = 5) -> str:
    """Return the part of a sentence that writes a tuple as ``112 × 112``; a long one as its product."""
    forms = (
        f"[len({name}) == {count}: {' × '.join(f'{{{name}[{axis}]}}' for axis in range(count))}]"
        for count in range(1, most + 1)
    )
    return "".join(forms) + f"[len({name}) > {most}: {{prod({name})}}]"


_BATCH = unless_one("batch")
_EACH_INPUT = "[batch != 1: For each of the {batch} inputs, at || At]"


def _rules() -> Iterator[ComputeRule]:
    """Yield every rule, in the order a page lists them."""
    yield from _linear()
    yield from _convolutions()
    yield _recurrent()
    yield from _cells()
    yield _attention()


def _linear() -> Iterator[ComputeRule]:
    yield build(
        (f"{_NN}.linear.Linear", f"{_NN}.linear.NonDynamicallyQuantizableLinear"),
        "prod(positions) * out_features * in_features",
        sizes=per_position,
        says=_at_each_position("neuron", "out_features", "in_features"),
        about="At each position, each neuron multiplies each of its weights once.",
        example=("nn.Linear(768, 3072)", {"in_features": 768, "out_features": 3072}, ((1, 128, 768),), (1, 128, 3072)),
    )
    yield build(
        ("transformers.pytorch_utils.Conv1D",),
        "prod(positions) * nf * nx",
        sizes=per_position,
        says=_at_each_position("neuron", "nf", "nx"),
        about="At each position, each neuron multiplies each of its weights once.",
        example=("Conv1D(2304, 768)", {"nf": 2304, "nx": 768}, ((1, 128, 768),), (1, 128, 2304)),
    )
    yield build(
        (f"{_NN}.linear.Bilinear",),
        "prod(positions) * out_features * (in1_features * in2_features)",
        sizes=per_position,
        says=_at_each_position("output", "out_features", "in1_features * in2_features"),
        about="At each position, each output multiplies one weight for every pair of a first and a second input.",
        example=(
            "nn.Bilinear(4, 3, 5)",
            {"in1_features": 4, "in2_features": 3, "out_features": 5},
            ((2, 4), (2, 3)),
            (2, 5),
        ),
    )


def _at_each_position(unit: str, count: str, weights: str) -> str:
    """Return the sentence of a layer that computes the same at each position."""
    one, many = f"he one {unit} multiplies", f"ach of the # {unit}s multiplies"
    return (
        f"[prod(positions) != 1: At each of the {across('positions')} positions, {{{count}:t{one}|e{many}}}"
        f" || {{{count}:T{one}|E{many}}}] its {{{weights}:1 weight|# weights}} once."
    )


def _convolutions() -> Iterator[ComputeRule]:
    window = "{in_channels // groups} × " + across("kernel_size")
    yield build(
        tuple(f"{_NN}.conv.{name}" for name in ("Conv2d", "Conv1d", "Conv3d")),
        f"{_BATCH} * prod(positions) * out_channels * (in_channels // groups * prod(kernel_size))",
        sizes=per_output_window,
        says=(
            f"{_EACH_INPUT} [prod(positions) == 1: the one output position"
            f" || each of the {across('positions')} output positions], "
            "{out_channels:the one filter|each of the # filters} multiplies its "
            f"[in_channels // groups * prod(kernel_size) == 1: 1 weight || {window} weights] once."
            "[groups > 1:  The channels are split into {groups} groups: a filter sees only "
            "{in_channels // groups:1 of them|# of them}.]"
        ),
        about="At each position of the output, each filter multiplies each of its weights once.",
        example=(
            "nn.Conv2d(3, 64, 7, stride=2, padding=3)",
            {"in_channels": 3, "out_channels": 64, "groups": 1, "kernel_size": (7, 7)},
            ((1, 3, 224, 224),),
            (1, 64, 112, 112),
        ),
    )
    window = "{out_channels // groups} × " + across("kernel_size")
    yield build(
        tuple(f"{_NN}.conv.{name}" for name in ("ConvTranspose2d", "ConvTranspose1d", "ConvTranspose3d")),
        f"{_BATCH} * prod(positions) * in_channels * (out_channels // groups * prod(kernel_size))",
        sizes=per_input_window,
        says=(
            f"{_EACH_INPUT} [prod(positions) == 1: the one input position"
            f" || each of the {across('positions')} input positions], "
            "{in_channels:the one channel|each of the # channels} is spread out through its "
            f"[out_channels // groups * prod(kernel_size) == 1: 1 weight || {window} weights], each used once."
            "[groups > 1:  The channels are split into {groups} groups.]"
        ),
        about="At each position of the input, each channel is spread out through its windows of weights, once each.",
        example=(
            "nn.ConvTranspose2d(3, 8, 2, stride=2)",
            {"in_channels": 3, "out_channels": 8, "groups": 1, "kernel_size": (2, 2)},
            ((1, 3, 16, 16),),
            (1, 8, 32, 32),
        ),
    )


def _recurrent() -> ComputeRule:
    gates = '(4 if mode == "LSTM" else 3 if mode == "GRU" else 1)'
    directions = "(2 if bidirectional else 1)"
    state = "(proj_size if proj_size else hidden_size)"
    inner = f"{directions} * {state}"
    return build(
        tuple(f"{_NN}.rnn.{name}" for name in ("LSTM", "GRU", "RNN", "RNNBase")),
        f"length * {_BATCH} * ({directions} * {gates} * hidden_size * (input_size + {state})"
        f" + (num_layers - 1) * {directions} * {gates} * hidden_size * ({inner} + {state})"
        f" + (num_layers * {directions} * proj_size * hidden_size if proj_size else 0))",
        sizes=per_step,
        says=(
            "At [length == 1: the one step || each of the {length} steps]"
            "[batch != 1:  of each of the {batch} sequences], each weight is used once: "
            f"{{hidden_size:its one cell has|each of its # cells has}} {{{gates}:1 gate|# gates}}, and each gate "
            "weighs {input_size:1 input|# inputs} and "
            f"{{{state}:1 remembered value|# remembered values}}."
            "[bidirectional:  The sequence is read forwards and backwards, so all of it twice.]"
            "[num_layers > 1:  There are {num_layers} layers; each after the first reads the "
            f"{{{inner}:1 value|# values}} of the one before.]"
            "[proj_size:  A last step shrinks the {hidden_size} cells to {proj_size:1 number|# numbers}.]"
        ),
        about="At each step of each sequence, each weight is used once.",
        example=(
            "nn.LSTM(10, 20)",
            {
                "mode": "LSTM",
                "input_size": 10,
                "hidden_size": 20,
                "num_layers": 1,
                "bidirectional": False,
                "proj_size": 0,
                "batch_first": False,
            },
            ((5, 2, 10),),
            (5, 2, 20),
        ),
    )


def _cells() -> Iterator[ComputeRule]:
    for name, gates in (("LSTMCell", 4), ("GRUCell", 3), ("RNNCell", 1)):
        yield build(
            (f"{_NN}.rnn.{name}",),
            f"{_BATCH} * ({gates} * hidden_size * (input_size + hidden_size))",
            sizes=per_row,
            says=(
                "[batch != 1: For each of the {batch} inputs, each weight is used once: || Each weight is used once:] "
                f"{{hidden_size:the one cell has|each of the # cells has}} {{{gates}:1 gate|# gates}}, and each gate "
                "weighs {input_size:1 input|# inputs} and {hidden_size:1 remembered value|# remembered values}."
            ),
            about="For each input, each weight is used once.",
            example=(f"nn.{name}(10, 20)", {"input_size": 10, "hidden_size": 20}, ((2, 10),), (2, 20)),
        )


def _attention() -> ComputeRule:
    alike = "queries == keys and kdim == embed_dim and vdim == embed_dim"
    targets = "(keys + bias_k + add_zero_attn)"
    tables = (
        f"(4 * queries * (embed_dim * embed_dim) if {alike} else 2 * queries * (embed_dim * embed_dim)"
        " + keys * (embed_dim * kdim) + keys * (embed_dim * vdim))"
    )
    return build(
        (f"{_NN}.activation.MultiheadAttention",),
        f"{_BATCH} * ({tables} + num_heads * queries * {targets} * (head_dim + head_dim))",
        sizes=per_query,
        present=("bias_k",),
        says=(
            "[batch != 1: For each of the {batch} inputs, {queries:the one query goes|each of the # queries goes}"
            " || {queries:The one query goes|Each of the # queries goes}] through two tables (query and output) and "
            "{keys:the one key|each of the # keys} through two others (key and value), where each weight is used once. "
            f"{{num_heads:Then the one head compares|Then each of the # heads compares}} every query with "
            f"{{{targets}:the one key|each of # keys}}: {{head_dim:1 multiplication|# multiplications}} to compare, "
            "and as many to mix the values. Pairs that a mask hides are counted too."
        ),
        about=(
            "Four tables are used once at each position; then each head compares every query with every key, "
            "and mixes the values. Pairs that a mask hides are counted too."
        ),
        example=(
            "nn.MultiheadAttention(64, 8, batch_first=True)",
            {
                "embed_dim": 64,
                "kdim": 64,
                "vdim": 64,
                "num_heads": 8,
                "head_dim": 8,
                "add_zero_attn": False,
                "batch_first": True,
            },
            ((2, 10, 64),) * 3,
            (2, 10, 64),
        ),
    )
