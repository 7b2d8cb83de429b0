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

#: At most so many names are listed.
MOST_NAMES = 200
#: The verdict on a new model.
NO_CHECKPOINTS = Verdict("", (), (), (), "", 0)


def verdict(checkpoint: Checkpoint) -> Verdict:
    """Return whether checkpoints of the model before load into the model after, and why."""
    lines = list(_names(checkpoint))
    rest = len(lines) - MOST_NAMES
    look, text = _sentence(checkpoint)
    return Verdict(
        look,
        text,
        tuple(_details(checkpoint)),
        tuple(lines[:MOST_NAMES]),
        f"{count_noun(rest, 'name')} more" if rest > 0 else "",
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
            ("reshaped", [change.name for change in checkpoint.reshaped]),
            ("missing in them", checkpoint.missing),
            ("unexpected", checkpoint.unexpected),
        )
        if names
    ]
    return "bad", (Piece("Existing checkpoints will not load strictly: "), *join_rich(parts))


def _details(checkpoint: Checkpoint) -> Iterator[Rich]:
    """Yield further facts on loading, a sentence each."""
    loosely = (Piece("loading without "), Piece("strict", code=True))
    if checkpoint.loads is False and not checkpoint.loads_loosely:
        yield *loosely, Piece(" fails too: it forgives names, not shapes")
    elif checkpoint.loads is False:
        leaves = Words("leave ", count_noun(checkpoint.untouched, "number"), " as initialised")
        ignores = Words("ignore ", count_noun(len(checkpoint.unexpected), "saved name"))
        what = [leaves] * bool(checkpoint.missing) + [ignores] * bool(checkpoint.unexpected)
        yield *loosely, Piece(Words(" raises nothing and would ", concat(" and ", what)))
        if checkpoint.misplaced:
            number = len(checkpoint.misplaced)
            names = with_names(number, "name" if number == 1 else "names", checkpoint.misplaced)
            yield Piece("and it would load into other layers: "), *names
    if checkpoint.merged:
        names = with_names(len(checkpoint.merged), "names", checkpoint.merged)
        yield Piece("different saved tensors go into one, and the last one wins: "), *names
    if checkpoint.renamed:
        yield tuple(_renaming(checkpoint))
    formats = Counter((conversion.before, conversion.after) for conversion in checkpoint.converted)
    for (before, after), number in formats.items():
        yield (Piece(Words(count_noun(number, "tensor"), f" would be converted, {before} → {after}")),)


def _renaming(checkpoint: Checkpoint) -> Iterator[Piece]:
    """Yield how names changed: the prefix, if that is the only change, else the first name."""
    number = len(checkpoint.renamed)
    every = number == len(checkpoint.unexpected) and set(checkpoint.missing) <= {new for _, new in checkpoint.renamed}
    yield Piece("all names are known under others: " if every else Words(number, " of them only renamed: "))
    new_prefixes = {new.removesuffix(old) for old, new in checkpoint.renamed if new.endswith(old)}
    old_prefixes = {old.removesuffix(new) for old, new in checkpoint.renamed if old.endswith(new)}
    same = sum(new.endswith(old) or old.endswith(new) for old, new in checkpoint.renamed) == number
    if same and len(new_prefixes | old_prefixes) == 1:
        yield Piece((new_prefixes | old_prefixes).pop(), code=True)
        yield Piece(" is now in front of each" if new_prefixes else " is no longer in front of each")
        return
    old, new = checkpoint.renamed[0]
    yield from (Piece(old, code=True), Piece(" → "), Piece(new, code=True), Piece(", …" if number > 1 else ""))


def _names(checkpoint: Checkpoint) -> Iterator[NameLine]:
    new_names = dict(checkpoint.renamed)
    targets = set(new_names.values())
    for change in checkpoint.reshaped:
        shapes = Words(shape_text(change.before), " → ", shape_text(change.after))
        yield NameLine("reshaped", change.name, shapes, False)
    for old, new in checkpoint.renamed:
        yield NameLine("renamed", old, new, True)
    for name in checkpoint.missing:
        if name not in targets:
            yield NameLine("missing in them", name, "", False)
    for name in checkpoint.unexpected:
        if name not in new_names:
            yield NameLine("unexpected", name, "", False)
    for name in checkpoint.misplaced:
        yield NameLine("into another layer", name, "", False)
    for name in checkpoint.merged:
        yield NameLine("into one with others", name, "", False)
