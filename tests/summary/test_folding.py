"""What folds and what does not, by example; that nothing is lost is in test_random_models.py."""

import pytest
import torch
from torch import nn

import summarykit
from summarykit.exporters.view import build_view
from support.hosts import unpadded


class Block(nn.Module):
    """Two layers that share a weight, and one whose weight may come from outside."""

    def __init__(self, outside=None):
        super().__init__()
        self.body = nn.Linear(4, 4)
        self.head = nn.Linear(4, 4, bias=False)
        self.head.weight = self.body.weight
        self.act = nn.ReLU()
        self.again = self.act
        if outside is not None:
            self.out = nn.Linear(4, 4, bias=False)
            self.out.weight = outside.weight


def named(**children):
    model = nn.Module()
    for name, child in children.items():
        model.add_module(name, child)
    return model


def folded(model):
    """The rows of the folded tree below the model itself: path, copies and what all of them add."""
    with torch.device("meta"):
        frame = summarykit.summarize(model).folded
    return [(row.path, row.copies, row.adds_to_total) for row in frame.itertuples() if row.path]


@pytest.mark.parametrize(
    ("names", "row"),
    [
        (("block1", "block2", "block3"), "block1–3"),
        (("b09", "b10", "b11"), "b09–11"),
        (("9", "10"), "9–10"),
        (("x.1", "x.2"), "x.1–2"),
    ],
)
def test_names_that_count_up_fold(names, row):
    model = nn.Module()
    for name in names:
        model._modules[name] = nn.Linear(2, 2)
    assert folded(model) == [(row, len(names), 6 * len(names))]


@pytest.mark.parametrize(
    "names",
    [("first", "second"), ("b1", "c2"), ("b1", "b3"), ("b2", "b1"), ("b9", "b010"), ("1", "١٢"), ("a" + "9" * 20,)],
)
def test_other_names_do_not(names):
    model = named(**{name: nn.Linear(2, 2) for name in names})
    assert [path for path, *_ in folded(model)] == list(names)


def test_blocks_with_ties_inside_fold_and_say_so():
    model = named(blocks=nn.ModuleList(Block() for _ in range(5)))
    assert folded(model)[1:3] == [("blocks.0–4", 5, 0), ("blocks.0–4.body", 1, 100)]
    summary = summarykit.summarize(model)
    told = summary.folded.set_index("path").shared_with
    assert told["blocks.0–4.head"] == "blocks.0–4.body"
    assert told["blocks.0–4.again"] == "blocks.0–4.act"
    assert "blocks.0–4.head has the same numbers as blocks.0–4.body." in " ".join(str(summary).split())
    assert "again" not in str(summary)


def test_blocks_that_borrow_from_one_place_fold():
    embedding = nn.Embedding(4, 4)
    model = named(embedding=embedding, blocks=nn.ModuleList(Block(embedding) for _ in range(3)))
    frame = summarykit.summarize(model).folded.set_index("path")
    assert frame.loc["blocks.0–2.out", ["copies", "times", "adds_to_total", "shared_with"]].tolist() == [
        1, 3, 0, "embedding",
    ]  # fmt: skip


def test_a_block_that_borrows_from_its_neighbour_is_told_apart():
    blocks = nn.ModuleList(Block() for _ in range(4))
    blocks[2].body.bias = blocks[1].body.bias
    rows = folded(named(blocks=blocks))
    assert [path for path, *_ in rows if path.count(".") == 1] == ["blocks.0–1,3", "blocks.2"]
    assert sum(adds for *_, adds in rows) == 4 * 20 - 4


def block(inside=4):
    return nn.Sequential(nn.Linear(2, inside), nn.ReLU())


def rows_of(blocks):
    return [(path, copies) for path, copies, _ in folded(nn.ModuleList(blocks)) if "." not in path]


def test_blocks_that_take_turns_are_a_row_a_kind():
    assert rows_of(block(3 if i % 2 else 4) for i in range(4)) == [("0,2", 2), ("1,3", 2)]
    turns = [block(3 if i % 4 == 3 else 4) for i in range(24)]
    assert rows_of(turns) == [("0–2,4–6,…,20–22", 18), ("3,7,…,23", 6)]
    assert rows_of(turns[1:22]) == [("0–1,3–5,…,19–20", 16), ("2,6,…,18", 5)]


