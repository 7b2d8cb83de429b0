"""The catalogue of formulas, for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from rich.console import Console
from rich.text import Text

from summarykit.exporters.view.words import visible
from summarykit.expression import Expression, Sentence


class RuleText(Protocol):
    """The fields of a rule that are printed; exporters do not import the rules themselves."""

    @property
    def target(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...
    @property
    def count(self) -> Expression: ...
    @property
    def shapes(self) -> tuple[tuple[str, tuple[Expression, ...], str], ...]: ...
    @property
    def says(self) -> Sentence | None: ...
    @property
    def about(self) -> str: ...


def print_rules(console: Console, rules: Iterable[RuleText]) -> None:
    """Print each rule: its layers, its description, its formula and its shapes."""
    for number, rule in enumerate(rules):
        lines = [Text()] if number else []
        lines.append(Text(visible(title(rule)), style="bold"))
        if rule.about:
            lines.append(Text(f"  {visible(rule.about)}"))
        lines.append(Text(f"  parameters: {visible(with_signs(rule.count.source))}", style="green"))
        lines += [
            Text(f"  {visible(name)}: {visible(with_signs(text)) or 'one number'}") for name, _, text in rule.shapes
        ]
        for line in lines:
            console.print(line, soft_wrap=True)


def title(rule: RuleText) -> str:
    """Return the layers of a rule, with their library if it is not torch."""
    names = [name.rpartition(".")[2] for name in (rule.target, *rule.aliases)]
    library = rule.target.partition(".")[0]
    public = ", ".join(name for name in names if not name.startswith("_"))
    return public if library == "torch" else f"{public} ({library})"


def with_signs(source: str) -> str:
    """Return the text of a rule with mathematical signs: × for ``*``, ÷ for ``//``."""
    return source.replace("//", "÷").replace(" * ", " × ").replace(" - ", " − ")
