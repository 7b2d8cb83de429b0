"""Pause Python's cycle collector while rows are created.

A walk creates hundreds of thousands of small tuples, none of them garbage; the collector scans all of them
and the model repeatedly. Measured on 74,474 modules: 0.5 s with it, 0.11 s without.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the cycle collector, and start it again if it was on before."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
