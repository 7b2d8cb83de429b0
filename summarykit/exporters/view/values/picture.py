"""The icicle of the folded tree."""

from __future__ import annotations

from typing import NamedTuple


class PictureBox(NamedTuple):
    """One box of the icicle; boxes are in the order of the tree, each before those inside it."""

    level: int  #: 0 for the parts of the model itself
    name: str  #: ``layers 0–31 × 32``
    text: str  #: what of it fits in the box at full width, with the share where there is room; may be empty
    path: str  #: ``model.layers.0–31 × 32``, shortened; ``.mlp × 32`` where it goes on from the box around it
    at: str  #: path of its first copy below the box around it: ``layers.0``; empty for what has no row of its own
    type: str
    look: str  #: linear, conv, embedding, norm, other; ``inside`` for a container, ``small`` for several; ``changed``
    values: tuple[int, ...]  #: for each measure
    facts: tuple[str, ...]  #: for each measure "7,077,888 parameters · 27.7%", "no parameters · –"
    left: str  #: in percent of the whole width
    width: str
    shown: bool  #: False where it is too small or too deep for the whole picture: a zoom shows it
    passing: bool  #: True for neighbours merged in the whole picture alone
    merged: int  #: how many rows stand in it; 0 for a part of its own
    opens: bool  #: there are boxes inside


class Look(NamedTuple):
    """A family of layers, for the legend."""

    look: str  #: linear, conv, embedding, norm, other or changed
    name: str


class Picture(NamedTuple):
    """The icicle: the folded tree, width by what a part holds."""

    measures: tuple[str, ...]  #: "parameters", then "multiply-adds (MACs)" and "bytes" if they add something
    boxes: tuple[PictureBox, ...]
    levels: int  #: how many are shown at once
    looks: tuple[Look, ...]  #: of each family that is in the picture
    caption: str
    left_out: str  #: what is merged or not opened, in words; empty for nothing
