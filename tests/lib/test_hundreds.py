"""Options, bars and times that stand on a page by hundreds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from django.utils import timezone

from console.finance.charts import DayOf, bar_chart
from console.lib.hundreds import bar_marks, began, options

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
