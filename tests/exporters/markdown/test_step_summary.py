"""The summary of a step: what is there stays, what does not fit is told and not cut."""

import pytest

from summarykit.cli import main
from summarykit.exporters.markdown.step_summary import MOST_BYTES

TARGET = "summarykit.examples:sequential"
LEFT_OUT = "summarykit: a report is left out here, for want of room.\n"


@pytest.fixture
def step(tmp_path, monkeypatch):
    path = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def test_reports_and_diffs_are_appended(step, capsys):
    assert main(["report", TARGET, "--step-summary"]) == 0
    report = step.read_text("utf-8")
    assert "81 parameters" in report
    step.write_text("mine", encoding="utf-8")
    assert main(["diff", TARGET, TARGET, "--step-summary"]) == 0
    assert main(["report", TARGET, "--step-summary"]) == 0
    text = step.read_text("utf-8")
    assert text.startswith("mine\n\n<!-- summarykit:diff key=Sequential -->\n")
    assert "nothing changed" in text
    assert text.endswith(f"\n\n{report}")


@pytest.mark.parametrize("left", [0, 10, len(LEFT_OUT) - 1, len(LEFT_OUT) + 2, 300, 100_000])
def test_what_does_not_fit_is_told_and_nothing_outgrows_the_room(left, step, capsys):
    before = "x" * (MOST_BYTES - left - 2) + "\n\n"
    step.write_text(before, encoding="utf-8")
    for _ in range(3):
        assert main(["report", TARGET, "--step-summary"]) == 0
    text = step.read_text("utf-8")
    assert text.startswith(before[:100])
    assert len(text.encode()) <= MOST_BYTES
    added = text.removeprefix(before)
    assert added == "" if left < len(LEFT_OUT) else LEFT_OUT in added or "81 parameters" in added


def test_elsewhere_it_is_a_mistake_told_before_any_work(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    for command in (["report", "nowhere:x"], ["diff", "nowhere:x", "nowhere:x"]):
        assert main([*command, "--step-summary"]) == 2
        assert "GITHUB_STEP_SUMMARY is not set" in capsys.readouterr().err
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "none" / "x.md"))
    assert main(["report", TARGET, "--step-summary"]) == 2
    assert "the summary of the step cannot be written" in capsys.readouterr().err
