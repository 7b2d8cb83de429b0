"""Where one layer's output is proven to be another's input: inside an exact ``nn.Sequential``, and in a watched run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from summarykit.records import Explanation, LayerRecord
from summarykit.runs import CallRecord
from summarykit.summary.data import SummaryData

_NN = "torch.nn.modules"
SEQUENTIAL = f"{_NN}.container.Sequential"
#: Layers that change no size at all, by the module they stand in.
_KEEP_ALL = {
    f"{_NN}.{module}.{name}"
    for module, names in {
        "linear": "Identity",
        "dropout": "Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout",
        "activation": "ReLU ReLU6 LeakyReLU ELU SELU CELU GELU SiLU Mish Sigmoid Tanh Hardtanh Hardswish Hardsigmoid "
        "Hardshrink Softshrink Tanhshrink Softplus Softsign LogSigmoid Threshold RReLU PReLU Softmax LogSoftmax "
        "Softmin Softmax2d",
        "normalization": "LayerNorm RMSNorm GroupNorm LocalResponseNorm",
        "batchnorm": "BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm",
        "instancenorm": "InstanceNorm1d InstanceNorm2d InstanceNorm3d",
    }.items()
    for name in names.split()
} | {
    f"transformers.activations.{name}"
    for name in (
        *("GELUActivation", "NewGELUActivation", "FastGELUActivation", "QuickGELUActivation", "ClippedGELUActivation"),
        *("AccurateGELUActivation", "SiLUActivation", "MishActivation", "LinearActivation", "ReLUSquaredActivation"),
    )
}
#: Layers that change no number of channels.
_KEEP_CHANNELS = {
    f"{_NN}.{group}.{name}{rank}d"
    for rank in (1, 2, 3)
    for group, names in (
        ("pooling", ("MaxPool", "AvgPool", "AdaptiveAvgPool", "AdaptiveMaxPool", "LPPool")),
        ("padding", ("ZeroPad", "ReflectionPad", "ReplicationPad", "ConstantPad", "CircularPad")),
    )
    for name in names
} | {f"{_NN}.upsampling.{name}" for name in ("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d")}
#: What torch's own layers call what flows through them, where they take other tensors as well.
_FIRST = {"input", "query"}


class Link(NamedTuple):
    """The input of one layer is the output of another: a setting of each."""

    layer: int
    takes: str
    source: int
    gives: str


class Chain(NamedTuple):
    """What is proven about one exact ``nn.Sequential``."""

    root: int  #: id of the ``Sequential``
    first: int  #: id of the layer that takes its input, -1 where that is not proven
    links: tuple[Link, ...]


def chains(data: SummaryData) -> tuple[Chain, ...]:
    """Return the proven links of every outermost exact ``nn.Sequential``."""
    return tuple(_chain(layer, data) for layer in data.layers if _is_outermost(layer, data))


def _is_sequential(layer: LayerRecord, data: SummaryData) -> bool:
    return data.records.types[layer.type].qualified == SEQUENTIAL and layer.alias_of < 0


def _is_outermost(layer: LayerRecord, data: SummaryData) -> bool:
    return _is_sequential(layer, data) and not (layer.parent >= 0 and _is_sequential(data.layers[layer.parent], data))


def _steps(root: LayerRecord, data: SummaryData) -> Iterator[LayerRecord]:
    """Yield what a ``Sequential`` runs, in order; one inside another is its own steps."""
    inner = {root.id}
    for layer in data.layers[root.id + 1 :]:
        if layer.parent < root.id:
            return
        if layer.parent in inner:
            if _is_sequential(layer, data):
                inner.add(layer.id)
            else:
                yield layer


def _chain(root: LayerRecord, data: SummaryData) -> Chain:
    first, links = -1, []
    # Of each axis: the layer and setting that say its size now, None where the size is not proven.
    sizes: dict[str, tuple[int, str] | None] = {"last": None, "channels": None}
    at_input = True
    for layer in _steps(root, data):
        why = data.explanation(layer)
        name = data.records.types[layer.type].qualified
        if why and why.takes:
            source = sizes[why.axis]
            if source:
                links.append(Link(layer.id, why.takes, *source))
            if at_input:
                first = layer.id
        if name in _KEEP_ALL:
            continue
        at_input = False
        if name in _KEEP_CHANNELS:
            sizes["last"] = None
            continue
        sizes = {"last": None, "channels": None}
        if why and why.gives:
            sizes[why.axis] = (layer.id, why.gives)
    return Chain(root.id, first, tuple(links))


def proven_input(data: SummaryData) -> tuple[Explanation, str] | None:
    """Return the explanation and the setting that say the size of the model's input, where that is proven."""
    if not _is_sequential(data.layers[0], data):
        return None
    first = _chain(data.layers[0], data).first
    why = data.explanation(data.layers[first]) if first >= 0 else None
    return (why, why.takes) if why and why.takes else None


def traced_links(data: SummaryData) -> tuple[Link, ...]:
    """Return the links that a run proves: what enters a layer is, in each of its calls, what one other layer gave."""
    links = []
    for layer, flow in zip(data.layers, data.flows, strict=False):
        why = data.explanation(layer)
        if why is None or why.takes is None:
            continue
        sources = {_traced_source(data, call, why.axis) for call in flow.calls}
        source = sources.pop() if len(sources) == 1 else None
        if source:
            links.append(Link(layer.id, why.takes, *source))
    return tuple(links)


def _traced_source(data: SummaryData, index: int, axis: str) -> tuple[int, str] | None:
    """Return the layer and setting that say the size of what enters a call; None where an operator made it.

    A layer that keeps a size is passed through; where nothing before it is known, a norm says the size itself.
    """
    calls = data.run.calls
    source: tuple[int, str] | None = None
    while (at := _feeder(calls[index])) >= 0 and len(calls[at].outputs) == 1 and calls[at].layer >= 0:
        layer = data.layers[calls[at].layer]
        why = data.explanation(layer)
        if why and why.gives and why.axis == axis:
            source = (layer.id, why.gives)
        name = data.records.types[layer.type].qualified
        if name not in _KEEP_ALL and not (axis == "channels" and name in _KEEP_CHANNELS):
            break
        index = at
    return source


def _feeder(call: CallRecord) -> int:
    """Return the call whose result is the first input of another, -1 where that is not known or not sure."""
    first = len(call.inputs) == 1 or (call.inputs and call.inputs[0].name in _FIRST)
    return call.fed_by[0] if first and call.fed_by else -1
