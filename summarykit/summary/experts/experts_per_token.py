"""How many experts a token gets, as the caller says it."""

from __future__ import annotations

from summarykit.errors import ExpertsError
from summarykit.summary.data import SummaryData


def check_given(experts_per_token: object) -> None:
    """Raise ``ExpertsError`` unless *experts_per_token* is a whole number above zero, or None."""
    fits = isinstance(experts_per_token, int) and not isinstance(experts_per_token, bool) and experts_per_token > 0
    if experts_per_token is not None and not fits:
        raise ExpertsError(f"experts_per_token is {experts_per_token!r}", hint="give a whole number above 0, such as 2")


def with_experts(data: SummaryData, experts_per_token: int | None) -> SummaryData:
    """Return *data* with what the caller says of its experts.

    Raises:
        ExpertsError: The model has no experts, or fewer than that.

    """
    if experts_per_token is None:
        return data
    with_choice = SummaryData(data.records._replace(experts_per_token=experts_per_token), data.run)
    if not with_choice.experts.routed and not with_choice.experts.reason:
        what = f"experts_per_token is {experts_per_token}, and no experts are found in {data.model_name}"
        raise ExpertsError(what, hint="leave it out: all parameters of a dense model are active")
    return with_choice
