"""How many parameters one token uses in a mixture of experts, from records alone; None where that is not known."""

from __future__ import annotations

from summarykit.summary.experts.search import Experts, RoutedExperts, find_experts

__all__ = ["Experts", "RoutedExperts", "find_experts"]
