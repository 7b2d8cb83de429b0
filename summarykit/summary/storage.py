"""A summary as JSON and back, without loss; what repeats stands once, as in memory.

``checksum`` is the SHA-256 of all the rest, so that no report is made of a damaged file, whatever the damage; it
does not mind another layout of the same JSON. ``format`` says how to read the file. It grows by one with each
change that an older reader would misread:

1. the first format.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from summarykit._util.gc_pause import gc_paused
from summarykit.errors import SavedFileError
from summarykit.expression import parse, parse_sentence
from summarykit.records import (
    CrossCheck,
    Evidence,
    Explanation,
    LayerRecord,
    LayerType,
    Line,
    ModelRecords,
    StoredCount,
    TensorCheck,
    TensorFacts,
    TensorRecord,
    make_records,
)
from summarykit.runs import NO_RUN
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import own_name
from summarykit.summary.plain import plain_bindings, read_bindings, read_optional, read_text
from summarykit.summary.run_storage import read_run, written_run

FORMAT = 1
_GRADES = list(Evidence)
_HINT = "give a .json file that summarykit wrote"


def to_json(data: SummaryData) -> str:
    """Return *data* as JSON text: ASCII, sorted keys, the same bytes for the same summary."""
    with gc_paused():
        document = _written(data)
        if data.run != NO_RUN:
            document["run"] = written_run(data.run)
        text = _canonical(document)
        return f'{{"checksum":"{_checksum(text)}",{text[1:]}\n'


def from_json(text: str) -> SummaryData:
    """Return the summary that *text* was made from.

    Raises:
        SavedFileError: *text* is no summary, is damaged, or was written by a newer summarykit.

    """
    try:
        with gc_paused():
            found = _checked(json.loads(text))
            records = _read(found)
            run = read_run(found["run"], len(records.layers)) if "run" in found else NO_RUN
            return SummaryData(records, run)
    except SavedFileError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise SavedFileError(f"the saved summary is damaged ({type(error).__name__}: {error})", hint=_HINT) from None


def _checked(found: Any) -> Mapping[str, Any]:
    if isinstance(found, dict) and "comparison" in found:
        raise SavedFileError("the file tells what changed between two models, and is no summary of one", hint=_HINT)
    if not isinstance(found, dict) or "format" not in found:
        raise SavedFileError("the file is JSON, but no summary of summarykit", hint=_HINT)
    if found["format"] != FORMAT:
        what = f"the file has format {found['format']!r}, and this summarykit reads {FORMAT}"
        raise SavedFileError(what, hint="read it with the summarykit that wrote it, or a newer one")
    if found.pop("checksum", None) != _checksum(_canonical(found)):
        raise SavedFileError("the saved summary is damaged, or was changed by hand", hint=_HINT)
    return found


def _canonical(document: Mapping[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _written(data: SummaryData) -> dict[str, Any]:
    records = data.records
    facts: dict[TensorFacts, int] = {}
    numbers = [facts.setdefault(tensor.facts, len(facts)) for tensor in records.tensors]
    given = records.experts_per_token
    rare: dict[str, Any] = {} if given is None else {"experts_per_token": given}
    rare |= {"opaque_layers": list(records.opaque_layers)} if records.opaque_layers else {}
    return rare | {
        "format": FORMAT,
        "name": records.name,
        "torch": records.torch,
        "fingerprint": data.fingerprint,
        "totals": data.totals.as_json(),
        "counted": list(records.counted),
        "notes": list(records.notes),
        "types": [list(kind) for kind in records.types],
        "settings": [plain_bindings(settings) for settings in records.settings],
        "explanations": [_explanation(why) for why in records.explanations],
        "config": plain_bindings(records.config),
        "cross_checks": [_cross_check(check) for check in records.cross_checks],
        "facts": {"fields": list(TensorFacts._fields), "rows": [list(fact) for fact in facts]},
        "layers": {
            "name": [own_name(layer, data) for layer in records.layers],
            "raw_path": [None if layer.raw_path == layer.path else layer.raw_path for layer in records.layers],
            **{field: [getattr(layer, field) for layer in records.layers] for field in _LAYER_FIELDS},
        },
        "tensors": {
            "name": [tensor.name for tensor in records.tensors],
            "facts": numbers,
            "owner": [tensor.owner for tensor in records.tensors],
            "storage": [tensor.storage for tensor in records.tensors],
            "evidence": [tensor.evidence.rank for tensor in records.tensors],
        },
    }


_LAYER_FIELDS = ("parent", "type", "settings", "explanation", "alias_of", "first_tensor", "end_tensor")


def _explanation(why: Explanation) -> dict[str, Any]:
    return {
        "formula": why.formula.source if why.formula else None,
        "bindings": plain_bindings(why.bindings),
        "value": why.value,
        "sentence": why.sentence.source if why.sentence else None,
        "about": why.about,
        "lines": [
            {
                "label": line.label,
                "formula": line.formula.source,
                "bindings": plain_bindings(line.bindings),
                "value": line.value,
                "evidence": line.evidence,
                "tensors": list(line.tensors),
            }
            for line in why.lines
        ],
        "checks": [list(check) for check in why.checks],
        "origin": why.origin,
        "evidence": why.evidence,
        "reason": why.reason,
        "takes": why.takes,
        "gives": why.gives,
        "axis": why.axis,
    }


def _read(found: Mapping[str, Any]) -> ModelRecords:
    facts = [_facts(found["facts"]["fields"], row) for row in found["facts"]["rows"]]
    layers = make_records(LayerRecord, _layer_rows(found["layers"]))
    tensors = make_records(TensorRecord, _tensor_rows(found["tensors"], layers, facts))
    records = ModelRecords(
        name=read_text(found["name"]),
        torch=read_text(found["torch"]),
        types=tuple(LayerType(*map(read_text, kind)) for kind in found["types"]),
        settings=tuple(map(read_bindings, found["settings"])),
        explanations=tuple(_read_explanation(why) for why in found["explanations"]),
        layers=layers,
        tensors=tensors,
        counted=StoredCount(*found["counted"]),
        notes=tuple(map(read_text, found["notes"])),
        cross_checks=tuple(map(_read_cross_check, found.get("cross_checks", ()))),
        config=read_bindings(found.get("config", ())),
        experts_per_token=_read_given(found.get("experts_per_token")),
        opaque_layers=tuple(map(int, found.get("opaque_layers", ()))),
    )
    _check_links(records)
    return records


def _read_given(found: Any) -> int | None:
    if found is None or (type(found) is int and found > 0):
        return found
    raise ValueError(f"{found!r} is no number of experts")


def _facts(fields: Sequence[str], row: Sequence[Any]) -> TensorFacts:
    given = dict(zip(fields, row, strict=True))
    for name in ("shape", "stored_shape"):
        given[name] = None if given[name] is None else tuple(map(int, given[name]))
    return TensorFacts(**given)


def _layer_rows(columns: Mapping[str, Sequence[Any]]) -> Iterator[tuple[object, ...]]:
    paths: list[str] = []
    lists = (columns["name"], columns["raw_path"], *(columns[field] for field in _LAYER_FIELDS))
    for number, (name, raw, parent, *rest) in enumerate(zip(*lists, strict=True)):
        above = paths[parent] if 0 <= parent < number else ""
        path = f"{above}.{name}" if above else name
        paths.append(path)
        yield (number, parent, path, path if raw is None else raw, *rest)


def _tensor_rows(
    columns: Mapping[str, Sequence[Any]], layers: Sequence[LayerRecord], facts: Sequence[TensorFacts]
) -> Iterator[tuple[object, ...]]:
    holders = [layer.id for layer in layers for _ in range(layer.end_tensor - layer.first_tensor)]
    names = ("name", "facts", "owner", "storage", "evidence")
    rows = zip(holders, *(columns[name] for name in names), strict=True)
    for layer, name, number, owner, storage, rank in rows:
        yield (layer, name, facts[number], owner, storage, _GRADES[rank])


def _read_explanation(why: Mapping[str, Any]) -> Explanation:
    return Explanation(
        formula=read_optional(parse, why["formula"]),
        bindings=read_bindings(why["bindings"]),
        value=why["value"],
        sentence=read_optional(parse_sentence, why["sentence"]),
        about=why["about"],
        lines=tuple(
            Line(
                line["label"],
                parse(line["formula"]),
                read_bindings(line["bindings"]),
                line["value"],
                Evidence(line["evidence"]),
                tuple(line["tensors"]),
            )
            for line in why["lines"]
        ),
        checks=tuple(TensorCheck(name, Evidence(grade), *rest) for name, grade, *rest in why["checks"]),
        origin=why["origin"],
        evidence=Evidence(why["evidence"]),
        reason=why["reason"],
        takes=why["takes"],
        gives=why["gives"],
        axis=why["axis"],
    )


def _cross_check(check: CrossCheck) -> list[Any]:
    return [check.layer, check.formula.source, plain_bindings(check.bindings), check.value, check.origin, check.users]


def _read_cross_check(found: Sequence[Any]) -> CrossCheck:
    layer, formula, bindings, value, origin, users = found
    return CrossCheck(int(layer), parse(formula), read_bindings(bindings), int(value), read_text(origin), bool(users))


def _check_links(records: ModelRecords) -> None:
    """Refuse a file whose numbers point nowhere, so that no later step meets an index error."""
    if not records.layers:
        raise ValueError("a model without layers")
    for layer in records.layers:
        ranges = (
            (layer.parent, -1, layer.id),
            (layer.alias_of, -1, layer.id + 1),
            (layer.type, 0, len(records.types)),
            (layer.settings, 0, len(records.settings)),
            (layer.explanation, -1, len(records.explanations)),
        )
        if not all(low <= number < high for number, low, high in ranges) or (layer.parent < 0) != (layer.id == 0):
            raise ValueError(f"layer {layer.id} points at something that is not there")
    if any(not 0 <= check.layer < len(records.layers) for check in records.cross_checks):
        raise ValueError("a closed formula is of no layer")
    if any(not 0 <= number < len(records.layers) for number in records.opaque_layers):
        raise ValueError("a packed weight is of no layer")
    if any(not 0 <= tensor.owner <= index for index, tensor in enumerate(records.tensors)):
        raise ValueError("a tensor's owner is not there")
