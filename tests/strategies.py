"""Random things to try: formulas with settings, and trees of modules."""

import math

import torch
from hypothesis import strategies as st
from torch import nn

# ---------------------------------------------------------------- formulas

NUMBERS = ("out_features", "in_features", "groups", "heads")
SWITCHES = ("bias", "affine")
TUPLES = ("kernel", "shape")
WORDS = ("LSTM", "GRU")


@st.composite
def bindings(draw):
    """Settings of a layer, none below zero."""
    size = st.integers(0, 40) | st.sampled_from([0, 1, 1, 2, 1_024, 30_000])
    found = {name: draw(size) for name in NUMBERS}
    found |= {name: draw(st.booleans()) for name in SWITCHES}
    found |= {name: tuple(draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))) for name in TUPLES}
    return found | {"mode": draw(st.sampled_from(WORDS))}


def _compound(inner):
    def binary(signs):
        return st.tuples(inner, st.sampled_from(signs), inner)

    bracketed = inner.map(lambda text: f"({text})")
    number = inner | bracketed | bracketed
    comparison = st.tuples(bracketed, st.sampled_from(("==", "!=", "<", "<=", ">", ">=")), bracketed).map(" ".join)
    words = st.sampled_from(WORDS).map(lambda word: f'mode == "{word}"')
    asked = st.sampled_from(NUMBERS + SWITCHES) | comparison | words
    logic = st.tuples(asked, st.sampled_from(("and", "or")), asked).map(lambda parts: f"({' '.join(parts)})")
    condition = asked | logic | asked.map(lambda text: f"(not ({text}))")
    return st.one_of(
        st.tuples(number, st.sampled_from(("+", "-", "*", "+", "*")), number).map(" ".join),
        st.tuples(number, st.sampled_from(("+", "-", "*", "+", "*")), number).map(" ".join),
        st.tuples(bracketed, st.sampled_from(("//", "%")), bracketed).map(" ".join),
        st.tuples(bracketed, st.sampled_from("0123")).map(" ** ".join),
        st.tuples(inner, condition, inner).map(lambda parts: "({} if {} else {})".format(*parts)),
        st.tuples(st.sampled_from(("min", "max")), inner, inner).map(lambda parts: "{}({}, {})".format(*parts)),
        bracketed.map(lambda text: f"-{text}"),
        comparison.map(lambda text: f"({text})"),
    )


#: Texts in the language, bracketed and not, with every node it has.
formulas = st.recursive(
    st.one_of(
        st.sampled_from(NUMBERS + SWITCHES),
        st.integers(0, 12).map(str),
        st.sampled_from([f"{function}({name})" for function in ("prod", "sum", "len") for name in TUPLES]),
        st.sampled_from([f"{name}[{index}]" for name in TUPLES for index in ("0", "-1")]),
    ),
    _compound,
    max_leaves=12,
)


def python_value(text, found):
    """What Python itself says; the language is a part of Python's."""
    names = {"prod": math.prod, "sum": sum, "len": len, "min": min, "max": max, "__builtins__": {}}
    return int(eval(text, names, dict(found)))  # noqa: S307 - a text made here, not from outside


# ---------------------------------------------------------------- models


class Block(nn.Module):
    """A container that may hold anything."""


class Other(nn.Module):
    """Another one."""


SIZES = st.integers(1, 3)
CHILD_NAMES = st.sampled_from(["0", "1", "2", "3", "4", "10", "a", "b", "x.y", "", "|", "\u202e"])
LEAVES = st.one_of(
    st.builds(lambda a, b, bias: nn.Linear(a, b, bias=bias), SIZES, SIZES, st.booleans()),
    st.builds(nn.LayerNorm, SIZES),
    st.builds(nn.BatchNorm1d, SIZES),
    st.builds(nn.ReLU),
    st.builds(nn.LazyLinear, SIZES),
    st.builds(nn.Linear, st.just(2), st.just(2)),
)
TENSORS = st.builds(
    lambda shape, dtype, trainable: nn.Parameter(torch.empty(shape, dtype=dtype), requires_grad=trainable),
    st.lists(SIZES, max_size=3),
    st.sampled_from([torch.float32, torch.float16, torch.complex64]),
    st.booleans(),
)


