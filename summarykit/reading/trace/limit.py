"""A limit to how long a run may take, also one that never asks."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class TimeIsUp(BaseException):
    """The run took as long as it may."""


_LONG_ENOUGH = 100  # jumps of Python, at each of which a signal arrives
_AGAIN = 0.5  # seconds until a run that caught the signal gets it once more


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise ``TimeIsUp`` in this thread once *seconds* have passed, and again where that was caught.

    A watcher in a thread of its own raises it, since a loop of plain Python asks nobody; a signal would only reach the
    main thread, and might be the caller's own.
    """
    thread = threading.get_ident()
    end = threading.Event()
    lock = threading.Lock()

    def watch() -> None:
        wait = seconds
        while not end.wait(wait):
            with lock:
                if not end.is_set():
                    raise_in(thread, TimeIsUp)
            wait = _AGAIN

    watcher = threading.Thread(target=watch, name="summarykit time limit", daemon=True)
    watcher.start()
    hook = sys.unraisablehook
    sys.unraisablehook = lambda event: None if event.exc_type is TimeIsUp else hook(event)  # it is sent once more
    try:
        yield
    finally:
        stop(end, lock)
        sys.unraisablehook = hook


def stop(end: threading.Event, lock: threading.Lock) -> None:
    """End the watching, and take in what the watcher sent and did not arrive yet: it must not hit the caller."""
    while True:
        try:
            with lock:
                end.set()
            for _ in range(_LONG_ENOUGH):
                pass
            return
        except TimeIsUp:  # nothing is left for it to end
            continue


def raise_in(thread: int, signal: type[BaseException]) -> None:
    """Have *signal* raised in a thread, the next time it jumps back in Python."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(signal))
