"""The static summary beside others, on one model: run in a process of its own, so that a slow one can be stopped.

``python benchmarks/peers.py MODEL TASK...`` runs the tasks in rounds and prints each time as it comes.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import models
from timing import ROUNDS, Times, timed
from torch import nn

#: Seconds after which a task is stopped.
LIMIT = 60
#: Seconds for imports and for building the model.
START_LIMIT = 300
#: A task that takes longer than this is run once.
SLOW = 5.0

FLOOR, OURS, TORCHINFO, FVCORE = "bare loop", "summarykit", "torchinfo", "fvcore"
LIGHTNING, TORCHLENS = "Lightning's ModelSummary", "torchlens"
TASKS = (FLOOR, OURS, TORCHINFO, FVCORE, LIGHTNING, TORCHLENS)


def bare_loop(model: nn.Module) -> list[tuple[object, ...]]:
    """Read what no summary can do without: path, shape and number of elements of every parameter."""
    return [
        (path, name, parameter.shape, parameter.numel())
        for path, module in model.named_modules()
        for name, parameter in module._parameters.items()
        if parameter is not None
    ]


def our_summary(model: nn.Module) -> tuple[object, ...]:
    """Walk the model, explain and check every layer, and make both frames."""
    import summarykit

    summary = summarykit.summarize(model)
    return summary.layers, summary.tensors


def torchinfo_summary(model: nn.Module) -> object:
    """Take torchinfo's table without an input: no forward pass, as ours."""
    import torchinfo

    return torchinfo.summary(model, verbose=0)


def fvcore_table(model: nn.Module) -> object:
    """Take fvcore's table of parameters, three levels deep, as it is by default."""
    from fvcore.nn import parameter_count_table

    return parameter_count_table(model)


def lightning_summary(model: nn.Module) -> object:
    """Take Lightning's table of every level as text; it wants a module of its own around the model."""
    import pytorch_lightning
    from pytorch_lightning.utilities.model_summary import ModelSummary

    holder = pytorch_lightning.LightningModule()
    holder.model = model
    return str(ModelSummary(holder, max_depth=-1))


def torchlens_summary(model: nn.Module) -> object:
    """Take torchlens' summary, which runs the model."""
    import torchlens

    return torchlens.summary(model, models.forward_input(model))


RUN: dict[str, Callable[[nn.Module], object]] = {
    FLOOR: bare_loop,
    OURS: our_summary,
    TORCHINFO: torchinfo_summary,
    FVCORE: fvcore_table,
    LIGHTNING: lightning_summary,
    TORCHLENS: torchlens_summary,
}


class Compared(NamedTuple):
    """The times of all tasks on one model, which passed the limit, and which failed, with what they said."""

    times: Times
    stopped: tuple[str, ...]
    failed: dict[str, str]


def compare(model: str) -> Compared:
    """Run all tasks on one model; one that is stopped or fails is left out of the others' rounds."""
    stopped: list[str] = []
    while True:
        left = [task for task in TASKS if task not in stopped]
        times, failed, hung = _watched(model, left)
        if hung is None:
            return Compared(times, tuple(stopped), failed)
        stopped.append(hung)


def _watched(model: str, tasks: Iterable[str]) -> tuple[Times, dict[str, str], str | None]:
    """Run one process of its own; return the times, the tasks that failed, and the one that passed the limit."""
    command = [sys.executable, __file__, model, *tasks]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as process:
        assert process.stdout is not None
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=lambda out: [*map(lines.put, out), lines.put("")], args=(process.stdout,)).start()
        times, running, limit = Times(), "start", START_LIMIT
        failed: dict[str, str] = {}
        while True:
            try:
                line = lines.get(timeout=limit)
            except queue.Empty:
                process.kill()
                return times, failed, running
            if not line:
                break
            word, task, *told = line.rstrip("\n").split("\t")
            running, limit = task, LIMIT
            if word == "took":
                times.add(task, float(told[0]))
            if word == "failed":
                failed[task] = told[0]
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return times, failed, None


def main(model: str, tasks: list[str]) -> None:
    """Run *tasks* on *model* in rounds, and say which one begins and how long it took."""
    built = getattr(models, model)()
    runs = models.forward_input(built) is not None
    once: set[str] = set()
    for number in range(-1, ROUNDS):  # round -1 warms up
        for task in tasks:
            if task in once:
                continue
            print("begins", task, sep="\t", flush=True)
            if task == TORCHLENS and not runs:
                print("failed", task, "not run: it needs a forward, and this model has none", sep="\t", flush=True)
                once.add(task)
                continue
            try:
                seconds = timed(partial(RUN[task], built))
            except Exception as error:  # noqa: BLE001 - whatever a peer says is told
                said = " ".join(f"{type(error).__name__}: {error}".split())
                print("failed", task, said[:150], sep="\t", flush=True)
                once.add(task)
                continue
            if seconds > SLOW:
                once.add(task)
            if number >= 0 or task in once:
                print("took", task, seconds, sep="\t", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
