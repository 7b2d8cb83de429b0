"""Rules for layers of other libraries, matched by name; no library is imported.

A library may change its layers, so a rule that does not fit is no disagreement: the layer's own code is read instead.
Only layers that a rule explains better than their code have one; the others are read (``formulas.source``). Names and
shapes are those of transformers 5.23, timm 1.0, diffusers 0.42 and torch_geometric 2.8.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from summarykit.formulas.rules import Rule, build, register


@lru_cache(maxsize=1)
def load() -> None:
    """Register every rule of this module, once."""
    for rule in _rules():
        register(rule)


def _rules() -> Iterator[Rule]:
    yield build(
        "transformers.pytorch_utils.Conv1D",
        "nf * (nx + bias)",
        shapes={"weight": "nx, nf", "bias": "nf"},
        takes="nx",
        gives="nf",
        says=(
            "{nf:The one output has|Each of the # outputs has} "
            "{nx:1 weight, for the one input|# weights, one per input}"
            "[bias: , and 1 bias]. It is a linear layer with its table turned."
        ),
        library=True,
        about="A linear layer with its table turned: a weight for every input and output, a bias for every output.",
    )
    yield build(
        "torch_geometric.nn.dense.linear.Linear",
        "out_channels * (in_channels + bias)",
        shapes={"weight": "out_channels, in_channels", "bias": "out_channels"},
        takes="in_channels",
        gives="out_channels",
        says=(
            "{out_channels:The one output has|Each of the # outputs has} "
            "{in_channels:1 weight, for the one input|# weights, one per input}[bias: , and 1 bias]."
        ),
        library=True,
        about="Each output has one weight for every input, and one bias unless it is switched off.",
    )
    yield build(
        "timm.layers.std_conv.ScaledStdConv2d",
        "out_channels * (in_channels // groups * prod(kernel_size) + bias + gain)",
        aliases=("timm.layers.std_conv.ScaledStdConv2dSame",),
        shapes={
            "weight": "out_channels, in_channels // groups, *kernel_size",
            "bias": "out_channels",
            "gain": "out_channels, 1, 1, 1",
        },
        takes="in_channels",
        gives="out_channels",
        axis="channels",
        says=(
            "{out_channels:The one filter has|Each of the # filters has} "
            "{in_channels // groups * prod(kernel_size):1 weight|# weights}[bias: , 1 bias] and 1 gain, by which its "
            "weights are scaled after they were made uniform."
        ),
        library=True,
        about="A convolution whose filters are made uniform and then scaled, each by a gain of its own.",
    )
    yield _norm("timm.layers.norm.RmsNorm", "normalized_shape", aliases=("timm.layers.norm.RmsNorm2d",))
    yield _norm("diffusers.models.normalization.RMSNorm", "dim")


def _norm(target: str, width: str, **more: Any) -> Rule:
    return build(
        target,
        f"(weight + bias) * prod({width})",
        shapes={"weight": f"*{width}", "bias": f"*{width}"},
        takes=width,
        gives=width,
        says=(
            f"{{prod({width}):The one value gets|Each of the # values gets}} its own scale"
            "[bias:  and its own shift || , and no shift]."
        ),
        library=True,
        about="Each value gets its own scale; by what all are divided is computed, not learned.",
        **more,
    )
