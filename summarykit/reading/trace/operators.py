"""What each operation of torch multiplies: multiply-accumulates (MACs) from the shapes it was given.

Products of matrices, convolutions and attention count, fused or not; what works element by element (activations,
norms, additions), pooling, softmax and looking up count as nothing, by convention. What multiplies and cannot be
counted is listed, not ignored.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from summarykit.runs import Operator, Shape

Arguments = Sequence[Any]
Counter = Callable[[Arguments, Any], int | None]


class Plan(NamedTuple):
    """What to do about an operation, worked out once."""

    name: str
    counter: Counter | None  #: None where it multiplies nothing
    is_new: bool  #: whether what it returns lies in new memory
    decompose: bool  #: whether it is made of operations that are to be watched instead
    writes: bool  #: whether it writes to what it is given
    formula: Callable[..., int] | None = None  #: a formula in torch's own registry, which counts FLOPs


def rows_times(position: int) -> Counter:
    """Count a product of matrices: each value of the result is a row of the operand at *position* times a column."""
    return lambda args, out: int(out.numel() * args[position].shape[-1])


def batches_added(args: Arguments, out: Any) -> int:
    """Count a product of batches that is summed over the batch."""
    return int(out.numel() * args[1].shape[0] * args[1].shape[-1])


def convolution(args: Arguments, out: Any) -> int:
    """Count a convolution: every position of the output, of a transposed one of the input, takes a whole filter."""
    weight = args[1]
    is_transposed = len(args) > 6 and bool(args[6])
    positions = args[0] if is_transposed else out
    return int(positions.numel() * (weight.numel() // max(weight.shape[0], 1)))


def attention(args: Arguments, out: Any) -> int:
    """Count scores and the sum of the values they weigh, in full: causal or not, as if nothing were skipped."""
    query, key, value = args[:3]
    return int(query.numel() // max(query.shape[-1], 1) * key.shape[-2] * (query.shape[-1] + value.shape[-1]))


def grouped_product(args: Arguments, out: Any) -> int:
    """Count a product of groups: each row meets the matrix of its own group alone."""
    left, right = args[:2]
    groups = left.shape[0] if left.dim() == 3 and right.dim() == 2 else 1
    return int(left.numel() * right.shape[-1] // max(groups, 1))


def trilinear(args: Arguments, out: Any) -> int:
    """Count a bilinear product: one for each weight and each row."""
    sizes: list[int] = []
    for tensor, new_axes in zip(args[:3], args[3:6], strict=True):
        shape = list(tensor.shape)
        for axis in sorted(new_axes):
            shape.insert(axis, 1)
        sizes = [max(size, other) for size, other in zip(sizes, shape, strict=True)] if sizes else shape
    return math.prod(sizes)


def fused_rnn(args: Arguments, out: Any) -> int:
    """Count a recurrent layer run at once: every weight of its two matrices, at every step."""
    steps = args[0].numel() // max(args[0].shape[-1], 1)
    return int(steps * (args[1].numel() + args[2].numel()))


def by_rows_of_weight(args: Arguments, out: Any) -> int:
    """Count a product with a packed weight that has a row for each number of the result."""
    return int(out.numel() * args[0].shape[-1])


def packed_convolution(args: Arguments, out: Any) -> int | None:
    """Count a convolution whose weight is packed."""
    shape = packed_weight(args[1])
    return None if shape is None else int(out.numel() * math.prod(shape[1:]))


def unknown_count(args: Arguments, out: Any) -> None:
    """Say that this multiplies, and that its count is not known."""


_COUNTERS: dict[str, Counter] = {
    "aten.mm": rows_times(0), "aten.bmm": rows_times(0), "aten.mv": rows_times(0), "aten.dot": rows_times(0),
    "aten.vdot": rows_times(0), "aten.linear": rows_times(0), "aten.mkldnn_linear": rows_times(0),
    "aten._addmm_activation": rows_times(1), "aten.addmm": rows_times(1), "aten.addmv": rows_times(1),
    "aten.baddbmm": rows_times(1), "aten.addbmm": batches_added, "aten._int_mm": rows_times(0),
    "aten._scaled_mm": rows_times(0), "aten._scaled_mm_v2": rows_times(0), "aten._weight_int8pack_mm": rows_times(0),
    "aten._weight_int4pack_mm": rows_times(0), "aten._weight_int4pack_mm_for_cpu": rows_times(0),
    "aten._dyn_quant_matmul_4bit": rows_times(0),
    "aten._grouped_mm": grouped_product, "aten._scaled_grouped_mm": grouped_product,
    "aten.convolution": convolution, "aten._convolution": convolution, "aten.convolution_overrideable": convolution,
    "aten.cudnn_convolution": convolution, "aten.mkldnn_convolution": convolution, "aten._trilinear": trilinear,
    "aten.mkldnn_rnn_layer": fused_rnn,
    "quantized.linear": by_rows_of_weight, "quantized.linear_relu": by_rows_of_weight,
    "quantized.linear_dynamic": by_rows_of_weight, "quantized.linear_relu_dynamic": by_rows_of_weight,
    "quantized.linear_dynamic_fp16": by_rows_of_weight,
    **{f"quantized.conv{n}d{kind}": packed_convolution for n in (1, 2, 3) for kind in ("", "_relu", "_dynamic")},
}  # fmt: skip
_ATTENTION = "aten._scaled_dot_product_"
#: How the names of operations begin that multiply and that nobody counts here.
_UNKNOWN_COUNT = (
    "aten.linalg_", "aten._linalg_", "aten.fft_", "aten._fft_", "aten.cdist", "aten._cdist", "aten._pdist",
    "aten.cholesky", "aten._cholesky", "aten.lu_", "aten.triangular_solve", "aten.ormqr", "aten.geqrf",
    "aten.matrix_exp", "aten.inverse", "aten._sparse_", "aten.sparse_", "aten._cudnn_rnn", "aten.miopen_rnn",
    "aten._native_multi_head_attention", "aten._transformer_encoder_layer_fwd", "aten._flash_attention",
    "aten._efficient_attention",
)  # fmt: skip
#: Names within those that are free: they only look at a result or rearrange it.
_FREE = ("aten.linalg_vector_norm", "aten.fft_fftfreq", "aten.fft_rfftfreq", "aten._linalg_check_errors")
#: Namespaces whose operations multiply nothing, apart from those counted above.
_FREE_SPACES = frozenset(
    {"aten", "prims", "prim", "profiler", "c10d", "_c10d_functional", "quantized", "torch_scatter"}
)
_FREE_ELSEWHERE = (
    "torchvision.nms",
    "torchvision.roi_",
    "torchvision.ps_roi",
    "torchvision._",
    "quantized_decomposed.",
)
#: What says that its result is new and gives a view all the same.
_VIEWS = frozenset({"aten._unsafe_view", "aten.lift_fresh", "aten._reshape_alias", "aten.lift"})


def plan_for(function: Any) -> Plan:
    """Return what to do about an operation."""
    packet = getattr(function, "_overloadpacket", None)
    if packet is None:  # an operation of higher order: other functions are its arguments
        formula = flop_formula(function)
        return Plan(f"higher_order.{function}", unknown_count, True, False, False, formula)
    name = str(packet)
    returns = function._schema.returns
    is_new = name not in _VIEWS and not any(one.alias_info is not None for one in returns)
    count = counter(name)
    formula = flop_formula(packet) if count is None or count is unknown_count else None
    if count is None and formula is not None:
        count = unknown_count
    decompose = count is None and is_composite(function.name())
    return Plan(name, count, is_new, decompose, function._schema.is_mutable, formula)


def is_composite(name: str) -> bool:
    """Return whether an operation is nothing but a sequence of others; one that only Python knows is not."""
    try:
        return torch._C._dispatch_has_kernel_for_dispatch_key(name, "CompositeImplicitAutograd")
    except RuntimeError:
        return False


def counter(name: str) -> Counter | None:
    """Return what counts the operation *name*, None where it multiplies nothing."""
    count = _COUNTERS.get(name)
    if count is not None:
        return count
    if name.startswith(_ATTENTION):
        return None if "backward" in name else attention
    if name.startswith(_UNKNOWN_COUNT) and not name.startswith(_FREE):
        return unknown_count
    if name.partition(".")[0] in _FREE_SPACES or name.startswith(_FREE_ELSEWHERE):
        return None
    return unknown_count


def flop_formula(packet: Any) -> Callable[..., int] | None:
    """Return the formula that torch, or a library, has registered for an operation."""
    from torch.utils.flop_counter import flop_registry

    return flop_registry.get(packet)


class OperatorTable:
    """Operators, each distinct one once."""

    def __init__(self) -> None:
        self._operators: dict[tuple[object, ...], Operator] = {}

    def operator(self, plan: Plan, args: Arguments, kwargs: dict[str, Any], out: Any) -> Operator:
        """Return what one run of a multiplying operation was."""
        first = out[0] if isinstance(out, tuple | list) and out else out
        sizes = tuple([tensor.shape for tensor in flat(args) if isinstance(tensor, Tensor)])
        groups, is_transposed = 1, False
        if plan.counter is convolution:
            is_transposed, groups = bool(args[6]), args[8]
        output: Shape = first.shape if isinstance(first, Tensor) else ()
        # The shape of a packed weight is in no tensor: each is told from the others by what it is.
        weight_id = id(args[1]) if plan.counter is packed_convolution else 0
        key = (plan.name, sizes, output, is_transposed, groups, weight_id)
        operator = self._operators.get(key)
        if operator is None:
            plain = tuple(tuple(map(int, shape)) for shape in sizes)
            macs = count_macs(plan, args, kwargs, out, first)
            operator = Operator(plan.name, plain, tuple(map(int, output)), macs, is_transposed, int(groups))
            self._operators[key] = operator
        return operator


def count_macs(plan: Plan, args: Arguments, kwargs: dict[str, Any], out: Any, first: Any) -> int | None:
    """Return the multiply-accumulates of one run, None where they are not known."""
    assert plan.counter is not None
    try:
        if any(tensor.layout is not torch.strided for tensor in flat(args) if isinstance(tensor, Tensor)):
            return None  # a sparse operand: how many of its numbers are there lies in its values
        if plan.formula is not None:
            return int(plan.formula(*args, **kwargs, out_val=out)) // 2
        return plan.counter(args, first)
    except Exception:  # noqa: BLE001 - an operation of any library may be called as no formula expects
        return None


def flat(args: Arguments) -> list[Any]:
    """Return arguments with lists of tensors opened."""
    values: list[Any] = []
    for value in args:
        if isinstance(value, list | tuple):
            values += value
        else:
            values.append(value)
    return values


def packed_weight(holder: Any) -> tuple[int, ...] | None:
    """Return the shape of a packed weight, None where it keeps that to itself."""
    unpack = getattr(holder, "unpack", None) or getattr(holder, "__getstate__", None)
    try:
        weight = unpack()[0]  # type: ignore[misc]
        return tuple(int(size) for size in weight.shape)
    except Exception:  # noqa: BLE001 - another library's object
        return None
