"""Options, bars and times that stand on a page by hundreds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from django.utils import timezone

from console.finance.charts import DayOf, bar_chart
from console.finance.usage.words import Delta, Source
from console.lib.hundreds import (
    Cell,
    bar_marks,
    began,
    cells,
    delta,
    lines,
    options,
    source,
)

ID = UUID(int=7)
PAIRS = [("a", "First"), (str(ID), "Second")]


def test_the_option_that_is_chosen_is_selected() -> None:
    assert options(PAIRS, ID) == (
        f'<option value="a">First</option><option value="{ID}" selected>Second</option>'
    )


@pytest.mark.parametrize("chosen", ["", None, "b"])
def test_else_no_option_is_selected(chosen: str | None) -> None:
    assert "selected" not in options(PAIRS, chosen)


def test_a_name_from_outside_cannot_break_out_of_its_option() -> None:
    text = options([('"><b>', "</option><b>&\u202e")])

    assert text == (
        '<option value="&quot;&gt;&lt;b&gt;">'
        "&lt;/option&gt;&lt;b&gt;&amp;\\u202e</option>"
    )


def marks(name: str, href: str = "") -> str:
    day = DayOf(date(2026, 6, 1), {name: 3}, href)
    return bar_marks(bar_chart([day], today=day.day, words=str).bars)


def test_a_bar_says_what_it_is_and_leads_to_its_row() -> None:
    assert marks("chat", "#at-2026-06-01") == (
        '<a href="#at-2026-06-01" tabindex="-1">'
        '<rect class="s1 partial" x="19.48%" y="16.0" width="69.54%" height="95.0">'
        "<title>1 Jun, chat: 3</title></rect></a>"
    )


def test_a_bar_without_a_row_is_no_link() -> None:
    assert marks("chat").startswith("<rect ")
    assert "<a " not in marks("chat")


def test_a_series_from_outside_cannot_break_out_of_its_bar() -> None:
    assert "<title>1 Jun, &lt;b&gt;&amp;: 3</title>" in marks("<b>&", "?a=1&b=2")
    assert 'href="?a=1&amp;b=2"' in marks("<b>&", "?a=1&b=2")


def test_a_time_is_that_of_the_current_zone() -> None:
    moment = datetime(2026, 5, 3, 20, 4, 5, tzinfo=UTC)

    with timezone.override("Asia/Kolkata"):
        text = began(moment)

    assert text == (
        '<time datetime="2026-05-04T01:34:05+05:30" title="4 May 2026, 01:34:05">'
        "4 May, 01:34:05</time>"
    )


@pytest.mark.parametrize(
    ("cell", "markup"),
    [
        (Cell("Calls", "7"), '<td class="num" data-label="Calls">7</td>'),
        (
            Cell("Calls", "7", "Show them", "/calls/?a=1&b=2"),
            '<td class="num" data-label="Calls">'
            '<a href="/calls/?a=1&amp;b=2" title="Show them">7</a></td>',
        ),
        (
            Cell("Input", "1M", "1,000,000"),
            '<td class="num" data-label="Input" title="1,000,000">1M</td>',
        ),
        (Cell("", "<1%", look="p2"), '<td class="num hide-s p2">&lt;1%</td>'),
        (
            Cell("Cost", "$1", look="c-cost", bold=True),
            '<td class="num c-cost" data-label="Cost"><b>$1</b></td>',
        ),
    ],
)
def test_a_cell_is_named_on_narrow_pages_or_left_out(cell: Cell, markup: str) -> None:
    assert cells([cell]) == markup


def test_cells_stand_side_by_side() -> None:
    assert cells([Cell("A", "1"), Cell("B", "2")]).count("<td ") == 2
    assert cells([]) == ""


def test_a_difference_has_a_direction_for_those_who_hear_it() -> None:
    assert delta(Delta("9%", "up", "more")) == (
        '<span class="delta"><svg class="i" aria-hidden="true">'
        '<use href="#i-up"/></svg>9%<span class="vh"> more</span></span>'
    )
    assert delta(Delta("<b>")) == '<span class="delta">&lt;b&gt;</span>'


def test_a_source_says_why_in_its_title() -> None:
    text = source(Source("unknown", "unknown", "3 calls unknown", 'not "in" it'))

    assert text.startswith(
        '<span class="src" data-src="unknown" title="not &quot;in&quot; it"><svg '
    )
    assert text.endswith("</svg>3 calls unknown</span>")
    assert " title=" not in source(Source("computed", "sum", "computed"))


def test_a_cell_may_have_two_lines_and_what_has_no_column_else() -> None:
    assert lines("Key", "p3", "<b>\u202e", "Team & co") == (
        '<td class="p3" data-label="Key"><div>'
        '<span class="l1">&lt;b&gt;\\u202e</span>'
        '<span class="l2">Team &amp; co</span></div></td>'
    )
    aside = lines("Model", "", "grok", "/v1", "<Sam>")
    assert aside.startswith('<td data-label="Model"><div><span class="l1">grok</span>')
    assert aside.endswith('<span class="l2 if-p2">&lt;Sam&gt;</span></div></td>')
