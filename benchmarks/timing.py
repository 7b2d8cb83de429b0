"""Times that can be compared: every task once a round, round after round, so that a busy moment hits them all."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

ROUNDS = 7


@dataclass
class Times:
    """Seconds of each task, one entry a round."""

    rounds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, task: str, seconds: float) -> None:
        self.rounds.setdefault(task, []).append(seconds)

    def seconds(self, task: str) -> float:
        """Return the median of a task."""
        return median(self.rounds[task])

    def ratio(self, task: str, floor: str) -> float:
        """Return the median, over the rounds both took part in, of one task's time divided by another's."""
        return median(a / b for a, b in zip(self.rounds[task], self.rounds[floor], strict=False))


def timed(task: Callable[[], object]) -> float:
    """Return how long *task* takes, what it makes included and taking that down again not."""
    gc.collect()
    start = perf_counter()
    made = task()
    seconds = perf_counter() - start
    del made
    return seconds


def interleaved(tasks: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> Times:
    """Run each task once to warm up, then once a round."""
    times = Times()
    for task in tasks.values():
        task()
    for _ in range(rounds):
        for name, task in tasks.items():
            times.add(name, timed(task))
    return times


def duration(seconds: float) -> str:
    """Return "12.3 ms" or "1.23 s"."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
