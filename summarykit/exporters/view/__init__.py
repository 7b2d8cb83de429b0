"""What two or more formats say: titles, columns, rows and finished texts. Nothing is counted or escaped here."""

from summarykit.exporters.view.build import build_view as build_view
from summarykit.exporters.view.values import ReportView as ReportView
