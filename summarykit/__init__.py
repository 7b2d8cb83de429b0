"""summarykit explains where a PyTorch model keeps its parameters, with the formula for each layer, checked.

>>> import torch, summarykit
>>> model = torch.nn.Sequential(torch.nn.Linear(16, 4), torch.nn.Linear(4, 2), torch.nn.Linear(2, 1))
>>> summarykit.summarize(model).layers.formula_numbers.dropna().tolist()
['4 × (16 + 1) = 68', '2 × (4 + 1) = 10', '1 × (2 + 1) = 3']

Importing this package imports neither torch nor pandas: names are looked up when they are used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from summarykit.api import load as load
    from summarykit.api import read_review as read_review
    from summarykit.api import report as report
    from summarykit.api import summarize as summarize
    from summarykit.comparison import Diff as Diff
    from summarykit.comparison import diff as diff
    from summarykit.errors import SummaryKitError as SummaryKitError
    from summarykit.formulas.rules import rule as rule
    from summarykit.projects.checks import Checked as Checked
    from summarykit.projects.checks import check as check
    from summarykit.projects.checks import lock as lock
    from summarykit.projects.diff_all import ProjectDiff as ProjectDiff
    from summarykit.projects.diff_all import diff_all as diff_all
    from summarykit.result import Summary as Summary

__version__ = "0.1.0"
__all__ = [
    "Checked",
    "Diff",
    "ProjectDiff",
    "Summary",
    "SummaryKitError",
    "__version__",
    "check",
    "diff",
    "diff_all",
    "load",
    "lock",
    "read_review",
    "report",
    "rule",
    "summarize",
]

_HOMES = {
    "Checked": "summarykit.projects.checks",
    "Diff": "summarykit.comparison",
    "ProjectDiff": "summarykit.projects.diff_all",
    "Summary": "summarykit.result",
    "SummaryKitError": "summarykit.errors",
    "check": "summarykit.projects.checks",
    "diff": "summarykit.comparison",
    "diff_all": "summarykit.projects.diff_all",
    "load": "summarykit.api",
    "lock": "summarykit.projects.checks",
    "read_review": "summarykit.api",
    "report": "summarykit.api",
    "rule": "summarykit.formulas.rules",
    "summarize": "summarykit.api",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'summarykit' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
