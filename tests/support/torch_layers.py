"""Every class of torch.nn that can own parameters, with every option that changes what it owns."""

import warnings
from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

from torch import nn


class Case(NamedTuple):
    """One layer to be: its class and arguments."""

    cls: Callable[..., nn.Module]
    args: tuple
    options: dict

    def make(self) -> nn.Module:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Initializing zero-element tensors is a no-op", UserWarning)
            return self.cls(*self.args, **self.options)

    def __str__(self) -> str:
        options = [f"{name}={value}" for name, value in self.options.items()]
        return f"{self.cls.__name__}({', '.join([*map(str, self.args), *options])})"


def choices(**options: object) -> Iterator[dict]:
    """Every combination of the values of each option."""
    for values in product(*options.values()):
        yield dict(zip(options, values, strict=True))


BIAS = (True, False)
AFFINE = ({}, {"affine": False}, {"bias": False}, {"affine": False, "bias": False})


def linear() -> Iterator[Case]:
    for sizes in ((16, 4), (1, 1), (3, 1), (1, 5), (0, 4), (4, 0), (70_000, 3)):
        yield from (Case(nn.Linear, sizes, options) for options in choices(bias=BIAS))
    for sizes in ((2, 3, 4), (1, 1, 1), (5, 1, 2)):
        yield from (Case(nn.Bilinear, sizes, options) for options in choices(bias=BIAS))


def convolutions() -> Iterator[Case]:
    channels = ((4, 8, 1), (4, 8, 2), (4, 4, 4), (4, 8, 4), (1, 1, 1), (6, 4, 2))
    for cls in (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d):
        for (inside, out, groups), bias in product(channels, BIAS):
            yield Case(cls, (inside, out, 3), {"groups": groups, "bias": bias})
        yield Case(cls, (4, 8, 1), {"stride": 2, "dilation": 3, "padding": 1})
    yield Case(nn.Conv2d, (3, 8, (1, 7)), {"padding": "same", "padding_mode": "circular"})
    yield Case(nn.Conv3d, (3, 8, (2, 3, 5)), {"bias": False})
    yield Case(nn.ConvTranspose2d, (6, 4, (3, 5)), {"groups": 2, "output_padding": 1, "stride": 2})


def embeddings() -> Iterator[Case]:
    for sizes in ((10, 3), (1, 1), (50_257, 8)):
        yield Case(nn.Embedding, sizes, {})
        yield Case(nn.EmbeddingBag, sizes, {})
    yield Case(nn.Embedding, (10, 3), {"padding_idx": 0, "max_norm": 1.0, "sparse": True})
    yield from (Case(nn.EmbeddingBag, (10, 3), options) for options in choices(mode=("sum", "mean", "max")))
    yield Case(nn.EmbeddingBag, (10, 3), {"mode": "sum", "include_last_offset": True})


def norms() -> Iterator[Case]:
    batch = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
    for cls, size, options in product(batch, (1, 6), (*AFFINE, {"track_running_stats": False})):
        yield Case(cls, (size,), options)
    for cls, options in product((nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d), AFFINE):
        yield Case(cls, (6,), {"affine": True, "momentum": 0.5} | options)
    for cls in (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d):
        yield Case(cls, (6,), {})
        yield Case(cls, (1,), {"affine": True, "track_running_stats": True})
    for sizes, options in product(((1, 1), (1, 6), (2, 6), (6, 6)), AFFINE):
        yield Case(nn.GroupNorm, sizes, options)
    for shape in (6, 1, (4, 5), (2, 1, 3)):
        yield from (Case(nn.LayerNorm, (shape,), options) for options in choices(elementwise_affine=BIAS, bias=BIAS))
        yield from (Case(nn.RMSNorm, (shape,), options) for options in choices(elementwise_affine=BIAS))


def activations() -> Iterator[Case]:
    yield from (Case(nn.PReLU, (count,), {}) for count in (1, 2, 64))
    options = choices(
        bias=BIAS, add_bias_kv=BIAS, add_zero_attn=BIAS, widths=({}, {"kdim": 5}, {"vdim": 7}, {"kdim": 5, "vdim": 7})
    )
    for option in options:
        widths = option.pop("widths")
        yield Case(nn.MultiheadAttention, (8, 2), option | widths)
    yield Case(nn.MultiheadAttention, (8, 1), {"batch_first": True, "kdim": 8, "vdim": 8})
    yield Case(nn.MultiheadAttention, (1, 1), {})


def recurrent() -> Iterator[Case]:
    many = {"num_layers": (1, 2, 3), "bidirectional": BIAS, "bias": BIAS}
    for cls in (nn.RNN, nn.GRU, nn.LSTM):
        yield from (Case(cls, (3, 4), options) for options in choices(**many))
        yield Case(cls, (1, 1), {"num_layers": 2, "bidirectional": True})
    yield from (Case(nn.LSTM, (3, 4), {"proj_size": 2} | options) for options in choices(**many))
    yield Case(nn.LSTM, (3, 4), {"proj_size": 1, "batch_first": True})
    yield Case(nn.RNN, (3, 4), {"nonlinearity": "relu"})
    for cls, sizes in product((nn.RNNCell, nn.GRUCell, nn.LSTMCell), ((3, 4), (1, 1))):
        yield from (Case(cls, sizes, options) for options in choices(bias=BIAS))


CASES = [*linear(), *convolutions(), *embeddings(), *norms(), *activations(), *recurrent()]
