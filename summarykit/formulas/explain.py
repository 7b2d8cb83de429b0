"""Explain one layer: by a rule, by its own code, or by its size alone; and say how far that was checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from summarykit.expression import Expression, Unanswerable, Value, evaluate, names_in, parse_sentence
from summarykit.formulas import own_code
from summarykit.formulas.check import Verdict, bind, check, repetitions
from summarykit.formulas.extras import Extra, extra, with_extras
from summarykit.formulas.facts import LayerFacts
from summarykit.formulas.parametrizations import by_forms
from summarykit.formulas.rules import Rule, fill_in, find_rule
from summarykit.records import NOT_KNOWN_YET, Evidence, Explanation, Line, TensorCheck, weakest

NO_RULE = "no formula is known for this kind of layer"


def explain(layer: LayerFacts) -> Explanation:
    """Return why *layer* holds as many parameters as it does, and how far that was checked.

    Never raises: what a rule cannot answer becomes a grade and a reason.
    """
    found = rule_for(layer)
    unknown = [name for name, shape in layer.tensors.items() if shape is None]
    if unknown:
        return shape_only(layer, found, NOT_KNOWN_YET)
    if found is None:
        read = layer.sourced or layer.likely
        return own_code.by_own_code(layer, NO_RULE) if read else shape_only(layer, None, NO_RULE)
    bindings = bind(found, layer)
    if layer.forms or layer.partial:
        why = by_forms(found, layer, bindings)
        if why is not None:
            return why
    verdict = check(found, layer, bindings)
    if not verdict.problem:
        return explained(found, layer, bindings, verdict)
    own_class = layer.lineage[0] in (found.target, *found.aliases)
    renamed = bool(verdict.missing) and all(c.evidence is Evidence.VERIFIED for c in verdict.checks.values())
    if (own_class and not renamed and not found.library) or found.users:
        return disagreeing(found, layer, bindings, verdict)
    reason = f"the formula for {found.kind} does not fit: {verdict.problem}"
    if found.library and (layer.sourced or layer.likely):
        return own_code.by_own_code(layer, reason)
    return shape_only(layer, found, reason)


def rule_for(layer: LayerFacts) -> Rule | None:
    """Return the rule that explains a layer; one registered for its very class goes before the class's own."""
    found = find_rule(layer.lineage)
    registered = found is not None and found.users and layer.lineage[0] in (found.target, *found.aliases)
    return found if registered or layer.declared is None else layer.declared


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
