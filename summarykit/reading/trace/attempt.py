"""``Attempt``: one forward pass of a copy of the model, made of fake tensors."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from time import monotonic
from typing import Any

from torch import Tensor, nn

from summarykit._util.gc_pause import gc_paused
from summarykit.reading.trace.clone import Clone, clone, record_calls
from summarykit.reading.trace.constants import KnownValues
from summarykit.reading.trace.copier import Copier
from summarykit.reading.trace.fake_tensors import FakeTensorFactory, MetaTensorFactory, RealTensorFactory, TensorFactory
from summarykit.reading.trace.functions import FunctionMode
from summarykit.reading.trace.global_state import preserve_global_state
from summarykit.reading.trace.limit import TimeIsUp, time_limit
from summarykit.reading.trace.modes import OperatorMode
from summarykit.reading.trace.recorder import Recorder
from summarykit.reading.trace.value_policies import ValuePolicy

FAKE, META, REAL = "fake", "meta", "real"


class Attempt:
    """One forward pass and its outcome."""

    def __init__(self, how: str, *, yes: bool, deadline: float) -> None:
        self.how = how
        self.yes = yes
        self.recorder = Recorder(deadline)
        self.tensor_factory = fake_tensors_for(how)
        self.mode = getattr(self.tensor_factory, "mode", None)
        self.policy = ValuePolicy(self.recorder.note, yes, KnownValues(self.mode))
        self.model_clone: Clone | None = None
        self.inputs: tuple[Any, ...] = ()
        self.error = ""
        self.out_of_time = False

    @property
    def call_count(self) -> int:
        """How many calls finished: how far the run got."""
        return sum(call.done for call in self.recorder.calls)

    @property
    def ok(self) -> bool:
        """Whether the forward pass finished."""
        return not self.error and not self.out_of_time

    def run(
        self, model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], numbers: Mapping[int, int]
    ) -> None:
        """Run a copy of *model*; an exception of the forward pass becomes ``error``, except KeyboardInterrupt."""
        seconds = self.recorder.deadline - monotonic()
        try:
            with preserve_global_state(), time_limit(max(seconds, 0.0)):
                self.forward(model, args, kwargs, numbers)
        except KeyboardInterrupt:
            raise
        except TimeIsUp:
            self.out_of_time = True
        except BaseException as failure:  # noqa: BLE001 - a forward may raise anything, SystemExit too
            self.error = error_text(failure)
        finally:
            self.recorder.forget()

    def forward(self, model: nn.Module, args: Any, kwargs: Any, numbers: Mapping[int, int]) -> None:
        """Copy the model and its inputs, then call the copy."""
        tensor_factory = self.tensor_factory
        with gc_paused():
            self.model_clone = clone(model, tensor_factory, numbers)
            record_calls(self.model_clone, numbers, self.recorder.recording_call)
        operators = OperatorMode(self.recorder, self.policy, tensor_factory.home, self.mode)
        input_copier = Copier(InputTensorFactory(tensor_factory, operators))
        # An input may hold a part of the model: it must get the copy of that part.
        input_copier.memo.update(self.model_clone.copier.memo)
        args, kwargs = input_copier.copy(tuple(args)), input_copier.copy(dict(kwargs))
        self.inputs = self.recorder.flows.input_flows(model, args, kwargs)
        with ExitStack() as stack:
            if self.mode is not None:
                stack.enter_context(self.mode)
            if tensor_factory.home is not None:
                stack.enter_context(FunctionMode(self.policy, tensor_factory.home))
            stack.enter_context(operators)
            self.model_clone.model(*args, **kwargs)


class InputTensorFactory:
    """Makes fake tensors of the inputs, and remembers the values of small integer tensors."""

    def __init__(self, tensor_factory: TensorFactory, operators: OperatorMode) -> None:
        self.home = tensor_factory.home
        self._make = tensor_factory.make
        self._remember = operators.known_values.remember

    def make(self, tensor: Tensor) -> Tensor:
        """Return the fake tensor for *tensor*."""
        fake = self._make(tensor)
        self._remember(fake, tensor)
        return fake


def fake_tensors_for(how: str) -> TensorFactory:
    """Return the factory of fake tensors for one kind of run."""
    if how == FAKE:
        return FakeTensorFactory()
    return MetaTensorFactory() if how == META else RealTensorFactory()


def error_text(failure: BaseException) -> str:
    """Return the type and message of an exception."""
    try:
        message = str(failure)
    except Exception:  # noqa: BLE001 - it may not even say what it is
        message = ""
    return f"{type(failure).__name__}: {message}" if message else type(failure).__name__
