"""Progress reporting: workers report steps; a bar is shown only if requested and stderr is a terminal."""

from __future__ import annotations

import os
import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

#: Seconds before there is anything to see; shorter work needs no bar.
PATIENCE = 1.0
#: Names of environments that log what a terminal would show.
_LOG_VARIABLES = ("CI", "GITHUB_ACTIONS", "JENKINS_URL", "TF_BUILD")
_NO = ("", "0", "false")


@dataclass(slots=True)
class Step:
    """One piece of work; its worker sets ``done``, which is cheap whether or not a bar is shown."""

    words: str  #: "reading layers"
    unit: str = ""  #: "row"
    total: int | None = None
    done: int = 0

    def text(self) -> str:
        """Return "writing out.xlsx, row 30,000 of 75,000"."""
        if not self.done:
            return self.words
        number = f"{self.unit} {self.done:,}".lstrip()
        return f"{self.words}, {number}{'' if self.total is None else f' of {self.total:,}'}"


def begin(words: str, unit: str = "", total: int | None = None) -> Step:
    """Start a step with a description, and return it for the worker to update."""
    step = Step(words, unit, total)
    bar = _current_bar.get()
    if bar is not None:
        bar.step = step
    return step


def go_on(unit: str, total: int) -> Step:
    """Continue the current step with a known total, and return it for the worker to update."""
    bar = _current_bar.get()
    return begin(bar.step.words if bar is not None else "", unit, total)


@contextmanager
def progress_bar(visible: bool) -> Iterator[None]:
    """Show a progress bar for the work inside once it takes longer than a second, and clear it at the end.

    Only in a terminal: never where the error stream is piped, logged, or where nobody looks, as in CI.
    """
    console = _terminal() if visible and _current_bar.get() is None else None
    if console is None:
        yield
        return
    bar = _Bar(console)
    before = _current_bar.set(bar)
    try:
        cancel = later(PATIENCE, bar.appear)
        try:
            yield
        finally:
            cancel()
    finally:
        _current_bar.reset(before)
        bar.vanish()


def later(seconds: float, call: Callable[[], None]) -> Callable[[], None]:
    """Call *call* in its own thread after so many seconds; return a function that cancels it."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
    return timer.cancel


class _Bar:
    """The bar on the screen: one line, drawn by its own thread from the current step."""

    def __init__(self, console: Console) -> None:
        self.step = Step("working")
        self._console = console
        self._lock = threading.Lock()
        self._live: Any = None
        self._over = False

    def appear(self) -> None:
        from rich.live import Live

        with self._lock:
            if self._over:
                return
            # What the model's own code prints meanwhile goes above the bar, where that is the same screen.
            self._live = Live(
                get_renderable=self._line,
                console=self._console,
                transient=True,
                refresh_per_second=8,
                redirect_stdout=sys.stdout.isatty(),
            )
            self._live.start(refresh=True)

    def vanish(self) -> None:
        with self._lock:
            self._over = True
            if self._live is not None:
                self._live.stop()

    def _line(self) -> Any:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        step = self.step
        line = Table.grid(padding=(0, 1))
        line.add_column(no_wrap=True, overflow="ellipsis")
        bar = ProgressBar(total=step.total, completed=step.done, width=24, pulse=step.total is None)
        line.add_row(Text(step.text(), overflow="ellipsis", no_wrap=True), bar)
        return line


_current_bar: ContextVar[_Bar | None] = ContextVar("current_bar", default=None)


def _terminal() -> Console | None:
    """Return the terminal on standard error; None if there is none, or in CI."""
    stream = sys.stderr
    is_log = any(os.environ.get(name, "").lower() not in _NO for name in _LOG_VARIABLES)
    if stream is None or not stream.isatty() or is_log:
        return None
    state = random.getstate()
    try:  # all that the bar's thread needs; rich draws a number when it is first imported, and nobody's seed may notice
        from rich.console import Console
    finally:
        random.setstate(state)
    console = Console(file=stream)
    return console if console.is_terminal and not console.is_dumb_terminal else None
