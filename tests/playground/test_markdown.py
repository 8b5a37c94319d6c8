"""Model text as HTML: what it may look like, and that nothing in it acts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from console.playground import markdown
from console.playground.markdown import render

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.test/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://evil.test/p.gif'>",
    "![p](https://evil.test/p.gif)",
    "![p](javascript:alert(1))",
    "![p][r]\n\n[r]: https://evil.test/p.gif",
    "![](data:image/svg+xml;base64,PHN2Zz4=)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;avascript&colon;alert(1))",
    "[x](%6Aavascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x]( javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://evil.test/1)",
    "[x](filesystem:https://evil.test/1)",
    "[x](view-source:javascript:alert(1))",
    "[x](/account/logout/)",
    "[x](//evil.test/)",
    "[x](\\\\evil.test\\share)",
    "[x](?next=javascript:alert(1))",
    "[x](#main)",
    '[x](https://ok.test "onmouseover=alert(1)")',
    "[x](https://ok.test' onmouseover='alert(1))",
    '[x](https://ok.test"onmouseover="alert(1))',
    "<javascript:alert(1)>",
    "<https://ok.test/'onclick='alert(1)>",
    "[a][b]\n\n[b]: javascript:alert(1)",
    "[a]: javascript:alert(1)\n\n[a]",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=https://evil.test target=_top>x</a>",
    "<iframe src=https://evil.test></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=x></object><embed src=x>",
    "<svg onload=alert(1)>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<style>@import 'https://evil.test/x.css';</style>",
    "<link rel=stylesheet href=https://evil.test/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.test'>",
    "<base href=https://evil.test/>",
    "<form action=https://evil.test><input name=p></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=https://evil.test/x autoplay>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<body onload=alert(1)>",
    "<div style='background:url(https://evil.test)'>x</div>",
    "<p hx-get='/keys/' hx-trigger='load'>x</p>",
    "<div hx-on::load='alert(1)' data-hx-get='/'>x</div>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "```html\n<script>alert(1)</script>\n```",
    '```"onclick=alert(1)\nx\n```',
    "```<img/src=x/onerror=alert(1)>\nx\n```",
    "`<script>alert(1)</script>`",
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
    "| a |\n|:-:|\n| style |",
    "# <svg/onload=alert(1)>",
    "- <script>alert(1)</script>\n- [x](javascript:1)",
    "> <iframe src=javascript:alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\u202e<script>alert(1)</script>",
    "\ufeff<script>alert(1)</script>",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "\\<script>alert(1)\\</script>",
    "[x](https://ok.test@evil.test)",
    "[![x](https://evil.test/p.gif)](https://evil.test)",
    "<ok.test@evil.test>",
]


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
    for tag, attributes in elements_of(html):
        assert tag in markdown.TAGS
        allowed = {"a": {"href", "rel"}, "ol": {"start"}}.get(tag, set())
        assert set(attributes) <= allowed
        if tag == "a" and "href" in attributes:
            assert re.match(r"(?i)(https?://|mailto:)", attributes["href"] or "")
            assert attributes["rel"] == "noopener noreferrer nofollow"


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_acts(text: str) -> None:
    assert_harmless(render(text))


def test_there_are_enough_of_them() -> None:
    assert len(set(HOSTILE)) >= 60


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
        ("```python\nx = 1\n```", "<pre><code>x = 1\n</code></pre>"),
        ("a\n\nb", "<p>a</p>\n<p>b</p>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
        ("", ""),
    ],
)
def test_ordinary_markdown(text: str, html: str) -> None:
    assert render(text).strip() == html


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
