"""Golden files: the whole output, byte for byte, as somebody read and accepted it.

A golden says *that* something changed, never whether it is right: beside each stands a test of what must hold.
"""

import difflib
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
ACCEPT = "accept with `pytest --update-golden`, then read `git diff tests/golden` before you commit it"
LONGEST = 400  #: characters of a line that are shown
SHOWN = 120  #: lines of a difference in the terminal; both whole files are on disk


class Golden:
    """Compares with ``tests/golden/NAME``; a difference is written to ``tests/actual/NAME`` and fails the test."""

    def __init__(self, *, update: bool, root: Path = TESTS) -> None:
        self.update = update
        self.root = root

    def __call__(self, name: str, actual: str | bytes) -> None:
        new = actual.encode("utf-8") if isinstance(actual, str) else actual
        accepted, seen = self.root / "golden" / name, self.root / "actual" / name
        if self.update:
            accepted.parent.mkdir(parents=True, exist_ok=True)
            accepted.write_bytes(new)
        old = accepted.read_bytes() if accepted.exists() else None
        if old == new:
            seen.unlink(missing_ok=True)
            return
        seen.parent.mkdir(parents=True, exist_ok=True)
        seen.write_bytes(new)
        what = "there is no such golden file yet" if old is None else difference(old, new)
        pytest.fail(f"golden/{name}: {what}\n\nwhole output: {seen}\n{ACCEPT}", pytrace=False)


def difference(old: bytes, new: bytes) -> str:
    """A unified diff where both are text; otherwise the place of the first byte that differs."""
    try:
        before, after = (data.decode("utf-8").splitlines(keepends=True) for data in (old, new))
    except UnicodeDecodeError:
        place = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
        return f"{len(old):,} bytes accepted, {len(new):,} bytes now; they differ from byte {place:,} on"
    lines = list(difflib.unified_diff(before, after, "accepted", "now"))
    shown = [visible(line) for line in lines[:SHOWN]]
    if len(lines) > SHOWN:
        shown.append(f"... and {len(lines) - SHOWN:,} more lines of difference")
    return "\n" + "\n".join(shown)


def visible(line: str) -> str:
    """*line* as it can be read in a terminal, a lost or foreign line end included."""
    body = line.removesuffix("\n")
    end = "" if line.endswith("\n") or line.startswith(("---", "+++", "@@")) else "  (no line end)"
    cut = f"{body[:LONGEST]}… ({len(body):,} characters)" if len(body) > LONGEST else body
    return "".join(c if c.isprintable() or c == "\t" else ascii(c)[1:-1] for c in cut) + end
