"""What to feed a model: given by the caller, declared by the model, or guessed from its first layer.

Tensors made from a size lie on the meta device: they have no values and cost no memory.
"""

from summarykit.reading.inputs.call import Call as Call
from summarykit.reading.inputs.call import InputTensor as InputTensor
from summarykit.reading.inputs.call import NoInputs as NoInputs
from summarykit.reading.inputs.call import input_tensors as input_tensors
from summarykit.reading.inputs.call import materialise as materialise
from summarykit.reading.inputs.choice import FROM_MODEL as FROM_MODEL
from summarykit.reading.inputs.choice import GUESS as GUESS
from summarykit.reading.inputs.choice import choose_inputs as choose_inputs
from summarykit.reading.inputs.choice import inputs_from_specs as inputs_from_specs
from summarykit.reading.inputs.from_caller import inputs_from_caller as inputs_from_caller
from summarykit.reading.inputs.from_model import inputs_from_model as inputs_from_model
from summarykit.reading.inputs.guess import guess_inputs as guess_inputs
from summarykit.reading.inputs.spec import parse_spec as parse_spec
