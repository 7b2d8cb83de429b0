"""Parts of a model by size."""

from __future__ import annotations

from typing import NamedTuple


class Block(NamedTuple):
    """A part of the model by size; blocks add up to the total."""

    name: str  #: ``model.layers.0–31``; empty for the rest
    short: str  #: ``layers``
    label: str  #: how it is called on the page
    type: str
    copies: int
    each: int
    value: int
    text: str
    product: str  #: ``32 × 218,112,000``, empty for one copy
    share: str
    per_mille: int
    bar: int  #: 0 to 1000, relative to the largest block


class Ranking(NamedTuple):
    """The largest parts by one measure, in one grouping; they add up to the total."""

    by: str  #: "block"; "part": what a layer is within its block, ``mlp.down_proj``; "class"
    measure: str  #: "parameters", "macs" or "bytes"
    total: str
    blocks: tuple[Block, ...]
