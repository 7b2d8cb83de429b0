"""The whole total in one line, in every format."""

import html
import re

import pytest
from torch import nn

import summarykit
from support.workbooks import opened, texts, workbook_bytes


def repeating():
    blocks = nn.Sequential(*(nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8)) for _ in range(12)))
    return nn.ModuleDict({"embed": nn.Embedding(99, 8), "blocks": blocks, "head": nn.Linear(8, 99)})


LINE = "792 embed + 12 × 144 blocks + 891 head = 3,411"


def words(text):
    return " ".join(re.sub(r"\\(?=_)", "", text).split())


@pytest.mark.parametrize("make", ["text", "markdown", "html", "excel"])
def test_every_format_tells_it(make):
    summary = summarykit.summarize(repeating())
    if make == "excel":
        found = texts(opened(workbook_bytes(repeating())), "Overview")
        assert LINE in [text.replace("\u202f", ",") for text in found]
        return
    text = {"text": str, "markdown": lambda s: s.to_markdown(), "html": lambda s: s.to_html()}[make](summary)
    plain = html.unescape(re.sub(r"<wbr>|</?[a-z][^>]*>", "", text)) if make == "html" else text
    assert LINE in words(plain)
