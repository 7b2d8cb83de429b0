"""Models that put a page to the test, and the page each one gives."""

from io import BytesIO
from pathlib import Path

import torch
from torch import nn

import summarykit
from summarykit.exporters.base import Options
from summarykit.exporters.html.exporter import HtmlExporter
from summarykit.reading import read_model
from summarykit.summary import SummaryData
from support.own_layers import fill

#: What a module may be called; none of it may do anything but be read.
HOSTILE = (
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "--><svg onload=alert(1)>",
    "\"'`&amp;<!--",
    "{{ 7 * 7 }}{% raw %}",
    "the policy follows what is rendered",
    'content="the policy follows what is rendered"',
    "x" * 300,
    "\u202eabc\u200f",
    "\ud800lone",
    "new\nline",
    "שלום",
    "層",
)


class Odd(nn.Module):
    """A bare parameter, a wrong weight, a lazy, a frozen, a reused and a tied layer, and one without parameters."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(1000, 64)
        self.body = nn.ModuleDict(
            {
                "wrong": nn.Linear(64, 64),
                "lazy": nn.LazyLinear(10),
                "act": nn.ReLU(),
                "norm": nn.BatchNorm1d(64).requires_grad_(False),
                "rnn": nn.LSTM(64, 32, 2),
                "attn": nn.MultiheadAttention(64, 4),
            }
        )
        self.body["wrong"].weight = nn.Parameter(torch.zeros(64, 65))
        fill(self, extra=(7, 3))
        self.again = self.body["norm"]
        self.head = nn.Linear(64, 1000, bias=False)
        self.head.weight = self.embed.weight


def sequential():
    """The smallest example: 68 + 10 + 3 = 81."""
    return nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2), nn.Linear(2, 1))


def repeated():
    """Twelve blocks alike, large enough for rounded numbers, and more layers than words tell."""

    def block():
        inner = nn.ModuleDict({"norm": nn.LayerNorm(768), "up": nn.Linear(768, 3072), "act": nn.GELU()})
        return nn.ModuleDict({"mlp": inner, "down": nn.Linear(3072, 768, bias=False)})

    with torch.device("meta"):
        return nn.ModuleDict({"wte": nn.Embedding(50257, 768), "h": nn.ModuleList(block() for _ in range(12))})


def taking_turns():
    """Thirteen blocks of two kinds by turns, three to one, and two that differ from both; leaves between them."""

    def block(inside):
        return nn.Sequential(nn.Linear(8, inside), nn.ReLU(), nn.Linear(inside, 8))

    blocks = [block(32 if i % 4 == 3 else 16) for i in range(13)]
    return nn.ModuleDict({"layers": nn.ModuleList([*blocks, nn.ReLU(), block(7), nn.ReLU()]), "norm": nn.LayerNorm(8)})


def lent():
    """Blocks by turns, of which every third holds what the first of these does, but for a bias; one is used anew."""
    first, blocks = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8)), []
    for number in range(12):
        shared = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8)) if number > 2 else first
        shared[0].weight, shared[0].bias, shared[2].weight = first[0].weight, first[0].bias, first[2].weight
        blocks.append(nn.ModuleDict(({"shared": shared} if number % 3 == 2 else {}) | {"mixer": nn.Linear(8, 8)}))
    again = nn.Sequential(nn.Linear(8, 8))
    turns = (again if number % 2 else nn.Sequential(nn.Linear(8, 4)) for number in range(6))
    return nn.ModuleDict({"layers": nn.ModuleList(blocks), "turns": nn.ModuleList(turns)})


def hostile():
    """Every name of ``HOSTILE``, as a module and as a parameter."""
    model = nn.Module()
    for name in HOSTILE:
        layer = nn.Linear(3, 4)
        layer.register_parameter(name.replace(".", "_"), nn.Parameter(torch.zeros(2)))
        model.add_module(name, nn.Sequential(layer, nn.ReLU()))
    return model


def wide():
    """More rows than a page opens quickly."""
    return nn.ModuleList(nn.Linear(i % 97 + 2, i % 89 + 1, device="meta") for i in range(3000))


def data_of(model):
    return SummaryData(read_model(model))


def page_from(data: SummaryData, **options) -> str:
    """The page as text."""
    out = BytesIO()
    HtmlExporter().write(data, out, Options(**options))
    return out.getvalue().decode("utf-8")


def page_of(model, **options) -> str:
    return page_from(data_of(model), **options)


def write_page(model, folder: Path, **options) -> Path:
    """The page as a file that a browser can open."""
    target = folder / "page.html"
    target.write_bytes(page_of(model, **options).encode("utf-8"))
    return target


def write_diff(before, after, folder: Path, **options) -> Path:
    """The page on what changed as a file that a browser can open."""
    target = folder / "diff.html"
    summarykit.diff(before, after, target, **options)
    return target


class Block(nn.Module):
    """Parts of names of their own."""

    def __init__(self, groups, extra=()):
        super().__init__()
        self.conv = nn.Conv2d(8, 16, 3, groups=groups)
        self.norm = nn.BatchNorm2d(16)
        for name, layer in extra:
            self.add_module(name, layer)


def net(groups=1, head=None, *, blocks=3, odd=()):
    """Blocks alike but for the last, a stem that never changes, and a head."""
    body = nn.Sequential(*(Block(groups, odd if at == blocks - 1 else ()) for at in range(blocks)))
    return nn.ModuleDict({"stem": nn.Linear(5, 7), "body": body, "fc": head or nn.Linear(16, 10)})


def changed_net():
    """A net before and after: other groups, a block more, a head replaced by two layers, a part renamed and frozen."""
    before, after = net(), net(4, nn.ModuleDict({"neck": nn.Linear(16, 4), "out": nn.Linear(4, 10)}), blocks=4)
    before.add_module("old", nn.LayerNorm(9))
    after.add_module("new", nn.LayerNorm(9).requires_grad_(False))
    return before, after
