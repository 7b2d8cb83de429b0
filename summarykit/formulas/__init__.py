"""Rules that explain the number of parameters of a layer, and their checks. Works on plain facts; imports no torch."""

from summarykit.formulas.explain import explain as explain
from summarykit.formulas.facts import Form as Form
from summarykit.formulas.facts import LayerFacts as LayerFacts
from summarykit.formulas.rules import Rule as Rule
from summarykit.formulas.rules import all_rules as all_rules
from summarykit.formulas.rules import rule as rule
from summarykit.formulas.rules import rules_called as rules_called
