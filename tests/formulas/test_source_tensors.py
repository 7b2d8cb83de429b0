"""Shapes of tensors that are worked with before they become a parameter."""

import pytest
import torch
from torch import nn

import summarykit

READ = "from source"


def row(model, path=""):
    frame = summarykit.summarize(model).layers
    return frame[frame.path == path].iloc[0]


class Kept(nn.Module):
    """Keeps its settings; *make* is the case."""

    def __init__(self, heads=2, width=3, alpha=0.5):
        super().__init__()
        self.heads, self.width, self.alpha = heads, width, alpha


class Arange(Kept):
    def __init__(self):
        super().__init__()
        table = torch.arange(1, self.width + 1, dtype=torch.float32)[None, :]
        table = table.expand(self.heads, -1).contiguous()
        self.weight = nn.Parameter(torch.log(table))


class Reshaped(Kept):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(self.heads, self.width).reshape(self.heads, 1, -1))


class Data(Kept):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.Tensor([self.alpha, self.alpha]))


class Sum(Kept):
    def __init__(self):
        super().__init__()
        steps = torch.exp(torch.rand(self.width) * 3 - 1)
        steps = steps + torch.log(-torch.expm1(-steps))
        self.weight = nn.Parameter(steps / self.width**0.5)


class Cut(Kept):
    """A part of a tensor, which is not followed."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(self.width, self.width)[0])


class Spread(Kept):
    """A sum that is wider than either of its terms."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(self.width, 1) + torch.ones(1, self.width))


CASES = [
    (Arange, "heads × width"),
    (Reshaped, "heads × width"),
    (Data, "2"),
    (Sum, "width"),
    (Cut, None),
    (Spread, None),
]


@pytest.mark.parametrize(("cls", "formula"), CASES)
def test_the_shape_is_followed_as_far_as_it_is_sure(cls, formula):
    found = row(cls())
    assert (found.evidence, found.formula) == (READ if formula else "shape only", formula)


class Small(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))


class Wide(Small):
    pass


KINDS = {"small": Small, "wide": Wide}


def test_one_of_several_classes_in_a_dictionary_is_the_one_that_is_there():
    class Holder(nn.Module):
        def __init__(self, width, kind):
            super().__init__()
            self.width = width
            self.inner = KINDS[kind](width)

    assert row(Holder(3, "wide"), "inner").evidence == READ
