"""``rule()`` and the registry of rules, with the lookup of the rule for a layer.

The count, the shape of each tensor and the sentence of a rule are texts in the language of
``summarykit.expression``, parsed when the rule is registered. Classes are matched by name, so registering a
rule for a library imports nothing.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from summarykit.errors import RuleError
from summarykit.expression import Expression, Sentence, parse, parse_sentence, parse_shape

_PLACEHOLDER = re.compile(r"\{(_?[A-Za-z][A-Za-z0-9_]*)\}")
_REPEAT = 'a name such as "weight_l{layer}" goes with repeat={"layer": "num_layers"}'
_COVERS = 'covers="own" goes with shapes, covers="subtree" with reads={"width": "attention.embed_dim"}'
_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\Z")


class Place(NamedTuple):
    """Lines of a file."""

    file: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Repetition:
    """A family of tensors, once for each combination of its counters."""

    counters: tuple[tuple[str, Expression], ...]  #: name and how many: ``layer`` runs to ``num_layers``
    each: Expression | None  #: the count for one repetition
    label: Sentence  #: the name of one repetition: ``"layer {layer}"``


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of layer is explained."""

    target: str  #: qualified name of the class: ``torch.nn.modules.linear.Linear``
    aliases: tuple[str, ...]
    count: Expression
    shapes: tuple[tuple[str, tuple[Expression, ...], str], ...]  #: tensor name, dimensions, their text
    says: Sentence | None
    about: str
    takes: str | None
    gives: str | None
    axis: str  #: the axis that *takes* and *gives* are the sizes of: "last" or "channels"
    repeat: Repetition | None
    users: bool  #: declared by a user, not built in
    library: bool  #: for a layer of another library, which may change with its version
    place: Place | None = field(default=None, compare=False)  #: the call, method or setting that declares it

    @property
    def kind(self) -> str:
        """The name of the class alone: ``Linear``."""
        return self.target.rpartition(".")[2]

    @property
    def names(self) -> tuple[str, ...]:
        """Its names: qualified names of the class and its aliases, and their last parts."""
        classes = (self.target, *self.aliases)
        return (*classes, *(name.rpartition(".")[2] for name in classes))

    @property
    def origin(self) -> str:
        """Where the formula comes from, as text."""
        return f"{'your rule' if self.users else 'rule'} for {self.target}"


_BUILTIN: dict[str, Rule] = {}
_PROJECTS: dict[str, Rule] = {}
_USERS: dict[str, Rule] = {}


def rule(
    target: type | str,
    count: str,
    *,
    shapes: Mapping[str, str] | None = None,
    says: str | None = None,
    about: str = "",
    takes: str | None = None,
    gives: str | None = None,
    axis: str = "last",
    aliases: Sequence[str] = (),
    repeat: Mapping[str, str] | None = None,
    each: str | None = None,
    label: str = "",
    covers: str = "own",
    reads: Mapping[str, str] | None = None,
) -> None:
    """Explain every layer of a class, and of classes derived from it, by a formula.

    The formula is checked against PyTorch for every layer: each declared tensor axis by axis, then the
    count as a number. A later rule for the same class replaces the earlier one.

    Args:
        target: The class, or its qualified name (``"package.module.Class"``), which is never imported.
        count: The number of the layer's own parameters, as an expression over its settings:
            ``"heads * (dim + 1)"``. The names of its tensors read 1 when they exist and 0 when not.
        shapes: The dimensions of each tensor: ``{"weight": "out_features, in_features"}``. Without it
            only the count is checked.
        says: The sentence that explains the count; ``{dim:one value|# values}``, ``[bias: and a bias]``.
        about: One sentence on this kind of layer, without numbers.
        takes: The setting that is the size of the layer's input.
        gives: The setting that is the size of its output.
        axis: The axis these sizes are of, ``"last"`` or ``"channels"``.
        aliases: Other qualified names of the same class.
        repeat: Counters for families of tensors: ``{"layer": "num_layers"}`` for names such as
            ``weight_l{layer}``; ``{_reverse}`` writes ``_reverse`` where the counter ``reverse`` is 1.
        each: The count of one repetition.
        label: What one repetition is called: ``"layer {layer}"``.
        covers: ``"own"`` for what the layer holds itself; ``"subtree"`` for what it holds with everything
            inside: a check beside the sum of the parts, never part of a sum.
        reads: With ``covers="subtree"``, where names of the formula are found below the layer:
            ``{"width": "attention.embed_dim", "bias": "head.bias"}``.

    Raises:
        RuleError: *target* is no class or qualified name, or an argument is not of its form.
        ExpressionError: A text is not part of the language; the message points at the spot.

    """
    new = build(
        target,
        count,
        shapes=shapes,
        says=says,
        about=about,
        takes=takes,
        gives=gives,
        axis=axis,
        aliases=aliases,
        repeat=repeat if covers == "own" else None,
        each=each if covers == "own" else None,
        label=label,
        users=True,
    )
    if covers == "own" and reads is None:
        register(new)
        return
    if covers != "subtree" or shapes:
        raise RuleError(f"covers={covers!r} with {'shapes' if shapes else 'reads'}", hint=_COVERS)
    from summarykit.formulas import subtrees

    _check_mapping("reads", reads, hint=_COVERS)
    subtrees.register(target, count, reads=reads or {}, repeat=repeat, each=each or "", users=True)


