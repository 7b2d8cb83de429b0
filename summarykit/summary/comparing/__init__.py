"""Two models compared: which layer is which, what changed and why, whether checkpoints load, and whether it adds up."""

from summarykit.summary.comparing.changes import Amounts as Amounts
from summarykit.summary.comparing.changes import Change as Change
from summarykit.summary.comparing.changes import SettingChange as SettingChange
from summarykit.summary.comparing.changes import State as State
from summarykit.summary.comparing.checkpoint import Checkpoint as Checkpoint
from summarykit.summary.comparing.comparison import Comparison as Comparison
from summarykit.summary.comparing.comparison import ComparisonChecks as ComparisonChecks
from summarykit.summary.comparing.comparison import Reason as Reason
from summarykit.summary.comparing.grouping import ChangeGroup as ChangeGroup
from summarykit.summary.comparing.newcomer import of_new as of_new
from summarykit.summary.comparing.project import ModelChange as ModelChange
from summarykit.summary.comparing.project import ModelState as ModelState
from summarykit.summary.comparing.project import ProjectChanges as ProjectChanges
from summarykit.summary.comparing.subtrees import Told as Told
