"""What a model takes to hold, to run and to train.

Bytes are exact. Weights and gradients are as PyTorch holds them, each tensor once, gradients in the number format of
their weights. Optimizer states are those of ``torch.optim``, made at its first step: momentum keeps one number for each
that is learned, Adam and AdamW two and a step counter of 4 bytes for each tensor. The 8-bit AdamW is counted as two
bytes a number; what it keeps beside them, scales for blocks and small tensors in full, is left out and said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from summarykit.expression import Value
from summarykit.records import STORED_BY_DTYPE, TensorFacts, TensorRecord
from summarykit.runs import NO_RUN, RunRecord
from summarykit.summary.memory.cache import Cache, Config, kv_cache
from summarykit.summary.memory.rows import MemoryRow, row, total

_FLOATING = frozenset({"float16", "bfloat16", "float32", "float64"})
_LEARNED = "One number for each that is learned, in the same format."


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
    owned = [tensor.facts for index, tensor in enumerate(tensors) if tensor.owner == index]
    weights = [facts for facts in owned if facts.kind != "buffer"]
    learned = [facts for facts in weights if facts.trainable]
    kept = _kept(weights, [facts for facts in owned if facts.kind == "buffer"])
    cache = kv_cache(config, bytes_per_number=number_size(weights)) if config else None
    says = "What lives at once at most in a run without training, each result freed after its last use."
    running = (*kept, *_activations(run.peak_inference, says))
    running += (cache.row_for(tokens),) if cache and tokens is not None else ()
    says = "All results of a run, kept until the backward pass."
    gradients = _held("gradients", "Gradients", learned, _LEARNED)
    training = (*kept, gradients, *_activations(run.peak_training, says))
    optimizers = tuple(_optimizers(learned, bytes_per_parameter))
    return Memory(
        formats=(kept[0], *_formats(sum(facts.numel or 0 for facts in weights))),
        run=running,
        run_total=total("run", "To run", running, _added_up(running)),
        train=training,
        optimizers=optimizers,
        train_totals=tuple(_training_total(training, each) for each in optimizers),
        cache=cache,
    )


def _kept(weights: Sequence[TensorFacts], buffers: Sequence[TensorFacts]) -> tuple[MemoryRow, ...]:
    held = _held("weights", "Weights", weights, "The model's own numbers, in the format they have.")
    return (held, _held("buffers", "Buffers", buffers, "What is stored and not learned.")) if buffers else (held,)


def _held(key: str, label: str, held: Sequence[TensorFacts], says: str) -> MemoryRow:
    formula, bindings = by_format(held)
    unknown = sum(facts.numel is None for facts in held)
    says += "[unknown:  {unknown:1 tensor has|# tensors have} no size yet and {unknown:is|are} not in it.]"
    return row(key, label, formula, {**bindings, "unknown": unknown}, says)


def by_format(held: Iterable[TensorFacts]) -> tuple[str, dict[str, Value]]:
    """Return the bytes of tensors as a formula, numbers times their size for each number format, and its values.

    Where numbers share bytes, as in packed tensors, their bytes stand as they are.
    """
    numbers: dict[tuple[str, int], int] = {}
    packed = 0
    for facts in held:
        size, rest = divmod(facts.bytes, facts.stored_numel) if facts.stored_numel else (0, facts.bytes)
        if rest or facts.status not in STORED_BY_DTYPE:
            packed += facts.bytes
        elif size:
            numbers[facts.dtype, size] = numbers.get((facts.dtype, size), 0) + facts.stored_numel
    terms: list[str] = []
    bindings: dict[str, Value] = {}
    for position, ((dtype, size), count) in enumerate(sorted(numbers.items()), 1):
        name = dtype if dtype.isidentifier() and dtype not in bindings else f"numbers_{position}"
        terms.append(f"{name} * {size}")
        bindings[name] = count
    if packed:
        terms.append("packed")
        bindings["packed"] = packed
    return " + ".join(terms) or "0", bindings


def _formats(parameters: int) -> Iterable[MemoryRow]:
    for bits, size in ((32, "4 bytes"), (16, "2 bytes"), (8, "1 byte")):
        says = f"{{parameters:1 number|# numbers}} of {size} each."
        formula = f"parameters * {bits // 8}"
        yield row(f"weights.{bits}", f"Weights at {bits} bits", formula, {"parameters": parameters}, says)
    halves = "parameters // 2 if parameters % 2 == 0 else (parameters + 1) // 2"
    says = "Two numbers in each byte; the scales that such formats keep beside them are not in it."
    yield row("weights.4", "Weights at 4 bits", halves, {"parameters": parameters}, says)


def _optimizers(learned: Sequence[TensorFacts], own: int | None) -> Iterable[MemoryRow]:
    """Yield what each optimizer keeps for the numbers that are learned."""
    formula, bindings = by_format(learned)
    parameters: dict[str, Value] = {"parameters": sum(facts.numel or 0 for facts in learned)}
    yield row("optimizer.sgd", "SGD", "0", {}, "It keeps nothing.")
    yield row("optimizer.momentum", "SGD with momentum", formula, bindings, _LEARNED)
    says = "Two numbers for each that is learned, in the same format, and a step counter of 4 bytes for each tensor."
    counted = bindings | {"tensors": len(learned)}
    yield row("optimizer.adam", "Adam or AdamW", f"2 * ({formula}) + tensors * 4", counted, says)
    says = "Two numbers of 1 byte for each that is learned; the scales it keeps for blocks of them are not in it."
    yield row("optimizer.adam8", "AdamW in 8 bits", "2 * parameters", parameters, says)
    if own is not None:
        says = "{bytes_per_parameter:1 byte|# bytes} for each number that is learned."
        each = parameters | {"bytes_per_parameter": own}
        yield row("optimizer.own", "Optimizer of your own", "parameters * bytes_per_parameter", each, says)


def _activations(size: int | None, says: str) -> tuple[MemoryRow, ...]:
    if size is None:
        return ()
    return (row("activations", "Activations", "activations", {"activations": size}, says),)


def _training_total(training: tuple[MemoryRow, ...], optimizer: MemoryRow) -> MemoryRow:
    key, rows = optimizer.key.replace("optimizer", "train"), (*training, optimizer)
    return total(key, f"To train: {optimizer.label}", rows, _added_up(rows))


def _added_up(rows: Sequence[MemoryRow]) -> str:
    """Return what a total says: what is in it, and that activations are not where no run was watched."""
    names = ["what the optimizer keeps" if "optimizer" in each.key else each.label.lower() for each in rows]
    said = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    known = any(each.key == "activations" for each in rows)
    return f"{said[0].upper()}{said[1:]}." + (
        "" if known else " Activations are not in it: no run was watched to its end."
    )


def number_size(weights: Sequence[TensorFacts]) -> int:
    """Return the bytes of a number in the floating format that most weights have; 2 where there is none."""
    sizes: dict[int, int] = {}
    for facts in weights:
        if facts.dtype in _FLOATING and facts.stored_numel:
            size = facts.bytes // facts.stored_numel
            sizes[size] = sizes.get(size, 0) + facts.stored_numel
    return max(sizes, key=lambda size: sizes[size], default=2)
