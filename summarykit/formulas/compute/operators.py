"""A formula for the MACs of each operator of torch, from the sizes of its tensors.

They follow the conventions of torch's ``FlopCounterMode``, which counts two FLOPs for each MAC, and include operators
that it does not count: attention on the CPU, grouped products, fused recurrent layers. In the texts of a form, ``@`` is
replaced by a number that distinguishes its names from those of other terms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from summarykit.expression import Value
from summarykit.formulas.compute.rules import across, unless_one
from summarykit.records import Shape
from summarykit.runs import Operator

#: From an operator to the values of a form's names; empty where its sizes do not fit the form.
ReadSizes = Callable[[Operator], Mapping[str, Value]]


class Form(NamedTuple):
    """How many MACs one kind of operator takes."""

    formula: str
    says: str
    read_sizes: ReadSizes
    operators: tuple[str, ...]
    example: tuple[Shape, ...]


class Term(NamedTuple):
    """One operator as a term of a formula; its texts still have ``@``."""

    formula: str
    says: str
    values: tuple[tuple[str, Value], ...]


def term_of(operator: Operator) -> Term | None:
    """Return *operator* as a term; its count alone where no form fits, None where it has no count."""
    form = FORM_OF.get(operator.short_name)
    values = form.read_sizes(operator) if form else {}
    if form and values:
        return Term(form.formula, form.says, tuple(values.items()))
    if operator.macs is None:
        return None
    name = operator.short_name.strip("_")
    says = f"{{counted@}} multiplications were counted in {name if name.isidentifier() else 'an operator'}."
    return Term("counted@", says, (("counted", operator.macs),))


def _product_of_two(first: int) -> ReadSizes:
    """Return what reads the sizes of a product of two matrices, the first of them at position *first*."""

    def sizes(operator: Operator) -> Mapping[str, Value]:
        match operator.sizes[first : first + 2]:
            case ((rows, inner), (same, columns)) if inner == same:
                return {"rows": rows, "inner": inner, "columns": columns}
        return {}

    return sizes


def _products_of_pairs(first: int) -> ReadSizes:
    """Return what reads the sizes of a batched matrix product, the first batch at position *first*."""

    def sizes(operator: Operator) -> Mapping[str, Value]:
        match operator.sizes[first : first + 2]:
            case ((pairs, rows, inner), (piled, same, columns)) if inner == same and pairs == piled:
                return {"pairs": pairs, "rows": rows, "inner": inner, "columns": columns}
        return {}

    return sizes


def _linear(operator: Operator) -> Mapping[str, Value]:
    match operator.sizes[:2]:
        case ((*rows, inner), (columns, same)) if inner == same:
            return {"rows": math.prod(rows), "inner": inner, "columns": columns}
    return {}


def _vector(first: int) -> ReadSizes:
    def sizes(operator: Operator) -> Mapping[str, Value]:
        match operator.sizes[first : first + 2]:
            case ((rows, inner), (same,)) if inner == same:
                return {"rows": rows, "inner": inner, "columns": 1}
            case ((inner,), (same,)) if inner == same:
                return {"rows": 1, "inner": inner, "columns": 1}
        return {}

    return sizes


def _grouped_product(operator: Operator) -> Mapping[str, Value]:
    match operator.sizes[:2]:
        case ((rows, inner), (experts, same, columns)) if inner == same:
            return {"rows": rows, "inner": inner, "columns": columns, "experts": experts}
    return {}


def _convolution(operator: Operator) -> Mapping[str, Value]:
    if len(operator.sizes) < 2 or len(operator.sizes[0]) < 3 or len(operator.sizes[0]) != len(operator.sizes[1]):
        return {}
    image, (first, second, *window) = operator.sizes[:2]
    places = image if operator.transposed else operator.output
    return {
        "batch": image[0],
        "positions": tuple(places[2:]),
        "filters": first,
        "channels": second,
        "window": tuple(window),
    }


def _attention(operator: Operator) -> Mapping[str, Value]:
    match operator.sizes[:3]:
        case ((batch, heads, queries, size), (_, _, keys, same), (_, _, values, mixed)) if (
            size == same and keys == values
        ):
            return {
                "batch": batch,
                "heads": heads,
                "queries": queries,
                "keys": keys,
                "key_size": size,
                "value_size": mixed,
            }
    return {}


def _trilinear(operator: Operator) -> Mapping[str, Value]:
    match operator.sizes[:3]:
        case ((*rows, first), (outputs, one, other), (*_, second)) if first == one and second == other:
            return {"rows": math.prod(rows), "outputs": outputs, "first": first, "second": second}
    return {}


def _recurrent(operator: Operator) -> Mapping[str, Value]:
    match operator.sizes[:3]:
        case ((length, batch, inputs), (gates, same), (too, remembered)) if inputs == same and gates == too:
            return {"length": length, "batch": batch, "gates": gates, "inputs": inputs, "remembered": remembered}
    return {}


_TABLE = (
    "{rows@:1 row|# rows} of {inner@:1 number|# numbers} {rows@:is|are} multiplied with a table of "
    "{inner@} × {columns@}."
)
_EACH = "[batch@ != 1: For each of the {batch@} inputs, at || At]"
_ATTENTION = (
    "[batch@ != 1: For each of the {batch@} inputs, {heads@:the one head|each of the # heads}"
    " || {heads@:The one head|Each of the # heads}] compares {queries@:the one query|each of # queries} with "
    "{keys@:the one key|each of # keys}: "
    "{key_size@:1 multiplication|# multiplications} to compare and {value_size@} to mix the values. "
    "Pairs that a mask hides are counted too."
)
_IMAGE, _QUERY = (1, 3, 32, 32), (1, 8, 10, 64)

FORMS = (
    Form(
        "rows@ * inner@ * columns@",
        _TABLE,
        _product_of_two(0),
        ("mm", "_scaled_mm", "_int_mm"),
        ((128, 768), (768, 3072)),
    ),
    Form(
        "rows@ * inner@ * columns@",
        _TABLE,
        _product_of_two(1),
        ("addmm", "_addmm_activation"),
        ((3072,), (128, 768), (768, 3072)),
    ),
    Form(
        "rows@ * inner@ * columns@",
        _TABLE,
        _linear,
        ("linear", "mkldnn_linear", "_weight_int8pack_mm"),
        ((1, 128, 768), (3072, 768)),
    ),
    Form(
        f"{unless_one('pairs@')} * rows@ * inner@ * columns@",
        "{pairs@:1 pair of tables is|# pairs of tables are} multiplied, {rows@} × {inner@} with {inner@} × {columns@}.",
        _products_of_pairs(0),
        ("bmm",),
        ((8, 10, 64), (8, 64, 10)),
    ),
    Form(
        f"{unless_one('pairs@')} * rows@ * inner@ * columns@",
        "{pairs@:1 pair of tables is|# pairs of tables are} multiplied, {rows@} × {inner@} with {inner@} × {columns@}.",
        _products_of_pairs(1),
        ("baddbmm", "addbmm"),
        ((8, 10, 10), (8, 10, 64), (8, 64, 10)),
    ),
    Form(
        "rows@ * inner@",
        "{rows@:1 row|# rows} of {inner@:1 number|# numbers} {rows@:is|are} multiplied with one list of {inner@}.",
        _vector(0),
        ("mv", "dot", "vdot"),
        ((128, 768), (768,)),
    ),
    Form(
        "rows@ * inner@",
        "{rows@:1 row|# rows} of {inner@:1 number|# numbers} {rows@:is|are} multiplied with one list of {inner@}.",
        _vector(1),
        ("addmv",),
        ((128,), (128, 768), (768,)),
    ),
    Form(
        f"{unless_one('batch@')} * heads@ * queries@ * keys@ * (key_size@ + value_size@)",
        _ATTENTION,
        _attention,
        (
            "_scaled_dot_product_flash_attention",
            "_scaled_dot_product_flash_attention_for_cpu",
            "_scaled_dot_product_efficient_attention",
            "_scaled_dot_product_cudnn_attention",
            "_scaled_dot_product_fused_attention_overrideable",
            "_scaled_dot_product_attention_math_for_mps",
            "scaled_dot_product_attention",
            "flex_attention",
        ),
        (_QUERY,) * 3,
    ),
    Form(
        f"{unless_one('batch@')} * prod(positions@) * filters@ * (channels@ * prod(window@))",
        f"{_EACH} [prod(positions@) == 1: the one position || each of the {across('positions@')} positions], "
        "{filters@:the one filter|each of the # filters} multiplies its "
        f"{{channels@}} × {across('window@')} weights once.",
        _convolution,
        (
            "convolution",
            "_convolution",
            "cudnn_convolution",
            "convolution_overrideable",
            "_slow_conv2d_forward",
            "mkldnn_convolution",
        ),
        (_IMAGE, (64, 3, 7, 7)),
    ),
    Form(
        "rows@ * inner@ * columns@",
        "{rows@:The one row|Each of # rows} of {inner@:1 number|# numbers} goes to "
        "{experts@:the one expert|one of # experts} and is multiplied with its table of {inner@} × {columns@}.",
        _grouped_product,
        ("_grouped_mm", "_scaled_grouped_mm"),
        ((128, 768), (8, 768, 3072)),
    ),
    Form(
        "rows@ * outputs@ * (first@ * second@)",
        "For {rows@:the one pair|each of # pairs} of inputs, {outputs@:the one output|each of # outputs} multiplies "
        "one weight for every pair of {first@} and {second@} numbers.",
        _trilinear,
        ("_trilinear",),
        ((2, 4), (5, 4, 3), (2, 3)),
    ),
    Form(
        f"length@ * {unless_one('batch@')} * (gates@ * (inputs@ + remembered@))",
        "At [length@ == 1: the one step || each of the {length@} steps]"
        "[batch@ != 1:  of each of the {batch@} sequences], {gates@:1 gate weighs|# gates weigh} "
        "{inputs@:1 input|# inputs} and {remembered@:1 remembered value|# remembered values}.",
        _recurrent,
        ("mkldnn_rnn_layer",),
        ((5, 2, 10), (80, 10), (80, 20)),
    ),
)
FORM_OF = {name: form for form in FORMS for name in form.operators}


def read_example(form: Form) -> Operator:
    """Return the operator of a form's example."""
    return Operator(f"aten.{form.operators[0]}", form.example, _output(form), None)


def _output(form: Form) -> Shape:
    return (1, 64, 26, 26) if "convolution" in form.operators else ()
