"""The language of formulas: parse, fold, evaluate and print.

A formula is a Python expression over a layer's settings, parsed once and never run:
``out_features * (in_features + bias)``. One unfolded tree is printed as text, HTML, LaTeX and as a live Excel formula,
and evaluated exactly, so the printed formula and the count cannot differ.
"""

from summarykit.expression.evaluate import Unanswerable as Unanswerable
from summarykit.expression.evaluate import Value as Value
from summarykit.expression.evaluate import evaluate as evaluate
from summarykit.expression.excel import excel_formula as excel_formula
from summarykit.expression.excel import excel_inputs as excel_inputs
from summarykit.expression.excel import excel_words as excel_words
from summarykit.expression.fold import fold as fold
from summarykit.expression.nodes import Expression as Expression
from summarykit.expression.nodes import names_in as names_in
from summarykit.expression.parse import parse as parse
from summarykit.expression.parse import parse_shape as parse_shape
from summarykit.expression.printing import html as html
from summarykit.expression.printing import latex as latex
from summarykit.expression.printing import numbers as numbers
from summarykit.expression.printing import symbols as symbols
from summarykit.expression.sentence import Sentence as Sentence
from summarykit.expression.sentence import parse_sentence as parse_sentence
from summarykit.expression.words import Figure as Figure
from summarykit.expression.words import Words as Words
from summarykit.expression.words import concat as concat
from summarykit.expression.words import group_digits as group_digits
