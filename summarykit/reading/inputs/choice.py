"""``choose_inputs()``: one way in for everything a caller can say about what to feed."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from torch import nn

from summarykit.errors import InputsError
from summarykit.reading.inputs.call import Call, NoInputs
from summarykit.reading.inputs.facts import Dtypes
from summarykit.reading.inputs.from_caller import inputs_from_caller
from summarykit.reading.inputs.from_model import inputs_from_model
from summarykit.reading.inputs.guess import guess_inputs
from summarykit.reading.inputs.spec import parse_spec

#: The two words that ``inputs=`` understands.
FROM_MODEL = "declared"
GUESS = "guess"


def choose_inputs(
    model: nn.Module,
    *,
    inputs: object = None,
    args: object = None,
    kwargs: object = None,
    input_size: object = None,
    dtypes: object = None,
) -> Call | NoInputs | None:
    """Return what to feed *model*, None where the caller wants no run; see ``inputs_from_caller()`` for the arguments.

    ``inputs="declared"`` takes what the model declares, which may run a property of it; ``inputs="guess"`` looks at
    its first layer; a ``Call`` is taken as it is. A size without a dtype is int64 where it is known to hold ids, else
    what the model computes in.

    Raises:
        InputsError: The arguments contradict each other, or one is not of its form.

    """
    if not isinstance(inputs, str | Call):
        sizes = {"input_size": input_size, "dtypes": dtypes, "default": Dtypes(model)}
        return inputs_from_caller(inputs=inputs, args=args, kwargs=kwargs, **sizes)  # type: ignore[arg-type]
    others = {"args=": args, "kwargs=": kwargs, "input_size=": input_size, "dtypes=": dtypes}
    conflict = next((name for name, value in others.items() if value is not None), None)
    text = repr(inputs) if isinstance(inputs, str) else ""
    if conflict:
        raise InputsError(
            f"inputs={text} and {conflict} both say what to feed", hint=f"remove {conflict}, or remove inputs={text}"
        )
    if isinstance(inputs, Call):
        return inputs
    ways = {FROM_MODEL: inputs_from_model, GUESS: guess_inputs}
    if inputs not in ways:
        near = difflib.get_close_matches(inputs, ways, n=1) or ways
        raise InputsError(f"inputs={text} is text", hint=f"give tensors, or {' or '.join(map(repr, near))}")
    return ways[inputs](model)


def inputs_from_specs(model: nn.Module, specs: Sequence[str], inputs: str | None = None) -> Call:
    """Return the call that the command line's ``--input`` texts describe; *inputs* is what ``--inputs`` says.

    Raises:
        InputsError: A text is not of its form, or ``--inputs`` is given too.

    """
    if inputs is not None:
        raise InputsError(
            "--input and --inputs both say what to feed", hint=f"remove --inputs {inputs}, or remove --input"
        )
    return parse_spec(specs, default=Dtypes(model))
