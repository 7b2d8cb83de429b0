"""Reading tensors: the shapes that torch's functions make, and what their methods leave of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from summarykit.formulas.source import live, sizes
from summarykit.formulas.source.interpreter.operators import binary
from summarykit.formulas.source.values import UNKNOWN, Items, Plain, Real, Size, Tensor

_NEW_TENSORS = {"empty", "zeros", "ones", "rand", "randn"}

_SAME_SHAPE = {
    "abs",
    "bfloat16",
    "clamp",
    "clone",
    "contiguous",
    "cos",
    "cpu",
    "cuda",
    "detach",
    "double",
    "erf",
    "exp",
    "expm1",
    "fill_",
    "float",
    "half",
    "log",
    "log1p",
    "mul_",
    "neg",
    "reciprocal",
    "relu",
    "rsqrt",
    "softplus",
    "square",
    "normal_",
    "requires_grad_",
    "sigmoid",
    "sin",
    "sqrt",
    "tanh",
    "to",
    "trunc_normal_",
    "type",
    "uniform_",
    "xavier_uniform_",
    "zero_",
    "log_",
    "exp_",
    "add",
    "sub",
    "mul",
    "div",
    "add_",
    "sub_",
    "div_",
    "clamp_",
    "pow",
    "float_power",
}


def is_torch_function(target: Any) -> bool:
    """Return whether a built-in function is one of torch's."""
    module = live.getattr_plain(target, "__module__")
    owner = live.getattr_plain(target, "__self__")
    return (
        (isinstance(module, str) and module.startswith("torch"))
        or "torch" in str(type(owner))
        or (live.getattr_plain(owner, "__name__") in {"_VariableFunctionsClass", "torch._C._VariableFunctions"})
    )


def torch_function(name: str, args: tuple[Any, ...], keywords: Mapping[str, Any], line: int) -> Any:
    """Return the shape of what a function of torch makes."""
    if name in _NEW_TENSORS:
        return new_tensor(args, keywords, line)
    if name == "full" and (args or "size" in keywords):
        return new_tensor((args[0] if args else keywords["size"],), {}, line)
    if name in {"tensor", "as_tensor"} and args:
        return tensor_of(args[0], line)
    if name == "eye" and args:
        return Tensor((args[0], args[1] if len(args) > 1 else args[0]), line)
    if name in {"linspace", "logspace"}:
        steps = args[2] if len(args) > 2 else keywords.get("steps", UNKNOWN)
        return Tensor((steps,), line)
    if name == "arange" and args:
        return arange(args, line)
    if args and isinstance(args[0], Tensor) and (name in _SAME_SHAPE or name.endswith("_like")):
        return args[0]
    return UNKNOWN


def arange(args: tuple[Any, ...], line: int) -> Any:
    """Return the shape of ``torch.arange(end)`` or ``(start, end)``."""
    if len(args) == 1:
        return Tensor((args[0],), line)
    if len(args) == 2 and all(isinstance(arg, Size) for arg in args):
        start, end = args
        return Tensor((end if start.value == 0 else sizes.difference(end, start),), line)
    return UNKNOWN


def new_tensor(args: tuple[Any, ...], keywords: Mapping[str, Any], line: int) -> Any:
    """Return a tensor of the sizes given, as numbers or as one tuple."""
    dims: tuple[Any, ...] = args or ((keywords["size"],) if "size" in keywords else ())
    if len(dims) == 1 and isinstance(dims[0], Items):
        dims = dims[0].items
    return Tensor(tuple(dims), line)


def of_sizes_or_data(args: tuple[Any, ...], line: int) -> Any:
    """Return the shape of ``torch.Tensor(2, 3)``, or of ``torch.Tensor([a, b])``, which holds the numbers."""
    return tensor_of(args[0], line) if args and isinstance(args[0], Items) else new_tensor(args, {}, line)


def tensor_of(data: Any, line: int) -> Any:
    """Return the shape of ``torch.tensor(data)``."""
    if isinstance(data, Plain | Size | Real):
        return Tensor((), line)
    if isinstance(data, Tensor):
        return data
    if isinstance(data, Items) and all(isinstance(part, Plain | Size | Real) for part in data.items):
        return Tensor((sizes.literal(len(data.items)),), line)
    return UNKNOWN


def tensor_method(tensor: Tensor, name: str, args: tuple[Any, ...]) -> Any:
    """Return the shape after a method that keeps sizes readable."""
    arguments = args[0].items if len(args) == 1 and isinstance(args[0], Items) else args
    known_sizes = [size for size in arguments if isinstance(size, Size)]
    if name in _SAME_SHAPE:
        return tensor
    if name in {"view", "reshape", "expand"} and len(known_sizes) == len(arguments):
        return reshape(tensor, known_sizes, expand=name == "expand")
    if (
        name == "unsqueeze"
        and len(arguments) == 1
        and isinstance(arguments[0], Size)
        and arguments[0].value is not None
    ):
        at = arguments[0].value if arguments[0].value >= 0 else len(tensor.dims) + 1 + arguments[0].value
        return Tensor((*tensor.dims[:at], sizes.literal(1), *tensor.dims[at:]), tensor.line)
    if name in {"t", "transpose"} and len(tensor.dims) == 2:
        return Tensor(tensor.dims[::-1], tensor.line)
    if name == "repeat" and len(known_sizes) == len(arguments) == len(tensor.dims):
        pairs = zip(tensor.dims, arguments, strict=True)
        return Tensor(tuple(binary(times, "*", dim) for dim, times in pairs), tensor.line)
    return UNKNOWN


def reshape(tensor: Tensor, target: list[Size], *, expand: bool) -> Any:
    """Return a tensor in another shape; -1 leaves an axis as it is, or takes what the others leave."""
    rest = [axis for axis, size in enumerate(target) if size.value == -1]
    dims: list[Any] = list(target)
    extra = len(target) - len(tensor.dims)
    if any(size.value is not None and size.value < -1 for size in target):
        return UNKNOWN
    if expand:
        if extra < 0 or any(axis < extra for axis in rest):
            return UNKNOWN
        for axis in rest:
            dims[axis] = tensor.dims[axis - extra]
    elif len(rest) == 1:
        others = [size for size in target if size.value != -1]
        dims[rest[0]] = remaining_size(list(tensor.dims), others)
    elif rest:
        return UNKNOWN
    return Tensor(tuple(dims), tensor.line)


def remaining_size(dims: list[Any], others: list[Any]) -> Any:
    """Return the product of *dims* that *taken* axes leave: without those that are the same, else divided by them."""
    for size in list(others):
        if size in dims:
            dims.remove(size)
            others.remove(size)
    total: Any = product(dims)
    return binary(total, "//", product(others)) if others else total


def product(dims: list[Any]) -> Any:
    """Return the product of sizes; ones that only line up axes are left out."""
    factors = [dim for dim in dims if dim != sizes.literal(1)] or [sizes.literal(1)]
    total = factors[0]
    for factor in factors[1:]:
        total = binary(total, "*", factor)
    return total


def add_axes(tensor: Tensor, parts: list[Any]) -> Any:
    """Return ``tensor[None, :]``: an axis more for each None, the others as they are."""
    if len([part for part in parts if part is not None]) > len(tensor.dims):
        return UNKNOWN
    remaining = iter(tensor.dims)
    dims = [sizes.literal(1) if part is None else next(remaining) for part in parts]
    return Tensor((*dims, *remaining), tensor.line)
