"""Names that try to be something else than a name."""

from torch import nn

NAMES = [
    "<script>alert(1)</script>", "</details>", "<!-- ", "&lt;", "&#124;", "a|b", "a\\|b", "\\", "a\\", "`", "``a",
    "a`b`c", "a\nb", "a\n| x | y |", "a\r\nb", "\n\n# head", "a\tb", "a  b", " a ", " ", "", "|", "||", ":--", "---",
    "===", '=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "#N/A", "#REF!", "'quoted", '"quoted"', "*bold*",
    "_under_", "__init__", "**a**", "~~a~~", "[a](http://b)", "![a](b)", "[red]", "[/]", "a[/]b", "[bold red]x[/]",
    "<https://x.y>", "http://example.com", "www.example.com", "user@example.com", "@someone", "#123", ":smile:",
    "$x$", "{{ 7*7 }}", "{% raw %}", "1. one", "- item", "> quote", "# head", "\x00", "\x1b[31mred", "\x7f",
    "\ud800", "\udcff", "\ufffe", "\uffff", "\u202eevil", "\u200f", "\u2066x\u2069", "\u2028", "\ufeff", "\xad",
    "e\u0301", "\U0001f600", "a\xa0b", "\u3000", "größe", "层", "x" * 300, "a.b", ".", "..", "0", "00", "\uff11",
    "None", "%s", "%(x)s", "$HOME", "../../etc/passwd", "CON", "a" + "\u0300" * 50,
]  # fmt: skip


class Holder(nn.Module):
    """A model whose children are put in by force: PyTorch refuses some of these names, but saved files have them."""


def model(name: str) -> nn.Module:
    """A model with a layer, a tensor and a block of that name."""
    holder = Holder()
    holder._modules[name] = nn.Linear(16, 4)
    holder._modules["block"] = Holder()
    holder._modules["block"]._modules[name] = nn.Linear(4, 2)
    return holder


def of_class(name: str) -> nn.Module:
    """A model of a class of that name, with a layer of a class of that name."""
    cls = type(name, (nn.Sequential,), {})
    return cls(nn.Linear(16, 4), type(name, (nn.Linear,), {})(4, 2))
