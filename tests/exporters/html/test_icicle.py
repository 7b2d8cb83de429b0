"""The icicle as a value of the view, and as it is written: it adds up, is bounded, and says what it merged."""

import itertools
import re

import lxml.html
import pytest
import torch
from hypothesis import given
from torch import nn

import strategies
import summarykit
from summarykit.exporters.view import build_view
from summarykit.exporters.view.blocks import by_parameters
from summarykit.exporters.view.icicle.parts import FULL, MIN_WIDTH, MOST_BOXES, chosen_parts
from summarykit.exporters.view.icicle.picture import MOST_LEVELS, build_picture
from summarykit.exporters.view.words import visible
from summarykit.summary import SummaryData
from summarykit.summary.folding import Folding
from support.pages import HOSTILE, Odd, data_of, hostile, page_from, page_of, repeated, sequential, wide


def picture_of(model):
    data = data_of(model)
    return build_picture(data, Folding(data), "Model")


def number(fact):
    return int(re.match(r"[\d,]+|no", fact)[0].replace(",", "").replace("no", "0"))


def places(percent):
    whole, _, rest = percent.removesuffix("%").partition(".")
    return int(whole) * 1000 + int((rest + "000")[:3])


def insides(boxes):
    """For each box, -1 for the model, the boxes right inside it."""
    inside, open_boxes = {}, {-1: -1}
    for index, box in enumerate(boxes):
        inside.setdefault(open_boxes[box.level - 1], []).append(index)
        if not box.passing:
            open_boxes[box.level] = index
    return inside


def assert_adds_up(icicle, total):
    boxes = icicle.boxes
    for above, inside in insides(boxes).items():
        level = [boxes[index] for index in inside if not boxes[index].passing]
        assert sum(number(box.facts[0]) for box in level) == (total if above < 0 else number(boxes[above].facts[0]))
        left, width = (0, 10**5) if above < 0 else (places(boxes[above].left), places(boxes[above].width))
        assert sum(places(box.width) for box in level) == (width if total else 0)
        assert [places(box.left) for box in level][:1] == [left]
        for before, after in itertools.pairwise(level):
            assert places(before.left) + places(before.width) == places(after.left)
        visible = [boxes[index] for index in inside if boxes[index].shown]
        if visible:
            unseen = sum(not box.shown for box in level) * 10**5 * MIN_WIDTH / FULL
            assert width - unseen <= sum(places(box.width) for box in visible) <= width


def deep(levels=200):
    model = nn.Sequential(nn.Linear(4, 4))
    for _ in range(levels):
        model = nn.Sequential(nn.Linear(4, 4), model)
    return model


def of_two_formats():
    return nn.Sequential(nn.Linear(64, 64), nn.Linear(64, 64).half())


@pytest.mark.parametrize("make", [sequential, repeated, Odd, hostile, wide, deep])
def test_what_stands_inside_a_box_adds_up_to_it_in_numbers_and_widths(make):
    data = data_of(make())
    icicle = build_picture(data, Folding(data), "Model")
    assert_adds_up(icicle, data.totals.parameters)
    assert len([box for box in icicle.boxes if not box.passing]) <= MOST_BOXES
    assert 1 <= icicle.levels <= MOST_LEVELS


@given(strategies.models())
def test_any_model_adds_up(model):
    data = data_of(model)
    icicle = build_picture(data, Folding(data), "Model")
    if icicle is not None:
        assert_adds_up(icicle, data.totals.parameters)


@given(strategies.repeating_models())
def test_however_few_boxes_there_may_be_every_number_is_in_one(model):
    data = data_of(model)
    measure = by_parameters(data)
    if not measure.total:
        return
    for most in (2, 5, 9):
        tree = chosen_parts(Folding(data), [measure], most)
        assert len(tree.parts) <= most + 1
        for part, inside in zip(tree.parts, tree.inside, strict=True):
            assert not inside or sum(tree.parts[each].values[0] for each in inside) == part.values[0]


