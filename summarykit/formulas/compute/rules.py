"""What a compute rule is, and which one explains a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from summarykit.expression import Expression, Sentence, Value, parse, parse_sentence
from summarykit.formulas.compute.sizes import Sizes
from summarykit.records import Shape


class Example(NamedTuple):
    """A layer to show a rule on: as it is written in code, its settings, and what enters and leaves it."""

    code: str
    settings: Mapping[str, Value]
    inputs: tuple[Shape, ...]
    output: Shape
    operator: str  #: the operator it runs, for a rule of an operator


class ComputeRule(NamedTuple):
    """How often one kind of layer multiplies."""

    targets: tuple[str, ...]  #: qualified names of its classes
    formula: Expression
    sizes: Sizes  #: what *formula* calls the sizes of inputs and outputs
    present: tuple[str, ...]  #: names of tensors that read 1 when they are there and 0 when not
    says: Sentence
    about: str
    example: Example

    @property
    def kind(self) -> str:
        """The names of the classes alone: ``Conv2d, Conv1d, Conv3d``."""
        return ", ".join(target.rpartition(".")[2] for target in self.targets)


def build(
    targets: Sequence[str],
    formula: str,
    *,
    sizes: Sizes,
    says: str,
    about: str,
    example: tuple[str, Mapping[str, Value], tuple[Shape, ...], Shape],
    present: Sequence[str] = (),
) -> ComputeRule:
    """Return a rule from its texts."""
    shown = Example(*example, operator="")
    return ComputeRule(tuple(targets), parse(formula), sizes, tuple(present), parse_sentence(says), about, shown)


def find_compute_rule(lineage: Sequence[str]) -> tuple[ComputeRule, bool] | None:
    """Return the rule of the nearest class in *lineage*, and whether it was written for that very class."""
    known = _shipped()
    for position, name in enumerate(lineage):
        if name in known:
            return known[name], position == 0
    return None


def all_compute_rules() -> tuple[ComputeRule, ...]:
    """Return every rule, in the order they are declared."""
    return tuple({id(found): found for found in _shipped().values()}.values())


@lru_cache(maxsize=1)
def _shipped() -> dict[str, ComputeRule]:
    from summarykit.formulas.compute import layers

    return {target: made for made in layers.rules() for target in made.targets}


def unless_one(name: str) -> str:
    """Return the text of a factor that is left out where it is 1: a batch of one input."""
    return f"({name} if {name} != 1 else 1)"


def across(name: str, *, most: int = 5) -> str:
    """Return the part of a sentence that writes a tuple as people do: ``112 × 112``; a long one as its product."""
    forms = (
        f"[len({name}) == {count}: {' × '.join(f'{{{name}[{axis}]}}' for axis in range(count))}]"
        for count in range(1, most + 1)
    )
    return "".join(forms) + f"[len({name}) > {most}: {{prod({name})}}]"
