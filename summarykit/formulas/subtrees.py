"""Closed formulas of containers: a check on the sum of their parts, never part of a sum.

Some containers have a well-known count, such as ``12 × d × d`` for a Transformer layer, while each part has its own
row. The closed formula gets its sizes from the parts' settings and is compared with the parameters of all parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from summarykit.expression import Expression, Unanswerable, Value, evaluate, names_in, parse
from summarykit.formulas.rules import fill_in, qualified_name

#: A container of more repetitions than this is a mistake in the rule or a setting.
MOST_REPETITIONS = 1_000
_NN = "torch.nn.modules"


class SubtreeRule(NamedTuple):
    """How many parameters a container has with everything inside."""

    target: str  #: qualified name of the class
    total: str  #: the formula
    reads: Mapping[str, str]  #: for names in the formula, the path of the setting or tensor in the subtree
    repeat: Mapping[str, str]  #: one counter for *each*, and how many
    each: str  #: one more term for each repetition
    users: bool

    @property
    def origin(self) -> str:
        """Where the formula comes from, as text."""
        return f"{'your rule' if self.users else 'rule'} for all of {self.target}"


class ClosedForm(NamedTuple):
    """The closed formula of one container."""

    formula: Expression
    bindings: tuple[tuple[str, Value], ...]
    value: int


_BUILTIN: dict[str, SubtreeRule] = {}
_USERS: dict[str, SubtreeRule] = {}


def register(
    target: type | str,
    count: str,
    *,
    reads: Mapping[str, str],
    repeat: Mapping[str, str] | None = None,
    each: str = "",
    users: bool = False,
) -> None:
    """Register a closed formula for every container of a class; names are its settings, or the paths in *reads*.

    Raises:
        RuleError: *target* is no class or qualified name.
        ExpressionError: A text is not part of the language.

    """
    counters = dict(repeat or {})
    for text in (count, *counters.values(), *[fill_in(each, dict.fromkeys(counters, 0))] * bool(each)):
        parse(text)
    rule = SubtreeRule(qualified_name(target), count, dict(reads), counters, each, users)
    (_USERS if users else _BUILTIN)[rule.target] = rule


def unregister(target: type | str) -> None:
    """Remove the user's closed formula for *target*, if there is one."""
    _USERS.pop(qualified_name(target), None)


def find_subtree_rule(lineage: Sequence[str]) -> SubtreeRule | None:
    """Return the closed formula for a class; a user's also for derived classes, a built-in one for its class alone."""
    _load_builtin()
    of_user = next((_USERS[name] for name in lineage if name in _USERS), None)
    return of_user or _BUILTIN.get(lineage[0])


def closed_form(rule: SubtreeRule, ask: Callable[[str], Value]) -> ClosedForm:
    """Return a container's closed formula; *ask* returns the setting at a path such as ``linear1.out_features``.

    Raises:
        Unanswerable: A setting is missing or of another kind.

    """
    rounds = list(_rounds(rule, ask))
    text = " + ".join([rule.total, *(fill_in(rule.each, counters) for counters in rounds if rule.each)])
    reads = {fill_in(name, at): fill_in(path, at) for at in rounds for name, path in rule.reads.items()}
    formula = parse(text)
    bindings = {name: ask(reads.get(name, name)) for name in names_in(formula.tree)}
    return ClosedForm(formula, tuple(sorted(bindings.items())), evaluate(formula.tree, bindings))


def _rounds(rule: SubtreeRule, ask: Callable[[str], Value]) -> Iterator[dict[str, int]]:
    if not rule.repeat:
        yield {}
        return
    ((counter, times),) = rule.repeat.items()
    tree = parse(times).tree
    count = evaluate(tree, {name: ask(rule.reads.get(name, name)) for name in names_in(tree)})
    if count > MOST_REPETITIONS:
        raise Unanswerable("the container has too many parts")
    for number in range(count):
        yield {counter: number}


_LAYER = {"width": "self_attn.embed_dim", "inner": "linear1.out_features", "bias": "linear1.bias"}
_ENCODER = "4 * width * (width + bias) + 2 * width * inner + (inner + width) * bias + 2 * (1 + bias) * width"
_DECODER = "8 * width * (width + bias) + 2 * width * inner + (inner + width) * bias + 3 * (1 + bias) * width"
_LAST = "(last_scale + last_shift) * width"


@lru_cache(maxsize=1)
def _load_builtin() -> None:
    """Register the containers of torch 2.13 that have a closed formula."""
    here = f"{_NN}.transformer.Transformer"
    register(f"{here}EncoderLayer", _ENCODER, reads=_LAYER)
    register(f"{here}DecoderLayer", _DECODER, reads=_LAYER)
    last = {"last_scale": "norm.weight", "last_shift": "norm.bias"}
    inside = {name: f"layers.0.{path}" for name, path in _LAYER.items()}
    register(f"{here}Encoder", f"num_layers * ({_ENCODER}) + {_LAST}", reads=inside | last)
    register(f"{here}Decoder", f"num_layers * ({_DECODER}) + {_LAST}", reads=inside | last)
    both = {name: f"encoder.{path}" for name, path in (inside | last).items()}
    both |= {f"{side}_layers": f"{side}.num_layers" for side in ("encoder", "decoder")}
    count = f"encoder_layers * ({_ENCODER}) + decoder_layers * ({_DECODER}) + 2 * {_LAST}"
    register(here, count, reads=both)
    register(
        f"{_NN}.adaptive.AdaptiveLogSoftmaxWithLoss",
        "(cutoffs[0] + n_clusters) * (in_features + head_bias)",
        reads={},
        repeat={"cluster": "n_clusters"},
        each="(in_features // div_value ** ({cluster} + 1))"
        " * (in_features + cutoffs[{cluster} + 1] - cutoffs[{cluster}])",
    )
