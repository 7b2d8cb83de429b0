"""The words that reports explain."""

from __future__ import annotations

from typing import NamedTuple

from summarykit.summary.data import SummaryData


class Entry(NamedTuple):
    """A word of the glossary and its meaning; formats that say it in their own way find it by its key."""

    key: str
    word: str
    meaning: str


_ALWAYS = (
    Entry("parameter", "Parameter", "One number that the model can learn."),
    Entry(
        "trainable",
        "Learned in training, kept fixed",
        "Trainable parameters change in training; frozen ones stay as they are.",
    ),
    Entry(
        "buffer",
        "Stored, not learned",
        "Buffers: numbers saved with the model that training measures but does not learn.",
    ),
    Entry("own", "In this layer", "The parameters a layer holds itself, which its formula explains."),
    Entry(
        "inside",
        "With everything inside",
        "The layer's parameters and those of all layers in it, each counted once.",
    ),
    Entry(
        "shared",
        "Same numbers as …, counted there",
        "Two layers hold one tensor; it counts once, at the first of them.",
    ),
    Entry(
        "folded",
        "Repeated, shown once",
        "Identical numbered parts stand in one row with their number: 0–11 × 12.",
    ),
    Entry(
        "checked",
        "Checked ✓",
        "The formula, worked out from the layer's settings, equals PyTorch's count and every shape.",
    ),
    Entry(
        "read",
        "Read from the layer's code ◐",
        "The formula stands in the layer's source; one size was taken from the tensor.",
    ),
    Entry("size", "Size only –", "No formula is known; the number is the tensor's own size, which checks nothing."),
    Entry("differs", "Does not match ✗", "The formula and PyTorch differ; both numbers are shown."),
)
_OF_EMBEDDINGS = Entry(
    "embeddings",
    "Without embeddings",
    "The tables that turn tokens into vectors are left out; a last layer of its own counts.",
)
_OF_EXPERTS = Entry(
    "experts",
    "Active per token",
    "The parameters one token uses: of the experts, those its router picks; of the rest, all.",
)
_OF_A_RUN = (
    Entry(
        "macs",
        "Multiply-add (MAC)",
        "One multiplication and the addition of its result: what most of the work consists of.",
    ),
    Entry("flops", "FLOPs", "Multiplications and additions, each counted: twice the multiply-adds."),
    Entry(
        "activations",
        "Activations",
        "The numbers that layers pass on in a run; they take memory beside the model's own.",
    ),
    Entry("called", "Called", "How often a layer was used in the run; one that was never called took no part in it."),
    Entry(
        "counted",
        "Counted, not checked –",
        "The run counted these multiply-adds; no rule for the layer gives them as well.",
    ),
    Entry(
        "assumed",
        "Assumed sizes",
        "A size hangs on values, which are not known; the largest possible one was taken.",
    ),
)


def glossary_entries(data: SummaryData) -> tuple[Entry, ...]:
    """Return the words that a report on *data* uses."""
    embeddings = (_OF_EMBEDDINGS,) if data.totals.embedding_parameters else ()
    experts = (_OF_EXPERTS,) if data.experts.routed or data.experts.reason else ()
    return (*_ALWAYS, *embeddings, *experts, *(_OF_A_RUN if data.trace.how != "off" else ()))
