"""Reports that a change of the code alone must not change: the digest of each, as it was accepted."""

import json

from support import pinned


def test_the_reports_are_byte_for_byte_as_accepted(golden, tmp_path):
    """A golden says which report changed; the readable ones beside it and reports/ say how."""
    reports = dict(pinned.reports(tmp_path))
    assert len(reports) >= 20
    digests = {name: pinned.digest(data.replace(bytes(tmp_path), b"FOLDER")) for name, data in reports.items()}
    golden("pinned_reports.json", json.dumps(digests, indent=1) + "\n")
