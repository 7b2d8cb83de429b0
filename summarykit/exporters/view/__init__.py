"""What a template sees: titles, columns, rows and finished texts; no counting, no escaping."""

from summarykit.exporters.view.build import build_view as build_view
from summarykit.exporters.view.values import ReportView as ReportView
