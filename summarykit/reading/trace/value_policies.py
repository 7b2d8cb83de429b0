"""Answers to questions about values, where there are no values: each by a rule, and each is noted.

Sizes that depend on values become the largest possible ones, a number becomes 1, and a yes or no what the operation
behind it suggests: a model asks ``isfinite(x).all()`` to be told yes, and ``isnan(x).any()`` to be told no.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from summarykit.reading.trace.constants import KnownValues

aten = torch.ops.aten
#: Note what was assumed: *what* was asked, and the answer in words.
Note = Callable[[str, str], None]
FEW = 16
LARGEST = "size unknown, largest assumed"


class ValuePolicy:
    """Answers by rule; ``yes`` is what a question is answered whose operation suggests nothing."""

    def __init__(self, note: Note, yes: bool, known_values: KnownValues) -> None:
        self.note = note
        self.known_values = known_values
        self.yes = yes
        self.unsure = False  #: whether a question had to be answered that nothing suggested an answer to

    def answer(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Return what *function* would have to look at values for; NotImplemented where no rule knows it."""
        rule = _RULES.get(str(function._overloadpacket))
        return NotImplemented if rule is None else rule(self, function, args, kwargs)

    def number(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer ``item()``."""
        tensor = args[0]
        if tensor.dtype is not torch.bool:
            self.note("`item()`", "value unknown, 1 assumed")
            return 1.0 if tensor.is_floating_point() else 1
        suggestion = getattr(tensor, SUGGESTION, None)
        if suggestion is None:
            self.unsure = True
            suggestion = self.yes
        self.note("a question of yes or no", f"answer unknown, {'yes' if suggestion else 'no'} assumed")
        return bool(suggestion)

    def same(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
        """Answer whether two tensors are equal."""
        self.note("a comparison of tensors", "answer unknown, equal assumed")
        return True

    def positions(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
        """Answer ``nonzero()``: everything is."""
        self.note("`nonzero`", LARGEST)
        return every_position(args[0])

    def index_by_mask(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer an index by a mask: every element is taken."""
        indices: list[Any] = []
        for index in args[1]:
            if isinstance(index, Tensor) and index.dtype in (torch.bool, torch.uint8):
                indices += self.true_positions(index, "boolean index")
            else:
                indices.append(index)
        return function(args[0], indices, *args[2:], **kwargs)

    def true_positions(self, mask: Tensor, what: str) -> list[Tensor]:
        """Return where a mask is true, an index for each axis: everywhere, unless its values are known."""
        positions = self.known_values.positions(mask)
        if positions is not None:
            return positions
        self.note(what, LARGEST)
        return list(every_position(mask).unbind(1)) if mask.dim() else [mask.new_zeros(1, dtype=torch.int64)]

    def masked_select(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
        """Answer ``masked_select``: every element is taken."""
        mask = args[1]
        whole = torch.broadcast_shapes(args[0].shape, mask.shape).numel()
        size = self.true_positions(mask, "`masked_select`")[0].shape[0] * whole // max(mask.numel(), 1)
        result: Tensor = args[0].new_empty(size)
        return result

    def distinct(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer the ``unique`` of all elements: no two are equal.

        Asked for nothing but the values, a model goes through kinds one by one (classes, levels, graphs), and there are
        few of those; a loop over each of a hundred thousand boxes would never end.
        """
        tensor = args[0]
        few = function._overloadpacket is aten._unique2 and not any(args[2:]) and not any(kwargs.values())
        self.note("`unique`", f"number unknown, at most {FEW} assumed" if few else LARGEST)
        number = min(tensor.numel(), FEW) if few else tensor.numel()
        whole = tensor.new_empty(tensor.shape, dtype=torch.int64)
        values = tensor.new_empty(number)
        counts = values.new_empty(values.shape, dtype=torch.int64)
        return (values, whole) if function._overloadpacket is aten._unique else (values, whole, counts)

    def distinct_slices(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer the ``unique`` along an axis: no two slices are equal."""
        self.note("`unique`", LARGEST)
        tensor, axis = args[0], args[1]
        size = tensor.shape[axis]
        return torch.empty_like(tensor), *(tensor.new_empty(size, dtype=torch.int64) for _ in range(2))

    def consecutive(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer ``unique_consecutive``."""
        axis = args[3] if len(args) > 3 else kwargs.get("dim")
        if axis is None:
            return self.distinct(function, args, kwargs)
        return self.distinct_slices(function, (args[0], axis), kwargs)

    def bincount(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
        """Answer ``bincount``: as many bins as asked for, or as there are elements."""
        self.note("`bincount`", LARGEST)
        weights = args[1] if len(args) > 1 else kwargs.get("weights")
        least = args[2] if len(args) > 2 else kwargs.get("minlength", 0)
        dtype = weights.dtype if isinstance(weights, Tensor) else torch.int64
        result: Tensor = args[0].new_empty(least or args[0].numel(), dtype=dtype)
        return result

    def repeat_interleave(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
        """Answer ``repeat_interleave``: each element once."""
        self.note("`repeat_interleave`", "number of repeats unknown, 1 assumed")
        result: Tensor = args[0].new_empty(args[0].numel(), dtype=torch.int64)
        return result

    def pack_padded(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Answer ``pack_padded_sequence``: every sequence has full length, unless the lengths are known."""
        sequences, lengths, batch_first = args
        steps, rows = (sequences.shape[1], sequences.shape[0]) if batch_first else sequences.shape[:2]
        values = self.known_values.of(lengths)
        if values is None:
            self.note("`pack_padded_sequence`", "lengths unknown, full length assumed")
            return sequences.new_empty(steps * rows, *sequences.shape[2:]), torch.full((steps,), rows)
        each = values.tolist()
        sizes = torch.tensor([sum(length > step for length in each) for step in range(max(each))], device="cpu")
        return sequences.new_empty(sum(each), *sequences.shape[2:]), sizes

    def pad_packed(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Answer ``pad_packed_sequence``: every sequence has full length, unless the sizes of batches are known."""
        data, sizes, batch_first, _, total = args
        steps = sizes.shape[0]
        values = self.known_values.of(sizes)
        if values is None:
            self.note("`pad_packed_sequence`", "lengths unknown, full length assumed")
            each = [steps] * (data.shape[0] // max(steps, 1))
        else:
            each = [sum(size > row for size in values.tolist()) for row in range(int(values[0]))]
        rows, steps = len(each), max(steps, total)
        shape = (rows, steps) if batch_first else (steps, rows)
        return data.new_empty(*shape, *data.shape[1:]), torch.tensor(each, device="cpu")

    def boxes_after_nms(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
        """Answer which boxes remain after suppression: all."""
        self.note("`nms`", LARGEST)
        return torch.arange(args[0].shape[0], device=args[0].device)

    def grouped_product(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer a product of groups, which torch only knows in one dtype where nothing is computed."""
        left, right = args[:2]
        offsets = args[2] if len(args) > 2 else kwargs["offs"]
        if left.dim() == 2 and right.dim() == 2:
            return left.new_empty(offsets.shape[0], left.shape[0], right.shape[1])
        if left.dim() == 3 and right.dim() == 2:
            return left.new_empty(left.shape[1], right.shape[1])
        return left.new_empty(*left.shape[:-1], right.shape[-1])

    def pin_memory(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Leave a tensor where it is: pinning needs a device."""
        return args[0]


_RULES: dict[str, Callable[[ValuePolicy, Any, Sequence[Any], dict[str, Any]], Any]] = {
    "aten._local_scalar_dense": ValuePolicy.number,
    "aten.item": ValuePolicy.number,
    "aten.equal": ValuePolicy.same,
    "aten.allclose": ValuePolicy.same,
    "aten.nonzero": ValuePolicy.positions,
    "aten.index": ValuePolicy.index_by_mask,
    "aten.masked_select": ValuePolicy.masked_select,
    "aten._unique": ValuePolicy.distinct,
    "aten._unique2": ValuePolicy.distinct,
    "aten.unique_dim": ValuePolicy.distinct_slices,
    "aten.unique_dim_consecutive": ValuePolicy.distinct_slices,
    "aten.unique_consecutive": ValuePolicy.consecutive,
    "aten.bincount": ValuePolicy.bincount,
    "aten.repeat_interleave": ValuePolicy.repeat_interleave,
    "aten._pack_padded_sequence": ValuePolicy.pack_padded,
    "aten._pad_packed_sequence": ValuePolicy.pad_packed,
    "torchvision.nms": ValuePolicy.boxes_after_nms,
    "aten._grouped_mm": ValuePolicy.grouped_product,
    "aten._pin_memory": ValuePolicy.pin_memory,
}


def every_position(tensor: Tensor) -> Tensor:
    """Return what ``nonzero()`` gives of a tensor without a zero."""
    return tensor.new_empty((tensor.numel(), tensor.dim()), dtype=torch.int64)


#: The attribute of a tensor that says which answer its operation suggests.
SUGGESTION = "_suggested_answer"
_ALWAYS = {
    "aten.isnan": False, "aten.isinf": False, "aten.isneginf": False, "aten.isposinf": False, "aten.isfinite": True,
}  # fmt: skip
_IF_UNKNOWN = {"aten.all": True, "aten.any": False}
_AS_BEFORE = frozenset({
    "aten.view", "aten.clone", "aten.squeeze", "aten.reshape", "aten.detach", "aten.alias", "aten.select", "aten.slice",
    "aten._unsafe_view", "aten._to_copy", "aten.unsqueeze", "aten.expand",
})  # fmt: skip
_NEGATIONS = frozenset({"aten.logical_not", "aten.bitwise_not"})


def suggest(name: str, args: Sequence[Any], result: Any) -> None:
    """Remember on a tensor of yes and no which answer the operation that made it suggests."""
    suggestion = getattr(args[0], SUGGESTION, None) if args else None
    if name in _ALWAYS:
        suggestion = _ALWAYS[name]
    elif name in _IF_UNKNOWN:
        suggestion = _IF_UNKNOWN[name] if suggestion is None else suggestion
    elif name in _NEGATIONS:
        suggestion = None if suggestion is None else not suggestion
    elif name not in _AS_BEFORE:
        return
    if suggestion is not None:
        setattr(result, SUGGESTION, suggestion)
