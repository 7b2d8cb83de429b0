"""What a template of a comparison receives: frozen, of strings, numbers and tuples only."""

from __future__ import annotations

from typing import NamedTuple

from summarykit.exporters.view.values import Rich


class TotalLine(NamedTuple):
    """One total before and after."""

    label: str
    before: str
    after: str
    change: str  #: "−7,851,486"; "–" for none
    percent: str  #: "−30.7%"; empty where there is none to tell
    before_value: int
    after_value: int


class Verdict(NamedTuple):
    """Whether existing checkpoints still load."""

    look: str  #: ok, bad or warning
    text: Rich
    details: tuple[Rich, ...]  #: what else to know, a sentence each
    names: tuple[NameLine, ...]  #: every name that makes it so, as many as fit
    names_left_out: str
    number: int  #: how many names there are in all


class NameLine(NamedTuple):
    """One name of a checkpoint."""

    word: str  #: reshaped, missing, unexpected, renamed, into another layer, into one with others
    name: str
    text: str  #: "4 × 4 → 5 × 4", or the new name
    is_name: bool  #: whether *text* is a name


class ChangeRow(NamedTuple):
    """One changed layer, or several of repeated blocks that changed alike."""

    word: str  #: new, removed, changed, replaced …: the first state
    words: tuple[str, ...]  #: all of them
    path: str
    was: str  #: the path before, where it is another for more than a shift of numbers
    times: int
    type: str
    was_type: str
    before: str  #: formula with its result, or the size; "–" where there was no such layer or it holds nothing
    after: str
    notes: tuple[Rich, ...]  #: what happened beside the count
    lines: tuple[Rich, ...]  #: what to show of these: both formulas where they differ, else the one, and what happened
    change: str  #: "3 × −2,285,568 = −6,856,704"; "–" for none
    change_value: int  #: of all together
    before_value: int  #: what one adds to the total before
    after_value: int
    bytes: str
    bytes_value: int
    macs: str
    macs_value: int


class DiffView(NamedTuple):
    """Everything a report on a comparison says."""

    title: str
    key: str  #: of the comment on a pull request that this one updates
    source: str
    same: bool
    headline: str  #: "−7,851,486 parameters (−30.7%)"
    numbers: tuple[str, ...]  #: "25,557,032 → 17,705,546", "102.2 → 70.8 MB"
    totals: tuple[TotalLine, ...]
    checkpoint: Verdict
    why: tuple[Rich, ...]  #: the most telling reasons
    why_more: tuple[Rich, ...]  #: the others
    why_left_out: str  #: "3 more" beside the most telling; empty for none
    top: tuple[ChangeRow, ...]  #: the largest changes
    top_left_out: str  #: "12 more, −3,072" beside them; empty for none
    more: tuple[ChangeRow, ...]  #: the others
    more_left_out: str
    rows: tuple[ChangeRow, ...]  #: all, largest change first
    rows_left_out: str
    unchanged: str  #: "103 layers unchanged"
    notes: tuple[str, ...]
    problems: tuple[str, ...]  #: checks that do not hold, in words
    receipt: str  #: "The changes add up to the difference of the totals: …"
    before: str  #: fingerprint
    after: str
    has_macs: bool
