"""The values a template receives: frozen, of strings, numbers and tuples only."""

from summarykit.exporters.view.values.blocks import Block as Block
from summarykit.exporters.view.values.blocks import Ranking as Ranking
from summarykit.exporters.view.values.checks import Check as Check
from summarykit.exporters.view.values.checks import Grade as Grade
from summarykit.exporters.view.values.checks import Problem as Problem
from summarykit.exporters.view.values.memory import MemoryLine as MemoryLine
from summarykit.exporters.view.values.memory import MemoryTable as MemoryTable
from summarykit.exporters.view.values.picture import Look as Look
from summarykit.exporters.view.values.picture import Picture as Picture
from summarykit.exporters.view.values.picture import PictureBox as PictureBox
from summarykit.exporters.view.values.pieces import Piece as Piece
from summarykit.exporters.view.values.pieces import Rich as Rich
from summarykit.exporters.view.values.report import CountLine as CountLine
from summarykit.exporters.view.values.report import ReportView as ReportView
from summarykit.exporters.view.values.report import StoryLine as StoryLine
from summarykit.exporters.view.values.report import Term as Term
from summarykit.exporters.view.values.rows import Column as Column
from summarykit.exporters.view.values.rows import Details as Details
from summarykit.exporters.view.values.rows import Group as Group
from summarykit.exporters.view.values.rows import Row as Row
from summarykit.exporters.view.values.rows import TensorLine as TensorLine
from summarykit.exporters.view.values.rows import TermLine as TermLine
from summarykit.exporters.view.values.run import FlowLine as FlowLine
from summarykit.exporters.view.values.run import RowFlow as RowFlow
from summarykit.exporters.view.values.run import RunView as RunView