def test_a_repeated_block_is_one_box_with_its_inside_summed():
    names = {box.name: box for box in picture_of(repeated()).boxes}
    assert names["h 0–11 × 12"].facts == ("56,678,400 parameters · 59.5%",)
    assert names["h 0–11 × 12"].text == "h 0–11 × 12 · 59.5%"
    assert names["h 0–11 × 12"].at == "h.0"
    assert names["up"].path == ".up × 12"
    assert (names["h 0–11 × 12"].level, names["mlp"].level, names["up"].level) == (0, 1, 2)


def test_a_number_says_what_it_is_a_number_of():
    assert [box.name for box in picture_of(sequential()).boxes] == ["Linear 0", "Linear 1", "Linear 2"]
    of_blocks = nn.ModuleDict({"stem": nn.Linear(2, 2), "blocks": nn.ModuleList([nn.Linear(2, 2), nn.Linear(3, 3)])})
    assert [box.name for box in picture_of(of_blocks).boxes] == ["stem", "blocks", "blocks 0", "blocks 1"]


def test_neighbours_too_small_to_be_seen_stand_together_and_say_how_many_they_are():
    small = nn.Sequential(nn.Linear(1000, 1000), *(nn.Linear(1, n) for n in range(2, 8)))
    first, together, *inside = picture_of(small).boxes
    assert (first.name, together.name, together.merged, together.shown) == ("Linear 0", "6 small", 6, False)
    assert together.path == "6 small: 1 … 6"
    assert number(together.facts[0]) == sum(2 * n for n in range(2, 8))
    assert inside[0][1:4:2] == ("Linear 1", "1")
    assert not any(box.shown for box in inside)
    assert len(inside) == 6


def test_what_only_a_closer_look_shows_is_there_and_hidden():
    little = nn.Sequential(nn.Linear(30, 20), nn.Linear(20, 20), nn.Linear(20, 50))
    boxes = {box.name: box for box in picture_of(nn.ModuleDict({"big": nn.Linear(1000, 1000), "little": little})).boxes}
    assert boxes["little"].shown
    assert boxes["little"].opens
    assert not boxes["little 0"].shown
    assert boxes["little 0"].path == ".0"
    assert boxes["little 0"].facts == ("620 parameters · <0.1%",)


@pytest.mark.large
def test_a_tree_of_thousands_is_small_and_says_what_it_merged():
    icicle = picture_of(wide())
    assert all(box.merged for box in icicle.boxes if box.level == 0)
    assert sum(box.merged for box in icicle.boxes if box.level == 0) == 3000
    assert re.fullmatch(r"[\d,]+ smaller rows of the tree have no box of their own: .*", icicle.left_out)
    data = data_of(wide())
    with_picture = build_view(data, with_picture=True)
    assert with_picture.picture == icicle._replace(caption=with_picture.picture.caption)
    assert build_view(data).picture is None


def test_a_deep_tree_shows_its_top_and_keeps_the_rest_for_a_closer_look():
    icicle = picture_of(deep())
    assert icicle.levels == MOST_LEVELS
    assert max(box.level for box in icicle.boxes) > MOST_LEVELS
    assert icicle.left_out


def test_one_layer_and_nothing_have_no_picture():
    for model in (nn.Linear(2, 2), nn.ReLU(), nn.Sequential(nn.Sequential(nn.Linear(2, 2))), nn.LazyLinear(3)):
        assert picture_of(model) is None
        assert "icicle" not in lxml.html.fromstring(page_of(model)).xpath("//section/@class")


def test_what_a_container_holds_itself_has_a_box():
    boxes = {box.name: box for box in picture_of(Odd()).boxes}
    assert boxes["attn"].opens
    assert boxes["attn (itself)"].at == ""
    assert boxes["attn (itself)"].look == "other"
    assert boxes["embed"].look == "embedding"


class Conv1D(nn.Linear):
    """transformers calls a linear layer so."""


def test_families_go_by_the_last_word_of_the_class_and_the_shape():
    model = nn.ModuleDict(
        {
            "a": nn.Linear(2, 2), "b": Conv1D(2, 2), "c": nn.Conv1d(2, 2, 3), "d": nn.Embedding(3, 2),
            "e": nn.BatchNorm2d(4), "f": nn.PReLU(), "g": nn.LSTM(2, 2),
            "h": nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 3)),
        }
    )  # fmt: skip
    looks = {box.name: box.look for box in picture_of(model).boxes}
    assert [looks[name] for name in "abcdefgh"] == [
        "linear", "linear", "conv", "embedding", "norm", "other", "other", "inside",
    ]  # fmt: skip
    assert picture_of(model).looks == (
        ("linear", "Linear"), ("conv", "Conv"), ("embedding", "Embedding"), ("norm", "Norm"), ("other", "Other"),
    )  # fmt: skip
    assert picture_of(sequential()).looks == (("linear", "Linear"),)