@st.composite
def models(draw, *, cycles=True, most=14, device="meta"):
    """A tree of modules with tied tensors and reused modules, and with cycles unless switched off."""
    with torch.device(device):
        blocks = [draw(st.sampled_from([Block, Other]))()]
        shared = draw(st.lists(TENSORS, max_size=3))
        made = list(blocks)
        for _ in range(draw(st.integers(0, most))):
            block = draw(st.booleans())
            module = draw(st.sampled_from([Block, Other]))() if block else draw(LEAVES)
            draw(st.sampled_from(blocks))._modules[draw(CHILD_NAMES)] = module
            made.append(module)
            blocks += [module] if block else []
        for _ in range(draw(st.integers(0, 4))):
            holder = draw(st.sampled_from(made))
            tensor = draw(st.sampled_from(shared)) if shared and draw(st.booleans()) else draw(TENSORS)
            holder._parameters[draw(st.sampled_from(["weight", "bias", "gain", "a b"]))] = tensor
        for _ in range(draw(st.integers(0, 3))):
            above, below = draw(st.integers(0, len(blocks) - 1)), draw(st.integers(0, len(made) - 1))
            if cycles or made.index(blocks[above]) < below:
                blocks[above]._modules[draw(CHILD_NAMES)] = made[below]
    return blocks[0]


@st.composite
def repeating_models(draw):
    """A model of blocks that repeat, some of them changed: what folding is for."""
    layers = draw(st.lists(st.sampled_from(["linear", "norm", "relu", "wide"]), min_size=1, max_size=3))
    with torch.device("meta"):
        made = {"linear": lambda: nn.Linear(2, 2), "norm": lambda: nn.LayerNorm(2), "relu": nn.ReLU,
                "wide": lambda: nn.Linear(2, 3)}  # fmt: skip
        count = draw(st.integers(1, 6))
        model = nn.Sequential(*(nn.Sequential(*(made[kind]() for kind in layers)) for _ in range(count)))
        for _ in range(draw(st.integers(0, 3))):
            block = model[draw(st.integers(0, count - 1))]
            at = draw(st.integers(0, len(layers) - 1))
            match draw(st.sampled_from(["change", "tie", "reuse", "freeze", "replace"])):
                case "change":
                    block[at] = made[draw(st.sampled_from(sorted(made)))]()
                case "tie" if isinstance(block[at], nn.Linear) and isinstance(model[0][0], nn.Linear):
                    block[at].weight = model[0][0].weight
                case "reuse":
                    block[at] = model[0][0]
                case "freeze":
                    block.requires_grad_(False)
                case "replace" if isinstance(block[at], nn.Linear):
                    block[at].weight = nn.Parameter(torch.empty(5, 5))
        return draw(st.sampled_from([model, nn.ModuleList([model, nn.Linear(2, 2)])]))


@st.composite
def tied_blocks(draw):
    """Equal blocks in a list or named ``block8`` …, with ties inside, to a place outside, or to one another."""
    with torch.device("meta"):
        model = Block()
        model.outside = nn.Linear(2, 2)
        numbered = draw(st.booleans())
        holder = model if numbered else nn.ModuleList()
        inside = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=2))
        reuse = draw(st.booleans())
        outside = draw(st.booleans())
        blocks = []
        for number in range(draw(st.integers(1, 5))):
            block = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2)), nn.Linear(2, 2))
            leaves = [block[0], block[1][0], block[2]]
            for one, other in inside:
                leaves[one].weight = leaves[other].weight
            if reuse:
                block[1].append(block[0])
            if outside:
                leaves[2].bias = model.outside.bias
            holder.add_module(f"block{number + 8}" if numbered else str(number), block)
            blocks.append(block)
        if not numbered:
            model.blocks = holder
        if draw(st.booleans()):
            draw(st.sampled_from(blocks))[0].weight = draw(st.sampled_from(blocks))[2].weight
    return model
