"""The forward pass as a report shows it, and the shapes, calls and MACs of each row."""

from __future__ import annotations

import re
from collections.abc import Sequence

from summarykit.exporters.view import blocks
from summarykit.exporters.view.values import Block, FlowLine, Piece, Problem, Rich, RowFlow, RunView
from summarykit.exporters.view.words import GRADE_WORDS, count_noun, round_count, shape_words, share, short, size_words
from summarykit.expression import Words, group_digits
from summarykit.records import Evidence, LayerRecord
from summarykit.runs import Flow
from summarykit.summary.data import SummaryData
from summarykit.summary.flows import LayerFlow
from summarykit.summary.folding import Folding

_MOST_NAMES = 5
#: From so many tensors on, names that differ only in a number share one line.
_LEAST_TO_FOLD = 3
_NUMBER = re.compile(r"(?:(?<=\.)|^)(0|[1-9][0-9]{0,8})(?=\.|$)", re.ASCII)
#: At most so many characters of an exception's message are in a report.
_LONGEST_ERROR = 400
#: MACs counted by operators have words of their own: such a count checks no formula.
_COUNT_ONLY = ("Counted, not checked", "–", "size")
_WORDS = {**GRADE_WORDS, Evidence.INFERRED: _COUNT_ONLY, Evidence.SHAPE_ONLY: _COUNT_ONLY}
_HOW = {
    "fake": "The forward was watched on a copy that holds shapes and no numbers; nothing was computed.",
    "meta": "The forward was watched on a copy without memory; nothing was computed.",
    "real": "The forward was run on a copy of the model, in eval mode and without gradients.",
}
_CONVENTION = (
    "One multiply-add (MAC) is one multiplication and the addition of its result; FLOPs = 2 × MACs. Products of"
    " matrices, convolutions and attention count; additions, norms, activations and look-ups count as nothing."
)


def run_view(data: SummaryData, folding: Folding, title: str) -> RunView | None:
    """Return the report's part on the forward pass; None without one."""
    trace, macs = data.trace, data.totals.macs
    if trace.how == "off":
        return None
    parts = blocks.all_blocks(data, folding, title, blocks.by_macs(data)) if macs else ()
    return RunView(
        given=input_words(trace.inputs, trace.inputs_from),
        macs="" if macs is None else group_digits(macs),
        macs_value=macs or 0,
        macs_rounded=round_count(macs or 0),
        flops="" if macs is None else group_digits(2 * macs),
        approximate=bool(trace.approximate),
        sentence=_sentence(parts),
        one_line=blocks.one_line(parts, macs or 0),
        blocks=blocks.rank_blocks(parts, macs or 0),
        peak_inference="" if trace.peak_inference is None else size_words(trace.peak_inference),
        peak_training="" if trace.peak_training is None else size_words(trace.peak_training),
        made=(_HOW[trace.how], _CONVENTION, *trace.notes),
    )


def input_words(inputs: Sequence[Flow], origin: str) -> Rich:
    """Return "`input_ids` 1 × 3 (int64), the model's own example"."""
    pieces: list[Piece] = []
    for flow in inputs[:_MOST_NAMES]:
        pieces += [Piece(flow.name, code=True), Piece(Words(" ", shape_words(flow.shape), f" ({flow.dtype}), "))]
    if len(inputs) > _MOST_NAMES:
        pieces.append(Piece(Words(count_noun(len(inputs) - _MOST_NAMES, "more tensor"), ", ")))
    return (*pieces, *_rich(origin))


def _sentence(parts: tuple[Block, ...]) -> Rich:
    if len(parts) < 2:
        return ()
    top = max(parts, key=lambda block: block.value)
    return (Piece(f"{top.share} of them are in "), Piece(top.label, code=True), Piece("."))


def row_flow(data: SummaryData, layer: LayerRecord, times: int) -> RowFlow | None:
    """Return shapes, calls and MACs of a row with all its copies; None without a forward pass, or for an alias."""
    if not data.flows or layer.alias_of >= 0:
        return None
    flow = data.flows[layer.id]
    number = data.compute_of(flow)
    why = data.run.computes[number] if number >= 0 else None
    texts = data.compute_texts[number]
    word, sign, look = _WORDS[why.evidence] if why else ("", "", "")
    each = flow.macs // len(flow.calls) if flow.calls and not flow.varies else 0
    return RowFlow(
        calls=len(flow.calls),
        status=flow.status,
        inputs=_lines(flow.inputs),
        outputs=_lines(flow.outputs),
        output=_main_shape(flow),
        varies=flow.varies,
        macs_value=flow.macs * times,
        macs=group_digits(flow.macs * times) if flow.macs else "",
        inside_value=flow.macs_total * times,
        inside=group_digits(flow.macs_total * times) if flow.macs_total else "",
        inside_short=short(flow.macs_total * times, "G") if flow.macs_total else "",
        share=share(flow.macs_total * times, data.totals.macs or 0),
        formula=texts.formula or "",
        equation=texts.equation or (group_digits(each) if each else ""),
        macs_text=_product(texts.numbers or "", len(flow.calls) * times, flow.macs * times),
        sentence=texts.sentence,
        word=word,
        sign=sign,
        look=look,
        origin=why.origin if why else "",
        output_bytes=size_words(flow.output_bytes) if flow.calls else "",
        approximate=flow.approximate,
        done=flow.done,
    )


def _product(numbers: str, times: int, macs: int) -> str:
    """Return a formula times the number of its calls, with the result; empty for a layer without MACs."""
    if not macs:
        return ""
    if times > 1 and numbers:
        numbers = f"{group_digits(times)} × {f'({numbers})' if ' ' in numbers else numbers}"
    return f"{numbers} = {group_digits(macs)}" if numbers and numbers != group_digits(macs) else group_digits(macs)


