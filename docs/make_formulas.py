"""Write docs/formulas.md: every shipped rule, with a layer it was worked out for and checked on.

Run by ``make docs``; a test compares the file with what this writes.
"""

from __future__ import annotations

from pathlib import Path

from torch import nn

import summarykit
from summarykit.exporters.catalogue import written
from summarykit.formulas import Rule, all_rules

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
        target, text = worked(code)
        examples[target].append(text)
    return "\n".join([HEAD, *(entry(rule, examples[target]) for target, rule in rules.items())])


def entry(rule: Rule, examples: list[str]) -> str:
    """Return one rule: its layers, what it is about, formula, shapes and examples."""
    names = [name.rpartition(".")[2] for name in (rule.target, *rule.aliases)]
    lines = [f"## {', '.join(name for name in names if not name.startswith('_'))}", ""]
    lines += [rule.about, "", f"Parameters: `{written(rule.count.source)}`", ""]
    lines += ["| Tensor | Shape |", "|:--|:--|"]
    lines += [f"| `{name}` | `{written(shape)}` |" for name, _, shape in rule.shapes]
    return "\n".join([*lines, "", *examples, ""])


def worked(code: str) -> tuple[str, str]:
    """Return the rule's class and the text for one example; its count is PyTorch's, checked here.

    Raises:
        AssertionError: The formula is not verified for the layer.

    """
    name, _, arguments = code.partition("(")
    layer = build(getattr(nn, name), arguments.removesuffix(")"))
    summary = summarykit.summarize(layer)
    row = summary.layers.iloc[0]
    assert row.evidence == "verified", code
    assert row.formula_value == sum(parameter.numel() for parameter in layer.parameters(recurse=False)), code
    why = summary.data.explanation(summary.data.layers[0])
    target = why.origin.removeprefix("rule for ") if why else ""
    return target, f"- `nn.{code}`: {row.formula_numbers}. {row.explanation}"


def build(cls: type[nn.Module], arguments: str) -> nn.Module:
    """Return the layer that ``cls(arguments)`` makes; the arguments are literals."""
    import ast

    call = ast.parse(f"f({arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    values = [ast.literal_eval(argument) for argument in call.args]
    return cls(*values, **{str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords})


if __name__ == "__main__":
    PAGE.write_text(catalogue(), encoding="utf-8")
