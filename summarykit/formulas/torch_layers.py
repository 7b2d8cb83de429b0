"""The rules for ``torch.nn``: one declaration for each family of layers with parameters.

Shapes and counts are those of PyTorch 2.13. ``tests/formulas/test_torch_layers.py`` compares them with real layers, for
each option in ``tests/support/torch_layers.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from summarykit.formulas.rules import Rule, build, register

_NN = "torch.nn.modules"


@lru_cache(maxsize=1)
def load() -> None:
    """Register every rule of this module, once."""
    for family in (_linear, _convolutions, _embeddings, _norms, _activations, _recurrent, _attention):
        for rule in family():
            register(rule)


def _linear() -> Iterator[Rule]:
    yield build(
        f"{_NN}.linear.Linear",
        "out_features * (in_features + bias)",
        aliases=(f"{_NN}.linear.NonDynamicallyQuantizableLinear",),
        shapes={"weight": "out_features, in_features", "bias": "out_features"},
        takes="in_features",
        gives="out_features",
        says=(
            "{out_features:The one neuron has|Each of the # neurons has} "
            "{in_features:1 weight, for the one input|# weights, one per input}[bias: , and 1 bias || , and no bias]."
        ),
        about="Each neuron has one weight for every input, and one bias unless it is switched off.",
    )
    yield build(
        f"{_NN}.linear.Bilinear",
        "out_features * (in1_features * in2_features + bias)",
        shapes={"weight": "out_features, in1_features, in2_features", "bias": "out_features"},
        says=(
            "{out_features:The one output has|Each of the # outputs has} "
            "{in1_features * in2_features:1 weight|# weights}, one for every pair of a first and a second input"
            "[bias: , and 1 bias || , and no bias]."
        ),
        about="Each output has one weight for every pair of a first and a second input, and one bias.",
    )


def _convolutions() -> Iterator[Rule]:
    groups = (
        "[groups > 1: "
        "[groups == in_channels:  Each channel is looked at on its own."
        " ||  The {in_channels} channels are split into {groups} groups, so a filter sees only "
        "{in_channels // groups:1 of them|# of them}.]]"
    )
    yield build(
        f"{_NN}.conv.Conv2d",
        "out_channels * (in_channels // groups * prod(kernel_size) + bias)",
        aliases=(f"{_NN}.conv.Conv1d", f"{_NN}.conv.Conv3d", f"{_NN}.conv._ConvNd"),
        shapes={"weight": "out_channels, in_channels // groups, *kernel_size", "bias": "out_channels"},
        takes="in_channels",
        gives="out_channels",
        axis="channels",
        says=(
            "{out_channels:The one filter has|Each of the # filters has} "
            "{in_channels // groups * prod(kernel_size):1 weight|# weights}, "
            "[in_channels // groups == 1: its window on one channel"
            " || {prod(kernel_size):1|#} for each of {in_channels // groups} channels]"
            "[bias: , and 1 bias || , and no bias]." + groups
        ),
        about="Each filter has one weight for every place in its window and every channel it sees, and one bias.",
    )
    yield build(
        f"{_NN}.conv.ConvTranspose2d",
        "in_channels * (out_channels // groups * prod(kernel_size)) + out_channels * bias",
        aliases=(f"{_NN}.conv.ConvTranspose1d", f"{_NN}.conv.ConvTranspose3d", f"{_NN}.conv._ConvTransposeNd"),
        shapes={"weight": "in_channels, out_channels // groups, *kernel_size", "bias": "out_channels"},
        takes="in_channels",
        gives="out_channels",
        axis="channels",
        says=(
            "{in_channels:The one input channel|Each of the # input channels} is spread out through "
            "{out_channels // groups:1 window|# windows} of {prod(kernel_size):1 weight|# weights}"
            "[bias: , and {out_channels:the one output channel has 1 bias|each of the # output channels has 1 bias}"
            " || , without bias].[groups > 1:  The {in_channels} input channels are split into {groups} groups.]"
        ),
        about="Each input channel is spread out through one window of weights for every output channel it reaches.",
    )


def _embeddings() -> Iterator[Rule]:
    yield build(
        f"{_NN}.sparse.Embedding",
        "num_embeddings * embedding_dim",
        aliases=(f"{_NN}.sparse.EmbeddingBag",),
        shapes={"weight": "num_embeddings, embedding_dim"},
        gives="embedding_dim",
        says=(
            "A table with {num_embeddings:one row|# rows, one for each possible entry}, and "
            "{embedding_dim:1 number|# numbers} in each row."
        ),
        about="A table with one row for each possible entry, and the same number of values in each row.",
    )


def _norms() -> Iterator[Rule]:
    scale_and_shift = "[weight: 1 scale[bias:  and 1 shift]][not weight: [bias: 1 shift]]"
    channels = "{#:The one channel gets|Each of the # channels gets} ".replace("#:", "num_features:", 1)
    batch = (f"{_NN}.batchnorm.{name}" for name in ("BatchNorm1d", "BatchNorm3d", "SyncBatchNorm", "_BatchNorm"))
    yield build(
        f"{_NN}.batchnorm.BatchNorm2d",
        "(weight + bias) * num_features",
        aliases=(*batch, f"{_NN}.batchnorm._NormBase"),
        shapes={"weight": "num_features", "bias": "num_features"},
        takes="num_features",
        gives="num_features",
        axis="channels",
        says=channels + scale_and_shift + ". The running mean and variance are measured, not learned, and not counted.",
        about="Each channel gets one scale and one shift; its running mean and variance are measured, not learned.",
    )
    instance = (f"{_NN}.instancenorm.{name}" for name in ("InstanceNorm1d", "InstanceNorm3d", "_InstanceNorm"))
    yield build(
        f"{_NN}.instancenorm.InstanceNorm2d",
        "(weight + bias) * num_features",
        aliases=tuple(instance),
        shapes={"weight": "num_features", "bias": "num_features"},
        takes="num_features",
        gives="num_features",
        axis="channels",
        says=channels + scale_and_shift + ".",
        about="Each channel gets one scale and one shift where they are switched on.",
    )
    yield build(
        f"{_NN}.normalization.GroupNorm",
        "(weight + bias) * num_channels",
        shapes={"weight": "num_channels", "bias": "num_channels"},
        takes="num_channels",
        gives="num_channels",
        axis="channels",
        says=(
            "{num_channels:The one channel gets|Each of the # channels gets} " + scale_and_shift + "[num_groups > 1: "
            "; they are averaged in {num_groups} groups, which changes no count]."
        ),
        about="Each channel gets one scale and one shift; in how many groups they are averaged changes no count.",
    )
    yield build(
        f"{_NN}.normalization.LayerNorm",
        "(weight + bias) * prod(normalized_shape)",
        shapes={"weight": "*normalized_shape", "bias": "*normalized_shape"},
        takes="normalized_shape",
        gives="normalized_shape",
        says="{prod(normalized_shape):The one value gets|Each of the # values gets} its own "
        "[weight: scale[bias:  and its own shift || , and no shift]][not weight: [bias: shift]].",
        about="Each value gets its own scale and its own shift.",
    )
    yield build(
        f"{_NN}.normalization.RMSNorm",
        "weight * prod(normalized_shape)",
        shapes={"weight": "*normalized_shape"},
        takes="normalized_shape",
        gives="normalized_shape",
        says="{prod(normalized_shape):The one value gets|Each of the # values gets} its own scale, and no shift.",
        about="Each value gets its own scale, and no shift.",
    )


def _activations() -> Iterator[Rule]:
    yield build(
        f"{_NN}.activation.PReLU",
        "num_parameters",
        shapes={"weight": "num_parameters"},
        says="{num_parameters:One learned slope, shared by all channels|A learned slope for each of # channels}.",
        about="One learned slope, shared by all channels or one for each.",
    )


_GATES = {
    "RNN": "1",
    "GRU": "3",
    "LSTM": "4",
    "RNNBase": '(4 if mode == "LSTM" else 3 if mode == "GRU" else 1)',
}
_DIRECTIONS = "(2 if bidirectional else 1)"
_STATE = "(proj_size if proj_size else hidden_size)"


def _recurrent() -> Iterator[Rule]:
    for name, gates in _GATES.items():
        yield _recurrent_layer(name, gates)
        if name != "RNNBase":
            yield _recurrent_cell(name, gates)


def _recurrent_layer(name: str, gates: str) -> Rule:
    inner = f"{_DIRECTIONS} * {_STATE}"
    shrunk = "[proj_size:  A last step shrinks the {hidden_size} cells to {proj_size:1 number|# numbers}.]"
    return build(
        f"{_NN}.rnn.{name}",
        f"{_DIRECTIONS} * {gates} * hidden_size * (input_size + {_STATE} + 2 * bias)"
        f" + (num_layers - 1) * {_DIRECTIONS} * {gates} * hidden_size * ({inner} + {_STATE} + 2 * bias)"
        f" + (num_layers * {_DIRECTIONS} * proj_size * hidden_size if proj_size else 0)",
        repeat={"layer": "num_layers", "reverse": "1 + bidirectional"},
        each=f"{gates} * hidden_size * ((input_size if layer == 0 else {inner}) + {_STATE} + 2 * bias)"
        " + (proj_size * hidden_size if proj_size else 0)",
        label="layer {layer}[reverse: , backwards]",
        shapes={
            "weight_ih_l{layer}{_reverse}": f"{gates} * hidden_size, input_size if layer == 0 else {inner}",
            "weight_hh_l{layer}{_reverse}": f"{gates} * hidden_size, {_STATE}",
            "bias_ih_l{layer}{_reverse}": f"{gates} * hidden_size",
            "bias_hh_l{layer}{_reverse}": f"{gates} * hidden_size",
            "weight_hr_l{layer}{_reverse}": "proj_size, hidden_size",
        },
        takes="input_size",
        says=(
            f"{{hidden_size:Its one cell has|Each of its # cells has}} {{{gates}:1 gate|# gates}}, and each gate "
            "{input_size:1 weight for the input|# weights for the inputs}, "
            f"{{{_STATE}:1|#}} for what it remembers"
            "[bias: , and 2 biases || , and no bias]."
            "[bidirectional:  The sequence is read forwards and backwards, so all of it twice.]"
            f"[num_layers > 1:  There are {{num_layers}} layers; each after the first reads the "
            f"{{{inner}:1 value|# values}} of the one before.]" + shrunk
        ),
        about="Each cell has gates, and each gate one weight for every input and remembered value, and two biases.",
    )


def _recurrent_cell(name: str, gates: str) -> Rule:
    return build(
        f"{_NN}.rnn.{name}Cell",
        f"{gates} * hidden_size * (input_size + hidden_size + 2 * bias_ih)",
        shapes={
            "weight_ih": f"{gates} * hidden_size, input_size",
            "weight_hh": f"{gates} * hidden_size, hidden_size",
            "bias_ih": f"{gates} * hidden_size",
            "bias_hh": f"{gates} * hidden_size",
        },
        takes="input_size",
        says=(
            f"{{hidden_size:Its one cell has|Each of its # cells has}} {{{gates}:1 gate|# gates}}, and each gate "
            "{input_size:1 weight for the input|# weights for the inputs}, {hidden_size:1|#} for what it remembers"
            "[bias_ih: , and 2 biases || , and no bias]."
        ),
        about="Each cell has gates, and each gate one weight for every input and remembered value, and two biases.",
    )


def _attention() -> Iterator[Rule]:
    yield build(
        f"{_NN}.activation.MultiheadAttention",
        "embed_dim * (embed_dim + kdim + vdim + 3 * in_proj_bias) + (bias_k + bias_v) * embed_dim",
        shapes={
            "in_proj_weight": "3 * embed_dim, embed_dim",
            "q_proj_weight": "embed_dim, embed_dim",
            "k_proj_weight": "embed_dim, kdim",
            "v_proj_weight": "embed_dim, vdim",
            "in_proj_bias": "3 * embed_dim",
            "bias_k": "1, 1, embed_dim",
            "bias_v": "1, 1, embed_dim",
        },
        takes="embed_dim",
        says=(
            "Three tables turn the input into query, key and value: "
            "{embed_dim:the one row|each of the # rows} of a table has "
            "[kdim == embed_dim and vdim == embed_dim: {embed_dim:1 weight|# weights}"
            " || {embed_dim}, {kdim} or {vdim} weights][in_proj_bias:  and 1 bias]."
            "[bias_k:  One learned key and one learned value are added.]"
            " The {num_heads:one head uses|# heads share} these tables, so their number changes no count."
            " A fourth table, out_proj, stands on its own line."
        ),
        about="Three tables turn the input into query, key and value; the number of heads changes no count.",
    )
