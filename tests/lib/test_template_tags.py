"""The tags and filters of all templates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from console.lib import hundreds, price_cells
from console.lib.templatetags import gatehouse as tags


def test_an_icon_is_a_use_of_the_sprite() -> None:
    assert hundreds.icon("key") == (
        '<svg class="i" aria-hidden="true"><use href="#i-key"/></svg>'
    )


def test_an_icon_has_its_size_and_escapes_its_name() -> None:
    drawn = hundreds.icon('"><script>', "s")

    assert 'class="i s"' in drawn
    assert "<script>" not in drawn


@pytest.mark.parametrize(
    ("price", "text"),
    [
        pytest.param(None, "unknown", id="unknown"),
        pytest.param(0, "0.00", id="zero"),
        pytest.param(20_000, "2.00", id="two dollars"),
        pytest.param(12_500, "1.25", id="cents"),
        pytest.param(1, "0.0001", id="one tick"),
        pytest.param(10_250, "1.025", id="three decimals"),
        pytest.param(15_000_000, "1,500.00", id="thousands"),
    ],
)
def test_usd_per_million(price: int | None, text: str) -> None:
    assert tags.usd_per_million(price) == text


def test_a_price_in_a_column_is_cut_at_the_point() -> None:
    assert (
        price_cells.price_cell(12_500) == '<span>1<span class="dec">.25</span></span>'
    )
    assert price_cells.price_cell(None) == "unknown"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=3, minutes=12), "3 h 12 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(hours=23, minutes=59), "23 h"),
        (timedelta(days=1, hours=5), "1 day"),
        (timedelta(days=13, hours=23), "13 days"),
    ],
    ids=str,
)
def test_span(length: timedelta, text: str) -> None:
    assert tags.span(length) == text


def test_a_time_is_relative_with_the_exact_one_in_its_title() -> None:
    moment = timezone.now() - timedelta(minutes=2, seconds=5)

    shown = tags.when(moment)

    assert ">2 min ago</time>" in shown
    assert f'datetime="{moment.isoformat()}"' in shown
    assert f"{moment:%H:%M:%S} UTC" in shown
    assert "data-age" in shown


def test_a_time_of_long_ago_is_a_date() -> None:
    shown = tags.when(
        datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone.get_default_timezone())
    )

    assert ">4 Mar 2026</time>" in shown
    assert 'title="4 Mar 2026, 05:06:07 UTC"' in shown
    assert "data-age" not in shown


def test_a_time_that_never_was_says_so() -> None:
    assert tags.when(None) == "never"
    assert tags.when(None, "not yet") == "not yet"
    assert tags.ago(None) == "never"


def test_tokens_are_counted_with_separators() -> None:
    assert tags.tokens(1_234_567) == "1,234,567"
    assert tags.tokens(0) == "0"
    assert tags.tokens(None) == "unknown"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("grok-4.3", "grok-4.3", id="usual"),
        pytest.param("größe 1", "größe 1", id="letters"),
        pytest.param("a\u202eb", "a\\u202eb", id="turns the line"),
        pytest.param("a\u200b\x1b", "a\\u200b\\x1b", id="cannot be seen"),
    ],
)
def test_a_name_from_outside_hides_nothing(name: str, shown: str) -> None:
    assert tags.visible(name) == shown


@pytest.mark.parametrize("price", [2**63 - 1, -(2**63 - 1), 10**18])
@pytest.mark.parametrize("tokens", [1_000_000, 1_000, 650])
def test_the_largest_price_that_is_stored_can_be_shown(price: int, tokens: int) -> None:
    exact = Decimal(price) * tokens / 10**10

    assert Decimal(price_cells.dollars(price, tokens).replace(",", "")) == exact


def test_a_table_cell_of_a_price_is_that_price_or_says_that_it_is_not_told() -> None:
    assert price_cells.price_or_unknown(12_500) == price_cells.price_cell(12_500)
    assert price_cells.price_or_unknown(0) == price_cells.price_cell(0)
    assert price_cells.price_or_unknown(None) == (
        '<span class="unknown" title="xAI has not told this price">unknown</span>'
    )


def test_since_is_a_date_with_its_second_in_the_title() -> None:
    moment = datetime(2026, 6, 1, 6, 5, 4, tzinfo=UTC)

    assert tags.since(moment) == (
        '<time datetime="2026-06-01T06:05:04+00:00" title="1 Jun 2026, 06:05:04 UTC">'
        "1 Jun 2026, 06:05</time>"
    )


def test_since_is_told_in_the_zone_of_who_looks() -> None:
    """Equal moments of two zones are written differently, however often."""
    moment = datetime(2026, 6, 1, 6, 5, 4, tzinfo=UTC)

    for _ in range(2):
        with timezone.override(ZoneInfo("Asia/Kathmandu")):
            assert "1 Jun 2026, 11:50<" in tags.since(moment)
        with timezone.override(UTC):
            assert "1 Jun 2026, 06:05<" in tags.since(moment)


def looks(*minutes: float) -> list[datetime]:
    start = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)
    return [start + timedelta(minutes=one) for one in minutes]


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (None, 0, "14 Jul 2026, 09:30"),
        (0, 15, "14 Jul 2026, between 09:30 and 09:45"),
        (0, 0.5, "14 Jul 2026, between 09:30:00 and 09:30:30"),
        (0, 24 * 60, "between 14 Jul, 09:30 and 15 Jul 2026, 09:30"),
    ],
    ids=["first look", "one day", "one minute", "two days"],
)
def test_between_names_both_looks(start: float | None, end: float, shown: str) -> None:
    (until,) = looks(end)
    since = None if start is None else looks(start)[0]

    written = tags.between(since, until)

    assert f">{shown}</time>" in written
    assert f'datetime="{until.isoformat()}"' in written
    assert ("last seen unchanged" in written) is (since is not None)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"), (9_999, "9,999"), (10_000, "10k"), (999_499, "999k"),
        (1_000_000, "1M"), (410_040_000, "410M"), (999_949_999, "999.9M"),
        (999_950_000, "1B"), (3_824_000_000, "3.82B"),
    ],
)  # fmt: skip
def test_brief_numbers_have_few_letters_at_any_size(count: int, text: str) -> None:
    assert tags.brief(count) == text


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Kathmandu", "20 Jun 2026, 17:45</time> Asia/Kathmandu"),
        ("", "20 Jun 2026, 12:00</time> UTC"),
    ],
)
def test_a_time_of_a_zone_stands_with_its_name(zone: str, shown: str) -> None:
    text = tags.zoned(datetime(2026, 6, 20, 12, tzinfo=UTC), zone)

    assert text.endswith(shown)
    assert 'title="20 Jun 2026, 12:00:00 UTC"' in text
