"""Model text as safe HTML: CommonMark without HTML and images, then an allow-list.

The reader is told where a link goes: its host stands behind it, unless the text of
the link names it already. Each block of code gets a button of ours, put there after
the allow-list, which lets no button of the model through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from urllib.parse import urlsplit

import nh3
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

LONGEST = 200 * 1024  # characters; beyond, the text is shown as it is
MOST_BRACKETS = 2_000  # outside of code; each may begin a link, and takes long
MOST_CELLS = 10_000  # of all tables: a row may be a letter, its empty cells are not

HEADINGS = {f"h{level}" for level in range(1, 7)}
TABLE = {"table", "thead", "tbody", "tr", "th", "td"}
TAGS = {
    *HEADINGS,
    *TABLE,
    *("p", "br", "strong", "em", "s", "code", "pre", "blockquote", "hr", "a"),
    *("ul", "ol", "li"),
}
ATTRIBUTES: dict[str, set[str]] = {"a": {"href"}, "ol": {"start"}, "*": set()}
SCHEMES = {"http", "https", "mailto"}
ADDRESS = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
REL = "noopener noreferrer nofollow"


def render(text: str) -> str:
    """Return HTML that holds nothing active, whatever the text is."""
    try:
        raw = _raw(text)
    except _TooMuch:
        return f"<pre>{nh3.clean_text(text)}</pre>"
    html = nh3.clean(
        raw,
        tags=TAGS,
        clean_content_tags={"script", "style", "template", "noscript"},
        attributes=ATTRIBUTES,
        attribute_filter=_without_brackets,
        url_schemes=SCHEMES,
        link_rel=REL,
        strip_comments=True,
    )
    return html.replace("<pre>", code_head()).replace("</pre>", CODE_END)


class _TooMuch(Exception):
    """A text would take too long."""


def _raw(text: str) -> str:
    if len(text) > LONGEST:
        raise _TooMuch
    return str(_parser.render(text))


@cache
def code_head() -> str:
    """Return what stands before the code of a block: a button that copies it."""
    button = render_to_string("playground/_copy_code.html").strip()
    return f'<div class="code-block">{button}<pre tabindex="0">'


CODE_END = "</pre></div>"


def _without_brackets(_tag: str, _name: str, value: str) -> str | None:
    """Drop what would let a search for <pre> find one inside an attribute."""
    return None if "<" in value else value


def rendered(text: str) -> SafeString:
    """Return the same for a template."""
    return mark_safe(render(text))


def together(parts: Iterable[str]) -> SafeString:
    """Return parts that were rendered here or by a template as one."""
    return mark_safe("".join(parts))


def _counted_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if not silent and table(state, start, end, True):
        _count_cells(state, start, end)
    return table(state, start, end, silent)


def _count_cells(state: StateBlock, start: int, end: int) -> None:
    """Count what a table has at most: its columns in each line up to an empty one."""
    line = state.src[state.bMarks[start + 1] : state.eMarks[start + 1]]
    columns = line.strip(" \t|>").count("|") + 1
    rows = next((at for at in range(start, end) if state.isEmpty(at)), end) - start
    state.env["cells"] = state.env.get("cells", 0) + columns * rows
    if state.env["cells"] > MOST_CELLS:
        raise _TooMuch


def _count_brackets(state: StateCore) -> None:
    inline = (token.content for token in state.tokens if token.type == "inline")
    if sum(content.count("[") for content in inline) > MOST_BRACKETS:
        raise _TooMuch


def _name_hosts(state: StateCore) -> None:
    for token in state.tokens:
        if token.children:
            token.children = _with_hosts(token.children)


def _with_hosts(tokens: Sequence[Token]) -> list[Token]:
    result: list[Token] = []
    host, said = "", ""
    for token in tokens:
        result.append(token)
        if token.type == "link_open":
            host, said = _host(str(token.attrGet("href") or "")), ""
        elif token.type == "link_close":
            if host and host not in said:
                result.append(Token("text", "", 0, content=f" ({host})"))
            host = ""
        else:
            said += token.content
    return result


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        """Take whole addresses only: a relative one would point into Gatehouse."""
        return ADDRESS.match(url) is not None


def _make_parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False, "linkify": False})
    parser.enable(["table", "strikethrough"]).disable(["image"])
    parser.block.ruler.at("table", _counted_table, {"alt": ["paragraph", "reference"]})
    parser.core.ruler.before("inline", "count_brackets", _count_brackets)
    parser.core.ruler.push("name_hosts", _name_hosts)
    return parser


_parser = _make_parser()
