"""Two lists aligned as diff tools do: the longest common subsequence, in near-linear time for lists that are alike."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

#: So many insertions and deletions are looked through for the best alignment; lists less alike get a good one.
MOST_EDITS = 400

Pair = tuple[int, int]
#: What two lists are compared by, from strict to loose; None for what takes no part.
Levels = Sequence[tuple[Sequence[object], Sequence[object]]]


def align(levels: Levels, left: int, right: int) -> list[Pair]:
    """Return pairs of positions in two lists of *left* and *right* elements, rising in both.

    What is equal at the first level is paired first; each further level pairs what lies between.
    """
    pairs: list[Pair] = []
    for ones, others in levels:
        more = []
        for low, high, start, end in gaps(pairs, left, right):
            matches = common_subsequence(ones[low:high], others[start:end])
            more += [(low + one, start + other) for one, other in matches]
        pairs = sorted(pairs + more)
    return pairs


def gaps(pairs: Sequence[Pair], left: int, right: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the stretches of both lists between *pairs* where neither is empty."""
    low = start = 0
    for one, other in (*pairs, (left, right)):
        if low < one and start < other:
            yield low, one, start, other
        low, start = one + 1, other + 1


def common_subsequence(left: Sequence[object], right: Sequence[object]) -> list[Pair]:
    """Return the positions of a common subsequence, the longest one where the lists are not too different."""
    both = set(left) & set(right) - {None}
    ones = [at for at, key in enumerate(left) if key in both]
    others = [at for at, key in enumerate(right) if key in both]
    if not ones:
        return []
    pairs = _pair_with_ends([left[at] for at in ones], [right[at] for at in others])
    return [(ones[one], others[other]) for one, other in pairs]


def _pair_with_ends(left: list[object], right: list[object]) -> list[Pair]:
    """Pair equal heads and tails at once, and search between them."""
    shorter = min(len(left), len(right))
    head = next((at for at in range(shorter) if left[at] != right[at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if left[-1 - at] != right[-1 - at]), rest)
    middle = _pair_middle(left[head : len(left) - tail], right[head : len(right) - tail])
    ends = [(len(left) - at, len(right) - at) for at in range(tail, 0, -1)]
    return [*((at, at) for at in range(head)), *((head + one, head + other) for one, other in middle), *ends]


def _pair_middle(left: list[object], right: list[object]) -> list[Pair]:
    if not left or not right:
        return []
    if max(Counter(left).values()) == 1 and max(Counter(right).values()) == 1:
        return _rising(left, right)
    pairs = _fewest_edits(left, right)
    return _in_order(left, right) if pairs is None else pairs


def _rising(left: Sequence[object], right: Sequence[object]) -> list[Pair]:
    """Return the longest rising run of pairs where no key stands twice: patience sorting."""
    places = {key: at for at, key in enumerate(right)}
    pairs = [(at, places[key]) for at, key in enumerate(left) if key in places]
    lowest: list[int] = []  # the smallest end of a run of each length
    ends: list[int] = []  # and which pair it is
    before: list[int] = []
    for number, (_, other) in enumerate(pairs):
        length = bisect_left(lowest, other)
        before.append(ends[length - 1] if length else -1)
        lowest[length : length + 1] = [other]
        ends[length : length + 1] = [number]
    rising = []
    number = ends[-1] if ends else -1
    while number >= 0:
        rising.append(pairs[number])
        number = before[number]
    return rising[::-1]


def _fewest_edits(left: Sequence[object], right: Sequence[object]) -> list[Pair] | None:
    """Return the longest common subsequence, None where more than ``MOST_EDITS`` edits are needed.

    E. W. Myers, An O(ND) Difference Algorithm and Its Variations, Algorithmica 1, 1986.
    """
    furthest = {1: 0}
    steps: list[dict[int, int]] = []
    for edits in range(min(MOST_EDITS, len(left) + len(right)) + 1):
        steps.append(dict(furthest))
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
            one = furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1
            while one < len(left) and 0 <= one - diagonal < len(right) and left[one] == right[one - diagonal]:
                one += 1
            furthest[diagonal] = one
            if one >= len(left) and one - diagonal >= len(right):
                return _trace_back(steps, left, right)
    return None


def _trace_back(steps: Sequence[dict[int, int]], left: Sequence[object], right: Sequence[object]) -> list[Pair]:
    pairs: list[Pair] = []
    one, other = len(left), len(right)
    for edits in range(len(steps) - 1, -1, -1):
        furthest, diagonal = steps[edits], one - other
        down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
        came = diagonal + 1 if down else diagonal - 1
        start = furthest[came] if edits else 0
        since = start if down or not edits else start + 1  # what is equal begins after the edit
        while one > since:
            one, other = one - 1, other - 1
            pairs.append((one, other))
        one, other = start, start - came
    return pairs[::-1]


def _in_order(left: Sequence[object], right: Sequence[object]) -> list[Pair]:
    """Return a common subsequence, not always the longest: each element with the next equal one."""
    places: dict[object, list[int]] = {}
    for at, key in enumerate(right):
        places.setdefault(key, []).append(at)
    pairs = []
    past = 0
    for at, key in enumerate(left):
        where = places.get(key, [])
        number = bisect_left(where, past)
        if number < len(where) and where[number] - past <= MOST_EDITS:
            pairs.append((at, where[number]))
            past = where[number] + 1
    return pairs
