"""``Recorder``: what happens in a run, call by call and operation by operation."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from functools import partial
from threading import get_ident
from time import monotonic
from typing import Any

from torch import Tensor, nn

from summarykit._util.progress import begin
from summarykit.reading.trace.flows import FlowTable, output_tensors
from summarykit.reading.trace.limit import TimeIsUp
from summarykit.reading.trace.operators import OperatorTable, Plan
from summarykit.runs import CallRecord, Flow, Operator


class Origins:
    """Knows the results of calls while they live; a tensor that is changed in place comes from no call any more."""

    def __init__(self) -> None:
        self._origins: dict[int, tuple[weakref.ref[Tensor], int | None, int]] = {}

    def remember(self, tensors: Sequence[tuple[str, Tensor]], call: int) -> None:
        """Remember the results of a call. What came out of a call before and is handed on comes from the first."""
        for _, tensor in tensors:
            if self._of(tensor) < 0:
                self._origins[id(tensor)] = (weakref.ref(tensor), version(tensor), call)

    def of(self, tensors: Sequence[tuple[str, Tensor]]) -> tuple[int, ...]:
        """Return the call that each tensor is a result of, the innermost that returned it; -1 where it is of none."""
        return tuple([self._of(tensor) for _, tensor in tensors])

    def _of(self, tensor: Tensor) -> int:
        origin = self._origins.get(id(tensor))
        if origin is None or origin[0]() is not tensor:  # it may stand where another one was
            return -1
        return origin[2] if origin[1] is not None and origin[1] == version(tensor) else -1


def version(tensor: Tensor) -> int | None:
    """Return how often a tensor was changed in place, None where torch does not count it."""
    try:
        return tensor._version
    except RuntimeError:  # made in inference mode
        return None


class Activations:
    """Watches the memory of results: what lives at once at most, and what was made in all.

    Counted are the bytes of every new memory that an operation returned; views of one memory count once, and
    parameters, buffers and what the model was given do not count. ``peak`` is the most that lived at once in a forward
    that needs no gradients: each result is freed where Python frees it. ``total`` adds all up: nothing is freed before
    the backward pass. Not counted is what a kernel needs while it works. The forward is that of inference in both: a
    dropout's mask is in neither, and memory that autograd spares, because it never needs a result again, is in the
    second.
    """

    def __init__(self) -> None:
        self.peak = 0
        self.total = 0
        self._now = 0
        self._alive: dict[int, weakref.ref[object]] = {}

    def add(self, result: Tensor) -> None:
        """Count the memory of *result* until it is freed."""
        try:
            memory = result.untyped_storage()
        except (NotImplementedError, RuntimeError):  # a sparse tensor has none of its own
            return
        key = memory._cdata
        if key in self._alive:
            return
        size = memory.nbytes()
        self._alive[key] = weakref.ref(memory, partial(self._free, key, size))
        self.total += size
        self._now += size
        self.peak = max(self.peak, self._now)

    def _free(self, key: int, size: int, _: object) -> None:
        self._alive.pop(key, None)
        self._now -= size


class Call:
    """One call of a layer while it runs."""

    __slots__ = ("caller", "done", "fed_by", "inputs", "layer", "module", "operators", "outputs", "reason_count")

    def __init__(
        self, layer: int, caller: int, module: nn.Module, inputs: tuple[Flow, ...], fed_by: tuple[int, ...]
    ) -> None:
        self.layer = layer
        self.caller = caller
        self.module = module
        self.inputs = inputs
        self.fed_by = fed_by
        self.outputs: tuple[Flow, ...] = ()
        self.operators: list[Operator] = []
        self.done = False
        self.reason_count = 0  #: how many assumptions had been made when it ended


class Recorder:
    """The record of one run while it grows."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.flows = FlowTable()
        self.operators = OperatorTable()
        self.origins = Origins()
        self.activations = Activations()
        self.calls: list[Call] = []
        self.current = -1
        self.step = begin("watching the forward", "call")
        #: Assumptions in words, with the copy of the module in which each was made first.
        self.reasons: dict[tuple[str, str, int], nn.Module | None] = {}
        self.uncounted: dict[str, int] = {}
        #: Ids of every tensor that an operation was given.
        self.used: set[int] = set()
        self.thread = get_ident()
        self.other_threads = False  #: whether layers were called where operations are not seen
        self.failed = -1
        self._failure: BaseException | None = None
        self._outside: list[Operator] = []
        self._running = self._outside

    def recording_call(self, module: nn.Module, number: int) -> Callable[..., Any]:
        """Return what a call of *module* comes to: the call it would be, with a record kept."""
        return partial(self.call, module, number)

    def call(self, module: nn.Module, number: int, /, *args: Any, **kwargs: Any) -> Any:
        """Call *module* and keep a record; it stands even where the call does not end."""
        if monotonic() > self.deadline:
            raise TimeIsUp
        if get_ident() != self.thread:
            self.other_threads = True
        caller, above, index = self.current, self._running, len(self.calls)
        inputs = self.flows.input_tensors(module, args, kwargs)
        call = Call(number, caller, module, self.flows.of(inputs), self.origins.of(inputs))
        del inputs  # it must not keep alive what the forward lets go
        self.calls.append(call)
        self.step.done = len(self.calls)
        self.current, self._running = index, call.operators
        try:
            result = module._call_impl(*args, **kwargs)
            outputs = output_tensors(result)
            call.outputs = self.flows.of(outputs)
            self.origins.remember(outputs, index)
            call.done = True
            if self.failed > index:  # what failed inside was caught there
                self.failed, self._failure = -1, None
            return result
        except BaseException as failure:
            if self._failure is None or self._failure not in (failure, failure.__cause__, failure.__context__):
                self.failed = index
            self._failure = failure
            raise
        finally:
            call.reason_count = len(self.reasons)
            self.current, self._running = caller, above

    def note(self, what: str, answer: str) -> None:
        """Remember that an answer was assumed in the call that runs."""
        module = self.calls[self.current].module if self.current >= 0 else None
        self.reasons.setdefault((what, answer, id(module)), module)

    def record_operator(self, plan: Plan, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
        """Record one operation that multiplies."""
        operator = self.operators.operator(plan, args, kwargs, out)
        self._running.append(operator)
        if operator.macs is None:
            self.uncounted[plan.name] = self.uncounted.get(plan.name, 0) + 1

    def add_results(self, out: Any) -> None:
        """Count the memory of new results."""
        if isinstance(out, Tensor):
            self.activations.add(out)
        elif isinstance(out, tuple | list):
            for result in out:
                if isinstance(result, Tensor):
                    self.activations.add(result)

    def forget(self) -> None:
        """Let go of what would keep the run's tensors alive."""
        self._failure = None

    def records(self) -> tuple[CallRecord, ...]:
        """Return the calls as plain records."""
        macs = [sum([operator.macs or 0 for operator in call.operators]) for call in self.calls]
        totals = list(macs)
        for index in range(len(totals) - 1, 0, -1):
            if (caller := self.calls[index].caller) >= 0:
                totals[caller] += totals[index]
        reason_numbers = [tuple(range(count)) for count in range(len(self.reasons) + 1)]
        operator_tuples: dict[tuple[Operator, ...], tuple[Operator, ...]] = {}
        return tuple(
            CallRecord(
                call.layer,
                call.caller,
                call.inputs,
                call.outputs,
                operator_tuples.setdefault(operators := tuple(call.operators), operators),
                own,
                total,
                sum([flow.bytes for flow in call.outputs]),
                call.done,
                reason_numbers[call.reason_count],
                fed_by=call.fed_by,
            )
            for call, own, total in zip(self.calls, macs, totals, strict=True)
        )
