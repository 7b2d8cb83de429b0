"""Two models compared: which layer is which, what changed and why, whether checkpoints load, and whether it adds up."""

from summarykit.summary.diff.changes import Amounts as Amounts
from summarykit.summary.diff.changes import Change as Change
from summarykit.summary.diff.changes import SettingChange as SettingChange
from summarykit.summary.diff.changes import State as State
from summarykit.summary.diff.checkpoint import Checkpoint as Checkpoint
from summarykit.summary.diff.comparison import Comparison as Comparison
from summarykit.summary.diff.comparison import ComparisonChecks as ComparisonChecks
from summarykit.summary.diff.comparison import Reason as Reason
from summarykit.summary.diff.grouping import ChangeGroup as ChangeGroup
from summarykit.summary.diff.no_base import compare_without_base as compare_without_base
from summarykit.summary.diff.project import ModelChange as ModelChange
from summarykit.summary.diff.project import ModelState as ModelState
from summarykit.summary.diff.project import ProjectChanges as ProjectChanges
from summarykit.summary.diff.subtrees import ChangeWithParts as ChangeWithParts
