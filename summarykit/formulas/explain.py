"""Explain one layer: bind its rule to its settings and check each tensor, axis by axis."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from summarykit.expression import Expression, Unanswerable, Value, evaluate, grouped, names_in, parse_sentence
from summarykit.expression.evaluate import elements
from summarykit.expression.nodes import Reduce
from summarykit.formulas import own_code
from summarykit.formulas.extras import Extra, extra, with_extras
from summarykit.formulas.facts import LayerFacts
from summarykit.formulas.rules import Rule, fill_in, find_rule
from summarykit.records import NOT_KNOWN_YET, Evidence, Explanation, Line, Shape, TensorCheck, weakest

#: A family with more tensors than this is a mistake in the rule or a setting.
MOST_REPETITIONS = 100_000
NO_RULE = "no formula is known for this kind of layer"


class Declared(NamedTuple):
    """One tensor as a rule declares it, for one repetition."""

    name: str
    dims: tuple[Expression, ...]
    text: str
    counters: Mapping[str, int]


class Verdict(NamedTuple):
    """What checking a layer against its rule found."""

    checks: dict[str, TensorCheck]  #: the declared tensors that are there
    missing: tuple[str, ...]  #: declared tensors that are not there
    problem: str  #: what does not fit; empty when all does
    value: int | None  #: what the count gives


def explain(layer: LayerFacts) -> Explanation:
    """Return why *layer* holds as many parameters as it does, and how far that was checked.

    Never raises: what a rule cannot answer becomes a grade and a reason.
    """
    found = find_rule(layer.lineage)
    unknown = [name for name, shape in layer.tensors.items() if shape is None]
    if unknown:
        return shape_only(layer, found, NOT_KNOWN_YET)
    if found is None:
        return own_code.by_own_code(layer, NO_RULE) if layer.sourced else shape_only(layer, None, NO_RULE)
    bindings = bind(found, layer)
    verdict = check(found, layer, bindings)
    if not verdict.problem:
        return explained(found, layer, bindings, verdict)
    own_class = layer.lineage[0] in (found.target, *found.aliases)
    renamed = bool(verdict.missing) and all(c.evidence is Evidence.VERIFIED for c in verdict.checks.values())
    if (own_class and not renamed) or found.users:
        return disagreeing(found, layer, bindings, verdict)
    return shape_only(layer, found, f"the formula for {found.kind} does not fit: {verdict.problem}")


def bind(found: Rule, layer: LayerFacts) -> dict[str, Value]:
    """Return a value for each name the rule asks for that the layer can answer.

    The name of a tensor reads True or False; any other name is a setting.
    """
    declared = {name for name, _, _ in found.shapes}
    bindings: dict[str, Value] = {}
    for name in asked(found):
        if name in declared or (name not in layer.settings and name in layer.tensors):
            bindings[name] = name in layer.tensors
        elif name in layer.settings:
            bindings[name] = layer.settings[name]
    return bindings


def asked(found: Rule) -> dict[str, None]:
    """Return every name a rule asks for, in a fixed order."""
    expressions = [found.count, *(dim for _, dims, _ in found.shapes for dim in dims)]
    counters: set[str] = set()
    if found.repeat:
        expressions += [count for _, count in found.repeat.counters]
        expressions += [found.repeat.each] if found.repeat.each else []
        counters = {name for name, _ in found.repeat.counters}
    names = dict.fromkeys(name for expression in expressions for name in names_in(expression.tree))
    names |= dict.fromkeys(found.says.names() if found.says else ())
    names |= dict.fromkeys(name for name in (found.takes, found.gives) if name)
    return {name: None for name in names if name not in counters}


def check(found: Rule, layer: LayerFacts, bindings: Mapping[str, Value]) -> Verdict:
    """Hold a layer against its rule: each declared tensor axis by axis, then the count as a number."""
    checks: dict[str, TensorCheck] = {}
    missing: list[str] = []
    problems: list[str] = []
    value = None
    try:
        for tensor in declared_tensors(found, bindings):
            if tensor.name not in layer.tensors:
                missing.append(tensor.name)
                continue
            problem = shape_problem(tensor, layer.tensors[tensor.name], bindings)
            problems += [problem] if problem else []
            grade = Evidence.DISAGREES if problem else Evidence.VERIFIED
            checks[tensor.name] = TensorCheck(tensor.name, grade, tensor.text, problem)
        value = evaluate(found.count.tree, bindings)
    except Unanswerable as gap:
        problems.append(str(gap))
    if not problems and value is not None:
        problems += count_problems(found, layer, checks, missing, value)
    return Verdict(checks, tuple(missing), "; ".join(problems), value)


def declared_tensors(found: Rule, bindings: Mapping[str, Value]) -> Iterator[Declared]:
    """Yield each tensor a rule declares, once for each repetition of its family."""
    for counters in repetitions(found, bindings):
        for template, dims, text in found.shapes:
            yield Declared(fill_in(template, counters), dims, text, counters)


def repetitions(found: Rule, bindings: Mapping[str, Value]) -> Iterator[dict[str, int]]:
    """Yield the counters of each repetition, the first counter slowest; one without any for a plain rule."""
    counters = found.repeat.counters if found.repeat else ()
    names = [name for name, _ in counters]
    ranges = [range(evaluate(count.tree, bindings)) for _, count in counters]
    if math.prod(found.stop for found in ranges) > MOST_REPETITIONS:
        raise Unanswerable("the family of tensors has too many members")
    for values in itertools.product(*ranges):
        yield dict(zip(names, values, strict=True))


def shape_problem(tensor: Declared, shape: Shape | None, bindings: Mapping[str, Value]) -> str:
    """Return what is wrong with a tensor's shape, empty when each axis is as declared."""
    expected: list[int] = []
    for dim in tensor.dims:
        scope = {**bindings, **tensor.counters}
        if dim.source.startswith("*") and isinstance(dim.tree, Reduce):
            expected += elements(dim.tree.name, scope)
        else:
            expected.append(evaluate(dim.tree, scope))
    if tuple(expected) == shape:
        return ""
    return f"`{tensor.name}` is {dimensions(shape or ())}, the formula says {dimensions(tuple(expected))}"


