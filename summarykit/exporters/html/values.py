"""What the templates of HTML receive, each as one value: its fields are the names a template reads."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from summarykit.exporters.html.columns import PageColumn
from summarykit.exporters.html.diff.table_values import ChangeTable
from summarykit.exporters.view.diff.values import DiffView
from summarykit.exporters.view.values import Picture, ReportView


class ReportPage(NamedTuple):
    """What ``html/report.html.j2`` receives."""

    report: ReportView
    policy: str  #: becomes the page's Content-Security-Policy
    island: Markup  #: the page data: the tree as JSON for the script
    columns: tuple[PageColumn, ...]
    many: bool  #: the table needs a window on its rows
    asked: tuple[PageColumn, ...]  #: requested columns that are not among the usual ones
    more: int  #: how many columns the table is wider than usual


class DiffPage(NamedTuple):
    """What ``html/diff.html.j2`` receives."""

    diff: DiffView
    picture: Picture | None
    table: ChangeTable
    island: Markup  #: the page data: both models as one tree; empty where nothing changed
    many: bool  #: the table needs a window on its rows
    policy: str  #: becomes the page's Content-Security-Policy


class Fragment(NamedTuple):
    """What ``html/fragment.html.j2`` receives."""

    report: ReportView
    itself: str  #: share of the parameters that the model holds outside its parts
    not_shown: str  #: how many layers have no row, in a sentence; empty for none


class DiffFragment(NamedTuple):
    """What ``html/diff_fragment.html.j2`` receives."""

    diff: DiffView
