"""What a host makes of Markdown: elements and texts, and the words in which it would see more than text."""

import re

from lxml import html
from markdown_it import MarkdownIt

GITHUB = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ALLOWED = {"html", "body", "h3", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}
ALLOWED |= {"details", "summary", "b", "strong", "code", "sub", "br"}

#: What GitHub and GitLab turn into links, signs or mathematics, unless it stands in code.
SEEN = {
    "a mention": r"@\w",
    "an issue": r"(?<![\w&])[#!~]\w|\bGH-\d",
    "an address": r"\w+://|\bwww\.\w|\b(?:mailto|xmpp):",
    "an emoji": r":[+-]?\w[\w+-]*:",
    "mathematics": r"\$",
}


def unpadded(markdown):
    """Without the blanks that set tables in columns."""
    return re.sub(r"(?<=\|) *[\u2007\u00a0]* *(?=\S)|(?<=\S) *[\u2007\u00a0]* *(?=\|)", " ", markdown)


def parsed(markdown):
    """The page markdown-it makes of it; nothing but the elements of the template may come out."""
    return looked_at(GITHUB.render(markdown))


def parsed_by_cmark(markdown):
    """The page GitHub's own parser makes of it, with its autolinks, task lists and footnotes."""
    from cmarkgfm import github_flavored_markdown_to_html
    from cmarkgfm.cmark import Options

    made = github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES)
    return looked_at(made)


PARSERS = [parsed, parsed_by_cmark]


def looked_at(rendered):
    """The tree of a finished page, after a look at its elements and at the texts a host goes over once more."""
    root = html.document_fromstring(
        f"<html><body>{rendered}</body></html>", parser=html.HTMLParser(remove_comments=True)
    )
    assert {element.tag for element in root.iter()} <= ALLOWED
    attributes = {(e.tag, name, value) for e in root.iter() for name, value in e.attrib.items()}
    assert {a for a in attributes if a[0] not in {"th", "td"}} <= {("code", "dir", "ltr")}
    for text in plain_texts(root):
        for what, pattern in SEEN.items():
            assert not re.search(pattern, text), f"{what} in {text!r}"
        assert not re.match(r"\s*(\[[ xX]\]|\[!|\[\^)", text)
    return root


def plain_texts(root):
    """Every text of the page that is not in code."""
    for element in root.iter():
        if element.text and element.tag != "code":
            yield element.text
        if element.tail:
            yield element.tail


def tables(root):
    """The texts of each table, as they are seen."""
    for table in root.iter("table"):
        yield [[cell_text(cell, head=row.find("th") is not None) for cell in row] for row in table.iter("tr")]


def cell_text(cell, *, head):
    return cell.text_content().strip("\u2007\u00a0") if head else cell.text_content()
