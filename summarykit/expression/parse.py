"""Parse the text of a rule to a tree: Python's grammar with a list of allowed nodes; no code is run."""

from __future__ import annotations

import ast
from functools import lru_cache

from summarykit.errors import ExpressionError
from summarykit.expression.nodes import (
    Choice,
    Compare,
    Expression,
    Extreme,
    Item,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Reduce,
    Remainder,
    Sum,
    Text,
)

LANGUAGE = (
    "use whole numbers, the layer's settings, + - * // % **, comparisons, and/or/not, "
    "'a if condition else b', prod(x), sum(x), len(x), min(...), max(...) and x[0]"
)
MAX_LENGTH = 2_000
MAX_DEPTH = 100
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Return the formula of a text.

    Raises:
        ExpressionError: *text* has a syntax error or a node outside the language; it points at the spot.

    """
    return Expression(text, _Parser(text).tree())


@lru_cache(maxsize=4096)
def parse_shape(text: str) -> tuple[Expression, ...]:
    """Return the dimensions of a tensor: ``"out_channels, in_channels // groups, *kernel_size"``.

    A starred name gives as many dimensions as the setting has elements; it is an expression whose source begins with
    ``*``. An empty text is a scalar.

    Raises:
        ExpressionError: As for ``parse``.

    """
    if not text.strip():
        return ()
    parser = _Parser(f"({text},)", original=text, shift=1)
    root = parser.root()
    if not isinstance(root, ast.Tuple):
        raise parser.error(root, "a shape is a list of dimensions")
    return tuple(parser.dimension(part) for part in root.elts)


class _Parser:
    """Parses one text; keeps the position of each node for error messages."""

    def __init__(self, text: str, *, original: str | None = None, shift: int = 0) -> None:
        self.text = text
        self.original = text if original is None else original
        self.shift = shift
        self.code = text

    def tree(self) -> Node:
        return self.convert(self.root(), 0)

    def root(self) -> ast.expr:
        if not isinstance(self.text, str):
            raise ExpressionError(repr(self.text), 0, "a formula is written as text", hint=LANGUAGE)
        if len(self.text) > MAX_LENGTH:
            problem = f"a formula of {len(self.text):,} characters; at most {MAX_LENGTH:,} are read"
            raise ExpressionError(self.text[:60] + "…", 0, problem, hint="split the layer into smaller rules")
        # A rule may be written over several lines, and a leading blank is no indentation error.
        flat = " ".join(self.text.split("\n"))
        if "#" in flat:
            raise ExpressionError(
                self.original, flat.index("#") - self.shift, "a formula has no comments", hint=LANGUAGE
            )
        lead = len(flat) - len(flat.lstrip())
        try:
            root = ast.parse(flat.strip(), mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            # Python reports an expression that ends too early at offset 0.
            position = max(0, (getattr(error, "offset", None) or len(flat) + 1) - 1 - self.shift + lead)
            problem = f"not an expression: {getattr(error, 'msg', None) or error}"
            raise ExpressionError(self.original, min(position, len(self.original)), problem, hint=LANGUAGE) from None
        self.code = flat.strip()
        self.shift -= lead
        return root

    def error(self, node: ast.AST, problem: str) -> ExpressionError:
        column = len(self.code.encode()[: getattr(node, "col_offset", 0)].decode(errors="replace"))
        return ExpressionError(self.original, max(0, column - self.shift), problem, hint=LANGUAGE)

    def dimension(self, node: ast.expr) -> Expression:
        if isinstance(node, ast.Starred):
            name = self.name(node.value)
            return Expression(f"*{name}", Reduce("prod", name))
        return Expression(ast.unparse(node), self.convert(node, 0))

    def name(self, node: ast.expr) -> str:
        match node:
            case ast.Name(id=name):
                return name
            case ast.Attribute(value=value, attr=attr):
                return f"{self.name(value)}.{attr}"
        raise self.error(node, "a setting's name is expected here")

    def convert(self, node: ast.expr, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.error(node, f"nested more than {MAX_DEPTH} deep")
        match node:
            case ast.Constant(value=bool(value)):
                return Number(int(value))
            case ast.Constant(value=int(value)):
                return Number(value)
            case ast.Constant(value=str(value)):
                return Text(value)
            case ast.Name() | ast.Attribute():
                return Name(self.name(node))
            case ast.Subscript(value=value, slice=index):
                return Item(self.name(value), self.convert(index, depth + 1))
            case ast.BinOp(left=left, op=operator, right=right):
                return self.binary(node, left, operator, right, depth + 1)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.convert(operand, depth + 1)
                return Number(-inner.value) if isinstance(inner, Number) else Negative(inner)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Logic("not", (self.convert(operand, depth + 1),))
            case ast.BoolOp(op=operator, values=values):
                word = "and" if isinstance(operator, ast.And) else "or"
                return Logic(word, tuple(self.convert(value, depth + 1) for value in values))
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in COMPARISONS:
                return Compare(
                    self.convert(left, depth + 1), COMPARISONS[type(operator)], self.convert(right, depth + 1)
                )
            case ast.IfExp(test=test, body=body, orelse=orelse):
                parts = (self.convert(part, depth + 1) for part in (test, body, orelse))
                return Choice(*parts)
            case ast.Call(func=ast.Name(id=function), args=args, keywords=[]):
                return self.call(node, function, args, depth + 1)
        raise self.error(node, f"{type(node).__name__} is not part of the formula language")

    def binary(self, node: ast.expr, left: ast.expr, operator: ast.operator, right: ast.expr, depth: int) -> Node:
        a, b = self.convert(left, depth), self.convert(right, depth)
        match operator:
            case ast.Add() | ast.Sub():
                last = b if isinstance(operator, ast.Add) else Negative(b)
                return Sum((*a.terms, last) if isinstance(a, Sum) else (a, last))
            case ast.Mult():
                return Product((*a.factors, b) if isinstance(a, Product) else (a, b))
            case ast.FloorDiv():
                return Quotient(a, b)
            case ast.Mod():
                return Remainder(a, b)
            case ast.Pow():
                return Power(a, b)
            case ast.Div():
                raise self.error(node, "a count is a whole number: divide with // instead of /")
        raise self.error(node, f"the operator {type(operator).__name__} is not part of the formula language")

    def call(self, node: ast.expr, function: str, args: list[ast.expr], depth: int) -> Node:
        if function in {"prod", "sum", "len"} and len(args) == 1:
            return Reduce(function, self.name(args[0]))
        if function in {"min", "max"} and len(args) > 1:
            return Extreme(function, tuple(self.convert(arg, depth) for arg in args))
        raise self.error(node, f"{function}() with {len(args)} argument(s) is not part of the formula language")