def _lines(flows: Sequence[Flow]) -> tuple[FlowLine, ...]:
    """Return a line for each tensor; tensors of one shape whose names count up share a line."""
    by_pattern: dict[object, list[tuple[int, Flow]]] = {}
    for flow in flows:
        number = _NUMBER.search(flow.name)
        pattern = _NUMBER.sub("#", flow.name, count=1) if number else flow.name
        tensors = by_pattern.setdefault((pattern, number is None, flow.shape, flow.dtype), [])
        tensors.append((int(number[1]) if number else 0, flow))
    return tuple(line for tensors in by_pattern.values() for line in _fold(tensors))


def _fold(tensors: Sequence[tuple[int, Flow]]) -> list[FlowLine]:
    numbers = [number for number, _ in tensors]
    first, last = tensors[0][1], numbers[-1]
    if len(tensors) < _LEAST_TO_FOLD or numbers != list(range(numbers[0], last + 1)):
        return [FlowLine(flow.name, shape_words(flow.shape), flow.dtype, 1) for _, flow in tensors]
    name = _NUMBER.sub(lambda number: f"{number[0]}–{last}", first.name, count=1)
    return [FlowLine(name, shape_words(first.shape), first.dtype, len(tensors))]


def _main_shape(flow: LayerFlow) -> str:
    """Return the shape of a layer's first output and how many more outputs there are, without nested ones."""
    if not flow.outputs:
        return ""
    more = sum("." not in each.name for each in flow.outputs[1:])
    return f"{shape_words(flow.outputs[0].shape)}{f' and {more} more' if more else ''}"


def run_problems(data: SummaryData) -> list[Problem]:
    """Return the warnings on the forward pass: where it failed, which sizes are assumed, which layers never ran."""
    trace = data.trace
    problems = []
    if not trace.ok:
        problems.append(_failure(data))
    if trace.approximate:
        sizes = "; ".join(trace.approximate[:_MOST_NAMES])
        more = f"; {len(trace.approximate) - _MOST_NAMES} more" if len(trace.approximate) > _MOST_NAMES else ""
        problems.append(Problem("warning", "Some sizes are assumed", _rich(f"{sizes}{more}.")))
    if trace.uncounted:
        pieces = [Piece("Their work is missing: ")]
        for name, times in trace.uncounted[:_MOST_NAMES]:
            pieces += [Piece(name, code=True), Piece(Words(" (", times, "), "))]
        pieces[-1] = Piece(Words(" (", trace.uncounted[:_MOST_NAMES][-1][1], ")."))
        problems.append(Problem("warning", "Operators that nobody can count", tuple(pieces)))
    return [*problems, *_never_called(data)]


def compute_problems(data: SummaryData) -> list[Problem]:
    """Return one problem for each MACs formula that differs from the forward pass, with both numbers."""
    layers_by_formula: dict[int, set[int]] = {}
    for call in data.run.calls:
        if call.compute >= 0 and data.run.computes[call.compute].evidence is Evidence.DISAGREES:
            layers_by_formula.setdefault(call.compute, set()).add(call.layer)
    problems = []
    for number, layers in layers_by_formula.items():
        names = [data.layers[layer].path or data.model_name for layer in sorted(layers)[:_MOST_NAMES]]
        more = f" and {len(layers) - len(names)} more" if len(layers) > len(names) else ""
        paths = (*(piece for name in names for piece in (Piece(name, code=True), Piece(", "))),)[:-1]
        text = (*paths, Piece(f"{more}: "), *_rich(f"{data.run.computes[number].reason}."))
        problems.append(Problem("bad", "Formula and run differ", text))
    return problems


def _failure(data: SummaryData) -> Problem:
    trace = data.trace
    if trace.how == "off":
        return Problem("note", "No run was made", _rich(f"{trace.error}."))
    at = "before the first layer" if trace.failed_at is None else f"at `{trace.failed_at or data.model_name}`"
    text = [*_rich(f"It stopped {at}: "), Piece(_first_of(trace.error))]
    inputs = trace.met[:_MOST_NAMES]
    for number, flow in enumerate(inputs):
        after = "." if number == len(inputs) - 1 else ", "
        text += [] if number else [Piece(" It was given ")]
        text += [Piece(flow.name, code=True), Piece(Words(" ", shape_words(flow.shape), after))]
    return Problem("bad", "The forward fails", (*text, Piece(" Sizes stand for what ran before.")))


def _first_of(error: str) -> str:
    """Return an exception's message; a long one is cut, with the place of the rest."""
    flat = " ".join(error.split())
    if len(flat) <= _LONGEST_ERROR:
        return flat if flat.endswith((".", "!", "?")) else f"{flat}."
    return f"{flat[:_LONGEST_ERROR].rpartition(' ')[0]} … (all of it: summary.trace.error)."


def _never_called(data: SummaryData) -> list[Problem]:
    """Return a note on layers with parameters that were never called; none if the forward pass failed."""
    if not data.run.ok:
        return []
    never = [
        data.layers[each.layer]
        for each in data.run.uncalled
        if each.status == "never called" and data.layers[each.layer].explanation >= 0
    ]
    if not never:
        return []
    pieces: list[Piece] = []
    for layer in never[:_MOST_NAMES]:
        pieces += [Piece(layer.path or data.model_name, code=True), Piece(", ")]
    pieces[-1] = Piece("." if len(never) <= _MOST_NAMES else f" and {len(never) - _MOST_NAMES} more.")
    return [Problem("note", "Never called in this run", tuple(pieces))]


def _rich(text: str) -> Rich:
    return tuple(Piece(part, code=i % 2 == 1) for i, part in enumerate(text.split("`")) if part)
