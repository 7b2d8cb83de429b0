"""A formula read from a layer's own source code; nothing is executed.

``self.weight = nn.Parameter(torch.ones(hidden_size))`` is read as code, its names are looked up in the layer's
configuration, and the result is compared with the tensor's shape. No size is taken from the tensor, unless the
layer stores an argument nowhere; the evidence is then a grade of its own.
"""

from summarykit.formulas.source.module_context import ModuleContext as ModuleContext
from summarykit.formulas.source.result import SourceTable as SourceTable
from summarykit.formulas.source.shape_check import SourceTensor as SourceTensor
