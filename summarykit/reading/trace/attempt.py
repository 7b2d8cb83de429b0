"""One try of a run: a clone of stand-ins, watched while its forward works on shapes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from time import monotonic
from typing import Any

from torch import Tensor, nn

from summarykit._util.gc_pause import gc_paused
from summarykit.reading.trace.clone import Clone, clone, watch_calls
from summarykit.reading.trace.constants import KnownValues
from summarykit.reading.trace.copier import Copier
from summarykit.reading.trace.fake_tensors import FakeStandIns, MetaStandIns, RealStandIns, StandIns
from summarykit.reading.trace.functions import FunctionMode
from summarykit.reading.trace.global_state import preserve_global_state
from summarykit.reading.trace.limit import TimeIsUp, time_limit
from summarykit.reading.trace.modes import OperatorMode
from summarykit.reading.trace.recorder import Watch
from summarykit.reading.trace.value_policies import Answers

FAKE, META, REAL = "fake", "meta", "real"


class Attempt:
    """One try and what became of it."""

    def __init__(self, how: str, *, yes: bool, deadline: float) -> None:
        self.how = how
        self.yes = yes
        self.watch = Watch(deadline)
        self.stand_ins = fake_tensors_for(how)
        self.mode = getattr(self.stand_ins, "mode", None)
        self.answers = Answers(self.watch.note, yes, KnownValues(self.mode))
        self.cloned: Clone | None = None
        self.inputs: tuple[Any, ...] = ()
        self.error = ""
        self.out_of_time = False

    @property
    def done(self) -> int:
        """How many calls ended: how far it got."""
        return sum(call.done for call in self.watch.calls)

    @property
    def ok(self) -> bool:
        """Whether the forward came to its end."""
        return not self.error and not self.out_of_time

    def run(
        self, model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], numbers: Mapping[int, int]
    ) -> None:
        """Run a clone of *model*; whatever the forward raises becomes ``error``, but for a KeyboardInterrupt."""
        seconds = self.watch.deadline - monotonic()
        try:
            with preserve_global_state(), time_limit(max(seconds, 0.0)):
                self.forward(model, args, kwargs, numbers)
        except KeyboardInterrupt:
            raise
        except TimeIsUp:
            self.out_of_time = True
        except BaseException as failure:  # noqa: BLE001 - a forward may raise anything, SystemExit too
            self.error = in_words(failure)
        finally:
            self.watch.forget()

    def forward(self, model: nn.Module, args: Any, kwargs: Any, numbers: Mapping[int, int]) -> None:
        """Clone the model, then its inputs, then call it."""
        stand_ins = self.stand_ins
        with gc_paused():
            self.cloned = clone(model, stand_ins, numbers)
            watch_calls(self.cloned, numbers, self.watch.watched)
        operators = OperatorMode(self.watch, self.answers, stand_ins.home, self.mode)
        given = Copier(Remembering(stand_ins, operators))
        # The copier knows the model: an input that holds a part of it must meet that part's clone.
        given.memo.update(self.cloned.copier.memo)
        args, kwargs = given.copy(tuple(args)), given.copy(dict(kwargs))
        self.inputs = self.watch.flows.given(model, args, kwargs)
        with ExitStack() as stack:
            if self.mode is not None:
                stack.enter_context(self.mode)
            if stand_ins.home is not None:
                stack.enter_context(FunctionMode(self.answers, stand_ins.home))
            stack.enter_context(operators)
            self.cloned.model(*args, **kwargs)


class Remembering:
    """Stand-ins of what the model is given, of which the values are remembered where they are few and whole."""

    def __init__(self, stand_ins: StandIns, operators: OperatorMode) -> None:
        self.home = stand_ins.home
        self._make = stand_ins.make
        self._remember = operators.known.remember

    def make(self, tensor: Tensor) -> Tensor:
        """Return the stand-in of *tensor*."""
        made = self._make(tensor)
        self._remember(made, tensor)
        return made


def fake_tensors_for(how: str) -> StandIns:
    """Return what stands in for tensors in a run of one kind."""
    if how == FAKE:
        return FakeStandIns()
    return MetaStandIns() if how == META else RealStandIns()


def in_words(failure: BaseException) -> str:
    """Return type and message of an exception."""
    try:
        message = str(failure)
    except Exception:  # noqa: BLE001 - it may not even say what it is
        message = ""
    return f"{type(failure).__name__}: {message}" if message else type(failure).__name__
