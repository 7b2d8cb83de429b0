"""Limits on what a model may hold and compute, and whether it keeps them."""

from summarykit.summary.budget.limits import Limit as Limit
from summarykit.summary.budget.limits import Quantity as Quantity
from summarykit.summary.budget.limits import parse_limits as parse_limits
from summarykit.summary.budget.storage import checks_json as checks_json
from summarykit.summary.budget.verdicts import Contributor as Contributor
from summarykit.summary.budget.verdicts import ModelCheck as ModelCheck
from summarykit.summary.budget.verdicts import Outcome as Outcome
from summarykit.summary.budget.verdicts import Verdict as Verdict
from summarykit.summary.budget.verdicts import judge as judge
