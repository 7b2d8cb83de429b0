"""``stdout_to_stderr()``: what a model's own code prints goes to standard error, apart from what summarykit prints."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout


@contextmanager
def stdout_to_stderr() -> Iterator[None]:
    """Redirect stdout to stderr inside the block, so that piped output holds only summarykit's result."""
    with redirect_stdout(sys.stderr):
        yield
