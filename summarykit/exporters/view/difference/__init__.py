"""What a comparison says: finished texts for templates."""

from summarykit.exporters.view.difference.build import build_diff_view as build_diff_view
from summarykit.exporters.view.difference.room import in_less_room as in_less_room
from summarykit.exporters.view.difference.values import DiffView as DiffView
