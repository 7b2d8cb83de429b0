"""``check(exporter)``: whether an exporter of your own keeps the contract of ``docs/exporters.md``."""

from summarykit.exporters.testing.contract import check as check
from summarykit.exporters.testing.models import comparisons as comparisons
from summarykit.exporters.testing.models import models as models
from summarykit.exporters.testing.models import projects as projects

__all__ = ["check", "comparisons", "models", "projects"]
