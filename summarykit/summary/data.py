"""``SummaryData``: the records of one model as columns and totals; everything is counted here, once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from summarykit._util.gc_pause import gc_paused
from summarykit.records import CrossCheck, Explanation, LayerRecord, ModelRecords, TensorFacts, TensorRecord
from summarykit.runs import NO_RUN, RunRecord
from summarykit.summary.checks import Checks, make_checks
from summarykit.summary.embeddings import Embedding, find_embedding
from summarykit.summary.experts import Experts, find_experts
from summarykit.summary.flows import LayerFlow, Trace, layer_flows, make_trace
from summarykit.summary.memory import Memory, memory
from summarykit.summary.texts import NOTHING, ExplanationTexts, compute_texts, explanation_texts
from summarykit.summary.totals import added_up, subtree_totals


class Totals(NamedTuple):
    """Totals of the whole model, exact Python ints; each tensor counts once."""

    parameters: int
    trainable: int
    frozen: int
    bytes: int  #: of the parameters, by their real dtypes
    buffers: int  #: elements of the buffers
    buffer_bytes: int
    modules: int  #: distinct modules, the root among them
    layers: int  #: distinct modules that own parameters
    unknown: int  #: parameters whose size is not known until the first input
    macs: int | None  #: multiply-accumulates of one run; None without one that ended
    flops: int | None  #: twice as many
    embedding_parameters: int  #: of the tables that turn tokens into vectors
    parameters_without_embedding: int
    active_parameters: int | None  #: those that one token uses; None where that is not known
    active_parameters_without_embedding: int | None
    stored_elements: int  #: of the tensors that store the parameters; differs from *parameters* for packed ones

    def as_json(self) -> dict[str, int | None]:
        """Return the totals by name; as in older files, ``stored_elements`` only where it is not ``parameters``."""
        totals = self._asdict()
        if self.stored_elements == self.parameters:
            del totals["stored_elements"]
        return totals


class LayerColumns(NamedTuple):
    """One list a column, one entry a layer. All but *own* and *total* count a tensor at its owner only."""

    depth: list[int]
    own: list[int | None]  #: parameters of the layer itself, shared or not; None where not known yet
    adds: list[int]
    trainable: list[int]
    bytes: list[int]
    buffers: list[int]
    dtype: list[str | None]
    counted: list[int]  #: *adds* of the layer and everything inside
    total: list[int]  #: the subtree as PyTorch counts it
    shared_with: list[str | None]


@dataclass(frozen=True)
class SummaryData:
    """A model's records, and what follows from them; derived tables are made on first use."""

    records: ModelRecords
    run: RunRecord = NO_RUN

    @property
    def model_name(self) -> str:
        """Class name of the model."""
        return self.records.name

    @property
    def layers(self) -> tuple[LayerRecord, ...]:
        """One record a layer, in the order of ``named_modules()``."""
        return self.records.layers

    @property
    def tensors(self) -> tuple[TensorRecord, ...]:
        """One record for each place where a layer holds a tensor."""
        return self.records.tensors

    def explanation(self, layer: LayerRecord) -> Explanation | None:
        """Return why *layer* holds as many parameters as it does, None where it holds none."""
        return self.records.explanations[layer.explanation] if layer.explanation >= 0 else None

    def texts(self, layer: LayerRecord) -> ExplanationTexts:
        """Return formula, numbers and sentence of *layer*."""
        return self.explanation_texts[layer.explanation]

    @cached_property
    def explanation_texts(self) -> tuple[ExplanationTexts, ...]:
        """The texts of each explanation; the last entry, reached by -1, is for layers without parameters."""
        return (*map(explanation_texts, self.records.explanations), NOTHING)

    @cached_property
    def closed_forms(self) -> dict[int, CrossCheck]:
        """The closed formulas of containers, by the layer's id; torch's own only where the parts are torch's."""
        total = self.columns.total
        return {c.layer: c for c in self.records.cross_checks if c.users or c.value == total[c.layer]}

    def path_of(self, tensor: TensorRecord) -> str:
        """Return the full name of a tensor, as in ``state_dict()``."""
        layer = self.layers[tensor.layer].path
        return f"{layer}.{tensor.name}" if layer else tensor.name

    @cached_property
    def distinct_facts(self) -> list[TensorFacts]:
        """The facts of all tensors, those of tensors that are alike once."""
        return list({id(tensor.facts): tensor.facts for tensor in self.tensors}.values())

    @cached_property
    def fact_numbers(self) -> list[int]:
        """For each tensor, where its facts stand in ``distinct_facts``."""
        numbers = {id(facts): number for number, facts in enumerate(self.distinct_facts)}
        return [numbers[id(tensor.facts)] for tensor in self.tensors]

    @cached_property
    def tensor_paths(self) -> list[str]:
        """The full name of each tensor."""
        return list(map(self.path_of, self.tensors))

    @cached_property
    def columns(self) -> LayerColumns:
        """Each layer's numbers."""
        with gc_paused():
            return layer_columns(self)

    @cached_property
    def totals(self) -> Totals:
        """The totals of the model."""
        own_tensors = [tensor for index, tensor in enumerate(self.tensors) if tensor.owner == index]
        parameters = [tensor.facts for tensor in own_tensors if tensor.facts.kind == "parameter"]
        buffers = [tensor.facts for tensor in own_tensors if tensor.facts.kind == "buffer"]
        total = sum(facts.numel or 0 for facts in parameters)
        trainable = sum(facts.numel or 0 for facts in parameters if facts.trainable)
        embedding, active = self.embedding.parameters, self.experts.active
        own_modules = [layer for layer in self.layers if layer.alias_of < 0]
        return Totals(
            parameters=total,
            trainable=trainable,
            frozen=total - trainable,
            bytes=sum(facts.bytes for facts in parameters),
            buffers=sum(facts.numel or 0 for facts in buffers),
            buffer_bytes=sum(facts.bytes for facts in buffers),
            modules=len(own_modules),
            layers=sum(layer.explanation >= 0 for layer in own_modules),
            unknown=sum(facts.numel is None for facts in parameters),
            macs=self.macs,
            flops=None if self.macs is None else 2 * self.macs,
            embedding_parameters=embedding,
            parameters_without_embedding=total - embedding,
            active_parameters=active,
            active_parameters_without_embedding=None if active is None else active - embedding,
            stored_elements=sum(facts.stored_numel for facts in parameters),
        )

    @cached_property
    def embedding(self) -> Embedding:
        """The tables that turn tokens into vectors."""
        return find_embedding(self.records)

    @cached_property
    def experts(self) -> Experts:
        """What one token uses of a mixture of experts."""
        own_tensors = (tensor for index, tensor in enumerate(self.tensors) if tensor.owner == index)
        with gc_paused():
            return find_experts(
                self.records, sum(t.facts.numel or 0 for t in own_tensors if t.facts.kind == "parameter")
            )

    @property
    def macs(self) -> int | None:
        """Multiply-accumulates of the run, None without one that ended."""
        return sum(call.macs for call in self.run.calls) if self.run.ok and self.run.calls else None

    @cached_property
    def flows(self) -> tuple[LayerFlow, ...]:
        """What each layer did in the run; empty without one."""
        return tuple(layer_flows(self.run, self.layers)) if self.run.calls else ()

    @cached_property
    def trace(self) -> Trace:
        """What the run told of itself."""
        return make_trace(self.run, self.layers)

    @cached_property
    def memory(self) -> Memory:
        """What it takes to hold, to run and to train the model."""
        return memory(self.tensors, self.run, dict(self.records.config))

    def compute_of(self, flow: LayerFlow) -> int:
        """Return the number of what explains each call of a layer; -1 where it multiplies nothing, or calls differ."""
        numbers = {self.run.calls[call].compute for call in flow.calls}
        return numbers.pop() if len(numbers) == 1 else -1

    @cached_property
    def compute_texts(self) -> tuple[ExplanationTexts, ...]:
        """The texts of what explains calls, by its number; the last entry, reached by -1, is for no explanation."""
        return (*map(compute_texts, self.run.computes), NOTHING)

    @cached_property
    def checks(self) -> Checks:
        """The checks that make the total believable."""
        return make_checks(self)

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hex digits of a SHA-256 over the names, shapes and dtypes of all parameters and saved buffers."""
        lines = [
            f"{path!a}\t{tensor.facts.shape}\t{tensor.facts.dtype}\n"
            for path, tensor in zip(self.tensor_paths, self.tensors, strict=True)
            if tensor.facts.persistent
        ]
        return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()[:12]

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know beside the numbers."""
        notes = list(self.records.notes)
        if self.totals.unknown:
            notes.append(f"{self.totals.unknown} parameters have no size until the first input; they add 0")
        return tuple(notes)


