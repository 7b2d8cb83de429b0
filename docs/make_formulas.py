"""Write docs/formulas.md: every shipped rule, with a layer it was worked out for and checked on.

Run by ``make docs``; a test compares the file with what this writes.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

import summarykit
from summarykit.exporters.text.catalogue import title, with_signs
from summarykit.formulas import Rule, all_rules
from summarykit.formulas.compute import catalogue as compute_catalogue

PAGE = Path(__file__).with_name("formulas.md")
#: A layer for each rule, as it is written in code; several where an option changes the formula much.
EXAMPLES = (
    "Linear(16, 4)",
    "Linear(16, 4, bias=False)",
    "Bilinear(2, 3, 4)",
    "Conv2d(3, 64, 7, bias=False)",
    "Conv2d(64, 128, 3, groups=2)",
    "ConvTranspose2d(3, 8, 2)",
    "Embedding(1000, 64)",
    "BatchNorm2d(64)",
    "InstanceNorm2d(64, affine=True)",
    "GroupNorm(8, 64)",
    "LayerNorm(768)",
    "RMSNorm(4096)",
    "PReLU()",
    "RNN(10, 20)",
    "GRU(10, 20, bidirectional=True)",
    "LSTM(10, 20)",
    "LSTM(10, 20, num_layers=3, bidirectional=True, proj_size=5)",
    'RNNBase("LSTM", 10, 20)',
    "RNNCell(10, 20)",
    "GRUCell(10, 20)",
    "LSTMCell(10, 20)",
    "MultiheadAttention(64, 8)",
    "MultiheadAttention(64, 8, kdim=32, vdim=16, add_bias_kv=True)",
)
#: For layers of libraries that need not be installed: settings and shapes of a layer by that name.
LIBRARY_EXAMPLES: dict[str, tuple[dict[str, object], dict[str, tuple[int, ...]]]] = {
    "transformers.pytorch_utils.Conv1D": ({"nf": 2304, "nx": 768}, {"weight": (768, 2304), "bias": (2304,)}),
    "torch_geometric.nn.dense.linear.Linear": (
        {"in_channels": 16, "out_channels": 4},
        {"weight": (4, 16), "bias": (4,)},
    ),
    "timm.layers.std_conv.ScaledStdConv2d": (
        {"in_channels": 3, "out_channels": 16, "groups": 1, "kernel_size": (3, 3)},
        {"weight": (16, 3, 3, 3), "bias": (16,), "gain": (16, 1, 1, 1)},
    ),
    "timm.layers.norm.RmsNorm": ({"normalized_shape": (384,)}, {"weight": (384,)}),
    "diffusers.models.normalization.RMSNorm": ({"dim": (64,)}, {"weight": (64,)}),
}
CONTAINER_EXAMPLES = (
    "TransformerEncoderLayer(512, 8, batch_first=True)",
    "TransformerDecoderLayer(512, 8)",
    "Transformer(16, 4, 2, 2, 32, batch_first=True)",
    "AdaptiveLogSoftmaxWithLoss(64, 1000, [10, 100])",
)
CONTAINERS = """## Containers

What they hold with everything inside: a check beside the sum of their parts, never part of a sum.
"""
COMPUTE = """## Multiply-adds

How often a layer multiplies in one call, from its settings and the sizes of what enters and leaves it; held against
the operators that ran where a forward is watched. Below the layers stand torch's operators, by which the rest is told.
"""
HEAD = """# Formulas

The rules that come with summarykit, generated from the registry by `make docs`. Each tensor's shape is checked axis
by axis, the count as a number, for every layer of a model. A tensor's name in a formula reads 1 when the tensor
exists and 0 when not. Every example was built and checked against PyTorch when this page was made.

