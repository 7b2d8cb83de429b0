"""Names that count up: what is a number in them, and how a range of them is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from summarykit.records import LayerRecord
from summarykit.summary.data import SummaryData

_DIGITS = "0123456789"
#: Longer runs of digits are no count of anything.
_MOST_DIGITS = 15
#: So many ranges are always told in full.
_FEW = 4
#: So many signs at most where ranges are in no step.
_LONGEST = 36


def own_name(layer: LayerRecord, data: SummaryData) -> str:
    """Return the last part of a layer's path: its name within its parent."""
    above = data.records.layers[layer.parent].path if layer.parent >= 0 else ""
    return layer.path[len(above) + 1 :] if above else layer.path


def is_number(name: str) -> bool:
    """Return whether a name is a plain index: ``0``, ``17``."""
    return word_of(name) == ""


@lru_cache(maxsize=4096)  # the same few names stand in every block
def word_of(name: str) -> str | None:
    """Return what stands before the number a name ends in: ``block`` of ``block12``; None where it ends in none."""
    word = name.rstrip(_DIGITS)
    return word if 0 < len(name) - len(word) <= _MOST_DIGITS else None


def follows(before: str, name: str) -> bool:
    """Return whether *name* counts on from *before*: ``10`` after ``9``, ``block2`` after ``block1``."""
    word = word_of(before)
    if word is None:
        return False
    return name == _counting(before, int(before[len(word) :]) + 1)


def span(first: str, last: str) -> str:
    """Return names that count up as one: ``0–31``, ``block1–4``."""
    return first if first == last else f"{first}–{last[len(word_of(last) or '') :]}"


def ranges(names: Iterable[str]) -> str:
    """Return names of one word as ranges, each of them: ``0–2``, ``0,3,5–7``, ``block1–4``."""
    runs = _runs(names)
    return _join(runs, _range_texts(runs))


def spans(names: Iterable[str]) -> str:
    """Return names of one word as ranges, as many as a reader needs.

    Many ranges in one step, each as long as the others, are told by the first two and the last, which says as much:
    ``3,7,…,67``, ``0–2,4–6,…,64–66``. Of many in no step these are told, and how many names there are between:
    ``0–1,3–6,…55 more…,74–75``.
    """
    runs = _runs(names)
    texts = _range_texts(runs)
    if len(texts) > _FEW and _in_step(runs):
        texts[2:-1] = ["…"]
    elif len(texts) > _FEW and len(",".join(texts)) > _LONGEST:
        between = sum(count_of(end)[0] - count_of(start)[0] + 1 for start, end in runs[2:-1])
        texts[2:-1] = [f"…{between} more…"]
    return _join(runs, texts)


def _runs(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the first and last of those that count up, in their order."""
    runs: list[tuple[str, str]] = []
    for name in sorted(names, key=count_of):
        if runs and follows(runs[-1][1], name):
            runs[-1] = (runs[-1][0], name)
        else:
            runs.append((name, name))
    return runs


def _range_texts(runs: Sequence[tuple[str, str]]) -> list[str]:
    word = len(word_of(runs[0][0]) or "")
    return [span(*run)[word:] for run in runs]


def _join(runs: Sequence[tuple[str, str]], texts: Sequence[str]) -> str:
    return (word_of(runs[0][0]) or "") + ",".join(texts)


def _in_step(runs: Sequence[tuple[str, str]]) -> bool:
    """Return whether ranges are equally far from each other and equally long, but for a shorter first and last.

    Numbers are filled up with noughts as in the first one, or those that are not told would be read as others.
    """
    first_name = runs[0][0]
    if any(name != _counting(first_name, count_of(name)[0]) for run in runs for name in run):
        return False
    starts, ends = ([count_of(name)[0] for name in side] for side in zip(*runs, strict=True))
    (first, *inner, last) = (end - start for start, end in zip(starts, ends, strict=True))
    steps = {after - before for before, after in (*pairwise(starts[1:]), *pairwise(ends[:-1]))}
    return len(steps) == len(set(inner)) == 1 and max(first, last) <= inner[0]


def _counting(name: str, number: int) -> str:
    """Return *name* with another *number*, written as its own is: ``block03`` for ``block01`` and 3."""
    word = word_of(name) or ""
    return word + str(number).zfill(len(name) - len(word))


def count_of(name: str) -> tuple[int, str]:
    """Return what names that end in numbers are sorted by."""
    return int(name[len(word_of(name) or "") :] or -1), name