def build(
    target: type | str,
    count: str,
    *,
    shapes: Mapping[str, str] | None = None,
    says: str | None = None,
    about: str = "",
    takes: str | None = None,
    gives: str | None = None,
    axis: str = "last",
    aliases: Sequence[str] = (),
    repeat: Mapping[str, str] | None = None,
    each: str | None = None,
    label: str = "",
    users: bool = False,
    library: bool = False,
) -> Rule:
    """Return a rule, parsed and checked, without registering it; arguments as for ``rule``."""
    for name, value in (("takes", takes), ("gives", gives)):
        if value is not None and not _NAME.match(str(value)):
            raise RuleError(
                f"{name}={value!r} is not the name of a setting", hint="give the name of one attribute of the layer"
            )
    if axis not in {"last", "channels"}:
        raise RuleError(f"axis={axis!r} is not an axis", hint="use axis='last' or axis='channels'")
    _check_mapping("shapes", shapes, hint='write shapes={"weight": "out_features, in_features"}')
    _check_mapping("repeat", repeat, hint=_REPEAT)
    _check_texts({"count": count, "says": says or "", "about": about, "each": each or "", "label": label})
    _check_counters(shapes or {}, repeat or {})
    if isinstance(aliases, str):
        raise RuleError(f"aliases={aliases!r} is one text, not a list", hint=f"write aliases=[{aliases!r}]")
    repetition = None
    if repeat:
        counters = tuple((name, parse(text)) for name, text in repeat.items())
        repetition = Repetition(counters, parse(each) if each else None, parse_sentence(label))
    return Rule(
        target=qualified_name(target),
        aliases=tuple(map(qualified_name, aliases)),
        count=parse(count),
        shapes=tuple((name, parse_shape(text), text) for name, text in (shapes or {}).items()),
        says=parse_sentence(says) if says else None,
        about=about,
        takes=takes,
        gives=gives,
        axis=axis,
        repeat=repetition,
        users=users,
        library=library,
        place=_caller(),
    )


def _caller() -> Place | None:
    """Return the line outside this file from which ``rule`` or ``build`` is called."""
    frame = inspect.currentframe()
    here = frame.f_code.co_filename if frame else ""
    while frame is not None and frame.f_code.co_filename == here:
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno, frame.f_lineno) if frame else None


def _check_mapping(name: str, value: object, *, hint: str) -> None:
    if value is None:
        return
    if not isinstance(value, Mapping):
        raise RuleError(f"{name} is {type(value).__name__}, not a dict", hint=hint)
    _check_texts(
        {f"a name in {name}": key for key in value} | {f"{name}[{key!r}]": text for key, text in value.items()}
    )


def _check_texts(texts: Mapping[str, object]) -> None:
    for name, text in texts.items():
        if not isinstance(text, str):
            raise RuleError(
                f"{name} is {text!r}, not text", hint='write every part of a rule as text: "heads * (dim + 1)"'
            )


def _check_counters(shapes: Iterable[str], repeat: Iterable[str]) -> None:
    """Raise ``RuleError`` for a tensor's name with a counter that *repeat* does not have."""
    for name in shapes:
        for match in _PLACEHOLDER.finditer(name):
            if match[1].removeprefix("_") not in repeat:
                raise RuleError(f"the name {name!r} has the counter {match[0]}, and repeat has not", hint=_REPEAT)


def register(new: Rule) -> None:
    """Add *new* to the registry; a user's rule goes before a built-in one for the same class."""
    registry = _USERS if new.users else _BUILTIN
    for name in (new.target, *new.aliases):
        registry[name] = new


def unregister(target: type | str) -> None:
    """Remove the user's rule for *target*, if there is one; a built-in rule applies again."""
    from summarykit.formulas import subtrees

    subtrees.unregister(target)
    old = _USERS.pop(qualified_name(target), None)
    for name in old.aliases if old else ():
        _USERS.pop(name, None)


def use_project_rules(rules: Sequence[Rule]) -> None:
    """Register the rules of a project's settings in place of those of another project."""
    _PROJECTS.clear()
    _PROJECTS.update((name, one) for one in rules for name in (one.target, *one.aliases))


def qualified_name(target: type | str) -> str:
    """Return ``package.module.Class`` of a class, or *target* itself when it is such a name.

    Raises:
        RuleError: *target* is neither.

    """
    if isinstance(target, type):
        return f"{target.__module__}.{target.__qualname__}"
    if _NAME.match(str(target).replace(".<locals>", "")):
        return str(target)
    raise RuleError(
        f"a rule is for a class, and {target!r} is not a class",
        hint="give the class itself or its qualified name, such as 'torch.nn.modules.linear.Linear'",
    )


def find_rule(lineage: Sequence[str]) -> Rule | None:
    """Return the rule of the nearest class in *lineage*, the qualified names of a class and its bases."""
    _load_builtin()
    for name in lineage:
        match = _USERS.get(name) or _PROJECTS.get(name) or _BUILTIN.get(name)
        if match is not None:
            return match
    return None


def all_rules() -> dict[str, Rule]:
    """Return every rule by the name of its class, built-in ones and the user's."""
    _load_builtin()
    return {one.target: one for one in (_BUILTIN | _PROJECTS | _USERS).values()}


def rules_called(name: str) -> list[Rule]:
    """Return the rules for a class or qualified name, spelled as *name*, else without regard to case."""
    for spelling in (str, str.lower):
        matches = [rule for rule in all_rules().values() if spelling(name) in map(spelling, rule.names)]
        if matches:
            return matches
    return []


def fill_in(template: str, counters: Mapping[str, int]) -> str:
    """Return a name with a repetition's counters: ``{layer}`` its number, ``{_reverse}`` a flag's suffix."""

    def replacement(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith("_"):
            return name if counters[name[1:]] else ""
        return str(counters[name])

    return _PLACEHOLDER.sub(replacement, template)


def _load_builtin() -> None:
    """Register the built-in rules on first use, so that ``import summarykit`` does not parse them."""
    from summarykit.formulas import libraries, torch_layers

    torch_layers.load()
    libraries.load()
