"""The family of a layer, for its colour: by the last known word in the name of its class."""

from __future__ import annotations

from summarykit.exporters.view.values import Look
from summarykit.summary.data import SummaryData

#: Look and name of each family, in the order of the legend; "changed" is added to the look of a changed layer.
LOOKS = (
    Look("linear", "Linear"),
    Look("conv", "Conv"),
    Look("embedding", "Embedding"),
    Look("norm", "Norm"),
    Look("other", "Other"),
    Look("changed", "changed"),
)
_WORDS = {"linear": "linear", "conv": "conv", "embed": "embedding", "norm": "norm"}
#: Dimensions of a weight without a kernel window: transformers' Conv1D has such a weight and is a linear layer.
_WITHOUT_WINDOW = 2


def look_of(data: SummaryData, layer: int) -> str:
    """Return the look of a layer's family."""
    record = data.layers[layer]
    kind = data.records.types[record.type].name.lower()
    places = {look: kind.rfind(word) for word, look in _WORDS.items()}
    last = max(places, key=places.__getitem__)
    if places[last] < 0:
        return "other"
    tensors = data.tensors[record.first_tensor : record.end_tensor]
    shapes = [tensor.facts.shape for tensor in tensors if tensor.facts.kind == "parameter" and tensor.facts.shape]
    flat = bool(shapes) and max(map(len, shapes)) == _WITHOUT_WINDOW
    return "linear" if last == "conv" and flat else last
