"""Who sends a token to which experts: the router beside them, and how many it chooses."""

from __future__ import annotations

import re
from typing import NamedTuple

from summarykit.expression import Value
from summarykit.summary.experts.tree import Places, counts, is_number

#: Names of a router or its block under which stands how many experts a token gets.
_NEAR = re.compile(r"k|(num_|n_)?(moe_|router_|moe_router_)?top_?k|(moe_|router_)?top_?k_experts?", re.IGNORECASE)
#: Names that say so anywhere in a model or its config.
_ANYWHERE = re.compile(
    r"moe_k|(moe_|router_|moe_router_)(num_|n_)?top_?k(_experts?)?|top_?k_experts?|experts?_top_?k"
    r"|(moe_)?(num_|n_)?(routed_)?experts?_(per_(tok|token|topk)|used|selected|activated|active)"
    r"|(moe_)?(num_|n_)?(selected|activated|active|used|chosen)_experts?",
    re.IGNORECASE,
)
_ROUTER_NAME = re.compile(r"(\w*_)?(router|gate|gating|routing|gate_?network|router_?network)", re.IGNORECASE)
_ROUTER_CLASS = re.compile(r"Router|Gat(e|ing)$|GatingNetwork", re.IGNORECASE)
_ROUTER_TENSOR = re.compile(r"(\w*_)?(router|gate|gating|wg)(_?(weight|w|logits|matrix))?", re.IGNORECASE)
_IN_NAME = re.compile(r"top_?(\d+)", re.IGNORECASE)
_MATRIX = 2


class Router(NamedTuple):
    """What chooses among experts."""

    layer: int  #: number of the router; that of the block where the block itself holds its weights
    block: int  #: number of the layer that holds router and experts
    has_name: bool  #: its name or class says what it is


class Choice(NamedTuple):
    """How many experts a token gets, and who says so."""

    per_token: int | None
    origin: str  #: "config.num_experts_per_tok"; where it is not known, why
    setting: str = ""  #: the name of the layer's setting that says so: "top_k"


class _Setting(NamedTuple):
    """A number that a layer or the config has under some name."""

    origin: str  #: "config.num_experts_per_tok", "k of Router"
    value: int
    name: str  #: empty for one of the config


def find_router(places: Places, layer: int, experts: int, *, within: bool = False) -> Router | str | None:
    """Return what routes to the experts at *layer*; a text says what does not fit, None that there is none.

    Args:
        places: The tree.
        layer: The number of what holds the experts.
        experts: How many there are.
        within: Whether the router may be inside *layer* itself, beside the experts' own tensors.

    """
    branch, at = -1, layer
    while True:
        if at != layer or within:
            router = _beside(places, at, branch, experts)
            if router is not None:
                return router
        parent = places.layers[at].parent
        last = at != layer and not places.is_container(at) and not places.says(at, "expert")
        if parent < 0 or last:
            return None
        branch, at = at, parent


def _beside(places: Places, block: int, branch: int, experts: int) -> Router | str | None:
    """Return the router among the children of *block* and its own tensors."""
    others = [
        n
        for n in places.children[block]
        if n != branch and not places.is_called(n, "shared") and places.parameters_inside(n)
    ]
    routers = [n for n in others if is_called_router(places, n)]
    for number in routers:
        if _chooses(places, number, experts):
            return Router(number, block, has_name=True)
    own = [t.facts.shape or () for t in places.own(block) if _ROUTER_TENSOR.fullmatch(t.name)]
    if any(len(shape) == _MATRIX and experts in shape for shape in own):
        return Router(block, block, has_name=True)
    plain = [n for n in others if not places.children[n] and _outputs(places, n) == experts]
    if plain and not routers:
        return Router(plain[0], block, has_name=False)
    return _contradiction(places, routers[0], experts) if routers else None


def is_called_router(places: Places, number: int) -> bool:
    """Return whether name or class of a layer says that it chooses among others."""
    return bool(_ROUTER_NAME.fullmatch(places.name(number)) or _ROUTER_CLASS.search(places.kind(number)))


def has_router_beside(places: Places, number: int) -> bool:
    """Return whether a layer's neighbours, or the tensors of what is around it, are called a router."""
    parent = places.layers[number].parent
    if parent < 0:
        return False
    has_neighbour = any(is_called_router(places, beside) for beside in places.children[parent] if beside != number)
    return has_neighbour or any(_ROUTER_TENSOR.fullmatch(tensor.name) for tensor in places.own(parent))


def _outputs(places: Places, number: int) -> int:
    """Return among how many a router chooses: the outputs of its last matrix; 0 where it has none."""
    size = places.settings(number).get("out_features")
    if is_number(size):
        return size
    matrices = [
        t.facts.shape
        for _, t in places.parameters_inside(number)
        if t.name == "weight" and len(t.facts.shape or ()) == _MATRIX
    ]
    return matrices[-1][0] if matrices and matrices[-1] else 0


def _chooses(places: Places, number: int, experts: int) -> bool:
    """Return whether a router chooses among just these experts, and beside them those shared by all."""
    settings = places.settings(number)
    shared_counts = [value for name, value in settings.items() if "shared" in name.lower() and is_number(value)]
    totals = {experts, *(experts + value for value in shared_counts)}
    if any(count not in totals for count in counts(settings)):
        return False
    outputs = _outputs(places, number)
    if outputs:
        return outputs in totals
    return any(experts in (tensor.facts.shape or ()) for _, tensor in places.parameters_inside(number))


def _contradiction(places: Places, number: int, experts: int) -> str:
    outputs = max([_outputs(places, number), *counts(places.settings(number))])
    return f"{places.kind(number)} chooses among {outputs:,}, and there are {experts:,} experts"


def choice(places: Places, layer: int, router: Router) -> Choice:
    """Return how many experts a token gets; from the router and its block, the config, or the router's name."""
    between = [n for n in (layer, *places.above(layer)) if router.block <= n]
    near = _values(places, dict.fromkeys([router.layer, router.block, *between]), _NEAR, _ANYWHERE)
    values = {setting.value for setting in near}
    config = [
        _Setting(f"config.{name}", value, "") for name, value in _matching(dict(places.records.config), _ANYWHERE)
    ]
    if len(values) > 1:
        return Choice(None, f"{near[0].origin} says {near[0].value}, and another of its layers says otherwise")
    if values:
        (value,) = values
        best = next((setting for setting in config if setting.value == value), near[0])
        return Choice(value, best.origin, best.name)
    for matches in (config, _values(places, dict.fromkeys(places.above(router.block)), _ANYWHERE)):
        if not matches:
            continue
        first, last = matches[0], matches[-1]
        if len({setting.value for setting in matches}) > 1:
            return Choice(None, f"{first.origin} says {first.value}, and {last.origin} says {last.value}")
        return Choice(first.value, first.origin, first.name)
    match = _IN_NAME.search(places.kind(router.layer))
    if match and router.has_name and router.layer != router.block:
        return Choice(int(match[1]), f"the name of {places.kind(router.layer)}")
    return Choice(None, "neither the model nor its config says how many experts a token gets")


def _values(places: Places, numbers: dict[int, None], *patterns: re.Pattern[str]) -> list[_Setting]:
    return [
        _Setting(f"{name} of {places.kind(number)}", value, name)
        for number in numbers
        for name, value in _matching(places.settings(number), *patterns)
    ]


def _matching(settings: dict[str, Value], *patterns: re.Pattern[str]) -> list[tuple[str, int]]:
    return [
        (name, value)
        for name, value in sorted(settings.items())
        if is_number(value) and any(pattern.fullmatch(name) for pattern in patterns)
    ]
