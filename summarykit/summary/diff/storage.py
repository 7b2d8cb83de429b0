"""A comparison as JSON, for programs: sorted keys, ASCII, the same bytes for the same two models.

``comparison`` says how to read the file; it grows by one with each change that an older reader would misread:

1. the first format.
"""

from __future__ import annotations

import json
from typing import Any

from summarykit._util.gc_pause import gc_paused
from summarykit.expression import Value
from summarykit.summary.budget.storage import verdict_json
from summarykit.summary.checks import Check
from summarykit.summary.data import SummaryData
from summarykit.summary.diff.changes import Change, SettingChange
from summarykit.summary.diff.checkpoint import Checkpoint
from summarykit.summary.diff.comparison import Comparison
from summarykit.summary.diff.grouping import ChangeGroup
from summarykit.summary.diff.project import ProjectChanges
from summarykit.summary.plain import plain_value

FORMAT = 1


def comparison_json(comparison: Comparison) -> str:
    """Return *comparison* as JSON text; names stand as they are, in ASCII escapes."""
    with gc_paused():
        return _text(_document(comparison))


def project_json(changes: ProjectChanges) -> str:
    """Return what changed in the models of a project as JSON text: for each its state, and its comparison."""
    with gc_paused():
        models = [
            {
                "name": model.name,
                "state": str(model.state),
                "ok": model.ok,
                "error": model.error,
                "removed": _model(model.before) if model.before else None,
                "comparison": _document(model.comparison) if model.comparison else None,
            }
            for model in changes.models
        ]
        document = {"comparison": FORMAT, "ok": changes.ok, "same": changes.same, "notes": list(changes.notes)}
        return _text({**document, "models": models})


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"


def _document(comparison: Comparison) -> dict[str, Any]:
    return {
        "comparison": FORMAT,
        "same": comparison.same,
        "new": comparison.new,
        "before": None if comparison.new else _model(comparison.before),
        "after": _model(comparison.after),
        "totals": comparison.totals.as_json(),
        "config": [_setting(change) for change in comparison.config],
        "changes": [_change(comparison, change) for change in comparison.changes],
        "groups": [_group(group) for group in comparison.told],
        "unchanged_layers": comparison.unchanged,
        "checkpoint": None if comparison.new else _checkpoint(comparison.checkpoint),
        "checks": {"ok": comparison.checks.ok, "list": [_check(check) for check in comparison.checks.list]},
        "notes": list(comparison.notes),
        "limits": [verdict_json(verdict) for verdict in comparison.verdicts],
    }


def _check(check: Check) -> dict[str, Any]:
    """Return a check without its unit, as in older files."""
    fields = check._asdict()
    del fields["unit"]
    return fields


def _model(data: SummaryData) -> dict[str, Any]:
    totals = data.totals.as_json()
    return {"name": data.model_name, "fingerprint": data.fingerprint, "torch": data.records.torch, "totals": totals}


def _change(comparison: Comparison, change: Change) -> dict[str, Any]:
    return {
        "states": [str(state) for state in change.states],
        "before": _layer(comparison.before, change.before),
        "after": _layer(comparison.after, change.after),
        "settings": [_setting(setting) for setting in change.settings],
        "dtypes": [list(pair) for pair in change.dtypes],
        "change": _amounts(change, with_macs=comparison.with_macs),
    }


def _amounts(change: Change, *, with_macs: bool) -> dict[str, int | None]:
    return {**change.change._asdict(), "macs": change.change.macs if with_macs else None}


def _layer(data: SummaryData, number: int) -> dict[str, Any] | None:
    if number < 0:
        return None
    layer = data.layers[number]
    kind = data.records.types[layer.type]
    return {
        "path": layer.path,
        "type": kind.name,
        "qualified_type": kind.qualified,
        "formula": data.texts(layer).equation,
        "adds_to_total": data.columns.adds[number],
    }


def _group(group: ChangeGroup) -> dict[str, Any]:
    states = [str(state) for state in group.first.states]
    each, total = group.told[0].change.parameters, group.change.parameters
    return {
        "path": group.path,
        "times": len(group.told),
        "states": states,
        "layers": sum(len(change_group.changes) for change_group in group.told),
        "each": each,
        "parameters": total,
    }


def _setting(change: SettingChange) -> dict[str, Any]:
    """Return a setting with ``before`` or ``after`` only where it was set."""
    sides: dict[str, tuple[Value, ...]] = {"before": change.before, "after": change.after}
    return {"name": change.name, **{side: plain_value(value[0]) for side, value in sides.items() if value}}


def _checkpoint(checkpoint: Checkpoint) -> dict[str, Any]:
    pairs = {name: [each._asdict() for each in getattr(checkpoint, name)] for name in ("reshaped", "converted")}
    return {**checkpoint._asdict(), **pairs, "silently_wrong": checkpoint.silently_wrong}