def dimensions(shape: Shape) -> str:
    """Return a shape in words: ``4 × 16``, or "a single number"."""
    return " × ".join(grouped(size) for size in shape) if shape else "a single number"


def count_problems(
    found: Rule, layer: LayerFacts, checks: Mapping[str, TensorCheck], missing: list[str], value: int
) -> list[str]:
    """Return what is wrong with the count as a number; an unexpected one is told by the missing tensor."""
    known = checks if found.shapes else layer.tensors
    held = sum(math.prod(layer.tensors[name] or ()) for name in known)
    if held == value:
        return []
    absent = [name for name in missing if name not in names_in(found.count.tree)]
    if absent and held < value:
        return [f"it has no parameter `{absent[0]}`"]
    return [f"the formula says {grouped(value)}, the tensors hold {grouped(held)}"]


def explained(found: Rule, layer: LayerFacts, bindings: dict[str, Value], verdict: Verdict) -> Explanation:
    """Return the explanation of a layer that fits its rule; tensors the rule does not know get a line each."""
    checks: list[TensorCheck] = []
    extras: list[Extra] = []
    known = dict(bindings)
    for name in layer.tensors:
        checked = verdict.checks.get(name)
        if checked is None and not found.shapes:
            checked = TensorCheck(name, Evidence.VERIFIED, "", "")
        if checked is None:
            reason = f"the formula for {found.kind} does not know `{name}`"
            extras.append(extra(layer, name, len(extras) + 1, known, reason))
            known.update(extras[-1].line.bindings)
            checked = extras[-1].check
        checks.append(checked)
    lines = [each.line for each in extras]
    formula, terms = with_extras(found.count, extras)
    value = (verdict.value or 0) + sum(line.value for line in lines)
    evidence = weakest([checked.evidence for checked in checks])
    reason = next((checked.reason for checked in checks if checked.evidence is evidence), "")
    all_lines = [*repeated_lines(found, layer, bindings), *lines]
    why = made(found, bindings | terms, formula, value, all_lines, checks, evidence, reason)
    return with_code(why, layer, lines)


