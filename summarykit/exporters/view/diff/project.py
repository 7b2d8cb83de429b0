"""``build_project_view()``: the contents of a report on what changed in the models of a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from summarykit.exporters.view.diff.budget import broken_limits, budget_words, look_of, usage
from summarykit.exporters.view.diff.build import change_of, comment_key, headline_of
from summarykit.exporters.view.diff.loading import verdict
from summarykit.exporters.view.diff.values import ModelRow, ProjectView
from summarykit.exporters.view.values import Piece, Rich
from summarykit.exporters.view.words import count_noun
from summarykit.expression import group_digits
from summarykit.summary.diff import Checkpoint, Comparison, ModelChange, ModelState, ProjectChanges

#: At most so many models in the table, so many errors and broken limits below it.
MOST_MODELS = 100
MOST_ERRORS = 20
#: Longer lines of an error are cut.
_LONGEST = 300
_CHANGES = {
    ModelState.FAILED: "cannot be compared",
    ModelState.NEW: "new, no base",
    ModelState.REMOVED: "removed, no longer named",
    ModelState.SAME: "unchanged",
}
#: A model in one of these states was there before and is there now.
_IN_BOTH = (ModelState.CHANGED, ModelState.SAME)
_ORDER = (ModelState.FAILED, ModelState.CHANGED, ModelState.NEW, ModelState.SAME, ModelState.REMOVED)


def visible_models(changes: ProjectChanges) -> list[ModelChange]:
    """Return the models to look at, broken ones first, then by size; unchanged models within limits are left out."""
    models = [model for model in changes.models if model.state is not ModelState.SAME or not model.ok]
    return sorted(models, key=lambda model: (model.ok, _ORDER.index(model.state), -_size(model)))


def _size(model: ModelChange) -> int:
    return abs(model.comparison.change.parameters) if model.comparison else 0


def build_project_view(
    changes: ProjectChanges, *, title: str = "", source: str = "", models: int = MOST_MODELS, errors: int = MOST_ERRORS
) -> ProjectView:
    """Return the contents of a report on *changes*, without the details of each model.

    Args:
        changes: The models.
        title: Heading.
        source: Where before and after came from.
        models: At most so many rows; the report says how many are left out.
        errors: At most so many errors and broken limits.

    """
    visible = visible_models(changes)
    rows = [_row(model) for model in visible]
    failures = [row for row in rows if row.error]
    failing = list(_broken_limits(visible))
    same = len(changes.models) - len(visible)
    return ProjectView(
        title=title,
        key=comment_key(title),
        source=source,
        same=changes.same and changes.ok,
        look=_look(changes),
        headline=_headline(changes),
        rows=tuple(rows[:models]),
        rows_left_out=f"{count_noun(len(rows) - models, 'model')} more" if len(rows) > models else "",
        errors=tuple(failures[:errors]),
        broken=tuple(failing[:errors]),
        problems_left_out=_left_out(len(failures) - errors, len(failing) - errors),
        unchanged=f"{count_noun(same, 'model')} unchanged" if same else "",
        notes=tuple(f"{note[:1].upper()}{note[1:]}." for note in changes.notes),
    )


def _left_out(errors: int, limits: int) -> str:
    """Return "2 errors and 1 broken limit more, left out here to keep this short"; empty for none."""
    words = (count_noun(number, word) for number, word in ((errors, "error"), (limits, "broken limit")) if number > 0)
    text = " and ".join(words)
    return f"{text} more, left out here to keep this short" if text else ""


def _broken_limits(models: Sequence[ModelChange]) -> Iterator[Rich]:
    for model in models:
        for line in broken_limits(model.comparison) if model.comparison else ():
            yield Piece(model.name, code=True), Piece(": "), *line


def _look(changes: ProjectChanges) -> str:
    looks = {look_of(model.comparison) for model in changes.models if model.comparison}
    return "bad" if not changes.ok else "ok" if "ok" in looks else ""


def _headline(changes: ProjectChanges) -> str:
    """Return "3 of 20 models changed, 1 new, 1 over budget"."""
    states = Counter(model.state for model in changes.models)
    total = count_noun(len(changes.models) - states[ModelState.REMOVED], "model")
    changed_models = states[ModelState.CHANGED]
    parts = [f"{group_digits(changed_models)} of {total} changed" if changed_models else total]
    if changes.same:
        parts = [f"nothing changed in {total}"]
    words = {ModelState.NEW: "new", ModelState.REMOVED: "removed", ModelState.FAILED: "cannot be compared"}
    for state, word in words.items():
        parts += [f"{group_digits(states[state])} {word}"] * bool(states[state])
    budgets = Counter(budget_words(model.comparison.verdicts) for model in changes.models if model.comparison)
    bad = [words for words in ("over budget", "not known to be within budget") if budgets[words]]
    parts += [f"{group_digits(budgets[words])} {words}" for words in bad]
    return ", ".join([*parts, *(["within budget"] if budgets["within budget"] and not bad else [])])


def _row(model: ModelChange) -> ModelRow:
    comparison, state = model.comparison, model.state
    verdicts = comparison.verdicts if comparison else ()
    failing = [verdict for verdict in verdicts if not verdict.ok]  # if any limit is broken, show that one and no other
    look = "bad" if not model.ok else look_of(comparison) if comparison else ""
    loading = _loading(comparison.checkpoint) if comparison and state in _IN_BOTH else ("", "")
    return ModelRow(
        name=model.name,
        look=look,
        numbers=_numbers(model),
        change=_CHANGES.get(state) or _change(comparison),
        loading=loading[1],
        loading_look=loading[0],
        budget=usage(failing or verdicts, increases=bool(failing), noun="") or budget_words(verdicts),
        budget_look=("ok" if all(each.ok for each in verdicts) else "bad") if budget_words(verdicts) else "",
        headline=headline_of(comparison) if comparison else "",
        error=tuple(line.strip()[:_LONGEST] for line in model.error.splitlines() if line.strip()),
    )


def _numbers(model: ModelChange) -> str:
    comparison = model.comparison
    if comparison is None:
        return group_digits(model.before.totals.parameters) if model.before else "–"
    return _totals(comparison)


def _totals(comparison: Comparison) -> str:
    before, after = comparison.before.totals.parameters, comparison.after.totals.parameters
    if comparison.new or before == after:
        return group_digits(after)
    return f"{group_digits(before)} → {group_digits(after)}"


def _change(comparison: Comparison | None) -> str:
    change = change_of(comparison) if comparison else "–"
    text = "parameters unchanged" if change == "–" else change
    return f"{text}, a different model" if comparison and comparison.unrelated else text


def _loading(checkpoint: Checkpoint) -> tuple[str, str]:
    """Return whether checkpoints load, in a word or two, with the look of the full sentence."""
    look = verdict(checkpoint).look
    if checkpoint.loads is None:
        return look, "not known"
    if checkpoint.loads:
        return look, "load into other layers" if look == "bad" else "load"
    return look, "will not load"
