"""What a watched forward tells through the public API: columns, calls, totals, and that sums are the totals."""

import pytest
import torch
from torch import nn

import summarykit
from summarykit.errors import InputsError
from summarykit.summary.folding import Folding
from summarykit.summary.storage import from_json, to_json


class Twice(nn.Module):
    """One layer called twice, one never, one reached under two names."""

    def __init__(self):
        super().__init__()
        self.shared = nn.Linear(4, 4)
        self.unused = nn.Linear(4, 7)
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(3)])
        self.again = self.shared

    def forward(self, x):
        x = self.again(self.shared(x))
        for block in self.blocks:
            x = block(x)
        return x @ x.transpose(-1, -2)


class Failing(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = nn.Linear(4, 5), nn.Linear(6, 2), nn.Linear(2, 2)

    def forward(self, x):
        return self.third(self.second(self.first(x)))


def watched(model=None, **given):
    return summarykit.summarize(model or Twice(), **(given or {"input_size": (1, 3, 4)}))


def rows(summary):
    return summary.layers.set_index("path")


def test_calls_sizes_and_macs_of_each_layer():
    found = rows(watched())
    assert found.loc["shared", "calls"] == 2
    assert found.loc["shared", "macs"] == 2 * 3 * 4 * 4
    assert found.loc["shared", "macs_formula"] == "3 × 4 × 4 = 48"
    assert found.loc["shared", "input_shapes"] == ((1, 3, 4),)
    assert (found.loc["unused", "calls"], found.loc["unused", "call_status"]) == (0, "never called")
    assert found.loc["unused", "output_shapes"] is None
    assert found.loc["", "macs"] == 3 * 3 * 4  # the product of x with itself
    assert found.loc["", "macs_total"] == found.macs.sum() == 36 + 96 + 3 * 48
    assert found.loc["blocks.1.0", "macs_evidence"] == "verified"
    assert found.loc["", "macs_evidence"] == "shape only"


def test_the_calls_are_in_order_and_add_up():
    summary = watched()
    calls = summary.calls
    assert list(calls.path[:3]) == ["", "shared", "shared"]
    assert list(calls.path[3:5]) == ["blocks.0", "blocks.0.0"]
    assert calls.macs.sum() == calls.macs_total[0] == summary.totals.macs
    assert summary.totals.flops == 2 * summary.totals.macs
    assert calls.caller.isna().sum() == 1
    assert calls.done.all()


def test_without_inputs_nothing_runs():
    class Loud(nn.Module):
        def forward(self, x):
            raise AssertionError("it was run")

    summary = summarykit.summarize(Loud())
    assert (summary.trace.how, summary.trace.ok, summary.totals.macs) == ("off", True, None)
    assert len(summary.calls) == 0
    assert summarykit.summarize(Loud(), input_size=(1, 1), forward="off").trace.how == "off"


def test_a_forward_that_fails_tells_where_and_keeps_what_ran():
    summary = watched(Failing(), input_size=(3, 4))
    trace, found = summary.trace, rows(summary)
    assert (trace.ok, trace.failed_at) == (False, "second")
    assert "RuntimeError" in trace.error
    assert trace.met[0].shape == (3, 5)
    assert found.loc["first", "output_shapes"] == ((3, 5),)
    assert found.loc["second", "output_shapes"] is None
    assert found.loc["third", "calls"] == 0
    assert summary.totals.macs is None
    assert summary.checks.ok
    for text in (summary.to_markdown(), summary.to_html(), str(summary)):
        flat = " ".join(text.split())
        assert "The forward fails" in flat
        assert "3 × 5" in flat


def test_what_nobody_declares_is_said():
    summary = watched(nn.Bilinear(2, 3, 4), inputs="declared")
    assert (summary.trace.how, summary.trace.ok) == ("off", False)
    assert summary.trace.error
    assert "No run was made" in summary.to_markdown()


@pytest.mark.parametrize(
    "given",
    [
        {"inputs": torch.zeros(1, 3, 4)},
        {"inputs": (torch.zeros(1, 3, 4),)},
        {"inputs": {"x": torch.zeros(1, 3, 4)}},
        {"args": (torch.zeros(1, 3, 4),)},
        {"kwargs": {"x": torch.zeros(1, 3, 4)}},
        {"input_size": [(1, 3, 4)], "dtypes": "float32"},
        {"input_size": {"x": (1, 3, 4)}},
        {"input_size": (1, 3, 4), "forward": "real"},
    ],
)
def test_every_way_to_give_inputs(given):
    assert watched(**given).totals.macs == 276


@pytest.mark.parametrize(
    "given",
    [{"forward": "fast"}, {"trace_seconds": 0}, {"trace_seconds": float("nan")}, {"inputs": "x", "args": ()}],
)
def test_what_contradicts_itself_is_refused(given):
    with pytest.raises(InputsError):
        summarykit.summarize(Twice(), **{"input_size": (1, 3, 4), **given} if "inputs" not in given else given)


@pytest.mark.parametrize("make", [lambda: watched(), lambda: watched(Failing(), input_size=(3, 4))])
def test_a_run_is_saved_without_loss(make):
    data = make().data
    text = to_json(data)
    assert from_json(text) == data
    assert to_json(from_json(text)) == text


def test_repeats_fold_where_the_run_is_the_same_too():
    summary = watched()
    assert [row.path for row in Folding(summary.data).rows if row.copies > 1] == ["blocks.0–2"]

    class Narrowing(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

        def forward(self, x):
            for block in self.blocks:
                x = block(x)[1:]
            return x

    assert all(row.copies == 1 for row in Folding(watched(Narrowing(), input_size=(8, 4)).data).rows)


def test_the_checks_hold_formulas_of_macs_against_the_run():
    check = next(check for check in watched().checks.list if check.slug == "compute")
    assert (check.ok, check.found, check.expected) == (True, 5, 5)


def test_memory_follows_the_run():
    summary = watched()
    frame = summary.memory(bytes_per_parameter=3).set_index("what")
    parameters = summary.totals.parameters
    assert frame.loc["Weights at 16 bits", "bytes"] == 2 * parameters
    assert frame.loc["Optimizer of your own", "bytes"] == 3 * parameters
    assert set(frame.loc["Activations", "bytes"]) == {summary.trace.peak_inference, summary.trace.peak_training}


def test_the_caller_can_read_what_was_given():
    trace = watched(input_size={"x": (1, 3, 4)}).trace
    assert [(flow.name, flow.shape, flow.dtype) for flow in trace.inputs] == [("x", (1, 3, 4), "float32")]
    assert trace.inputs_from == "given by size"


def test_without_folding_every_row_is_shown_and_the_words_stay():
    folded, every = (summarykit.summarize(Twice(), fold=fold) for fold in (True, False))
    assert "**× 3**" in folded.to_markdown()
    layers = every.to_markdown().partition("<b>All ")[2]
    assert "**× 3**" not in layers
    assert all(f"`blocks.{number}.0`" in layers for number in range(3))
    assert every.totals == folded.totals
    assert every.to_markdown().partition("<details>")[0] == folded.to_markdown().partition("<details>")[0]


def test_the_folded_frame_adds_up_to_all():
    summary = watched()
    frame = summary.folded.set_index("path")
    assert frame.loc["blocks.0–2.0", ["copies", "times", "adds_to_total", "macs"]].tolist() == [1, 3, 60, 144]
    assert frame.adds_to_total.sum() == summary.totals.parameters
    assert frame.macs.sum() == summary.totals.macs
    assert frame.times.sum() == len(summary.layers)
