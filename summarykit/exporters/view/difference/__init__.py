"""What a comparison says: finished texts for templates."""

from summarykit.exporters.view.difference.build import build_diff_view as build_diff_view
from summarykit.exporters.view.difference.project import build_project_view as build_project_view
from summarykit.exporters.view.difference.project import model_view as model_view
from summarykit.exporters.view.difference.project import shown_models as shown_models
from summarykit.exporters.view.difference.room import in_less_room as in_less_room
from summarykit.exporters.view.difference.values import DiffView as DiffView
