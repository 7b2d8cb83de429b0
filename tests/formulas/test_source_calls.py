"""Arguments on their way from a constructor to the layer that throws them away."""

from collections import OrderedDict
from functools import partial

import pytest
import torch
from torch import nn

import summarykit

READ, TAKEN = "from source", "from source, size from the tensor"


def row(model, path):
    frame = summarykit.summarize(model).layers
    return frame[frame.path == path].iloc[0]


def origin(model, path):
    data = summarykit.summarize(model).data
    return data.explanation(next(layer for layer in data.layers if layer.path == path)).origin


class Scale(nn.Module):
    """Keeps nothing of its size; takes what goes with a tensor as a dictionary."""

    def __init__(self, width, device=None, dtype=None):
        super().__init__()
        dd = {"device": device, "dtype": dtype}
        self.gamma = nn.Parameter(0.1 * torch.ones((1, width), **dd))


class Other(Scale):
    """Made like a Scale, and no Scale."""


def test_a_dictionary_laid_out_beside_the_sizes_hides_none_of_them():
    assert (row(Scale(3), "").evidence, row(Scale(3), "").formula) == (TAKEN, "width")


def test_a_dictionary_that_may_hold_the_size_is_not_guessed():
    class Hidden(nn.Module):
        def __init__(self, width, **settings):
            super().__init__()
            self.width = width
            self.gamma = nn.Parameter(torch.ones(**settings))

    assert row(Hidden(3, size=(3,)), "").evidence == "shape only"


class Builder(nn.Module):
    """Makes its blocks in one of several ways; all of them are a Scale of the width."""

    def __init__(self, width, way, depth=3, layer=Scale):
        super().__init__()
        self.width, self.way = width, way
        if way == "comprehension":
            self.blocks = nn.ModuleList([Scale(width) for _ in range(depth)])
        elif way == "sequential":
            self.blocks = nn.Sequential(*[Scale(width) for i in range(depth)])
        elif way == "loop":
            self.blocks = nn.ModuleList()
            for _ in range(depth):
                self.blocks.append(Scale(width))
        elif way == "local list":
            layers = []
            for _ in range(depth):
                layers.append(Scale(width))  # noqa: PERF401 - the loop is the case
            self.blocks = nn.Sequential(*layers)
        elif way == "names":
            self.blocks = nn.Sequential(OrderedDict([("0", nn.Identity()), ("1", Scale(width))]))
        elif way == "partial":
            make = partial(Scale, device=None)
            self.blocks = nn.ModuleList([make(width) for _ in range(depth)])
        elif way == "argument":
            self.blocks = nn.ModuleList([layer(width) for _ in range(depth)])
        elif way == "either":
            self.blocks = nn.ModuleList([Scale(width) if depth > 2 else nn.Identity() for _ in range(depth)])
        elif way == "keywords":
            settings = {"width": width}
            settings["device"] = None
            self.blocks = nn.ModuleList([Scale(**settings) for _ in range(depth)])
        else:
            self.blocks = self._made(depth, width)

    def _made(self, depth, width):
        return nn.Sequential(*(Scale(width) for _ in range(depth)))


WAYS = "comprehension, sequential, loop, local list, names, partial, argument, either, keywords, method"


@pytest.mark.parametrize("way", WAYS.split(", "))
def test_ways_to_make_the_same_block(way):
    model = Builder(6, way)
    assert (row(model, "blocks.1").evidence, row(model, "blocks.1").formula_value) == (READ, 6)
    assert "width = width in Builder" in origin(model, "blocks.1")


def test_a_class_passed_as_an_argument_is_followed_only_to_the_class_that_is_there():
    assert row(Builder(6, "argument", layer=Other), "blocks.1").evidence == TAKEN


def test_the_same_class_made_in_two_ways_agrees_in_what_both_say():
    class Two(nn.Module):
        def __init__(self, width, flag):
            super().__init__()
            self.width = width
            self.same = Scale(width) if flag > 1 else Scale(width, None)
            self.other = Scale(width) if flag > 1 else Scale(2 * width)

    assert row(Two(3, 2), "same").evidence == READ
    assert row(Two(3, 2), "other").evidence == TAKEN


def test_blocks_of_a_loop_have_their_own_sizes():
    class Stages(nn.Module):
        def __init__(self, widths):
            super().__init__()
            self.widths = widths
            self.stages = nn.ModuleList([Scale(widths[i]) for i in range(len(widths))])

    assert "width = widths[2] in Stages" in origin(Stages((2, 3, 3)), "stages.2")


def test_modules_added_by_a_name_put_together_are_found_under_it():
    class Named(nn.Module):
        def __init__(self, widths):
            super().__init__()
            self.widths = widths
            for i, width in enumerate(widths):
                self.add_module(f"scale{i}", Scale(width))

    assert "width = widths[1] in Named" in origin(Named((3, 3)), "scale1")


def test_a_loop_of_unknown_length_does_not_tell_which_size_comes_when():
    class Growing(nn.Module):
        def __init__(self, width, depth):
            super().__init__()
            self.width = width
            self.blocks = nn.ModuleList()
            for _ in range(depth):
                self.blocks.append(Scale(width))
                width = 2 * width

    assert row(Growing(3, 2), "blocks.0").evidence == TAKEN


def test_a_loop_that_may_be_left_early_is_not_read_to_its_end():
    class Early(nn.Module):
        def __init__(self, width, stop):
            super().__init__()
            self.width = width
            size = width
            for step in range(3):
                if step > stop:
                    break
                size = size + 1
            self.weight = nn.Parameter(torch.ones(size))

    assert row(Early(3, 5), "").evidence == "shape only"


def test_a_function_that_may_return_early_gives_what_it_surely_gives():
    def pair(value, wide):
        if wide:
            return (value, 2 * value)
        return (value, value)

    class Paired(nn.Module):
        def __init__(self, width, wide):
            super().__init__()
            self.width = width
            first, second = pair(width, wide)
            self.first = nn.Parameter(torch.ones(first))
            self.second = nn.Parameter(torch.ones(second))

    tensors = summarykit.summarize(Paired(3, False)).tensors
    assert list(tensors.evidence) == [READ, "shape only"]


def test_a_list_changed_in_place_is_not_what_it_was():
    class Changed(nn.Module):
        def __init__(self, width, flag):
            super().__init__()
            self.width = width
            sizes = [width, width]
            sizes[0] = 2 * width
            if flag > 1:
                sizes[1] = 5
            self.first = nn.Parameter(torch.ones(sizes[0]))
            self.second = nn.Parameter(torch.ones(sizes[1]))

    tensors = summarykit.summarize(Changed(3, 0)).tensors
    assert list(tensors.evidence) == [READ, "shape only"]


class Base(nn.Module):
    def __init__(self, width, heads=2):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(heads, width))


class Derived(Base):
    def __init__(self, name, **kwargs):
        super().__init__(**kwargs)
        self.name = name


class Forwarding(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width
        self.inner = Derived("a", width=width, heads=4)


def test_arguments_handed_on_by_keyword_reach_the_base_class():
    found = row(Forwarding(3), "inner")
    assert (found.evidence, found.formula_numbers) == (READ, "4 × 3 = 12")
    assert row(Derived("a", width=3), "").evidence == TAKEN


def test_a_list_of_parameters_is_read_where_it_is_filled():
    class Lists(nn.Module):
        def __init__(self, widths):
            super().__init__()
            self.widths = widths
            self.scales = nn.ParameterList([nn.Parameter(torch.ones(width)) for width in widths])

    found = summarykit.summarize(Lists((2, 3))).tensors
    assert list(found.evidence) == [READ, READ]
