"""``first_layer()``: the first layer in the order of the walk that says how much it takes, and the size of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from torch import nn
from torch.nn.parameter import is_lazy

from summarykit.reading.inputs import facts
from summarykit.reading.inputs.image_side import fitting_side

LAZY: Final[tuple[int, ...]] = (-1,)
_SIDE = 224
_IMAGE = (_SIDE, _SIDE)
_STEPS = 1_000
_TOKENS = 16
_CLIP = (16, 224, 224)
#: Names under which a model keeps the sides of its image.
_SIDES = ("image_size", "img_size", "sample_size")
#: So many tokens of a text stand beside an image.
_BESIDE = 77


@dataclass(frozen=True)
class First:
    """The first layer that takes input."""

    path: str
    size: tuple[int, ...]  #: of what it takes, or LAZY
    whole: bool = False  #: whether it takes whole numbers: indices
    words: str = ""  #: how a side was chosen
    others: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  #: sizes of other arguments it names

    @property
    def label(self) -> str:
        """Return the path for the report."""
        return f"`{self.path}`" if self.path else "(the model itself)"


def first_layer(model: nn.Module, *, indices: bool = False) -> First | None:
    """Return the first layer that says how much it takes, None where there is none.

    With *indices* an embedding is looked for first: the model's first argument is called as one that holds them.
    """
    first = _first(model, indices=True) if indices else None
    return first or _first(model, indices=False)


def _first(model: nn.Module, *, indices: bool) -> First | None:
    for path, module in facts.layers(model):
        if indices and not any(name in _EMBEDDINGS for name in facts.lineage(module)):
            continue
        if any(map(is_lazy, facts.tensors(module))):
            return First(path, LAZY)
        reader = _reader(module)
        first = reader(model, path, facts.settings(module)) if reader else None
        if first is not None:
            return first
    return None


Reader = Callable[[nn.Module, str, dict[str, Any]], First | None]


def _reader(module: nn.Module) -> Reader | None:
    """Return what reads the size from a layer of this class, or of its form where the class is a stranger."""
    for name in facts.lineage(module):
        if name in _BY_CLASS:
            return _BY_CLASS[name]
    if facts.children(module) or not facts.tensors(module):
        return None
    settings = facts.settings(module)
    return next((reader for names, reader in _BY_FORM if all(name in settings for name in names)), None)


# ---------------------------------------------------------------- one function a kind of layer


def _convolution(model: nn.Module, path: str, settings: dict[str, Any]) -> First | None:
    channels = facts.length(settings.get("in_channels"))
    kernel = settings.get("kernel_size")
    dimensions = len(kernel) if isinstance(kernel, tuple) else 0
    if not channels or dimensions not in (1, 2, 3):
        return None
    beside = _text(model)
    named_sides = _configured_sides(model, dimensions)
    if named_sides:
        return First(path, (1, channels, *named_sides), words=" and the size the model names", others=beside)
    fitting = fitting_side(model, path, dimensions) if dimensions < len(_CLIP) else None
    if fitting:
        side, layer = fitting
        words = f", with the side that `{layer}` fits"
        return First(path, (1, channels, *[side] * dimensions), words=words, others=beside)
    sides = {1: (_STEPS,), 2: _IMAGE, 3: _CLIP}[dimensions]
    return First(path, (1, channels, *sides), others=beside)


def _linear(model: nn.Module, path: str, settings: dict[str, Any]) -> First | None:
    width = facts.length(settings.get("in_features")) or facts.length(settings.get("in_channels"))
    return First(path, (1, width)) if width else None


def _graph(model: nn.Module, path: str, settings: dict[str, Any]) -> First | None:
    width = facts.length(settings.get("in_channels"))
    return (
        First(path, (_TOKENS, width)) if width else (First(path, LAZY) if settings.get("in_channels") == -1 else None)
    )


def _bilinear(model: nn.Module, path: str, settings: dict[str, Any]) -> First | None:
    one, two = facts.length(settings.get("in1_features")), facts.length(settings.get("in2_features"))
    return First(path, (1, one), others={"input2": (1, two), "x2": (1, two)}) if one and two else None


def _embedding(model: nn.Module, path: str, settings: dict[str, Any]) -> First | None:
    if not facts.length(settings.get("num_embeddings")) or _counts_positions(path):
        return None
    return First(path, (1, min(_TOKENS, _positions(model))), whole=True)


def _recurrent(model: nn.Module, path: str, settings: dict[str, Any]) -> First | None:
    width = facts.length(settings.get("input_size"))
    return First(path, _sequence(settings, width)) if width else None


def _cell(model: nn.Module, path: str, settings: dict[str, Any]) -> First | None:
    width = facts.length(settings.get("input_size"))
    return First(path, (1, width)) if width else None


def _attention(model: nn.Module, path: str, settings: dict[str, Any]) -> First | None:
    width = facts.length(settings.get("embed_dim")) or facts.length(settings.get("d_model"))
    if not width:
        return None
    others = {}
    for name, setting in (("key", "kdim"), ("value", "vdim")):
        if not path and facts.length(settings.get(setting)):
            others[name] = _sequence(settings, settings[setting])
    return First(path, _sequence(settings, width), others=others)


def _normalization(model: nn.Module, path: str, settings: dict[str, Any]) -> First | None:
    shape = settings.get("normalized_shape")
    whole = isinstance(shape, tuple) and shape and all(map(facts.length, shape))
    return First(path, (1, *shape)) if whole else None  # type: ignore[misc]


def _batch(dimensions: int) -> Reader:
    sides = {1: (), 2: _IMAGE, 3: _CLIP}[dimensions]

    def read_batch_norm(model: nn.Module, path: str, settings: dict[str, Any]) -> First | None:
        channels = facts.length(settings.get("num_features"))
        return First(path, (1, channels, *sides)) if channels else None

    return read_batch_norm


def _sequence(settings: dict[str, Any], width: int) -> tuple[int, ...]:
    return (1, _TOKENS, width) if settings.get("batch_first") is True else (_TOKENS, 1, width)


# ---------------------------------------------------------------- what else the model says


def _configured_sides(model: nn.Module, dimensions: int) -> tuple[int, ...]:
    """Return the sides of the image as the model, its config or a layer of it names them."""
    if dimensions != len(_IMAGE):
        return ()
    for _, module in facts.layers(model):
        for settings in (facts.settings(module), facts.config_settings(module)):
            for name in _SIDES:
                sides = settings.get(name)
                pair = sides if isinstance(sides, tuple) else (sides, sides)
                if len(pair) == dimensions and all(map(facts.length, pair)):
                    return pair
    return ()


def _text(model: nn.Module) -> dict[str, tuple[int, ...]]:
    """Return the size of a text that a diffusion model attends to."""
    width = facts.length(facts.config_settings(model).get("cross_attention_dim"))
    return {"encoder_hidden_states": (1, _BESIDE, width)} if width else {}


def _counts_positions(path: str) -> bool:
    return "pos" in path.rpartition(".")[2]


def _positions(model: nn.Module) -> int:
    """Return how many positions a sequence may have, as far as an embedding of positions tells."""
    shape = [_TOKENS]
    for path, module in facts.layers(model):
        if _counts_positions(path):
            shape.append(facts.length(facts.settings(module).get("num_embeddings")) or _TOKENS)
    return min(shape)


_TORCH = "torch.nn.modules."
_EMBEDDINGS = (f"{_TORCH}sparse.Embedding", f"{_TORCH}sparse.EmbeddingBag")
_BY_CLASS: dict[str, Reader] = {
    f"{_TORCH}conv._ConvNd": _convolution,
    f"{_TORCH}linear.Linear": _linear,
    f"{_TORCH}linear.Bilinear": _bilinear,
    f"{_TORCH}sparse.Embedding": _embedding,
    f"{_TORCH}sparse.EmbeddingBag": _embedding,
    f"{_TORCH}rnn.RNNBase": _recurrent,
    f"{_TORCH}rnn.RNNCellBase": _cell,
    f"{_TORCH}activation.MultiheadAttention": _attention,
    f"{_TORCH}transformer.Transformer": _attention,
    f"{_TORCH}normalization.LayerNorm": _normalization,
    f"{_TORCH}normalization.RMSNorm": _normalization,
    f"{_TORCH}batchnorm.BatchNorm1d": _batch(1),
    f"{_TORCH}batchnorm.BatchNorm2d": _batch(2),
    f"{_TORCH}batchnorm.BatchNorm3d": _batch(3),
    "torch_geometric.nn.dense.linear.Linear": _graph,
}
#: Layers of other libraries, told by the settings they keep.
_BY_FORM: tuple[tuple[tuple[str, ...], Reader], ...] = (
    (("in_channels", "kernel_size"), _convolution),
    (("in_features",), _linear),
    (("num_embeddings",), _embedding),
)
