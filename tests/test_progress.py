"""The bar of long work: on a pseudo-terminal, without waiting for the clock."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

import summarykit
from summarykit._util import progress
from summarykit.cli import main

_CONTROL = re.compile(r"\x1b\[\??(\d*)(?:;\d+)*([A-Za-z])")


class Terminal:
    """A pseudo-terminal as the error stream, and a clock that strikes when a test says so."""

    def __init__(self) -> None:
        self._reading, writing = os.openpty()
        os.set_blocking(self._reading, False)
        self.stream = os.fdopen(writing, "w", encoding="utf-8")
        self.waiting: list[Callable[[], None]] = []
        self._received = ""

    def later(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        assert seconds == progress.PATIENCE
        self.waiting.append(call)
        return lambda: self.waiting.remove(call) if call in self.waiting else None

    def strike(self) -> None:
        """Let the second be over."""
        for call in list(self.waiting):
            call()

    def received(self) -> str:
        """Everything that was sent to the terminal."""
        self.stream.flush()
        while True:
            try:
                self._received += os.read(self._reading, 65_536).decode()
            except BlockingIOError:
                return self._received

    def screen(self) -> list[str]:
        """What is left to be seen, line by line."""
        lines, row, column = [""], 0, 0
        text = self.received()
        while text:
            control = _CONTROL.match(text)
            if control:
                number, letter = control.groups()
                if letter == "A":
                    row = max(row - int(number or 1), 0)
                elif letter == "K" and number == "2":
                    lines[row] = ""
                text = text[control.end() :]
                continue
            character, text = text[0], text[1:]
            if character == "\r":
                column = 0
            elif character == "\n":
                row += 1
                lines += [""] * (row + 1 - len(lines))
            else:
                lines[row] = lines[row][:column].ljust(column) + character + lines[row][column + 1 :]
                column += 1
        return [line for line in lines if line.strip()]

    def close(self) -> None:
        self.stream.close()
        os.close(self._reading)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    made = Terminal()
    # pytest puts its own stream in the place of sys.stderr for each phase of a test
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=made.stream, stdout=sys.stdout))
    monkeypatch.setattr(progress, "later", made.later)
    for name in progress._LOG_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    yield made
    made.close()


@pytest.fixture
def at_once(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Every bar is there from the start."""

    def no_wait(seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        call()
        return lambda: None

    monkeypatch.setattr(progress, "later", no_wait)
    return terminal


def test_shorter_work_shows_nothing(terminal: Terminal) -> None:
    with progress.progress_bar(True):
        progress.begin("reading layers").done = 7
    assert not terminal.waiting
    assert terminal.received() == ""


def test_longer_work_shows_how_far_it_is_and_leaves_no_trace(terminal: Terminal) -> None:
    with progress.progress_bar(True):
        step = progress.begin("writing out.xlsx")
        step = progress.go_on("row", 75_000)
        step.done = 30_000
        terminal.strike()
        assert "writing out.xlsx, row 30,000 of 75,000" in "".join(terminal.screen())
    assert terminal.screen() == []
    assert terminal.received().rfind("\x1b[?25h") > terminal.received().rfind("\x1b[?25l")


def test_nothing_remains_after_an_interruption(terminal: Terminal) -> None:
    def work() -> None:
        with progress.progress_bar(True):
            terminal.strike()
            assert terminal.screen()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert terminal.screen() == []
    assert terminal.received().rfind("\x1b[?25h") > terminal.received().rfind("\x1b[?25l")
    terminal.strike()  # too late: the work is over
    assert terminal.screen() == []


def test_a_bar_that_comes_too_late_does_not_come(terminal: Terminal) -> None:
    with progress.progress_bar(True):
        late = terminal.waiting[0]
    late()
    assert terminal.received() == ""


@pytest.mark.parametrize(
    "environment", [{"CI": "true"}, {"CI": "1"}, {"GITHUB_ACTIONS": "true"}, {"TERM": "dumb"}, {"TTY_COMPATIBLE": "0"}]
)
def test_nothing_where_nobody_looks(
    environment: dict[str, str], terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with progress.progress_bar(True):
        assert not terminal.waiting


def test_a_ci_that_says_no_is_none(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "false")
    with progress.progress_bar(True):
        assert terminal.waiting


def test_nothing_in_a_pipe(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "errors.txt").open("w", encoding="utf-8") as pipe:
        monkeypatch.setattr(progress.sys, "stderr", pipe)
        monkeypatch.setenv("FORCE_COLOR", "1")
        with progress.progress_bar(True):
            assert not terminal.waiting
        monkeypatch.setattr(progress.sys, "stderr", None)
        with progress.progress_bar(True):
            assert not terminal.waiting


def test_the_first_one_shows_what_those_inside_do(terminal: Terminal) -> None:
    with progress.progress_bar(True), progress.progress_bar(True):
        assert len(terminal.waiting) == 1


def words_shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what would be shown whenever something is told."""
    found: list[str] = []
    begin = progress.Step.__init__

    def noted(self: progress.Step, *args: object, **kwargs: object) -> None:
        begin(self, *args, **kwargs)  # type: ignore[arg-type]
        found.append(self.words)

    monkeypatch.setattr(progress.Step, "__init__", noted)
    return found


def test_phases_are_named(at_once: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = words_shown(monkeypatch)
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    paths = tmp_path / "a.md", tmp_path / "b\x1b.xlsx"
    summarykit.report(model, *paths, inputs=torch.zeros(1, 2), progress=True)
    told = list(dict.fromkeys(found))
    assert told == [
        "working", "reading layers", "watching the forward", "writing a.md", "writing b\\x1b.xlsx"
    ]  # fmt: skip
    assert at_once.screen() == []


def test_the_api_shows_nothing_unasked(terminal: Terminal, tmp_path: Path) -> None:
    summary = summarykit.report(nn.Linear(2, 1), tmp_path / "a.md")
    summary.save(tmp_path / "b.md")
    assert terminal.received() == ""
    assert not terminal.waiting


@pytest.mark.parametrize("asked", ["summarize", "save"])
def test_the_api_shows_it_when_asked(asked: str, at_once: Terminal, tmp_path: Path) -> None:
    summary = summarykit.summarize(nn.Linear(2, 1), progress=asked == "summarize")
    summary.save(tmp_path / "a.xlsx", progress=asked == "save")
    assert ("reading layers" in at_once.received()) == (asked == "summarize")
    assert "\x1b[?25h" in at_once.received()
    assert at_once.screen() == []


def test_the_command_line_shows_it_by_itself(
    at_once: Terminal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.xlsx"
    assert main(["report", "summarykit.examples:sequential", "-o", str(out)]) == 0
    assert "reading layers" in at_once.received()
    assert at_once.screen() == []
    assert "reading" not in capsys.readouterr().out


def test_a_bar_changes_no_byte(at_once: Terminal, tmp_path: Path) -> None:
    model = nn.Sequential(*[nn.Linear(2, 2) for _ in range(20)])
    for suffix in ("md", "html", "xlsx", "json"):
        with_bar, without = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
        summarykit.report(model, with_bar, progress=True)
        summarykit.report(model, without)
        assert with_bar.read_bytes() == without.read_bytes()


def test_what_a_model_prints_stays_above_the_bar(at_once: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", at_once.stream)
    monkeypatch.setattr(progress.sys, "stdout", at_once.stream)
    with progress.progress_bar(True):
        sys.stdout.write("said by the model\n")
    assert at_once.screen() == ["said by the model"]