@pytest.mark.parametrize("apart", [(0, 3, 6, 9, 13), (0, 3, 6, 9, 12, 13), (0, 1, 4, 7, 10, 13)])
def test_blocks_in_no_step_are_told_one_by_one(apart):
    rows = rows_of(block(3 if i in apart else 4) for i in range(14))
    told = []
    for path, copies in rows:
        ends = [part.split("–") for part in path.split(",")]
        numbers = [number for end in ends for number in range(int(end[0]), int(end[-1]) + 1)]
        assert len(numbers) == copies
        told.append(tuple(numbers))
    assert apart in told


def test_what_stands_between_two_kinds_keeps_its_place_where_nothing_is_inside():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU())
    assert [path for path, *_ in folded(model)] == ["0", "1", "2", "3"]


def test_blocks_of_two_words_stay_two_rows():
    model = named(down1=block(), up1=block(), down2=block(), up2=block())
    assert [(path, copies) for path, copies, _ in folded(model) if "." not in path] == [("down1–2", 2), ("up1–2", 2)]


def test_where_blocks_differ_the_flat_list_still_folds():
    blocks = nn.ModuleList(named(conv=nn.Conv2d(3 if i else 1, 3, 1), norm=nn.BatchNorm2d(3)) for i in range(3))
    groups = unpadded(summarykit.summarize(named(stage=blocks)).to_markdown())
    assert "| `stage.0–2.norm` **× 3** | BatchNorm2d |" in groups
    assert "| `stage.1–2.conv` **× 2** | Conv2d |" in groups


def test_layers_side_by_side_are_not_one_pattern():
    model = named(**{f"stage{i}": named(conv1=nn.Linear(2, 2), conv2=nn.Linear(2, 2)) for i in (1, 2)})
    text = summarykit.summarize(model).to_markdown()
    assert "| `stage1–2.conv1` **× 2** |" in text
    assert "| `stage1–2.conv2` **× 2** |" in text


def test_what_flows_tells_copies_apart():
    class Narrowing(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList(nn.Conv1d(2, 2, 2) for _ in range(3))

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    model = Narrowing()
    assert [path for path, *_ in folded(model)] == ["layers", "layers.0–2"]
    seen = summarykit.summarize(model, input_size=(1, 2, 9)).folded
    assert list(seen.path) == ["", "layers", "layers.0", "layers.1", "layers.2"]


def test_layers_whose_sizes_are_not_known_yet_fold_where_they_are_set_alike():
    layers = nn.Sequential(nn.LazyLinear(10), nn.LazyLinear(10), nn.LazyLinear(20))
    assert [(path, copies) for path, copies, _ in folded(layers)] == [("0–1", 2), ("2", 1)]


def test_borrowing_inside_and_outside_are_told_apart():
    first, second = (named(body=nn.Linear(2, 2), head=nn.Linear(2, 2)) for _ in range(2))
    outside = nn.Linear(2, 2)
    first.head.weight = first.body.weight
    second.head.weight = outside.weight
    rows = folded(named(outside=outside, block1=first, block2=second))
    assert [path for path, *_ in rows if "." not in path] == ["outside", "block1", "block2"]


def test_parts_gather_what_stands_at_the_same_place_of_all_blocks():
    def block(width):
        return named(mlp=named(up=nn.Linear(2, width), down=nn.Linear(width, 2)), norm=nn.LayerNorm(2))

    model = named(embed=nn.Embedding(9, 2), layers=nn.ModuleList(block(4 + i // 2) for i in range(4)))
    model.head = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 9))
    view = build_view(summarykit.summarize(model).data)
    parts = next(r for r in view.rankings if (r.by, r.measure) == ("part", "parameters"))
    assert [(b.label, b.type, b.copies, b.product, b.value) for b in parts.blocks] == [
        ("mlp.up", "Linear", 4, "", 2 * 12 + 2 * 15),
        ("mlp.down", "Linear", 4, "", 2 * 10 + 2 * 12),
        ("head", "Linear", 2, "", 6 + 27),
        ("embed", "Embedding", 1, "", 18),
        ("norm", "LayerNorm", 4, "4 × 4", 16),
    ]
    classes = next(r for r in view.rankings if (r.by, r.measure) == ("class", "parameters"))
    assert [(b.label, b.copies) for b in classes.blocks] == [("Linear", 10), ("Embedding", 1), ("LayerNorm", 4)]
    markdown = unpadded(summarykit.summarize(model).to_markdown())
    assert "| `norm` **× 4** | █\u00a09.7% | 4 × 4 = 16 | LayerNorm |" in markdown
