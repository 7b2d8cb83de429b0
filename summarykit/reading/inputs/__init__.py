"""What to feed a model: given by the caller, declared by the model, or guessed from its first layer.

Tensors made from a size lie on the meta device: they have no values and cost no memory.
"""

from summarykit.reading.inputs.call import Call as Call
from summarykit.reading.inputs.call import Fed as Fed
from summarykit.reading.inputs.call import Undeclared as Undeclared
from summarykit.reading.inputs.call import fed as fed
from summarykit.reading.inputs.call import materialised as materialised
from summarykit.reading.inputs.choice import DECLARED as DECLARED
from summarykit.reading.inputs.choice import GUESS as GUESS
from summarykit.reading.inputs.choice import chosen as chosen
from summarykit.reading.inputs.choice import given_by_specs as given_by_specs
from summarykit.reading.inputs.from_caller import given as given
from summarykit.reading.inputs.from_model import declared as declared
from summarykit.reading.inputs.guess import guessed as guessed
from summarykit.reading.inputs.spec import parse_spec as parse_spec
