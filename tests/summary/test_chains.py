"""What a run proves about whose output is whose input."""

from dataclasses import replace

import torch
from torch import nn

from summarykit.reading.model import Feed, read_and_run
from summarykit.summary import SummaryData
from summarykit.summary.chains import traced_links
from summarykit.summary.run_storage import read_run, run_document
from summarykit.summary.storage import from_json, to_json


def links(model: nn.Module, **feed: object) -> set[str]:
    data = SummaryData(*read_and_run(model, Feed(**feed)))
    assert data.run.ok, data.run.error
    path = [layer.path for layer in data.layers]
    return {f"{path[made.layer]}.{made.takes} = {path[made.source]}.{made.gives}" for made in traced_links(data)}


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.relu = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU()
        self.left, self.right = nn.Conv2d(8, 4, 3), nn.Conv2d(8, 4, 3)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.both = nn.Conv2d(4, 2, 1)
        self.head = nn.Linear(2, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.relu(self.norm(self.conv(x))).repeat(1, 1, 2, 2))
        x = x.expand(-1, -1, 6, 6) * 1
        left, right = self.left(x), self.right(x)
        return self.head(self.both(self.pool(left)).flatten(1)) + self.head(self.both(right).mean((2, 3)))


def test_only_what_each_call_shows_is_a_link() -> None:
    assert links(Branches(), input_size=(1, 3, 8, 8)) == {"norm.num_features = conv.out_channels"}


def test_pooling_keeps_channels_and_not_the_last_axis() -> None:
    chain = nn.Sequential(nn.Conv2d(3, 8, 3), nn.MaxPool2d(2), nn.Conv2d(8, 4, 3))
    assert links(chain, input_size=(1, 3, 16, 16)) == {"2.in_channels = 0.out_channels"}
    rows = nn.Sequential(nn.Linear(8, 6), nn.AvgPool1d(2), nn.Linear(3, 2))
    assert links(rows, input_size=(1, 4, 8)) == set()


def test_where_nothing_is_known_before_it_a_norm_says_the_size() -> None:
    class PreNorm(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.up, self.act, self.down = nn.LayerNorm(8), nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + self.down(self.act(self.up(self.norm(x))))

    stack = nn.Sequential(PreNorm(), PreNorm())
    assert links(stack, input_size=(2, 8)) == {
        f"{block}.{link}"
        for block in (0, 1)
        for link in (
            f"up.in_features = {block}.norm.normalized_shape[0]",
            f"down.in_features = {block}.up.out_features",
        )
    }


def test_calls_that_are_fed_by_different_layers_prove_nothing() -> None:
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.shared = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.shared(self.a(x)) + self.shared(self.b(x))

    assert links(Shared(), input_size=(2, 4)) == set()


def test_links_come_back_from_a_file_and_old_files_have_none() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    data = SummaryData(*read_and_run(model, Feed(input_size=(2, 4))))
    assert from_json(to_json(data)).run == data.run
    assert len(traced_links(data)) == 1
    written = run_document(data.run)
    del written["calls"]["fed_by"]
    old = replace(data, run=read_run(written, len(data.layers)))
    assert [call.fed_by for call in old.run.calls] == [()] * 3
    assert traced_links(old) == ()
