"""Layers of somebody's own, of which nothing is known but their tensors: their source says no sizes."""

import torch
from torch import nn


def fill(module: nn.Module, **shapes: tuple[int, ...]) -> None:
    """Give *module* a parameter of each name and shape, where no reader of its class's source finds them."""
    module._parameters.update((name, nn.Parameter(torch.zeros(shape))) for name, shape in shapes.items())


class Mixer(nn.Module):
    """A layer with two settings, a weight and a bias."""

    def __init__(self, heads: int = 3, dim: int = 5) -> None:
        super().__init__()
        self.heads, self.dim = heads, dim
        fill(self, weight=(heads, dim), bias=(heads,))


class Outgrown(nn.Linear):
    """A subclass whose weight no longer fits what its base says."""

    def __init__(self) -> None:
        super().__init__(4, 3)
        del self.weight
        fill(self, weight=(6, 4))


def without_source(name):
    """A class of that name, made where no source code can be read."""
    scope = {"nn": nn}
    exec(f"class {name}(nn.Module):\n    pass\n", scope)  # noqa: S102 - what exec makes has no source
    return scope[name]
