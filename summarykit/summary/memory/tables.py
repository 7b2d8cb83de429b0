"""What a model takes to hold, to run and to train.

Bytes are exact. Weights and gradients are as PyTorch holds them, each tensor once, gradients in the number format of
their weights. Optimizer states are those of ``torch.optim``, made at its first step: momentum keeps one number for each
that is learned, Adam and AdamW two and a step counter of 4 bytes for each tensor. The 8-bit AdamW is counted as two
bytes a number; what it keeps beside them, scales for blocks and small tensors in full, is left out and said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from summarykit.expression import Value
from summarykit.records import STORED_BY_DTYPE, TensorFacts, TensorRecord
from summarykit.runs import NO_RUN, RunRecord
from summarykit.summary.memory.cache import Cache, Config, kv_cache
from summarykit.summary.memory.rows import MemoryRow, row, total

_FLOATING = frozenset({"float16", "bfloat16", "float32", "float64"})
_ONE_EACH = "One number for each that is learned, in the same format."


class Memory(NamedTuple):
    """Tables of memory; a total stands for the rows before it."""

    formats: tuple[MemoryRow, ...]  #: the weights as they are, then at 32, 16, 8 and 4 bits
    run: tuple[MemoryRow, ...]  #: weights, buffers, activations of a run, a cache where its length is given
    run_total: MemoryRow
    train: tuple[MemoryRow, ...]  #: weights, buffers, gradients, activations kept for the backward pass
    optimizers: tuple[MemoryRow, ...]  #: one of them is added to train
    train_totals: tuple[MemoryRow, ...]  #: one for each optimizer
    cache: Cache | None  #: of a decoder whose config tells it


def memory(
    tensors: Sequence[TensorRecord],
    run: RunRecord = NO_RUN,
    config: Config | None = None,
    *,
    tokens: int | None = None,
    bytes_per_parameter: int | None = None,
) -> Memory:
    """Return what a model takes.

    Args:
        tensors: All tensor records of the model; each counts at its owner.
        run: A watched run, for the activations.
        config: The config of a language model as plain values (see ``Config``), for the cache of keys and values.
        tokens: So many tokens are kept in the cache.
        bytes_per_parameter: What an optimizer of one's own keeps for each number that is learned.

    """
    facts = [tensor.facts for index, tensor in enumerate(tensors) if tensor.owner == index]
    weights = [facts for facts in facts if facts.kind != "buffer"]
    trainable = [facts for facts in weights if facts.trainable]
    base = _weights_and_buffers(weights, [facts for facts in facts if facts.kind == "buffer"])
    cache = kv_cache(config, bytes_per_number=number_size(weights)) if config else None
    says = "What lives at once at most in a run without training, each result freed after its last use."
    running = (*base, *_activations(run.peak_inference, says))
    running += (cache.row_for(tokens),) if cache and tokens is not None else ()
    says = "All results of a run, kept until the backward pass."
    gradients = _tensors_row("gradients", "Gradients", trainable, _ONE_EACH)
    training = (*base, gradients, *_activations(run.peak_training, says))
    optimizers = dict(_optimizers(trainable, bytes_per_parameter))
    return Memory(
        formats=(base[0], *_formats(sum(facts.numel or 0 for facts in weights))),
        run=running,
        run_total=total("run", "To run", running, _sum_sentence(running)),
        train=training,
        optimizers=tuple(optimizers.values()),
        train_totals=tuple(_training_total(training, name, each) for name, each in optimizers.items()),
        cache=cache,
    )


def _weights_and_buffers(weights: Sequence[TensorFacts], buffers: Sequence[TensorFacts]) -> tuple[MemoryRow, ...]:
    weights_row = _tensors_row("weights", "Weights", weights, "The model's own numbers, in the format they have.")
    return (
        (weights_row, _tensors_row("buffers", "Buffers", buffers, "What is stored and not learned."))
        if buffers
        else (weights_row,)
    )


def _tensors_row(key: str, label: str, tensors: Sequence[TensorFacts], says: str) -> MemoryRow:
    formula, bindings = by_format(tensors)
    unknown = sum(facts.numel is None for facts in tensors)
    says += "[unknown:  {unknown:1 tensor has|# tensors have} no size yet and {unknown:is|are} not in it.]"
    return row(key, label, formula, {**bindings, "unknown": unknown}, says)


def by_format(tensors: Iterable[TensorFacts]) -> tuple[str, dict[str, Value]]:
    """Return the bytes of tensors as a formula, numbers times their size for each number format, and its values.

    Where numbers share bytes, as in packed tensors, their bytes stand as they are.
    """
    numbers: dict[tuple[str, int], int] = {}
    packed_bytes = 0
    for facts in tensors:
        size, rest = divmod(facts.bytes, facts.stored_numel) if facts.stored_numel else (0, facts.bytes)
        if rest or facts.status not in STORED_BY_DTYPE:
            packed_bytes += facts.bytes
        elif size:
            numbers[facts.dtype, size] = numbers.get((facts.dtype, size), 0) + facts.stored_numel
    terms: list[str] = []
    bindings: dict[str, Value] = {}
    for position, ((dtype, size), count) in enumerate(sorted(numbers.items()), 1):
        name = dtype if dtype.isidentifier() and dtype not in bindings else f"numbers_{position}"
        terms.append(f"{name} * {size}")
        bindings[name] = count
    if packed_bytes:
        terms.append("packed")
        bindings["packed"] = packed_bytes
    return " + ".join(terms) or "0", bindings


def _formats(parameters: int) -> Iterable[MemoryRow]:
    for bits, size in ((32, "4 bytes"), (16, "2 bytes"), (8, "1 byte")):
        says = f"{{parameters:1 number|# numbers}} of {size} each."
        formula = f"parameters * {bits // 8}"
        yield row(f"weights.{bits}", f"Weights at {bits} bits", formula, {"parameters": parameters}, says)
    halves = "parameters // 2 if parameters % 2 == 0 else (parameters + 1) // 2"
    says = "Two numbers in each byte; the scales that such formats keep beside them are not in it."
    yield row("weights.4", "Weights at 4 bits", halves, {"parameters": parameters}, says)


def _optimizers(trainable: Sequence[TensorFacts], own: int | None) -> Iterable[tuple[str, MemoryRow]]:
    """Yield the name of each optimizer and what it keeps for the numbers that are learned."""
    formula, bindings = by_format(trainable)
    parameters: dict[str, Value] = {"parameters": sum(facts.numel or 0 for facts in trainable)}
    yield _optimizer("sgd", "SGD", "0", {}, "It keeps nothing.")
    yield _optimizer("momentum", "SGD with momentum", formula, bindings, _ONE_EACH)
    says = "Two numbers for each that is learned, in the same format, and a step counter of 4 bytes for each tensor."
    with_tensors = bindings | {"tensors": len(trainable)}
    yield _optimizer("adam", "Adam or AdamW", f"2 * ({formula}) + tensors * 4", with_tensors, says)
    says = "Two numbers of 1 byte for each that is learned; the scales it keeps for blocks of them are not in it."
    yield _optimizer("adam8", "AdamW in 8 bits", "2 * parameters", parameters, says)
    if own is not None:
        says = "{bytes_per_parameter:1 byte|# bytes} for each number that is learned."
        each = parameters | {"bytes_per_parameter": own}
        yield _optimizer("own", "Optimizer of your own", "parameters * bytes_per_parameter", each, says)


def _activations(size: int | None, says: str) -> tuple[MemoryRow, ...]:
    if size is None:
        return ()
    return (row("activations", "Activations", "activations", {"activations": size}, says),)


def _optimizer(name: str, label: str, formula: str, bindings: Mapping[str, Value], says: str) -> tuple[str, MemoryRow]:
    return name, row(f"optimizer.{name}", label, formula, bindings, says)


def _training_total(training: tuple[MemoryRow, ...], name: str, optimizer: MemoryRow) -> MemoryRow:
    rows = (*training, optimizer)
    return total(f"train.{name}", f"To train: {optimizer.label}", rows, _sum_sentence(rows, optimizer))


def _sum_sentence(rows: Sequence[MemoryRow], optimizer: MemoryRow | None = None) -> str:
    """Return what a total says: what is in it, and that activations are not where no run was watched."""
    names = ["what the optimizer keeps" if each is optimizer else each.label.lower() for each in rows]
    text = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    has_activations = any(each.key == "activations" for each in rows)
    return f"{text[0].upper()}{text[1:]}." + (
        "" if has_activations else " Activations are not in it: no run was watched to its end."
    )


def number_size(weights: Sequence[TensorFacts]) -> int:
    """Return the bytes of a number in the floating format that most weights have; 2 where there is none."""
    sizes: dict[int, int] = {}
    for facts in weights:
        if facts.dtype in _FLOATING and facts.stored_numel:
            size = facts.bytes // facts.stored_numel
            sizes[size] = sizes.get(size, 0) + facts.stored_numel
    return max(sizes, key=lambda size: sizes[size], default=2)
