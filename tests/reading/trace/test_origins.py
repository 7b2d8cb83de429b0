"""Each call knows which call its input tensors came out of."""

import torch
from torch import nn

from summarykit.reading.model import Feed, read_and_run


def fed_by(model: nn.Module, **feed: object) -> dict[str, list[str | None]]:
    """For each layer, in its first call, the layers whose results its inputs are."""
    records, run = read_and_run(model, Feed(**feed))
    assert run.ok, run.error
    paths = [records.layers[call.layer].path for call in run.calls]
    found: dict[str, list[str | None]] = {}
    for path, call in zip(paths, run.calls, strict=True):
        assert len(call.fed_by) == len(call.inputs)
        found.setdefault(path, [paths[at] if at >= 0 else None for at in call.fed_by])
    return found


class Wired(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c, self.d = (nn.Linear(4, 4) for _ in range(4))
        self.inner = nn.Sequential(nn.Linear(4, 4), nn.Identity())
        self.relu = nn.ReLU(inplace=True)
        self.drop = nn.Dropout()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.a(x)
        second = self.b(first + x)
        second += first
        third = self.c(second)
        third = self.relu(third)
        third = self.drop(third)
        third = self.inner(third)
        return self.d(third) + self.a(third.view(-1, 4))


def test_a_result_comes_from_the_innermost_call_that_returned_it() -> None:
    for how in ("fake", "real"):
        found = fed_by(Wired(), input_size=(2, 4), forward=how)
        assert found[""] == found["a"] == [None], "given to the model"
        assert found["b"] == [None], "made by an operator"
        assert found["c"] == [None], "changed in place since it was returned"
        assert found["relu"] == ["c"]
        assert found["drop"] == ["relu"], "changed in place by the layer that returned it"
        assert found["inner"] == ["relu"], "a layer that hands on what it is given made nothing"
        assert found["inner.1"] == ["inner.0"]
        assert found["d"] == ["inner.0"]


def test_a_tensor_that_died_is_not_taken_for_another() -> None:
    class Forgetful(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for _ in range(50):
                x = self.second(self.first(x) * 2)
            return x

    records, run = read_and_run(Forgetful(), Feed(input_size=(2, 4)))
    second = [call for call in run.calls if records.layers[call.layer].path == "second"]
    assert {call.fed_by for call in second} == {(-1,)}
    first = [call.fed_by[0] for call in run.calls if records.layers[call.layer].path == "first"]
    assert first == [-1, *range(2, 100, 2)]


def test_where_torch_counts_no_changes_nothing_is_claimed() -> None:
    class Inference(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with torch.inference_mode():
                return self.second(self.first(x))

    assert fed_by(Inference(), input_size=(2, 4))["second"] == [None]
