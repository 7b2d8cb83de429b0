"""Plain labels for the settings in formulas: ``in_channels`` is "Channels in"."""

from __future__ import annotations

import re

from summarykit.exporters.excel.cells.row_height import text_width
from summarykit.exporters.view.values import Rich
from summarykit.exporters.view.words import visible
from summarykit.expression import Words, group_digits

#: Short enough for two lines above a column of ten characters.
_LABELS = {
    "out_features": "Neurons",
    "in_features": "Inputs",
    "in1_features": "First inputs",
    "in2_features": "Second inputs",
    "in_channels": "Channels in",
    "out_channels": "Channels out",
    "groups": "Groups",
    "num_embeddings": "Rows in the table",
    "embedding_dim": "Numbers per row",
    "num_features": "Channels",
    "num_channels": "Channels",
    "normalized_shape": "Values",
    "num_parameters": "Slopes",
    "input_size": "Inputs",
    "hidden_size": "Cells",
    "num_layers": "Layers",
    "proj_size": "Shrunk to",
    "bidirectional": "Both ways",
    "bias": "Bias",
    "bias_ih": "Biases",
    "embed_dim": "Numbers per item",
    "kdim": "Numbers per key",
    "vdim": "Numbers per value",
    "in_proj_bias": "Biases",
    "bias_k": "Learned key",
    "bias_v": "Learned value",
    "weight": "Weight",
    # settings of other libraries' layers
    "nf": "Outputs",
    "nx": "Inputs",
    "heads": "Heads",
    "num_heads": "Heads",
    "dim": "Size",
    "d_model": "Model size",
    "vocab_size": "Entries",
    # sizes of tensors in a forward pass
    "batch": "Batch",
    "length": "Steps",
    "queries": "Queries",
    "keys": "Keys",
    "key_size": "Numbers per key",
    "value_size": "Numbers per value",
    "positions": "Positions",
}
#: In a layer that only scales, the weight is labelled by its purpose.
_SCALES = {"weight": "Scale", "bias": "Shift"}
_KERNEL = {
    1: ("Window length",),
    2: ("Window height", "Window width"),
    3: ("Window depth", "Window height", "Window width"),
}
#: Positions of a window in the output or, for a transposed convolution, in the input.
_POSITIONS = {
    1: ("Positions",),
    2: ("Positions down", "Positions across"),
    3: ("Positions deep", "Positions down", "Positions across"),
}
_ITEM = re.compile(r"(?P<name>.+)\[(?P<index>\d+)\]")


def grouped_digits(number: int) -> str:
    """Return *number* with a narrow space for each thousand, which every language accepts."""
    return group_digits(number).replace(",", "\u202f")


def quiet(text: str | int) -> str:
    """Return a text that no cell computes, or a number, with digits grouped by a narrow blank.

    The numbers of a `Words` are regrouped; any other text has none, unless all of it is a number.
    """
    if isinstance(text, int):
        return grouped_digits(text)
    words = getattr(text, "words", text)  # of a text that already has a format
    if isinstance(words, Words):
        return visible(words.write(grouped_digits))
    digits = text.replace(",", "")
    is_number = digits.isascii() and digits.isdecimal() and f"{int(digits):,}" == text
    return grouped_digits(int(digits)) if is_number else visible(text)


def plain_note(note: Rich) -> str:
    """Return a sentence that contains names as the text of a cell."""
    return "".join(visible(piece.text) if piece.code else quiet(piece.text) for piece in note)


def label(name: str, *, among: tuple[str, ...] = ()) -> str:
    """Return the label of the input *name*; *among* are all inputs of its formula.

    ``kernel_size[1]`` is "Window width" beside ``kernel_size[0]``; an unknown name is written with spaces.
    """
    item = _ITEM.fullmatch(name)
    if item:
        return _item_label(item["name"], int(item["index"]), among)
    if name.endswith(".numel"):
        return f"Numbers in {name.removesuffix('.numel')}"
    if name in _SCALES and "weight" in among:
        return _SCALES[name]
    return _LABELS.get(name) or _plain(name)


def _item_label(name: str, index: int, among: tuple[str, ...]) -> str:
    size = sum(other.startswith(f"{name}[") for other in among)
    if name == "kernel_size" and index < len(_KERNEL.get(size, ())):
        return _KERNEL[size][index]
    if name == "positions" and "in_channels" in among and index < len(_POSITIONS.get(size, ())):
        return _POSITIONS[size][index]
    base = _LABELS.get(name) or _plain(name)
    return base if size == 1 else f"{base} {index + 1}"


def _plain(name: str) -> str:
    words = re.sub(r"[_.]+", " ", name).strip()
    return words[:1].upper() + words[1:] if words else name


def in_lines(text: str, breaks: str = " ", width: float = 9) -> tuple[str, ...]:
    """Return the lines of a heading in a narrow column: a long one is split in two near its middle."""
    if text_width(text) <= width:
        return (text,)
    places = [at for at in range(1, len(text) - 1) if text[at] in breaks]
    if not places:
        return (text,)
    middle = min(places, key=lambda at: abs(2 * (at + 1) - len(text)))
    return text[: middle + 1].rstrip(" "), text[middle + 1 :]
