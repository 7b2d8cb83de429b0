"""A formula read from a layer's own code: what is read, what is not, and that nothing is run."""

import linecache
import math

import pytest
import torch
from torch import nn

import summarykit


class Config:
    """Settings as libraries keep them."""

    def __init__(self, **settings):
        self.__dict__.update(settings)


class Scale(nn.Module):
    """An argument that is kept nowhere."""

    def __init__(self, width, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.norm = Scale(config.width)
        self.inner = Scale(config.width * 2, eps=config.eps)


class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.blocks = nn.ModuleList([Block(config) for _ in range(config.depth)])
        self.token = nn.Parameter(torch.zeros(1, 1, config.width))


def row(model, path):
    frame = summarykit.summarize(model).layers
    return frame[frame.path == path].iloc[0]


def model(**settings):
    return Model(Config(**{"width": 6, "depth": 3, "eps": 1e-6, **settings}))


def test_an_argument_that_was_not_kept_is_found_in_the_parents_call():
    layer = row(model(), "blocks.1.norm")
    assert (layer.evidence, layer.formula, layer.formula_value) == ("from source", "width", 6)
    assert row(model(), "blocks.1.inner").evidence == "from source"


def test_a_tensor_on_the_model_itself_is_read_from_its_config():
    layer = row(model(), "")
    assert (layer.evidence, layer.formula, layer.formula_numbers) == ("from source", "width", "6")


def test_a_layer_without_a_parent_takes_its_size_from_the_tensor_and_says_so():
    layer = row(Scale(5), "")
    assert (layer.evidence, layer.formula_value) == ("from source, size from the tensor", 5)
    assert "`width` = 5 taken from the tensor, not checked" in layer.explanation


def test_a_replaced_weight_is_a_contradiction_and_falls_back_to_its_size():
    changed = model()
    changed.blocks[1].norm.weight = nn.Parameter(torch.ones(7))
    assert row(changed, "blocks.1.norm").evidence == "shape only"
    assert row(changed, "blocks.0.norm").evidence == "from source"
    assert summarykit.summarize(changed).checks.ok


def test_swapped_axes_are_a_contradiction():
    class Table(nn.Module):
        def __init__(self, rows, columns):
            super().__init__()
            self.rows, self.columns = rows, columns
            self.table = nn.Parameter(torch.empty(rows, columns))

    table = Table(3, 4)
    assert row(table, "").evidence == "from source"
    table.table = nn.Parameter(torch.empty(4, 3))
    assert row(table, "").evidence == "shape only"


class Kept(nn.Module):
    """Many ways to write sizes, all of which the configuration tells."""

    def __init__(self, dim, heads=4, bias=True, ratio=2.5, window=(7, 5)):
        super().__init__()
        self.dim = dim
        self.heads = heads
        self.ratio = ratio
        self.window = window
        self.head_dim = dim // heads
        inner = int(dim * ratio)
        side = 2 * window[0] - 1
        size = (heads, dim)
        self.a = nn.Parameter(torch.empty(dim, 3 * dim))
        self.b = torch.nn.Parameter(torch.randn(heads, self.head_dim) * 0.02)
        self.c = nn.Parameter(torch.zeros(inner))
        self.d = nn.Parameter(torch.zeros(side * (2 * window[1] - 1), heads))
        self.e = nn.Parameter(torch.full(size, 1.0))
        self.f = nn.Parameter(torch.ones(dim).view(1, dim, 1, 1))
        self.g = nn.Parameter(torch.zeros(dim).unsqueeze(0))
        self.h = nn.Parameter(torch.tensor(0.5))
        self.register_parameter("i", nn.Parameter(torch.rand(max(dim, heads))))
        if bias:
            self.j = nn.Parameter(torch.zeros(dim))
        else:
            self.register_parameter("j", None)
        self.k = nn.Parameter(torch.empty(math.ceil(dim / 7)))
        self._more(dim + 1)

    def _more(self, size):
        self.m = nn.Parameter(torch.linspace(0, 1, size))


@pytest.mark.parametrize("bias", [True, False])
def test_many_ways_to_write_a_size(bias):
    layer = Kept(12, bias=bias)
    tensors = summarykit.summarize(layer).tensors
    assert dict(zip(tensors.name, tensors.evidence, strict=True)) == {
        name: "from source" for name, _ in layer.named_parameters()
    }
    assert row(layer, "").formula_value == sum(p.numel() for p in layer.parameters())


def test_an_extra_tensor_of_a_known_layer_is_read_from_the_code_of_the_class_that_adds_it():
    class Gained(nn.Linear):
        def __init__(self, *args):
            super().__init__(*args)
            self.gain = nn.Parameter(torch.ones(self.out_features, 1))

    layer = row(Gained(3, 4), "")
    assert (layer.evidence, layer.formula_numbers) == ("from source", "4 × (3 + 1) + 4 = 20")


def test_a_branch_the_configuration_does_not_decide_is_not_guessed():
    class Either(nn.Module):
        def __init__(self, size, where=None):
            super().__init__()
            if torch.cuda.is_available() or where:
                size = size * 2
            self.weight = nn.Parameter(torch.ones(size))

    assert row(Either(3), "").evidence == "shape only"


@pytest.mark.parametrize(
    ("name", "evidence"), [("computed", "shape only"), ("absent", "from source"), ("width", "from source")]
)
def test_getattr_takes_its_default_only_where_the_attribute_is_surely_missing(name, evidence):
    class Settings(Config):
        computed = property(lambda self: 2)

    class Headed(nn.Module):
        def __init__(self, config):
            super().__init__()
            size = getattr(config, config.asked, config.width // config.heads)
            self.weight = nn.Parameter(torch.ones(size))

    class Top(nn.Module):
        def __init__(self, config):
            super().__init__()
            self.config = config
            self.inner = Headed(config)

    # `computed` gives 2 as well, which is no reason to say that it is width // heads.
    layer = row(Top(Settings(width=6, heads=3, asked=name)), "inner")
    assert (layer.evidence, layer.formula) == (evidence, {"absent": "width ÷ heads", "width": "width"}.get(name))


def test_code_without_source_is_size_only():
    namespace = {"nn": nn, "torch": torch}
    code = "class Made(nn.Module):\n    def __init__(self, n):\n        super().__init__()\n        self.n = n\n"
    code += "        self.weight = nn.Parameter(torch.ones(n))\n"
    linecache.clearcache()
    exec(code, namespace)  # noqa: S102 - code without a file is the case
    assert row(namespace["Made"](3), "").evidence == "shape only"


def test_nothing_of_the_users_runs():
    calls = []

    class Loud:
        width = 3

        def __getattr__(self, name):
            calls.append(name)
            raise RuntimeError

        @property
        def depth(self):
            calls.append("depth")
            raise RuntimeError

    class Holder(nn.Module):
        def __init__(self, config):
            super().__init__()
            self.config = config
            self.weight = nn.Parameter(torch.ones(2))
            self.bias = nn.Parameter(torch.ones(config.width))

        @property
        def size(self):
            calls.append("size")
            raise RuntimeError

    holder = Holder.__new__(Holder)
    nn.Module.__init__(holder)
    holder.config = Loud()
    holder.weight, holder.bias = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(3))
    calls.clear()
    tensors = summarykit.summarize(holder).tensors
    assert calls == []
    assert list(tensors.evidence) == ["from source", "from source"]


def test_a_constructor_too_long_to_read_falls_back():
    lines = "\n".join(f"        x{i} = {i}" for i in range(3000))
    code = f"class Long(nn.Module):\n    def __init__(self):\n        super().__init__()\n{lines}\n"
    code += "        self.weight = nn.Parameter(torch.ones(3))\n"
    linecache.cache["<long>"] = (len(code), None, code.splitlines(True), "<long>")
    namespace = {"nn": nn, "torch": torch, "__name__": "long"}
    exec(compile(code, "<long>", "exec"), namespace)  # noqa: S102 - code that no file of ours could hold
    assert row(namespace["Long"](), "").evidence == "shape only"


def test_the_origin_names_the_line_and_where_the_numbers_come_from():
    summary = summarykit.summarize(model())
    why = summary.data.explanation(next(layer for layer in summary.data.layers if layer.path == "blocks.0.inner"))
    assert "Scale.__init__, line" in why.origin
    assert "width = config.width * 2 in Block" in why.origin


def test_a_property_goes_before_what_the_object_holds_under_its_name():
    class Sizes(Config):
        @property
        def width(self):
            return 5

        @width.setter
        def width(self, value):
            raise AttributeError

    class Holder(nn.Module):
        def __init__(self, config):
            super().__init__()
            self.config = config
            self.weight = nn.Parameter(torch.ones(config.width))

    assert row(Holder(Sizes(width=5)), "").evidence == "shape only"


def test_names_that_shadow_builtins_are_the_codes_own():
    class Shadow(nn.Module):
        def __init__(self, n):
            super().__init__()
            max = n + 1
            self.n = n
            self.weight = nn.Parameter(torch.ones(max))

    assert (row(Shadow(3), "").evidence, row(Shadow(3), "").formula) == ("from source", "n + 1")
