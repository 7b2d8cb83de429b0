"""Other counts of a language model: without embeddings, and active per token."""

from __future__ import annotations

from summarykit.exporters.view.values import CountLine, Piece, Rich
from summarykit.exporters.view.words import count_noun, share
from summarykit.expression import Words, group_digits
from summarykit.summary.data import SummaryData
from summarykit.summary.experts import RoutedExperts

#: At most so many kinds of experts are listed; models have one, seldom two.
_KINDS = 3


def count_lines(data: SummaryData) -> tuple[CountLine, ...]:
    """Return the other counts of a language model or a mixture of experts; none for other models."""
    totals = data.totals
    lines = []
    if totals.embedding_parameters:
        lines.append(_line("Without embeddings", totals.parameters_without_embedding, _embedding(data)))
    if data.experts.routed or data.experts.reason:
        lines.append(_line("Active per token", totals.active_parameters, _active(data)))
    return tuple(lines)


def _line(label: str, value: int | None, text: Rich) -> CountLine:
    return CountLine(label, -1 if value is None else value, "unknown" if value is None else group_digits(value), text)


def _embedding(data: SummaryData) -> Rich:
    """Return "38,597,376 less, which `lm_head` uses too"."""
    less = Words(data.totals.embedding_parameters, " less")
    heads = data.embedding.heads
    if not heads:
        return (Piece(less),)
    more = Words(" and ", count_noun(len(heads) - 1, "other layer"), " use") if len(heads) > 1 else " uses"
    return (Piece(Words(less, ", which ")), Piece(heads[0], code=True), Piece(Words(more, " too")))


def _active(data: SummaryData) -> Rich:
    """Return "27.6%, 12,748,853,248 without embeddings; 2 of 8 experts per token, from `config.moe_k`"."""
    totals, experts = data.totals, data.experts
    if totals.active_parameters is None:
        return (Piece(f"{experts.reason}; experts_per_token can give it"),)
    text = Words(share(totals.active_parameters, totals.parameters))
    if totals.embedding_parameters and totals.active_parameters_without_embedding is not None:
        text = Words(text, ", ", totals.active_parameters_without_embedding, " without embeddings")
    pieces = [Piece(text)]
    for part in experts.routed[:_KINDS]:
        pieces += [Piece("; "), *_routing(part)]
    rest = len(experts.routed) - _KINDS
    return (*pieces, Piece(Words("; ", count_noun(rest, "other kind"), " of experts"))) if rest > 0 else tuple(pieces)


def _routing(part: RoutedExperts) -> Rich:
    places = Words(" in ", count_noun(part.places, "layer")) if part.places > 1 else ""
    text = Words(part.per_token, " of ", count_noun(part.experts, "expert"), " per token", places, ", from ")
    return (Piece(text), Piece(part.origin, code=True))
