"""Edits of a model, each with what a comparison must say of it."""

import copy

import torch
from hypothesis import strategies as st
from torch import nn

#: What each edit is to a comparison.
STATES = {
    "widen": "changed", "bias": "changed", "freeze": "frozen", "half": "dtype", "set": "settings", "rename": "renamed",
    "retype": "retyped", "move": "moved", "remove": "removed", "insert": "new", "replace": "replaced",
}  # fmt: skip


class Scaled(nn.Linear):
    """Another class with the same tensors."""


class Holder(nn.Module):
    """A part with named layers."""


def is_sequence(module):
    """Whether its layers are numbered."""
    return isinstance(module, nn.Sequential)


def leaf(number):
    """A layer that no other is like."""
    return nn.Linear(10 + number, 3)


@st.composite
def edited_models(draw):
    """A model whose layers are all different, the same after some edits, and those: state, path before, path after."""
    model = Holder()
    count = 0
    for part in ("stem", "body", "head"):
        numbered = draw(st.booleans())
        held = nn.Sequential() if numbered else Holder()
        model.add_module(part, held)
        for at in range(draw(st.integers(1, 4))):
            held.add_module(str(at) if numbered else f"layer{'abcd'[at]}", leaf(count))
            count += 1
            if numbered and draw(st.booleans()):
                held.append(nn.ReLU())
    after = copy.deepcopy(model)
    came = {id(new): name for (name, _), new in zip(model.named_modules(), after.modules(), strict=True)}
    leaves = [
        (parent, name) for parent in after.children() for name, layer in parent.named_children()
        if isinstance(layer, nn.Linear)
    ]  # fmt: skip
    # Two edits beside each other in a sequence can be read in two ways: one of its layers at most.
    one_of = st.sampled_from(leaves)
    chosen = draw(st.lists(one_of, max_size=3, unique_by=lambda at: at[0] if is_sequence(at[0]) else at))
    modules = [(parent, parent._modules[name]) for parent, name in chosen]
    done = []
    for number, (parent, layer) in enumerate(modules):
        edit(draw, after, parent, layer, 100 + number, done)
    paths = {id(module): name for name, module in after.named_modules()}
    return model, after, {(STATES[kind], came.get(id(old)), paths.get(id(new))) for kind, old, new in done}


def edit(draw, model, parent, layer, number, done, kind=None):
    """Edit one layer, somehow or by *kind*; appends the kind of edit, the module as it came and as it is now."""
    numbered = is_sequence(parent)
    kinds = ["widen", "bias", "freeze", "half", "set", "retype", "remove", "replace", "insert"]
    kind = kind or draw(st.sampled_from([*kinds, *([] if numbered else ["rename", "move"])]))
    name = next(name for name, child in parent.named_children() if child is layer)
    new = layer
    match kind:
        case "widen":
            layer.weight = nn.Parameter(torch.zeros(4, layer.in_features))
            layer.bias = nn.Parameter(torch.zeros(4))
            layer.out_features = 4
        case "bias":
            layer.bias = None
        case "freeze":
            layer.requires_grad_(False)
        case "half":
            layer.bfloat16()
        case "set":
            layer.gain = number
        case "retype":
            layer.__class__ = Scaled
        case "remove":
            new = None
            removed(parent, name)
        case "rename":
            parent._modules = {f"other{number}" if n == name else n: child for n, child in parent._modules.items()}
        case "move":
            del parent._modules[name]
            model.add_module(f"aside{number}", layer)
        case "replace":
            new = nn.LayerNorm(number)
            parent._modules[name] = new
        case "insert":
            layer, new = None, nn.LayerNorm(number)
            held = list(parent.children())
            held.insert(draw(st.integers(0, len(held))), new)
            if numbered:
                parent._modules = {str(at): child for at, child in enumerate(held)}
            else:
                parent.add_module(f"new{number}", new)
    done.append((kind, layer, new))


def removed(parent, name):
    """Take a child away; those of a sequence close up."""
    del parent._modules[name]
    if is_sequence(parent):
        parent._modules = {str(at): child for at, child in enumerate(parent.children())}


#: What goes with what on one layer: it is known by its shapes where its place is another, by its place where they are.
TOGETHER = [{"widen", "freeze", "half", "set"}, {"bias", "freeze", "half", "set"}, {"rename", "freeze", "half", "set"},
            {"move", "freeze", "half", "set"}, {"retype", "freeze", "half", "set"}]  # fmt: skip
