"""What is measured in fresh processes: how fast summarykit starts, and how much memory a summary takes.

``python benchmarks/processes.py memory MODEL TASK`` prints the megabytes that one task added to the peak.
"""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from timing import ROUNDS, Times

MEMORY_TASKS = (
    "summary and frames",
    *("markdown", "html", "excel", "json"),
    *("markdown, unfolded", "html, unfolded", "excel, unfolded"),
)
_STARTS = {
    "python alone": ["-c", "pass"],
    "import summarykit": ["-c", "import summarykit"],
    "summarykit --help": ["-m", "summarykit", "--help"],
}


def starts() -> Times:
    """Return how long each start takes, from the call to the end of the process."""
    times = Times()
    for number in range(-1, ROUNDS):
        for name, arguments in _STARTS.items():
            start = perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            if number >= 0:
                times.add(name, perf_counter() - start)
    return times


def memory(model: str, task: str) -> float:
    """Return the megabytes (10^6) by which *task* raised the peak of a process that holds *model*."""
    command = [sys.executable, __file__, "memory", model, task]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def _added(model: str, task: str) -> float:
    import models
    import peers
    from exports import export

    import summarykit

    small = models.sequential()
    peers.our_summary(small)
    for name in MEMORY_TASKS[1:5]:
        export(name, summarykit.summarize(small).data.records)
    built = getattr(models, model)()
    gc.collect()
    before = peak()
    if task == MEMORY_TASKS[0]:
        peers.our_summary(built)
    else:
        name, _, unfolded = task.partition(", ")
        export(name, summarykit.summarize(built).data.records, fold=not unfolded)
    return (peak() - before) / 1e6


def peak() -> int:
    """Return the most memory this process ever held, in bytes.

    Linux hands ``ru_maxrss`` down from the process that started this one; what ``/proc`` says is its own.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) * 1024


if __name__ == "__main__":
    print(_added(*sys.argv[2:]))
