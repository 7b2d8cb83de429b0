"""Small models to try an exporter with, written as records by hand: no torch is needed.

Each has something that reports get wrong: tied weights, sizes that are not known, repeats, a run, deep nesting, names
that mean something to a format.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeVar

from summarykit.expression import evaluate, parse, parse_sentence
from summarykit.records import (
    NOT_KNOWN_YET,
    Evidence,
    Explanation,
    LayerRecord,
    LayerType,
    ModelRecords,
    Settings,
    StoredCount,
    TensorCheck,
    TensorFacts,
    TensorRecord,
)
from summarykit.runs import CallRecord, ComputeExplanation, Flow, Operator, RunRecord
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import Comparison, ModelChange, ProjectChanges, compare_without_base

_Entry = TypeVar("_Entry")

#: More levels than Python lets a function call itself.
DEEP = 1_100
#: Each means something to a format, a terminal, a spreadsheet or a reader's eye.
HOSTILE_NAMES = (
    "<script>alert(1)</script>", "</details>", "a|b", "a\\", "`code`", "``a", "*bold*", "_under_", "|name|", "a_",
    "{{ 7*7 }}", "{% raw %}", "=1+1", "@SUM(A1)", '"quoted"', "'", "$x$", "&amp;", "# head", "[/red]", "a\nb",
    "\n\n==", "a\tb", "\x00", "\x1b[31mred", "\u202eevil", "\ud800", "\ufeff", "größe", "层", "\U0001f600", " a ", "",
)  # fmt: skip


class _Model:
    """Collects the records of a model; layers are added in pre-order."""

    def __init__(self, name: str = "Sequential") -> None:
        self.types: list[LayerType] = []
        self.settings: list[Settings] = []
        self.explanations: list[Explanation] = []
        self.layers: list[LayerRecord] = []
        self.tensors: list[TensorRecord] = []
        self.layer(-1, "", name)

    def layer(self, parent: int, name: str, kind: str, *, settings: Settings = (), alias_of: int = -1) -> int:
        """Add a layer without tensors and return its id."""
        above = self.layers[parent].path if parent > 0 else ""
        path = f"{above}.{name}" if parent > 0 else name
        at = len(self.tensors)
        number, own_type = len(self.layers), LayerType(kind, f"models.{kind}")
        self.layers.append(
            LayerRecord(
                id=number,
                parent=parent,
                path=path,
                raw_path=path,
                type=_number(self.types, own_type),
                settings=_number(self.settings, settings),
                explanation=-1,
                alias_of=alias_of,
                first_tensor=at,
                end_tensor=at,
            )
        )
        return number

    def tensor(self, layer: int, name: str, facts: TensorFacts, evidence: Evidence, *, owner: int = -1) -> int:
        """Add a tensor to the last layer and return its index; *owner* is where a shared one comes first."""
        at = len(self.tensors)
        self.tensors.append(TensorRecord(layer, name, facts, at if owner < 0 else owner, None, evidence))
        self.layers[layer] = self.layers[layer]._replace(end_tensor=at + 1)
        return at

    def explain(self, layer: int, explanation: Explanation) -> None:
        """Set why a layer has its parameters."""
        self.layers[layer] = self.layers[layer]._replace(explanation=_number(self.explanations, explanation))

    def linear(
        self, parent: int, name: str, takes: int, gives: int, *, kind: str = "Linear", frozen: bool = False
    ) -> int:
        """Add a fully connected layer and return its id."""
        settings: Settings = (("bias", True), ("in_features", takes), ("out_features", gives))
        layer = self.layer(parent, name, kind, settings=settings)
        for tensor, shape in (("weight", (gives, takes)), ("bias", (gives,))):
            self.tensor(layer, tensor, tensor_facts(shape, trainable=not frozen), Evidence.VERIFIED)
        self.explain(layer, _formula("out_features * (in_features + bias)", settings, gives * (takes + 1)))
        return layer

    def embedding(self, parent: int, name: str, rows: int, width: int) -> int:
        """Add a table of vectors and return its id."""
        settings: Settings = (("embedding_dim", width), ("num_embeddings", rows))
        layer = self.layer(parent, name, "Embedding", settings=settings)
        self.tensor(layer, "weight", tensor_facts((rows, width)), Evidence.VERIFIED)
        self.explain(layer, _formula("num_embeddings * embedding_dim", settings, rows * width))
        return layer

    def sizes_only(
        self, parent: int, name: str, shape: tuple[int, ...] | None, reason: str, *, tensor: str = "gain"
    ) -> int:
        """Add a layer without a formula and return its id; without *shape*, its size is not known."""
        layer = self.layer(parent, name, "Custom")
        self.tensor(layer, tensor, tensor_facts(shape), Evidence.SHAPE_ONLY)
        self.explain(layer, _no_formula(tensor, reason))
        return layer

    def data(self, run: RunRecord | None = None, notes: tuple[str, ...] = ()) -> SummaryData:
        """Return the summary of what was added."""
        owners = [tensor.facts for at, tensor in enumerate(self.tensors) if tensor.owner == at]
        parameters = [facts.numel or 0 for facts in owners if facts.kind == "parameter"]
        records = ModelRecords(
            name=self.types[0].name,
            torch="2.9.0",
            types=tuple(self.types),
            settings=tuple(self.settings),
            explanations=tuple(self.explanations),
            layers=tuple(self.layers),
            tensors=tuple(self.tensors),
            counted=StoredCount(len(parameters), sum(parameters)),
            notes=notes,
        )
        return SummaryData(records, run) if run else SummaryData(records)


@lru_cache(maxsize=100)  # as in a model that was read, equal tensors share their facts
def tensor_facts(
    shape: tuple[int, ...] | None, *, kind: str = "parameter", trainable: bool = True, dtype: str = "float32"
) -> TensorFacts:
    """Return the facts of a tensor; without *shape*, of one whose size is not known yet."""
    numel = None if shape is None else math.prod(shape)
    return TensorFacts(
        kind=kind,
        shape=shape,
        numel=numel,
        stored_shape=shape,
        stored_numel=numel or 0,
        bytes=(numel or 0) * (2 if dtype == "float16" else 4),
        dtype=dtype,
        trainable=trainable and kind == "parameter",
        persistent=True,
        status="plain" if shape is not None else "uninitialised",
        device="cpu",
        placement=None,
    )


def _number(table: list[_Entry], entry: _Entry) -> int:
    """Return the number of *entry* in a table, to which it is added where it is not there yet."""
    if entry not in table:
        table.append(entry)
    return table.index(entry)


def _formula(source: str, settings: Settings, count: int) -> Explanation:
    """Return an explanation with a formula, which agrees where it gives *count*."""
    formula = parse(source)
    value = evaluate(formula.tree, dict(settings))
    evidence = Evidence.VERIFIED if value == count else Evidence.DISAGREES
    return Explanation(
        formula=formula,
        bindings=settings,
        value=value,
        sentence=parse_sentence("The product of its settings, with `weight` and what is added to it."),
        about="A layer of the examples.",
        lines=(),
        checks=(TensorCheck("weight", evidence, "", ""),),
        origin="rule of the examples",
        evidence=evidence,
        reason="" if value == count else f"PyTorch has {count}",
        takes=None,
        gives=None,
        axis="",
    )


def _no_formula(tensor: str, reason: str) -> Explanation:
    return Explanation(
        formula=None,
        bindings=(),
        value=None,
        sentence=None,
        about="",
        lines=(),
        checks=(TensorCheck(tensor, Evidence.SHAPE_ONLY, "", reason),),
        origin="",
        evidence=Evidence.SHAPE_ONLY,
        reason=reason,
        takes=None,
        gives=None,
        axis="",
    )


def models() -> Mapping[str, SummaryData]:
    """Return the small models by name; the same ones at every call, each a new value."""
    return {
        "plain": _plain().data(),
        "empty": _Model("Identity").data(),
        "tied": _tied(),
        "frozen": _frozen(),
        "lazy": _lazy(),
        "unexplained": _without_formula(),
        "repeats": _repeats(5),
        "run": _with_run(fails=False),
        "failed run": _with_run(fails=True),
        "hostile names 1": _hostile(HOSTILE_NAMES[:11]),
        "hostile names 2": _hostile(HOSTILE_NAMES[11:22]),
        "hostile names 3": _hostile(HOSTILE_NAMES[22:]),
        "deep": _deep(),
    }


def comparisons() -> Mapping[str, Comparison]:
    """Return comparisons of these models, by what changed."""
    examples = models()
    return {
        "nothing changed": Comparison(examples["plain"], _plain().data()),
        "a wider layer": Comparison(examples["plain"], _plain(wide=8).data()),
        "a tensor of its own": Comparison(examples["tied"], _tied(is_shared=False)),
        "more repeats": Comparison(examples["repeats"], _repeats(7)),
        "frozen layers": Comparison(examples["plain"], _frozen()),
        "sizes not known yet": Comparison(examples["plain"], examples["lazy"]),
        "hostile names removed": Comparison(examples["hostile names 1"], examples["plain"]),
        "other hostile names": Comparison(examples["hostile names 2"], examples["hostile names 3"]),
        "another run": Comparison(examples["run"], _with_run(fails=False, wide=8)),
        "no model before": compare_without_base(examples["plain"]),
    }


def projects() -> Mapping[str, ProjectChanges]:
    """Return the changes of several models at once, by what they are."""
    same, wider, new = (comparisons()[name] for name in ("nothing changed", "a wider layer", "no model before"))
    return {
        "nothing changed": ProjectChanges((ModelChange("small", same),)),
        "no models": ProjectChanges(()),
        "every state": ProjectChanges(
            (
                ModelChange("small", same),
                ModelChange("wider", wider),
                ModelChange("new-one", new),
                ModelChange("broken", error="ImportError: no module 'acme'\nin models.py"),
                ModelChange("gone", before=models()["plain"]),
            ),
            notes=("one model is no longer listed",),
        ),
        "hostile names": ProjectChanges(
            tuple(ModelChange(name or "unnamed", wider) for name in HOSTILE_NAMES if name.strip())
        ),
    }


def _plain(wide: int = 4) -> _Model:
    model = _Model()
    model.linear(0, "encode", 16, wide)
    model.layer(0, "activate", "ReLU")
    model.linear(0, "decode", wide, 2)
    model.linear(0, "score", 2, 1)
    return model


def _tied(*, is_shared: bool = True) -> SummaryData:
    model = _Model("Tied")
    model.embedding(0, "embed", 10, 4)
    settings: Settings = (("in_features", 4), ("out_features", 10))
    head = model.layer(0, "head", "Linear", settings=settings)
    model.tensor(head, "weight", tensor_facts((10, 4)), Evidence.VERIFIED, owner=0 if is_shared else -1)
    model.explain(head, _formula("out_features * in_features", settings, 40))
    norm = model.sizes_only(0, "norm", (4,), "no formula is known for this kind of layer")
    again = model.layer(0, "again", "Custom", alias_of=norm)
    model.tensor(again, "gain", tensor_facts((4,)), Evidence.SHAPE_ONLY, owner=model.layers[norm].first_tensor)
    model.explain(again, _no_formula("gain", "no formula is known for this kind of layer"))
    return model.data()


def _frozen() -> SummaryData:
    model = _Model()
    layer = model.linear(0, "encode", 16, 4, frozen=True)
    model.tensor(layer, "steps", tensor_facts((7,), kind="buffer"), Evidence.VERIFIED)
    model.layer(0, "activate", "ReLU")
    half = model.layer(0, "half", "Custom")
    model.tensor(half, "gain", tensor_facts((3, 5), dtype="float16"), Evidence.SHAPE_ONLY)
    model.explain(half, _no_formula("gain", "no formula is known for this kind of layer"))
    return model.data(notes=("a note on the model",))


def _lazy() -> SummaryData:
    model = _Model()
    model.linear(0, "encode", 16, 4)
    model.sizes_only(0, "later", None, NOT_KNOWN_YET, tensor="weight")
    return model.data()


def _without_formula() -> SummaryData:
    model = _Model()
    model.sizes_only(0, "own", (11, 13), "no formula is known for this kind of layer")
    settings: Settings = (("in_features", 16), ("out_features", 4))
    wrong = model.layer(0, "wrong", "Linear", settings=settings)
    model.tensor(wrong, "weight", tensor_facts((4, 17)), Evidence.DISAGREES)
    model.explain(wrong, _formula("out_features * in_features", settings, 68))
    return model.data()


def _repeats(copies: int) -> SummaryData:
    model = _Model("Stack")
    model.linear(0, "stem", 16, 8)
    blocks = model.layer(0, "blocks", "ModuleList")
    for at in range(copies):
        block = model.layer(blocks, str(at), "Block")
        model.linear(block, "up", 8, 32)
        model.layer(block, "act", "GELU")
        model.linear(block, "down", 32, 8)
    model.linear(0, "head", 8, 3)
    return model.data()


def _hostile(names: Iterable[str]) -> SummaryData:
    model = _Model("<b>*Model*</b>|")
    for name in names:
        block = model.layer(0, name, f"Block{name}")
        model.linear(block, name, 3, 2, kind=f"Linear{name}")
    return model.data(notes=(f"a note on {HOSTILE_NAMES[0]}",))


def _deep() -> SummaryData:
    model = _Model("Nested")
    layer = 0
    for _ in range(DEEP):
        layer = model.layer(layer, "in", "Nested")
    model.linear(layer, "end", 16, 4)
    return model.data()


def _with_run(*, fails: bool, wide: int = 4) -> SummaryData:
    """Return the plain model with a run on 8 × 16 values, to its end or to the layer that fails."""
    sizes = {1: (16, wide), 2: (wide, wide), 3: (wide, 2), 4: (2, 1)}
    calls_of = {1: sizes[1], 2: sizes[2]} if fails else sizes
    last = max(calls_of)
    calls, computes = [], []
    for layer, (takes, gives) in calls_of.items():
        works, is_done = layer != 2, not (fails and layer == last)
        macs = 8 * takes * gives if works and is_done else 0
        if macs:
            computes.append(_compute(takes, gives))
        operator = Operator("aten.addmm", ((gives,), (8, takes), (takes, gives)), (8, gives), macs)
        calls.append(
            CallRecord(
                layer=layer,
                caller=0,
                inputs=(_flow("input", takes),),
                outputs=(_flow("0", gives),) if is_done else (),
                operators=(operator,) if macs else (),
                macs=macs,
                macs_total=macs,
                output_bytes=8 * gives * 4 if is_done else 0,
                done=is_done,
                approximate=(),
                compute=len(computes) - 1 if macs else -1,
            )
        )
    total = sum(call.macs for call in calls)
    root = CallRecord(
        layer=0,
        caller=-1,
        inputs=(_flow("input", 16),),
        outputs=() if fails else (_flow("0", 1),),
        operators=(),
        macs=0,
        macs_total=total,
        output_bytes=0 if fails else 32,
        done=not fails,
        approximate=(),
    )
    run = RunRecord(
        how="fake",
        ok=not fails,
        inputs=root.inputs,
        inputs_from="given by size",
        calls=(root, *calls),
        uncalled=(),
        reasons=(),
        notes=(),
        uncounted=(),
        peak_inference=None if fails else 8 * 20 * 4,
        peak_training=None if fails else 8 * 24 * 4,
        error="ValueError: a |mistake| in <forward>" if fails else "",
        failed_at=last if fails else -1,
        met=(_flow("input", calls_of[last][0]),) if fails else (),
        computes=tuple(computes),
    )
    return _plain(wide).data(run)


def _flow(name: str, width: int) -> Flow:
    return Flow(name, (8, width), "float32", 8 * width * 4)


def _compute(takes: int, gives: int) -> ComputeExplanation:
    macs = 8 * takes * gives
    return ComputeExplanation(
        formula=parse("rows * out_features * in_features"),
        bindings=(("in_features", takes), ("out_features", gives), ("rows", 8)),
        value=macs,
        counted=macs,
        sentence=None,
        about="A layer of the examples.",
        origin="rule of the examples",
        evidence=Evidence.VERIFIED,
        reason="",
    )
