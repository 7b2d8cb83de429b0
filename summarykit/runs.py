"""The facts of one watched run of a model's forward: plain tuples, as in ``summarykit.records``.

Equal flows and operators stand once: a call holds tuples that many calls share. Layers are named by their number
in the records of the walk.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from summarykit.expression import Expression, Sentence, Value
from summarykit.records import Evidence

Shape = tuple[int, ...]


class Flow(NamedTuple):
    """One tensor that enters or leaves a call."""

    name: str  #: its place among the arguments or results: ``"input"``, ``"1"``, ``"hidden_states"``, ``"past.0.key"``
    shape: Shape
    dtype: str  #: ``"float32"``
    bytes: int


class Operator(NamedTuple):
    """One operation of torch that multiplies, as one call ran it."""

    name: str  #: ``"aten.addmm"``, ``"aten.convolution"``
    sizes: tuple[Shape, ...]  #: shapes of the tensors it was given, in their order
    output: Shape  #: shape of its first result
    macs: int | None  #: multiply-accumulates; None where nobody can count them
    transposed: bool = False  #: of a convolution alone
    groups: int = 1  #: of a convolution alone

    @property
    def short_name(self) -> str:
        """``"addmm"`` for ``"aten.addmm"`` and ``"aten.addmm.default"``."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else self.name


class CallRecord(NamedTuple):
    """One call of a layer, in the order the calls began."""

    layer: int  #: number of the layer in the records; -1 for a module that is not in the model
    caller: int  #: index of the call it happened in, -1 for the first
    inputs: tuple[Flow, ...]
    outputs: tuple[Flow, ...]  #: empty where the call did not end
    operators: tuple[Operator, ...]  #: those it ran itself, outside calls of other layers, in their order
    macs: int  #: of its own operators
    macs_total: int  #: with all calls below it
    output_bytes: int
    done: bool  #: False where the run failed before it ended
    approximate: tuple[int, ...]  #: numbers of the reasons that hold for its sizes and counts
    compute: int = -1  #: number of its explanation in ``RunRecord.computes``, -1 where it multiplies nothing
    #: For each of its inputs the call whose result that very tensor is, the innermost that returned it; -1 where it is
    #: of none: given to the model, or made by an operator. Empty in files of older versions.
    fed_by: tuple[int, ...] = ()


class ComputeExplanation(NamedTuple):
    """Why one call of a layer multiplies as often as it does, for all calls alike."""

    formula: Expression | None  #: unfolded; None where there is only the count
    bindings: tuple[tuple[str, Value], ...]  #: every name the formula and the sentence ask for
    value: int | None  #: what the formula gives
    counted: int  #: multiply-accumulates of the operators that ran, those that could be counted
    sentence: Sentence | None
    about: str  #: one sentence about the kind of layer, without numbers
    origin: str  #: ``"rule for torch.nn.modules.linear.Linear"``, ``"from the operators that ran: bmm"``
    evidence: Evidence
    reason: str  #: why not better, in words; empty for *verified*


def operator_names(operators: Iterable[Operator]) -> str:
    """Return the names of operators, each once: ``"addmm, mm"``."""
    return ", ".join(dict.fromkeys(operator.short_name for operator in operators))


class UncalledLayer(NamedTuple):
    """A layer whose forward was never called, and what is known of why."""

    layer: int
    #: "never called", "used by its caller" (its tensors took part without its forward), "inside compiled code",
    #: "a container, never called itself", "not called itself, its parts were"
    status: str


class RunRecord(NamedTuple):
    """All that one run told."""

    how: str  #: "fake", "meta", "real" or "off"
    ok: bool
    inputs: tuple[Flow, ...]  #: what the model was given
    inputs_from: str  #: in words: "given", "the model's own example", "guessed from the first layer"
    calls: tuple[CallRecord, ...]
    uncalled: tuple[UncalledLayer, ...]
    reasons: tuple[
        str, ...
    ]  #: why sizes are approximate: "boolean index in `roi_heads`: size unknown, largest assumed"
    notes: tuple[str, ...]  #: what else to know: hooks that were left out, parts that could not be watched
    uncounted: tuple[tuple[str, int], ...]  #: operators nobody can count, and how often each ran
    peak_inference: int | None  #: bytes of activations alive at once at most, each freed after its last use
    peak_training: int | None  #: bytes of all results of operators, kept until the backward pass
    error: str  #: type and message of the exception that ended it; empty where none did
    failed_at: int  #: layer whose call did not end, the innermost; -1
    met: tuple[Flow, ...]  #: what the layer that failed was given
    computes: tuple[ComputeExplanation, ...] = ()


NO_RUN = RunRecord("off", True, (), "", (), (), (), (), (), None, None, "", -1, ())
