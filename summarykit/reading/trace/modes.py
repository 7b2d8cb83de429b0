"""``OperatorMode``: every operation of a run goes through it."""

from __future__ import annotations

from time import monotonic
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
    UnsupportedOperatorException,
)
from torch.utils._python_dispatch import TorchDispatchMode

from summarykit.reading.trace.limit import TimeIsUp
from summarykit.reading.trace.operators import Plan, plan_for
from summarykit.reading.trace.recorder import Recorder
from summarykit.reading.trace.value_policies import ValuePolicy, suggest

_NEEDS_VALUES = (DataDependentOutputException, DynamicOutputShapeException, UnsupportedOperatorException)
_DEVICE: Any = torch.ops.prim.device.default
_NO_KEYWORDS: dict[str, Any] = {}
_PLANS: dict[Any, Plan] = {}


class OperatorMode(TorchDispatchMode):
    """Lets every operation run where tensors have no values, and records it."""

    supports_higher_order_operators = True

    def __init__(
        self, recorder: Recorder, policy: ValuePolicy, home: torch.device | None, fake: FakeTensorMode | None
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.recorder = recorder
        self.policy = policy
        self.known_values = policy.known_values
        self.home = home
        self.fake = fake

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Spare each operation a frame that keeps the compiler out; nothing compiles here, and asking would load it."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is _DEVICE and self.fake is not None:
            return self.home
        plan = _PLANS.get(func)
        if plan is None:
            plan = _PLANS[func] = plan_for(func)
        recorder = self.recorder
        if monotonic() > recorder.deadline:
            raise TimeIsUp
        if plan.decompose:
            with self:
                out = func.decompose(*args, **(kwargs or _NO_KEYWORDS))
            if out is not NotImplemented:
                return out
        kwargs = self.at_home(kwargs) if kwargs else _NO_KEYWORDS
        if plan.writes and self.fake is not None:
            args = [self.write_protect(value) for value in args]
        try:
            out = func(*args, **kwargs)
        except _NEEDS_VALUES:
            out = self.answer(func, args, kwargs)
        except (RuntimeError, NotImplementedError):
            # meta says only so when asked for values, and knows some products in one dtype alone
            if self.fake is not None and plan.name not in ("aten._grouped_mm", "aten._pin_memory"):
                raise
            out = self.answer(func, args, kwargs)
        recorder.used.update([id(value) for value in args if isinstance(value, Tensor)])
        if plan.counter is not None:
            recorder.record_operator(plan, args, kwargs, out)
        if isinstance(out, Tensor):
            if plan.is_new:
                recorder.activations.add(out)
            if self.fake is not None and not out.is_floating_point():
                self.known_values.follow(plan.name, func, args, kwargs, out)
                if out.dtype is torch.bool:
                    suggest(plan.name, args, out)
        elif isinstance(out, tuple | list):
            if plan.is_new:
                recorder.add_results(out)
            if self.fake is not None and args and not plan.counter:
                self.known_values.follow(plan.name, func, args, kwargs, out)
        return out

    def answer(self, function: Any, args: Any, kwargs: Any) -> Any:
        """Answer by the values where they are known, else by rule; with neither, raise what came."""
        if self.fake is not None and self.known_values.all_known("", args):
            real = self.known_values.true_result(function, args, kwargs)
            if real is not None:
                return self.known_values.fakes_of(real)
        result = self.policy.answer(function, args, kwargs)
        if result is NotImplemented:
            raise  # the exception that is being handled
        return result

    def write_protect(self, value: Any) -> Any:
        """Return a fake in place of a tensor that is no part of the model, so that nothing is written to it."""
        if type(value) in (Tensor, nn.Parameter) and self.fake is not None:
            return self.fake.from_tensor(value, static_shapes=True)
        return value

    def at_home(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return keywords that put a tensor where all the others are, whichever device was asked for."""
        device = kwargs.get("device")
        if self.home is None:
            return kwargs
        if self.home.type == "meta":
            # Plain meta knows no tensors elsewhere, apart from those that python made for itself.
            return {**kwargs, "device": self.home, "pin_memory": None} if device is not None else kwargs
        if device is not None and device.type != self.home.type and self.fake is not None:
            kwargs = {**kwargs, "device": self.home}
            if kwargs.get("pin_memory"):
                kwargs["pin_memory"] = None
        return kwargs
