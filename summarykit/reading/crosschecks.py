"""Containers held against their closed formulas (``formulas.subtrees``), after a walk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from torch import nn

from summarykit.expression import Unanswerable, Value
from summarykit.formulas.subtrees import SubtreeRule, closed_form, find_subtree_rule
from summarykit.reading.layer_kinds import NotPlain, plain_value
from summarykit.records import CrossCheck


def cross_checks(modules: Sequence[nn.Module], first_places: Sequence[int]) -> tuple[CrossCheck, ...]:
    """Return the closed formula of each container that has one, by the number of its layer.

    *modules* are those of the layers, by number; one met again, which *first_places* tells, is looked at once.
    A container for which its formula cannot be worked out is left out.
    """
    rules = {
        cls: find_subtree_rule([f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__])
        for cls in set(map(type, modules))
    }
    if not any(rules.values()):
        return ()
    checks: list[CrossCheck] = []
    for number, module in enumerate(modules):
        rule = rules[type(module)]
        if rule is not None and first_places[number] == number:
            checks += _cross_check(number, module, rule)
    return tuple(checks)


def _cross_check(number: int, module: nn.Module, rule: SubtreeRule) -> Iterator[CrossCheck]:
    try:
        form = closed_form(rule, lambda path: _setting(module, path))
    except Unanswerable:
        return
    yield CrossCheck(number, form.formula, form.bindings, form.value, rule.origin, rule.users)


def _setting(module: nn.Module, path: str) -> Value:
    """Return a setting of *module* or of a part of it; a tensor, or a part that is not there, reads True or False."""
    *above, name = path.split(".")
    part: Any = module
    for step in above:
        part = (part.__dict__.get("_modules") or {}).get(step)
        if part is None:
            return False
    attributes = part.__dict__
    parameters = attributes.get("_parameters") or {}
    if name in parameters:
        return parameters[name] is not None
    value = plain_value(attributes.get(name, NotPlain))
    if value is NotPlain:
        raise Unanswerable(f"`{path}` is no setting")
    # A whole number may be kept as 4.0, as torch keeps ``div_value``.
    return int(value) if isinstance(value, float) and value.is_integer() else value
