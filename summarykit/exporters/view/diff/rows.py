"""The changed layers as rows, largest change first, and why they changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from summarykit.exporters.view.diff.parts import adds, equation, inside, is_whole, type_of
from summarykit.exporters.view.diff.values import ChangeRow
from summarykit.exporters.view.diff.words import (
    STATE_WORDS,
    join_rich,
    names_text,
    product,
    setting_text,
    shape_text,
    signed_size,
)
from summarykit.exporters.view.values import Piece, Rich
from summarykit.exporters.view.words import count_noun, place, shorten
from summarykit.expression import Words
from summarykit.records import TensorFacts
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import Change, ChangeGroup, Comparison, SettingChange, State
from summarykit.summary.folding import as_grids

#: A name or a list of numbers in it is cut at so many characters.
LONGEST = 64
#: At most so many names are in a reason.
_MOST_PARTS = 4


def change_rows(comparison: Comparison, groups: Sequence[ChangeGroup], title: str) -> list[ChangeRow]:
    """Return the rows to show, largest change first."""
    return [change_row(comparison, group, title) for group in worth_showing(comparison, groups)]


def worth_showing(comparison: Comparison, groups: Sequence[ChangeGroup]) -> list[ChangeGroup]:
    """Return *groups*, largest change first, without layers that have no change of their own."""
    rows = [group for group in groups if has_own_row(comparison, group)]
    return sorted(rows, key=lambda group: -abs(group.change.parameters))  # stable: then in model order


def has_own_row(comparison: Comparison, group: ChangeGroup) -> bool:
    """Return whether a group says something that no other row says."""
    change = group.first
    if comparison.new:
        return comparison.after.layers[change.after].explanation >= 0
    if not _worth(comparison, change):
        return False
    if change.states[0] not in (State.NEW, State.REMOVED):
        return True
    if any(inside(comparison, group)):
        return True
    matching = comparison.matching
    side, layer = (matching.after, change.after) if change.after >= 0 else (matching.before, change.before)
    return change.top and (is_whole(group) or not side.children[layer])


def _worth(comparison: Comparison, change: Change) -> bool:
    """Return whether a layer changed itself, and not only in settings that changed in the model's config."""
    echoes = set(change.settings) <= set(comparison.config)
    return change.states != (State.COMPUTE,) and not (echoes and change.states == (State.SETTINGS,))


def _side(comparison: Comparison, group: ChangeGroup) -> tuple[SummaryData, int]:
    change = group.first
    return (comparison.after, change.after) if change.after >= 0 else (comparison.before, change.before)


def change_row(comparison: Comparison, group: ChangeGroup, title: str) -> ChangeRow:
    """Return the row of a group of changes."""
    change, each, total = group.first, group.told[0].change, group.change
    side, layer = _side(comparison, group)
    times = len(group.told)
    layers = inside(comparison, group)
    formulas = equation(comparison.before, layers[0]), equation(comparison.after, layers[1])
    states = (State.NEW,) if comparison.new else change.states
    notes = () if comparison.new else tuple(change_phrases(comparison, group))
    kind = type_of(side, layer)
    return ChangeRow(
        word=STATE_WORDS[states[0]],
        words=tuple(STATE_WORDS[state] for state in states),
        path=shorten(place(group.path, side.layers[layer].parent, title), LONGEST),
        was=shorten(_was(comparison, group), LONGEST),
        times=times,
        type=type_of(comparison.after, change.after),
        was_type=type_of(comparison.before, change.before),
        before=formulas[0],
        after=formulas[1],
        notes=notes,
        lines=_lines(states, kind, *formulas, notes),
        change=product(each.parameters, times),
        change_value=total.parameters,
        before_value=adds(comparison.before, layers[0]),
        after_value=adds(comparison.after, layers[1]),
        bytes=signed_size(total.bytes),
        bytes_value=total.bytes,
        macs=product(each.macs, times),
        macs_value=total.macs,
    )


def _lines(states: Sequence[State], kind: str, before: str, after: str, notes: tuple[Rich, ...]) -> tuple[Rich, ...]:
    """Return the lines of a row; settings that change a count are listed in the reasons."""
    if states in ((State.FROZEN,), (State.UNFROZEN,)):
        notes = ()  # the word of the row has it already
    if states[0] in (State.NEW, State.REMOVED):
        formula = after if states[0] is State.NEW else before
        return ((Piece(kind if formula == "–" else formula),),)
    if before != after:
        extra = () if states[0] is State.CHANGED else notes
        is_replaced = after == "–" and extra  # the phrases name what came instead
        return ((Piece(before),), *(() if is_replaced else ((Piece(after),),)), *extra)
    return (*([(Piece(after),)] if after != "–" or not notes else []), *notes)


def _was(comparison: Comparison, group: ChangeGroup) -> str:
    """Return the former name of a moved or renamed layer; repeats as one name if possible; else empty."""
    if not {State.MOVED, State.RENAMED} & set(group.first.states):
        return ""
    return _before(comparison, group)


def _before(comparison: Comparison, group: ChangeGroup) -> str:
    """Return the former name of the layers of a group; for the model itself its class."""
    data, layer = comparison.before, group.first.before
    grids = list(as_grids([change.before for change in group.changes], data))
    path = grids[0].path if len(grids) == 1 else data.layers[layer].path
    return place(path, data.layers[layer].parent, type_of(data, layer))


class Phrase(NamedTuple):
    """A change of a layer beside its count."""

    text: Rich
    predicate: bool = False  #: it follows the name as a verb does: "`fc` replaced by `head`"


