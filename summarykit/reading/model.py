"""A model's forward, watched on a copy and explained: which layers are called, with what, how much they multiply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torch import nn

from summarykit.errors import InputsError
from summarykit.expression import Value
from summarykit.formulas.compute import ComputeFacts, explain_compute, find_compute_rule
from summarykit.reading import trace
from summarykit.reading.inputs import Call, NoInputs, choose_inputs, materialise
from summarykit.reading.layer_kinds import class_constants, plain_settings, public_attributes
from summarykit.reading.walk import check_is_model, read_numbered
from summarykit.records import ModelRecords
from summarykit.runs import NO_RUN, CallRecord, ComputeExplanation, RunRecord

#: How a forward can be watched.
WAYS = ("fake", "real", "off")
LAZY = "lazy layers are told as they will be after the first call"


class Feed(NamedTuple):
    """What the caller says about a run."""

    inputs: object = None
    args: object = None
    kwargs: object = None
    input_size: object = None
    dtypes: object = None
    forward: str = "fake"
    seconds: float = 60.0

    def input_arguments(self) -> dict[str, object]:
        """Return what describes the inputs, by name."""
        return dict(zip(self._fields[:5], self[:5], strict=True))


def read_and_run(model: nn.Module, feed: Feed) -> tuple[ModelRecords, RunRecord]:
    """Return what *model* is made of and, where the caller gives inputs, what one forward tells.

    Raises:
        NotAModelError: *model* is not a ``torch.nn.Module``.
        InputsError: What the caller says of the inputs contradicts itself, or is not of its form.

    """
    check_is_model(model)
    call = call_for(model, feed)
    ready = model
    if isinstance(call, Call):
        ready = trace.materialise_lazy(model, call.args, call.kwargs, seconds=feed.seconds)
    records, modules = read_numbered(ready)
    if ready is not model:
        records = records._replace(notes=(*records.notes, LAZY))
    return records, run_forward(ready, call, feed, modules)


def call_for(model: nn.Module, feed: Feed) -> Call | NoInputs | None:
    """Return what to call *model* with, None where no run is wanted.

    Raises:
        InputsError: What the caller says contradicts itself, or is not of its form.

    """
    if feed.forward not in WAYS:
        raise InputsError(f"forward={feed.forward!r}", hint=f"use one of {', '.join(map(repr, WAYS))}")
    if not feed.seconds > 0:
        raise InputsError(f"trace_seconds={feed.seconds!r}", hint="give a number of seconds above 0")
    call = feed.inputs if isinstance(feed.inputs, Call) else choose_inputs(model, **feed.input_arguments())
    return call if feed.forward != "off" else None


def run_forward(model: nn.Module, call: Call | NoInputs | None, feed: Feed, modules: Sequence[nn.Module]) -> RunRecord:
    """Return what one forward tells; *modules* are those of the layers, by their number."""
    if call is None:
        return NO_RUN
    if isinstance(call, NoInputs):
        return NO_RUN._replace(ok=False, error=call.reason)
    call = materialise(call) if feed.forward == "real" else call
    numbers: dict[int, int] = {}
    for number, module in enumerate(modules):
        numbers.setdefault(id(module), number)
    record = trace.run(
        model,
        call.args,
        call.kwargs,
        layer_numbers=numbers,
        how=feed.forward,
        seconds=feed.seconds,
        inputs_from=call.origin,
    )
    return explain_calls(record, modules)


def explain_calls(record: RunRecord, modules: Sequence[nn.Module]) -> RunRecord:
    """Return *record* with the reason why each call multiplies as often as it does."""
    table: dict[ComputeExplanation, int] = {}
    numbers: dict[object, int] = {}
    facts = _FactTable()
    calls = [call._replace(compute=_number(call, modules, facts, numbers, table)) for call in record.calls]
    return record._replace(calls=tuple(calls), computes=tuple(table))


def lineage_of(cls: type) -> tuple[str, ...]:
    """Return the qualified names of a class and its bases."""
    return tuple(f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__ if base is not object)


class _Facts(NamedTuple):
    lineage: tuple[str, ...]
    settings: Mapping[str, Value]
    tensors: Mapping[str, None]


class _FactTable:
    """Class, settings and tensors of modules, made once for each module that multiplies."""

    def __init__(self) -> None:
        self._facts: dict[int, _Facts] = {}
        self._constants: dict[type, Mapping[str, Value]] = {}
        self._rules: dict[type, bool] = {}

    def has_rule(self, cls: type) -> bool:
        """Return whether a rule says how often layers of a class multiply."""
        if cls not in self._rules:
            self._rules[cls] = find_compute_rule(lineage_of(cls)) is not None
        return self._rules[cls]

    def of(self, module: nn.Module) -> _Facts:
        facts = self._facts.get(id(module))
        if facts is None:
            cls = type(module)
            if cls not in self._constants:
                self._constants[cls] = class_constants(cls)
            settings = {**self._constants[cls], **dict(plain_settings(public_attributes(module)))}
            lineage = lineage_of(cls)
            parameters: dict[str, Any] = module.__dict__.get("_parameters") or {}
            tensors = dict.fromkeys(name for name, tensor in parameters.items() if tensor is not None)
            facts = self._facts[id(module)] = _Facts(lineage, settings, tensors)
        return facts


def _number(
    call: CallRecord,
    modules: Sequence[nn.Module],
    facts: _FactTable,
    numbers: dict[object, int],
    table: dict[ComputeExplanation, int],
) -> int:
    """Return the number of what explains a call; -1 where it multiplies nothing and was not expected to."""
    if call.layer < 0 or not call.done:
        return -1
    module = modules[call.layer]
    if not call.operators and not facts.has_rule(type(module)):
        return -1
    own = facts.of(module)
    key = (own.lineage, tuple(own.settings.items()), tuple(own.tensors), call.inputs, call.outputs, call.operators)
    number = numbers.get(key)
    if number is None:
        why = explain_compute(ComputeFacts(*own, call.inputs, call.outputs, call.operators))
        number = -1 if why is None else table.setdefault(why, len(table))
        numbers[key] = number
    return number
