"""The columns of ``summary.tensors``."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from summarykit.records import TensorFacts, TensorRecord
from summarykit.summary.columns.spec import ColumnSpec, Lookup
from summarykit.summary.data import SummaryData


@dataclass(frozen=True)
class TensorRows:
    """The rows of ``summary.tensors``, and what several of its columns need."""

    data: SummaryData

    @property
    def tensors(self) -> tuple[TensorRecord, ...]:
        """One record a row."""
        return self.data.tensors

    @cached_property
    def firsts(self) -> list[bool]:
        """Whether each tensor comes first here, and so counts here."""
        return [tensor.owner == index for index, tensor in enumerate(self.tensors)]

    @cached_property
    def facts(self) -> Sequence[int]:
        """Which of the distinct facts each tensor has."""
        return array("q", self.data.fact_numbers)


def _facts(value: Callable[[TensorFacts], object]) -> Callable[[TensorRows], Lookup]:
    return lambda rows: Lookup([value(facts) for facts in rows.data.distinct_facts], rows.facts)


def _additions(rows: TensorRows) -> list[int]:
    return [
        (tensor.facts.numel or 0) if first and tensor.facts.kind == "parameter" else 0
        for tensor, first in zip(rows.tensors, rows.firsts, strict=True)
    ]


def _bytes(rows: TensorRows) -> list[int]:
    return [tensor.facts.bytes if first else 0 for tensor, first in zip(rows.tensors, rows.firsts, strict=True)]


def _owners(rows: TensorRows) -> list[str | None]:
    paths = rows.data.tensor_paths
    return [None if first else paths[tensor.owner] for tensor, first in zip(rows.tensors, rows.firsts, strict=True)]


#: In the order of the frame.
TENSOR_COLUMNS: tuple[ColumnSpec[TensorRows], ...] = (
    ColumnSpec(
        name="path",
        dtype="object",
        meaning="The tensor's name as in `state_dict()`.",
        values=lambda rows: rows.data.tensor_paths,
    ),
    ColumnSpec(
        name="module",
        dtype="object",
        meaning="The path of the layer that holds it.",
        values=lambda rows: [rows.data.layers[tensor.layer].path for tensor in rows.tensors],
    ),
    ColumnSpec(
        name="name",
        dtype="object",
        meaning="Its name there: `weight`.",
        values=lambda rows: [tensor.name for tensor in rows.tensors],
    ),
    ColumnSpec(
        name="kind",
        dtype="object",
        meaning="`parameter` or `buffer`; more kinds may come.",
        values=_facts(lambda facts: facts.kind),
    ),
    ColumnSpec(
        name="shape",
        dtype="object",
        meaning="As torch reports it, a tuple; `None` where not known yet.",
        values=_facts(lambda facts: facts.shape),
    ),
    ColumnSpec(
        name="numel",
        dtype="Int64",
        meaning="Its elements, shared or not.",
        unit="elements",
        values=_facts(lambda facts: facts.numel),
    ),
    ColumnSpec(
        name="adds_to_total",
        dtype="int64",
        meaning="Its elements where it is a parameter and comes first; else 0.",
        unit="parameters",
        total="parameters",
        values=_additions,
    ),
    ColumnSpec(
        name="dtype",
        dtype="object",
        meaning="`float32`, never `torch.float32`.",
        values=_facts(lambda facts: facts.dtype),
    ),
    ColumnSpec(
        name="bytes",
        dtype="int64",
        meaning="The size of the tensors that store it, by their real dtypes, where it comes first; else 0.",
        unit="bytes",
        total="bytes + buffer_bytes",
        values=_bytes,
    ),
    ColumnSpec(
        name="trainable",
        dtype="bool",
        meaning="A parameter that training changes.",
        values=_facts(lambda facts: facts.trainable),
    ),
    ColumnSpec(
        name="shared_with",
        dtype="object",
        meaning="The name of the same tensor where it comes first; `None` when that is here.",
        values=_owners,
    ),
    ColumnSpec(
        name="evidence",
        dtype="object",
        meaning="How far its size is proven; `None` for a buffer.",
        values=lambda rows: [str(t.evidence) if t.facts.kind == "parameter" else None for t in rows.tensors],
    ),
    ColumnSpec(
        name="persistent",
        dtype="bool",
        meaning="Part of `state_dict()`.",
        values=_facts(lambda facts: facts.persistent),
    ),
    ColumnSpec(
        name="status",
        dtype="object",
        meaning="How it is stored: [the words](#logical-and-stored). More may come.",
        values=_facts(lambda facts: facts.status),
    ),
    ColumnSpec(
        name="device",
        dtype="object",
        meaning="`cpu`, `cuda:0`, `meta`.",
        values=_facts(lambda facts: facts.device),
    ),
)