def change_phrases(comparison: Comparison, group: ChangeGroup) -> Iterator[Rich]:
    """Yield the changes of a layer beside its count, a phrase each."""
    return (phrase.text for phrase in _phrases(comparison, group))


def _phrases(comparison: Comparison, group: ChangeGroup) -> Iterator[Phrase]:
    if State.REPLACED in group.first.states:
        yield _replacement(comparison, group)
    yield from map(Phrase, _others(comparison, group))


def _others(comparison: Comparison, group: ChangeGroup) -> Iterator[Rich]:
    change = group.first
    before, after = comparison.before, comparison.after
    states = set(change.states)
    if State.CHANGED in states and equation(before, [change.before]) == equation(after, [change.after]):
        tensors = join_rich(_tensors(comparison, change))
        if tensors:  # kinds of tensors with the same words give no difference to show
            yield tensors
    if State.RETYPED in states:
        kinds = [
            data.records.types[data.layers[n].type] for data, n in ((before, change.before), (after, change.after))
        ]
        full = kinds[0].name == kinds[1].name
        yield (Piece(f"class {' → '.join(kind.qualified if full else kind.name for kind in kinds)}"),)
    if _was(comparison, group):
        yield Piece("moved from " if State.MOVED in states else "renamed, was "), *names_text([_was(comparison, group)])
    if State.REORDERED in states:
        yield (Piece("runs its parts in another order"),)
    settings = [setting for setting in change.settings if setting not in comparison.config]
    if settings:
        yield join_rich(map(setting_text, _first_settings(settings)))
    for one, other in change.dtypes:
        yield (Piece(f"{one} → {other}"),)
    if State.FROZEN in states:
        yield (Piece("kept fixed in training"),)
    if State.UNFROZEN in states:
        yield (Piece("learned in training again"),)
    if State.TIED in states:
        owner = after.columns.shared_with[change.after]
        yield Piece("same numbers as "), Piece(owner or "another", code=bool(owner)), Piece(", counted there")
    if State.UNTIED in states:
        owner = before.columns.shared_with[change.before]
        yield Piece("its numbers count here now"), *((Piece(", not at "), Piece(owner, code=True)) if owner else ())


def _tensors(comparison: Comparison, change: Change) -> Iterator[Rich]:
    """Yield the tensors whose shape changed or that only one model has."""
    texts = [
        {tensor.name: _tensor_text(tensor.facts) for tensor in data.tensors[layer.first_tensor : layer.end_tensor]}
        for data, layer in (
            (comparison.before, comparison.before.layers[change.before]),
            (comparison.after, comparison.after.layers[change.after]),
        )
    ]
    for name in sorted(texts[0].keys() | texts[1].keys()):
        one, other = (side.get(name, "not there") for side in texts)
        if one != other:
            yield Piece(name, code=True), Piece(Words(" ", one, " → ", other))


def _tensor_text(facts: TensorFacts) -> str:
    """Return the shape of a tensor, with its kind if it is no parameter."""
    if facts.kind == "parameter":
        return shape_text(facts.shape)
    return Words(shape_text(facts.shape), f" ({'' if facts.persistent else 'not '}saved, not learned)")


def _first_settings(settings: Sequence[SettingChange]) -> Sequence[SettingChange]:
    """Return the first settings, as many as fit in one sentence."""
    return settings[:_MOST_PARTS]


def _replacement(comparison: Comparison, group: ChangeGroup) -> Phrase:
    """Return "replaced by `fc.neck`, `fc.head`": what is new inside, else the class."""
    change = group.first
    if change.after in comparison.matching.successors:
        return Phrase((Piece("in place of "), *names_text([_before(comparison, group)])), predicate=True)
    inside = comparison.matching.after.children[change.after]
    layers = comparison.after.layers
    new = [layers[child].path for child in inside if comparison.matching.to_before[child] < 0]
    if len(group.changes) == 1 and new and layers[change.after].parent >= 0:
        return Phrase((Piece("replaced by "), *names_text(new, _MOST_PARTS)), predicate=True)
    kinds = type_of(comparison.before, change.before), type_of(comparison.after, change.after)
    return Phrase((Piece(f"{kinds[0]} replaced by {kinds[1]}"),))


def reasons(comparison: Comparison, groups: Sequence[ChangeGroup], title: str) -> list[Rich]:
    """Return why the model changed: its config, then its layers, equal changes together."""
    by_phrase: dict[Phrase, list[ChangeGroup]] = {}
    for group in sorted(groups, key=lambda group: -abs(group.change.parameters)):
        if not _worth(comparison, group.first):
            continue
        for phrase in _phrases(comparison, group):
            by_phrase.setdefault(phrase, []).append(group)
    sentences: list[Rich] = []
    if comparison.config:
        sentences.append((Piece("config: "), *join_rich(map(setting_text, _first_settings(comparison.config)))))
    for phrase, same in by_phrase.items():
        between = " " if phrase.predicate else ": "
        sentences.append((*_of(comparison, same, title), Piece(between), *phrase.text))
    return sentences


def _of(comparison: Comparison, groups: Sequence[ChangeGroup], title: str) -> Rich:
    """Return the layers that one phrase is about."""
    names = []
    for group in groups:
        side, layer = _side(comparison, group)
        names.append(place(group.path, side.layers[layer].parent, title))
    number = sum(len(group.changes) for group in groups)
    if len(names) > 2:
        return (Piece(Words(count_noun(number, "layer"), " (")), *names_text(names[:1]), Piece(", …)"))
    return names_text(names)
