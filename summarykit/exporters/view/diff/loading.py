"""Whether existing checkpoints still load, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from summarykit.exporters.view.diff.values import NameLine, Verdict
from summarykit.exporters.view.diff.words import join_rich, shape_text, with_names
from summarykit.exporters.view.values import Piece, Rich
from summarykit.exporters.view.words import count_noun
from summarykit.expression import Words, concat
from summarykit.summary.diff import Checkpoint

#: So many names are written out.
MOST_NAMES = 200
#: Of a model that was not there before.
NO_CHECKPOINTS = Verdict("", (), (), (), "", 0)


def verdict(checkpoint: Checkpoint) -> Verdict:
    """Return whether checkpoints of the model before load into the model after, and what makes it so."""
    lines = list(_names(checkpoint))
    left = len(lines) - MOST_NAMES
    look, text = _sentence(checkpoint)
    return Verdict(
        look,
        text,
        tuple(_details(checkpoint)),
        tuple(lines[:MOST_NAMES]),
        f"{count_noun(left, 'name')} more" if left > 0 else "",
        len(lines),
    )


def _sentence(checkpoint: Checkpoint) -> tuple[str, Rich]:
    if checkpoint.loads is None:
        return "warning", (Piece(f"Whether existing checkpoints load is not known: {checkpoint.reason}"),)
    if checkpoint.loads and checkpoint.misplaced:
        number = len(checkpoint.misplaced)
        what = with_names(number, "name" if number == 1 else "names", checkpoint.misplaced)
        return "bad", (Piece("Existing checkpoints load without error, but into other layers: "), *what)
    if checkpoint.loads:
        return "warning" if checkpoint.merged else "ok", (Piece("Existing checkpoints still load"),)
    parts = [
        with_names(len(names), word, names)
        for word, names in (
            ("reshaped", [found.name for found in checkpoint.reshaped]),
            ("missing in them", checkpoint.missing),
            ("unexpected", checkpoint.unexpected),
        )
        if names
    ]
    return "bad", (Piece("Existing checkpoints will not load strictly: "), *join_rich(parts))


def _details(checkpoint: Checkpoint) -> Iterator[Rich]:
    """Yield what else to know of loading, a sentence each."""
    loosely = (Piece("loading without "), Piece("strict", code=True))
    if checkpoint.loads is False and not checkpoint.loads_loosely:
        yield *loosely, Piece(" fails too: it forgives names, not shapes")
    elif checkpoint.loads is False:
        kept = Words("leave ", count_noun(checkpoint.untouched, "number"), " as initialised")
        ignored = Words("ignore ", count_noun(len(checkpoint.unexpected), "saved name"))
        what = [kept] * bool(checkpoint.missing) + [ignored] * bool(checkpoint.unexpected)
        yield *loosely, Piece(Words(" raises nothing and would ", concat(" and ", what)))
        if checkpoint.misplaced:
            number = len(checkpoint.misplaced)
            told = with_names(number, "name" if number == 1 else "names", checkpoint.misplaced)
            yield Piece("and it would load into other layers: "), *told
    if checkpoint.merged:
        told = with_names(len(checkpoint.merged), "names", checkpoint.merged)
        yield Piece("different saved tensors go into one, and the last one wins: "), *told
    if checkpoint.renamed:
        yield tuple(_renaming(checkpoint))
    formats = Counter((found.before, found.after) for found in checkpoint.converted)
    for (before, after), number in formats.items():
        yield (Piece(Words(count_noun(number, "tensor"), f" would be converted, {before} → {after}")),)


def _renaming(checkpoint: Checkpoint) -> Iterator[Piece]:
    """Yield what became of the names: one prefix for all where that is all, else the first of them."""
    number = len(checkpoint.renamed)
    every = number == len(checkpoint.unexpected) and set(checkpoint.missing) <= {new for _, new in checkpoint.renamed}
    yield Piece("all names are known under others: " if every else Words(number, " of them only renamed: "))
    added = {new.removesuffix(old) for old, new in checkpoint.renamed if new.endswith(old)}
    taken = {old.removesuffix(new) for old, new in checkpoint.renamed if old.endswith(new)}
    same = sum(new.endswith(old) or old.endswith(new) for old, new in checkpoint.renamed) == number
    if same and len(added | taken) == 1:
        yield Piece((added | taken).pop(), code=True)
        yield Piece(" is now in front of each" if added else " is no longer in front of each")
        return
    old, new = checkpoint.renamed[0]
    yield from (Piece(old, code=True), Piece(" → "), Piece(new, code=True), Piece(", …" if number > 1 else ""))


def _names(checkpoint: Checkpoint) -> Iterator[NameLine]:
    renamed = dict(checkpoint.renamed)
    targets = set(renamed.values())
    for found in checkpoint.reshaped:
        yield NameLine("reshaped", found.name, Words(shape_text(found.before), " → ", shape_text(found.after)), False)
    for old, new in checkpoint.renamed:
        yield NameLine("renamed", old, new, True)
    for name in checkpoint.missing:
        if name not in targets:
            yield NameLine("missing in them", name, "", False)
    for name in checkpoint.unexpected:
        if name not in renamed:
            yield NameLine("unexpected", name, "", False)
    for name in checkpoint.misplaced:
        yield NameLine("into another layer", name, "", False)
    for name in checkpoint.merged:
        yield NameLine("into one with others", name, "", False)
