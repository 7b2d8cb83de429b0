"""Explain the MACs of one call: by the rule of its class, by its operators, or by their count alone.

The grade of each:

- **By a rule.** The formula uses the layer's settings and the sizes of its inputs and outputs; the operators give the
  shapes of the tensors that they multiplied. The two are independent, so where they are equal the formula is
  *verified*. Where they differ, it *disagrees* for exactly the class that the rule is for; a subclass is explained by
  its operators, with the reason.
- **By a rule, without a count.** Where an operator has no count, or none ran, there is nothing to compare the formula
  with: it is *inferred*, with the reason, and never verified.
- **By the operators.** A formula from the operators' own sizes recomputes the count from the same sizes. It explains
  the number and checks nothing, so it is *shape only*, as the size of a tensor is; it *disagrees* where it gives
  another number than the count.
- **By the count.** An operator without a form has its count alone, *shape only* as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from summarykit.expression import Expression, Sentence, Unanswerable, Value, evaluate, group_digits, names_in, parse
from summarykit.expression import parse_sentence as sentence_of
from summarykit.formulas.compute.facts import ComputeFacts
from summarykit.formulas.compute.operators import Term, term_of
from summarykit.formulas.compute.rules import ComputeRule, find_compute_rule
from summarykit.records import Evidence
from summarykit.runs import ComputeExplanation, Operator, operator_names

#: Up to this many different products get a term each; the others share one.
MOST_TERMS = 8
#: Up to this many different products get a sentence each.
MOST_SENTENCES = 3
NO_SIZES = "what enters and leaves it is not as it is for such a layer"
ITS_OWN_COUNT = (
    "the formula is read from the operators that were counted, so it explains the count and does not check it"
)


def explain_compute(facts: ComputeFacts) -> ComputeExplanation | None:
    """Return why one call takes as many MACs as it does; None where it takes none and has no rule.

    Raises nothing: where a rule has no answer, the explanation has a lower grade and the reason.
    """
    match = find_compute_rule(facts.lineage)
    problem = ""
    if match is not None:
        rule, own_class = match
        why, problem = by_rule(rule, facts)
        if why is not None and (own_class or why.evidence is not Evidence.DISAGREES):
            return why
        problem = f"the formula for {rule.targets[0].rpartition('.')[2]} does not fit: {why.reason if why else problem}"
    return by_operators(facts.operators, problem) if facts.operators else None


def by_rule(rule: ComputeRule, facts: ComputeFacts) -> tuple[ComputeExplanation | None, str]:
    """Return the explanation of a call by *rule*, or None and the reason why there is none."""
    sizes = rule.sizes(facts)
    if not sizes:
        return None, NO_SIZES
    bindings = bind(rule, facts, sizes)
    try:
        value = evaluate(rule.formula.tree, bindings)
        rule.says.say(bindings)
    except Unanswerable as gap:
        return None, str(gap)
    evidence, reason = grade(value, facts.operators)
    origin = f"rule for {rule.targets[0]}"
    why = _explanation(rule.formula, bindings, value, facts.operators, rule.says, origin, evidence, reason)
    return why._replace(about=rule.about), ""


def bind(rule: ComputeRule, facts: ComputeFacts, sizes: Mapping[str, Value]) -> dict[str, Value]:
    """Return a value for each name of *rule* that the call has: a size, the presence of a tensor, a setting."""
    bindings: dict[str, Value] = {}
    for name in dict.fromkeys((*names_in(rule.formula.tree), *rule.says.names())):
        if name in sizes:
            bindings[name] = sizes[name]
        elif name in rule.present:
            bindings[name] = name in facts.tensors
        elif name in facts.settings:
            bindings[name] = facts.settings[name]
    return bindings


def grade(value: int, operators: tuple[Operator, ...]) -> tuple[Evidence, str]:
    """Return the grade of a rule's *value* by the operators that ran, and why it is no better."""
    unknown = uncounted_names(operators)
    if unknown:
        return Evidence.INFERRED, f"not checked: nobody counted {unknown}"
    if not operators and value:
        return Evidence.INFERRED, "not checked: the run saw no operator of it that multiplies"
    ran = total_macs(operators)
    if ran == value:
        return Evidence.VERIFIED, ""
    return (
        Evidence.DISAGREES,
        f"the formula says {group_digits(value)}, the operators that ran multiply {group_digits(ran)} times",
    )


