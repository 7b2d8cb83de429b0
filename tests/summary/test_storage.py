"""Saved and loaded: nothing is lost, and a damaged file is refused, however it is damaged."""

import json
import random

import pytest
import torch
from torch import nn

import summarykit
from summarykit.errors import MissingFileError, SavedFileError


def model():
    made = nn.Sequential(nn.Embedding(10, 4), nn.LSTM(4, 4, 2), nn.LazyLinear(3), nn.Linear(4, 10), nn.BatchNorm1d(10))
    made[3].weight = made[0].weight
    made.again = made[1]
    made[4].gain = nn.Parameter(torch.zeros(2), requires_grad=False)
    made[4].note = "größe \ud800"
    return made


@pytest.fixture(scope="module")
def saved():
    return summarykit.summarize(model()).to_json()


def test_everything_comes_back(tmp_path):
    summary = summarykit.summarize(model())
    summary.save(tmp_path / "out.json")
    again = summarykit.load(tmp_path / "out.json")
    assert again == summary
    assert again.data.records == summary.data.records
    assert again.totals == summary.totals
    assert again.checks == summary.checks
    assert again.fingerprint == summary.fingerprint
    assert again.notes == summary.notes
    assert again.layers.equals(summary.layers)
    assert again.tensors.equals(summary.tensors)
    assert str(again) == str(summary)
    assert again.to_markdown() == summary.to_markdown()
    assert again.to_json() == summary.to_json()


def test_the_file_is_plain(saved):
    assert saved.isascii()
    assert saved.endswith("}\n")
    found = json.loads(saved)
    assert found["format"] == 1
    assert saved == summarykit.summarize(model()).to_json()


def test_a_summary_can_be_made_of_a_saved_one(tmp_path, saved):
    path = tmp_path / "saved.json"
    path.write_text(saved)
    for made in (
        summarykit.load(path),
        summarykit.summarize(path),
        summarykit.summarize(str(path)),
        summarykit.report(path),
    ):
        assert made.to_json() == saved
    titled = summarykit.report(path, tmp_path / "out.md", title="Titled")
    assert "Titled" in (tmp_path / "out.md").read_text()
    assert titled.model_name == "Sequential"


@pytest.mark.parametrize("ask", [summarykit.load, summarykit.summarize, summarykit.report])
def test_a_path_that_is_not_there(ask, tmp_path):
    with pytest.raises(MissingFileError) as caught:
        ask(str(tmp_path / "missing.json"))
    assert isinstance(caught.value, FileNotFoundError)
    assert "missing.json" in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    "content",
    [b"", b" ", b"{", b"null", b"3", b"[]", b"{}", b'"text"', b"\xff\xfe", b"\x00" * 50, b"PK\x03\x04", b"NaN",
     b'{"format": 1}', b'{"format": 2}', b'{"format": "1"}', b'{"format": null}', b'{"format": true}',
     b'{"format": 1.0}', b"[" * 100_000, b'{"format": 1, "layers": ' + b"[" * 50_000, b"9" * 10_000,
     b'{"format": 1' + b"0" * 9_999 + b"}"],
    ids=lambda content: repr(content[:20]),
)  # fmt: skip
def test_a_file_that_is_no_summary(content, tmp_path):
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(SavedFileError) as caught:
        summarykit.load(path)
    assert isinstance(caught.value, ValueError)
    assert "docs/errors.md#saved-file" in str(caught.value)
    assert len(str(caught.value)) < 1_000


def test_a_folder_is_no_summary(tmp_path):
    with pytest.raises(summarykit.SummaryKitError):
        summarykit.load(tmp_path)


def test_a_newer_format_is_said_to_be_newer(tmp_path, saved):
    path = tmp_path / "new.json"
    path.write_text(json.dumps(json.loads(saved) | {"format": 99}))
    with pytest.raises(SavedFileError, match="format 99"):
        summarykit.load(path)


def test_a_file_cut_short_is_refused(tmp_path, saved):
    path = tmp_path / "cut.json"
    for end in range(0, len(saved) - 2, max(1, len(saved) // 50)):
        path.write_text(saved[:end])
        with pytest.raises(SavedFileError):
            summarykit.load(path)


def leaves(found, way=()):
    """The way to every value in a JSON document."""
    yield way
    items = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, inner in items:
        yield from leaves(inner, (*way, key))


def changed(saved, way, value):
    document = json.loads(saved)
    at = document
    for key in way[:-1]:
        at = at[key]
    if value is ...:
        del at[way[-1]]
    else:
        at[way[-1]] = value
    return json.dumps(document)


@pytest.mark.parametrize("value", [..., None, -1, 10**30, 1.5, "x", [], {}, True, [[]], float("nan")], ids=repr)
def test_a_damaged_value_is_refused(value, tmp_path, saved):
    ways = [way for way in leaves(json.loads(saved)) if way]
    path = tmp_path / "damaged.json"
    for way in random.Random(0).sample(ways, 60) + [(key,) for key in json.loads(saved)]:
        document = changed(saved, way, value)
        if json.loads(document) == json.loads(saved):
            continue
        path.write_text(document)
        with pytest.raises(SavedFileError):
            summarykit.load(path)


def test_another_layout_of_the_same_file_is_read(tmp_path, saved):
    path = tmp_path / "pretty.json"
    path.write_text(json.dumps(json.loads(saved), indent=2, ensure_ascii=True))
    assert summarykit.load(path).to_json() == saved


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("facts", "rows", 0, 2), 41),
        (("facts", "rows", 0, 1), [10, 5]),
        (("tensors", "name", 0), "other"),
        (("tensors", "owner", 0), 1),
        (("totals", "parameters"), 1),
        (("fingerprint",), "000000000000"),
        (("layers", "name", 1), "zero"),
    ],
)
def test_a_number_changed_by_hand_is_noticed(way, value, tmp_path, saved):
    path = tmp_path / "forged.json"
    path.write_text(changed(saved, way, value))
    with pytest.raises(SavedFileError):
        summarykit.load(path)