In the terminal: `summarykit formulas Conv2d`. Layers without a rule are explained by their own code where it can be
read ([how](architecture.md)), and [one line adds a rule](extending.md).
"""


def catalogue() -> str:
    """Return the whole page."""
    rules = {rule.target: rule for rule in all_rules().values() if not rule.users}
    examples: dict[str, list[str]] = {target: [] for target in rules}
    for code in EXAMPLES:
        target, text = layer_example(code)
        examples[target].append(text)
    for target, (settings, shapes) in LIBRARY_EXAMPLES.items():
        examples.setdefault(target, []).append(library_example(target, settings, shapes))
    closed = [CONTAINERS, *(container_example(code) for code in CONTAINER_EXAMPLES)]
    entries = [entry(rule, examples[target]) for target, rule in rules.items()]
    return "\n".join([HEAD, *entries, *closed, "", *compute()])


def compute() -> list[str]:
    """Return the formulas of multiply-adds, one row each, worked out for an example."""
    rows = [
        f"| {each.kind} | `{with_signs(each.formula)}` | {each.example}: {each.calculation}. {each.sentence} |"
        for each in compute_catalogue()
    ]
    return [COMPUTE, "| Layer or operator | Multiply-adds of one call | Example |", "|:--|:--|:--|", *rows, ""]


def entry(rule: Rule, examples: list[str]) -> str:
    """Return one rule: its layers, what it is about, formula, shapes and examples."""
    lines = [f"## {title(rule)}", ""]
    lines += [rule.about, "", f"Parameters: `{with_signs(rule.count.source)}`", ""]
    lines += ["| Tensor | Shape |", "|:--|:--|"]
    lines += [f"| `{name}` | `{with_signs(shape)}` |" for name, _, shape in rule.shapes]
    return "\n".join([*lines, "", *examples, ""])


def layer_example(code: str) -> tuple[str, str]:
    """Return the rule's class and the text for one example; its count is PyTorch's, checked here.

    Raises:
        AssertionError: The formula is not verified for the layer.

    """
    name, _, arguments = code.partition("(")
    layer = build(getattr(nn, name), arguments.removesuffix(")"))
    summary = summarykit.summarize(layer)
    row = summary.layers.iloc[0]
    assert row.evidence == "verified", (
        f"no rule in summarykit/formulas/torch_layers.py fits nn.{code}: {row.explanation}"
    )
    assert row.formula_value == sum(parameter.numel() for parameter in layer.parameters(recurse=False)), code
    why = summary.data.explanation(summary.data.layers[0])
    target = why.origin.removeprefix("rule for ") if why else ""
    return target, f"- `nn.{code}`: {row.formula_numbers}. {row.explanation}"


def library_example(target: str, settings: dict[str, object], shapes: dict[str, tuple[int, ...]]) -> str:
    """Return the text for an example of a library's layer; its count is PyTorch's, checked here."""
    module, _, name = target.rpartition(".")
    layer = type(name, (nn.Module,), {"__module__": module, "__qualname__": name})()
    for key, value in settings.items():
        setattr(layer, key, value)
    for key, shape in shapes.items():
        layer.register_parameter(key, nn.Parameter(torch.empty(shape, device="meta")))
    row = summarykit.summarize(layer).layers.iloc[0]
    assert row.evidence == "verified", f"no rule in summarykit/formulas/libraries.py fits {target}: {row.explanation}"
    settings_text = ", ".join(f"{key}={value}" for key, value in settings.items())
    return f"- {module.partition('.')[0]}'s `{name}` with {settings_text}: {row.formula_numbers}. {row.explanation}"


def container_example(code: str) -> str:
    """Return the text for one container; its closed formula gives what its parts hold, checked here."""
    name, _, arguments = code.partition("(")
    summary = summarykit.summarize(build(getattr(nn, name), arguments.removesuffix(")")))
    (check,) = (check for check in summary.checks.list if check.slug == "containers")
    assert check.ok, code
    return f"- `nn.{code}`: {summary.layers.closed_formula[0]}"


def build(cls: type[nn.Module], arguments: str) -> nn.Module:
    """Return the layer that ``cls(arguments)`` makes; the arguments are literals."""
    import ast

    call = ast.parse(f"f({arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    values = [ast.literal_eval(argument) for argument in call.args]
    return cls(*values, **{str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords})


if __name__ == "__main__":
    PAGE.write_text(catalogue(), encoding="utf-8")