IN_PLACE = TOGETHER[:2]
ORDER = ["widen", "bias", "freeze", "half", "set", "retype", "rename", "move"]  # new tensors first, a new place last


@st.composite
def models_edited_together(draw):
    """A model with layers that share and are reused, the same with up to three edits a layer; states and paths."""
    model = Holder()
    for part, number in (("stem", 0), ("body", 10)):
        held = Holder()
        model.add_module(part, held)
        for at in range(draw(st.integers(1, 3))):
            held.add_module(f"layer{'abc'[at]}", leaf(number + at))
    model.pair = nn.ModuleList([nn.Linear(7, 7), nn.Linear(7, 7, bias=False), leaf(20), leaf(21)])
    model.pair[1].weight = model.pair[0].weight
    model.again = Holder()
    model.again.same = model.stem.layera
    after = copy.deepcopy(model)
    came = {id(layer): name for name, layer in after.named_modules()}
    told = {}
    layers = [(parent, layer) for parent in (after.stem, after.body) for layer in parent.children()]
    for number, (parent, layer) in enumerate(draw(st.lists(st.sampled_from(layers), max_size=3, unique=True))):
        kinds = draw(st.sampled_from(IN_PLACE if layer is after.again.same else TOGETHER))
        done = []
        for kind in sorted(draw(st.sets(st.sampled_from(sorted(kinds)), min_size=1, max_size=3)), key=ORDER.index):
            edit(draw, after, parent, layer, 100 + number, done, kind)
        states = {STATES[kind] for kind, *_ in done} | ({"settings"} if ("widen", layer, layer) in done else set())
        told[id(layer)] = states
    tie = draw(st.sampled_from(["as it was", "tied", "untied"]))
    if tie == "tied":
        after.pair[3].bias = after.pair[2].bias
        told[id(after.pair[3])] = {"tied"}
    elif tie == "untied":
        after.pair[1].weight = nn.Parameter(after.pair[1].weight.detach().clone())
        told[id(after.pair[1])] = {"untied"}
    now = {id(layer): name for name, layer in after.named_modules()}
    return model, after, {(frozenset(states), came[at], now[at]) for at, states in told.items()}


@st.composite
def wild_edits(draw, model):
    """A copy of any model, edited somehow: names, tensors, ties and modules put anywhere."""
    after = copy.deepcopy(model)
    modules = list(after.modules())
    for _ in range(draw(st.integers(0, 4))):
        module = draw(st.sampled_from(modules))
        tensors = [(m, n) for m in modules for n, t in m._parameters.items() if t is not None]
        children = [(m, n) for m in modules for n, c in m._modules.items() if c is not None]
        match draw(
            st.sampled_from(["freeze", "half", "set", "drop", "reshape", "tie", "untie", "lose", "put", "buffer"])
        ):
            case "freeze":
                for tensor in module._parameters.values():
                    if tensor is not None:
                        tensor.requires_grad = False
            case "half":
                for name, tensor in module._parameters.items():
                    if tensor is not None and tensor.dtype is torch.float32 and not nn.parameter.is_lazy(tensor):
                        module._parameters[name] = nn.Parameter(tensor.detach().half())
            case "set":
                module.scale = draw(st.integers(0, 3))
            case "drop" if tensors:
                holder, name = draw(st.sampled_from(tensors))
                del holder._parameters[name]
            case "reshape" | "untie" as kind if tensors:
                holder, name = draw(st.sampled_from(tensors))
                old = holder._parameters[name]
                lazy = nn.parameter.is_lazy(old)
                shape = old.shape if kind == "untie" and not lazy else draw(st.lists(st.integers(0, 2), max_size=2))
                holder._parameters[name] = nn.Parameter(torch.zeros(shape))
            case "tie" if tensors:
                (one, name), (other, source) = draw(st.sampled_from(tensors)), draw(st.sampled_from(tensors))
                if not nn.parameter.is_lazy(other._parameters[source]):  # only a lazy layer can save one that is
                    one._parameters[name] = other._parameters[source]
            case "lose" if children:
                holder, name = draw(st.sampled_from(children))
                del holder._modules[name]
            case "put":
                place = draw(st.sampled_from(["0", "1", "a", "x.y", ""]))
                module._modules[place] = draw(st.sampled_from([nn.Linear(2, 2), nn.LayerNorm(1), *modules]))
            case "buffer":
                shape = draw(st.lists(st.integers(1, 2), max_size=1))
                module.register_buffer("gone", torch.zeros(shape), persistent=draw(st.booleans()))
    return after