def test_multiply_adds_and_bytes_are_measures_where_they_tell_more():
    assert picture_of(sequential()).measures == ("parameters",)
    icicle = picture_of(of_two_formats())
    assert icicle.measures == ("parameters", "bytes")
    assert icicle.boxes[0].facts == ("4,160 parameters · 50.0%", "16,640 bytes · 66.7%")
    data = summarykit.summarize(
        nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3)), input_size=(1, 3, 9, 9)
    ).data
    icicle_of_run = build_picture(data, Folding(data), "Model")
    assert icicle_of_run.measures == ("parameters", "multiply-adds (MACs)")
    assert sum(number(box.facts[1]) for box in icicle_of_run.boxes) == data.totals.macs


def test_multiply_adds_without_parameters_have_a_box():
    class Product(nn.Module):
        def forward(self, x):
            return x @ x.transpose(-1, -2)

    data = summarykit.summarize(nn.Sequential(nn.Linear(8, 8), Product()), input_size=(4, 8)).data
    boxes = build_picture(data, Folding(data), "Model").boxes
    assert boxes[1].facts == ("no parameters · –", "128 multiply-adds · 33.3%")
    assert not boxes[1].shown


def test_huge_numbers_stay_exact():
    with torch.device("meta"):
        model = nn.ModuleList([nn.Embedding(2**30, 2**30), nn.Embedding(2**30, 2**30 - 1)])
    facts = [box.facts[0] for box in picture_of(model).boxes]
    assert facts == ["1,152,921,504,606,846,976 parameters · 50.0%", "1,152,921,503,533,105,152 parameters · 50.0%"]


def test_the_same_model_gives_the_same_picture():
    assert picture_of(Odd()) == picture_of(Odd())


def picture_texts(page):
    return lxml.html.fromstring(page).xpath("//section[@class='icicle']")[0]


def test_the_page_has_it_folded_up_without_script_or_inline_style():
    section = picture_texts(page_of(repeated()))
    (details,) = section.xpath("./details[not(@open)]")
    assert not section.xpath("//@style")
    boxes = details.xpath("./svg/svg | ./svg/rect")
    assert [box.xpath("./title")[0].text for box in boxes] == [
        box.path for box in picture_of(repeated()).boxes if box.shown
    ]
    assert [text_of(text) for text in details.xpath(".//text")][:2] == ["wte · 40.5%", "h 0–11 × 12 · 59.5%"]
    assert all(box.get("x").endswith("%") and box.get("width").endswith("%") for box in boxes)
    assert [text_of(item) for item in section.xpath(".//ul/li")] == ["Linear", "Embedding", "Norm"]


def text_of(element):
    return " ".join(element.text_content().split())


def test_hostile_names_are_text_in_the_picture():
    section = picture_texts(page_of(hostile()))
    titles = [title.text for title in section.xpath(".//svg/*/title")]
    for name in HOSTILE:
        assert any(title.startswith(visible(name)[:40]) for title in titles), name
    assert not section.xpath(".//img | .//svg[@onload]")
    assert not section.xpath(".//script")


@pytest.mark.parametrize("make", [wide, deep])
@pytest.mark.large
def test_a_picture_is_bounded(make):
    page = page_from(SummaryData(data_of(make()).records))
    section = re.search(r'<section class="icicle">.*?</section>', page, re.DOTALL)[0]
    assert len(section.encode()) <= 90_000


def test_a_resnet_has_a_small_picture():
    transformers = pytest.importorskip("transformers")
    with torch.device("meta"):
        model = transformers.ResNetForImageClassification(transformers.ResNetConfig())
    section = re.search(r'<section class="icicle">.*?</section>', page_of(model), re.DOTALL)[0]
    assert len(section.encode()) <= 8_000
