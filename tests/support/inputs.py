"""Models and values that several tests of inputs feed."""

from collections import namedtuple
from dataclasses import dataclass

import torch
from torch import nn

from summarykit.reading.inputs import (
    Call,
    input_tensors,
)

X = torch.ones(2, 3)


def shapes(call):
    assert isinstance(call, Call), call
    return {name: (dtype, shape) for name, dtype, shape in input_tensors(call)}


Pair = namedtuple("Pair", "a b")


@dataclass
class Batch:
    x: torch.Tensor


class Exampled(nn.Module):
    def __init__(self, **held):
        super().__init__()
        self.layer = nn.Linear(3, 4)
        for name, value in held.items():
            setattr(self, name, value)

    def forward(self, x, y=None):
        return self.layer(x)


class Masked(nn.Module):
    def __init__(self):
        super().__init__()
        self.position = nn.Embedding(8, 4)
        self.words = nn.Embedding(9, 4)

    def forward(self, input_ids, attention_mask, *, lengths):
        return self.words(input_ids) * attention_mask.unsqueeze(-1) + self.position(lengths)
