"""Formulas for the MACs of a layer, from settings and sizes, compared with the operators that ran."""

from summarykit.formulas.compute.catalogue import Entry as Entry
from summarykit.formulas.compute.catalogue import catalogue as catalogue
from summarykit.formulas.compute.explain import explain_compute as explain_compute
from summarykit.formulas.compute.facts import ComputeFacts as ComputeFacts
from summarykit.formulas.compute.rules import find_compute_rule as find_compute_rule
from summarykit.runs import ComputeExplanation as ComputeExplanation
