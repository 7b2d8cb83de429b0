"""Explain one layer by a rule, by its own code, or by its size alone, with the grade of the check."""

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
    """Return why *layer* has as many parameters as it does, with the grade of the check.

    Raises nothing: where a rule has no answer, the explanation has a lower grade and the reason.
    """
    rule = rule_for(layer)
    unknown = [name for name, shape in layer.tensors.items() if shape is None]
    if unknown:
        return shape_only(layer, rule, NOT_KNOWN_YET)
    if rule is None:
        code = layer.source_tensors or layer.inferred_tensors
        return own_code.by_own_code(layer, NO_RULE) if code else shape_only(layer, None, NO_RULE)
    bindings = bind(rule, layer)
    if layer.forms or layer.partial:
        why = by_forms(rule, layer, bindings)
        if why is not None:
            return why
    verdict = check(rule, layer, bindings)
    if not verdict.problem:
        return by_rule(rule, layer, bindings, verdict)
    own_class = layer.lineage[0] in (rule.target, *rule.aliases)
    other_names = bool(verdict.missing) and all(c.evidence is Evidence.VERIFIED for c in verdict.checks.values())
    if (own_class and not other_names and not rule.library) or rule.users:
        return by_wrong_rule(rule, layer, bindings, verdict)
    reason = f"the formula for {rule.kind} does not fit: {verdict.problem}"
    if rule.library and (layer.source_tensors or layer.inferred_tensors):
        return own_code.by_own_code(layer, reason)
    return shape_only(layer, rule, reason)


def rule_for(layer: LayerFacts) -> Rule | None:
    """Return the rule that explains a layer; one registered for exactly its class goes before the class's own."""
    rule = find_rule(layer.lineage)
    for_this_class = rule is not None and rule.users and layer.lineage[0] in (rule.target, *rule.aliases)
    return rule if for_this_class or layer.own_rule is None else layer.own_rule


def by_rule(rule: Rule, layer: LayerFacts, bindings: dict[str, Value], verdict: Verdict) -> Explanation:
    """Return the explanation of a layer that fits its rule; each tensor that the rule does not declare gets a line."""
    checks: list[TensorCheck] = []
    extras: list[Extra] = []
    scope = dict(bindings)
    for name in layer.tensors:
        check = verdict.checks.get(name)
        if check is None and not rule.shapes:
            check = TensorCheck(name, Evidence.VERIFIED, "", "")
        if check is None:
            reason = f"the formula for {rule.kind} does not know `{name}`"
            extras.append(extra(layer, name, len(extras) + 1, scope, reason))
            scope.update(extras[-1].line.bindings)
            check = extras[-1].check
        checks.append(check)
    lines = [each.line for each in extras]
    formula, terms = with_extras(rule.count, extras)
    value = (verdict.value or 0) + sum(line.value for line in lines)
    evidence = weakest([check.evidence for check in checks])
    reason = next((check.reason for check in checks if check.evidence is evidence), "")
    all_lines = [*repeated_lines(rule, layer, bindings), *lines]
    why = build_explanation(rule, bindings | terms, formula, value, all_lines, checks, evidence, reason)
    return with_code(why, layer, lines)


def with_code(why: Explanation, layer: LayerFacts, lines: list[Line]) -> Explanation:
    """Return *why* with what the layer's own code says about tensors that its rule does not declare."""
    origin = own_code.origin(layer, lines)
    if not origin:
        return why
    text = own_code.sentence(lines)
    text = f"{why.sentence.source} {text}" if why.sentence else text
    return why._replace(origin=f"{why.origin}; {origin}", sentence=parse_sentence(text))


def repeated_lines(rule: Rule, layer: LayerFacts, bindings: Mapping[str, Value]) -> Iterator[Line]:
    """Yield a line for each repetition of a rule that has several."""
    if rule.repeat is None or rule.repeat.each is None:
        return
    rounds = list(repetitions(rule, bindings))
    for counters in rounds if len(rounds) > 1 else ():
        scope = {**bindings, **counters}
        names = tuple(n for n in (fill_in(template, counters) for template, _, _ in rule.shapes) if n in layer.tensors)
        value = evaluate(rule.repeat.each.tree, scope)
        label = rule.repeat.label.say(counters)
        used = tuple((name, scope[name]) for name in names_in(rule.repeat.each.tree))
        yield Line(label, rule.repeat.each, used, value, Evidence.VERIFIED, names)


def by_wrong_rule(rule: Rule, layer: LayerFacts, bindings: dict[str, Value], verdict: Verdict) -> Explanation:
    """Return the explanation of a layer whose formula and tensors differ; it has both numbers."""
    wrong = any(check.evidence is Evidence.DISAGREES for check in verdict.checks.values())
    checks = []
    for name in layer.tensors:
        check = verdict.checks.get(name)
        if check is None or not wrong:
            grade = Evidence.SHAPE_ONLY if check is None and rule.shapes else Evidence.DISAGREES
            check = TensorCheck(name, grade, check.formula if check else "", verdict.problem)
        checks.append(check)
    return build_explanation(rule, bindings, rule.count, verdict.value, [], checks, Evidence.DISAGREES, verdict.problem)


def shape_only(layer: LayerFacts, rule: Rule | None, reason: str) -> Explanation:
    """Return the explanation of a layer that no formula checks: the shapes of its tensors, and the reason."""
    results = check(rule, layer, bind(rule, layer)).checks if rule else {}
    matches = {name: result for name, result in results.items() if result.evidence is Evidence.VERIFIED}
    checks = []
    for name in layer.tensors:
        result = matches.get(name)
        if layer.tensors[name] is None or result is None:
            result = TensorCheck(name, Evidence.SHAPE_ONLY, "", reason)
        checks.append(result)
    return Explanation(
        formula=None,
        bindings=(),
        value=None,
        sentence=None,
        about=rule.about if rule else "",
        lines=(),
        checks=tuple(checks),
        origin=rule.origin if rule else "",
        evidence=Evidence.SHAPE_ONLY,
        reason=reason,
        takes=None,
        gives=None,
        axis="",
    )


def build_explanation(
    rule: Rule,
    bindings: Mapping[str, Value],
    formula: Expression,
    value: int | None,
    lines: list[Line],
    checks: list[TensorCheck],
    evidence: Evidence,
    reason: str,
) -> Explanation:
    """Return an explanation by a rule; the sentence is left out where this layer lacks a name in it."""
    sentence = rule.says
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
        about=rule.about,
        lines=tuple(lines),
        checks=tuple(checks),
        origin=rule.origin,
        evidence=evidence,
        reason=reason,
        takes=one_size(rule.takes, bindings),
        gives=one_size(rule.gives, bindings),
        axis=rule.axis,
    )


def one_size(name: str | None, bindings: Mapping[str, Value]) -> str | None:
    """Return the setting that is a size, ``in_features`` or ``normalized_shape[0]``, None if it is not one number."""
    value = bindings.get(name) if name else None
    if isinstance(value, tuple):
        return f"{name}[0]" if len(value) == 1 else None
    return name if isinstance(value, int) else None
