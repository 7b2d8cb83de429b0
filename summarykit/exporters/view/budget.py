"""A broken limit in words: by how much, and which layers contribute most."""

from __future__ import annotations

from summarykit.exporters.view.values import Piece, Rich
from summarykit.exporters.view.words import place, share
from summarykit.expression import Words
from summarykit.summary.budget import Contributor, Outcome, Quantity, Verdict
from summarykit.summary.data import SummaryData

#: What a limit is on.
QUANTITY_WORDS = {
    Quantity.PARAMETERS: "parameters",
    Quantity.TRAINABLE: "trainable parameters",
    Quantity.BYTES: "bytes",
    Quantity.MACS: "multiply-adds",
    Quantity.ACTIVE: "active parameters",
}


def broken_pieces(verdict: Verdict, data: SummaryData) -> Rich:
    """Return why a limit is broken and which layers contribute most; names and the setting are code."""
    limit = verdict.limit
    words = QUANTITY_WORDS[limit.quantity]
    what = (Piece(words),) if limit.pattern is None else (Piece(f"{words} in "), Piece(limit.pattern, code=True))
    setting = Piece(f"{limit.key} = {limit.written}", code=True)
    if verdict.outcome is Outcome.UNKNOWN:
        return (*what, Piece(" not known, and so not within "), setting, Piece(f": {verdict.reason}"))
    assert verdict.found is not None
    assert verdict.most is not None
    amount, most = verdict.found, verdict.most
    if limit.increase:
        assert verdict.before is not None
        totals = Piece(Words(verdict.before, " → ", amount, " "))
        growth = Piece(Words(" (+", amount - verdict.before, "), and "))
        pieces = (totals, *what, growth, setting, Piece(Words(" allows ", most)))
    else:
        more = Piece(Words(", ", amount - most, " more than "))
        pieces = (Piece(Words(amount, " ")), *what, more, setting, Piece(" allows"))
    return (*pieces, Piece("; "), *_who(verdict, data)) if verdict.largest else pieces


def _who(verdict: Verdict, data: SummaryData) -> Rich:
    """Return the layers that contribute most to an amount."""
    pieces = [Piece("grew most: " if verdict.largest[0].grew else "largest: ")]
    last = len(verdict.largest) - 1
    for at, part in enumerate(verdict.largest):
        pieces += [Piece(" and " if at == last else ", ")] * bool(at)
        pieces += _contributor(part, verdict.found or 0, data)
    return tuple(pieces)


def _contributor(part: Contributor, whole: int, data: SummaryData) -> Rich:
    name = Piece(place(part.path, data.layers[part.layer].parent, data.model_name), code=True)
    times = Words(" × ", part.times) if part.times > 1 else ""
    amount = Words("+", part.amount) if part.grew else Words(part.amount, f" ({share(part.amount, whole)})")
    return (name, Piece(Words(times, " ", amount)))
