"""The facts a walk collects: plain tuples, no tensors, no modules, no text made for readers.

Everything downstream (frames, exporters, diffs) reads these, so that nothing of torch outlives the walk
and a summary can be saved, compared and read back. What repeats stands once: types, settings,
explanations and the facts of equal tensors are kept in tables or shared, a layer holds their number.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import partial
from typing import NamedTuple, TypeVar

from summarykit.expression import Expression, Sentence, Value

Shape = tuple[int, ...]
#: Public attributes of a layer with plain values, sorted by name.
Settings = tuple[tuple[str, Value], ...]


#: Why a lazy layer has no count.
NOT_KNOWN_YET = "its size is not known until the first input"


#: What ``TensorFacts.status`` says of a tensor; kinds of ``reading/tensors.py`` add theirs: "sharded", "wrapped" ...
STATUS_PLAIN = "plain"  #: stored as its shape and dtype say
STATUS_UNINITIALISED = "uninitialised"  #: a lazy one: neither size is known
STATUS_PACKED = "packed"  #: stored in another shape than the logical one
STATUS_OPAQUE = "opaque"  #: nothing shows how it is stored; 0 elements and bytes are recorded
#: Those of which each stored element is a value of the tensor's dtype.
STORED_BY_DTYPE = frozenset({STATUS_PLAIN, STATUS_UNINITIALISED, "sharded"})


class Evidence(StrEnum):
    """What a count rests on, strongest first except that a disagreement outranks all when grades meet."""

    VERIFIED = "verified"
    FROM_SOURCE = "from source"
    SIZE_FROM_TENSOR = "from source, size from the tensor"
    INFERRED = "inferred"
    SHAPE_ONLY = "shape only"
    DISAGREES = "disagrees"

    @property
    def rank(self) -> int:
        """Position from strongest (0) to weakest."""
        return _RANKS[self]


_RANKS = {grade: rank for rank, grade in enumerate(Evidence)}


def weakest(grades: list[Evidence]) -> Evidence:
    """Return the weakest of *grades*, *disagrees* first; of none, *verified*."""
    return max(grades, key=lambda grade: grade.rank, default=Evidence.VERIFIED)


class TensorFacts(NamedTuple):
    """What one tensor is, shared by all that are alike; logical equals stored for an ordinary one."""

    kind: str  #: "parameter", "buffer", ... an open set
    shape: Shape | None  #: logical, as torch reports it, ``(out, in, ...)``; None where not known yet
    numel: int | None  #: logical elements; None where not known yet
    stored_shape: Shape | None  #: of the one tensor that stores it; None where several do, or none is known
    stored_numel: int  #: elements of all tensors that store it: codes, scales, indices
    bytes: int  #: of those elements, each by its real dtype
    dtype: str  #: ``"float32"``, never ``"torch.float32"``
    trainable: bool
    persistent: bool  #: part of ``state_dict()``
    status: str  #: how it is stored: ``STATUS_PLAIN``, ``STATUS_PACKED``, ... an open set
    device: str
    placement: str | None  #: how a sharded tensor is laid out


class TensorRecord(NamedTuple):
    """One place where a layer holds a tensor."""

    layer: int  #: id of the layer
    name: str  #: local name: ``"weight"``
    facts: TensorFacts
    owner: int  #: index of the tensor's first place in the model; its own index there
    storage: int | None  #: number shared by different tensors that lie in one memory, None for a memory of its own
    evidence: Evidence


class LayerType(NamedTuple):
    """The class of a layer."""

    name: str  #: ``"Linear"``
    qualified: str  #: ``"torch.nn.modules.linear.Linear"``


class LayerRecord(NamedTuple):
    """One row: a module at the place where the walk reached it."""

    id: int  #: position in pre-order, the root is 0
    parent: int  #: id of the parent, -1 for the root
    path: str  #: wrappers seen through; ``""`` for the root
    raw_path: str  #: as ``named_modules()`` says it
    type: int  #: number in the table of types
    settings: int  #: number in the table of settings
    explanation: int  #: number in the table of explanations, -1 where a layer owns no parameters
    alias_of: int  #: id of the layer that holds this very module, -1 for a first visit
    first_tensor: int  #: its tensors are ``tensors[first_tensor:end_tensor]``
    end_tensor: int


class Line(NamedTuple):
    """One term of an explanation: a repetition of an RNN, a tensor the rule does not know."""

    label: str  #: ``"layer 0, backwards"``, ``"gain"``; empty where one line says all
    formula: Expression
    bindings: tuple[tuple[str, Value], ...]
    value: int
    evidence: Evidence
    tensors: tuple[str, ...]


class TensorCheck(NamedTuple):
    """How one tensor of a layer was checked."""

    name: str
    evidence: Evidence
    formula: str  #: its dimensions as the rule declares them: ``"out_features, in_features"``; may be empty
    reason: str  #: why the grade is no better; empty for *verified*


class Explanation(NamedTuple):
    """Why a layer holds as many parameters as it does, for all layers alike."""

    formula: Expression | None  #: unfolded; None where there is only the shape
    bindings: tuple[tuple[str, Value], ...]  #: every name the formula and the sentence ask for
    value: int | None  #: what the formula gives
    sentence: Sentence | None
    about: str  #: one sentence about the kind of layer, without numbers
    lines: tuple[Line, ...]
    checks: tuple[TensorCheck, ...]  #: one for each own parameter
    origin: str  #: ``"rule for torch.nn.modules.linear.Linear"``
    evidence: Evidence
    reason: str  #: why not better, in words; empty for *verified*
    takes: str | None  #: the input that is the size of what comes in: ``"in_features"``
    gives: str | None  #: the input that is the size of what goes out
    axis: str  #: the axis they speak of: "last", "channels", or empty


class CrossCheck(NamedTuple):
    """The closed formula of a container with everything inside, to hold against the sum of its parts."""

    layer: int  #: id of the layer
    formula: Expression
    bindings: tuple[tuple[str, Value], ...]
    value: int
    origin: str
    users: bool  #: whether the formula is the user's own


class StoredCount(NamedTuple):
    """What PyTorch stores, counted independently of the records, to check them against."""

    tensors: int  #: distinct parameters
    elements: int  #: of the tensors that store them


class ModelRecords(NamedTuple):
    """All that one walk found."""

    name: str  #: class name of the root
    torch: str  #: version of torch, empty for a checkpoint
    types: tuple[LayerType, ...]
    settings: tuple[Settings, ...]
    explanations: tuple[Explanation, ...]
    layers: tuple[LayerRecord, ...]
    tensors: tuple[TensorRecord, ...]
    counted: StoredCount
    notes: tuple[str, ...]
    cross_checks: tuple[CrossCheck, ...] = ()
    config: Settings = ()  #: plain values of the model's own config, such as a transformers one; empty without
    experts_per_token: int | None = None  #: what the caller says of it; None where nothing was said
    opaque_layers: tuple[int, ...] = ()  #: ids of layers that hold packed weights outside all parameters and buffers


Record = TypeVar("Record", bound=tuple)  # type: ignore[type-arg]


def make_records(kind: type[Record], rows: Iterable[tuple[object, ...]]) -> tuple[Record, ...]:
    """Return *rows* as records of one kind; for the hundred thousands, where calling the class is too slow."""
    return tuple(map(partial(tuple.__new__, kind), rows))
