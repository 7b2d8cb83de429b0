"""Arguments a layer threw away that its children kept, locals that are named, and what is never taken for them."""

import math

import torch
from torch import nn

import summarykit

READ, TAKEN = "from source", "from source, size from the tensor"


def explained(model, path=""):
    data = summarykit.summarize(model).data
    return data.explanation(next(layer for layer in data.layers if layer.path == path))


class Block(nn.Module):
    """Keeps nothing; its first Linear does."""

    def __init__(self, dim, ratio=4.0):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(dim, int(dim * ratio)), nn.GELU(), nn.Linear(int(dim * ratio), dim))
        self.gamma = nn.Parameter(torch.ones(dim))


def test_a_child_that_was_given_the_same_argument_tells_it():
    why = explained(Block(6))
    assert str(why.evidence) == READ
    assert "dim = mlp.0.in_features" in why.origin


def test_a_child_that_was_replaced_by_another_class_tells_nothing():
    block = Block(6)
    block.mlp = nn.Identity()
    assert str(explained(block).evidence) == TAKEN


def test_a_child_that_says_another_number_contradicts():
    block = Block(6)
    block.mlp[0] = nn.Linear(5, 24)
    assert str(explained(block).evidence) == "shape only"


def test_blocks_that_are_alike_are_told_by_their_own_children():
    class Outer(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.inner = Block(dim)

    model = nn.ModuleList([Outer(6), Outer(7)])
    assert [str(explained(model, f"{i}.inner").evidence) for i in (0, 1)] == [READ, READ]
    assert [explained(model, f"{i}.inner").value for i in (0, 1)] == [6, 7]


def test_a_number_that_was_chosen_is_told_by_the_child_it_was_handed_to():
    class Chosen(nn.Module):
        def __init__(self, dim, out=None):
            super().__init__()
            out = out or dim
            self.proj = nn.Linear(dim, out)
            self.gamma = nn.Parameter(torch.ones(out))

    why = explained(Chosen(3, 5))
    assert (str(why.evidence), why.formula.source) == (READ, "(out)")
    assert "out = proj.out_features" in why.origin


def test_one_of_two_tensors_is_not_chosen_by_its_size():
    class Either(nn.Module):
        def __init__(self, dim, wide=True):
            super().__init__()
            self.proj = nn.Linear(dim, dim)
            self.gamma = nn.Parameter(torch.ones(dim)) if wide else nn.Parameter(torch.ones(2 * dim))

    assert str(explained(Either(3)).evidence) == "shape only"


def test_an_attribute_that_is_assigned_anew_after_it_was_used_is_not_the_one_that_is_left():
    class Changing(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.size = int(torch.tensor(dim))
            self.weight = nn.Parameter(torch.ones(self.size))
            self.size = int(torch.tensor(3))

    assert str(explained(Changing(3)).evidence) == "shape only"


def test_a_local_number_that_the_layer_keeps_is_known_from_there():
    class Keeping(nn.Module):
        def __init__(self, dim):
            super().__init__()
            size = int(torch.tensor(dim))
            self.size = size
            self.weight = nn.Parameter(torch.ones(size, 2))

    why = explained(Keeping(3))
    assert (str(why.evidence), why.formula.source) == (READ, "(size) * (2)")


class Words(nn.Module):
    def __init__(self, dim, ratio=2.5, sizes=(4, 4), levels=(1, 2, 3), flag=True):
        super().__init__()
        self.dim, self.ratio, self.sizes, self.levels, self.flag = dim, ratio, sizes, levels, flag
        inner = int(dim * ratio)
        head = int(dim / 2)
        patches = (sizes[0] // 2) ** 2
        tokens = 2 if flag else 1
        self.a = nn.Parameter(torch.ones(inner))
        self.b = nn.Parameter(torch.ones(head))
        self.c = nn.Parameter(torch.ones(patches))
        self.d = nn.Parameter(torch.ones(tokens))
        self.e = nn.Parameter(torch.ones(2 ** len(levels)))
        self.f = nn.Parameter(torch.ones(math.ceil(dim / 4), 1))


def test_what_was_computed_is_said_by_the_formula_or_in_the_codes_own_words():
    why = explained(Words(6))
    assert str(why.evidence) == READ
    formulas = {line.label: line.formula.source for line in why.lines}
    assert formulas["a"] == "(inner)"
    assert formulas["b"] == "(dim // 2)"
    assert formulas["c"] == "((sizes[0] // 2) ** 2)"
    said = ["inner = int(dim * ratio)", "tokens = 2 if flag else 1", "size_0_of_e = 2 ** len(levels)"]
    assert all(words in why.origin for words in said)
    assert "computed in the code" not in why.origin


def test_a_counter_of_a_loop_keeps_its_name():
    class Halved(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.width = width
            self.scales = nn.ModuleList([Inner(width // 2**step) for step in range(3)])

    assert "size = width // 2 ** step in Halved, where step = 2 in the loop" in explained(Halved(8), "scales.2").origin


class Inner(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))


class Middle(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.one, self.two = Inner(size), Inner(2 * size)


class Top(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width
        self.middle = Middle(width + 1)


def test_an_argument_handed_on_is_followed_to_where_it_was_worked_out():
    model = Top(4)
    assert "size = width + 1 in Top" in explained(model, "middle.one").origin
    assert "size = 2 * size in Middle, where size = width + 1 in Top" in explained(model, "middle.two").origin


def test_a_record_of_all_arguments_tells_them():
    class Recorded(nn.Module):
        def __init__(self, heads, dim):
            super().__init__()
            self.hparams = {"heads": heads, "dim": dim, "name": "x"}
            self.weight = nn.Parameter(torch.ones(heads * dim))

    why = explained(Recorded(2, 3))
    assert str(why.evidence) == READ
    assert "heads from hparams" in why.origin


def test_a_property_of_the_layer_is_read_as_code_and_not_called():
    class Sized(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.width = width
            self.weight = nn.Parameter(torch.ones(self.double))

        @property
        def double(self):
            return 2 * self.width

    sized = Sized(3)
    assert str(explained(sized).evidence) == READ
    type(sized).double = property(lambda self: 1 / 0)
    assert str(explained(sized).evidence) == "shape only"


def test_an_object_that_answers_isinstance_by_code_of_its_own_is_not_asked():
    asked = []

    class Loud:
        width = 3

        def __getattribute__(self, name):
            asked.append(name)
            return object.__getattribute__(self, name)

    class Holder(nn.Module):
        def __init__(self, config):
            super().__init__()
            self.config = config
            self.weight = nn.Parameter(torch.ones(config.width))

    holder = Holder(Loud())
    asked.clear()
    assert str(explained(holder).evidence) == READ
    assert asked == []


def test_two_settings_of_one_name_are_told_apart():
    class Settings:
        def __init__(self, **values):
            self.__dict__.update(values)

    class Projector(nn.Module):
        def __init__(self, config):
            super().__init__()
            self.config = config
            self.weight = nn.Parameter(torch.ones(config.vision.size, config.text.size))

    why = explained(Projector(Settings(vision=Settings(size=3), text=Settings(size=4))))
    assert (str(why.evidence), why.value) == (READ, 12)


def test_a_layer_deep_in_containers_is_read_without_going_all_the_way_up():
    model = Inner(3)
    for _ in range(1500):
        model = nn.Sequential(model)
    found = summarykit.summarize(model).layers
    assert found.evidence.iloc[-1] == TAKEN
