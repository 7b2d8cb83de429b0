"""Small models to try summarykit with: ``summarykit report summarykit.examples:sequential -o out.html``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


def sequential() -> nn.Sequential:
    """Return three linear layers, 16 → 4 → 2 → 1, with 68 + 10 + 3 = 81 parameters."""
    from torch import nn

    return nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2), nn.Linear(2, 1))
