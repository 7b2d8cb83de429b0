"""What two or more formats say about a diff: finished texts for templates."""

from summarykit.exporters.view.diff.build import build_diff_view as build_diff_view
from summarykit.exporters.view.diff.project import build_project_view as build_project_view
from summarykit.exporters.view.diff.project import visible_models as visible_models
from summarykit.exporters.view.diff.values import DiffView as DiffView
from summarykit.exporters.view.diff.values import ProjectView as ProjectView
