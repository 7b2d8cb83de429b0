"""Explain one call's multiply-accumulates: by the rule of its class, by its operators, or by their count alone.

How far each is checked:

- **By a rule.** The formula asks the settings of the layer and the sizes of what entered and left it; the operators
  tell the shapes of the tensors they really multiplied. The two meet nowhere before they are compared, so where they
  are equal the formula is *verified*, and where they differ both numbers are told: as *disagrees* for the very class
  the rule was written for, while a subclass that outgrew it is explained by its operators, with the reason.
- **By a rule, and nobody counted.** Where an operator ran that nobody can count, or none at all, there is
  nothing to hold the formula against: it is *inferred*, with the reason, and never verified.
- **By the operators.** A formula that is read from the operators' own sizes recomputes the count from what it was
  counted from. It shows how the number comes about and proves nothing, so it is *shape only*, as the size of a tensor
  is; *disagrees* where it gives another number than the count, which is then wrong in one of the two.
- **By the count.** What no form here knows stands as its count, *shape only* as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from summarykit.expression import Expression, Sentence, Unanswerable, Value, evaluate, group_digits, names_in, parse
from summarykit.expression import parse_sentence as sentence_of
from summarykit.formulas.compute.facts import ComputeFacts
from summarykit.formulas.compute.operators import Term, short_name, term_of
from summarykit.formulas.compute.rules import ComputeRule, find_compute_rule
from summarykit.records import Evidence
from summarykit.runs import FROM_OPERATORS, ComputeExplanation, Operator

#: So many different products get a term each; those after them share one.
MOST_TERMS = 8
#: Of so many different products each gets its words.
MOST_SENTENCES = 3
NO_SIZES = "what enters and leaves it is not as it is for such a layer"
ITS_OWN_COUNT = (
    "the formula is read from the operators that were counted, so it explains the count and does not check it"
)


def explain_compute(facts: ComputeFacts) -> ComputeExplanation | None:
    """Return why one call multiplies as often as it does; None where it multiplies nothing and no rule is known.

    Never raises: what a rule cannot answer becomes a grade and a reason.
    """
    found = find_compute_rule(facts.lineage)
    problem = ""
    if found is not None:
        rule, own_class = found
        why, problem = by_rule(rule, facts)
        if why is not None and (own_class or why.evidence is not Evidence.DISAGREES):
            return why
        problem = f"the formula for {rule.targets[0].rpartition('.')[2]} does not fit: {why.reason if why else problem}"
    return by_operators(facts.operators, problem) if facts.operators else None


def by_rule(rule: ComputeRule, facts: ComputeFacts) -> tuple[ComputeExplanation | None, str]:
    """Return what *rule* makes of a call, or None and why it cannot be worked out."""
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
    why = _made(rule.formula, bindings, value, facts.operators, rule.says, origin, evidence, reason)
    return why._replace(about=rule.about), ""


def bind(rule: ComputeRule, facts: ComputeFacts, sizes: Mapping[str, Value]) -> dict[str, Value]:
    """Return a value for each name *rule* asks for that the call can answer: a size, a tensor's presence, a setting."""
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
    """Return how far the operators that ran bear out a rule's *value*, and why not further."""
    uncounted = uncounted_names(operators)
    if uncounted:
        return Evidence.INFERRED, f"not checked: nobody counted {uncounted}"
    if not operators and value:
        return Evidence.INFERRED, "not checked: the run saw no operator of it that multiplies"
    ran = counted(operators)
    if ran == value:
        return Evidence.VERIFIED, ""
    return (
        Evidence.DISAGREES,
        f"the formula says {group_digits(value)}, the operators that ran multiply {group_digits(ran)} times",
    )


def counted(operators: tuple[Operator, ...]) -> int:
    """Return the multiply-accumulates of all operators that were counted."""
    return sum(operator.macs or 0 for operator in operators)


def uncounted_names(operators: tuple[Operator, ...]) -> str:
    """Return the names of the operators that nobody counted, empty where there are none."""
    return ", ".join(dict.fromkeys(f"`{each.name}`" for each in operators if each.macs is None))


def by_operators(operators: tuple[Operator, ...], problem: str) -> ComputeExplanation:
    """Return what the operators' own sizes say of their count, with the *problem* that a rule had."""
    terms = Counter(term for term in map(term_of, operators) if term is not None)
    names = ", ".join(dict.fromkeys(short_name(operator.name) for operator in operators))
    origin = f"{FROM_OPERATORS}{names}"
    uncounted = uncounted_names(operators)
    reason = problem or (f"nobody counted {uncounted}" if uncounted else ITS_OWN_COUNT)
    if not terms:
        return _made(None, {}, None, operators, None, origin, Evidence.SHAPE_ONLY, reason)
    formula, bindings, sentence = added_up(terms)
    value = evaluate(formula.tree, bindings)
    ran = counted(operators)
    if not uncounted and value != ran:
        reason = f"the operators' sizes say {group_digits(value)}, their count is {group_digits(ran)}"
        return _made(formula, bindings, value, operators, sentence, origin, Evidence.DISAGREES, reason)
    return _made(formula, bindings, value, operators, sentence, origin, Evidence.SHAPE_ONLY, reason)


def added_up(terms: Mapping[Term, int]) -> tuple[Expression, dict[str, Value], Sentence]:
    """Return the sum of *terms*, each with how often it stands, as formula, bindings and words."""
    texts: list[str] = []
    said: list[str] = []
    bindings: dict[str, Value] = {}
    shown = list(terms.items())
    if len(shown) > MOST_TERMS:
        shown = [*shown[: MOST_TERMS - 1], (_lumped(shown[MOST_TERMS - 1 :]), 1)]
    for number, (term, times) in enumerate(shown, 1):
        mark = f"_{number}" if len(shown) > 1 else ""
        texts.append(f"{times} * ({term.formula})" if times > 1 else term.formula)
        said.append(f"{term.says} This happens {group_digits(times)} times." if times > 1 else term.says)
        texts[-1], said[-1] = texts[-1].replace("@", mark), said[-1].replace("@", mark)
        bindings |= {f"{name}{mark}": value for name, value in term.values}
    if len(terms) > MOST_SENTENCES:
        said = [f"{len(terms)} different products are added up."]
    return parse(" + ".join(texts)), bindings, sentence_of(" ".join(said))


def _lumped(terms: list[tuple[Term, int]]) -> Term:
    """Return one term for many."""
    total = sum(times * evaluate(parse(term.formula.replace("@", "")).tree, dict(term.values)) for term, times in terms)
    return Term("others@", "", (("others", total),))


def _made(
    formula: Expression | None,
    bindings: Mapping[str, Value],
    value: int | None,
    operators: tuple[Operator, ...],
    sentence: Sentence | None,
    origin: str,
    evidence: Evidence,
    reason: str,
) -> ComputeExplanation:
    ordered = tuple(sorted(bindings.items()))
    return ComputeExplanation(formula, ordered, value, counted(operators), sentence, "", origin, evidence, reason)
