"""Where experts are, one of which a token is sent to, and what that leaves active; a doubt makes it unknown.

Experts are found in two forms: a list of modules that are alike, and tensors that have all experts along their
first axis. Each needs a router beside it and a number of experts that each token gets, or nothing is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from summarykit.records import LayerRecord, ModelRecords
from summarykit.summary.experts.layouts import form_of
from summarykit.summary.experts.routing import Choice, Router, choice, find_router
from summarykit.summary.experts.tree import Places, expert_count

_BLOCK = re.compile(r"M[oO][eE](Block|Layer|FFN|FeedForward)?$")
_STACK_RANK = 3


class RoutedExperts(NamedTuple):
    """Experts of which each token gets some, in all the places that are alike."""

    experts: int
    per_token: int
    origin: str  #: who says how many: "config.num_experts_per_tok"
    places: int  #: how many layers have such experts
    parameters: int  #: of all their experts
    path: str  #: the first of these places
    held: tuple[tuple[int, int], ...]  #: each place: its layer, and the parameters of its experts


class Experts(NamedTuple):
    """What one token uses of a model; parameters outside routed experts are always used."""

    active: int | None  #: None where it is not known
    routed: tuple[RoutedExperts, ...]  #: empty for a dense model
    reason: str  #: why it is not known, in words; else empty


class _ExpertSet(NamedTuple):
    layer: int
    experts: int
    parameters: int
    router: Router | None
    choice: Choice


def find_experts(records: ModelRecords, total: int) -> Experts:
    """Return what one token uses of a model with *total* parameters."""
    if not _speaks_of_experts(records):
        return Experts(total, (), "")
    places = Places(records)
    sets: list[_ExpertSet] = []
    reasons: list[str] = []
    end = 0
    for layer in places.layers:
        if layer.id < end or layer.alias_of >= 0:
            continue
        experts = _experts_at(places, layer.id, records.experts_per_token)
        if experts is not None:
            end = places.end[layer.id]
            if isinstance(experts, str):
                reasons.append(f"{experts} (in {layer.path or places.kind(layer.id)})")
            else:
                sets.append(experts)
    reasons += _side_by_side(places, sets)
    if not reasons:
        reasons += _open_questions(places, sets)
    idle = sum(part.parameters // part.experts * (part.experts - (part.choice.per_token or 0)) for part in sets)
    return Experts(None if reasons else total - idle, _groups(places, sets), reasons[0] if reasons else "")


def _speaks_of_experts(records: ModelRecords) -> bool:
    """Return whether anything in a model may be experts; most models are told apart by their tables alone."""
    if any("expert" in kind.name.lower() or _BLOCK.search(kind.name) for kind in records.types):
        return True
    if any(expert_count(dict(settings)) > 1 for settings in records.settings):
        return True
    lists = {at for at, kind in enumerate(records.types) if kind.name in {"ModuleList", "ModuleDict"}}
    has_stack = any(len(tensor.facts.shape or ()) >= _STACK_RANK for tensor in records.tensors)
    return any("expert" in layer.path.lower() for layer in records.layers if layer.type in lists) or any(
        _may_choose(dict(settings)) for settings in records.settings if lists or has_stack
    )


def _may_choose(settings: dict[str, object]) -> bool:
    return any("top" in name.lower() or name.lower() == "k" or "expert" in name.lower() for name in settings)


def _experts_at(places: Places, number: int, per_token: int | None) -> _ExpertSet | str | None:
    """Return the experts that a layer holds; a text says why nothing can be claimed of them, None that it has none."""
    form = form_of(places, number)
    if form is None or any(places.is_called(n, "shared") for n in [number, *places.above(number)][:3]):
        return None
    if isinstance(form, str):
        return form
    experts, parameters, in_tensors = form
    surely = places.is_of_experts(number)
    router = find_router(places, number, experts, within=in_tensors)
    if not isinstance(router, Router) and per_token is None and _is_stack_of_blocks(places, number):
        return None
    choice = _choice(places, number, router, per_token)
    if not surely:
        if not (isinstance(router, Router) and router.has_name and choice.per_token):
            return None
        if not _is_mixture(places, number, router) and (in_tensors or choice.setting == "k"):
            return f"{choice.origin} and a router may choose among its parts, or may not"
    if _experts_inside(places, number):
        return "its experts hold experts of their own"
    if choice.per_token is None:
        return choice.origin
    if choice.per_token > experts:
        return f"{choice.origin} says {choice.per_token:,}, and there are {experts:,} experts"
    if _is_reused(places, number):
        return "its experts are used in several places, and a token may get others in each"
    return _ExpertSet(number, experts, parameters, router if isinstance(router, Router) else None, choice)


def _is_mixture(places: Places, number: int, router: Router) -> bool:
    """Return whether a name or class around experts says that they are a mixture, where none says expert."""
    around = [n for n in (number, *places.above(number)) if n >= router.block]
    names = " ".join(
        f"{places.name(n)} {places.kind(n)} {' '.join(places.settings(n))}" for n in [*around, router.layer]
    )
    return bool(re.search("expert|moe|mixture|router", names, re.IGNORECASE))


def _choice(places: Places, number: int, router: Router | str | None, per_token: int | None) -> Choice:
    """Return how many experts a token gets; what the caller says goes before what the model says."""
    if per_token is not None:
        return Choice(per_token, "experts_per_token")
    return (
        choice(places, number, router) if isinstance(router, Router) else Choice(None, router or "no router is found")
    )


def _is_stack_of_blocks(places: Places, number: int) -> bool:
    """Return whether a list is rather of blocks that follow each other, whose class has expert in its name."""
    kids = places.children[number]
    inside = places.inside(kids[0])[1:] if kids else ()
    says_expert = places.says(number, "expert")
    return not says_expert and any(places.is_container(layer.id) and places.children[layer.id] for layer in inside)


def _experts_inside(places: Places, number: int) -> bool:
    """Return whether the first of a list of experts holds experts again."""
    kids = places.children[number]
    inside = places.inside(kids[0])[1:] if kids else ()
    return any(isinstance(_experts_at(places, layer.id, None), _ExpertSet) for layer in inside if layer.alias_of < 0)


def _is_reused(places: Places, number: int) -> bool:
    around = {number, *places.above(number), *(layer.id for layer in places.inside(number))}
    return bool(around & places.reused_layers) or any(
        at in places.shared_tensors for at, _ in places.parameters_inside(number)
    )


def _side_by_side(places: Places, sets: list[_ExpertSet]) -> Iterator[str]:
    """Yield a reason where a block has several routers with experts of their own: a token may pass one or all."""
    blocks: dict[int, set[int]] = {}
    for part in sets:
        if part.router is not None:
            blocks.setdefault(places.layers[part.router.block].parent, set()).add(part.router.block)
    for above, inside in blocks.items():
        if above >= 0 and len(inside) > 1 and not places.is_container(above):
            own = expert_count(places.settings(above)) > 1 or _BLOCK.search(places.kind(above))
            if own:
                yield f"{places.kind(above)} has several sets of experts; which of them a token passes is not known"


def _open_questions(places: Places, sets: list[_ExpertSet]) -> Iterator[str]:
    """Yield a reason for each layer that speaks of experts where none were found."""
    around = {n for part in sets for n in (part.layer, *places.above(part.layer))}
    blocks = {part.router.block if part.router else places.layers[part.layer].parent for part in sets}
    pairs = ((at, expert_count(dict(settings))) for at, settings in enumerate(places.records.settings))
    counts = {at: count for at, count in pairs if count > 1}
    kinds = {at for at, kind in enumerate(places.records.types) if _BLOCK.search(kind.name)}
    for layer in places.layers:
        if layer.settings not in counts and layer.type not in kinds:
            continue
        if layer.id in around or layer.alias_of >= 0 or not _speaks(places, layer, counts.get(layer.settings, 0)):
            continue
        if places.is_called(layer.id, "shared") or blocks & set(places.above(layer.id)):
            continue
        yield f"{places.kind(layer.id)} speaks of experts, and how a token passes it is not known (in {layer.path})"


def _speaks(places: Places, layer: LayerRecord, count: int) -> bool:
    """Return whether a layer says that experts are in it; a whole model that only repeats its config does not."""
    lists = [len(places.children[part.id]) for part in places.inside(layer.id) if places.is_container(part.id)]
    return (not lists or count in lists) and bool(places.parameters_inside(layer.id))


def _groups(places: Places, sets: list[_ExpertSet]) -> tuple[RoutedExperts, ...]:
    groups: dict[tuple[int, int, str], list[_ExpertSet]] = {}
    for part in sets:
        groups.setdefault((part.experts, part.choice.per_token or 0, part.choice.origin), []).append(part)
    return tuple(
        RoutedExperts(
            *key,
            len(members),
            sum(part.parameters for part in members),
            places.layers[members[0].layer].path,
            tuple((part.layer, part.parameters) for part in members),
        )
        for key, members in groups.items()
    )