def with_code(why: Explanation, layer: LayerFacts, lines: list[Line]) -> Explanation:
    """Return *why* with what the layer's own code says of the tensors that its rule does not know."""
    read = own_code.origin(layer, lines)
    if not read:
        return why
    said = own_code.sentence(lines)
    said = f"{why.sentence.source} {said}" if why.sentence else said
    return why._replace(origin=f"{why.origin}; {read}", sentence=parse_sentence(said))


def repeated_lines(found: Rule, layer: LayerFacts, bindings: Mapping[str, Value]) -> Iterator[Line]:
    """Yield a line for each repetition of a rule that has several."""
    if found.repeat is None or found.repeat.each is None:
        return
    rounds = list(repetitions(found, bindings))
    for counters in rounds if len(rounds) > 1 else ():
        scope = {**bindings, **counters}
        names = tuple(n for n in (fill_in(template, counters) for template, _, _ in found.shapes) if n in layer.tensors)
        value = evaluate(found.repeat.each.tree, scope)
        label = found.repeat.label.say(counters)
        used = tuple((name, scope[name]) for name in names_in(found.repeat.each.tree))
        yield Line(label, found.repeat.each, used, value, Evidence.VERIFIED, names)


def disagreeing(found: Rule, layer: LayerFacts, bindings: dict[str, Value], verdict: Verdict) -> Explanation:
    """Return the explanation of a layer whose formula and tensors differ: both are told, nothing is hidden."""
    wrong = any(checked.evidence is Evidence.DISAGREES for checked in verdict.checks.values())
    checks = []
    for name in layer.tensors:
        checked = verdict.checks.get(name)
        if checked is None or not wrong:
            grade = Evidence.SHAPE_ONLY if checked is None and found.shapes else Evidence.DISAGREES
            checked = TensorCheck(name, grade, checked.formula if checked else "", verdict.problem)
        checks.append(checked)
    return made(found, bindings, found.count, verdict.value, [], checks, Evidence.DISAGREES, verdict.problem)


def shape_only(layer: LayerFacts, found: Rule | None, reason: str) -> Explanation:
    """Return the explanation of a layer that nothing checks: its tensors' own shapes and why."""
    known = check(found, layer, bind(found, layer)).checks if found else {}
    verified = {name: checked for name, checked in known.items() if checked.evidence is Evidence.VERIFIED}
    checks = []
    for name in layer.tensors:
        checked = verified.get(name)
        if layer.tensors[name] is None or checked is None:
            checked = TensorCheck(name, Evidence.SHAPE_ONLY, "", reason)
        checks.append(checked)
    return Explanation(
        formula=None,
        bindings=(),
        value=None,
        sentence=None,
        about=found.about if found else "",
        lines=(),
        checks=tuple(checks),
        origin=found.origin if found else "",
        evidence=Evidence.SHAPE_ONLY,
        reason=reason,
        takes=None,
        gives=None,
        axis="",
    )


def made(
    found: Rule,
    bindings: Mapping[str, Value],
    formula: Expression,
    value: int | None,
    lines: list[Line],
    checks: list[TensorCheck],
    evidence: Evidence,
    reason: str,
) -> Explanation:
    """Return an explanation that rests on a rule; a sentence it cannot say for this layer is left out."""
    sentence = found.says
    try:
        if sentence:
            sentence.say(bindings)
    except Unanswerable:
        sentence = None
    return Explanation(
        formula=formula,
        bindings=tuple(sorted(bindings.items())),
        value=value,
        sentence=sentence,
        about=found.about,
        lines=tuple(lines),
        checks=tuple(checks),
        origin=found.origin,
        evidence=evidence,
        reason=reason,
        takes=one_size(found.takes, bindings),
        gives=one_size(found.gives, bindings),
        axis=found.axis,
    )


def one_size(name: str | None, bindings: Mapping[str, Value]) -> str | None:
    """Return the input that holds a size, ``in_features`` or ``normalized_shape[0]``, if it is one number."""
    value = bindings.get(name) if name else None
    if isinstance(value, tuple):
        return f"{name}[0]" if len(value) == 1 else None
    return name if isinstance(value, int) else None
