"""Checks of models as JSON, for programs: sorted keys, ASCII, the same bytes for the same models and limits.

``check`` says how to read it; it grows by one with each change that an older reader would misread:

1. the first format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from summarykit.summary.budget.verdicts import ModelCheck, Verdict
from summarykit.summary.lock import LockChange

FORMAT = 1


def checks_json(
    checks: Sequence[ModelCheck],
    gone: Sequence[str] = (),
    failed: Mapping[str, str] = MappingProxyType({}),
    notes: Sequence[str] = (),
) -> str:
    """Return *checks* as JSON text; names stand as they are, in ASCII escapes."""
    ok = all(check.ok for check in checks) and not gone and not failed
    document = {"check": FORMAT, "ok": ok, "gone": list(gone), "failed": dict(failed), "notes": list(notes)}
    document["models"] = [_model(check) for check in checks]
    return json.dumps(document, sort_keys=True, indent=1, allow_nan=False) + "\n"


def _model(check: ModelCheck) -> dict[str, Any]:
    return {
        "name": check.name,
        "ok": check.ok,
        "model": check.data.model_name,
        "fingerprint": check.data.fingerprint,
        "totals": check.data.totals.as_json(),
        "base": check.base.fingerprint if check.base else None,
        "new": check.new,
        "limits": [verdict_json(verdict) for verdict in check.verdicts],
        "lock": _lock(check.lock) if check.lock else None,
    }


def _lock(change: LockChange) -> dict[str, Any]:
    rows = {"removed": change.removed, "added": change.added}
    row_lists = {name: [row._asdict() for row in layers] for name, layers in rows.items()}
    totals = {name: list(pair) for name, pair in change.totals.items()}
    return {"same": change.same, "fingerprint": change.before.fingerprint, "totals": totals, **row_lists}


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """Return one limit held against a model, as plain values."""
    limit = verdict.limit
    return {
        "limit": limit.key,
        "layers": limit.pattern,
        "quantity": str(limit.quantity),
        "written": limit.written,
        "outcome": str(verdict.outcome),
        "ok": verdict.ok,
        "found": verdict.found,
        "before": verdict.before,
        "most": verdict.most,
        "reason": verdict.reason,
        "largest": [part._asdict() for part in verdict.largest],
    }
