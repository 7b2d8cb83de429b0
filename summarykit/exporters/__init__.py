"""From a summary to a file: the names that an exporter of your own may import, as in ``docs/exporters.md``.

They are looked up when they are used, so that a program that imports one format does not load the others.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from summarykit.exporters.base import API_VERSION as API_VERSION
    from summarykit.exporters.base import OLDEST_API_VERSION as OLDEST_API_VERSION
    from summarykit.exporters.base import ComparisonExporter as ComparisonExporter
    from summarykit.exporters.base import Exporter as Exporter
    from summarykit.exporters.base import Options as Options
    from summarykit.exporters.base import ProjectExporter as ProjectExporter
    from summarykit.exporters.view import ReportView as ReportView
    from summarykit.exporters.view import build_view as build_view
    from summarykit.exporters.view.diff import DiffView as DiffView
    from summarykit.exporters.view.diff import ProjectView as ProjectView
    from summarykit.exporters.view.diff import build_diff_view as build_diff_view
    from summarykit.exporters.view.diff import build_project_view as build_project_view
    from summarykit.exporters.view.words import visible as visible
    from summarykit.summary.data import SummaryData as SummaryData
    from summarykit.summary.diff import Comparison as Comparison
    from summarykit.summary.diff import ProjectChanges as ProjectChanges
    from summarykit.summary.folding import Folding as Folding
    from summarykit.summary.selection import Selection as Selection

_HOMES = {
    "API_VERSION": "summarykit.exporters.base",
    "OLDEST_API_VERSION": "summarykit.exporters.base",
    "Comparison": "summarykit.summary.diff",
    "ComparisonExporter": "summarykit.exporters.base",
    "DiffView": "summarykit.exporters.view.diff",
    "Exporter": "summarykit.exporters.base",
    "Folding": "summarykit.summary.folding",
    "Options": "summarykit.exporters.base",
    "ProjectChanges": "summarykit.summary.diff",
    "ProjectExporter": "summarykit.exporters.base",
    "ProjectView": "summarykit.exporters.view.diff",
    "ReportView": "summarykit.exporters.view",
    "Selection": "summarykit.summary.selection",
    "SummaryData": "summarykit.summary.data",
    "build_diff_view": "summarykit.exporters.view.diff",
    "build_project_view": "summarykit.exporters.view.diff",
    "build_view": "summarykit.exporters.view",
    "visible": "summarykit.exporters.view.words",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'summarykit.exporters' has no attribute {name!r}")
    member = getattr(import_module(_HOMES[name]), name)
    globals()[name] = member
    return member


def __dir__() -> list[str]:
    return sorted(__all__)
