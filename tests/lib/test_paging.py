"""Keyset pages over rows with equal sort values, both ways."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from django.db.models import QuerySet
from django.db.models.functions import Left
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.accounts.models import Team
from console.lib.paging import (
    ID,
    Column,
    Page,
    instant,
    number,
    ordered,
    page_of,
    words,
)

pytestmark = pytest.mark.django_db

NAMES = ["aa", "ab", "ac", "ba", "bb", "ca", "cb", "cc", "cd", "da"]
LETTER = Column("letter", words)
SORTS = [
    pytest.param([LETTER, ID], id="with ties"),
    pytest.param([LETTER.reversed(), ID], id="mixed directions"),
    pytest.param([LETTER.reversed(), ID.reversed()], id="all descending"),
    pytest.param([Column("name", words), ID], id="unique first column"),
    pytest.param([Column("letter", words, indexed=True), ID], id="indexed"),
    pytest.param(
        [Column("letter", words, descending=True, indexed=True), ID.reversed()],
        id="indexed, descending",
    ),
]


@pytest.fixture(autouse=True)
def _teams(db: None) -> None:
    Team.objects.bulk_create(Team(name=name) for name in NAMES)


def teams() -> QuerySet[Team]:
    return Team.objects.annotate(letter=Left("name", 1))


def names(rows: list[Team]) -> list[str]:
    return [row.name for row in rows]


def walk(columns: list[Column], size: int) -> list[Page[Team]]:
    pages = [page_of(teams(), columns=columns, cursor="", size=size)]
    while (cursor := pages[-1].after) and len(pages) <= len(NAMES):  # or it never ends
        pages.append(page_of(teams(), columns=columns, cursor=cursor, size=size))
    return pages


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10, 11])
@pytest.mark.parametrize("columns", SORTS)
def test_forward_pages_show_every_row_once_and_in_order(
    columns: list[Column], size: int
) -> None:
    pages = walk(columns, size)

    shown = [name for page in pages for name in names(page.rows)]
    assert shown == names(list(ordered(teams(), columns)))
    assert all(len(page.rows) == size for page in pages[:-1])
    assert pages[0].before is None
    assert pages[-1].after is None


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("columns", SORTS)
def test_back_leads_over_the_same_pages(columns: list[Column], size: int) -> None:
    pages = walk(columns, size)

    for earlier, page in pairwise(pages):
        back = page_of(teams(), columns=columns, cursor=page.before or "", size=size)
        assert names(back.rows) == names(earlier.rows)
        assert back.after is not None


def test_a_row_that_comes_meanwhile_repeats_and_hides_nothing() -> None:
    columns = [Column("name", words), ID]
    first = page_of(teams(), columns=columns, cursor="", size=3)
    Team.objects.create(name="a0")

    second = page_of(teams(), columns=columns, cursor=first.after or "", size=3)

    assert names(second.rows) == ["ba", "bb", "ca"]


def test_a_short_page_at_the_start_is_filled_from_the_start() -> None:
    columns = [Column("name", words), ID]
    second = page_of(
        teams(),
        columns=columns,
        cursor=page_of(teams(), columns=columns, cursor="", size=3).after or "",
        size=3,
    )
    Team.objects.filter(name__in=["aa", "ab"]).delete()

    back = page_of(teams(), columns=columns, cursor=second.before or "", size=3)

    assert names(back.rows) == ["ac", "ba", "bb"]
    assert back.before is None


def test_a_page_whose_rows_are_gone_is_the_first_one() -> None:
    columns = [Column("name", words), ID]
    pages = walk(columns, 4)
    cursor = pages[1].after or ""
    Team.objects.filter(name__gte="c").delete()

    page = page_of(teams(), columns=columns, cursor=cursor, size=4)

    assert names(page.rows) == ["aa", "ab", "ac", "ba"]


def test_a_page_costs_one_query(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    columns = [LETTER, ID]
    after = page_of(teams(), columns=columns, cursor="", size=3).after or ""

    with django_assert_num_queries(1):
        page_of(teams(), columns=columns, cursor=after, size=3)


def packed(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("%%%", id="not base64"),
        pytest.param("é", id="not ascii"),
        pytest.param("AAAA", id="not json"),
        pytest.param(packed({}), id="not a list"),
        pytest.param(packed([]), id="empty list"),
        pytest.param(packed(["!", "a", "b"]), id="no direction"),
        pytest.param(packed([">", "a"]), id="too few"),
        pytest.param(packed([">", "a", "b", "c"]), id="too many"),
        pytest.param(packed([">", "a", "no id"]), id="not an id"),
        pytest.param(packed([">", "a\0", str(Team().pk)]), id="a NUL"),
        pytest.param(packed([">", "\ud800", str(Team().pk)]), id="half a character"),
        pytest.param(packed([">", 1, str(Team().pk)]), id="a number"),
        pytest.param(packed([">", "a" * 2000, str(Team().pk)]), id="too long"),
    ],
)
def test_a_cursor_that_makes_no_sense_leads_to_the_first_page(cursor: str) -> None:
    page = page_of(teams(), columns=[Column("name", words), ID], cursor=cursor, size=2)

    assert names(page.rows) == ["aa", "ab"]


@pytest.mark.parametrize(
    "time",
    [
        pytest.param("2026-11-23", id="no zone"),
        pytest.param("0001-01-01T00:00:00+23:59", id="before year 1 in UTC"),
        pytest.param("9999-12-31T23:59:59-23:59", id="after year 9999 in UTC"),
    ],
)
def test_a_cursor_with_an_impossible_time_leads_to_the_first_page(time: str) -> None:
    columns = [Column("created_at", instant), ID]

    page = page_of(
        teams(), columns=columns, cursor=packed([">", time, str(Team().pk)]), size=2
    )

    assert len(page.rows) == 2
    assert page.before is None


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    cursor=st.one_of(
        st.text(max_size=60),
        st.binary(max_size=60).map(
            lambda data: urlsafe_b64encode(data).decode().rstrip("=")
        ),
    )
)
def test_no_cursor_raises(cursor: str) -> None:
    assert page_of(teams(), columns=[LETTER, ID], cursor=cursor, size=2).rows


def test_readers_refuse_what_a_column_cannot_hold() -> None:
    assert instant("2026-06-16T12:00:00+00:00") == datetime(2026, 6, 16, 12, tzinfo=UTC)
    assert number("-5") == -5

    for reader, text in [(instant, "2026-06-16T12:00:00"), (number, str(2**63))]:
        with pytest.raises(ValueError, match=r"zone|BIGINT"):
            reader(text)