def layer_columns(data: SummaryData) -> LayerColumns:
    """Work out every column in one pass over the layers and one over the tensors."""
    layers = data.layers
    size = len(layers)
    depth = [0] * size
    for layer in layers:
        if layer.parent >= 0:
            depth[layer.id] = depth[layer.parent] + 1
    own: list[int | None] = [0] * size
    adds, trainable, sizes, buffers = [0] * size, [0] * size, [0] * size, [0] * size
    dtype: list[str | None] = [None] * size
    owner_paths: dict[int, list[str]] = {}  # few layers hold a tensor of another
    for index, tensor in enumerate(data.tensors):
        at, facts = tensor.layer, tensor.facts
        numel = facts.numel
        if facts.kind == "parameter":
            before = own[at]
            own[at] = None if numel is None or before is None else before + numel
            if tensor.owner == index:
                adds[at] += numel or 0
                sizes[at] += facts.bytes
                trainable[at] += (numel or 0) if facts.trainable else 0
            else:
                owner_paths.setdefault(at, []).append(layers[data.tensors[tensor.owner].layer].path)
            dtype[at] = one_or_mixed(dtype[at], facts.dtype)
        elif tensor.owner == index:
            buffers[at] += numel or 0
    for layer in layers:
        if layer.alias_of >= 0:
            owner_paths[layer.id] = [layers[layer.alias_of].path]
    subtree_sums = added_up(layers, adds)
    return LayerColumns(
        depth=depth,
        own=own,
        adds=adds,
        trainable=trainable,
        bytes=sizes,
        buffers=buffers,
        dtype=dtype,
        counted=subtree_sums,
        total=subtree_totals(layers, data.tensors) if owner_paths else subtree_sums,  # nothing held twice: both are one
        shared_with=[path_list(owner_paths[at]) if at in owner_paths else None for at in range(size)],
    )


def one_or_mixed(before: str | None, dtype: str) -> str:
    """Return the one dtype of a layer, or ``mixed``."""
    return dtype if before is None or before == dtype else "mixed"


def path_list(paths: Iterable[str]) -> str:
    """Return the paths a layer shares with, each once, separated by commas."""
    return ", ".join(dict.fromkeys(paths))
