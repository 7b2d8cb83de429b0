"""A formula read from a layer's own source code; nothing is executed.

``self.weight = nn.Parameter(torch.ones(hidden_size))`` is read as code, its names are looked up in the layer's
configuration, and what comes out is held against the tensor's shape. No number comes from the tensor, unless
the code threw an argument away, and then the grade says so.
"""

from summarykit.formulas.source.module_context import ModuleContext as ModuleContext
from summarykit.formulas.source.result import SourceTable as SourceTable
from summarykit.formulas.source.shape_check import SourceTensor as SourceTensor
