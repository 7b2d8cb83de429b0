"""The values a diff template receives: frozen, of strings, numbers and tuples only."""

from __future__ import annotations

from typing import NamedTuple

from summarykit.exporters.view.values import Rich


class TotalLine(NamedTuple):
    """One total before and after."""

    label: str
    before: str
    after: str
    change: str  #: "−7,851,486"; "–" for none
    percent: str  #: "−30.7%"; empty if there is none
    before_value: int
    after_value: int
    key: str  #: parameters, active, trainable, buffers, layers, macs or bytes


class Verdict(NamedTuple):
    """Whether existing checkpoints still load."""

    look: str  #: ok, bad or warning
    text: Rich
    details: tuple[Rich, ...]  #: what else to know, a sentence each
    names: tuple[NameLine, ...]  #: the names that cause it, as many as fit
    names_left_out: str
    number: int  #: how many names there are in all


class NameLine(NamedTuple):
    """One name of a checkpoint."""

    word: str  #: reshaped, missing, unexpected, renamed, into another layer, into one with others
    name: str
    text: str  #: "4 × 4 → 5 × 4", or the new name
    is_name: bool  #: whether *text* is a name


class ChangeRow(NamedTuple):
    """One changed layer, or several of repeated blocks with the same change."""

    word: str  #: new, removed, changed, replaced …: the first state
    words: tuple[str, ...]  #: all of them
    path: str
    was: str  #: the path before, where it is another for more than a shift of numbers
    times: int
    type: str
    was_type: str
    before: str  #: formula with its result, or the size; "–" where there was no such layer or it holds nothing
    after: str
    notes: tuple[Rich, ...]  #: changes beside the count
    lines: tuple[Rich, ...]  #: what to show of these: both formulas where they differ, else the one, and what happened
    change: str  #: "3 × −2,285,568 = −6,856,704"; "–" for none
    change_value: int  #: of all together
    before_value: int  #: what one adds to the total before
    after_value: int
    bytes: str
    bytes_value: int
    macs: str
    macs_value: int


class ModelRow(NamedTuple):
    """One model of a project that is not as it was, or not as it should be."""

    name: str
    look: str  #: bad where it failed, breaks a limit or a check; ok where it keeps its limits; else empty
    numbers: str  #: "25,557,032 → 17,705,546"
    change: str  #: "−7,851,486 (−30.7%)", "new, no base", "removed, no longer named", "cannot be compared"
    loading: str  #: "load", "will not load"; empty where there is nothing to load
    loading_look: str  #: ok, bad, warning or empty
    budget: str  #: "17.7 of 30.0 M (59%)", else "within budget"; empty without a limit
    budget_look: str
    headline: str  #: "−7,851,486 parameters (−30.7%), within budget"; of its details
    error: tuple[str, ...]  #: why it cannot be compared, line by line


class ProjectView(NamedTuple):
    """The contents of a report on the models of a project."""

    title: str  #: heading; empty where none was given
    key: str  #: of the comment on a pull request that this one updates
    source: str
    same: bool
    look: str  #: as of a DiffView, over all
    headline: str  #: "3 of 20 models changed, 1 new: 1 over budget"
    rows: tuple[ModelRow, ...]  #: those to be looked at, what is wrong first, then the largest change
    rows_left_out: str
    errors: tuple[ModelRow, ...]  #: those that cannot be compared
    broken: tuple[Rich, ...]  #: limits that are not kept, a sentence each, with the name of the model
    problems_left_out: str  #: "2 errors and 1 broken limit more, …"; empty for none
    unchanged: str  #: "15 models unchanged"; empty for none
    notes: tuple[str, ...]


class DiffView(NamedTuple):
    """The contents of a report on a comparison."""

    title: str
    key: str  #: of the comment on a pull request that this one updates
    source: str
    same: bool
    new: bool  #: there was no such model before
    look: str  #: ok where a budget is kept, bad where it or a check is not; empty where there is nothing to judge
    headline: str  #: "−7,851,486 parameters (−30.7%), within budget"; "nothing changed"
    what: str  #: the same without the budget
    change: str  #: "−7,851,486 (−30.7%)"; "–" for none
    budget: str  #: "within budget", "over budget"; empty without a limit
    used: str  #: "17.7 of 30.0 M budget (59%)", which stands among the numbers too; empty without such a limit
    broken: tuple[Rich, ...]  #: limits that are not kept, a sentence each
    numbers: tuple[str, ...]  #: "25,557,032 → 17,705,546", "102.2 → 70.8 MB"
    totals: tuple[TotalLine, ...]
    checkpoint: Verdict
    why: tuple[Rich, ...]  #: the first reasons
    why_more: tuple[Rich, ...]  #: the others
    why_left_out: str  #: "3 more" beside the first; empty for none
    top: tuple[ChangeRow, ...]  #: the largest changes
    top_left_out: str  #: "12 more, −3,072" beside them; empty for none
    more: tuple[ChangeRow, ...]  #: the others
    more_left_out: str
    rows: tuple[ChangeRow, ...]  #: all, largest change first
    rows_left_out: str
    unchanged: str  #: "103 layers unchanged"
    notes: tuple[str, ...]
    problems: tuple[str, ...]  #: failed checks, in words
    receipt: str  #: "The changes add up to the difference of the totals: …"
    before: str  #: fingerprint
    after: str
    has_macs: bool
