"""Programs of the machine that some tests need: found, or the test is skipped, or (with everything required) failed."""

import os
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import pytest

MISSING = "missing program: "


def require(*names: str) -> Path:
    """The path of the first of *names* that is installed; without one, the test ends here."""
    found = next(filter(None, map(shutil.which, names)), None)
    return Path(found) if found else give_up(" or ".join(names))


def give_up(program: str) -> NoReturn:
    """Skip the test, visibly; fail it when ``SUMMARYKIT_REQUIRE_ALL=1`` says that everything must be there."""
    reason = f"{MISSING}{program} (see `make system-deps`)"
    if os.environ.get("SUMMARYKIT_REQUIRE_ALL", "") not in ("", "0"):
        pytest.fail(f"{reason}, and SUMMARYKIT_REQUIRE_ALL is set", pytrace=False)
    pytest.skip(reason)


def missing_programs(skipped: Iterable[pytest.TestReport]) -> Counter[str]:
    """How many tests were skipped for which program, from pytest's own reports (those of xdist's workers too)."""
    reasons = (report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple))
    return Counter(reason.partition(MISSING)[2] for reason in reasons if MISSING in reason)
