"""A small model told in words, layer by layer, as a textbook would."""

from __future__ import annotations

from summarykit.exporters.view.rows import rich, shared_note
from summarykit.exporters.view.values import Piece, Rich, StoryLine
from summarykit.exporters.view.words import count_noun, place
from summarykit.expression import Words, concat
from summarykit.records import LayerRecord
from summarykit.summary.chains import proven_input
from summarykit.summary.data import SummaryData

#: Up to so many layers with parameters a report opens with the count in words.
FEW_LAYERS = 12


def story(data: SummaryData, title: str) -> tuple[StoryLine, ...]:
    """Return one line for the input, where it is proven, and one for each layer with parameters."""
    layers = [layer for layer in data.layers if layer.explanation >= 0]
    if not 0 < len(layers) <= FEW_LAYERS:
        return ()
    return (*_input(data), *(_line(data, layer, title) for layer in layers))


def story_sum(data: SummaryData) -> Words:
    """Return "68 + 10 + 3 = 81"; layers that add nothing are left out."""
    parts = [number for number in data.columns.adds if number]
    total = data.totals.parameters
    return Words(concat(" + ", parts), " = ", total) if len(parts) > 1 else Words(total)


def story_total(data: SummaryData) -> Words:
    """Return "Total 68 + 10 + 3 = 81."."""
    return Words("Total ", story_sum(data), ".")


def _input(data: SummaryData) -> tuple[StoryLine, ...]:
    link = proven_input(data)
    if link is None:
        return ()
    why, takes = link
    size = dict(why.bindings).get(takes.partition("[")[0])
    size = size[0] if isinstance(size, tuple) else size
    what = count_noun(int(size), "channel" if why.axis == "channels" else "number")  # type: ignore[arg-type]
    return (StoryLine("", "Input", (Piece(Words(what, ", no parameters.")),), Words()),)


def _line(data: SummaryData, layer: LayerRecord, title: str) -> StoryLine:
    texts = data.texts(layer)
    note = shared_note(data, layer, layer.path)
    text: Rich = rich(texts.sentence.with_first(str.lower)) if texts.sentence else ()
    if note:
        text = (*text, Piece(" " if text else ""), *_capitalise(note), Piece("."))
    if texts.equation and len(text) == 1 and text[0].text.count(". ") == 0:
        text = (Piece(Words(text[0].text).with_last(lambda end: end.removesuffix(".") + ":")),)
    kind = data.records.types[layer.type].name
    name = place(layer.path, layer.parent, title)
    return StoryLine("" if name == kind and layer.parent < 0 else name, kind, text, _equation(data, layer))


def _equation(data: SummaryData, layer: LayerRecord) -> Words:
    """Return the count of a line, and what is held or added to the total where that is another number."""
    own, adds, why = data.columns.own[layer.id], data.columns.adds[layer.id], data.explanation(layer)
    equation = data.texts(layer).equation or Words()
    if own is None:
        return equation
    if not equation:
        return count_noun(own, "number")
    if why and why.value != own:
        return Words(equation, ", but PyTorch holds ", own)
    if 0 < adds < own:
        return Words(equation, ", of which ", adds, f" {'is' if adds == 1 else 'are'} counted here")
    return equation


def _capitalise(note: Rich) -> Rich:
    first, *rest = note
    return (Piece(Words(first.text).with_first(str.upper), first.code), *rest)
