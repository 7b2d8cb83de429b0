"""``diff()`` and ``Diff``: what changed from one model to another."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from summarykit.api import summarize
from summarykit.exporters.base import Options
from summarykit.exporters.files import targets
from summarykit.options import Overrides, parse_overrides
from summarykit.result import Saveable, Summary
from summarykit.summary.budget import Limit, judge
from summarykit.summary.diff import Comparison, compare_without_base

if TYPE_CHECKING:
    import pandas as pd
    from torch import nn

    from summarykit.summary import Totals
    from summarykit.summary.diff import Checkpoint, ComparisonChecks

    PathLike = str | os.PathLike[str]


@dataclass(frozen=True, repr=False)
class Diff(Saveable):
    """What changed from one model to another.

    Attributes:
        comparison: The two models, which layer is which, and all that follows.
        options: Title, source and templates that reports use.

    """

    comparison: Comparison
    options: Options = field(default=Options(), compare=False)

    @property
    def _report(self) -> Comparison:
        return self.comparison

    @property
    def same(self) -> bool:
        """Whether nothing changed."""
        return self.comparison.same

    @property
    def totals(self) -> Totals:
        """By how much each total changed: exact Python ints, those of ``summary.totals``; ``macs`` may be ``None``."""
        return self.comparison.totals

    @cached_property
    def changes(self) -> pd.DataFrame:
        """One row a layer that is new, removed or not as it was; columns as in ``docs/columns.md``."""
        from summarykit.summary.frames import changes_frame

        return changes_frame(self.comparison)

    @property
    def checkpoint(self) -> Checkpoint:
        """Whether a checkpoint of the model before loads into the model after, and the names that prevent it."""
        return self.comparison.checkpoint

    @property
    def checks(self) -> ComparisonChecks:
        """Whether the changes add up to the difference of the totals: ``checks.ok``, and each in ``checks.list``."""
        return self.comparison.checks

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on the changes."""
        return self.comparison.notes

    def __repr__(self) -> str:
        """Return one line: the two models and the difference of their totals."""
        before, after = self.comparison.before, self.comparison.after
        names = " and ".join(f"{data.model_name} {data.fingerprint}" for data in (before, after))
        return f"<Diff of {names}: {self.totals.parameters:+,} parameters>"

    def _repr_html_(self) -> str:
        from summarykit.exporters.html.exporter import diff_fragment

        return diff_fragment(self.comparison, self.options)

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


def diff(
    before: nn.Module | Summary | PathLike,
    after: nn.Module | Summary | PathLike,
    *paths: PathLike,
    title: str = "",
    source: str = "",
    templates: PathLike | Sequence[PathLike] = (),
    fold: bool | None = None,
) -> Diff:
    """Return what changed from *before* to *after*, and write a report on it to each path.

    Layers are matched by name, numbered ones as diff tools align sequences, then by what they are: an insert is one
    insert, a new name is a new name. Nothing is run and nothing on a model changes; for multiply-adds give
    summaries that were made with inputs.

    Args:
        before: A module, a summary, or the path of a summary saved as JSON, or of a folder with a config.json.
        after: Likewise; the two may be of different kinds.
        paths: Where to write; the suffix picks the format.
        title: Heading of reports; by default that of *after*, or its class name.
        source: Where the two came from, shown in reports.
        templates: Folders with templates that go before the built-in ones.
        fold: Whether layers of repeated blocks with the same change are one row, with their number.

    Raises:
        NotAModelError: *before* or *after* is none of these.
        MissingFileError, SavedFileError: A path is given, and no summary can be read there.
        UnknownFormatError: A suffix has no format for comparisons.
        OutputError: A folder cannot be made or written, or the disk is full.
        TemplateError: A template has an error, or a folder of templates is not there.

    Example:
        >>> import torch, summarykit
        >>> summarykit.diff(torch.nn.Linear(16, 4), torch.nn.Linear(16, 8)).totals.parameters
        68

    """
    targets(paths, Comparison)
    overrides = parse_overrides(title, source, templates, fold)
    first, second = (model if isinstance(model, Summary) else summarize(model) for model in (before, after))
    result = make_diff(first, second, overrides)
    result.save(*paths)
    return result


def make_diff(before: Summary | None, after: Summary, overrides: Overrides, limits: Sequence[Limit] = ()) -> Diff:
    """Return what changed from *before* to *after*, with a verdict for each of *limits*; *before* is None if new.

    Raises:
        BudgetError: The pattern of a limit matches nothing in the model.

    """
    base = before.data if before else None
    comparison = Comparison(base, after.data) if base else compare_without_base(after.data)
    verdicts = tuple(judge(limit, after.data, base) for limit in limits)
    defaults = replace(after.options, source="")  # that is where one of the two models came from
    return Diff(replace(comparison, verdicts=verdicts), overrides.over(defaults))


def with_base_note(diff: Diff, note: str) -> Diff:
    """Return *diff* with what a reader has to know of the model before; the same if *note* is empty."""
    return replace(diff, comparison=replace(diff.comparison, base_note=note)) if note else diff
