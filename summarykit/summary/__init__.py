"""What is known of a model, as tables and totals; needs no torch."""

from summarykit.summary.data import SummaryData as SummaryData
from summarykit.summary.data import Totals as Totals