def total_macs(operators: tuple[Operator, ...]) -> int:
    """Return the MACs of all operators that have a count."""
    return sum(operator.macs or 0 for operator in operators)


def uncounted_names(operators: tuple[Operator, ...]) -> str:
    """Return the names of the operators without a count, empty where there are none."""
    return ", ".join(dict.fromkeys(f"`{each.name}`" for each in operators if each.macs is None))


def by_operators(operators: tuple[Operator, ...], problem: str) -> ComputeExplanation:
    """Return the explanation by the operators' own sizes; *problem* says why no rule explains the call."""
    terms = Counter(term for term in map(term_of, operators) if term is not None)
    origin = f"from the operators that ran: {operator_names(operators)}"
    unknown = uncounted_names(operators)
    reason = problem or (f"nobody counted {unknown}" if unknown else ITS_OWN_COUNT)
    if not terms:
        return _explanation(None, {}, None, operators, None, origin, Evidence.SHAPE_ONLY, reason)
    formula, bindings, sentence = sum_of_terms(terms)
    value = evaluate(formula.tree, bindings)
    ran = total_macs(operators)
    if not unknown and value != ran:
        reason = f"the operators' sizes say {group_digits(value)}, their count is {group_digits(ran)}"
        return _explanation(formula, bindings, value, operators, sentence, origin, Evidence.DISAGREES, reason)
    return _explanation(formula, bindings, value, operators, sentence, origin, Evidence.SHAPE_ONLY, reason)


def sum_of_terms(terms: Mapping[Term, int]) -> tuple[Expression, dict[str, Value], Sentence]:
    """Return the sum of *terms*, each times its number, as formula, bindings and sentence."""
    texts: list[str] = []
    sentences: list[str] = []
    bindings: dict[str, Value] = {}
    entries = list(terms.items())
    if len(entries) > MOST_TERMS:
        entries = [*entries[: MOST_TERMS - 1], (_other_terms(entries[MOST_TERMS - 1 :]), 1)]
    for number, (term, times) in enumerate(entries, 1):
        mark = f"_{number}" if len(entries) > 1 else ""
        texts.append(f"{times} * ({term.formula})" if times > 1 else term.formula)
        sentences.append(f"{term.says} This happens {group_digits(times)} times." if times > 1 else term.says)
        texts[-1], sentences[-1] = texts[-1].replace("@", mark), sentences[-1].replace("@", mark)
        bindings |= {f"{name}{mark}": value for name, value in term.values}
    if len(terms) > MOST_SENTENCES:
        sentences = [f"{len(terms)} different products are added up."]
    return parse(" + ".join(texts)), bindings, sentence_of(" ".join(sentences))


def _other_terms(terms: list[tuple[Term, int]]) -> Term:
    """Return one term for several."""
    total = sum(times * evaluate(parse(term.formula.replace("@", "")).tree, dict(term.values)) for term, times in terms)
    return Term("others@", "", (("others", total),))


def _explanation(
    formula: Expression | None,
    bindings: Mapping[str, Value],
    value: int | None,
    operators: tuple[Operator, ...],
    sentence: Sentence | None,
    origin: str,
    evidence: Evidence,
    reason: str,
) -> ComputeExplanation:
    pairs = tuple(sorted(bindings.items()))
    return ComputeExplanation(formula, pairs, value, total_macs(operators), sentence, "", origin, evidence, reason)
