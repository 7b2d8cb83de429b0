"""One comment on all models of a project: a table, then the details of as many models as the size limit allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from summarykit.exporters.base import Options
from summarykit.exporters.markdown.escaping import MOST_CHARACTERS, characters
from summarykit.exporters.markdown.shorten import PROJECT_LIMITS, shorten_diff
from summarykit.exporters.view.diff import DiffView, build_diff_view, build_project_view, visible_models
from summarykit.exporters.view.words import count_noun
from summarykit.summary.diff import ModelChange, ProjectChanges

#: Characters of the template around the details of one model, without its name.
_AROUND = 300

Render = Callable[[str, Mapping[str, Any]], str]


class _Details:
    """The comment on one model at each level of shortening, from whole to shortest; each is rendered on first use."""

    def __init__(self, view: DiffView, render: Render) -> None:
        self.name, self.headline = view.title, view.headline
        self.views = tuple(shorten_diff(view))
        self._render = render
        self._forms: dict[int, str] = {}

    def form(self, level: int) -> str:
        level = min(level, len(self.views) - 1)
        if level not in self._forms:
            values = {"diff": self.views[level], "inside": True}
            self._forms[level] = self._render("markdown/diff.md.j2", values).strip("\n")
        return self._forms[level]


def project_comment(changes: ProjectChanges, render: Render, options: Options) -> str:
    """Return the comment, shortened to 60,000 characters by dropping the least important parts."""
    entries = [] if changes.same and changes.ok else visible_models(changes)
    views = [_model_view(model, fold=options.fold) for model in entries]
    details = [_Details(view, render) for view in views if view and not view.same]
    for models, errors in PROJECT_LIMITS:
        view = build_project_view(changes, title=options.title, source=options.source, models=models, errors=errors)
        bare = render("markdown/project.md.j2", {"project": view, "details": (), "left_out": ""})
        if characters(bare) <= MOST_CHARACTERS:
            break
    budget = MOST_CHARACTERS - characters(bare) - _AROUND
    level = _level(details, budget)
    details_that_fit = _first_that_fit([(each, each.form(level)) for each in details], budget)
    while True:
        rest = len(details) - len(details_that_fit)
        left_out = f"The details of {count_noun(rest, 'model')} are left out here to keep this short" if rest else ""
        texts = tuple((each.name, each.headline, Markup(text)) for each, text in details_that_fit)
        text = render("markdown/project.md.j2", {"project": view, "details": texts, "left_out": left_out})
        if characters(text) <= MOST_CHARACTERS or not details_that_fit:
            return text
        details_that_fit = details_that_fit[:-1]


def _cost(each: _Details, text: str) -> int:
    return characters(text) + _AROUND + 6 * len(each.name)


def _level(details: Sequence[_Details], budget: int) -> int:
    """Return the lowest level of shortening at which all details fit in *budget*, or else the highest level."""
    deepest = max((len(each.views) for each in details), default=1) - 1
    for level in range(deepest):
        if sum(_cost(each, each.form(level)) for each in details) <= budget:
            return level
    return deepest


def _first_that_fit(details: list[tuple[_Details, str]], budget: int) -> list[tuple[_Details, str]]:
    """Return the first of *details*, as many as fit in *budget*."""
    for at, (each, text) in enumerate(details):
        budget -= _cost(each, text)
        if budget < 0:
            return details[:at]
    return details


def _model_view(model: ModelChange, *, fold: bool) -> DiffView | None:
    """Return the report on one model; None where there is nothing to compare."""
    comparison = model.comparison
    return build_diff_view(comparison, title=model.name, fold=fold) if comparison else None
