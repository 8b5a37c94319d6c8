"""Model text as HTML: what it may look like, and that nothing in it acts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from console.playground import markdown
from console.playground.markdown import CODE_END, render
from tests.playground.hostile import EVERY, HOSTILE, MIXED


class Elements(HTMLParser):
    """Everything a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements_of(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(html)
    parser.close()
    return parser.found


def assert_harmless(html: str) -> None:
    bare = html.replace(markdown.code_head(), "<pre>").replace(CODE_END, "</pre>")
    for tag, attributes in elements_of(bare):
        assert tag in markdown.TAGS
        allowed = {"a": {"href", "rel"}, "ol": {"start"}}.get(tag, set())
        assert set(attributes) <= allowed
        if tag == "a" and "href" in attributes:
            assert re.match(r"(?i)(https?://|mailto:)", attributes["href"] or "")
            assert attributes["rel"] == "noopener noreferrer nofollow"


@pytest.mark.parametrize("text", EVERY)
def test_nothing_hostile_acts(text: str) -> None:
    assert_harmless(render(text))


def test_those_that_a_browser_gets_together_do_not_hide_one_another() -> None:
    for texts in MIXED:
        together = render("\n\n---\n\n".join(texts))

        assert together == "<hr>\n".join(render(text) for text in texts)


def test_there_are_enough_of_them() -> None:
    assert len(set(EVERY)) >= 300


@given(st.lists(st.sampled_from([*HOSTILE, "\n", "\n\n", "  ", "a", "`", "*", "|"])))
@examples(max_examples=150, deadline=None)
def test_nothing_hostile_acts_in_any_mixture(parts: list[str]) -> None:
    assert_harmless(render("".join(parts)))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Hello *there*", "<p>Hello <em>there</em></p>"),
        ("# Title", "<h1>Title</h1>"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("3. three", '<ol start="3">\n<li>three</li>\n</ol>'),
        ("`a < b`", "<p><code>a &lt; b</code></p>"),
        ("a\n\nb", "<p>a</p>\n<p>b</p>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
        ("", ""),
    ],
)
def test_ordinary_markdown(text: str, html: str) -> None:
    assert render(text).strip() == html


def test_a_block_of_code_has_a_button_that_copies_it() -> None:
    html = render("```python\nx < 1\n```").strip()

    assert html == f"{markdown.code_head()}<code>x &lt; 1\n</code>{CODE_END}"
    assert elements_of(html)[1] == (
        "button",
        {"class": "btn small quiet", "type": "button", "data-copy-code": None},
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[x](https://ok.test/<pre>)", id="in an address"),
        pytest.param("[x](<https://ok.test/<pre>>)", id="in brackets"),
        pytest.param("`<pre>`", id="as code"),
        pytest.param("&lt;pre&gt;", id="as an entity"),
        pytest.param("<button data-copy-code>x</button>", id="the button itself"),
    ],
)
def test_a_button_stands_before_blocks_alone(text: str) -> None:
    html = render(text)

    assert "<button" not in html
    assert_harmless(html)


def test_a_table() -> None:
    html = render("| a | b |\n|---|--:|\n| 1 | 2 |")

    assert "<th>a</th>" in html
    assert "<td>2</td>" in html


def test_html_is_shown_as_it_was_written() -> None:
    assert "&lt;b&gt;bold&lt;/b&gt;" in render("<b>bold</b>")


def test_the_host_of_a_link_stands_behind_it() -> None:
    html = render("[my bank](https://evil.test/login)")

    assert html.strip().endswith("my bank</a> (evil.test)</p>")


@pytest.mark.parametrize(
    "text", ["<https://ok.test/x>", "[see ok.test](https://ok.test/x)"]
)
def test_a_host_that_is_said_already_is_not_repeated(text: str) -> None:
    assert "(ok.test)" not in render(text)


def test_what_is_too_long_is_shown_as_it_is() -> None:
    html = render("*a*<b>" + "x" * markdown.LONGEST)

    assert html.startswith("<pre>*a*&lt;b&gt;")
    assert_harmless(html)


@pytest.mark.parametrize("part", ["[", "[a](", "[a](https://ok.test/) ", "[\n\n"])
def test_very_many_brackets_are_shown_as_they_are(part: str) -> None:
    html = render(part * markdown.MOST_BRACKETS + "*a*")
    assert "<em>a</em>" in html

    html = render(part * (markdown.MOST_BRACKETS + 1) + "*a*")
    assert html.startswith("<pre>[")
    assert html.endswith("*a*</pre>")
    assert_harmless(html)


def test_brackets_in_code_do_not_count() -> None:
    code = "x[i] = a[b[j]]\n" * markdown.MOST_BRACKETS

    html = render(f"*a*\n\n```\n{code}```\n")

    assert html.startswith("<p><em>a</em></p>")


def wide(columns: int, rows: int, row: str = "|a|") -> str:
    """Return a table whose rows have fewer cells than its head."""
    return "|a" * columns + "|\n" + "|-" * columns + "|\n" + f"{row}\n" * rows


@pytest.mark.parametrize("before", ["", "> ", "- "])
def test_few_letters_do_not_become_very_many_cells(before: str) -> None:
    inside = "\n".join(
        (before if before == "> " or not at else " " * len(before)) + line
        for at, line in enumerate(wide(200, 200).splitlines())
    )

    assert render(inside).startswith("<pre>")


def test_the_cells_of_all_tables_count() -> None:
    one = wide(100, 50)

    assert render(one).count("<td>") == 100 * 50
    assert render(one * 2).startswith("<pre>")
    assert render(f"{one}\n{one}").startswith("<pre>")


def test_a_long_table_is_one() -> None:
    assert render(wide(8, 1_000, "|a" * 8 + "|")).count("<td>") == 8_000
