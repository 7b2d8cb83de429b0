"""The public names: what they are, what they return, and that importing them costs nothing."""

import inspect
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

import summarykit
from summarykit.errors import NotAModelError, OutputError, UnknownFormatError


@pytest.fixture
def model():
    return nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2), nn.Linear(2, 1))


def test_the_public_names():
    assert set(summarykit.__all__) == {
        "Checked", "Diff", "ProjectDiff", "Summary", "SummaryKitError", "__version__", "check", "diff", "diff_all",
        "load", "lock", "read_review", "report", "rule", "summarize",
    }  # fmt: skip
    assert set(dir(summarykit)) >= set(summarykit.__all__)
    for name in summarykit.__all__:
        assert getattr(summarykit, name)
    with pytest.raises(AttributeError, match="no attribute 'sumarize'"):
        _ = summarykit.sumarize
    assert inspect.isclass(summarykit.Summary)


def test_the_example_of_the_package_holds(model):
    assert summarykit.summarize(model).layers.formula_numbers.dropna().tolist() == [
        "4 × (16 + 1) = 68", "2 × (4 + 1) = 10", "1 × (2 + 1) = 3",
    ]  # fmt: skip


def test_a_summary_says_what_it_is(model):
    summary = summarykit.summarize(model)
    assert repr(summary) == f"<Summary of Sequential: 81 parameters, {summary.fingerprint}>"
    assert summary.model_name == "Sequential"
    assert summary.totals.parameters == 81
    assert summary.checks.ok
    assert {check.slug for check in summary.checks.list} == {"total", "tensors", "tree", "formulas"}
    assert summary.notes == ()
    assert "81" in str(summary)
    assert "81" in summary.to_markdown()
    assert "81" in summary.to_html()
    assert summary.to_html().lower().startswith("<!doctype html>")
    assert "81" in summary._repr_html_()
    assert summary._repr_markdown_() == summary.to_markdown()
    assert "`summarykit`" not in str(summary)


def test_two_summaries_of_one_model_are_equal(model):
    assert summarykit.summarize(model) == summarykit.summarize(model)
    assert summarykit.summarize(model) != summarykit.summarize(model[0])
    assert summarykit.summarize(model, title="x") == summarykit.summarize(model)


def test_a_summary_can_be_sent_to_another_process(model):
    summary = summarykit.summarize(model)
    again = pickle.loads(pickle.dumps(summary))  # noqa: S301 - made in this line
    assert again == summary
    assert str(again) == str(summary)


def test_the_fingerprint_is_of_names_shapes_and_dtypes(model):
    first = summarykit.summarize(model).fingerprint
    assert len(first) == 12
    assert first == summarykit.summarize(nn.Sequential(*model)).fingerprint
    assert first == summarykit.summarize(model.to("meta")).fingerprint
    assert first == summarykit.summarize(model.requires_grad_(False)).fingerprint
    others = [model.half(), nn.Sequential(nn.Linear(16, 4)), nn.Sequential(nn.Linear(4, 16), *list(model)[1:])]
    others.append(nn.ModuleDict({"a": nn.Linear(16, 4), "b": nn.Linear(4, 2), "c": nn.Linear(2, 1)}))
    assert len({first, *(summarykit.summarize(other).fingerprint for other in others)}) == 5


def test_report_returns_the_summary_and_writes(model, tmp_path):
    paths = [tmp_path / "out.md", str(tmp_path / "out.json")]
    summary = summarykit.report(model, *paths, title="A title", source="a source")
    assert summary.totals.parameters == 81
    markdown = (tmp_path / "out.md").read_text("utf-8")
    assert "A title" in markdown
    assert "a source" in markdown
    assert summary.to_markdown() == markdown
    assert summarykit.report(model) == summary


def test_report_takes_a_summary(model, tmp_path):
    summary = summarykit.summarize(model, title="First", source="here")
    again = summarykit.report(summary, tmp_path / "out.md", title="Second")
    assert "Second" in (tmp_path / "out.md").read_text("utf-8")
    assert "here" in (tmp_path / "out.md").read_text("utf-8")
    assert again == summary
    assert "First" in summary.to_markdown()


def test_the_model_is_walked_once(model, tmp_path, monkeypatch):
    walks = []
    from summarykit.reading import walk

    once = walk.read_numbered
    monkeypatch.setattr("summarykit.reading.model.read_numbered", lambda given: walks.append(1) or once(given))
    summarykit.report(model, tmp_path / "a.md", tmp_path / "b.json", tmp_path / "c.txt", tmp_path / "d.html")
    assert walks == [1]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (None, NotAModelError),
        (torch.zeros(2), NotAModelError),
        (nn.Linear, NotAModelError),
        ("missing.json", FileNotFoundError),
    ],
)
def test_a_path_is_told_before_the_model(given, error, tmp_path):
    with pytest.raises(UnknownFormatError):
        summarykit.report(given, tmp_path / "out.pdf")
    with pytest.raises(OutputError):
        summarykit.report(given, tmp_path / "n\0ll.md")
    with pytest.raises(error):
        summarykit.report(given, tmp_path / "out.md")
    assert list(tmp_path.iterdir()) == []


def test_a_path_relative_to_the_current_folder(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    summarykit.report(model, "out.md", Path("out.json"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.json", "out.md"]
    assert summarykit.load("out.json").totals.parameters == 81


def test_every_public_thing_is_documented():
    for name in ("summarize", "report", "load", "rule", "Summary", "SummaryKitError"):
        assert getattr(summarykit, name).__doc__
    for name, member in inspect.getmembers(summarykit.Summary):
        if not name.startswith("_"):
            assert inspect.getdoc(member) or name in {"data", "options"}, name


def test_report_takes_the_arguments_of_summarize_by_name():
    first, second = (inspect.signature(call).parameters for call in (summarykit.summarize, summarykit.report))
    assert [name for name in second if name != "paths"] == list(first)
    for name in first.keys() - {"model"}:
        assert first[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert (first[name].default, first[name].annotation) == (second[name].default, second[name].annotation), name
        assert f"    {name}: " in (summarykit.summarize.__doc__ or ""), name
