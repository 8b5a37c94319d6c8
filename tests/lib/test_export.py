"""Files that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import AsyncRequestFactory, RequestFactory

from console.lib import export

NOON = datetime(2026, 6, 16, 12, tzinfo=UTC)
FIELDS = ("name", "ticks", "seen_at", "acls", "blocked")


def record(**changes: Any) -> dict[str, Any]:
    values = {
        "name": "search-prod",
        "ticks": 20_000,
        "seen_at": NOON,
        "acls": ["api-key:model:*", "api-key:endpoint:chat"],
        "blocked": False,
        "secret": "never written",
    }
    return {**values, **changes}


def as_csv(*records: dict[str, Any]) -> list[dict[str, str]]:
    text = "".join(export.csv_lines(records, fields=FIELDS))
    return list(csv.DictReader(io.StringIO(text, newline="")))


def as_json(*records: dict[str, Any]) -> Any:
    return json.loads("".join(export.json_lines(records, fields=FIELDS)))


def test_csv_holds_the_named_fields_in_their_order() -> None:
    text = "".join(export.csv_lines([record()], fields=FIELDS))

    assert text == (
        '"name","ticks","seen_at","acls","blocked"\r\n'
        '"search-prod",20000,"2026-06-16T12:00:00+00:00",'
        '"api-key:model:*; api-key:endpoint:chat","false"\r\n'
    )


def test_json_holds_the_named_fields_as_what_they_are() -> None:
    assert as_json(record()) == [
        {
            "name": "search-prod",
            "ticks": 20_000,
            "seen_at": "2026-06-16T12:00:00+00:00",
            "acls": ["api-key:model:*", "api-key:endpoint:chat"],
            "blocked": False,
        }
    ]


def test_unknown_is_an_empty_cell_and_null_but_never_0() -> None:
    assert as_csv(record(ticks=None))[0]["ticks"] == ""
    assert as_json(record(ticks=None))[0]["ticks"] is None
    assert as_csv(record(ticks=0))[0]["ticks"] == "0"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "＝1",
        "＠x",
    ],
)
def test_csv_never_starts_a_text_like_a_formula(text: str) -> None:
    assert as_csv(record(name=text))[0]["name"] == f"'{text}"
    assert as_json(record(name=text))[0]["name"] == text


def test_a_list_may_not_start_a_formula_either() -> None:
    assert as_csv(record(acls=["=x", "y"]))[0]["acls"] == "'=x; y"


def test_a_negative_number_stays_a_number() -> None:
    assert as_csv(record(ticks=-5))[0]["ticks"] == "-5"


def test_quotes_line_breaks_and_separators_stay_in_their_cell() -> None:
    name = 'a "b", c;\nd'

    assert as_csv(record(name=name), record(name="next"))[0]["name"] == name


def test_no_record_is_a_head_and_an_empty_array() -> None:
    assert as_csv() == []
    assert as_json() == []


def test_the_file_is_streamed_named_and_not_kept() -> None:
    asked: list[int] = []

    def records() -> Iterator[dict[str, Any]]:
        for number in range(3):
            asked.append(number)
            yield record(ticks=number)

    response = export.file_response(
        records(), fields=FIELDS, format=export.Format.CSV, name="keys"
    )

    assert asked == []
    assert b"".join(response).count(b"\r\n") == 4
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="keys.csv"'
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("text", "format"),
    [("csv", export.Format.CSV), ("json", export.Format.JSON), ("", None), ("x", None)],
)
def test_only_known_formats_are_formats(
    text: str, format: export.Format | None
) -> None:
    assert export.format_of(text) is format


def numbered(number: int) -> Iterator[str]:
    yield from (f"{n}\n" for n in range(number))


def test_a_stream_is_an_iterator_for_a_server_that_is_not_asynchronous(
    rf: RequestFactory,
) -> None:
    answer = export.stream(
        rf.get("/"), numbered(3), content_type="text/plain", name="three.txt"
    )

    assert not answer.is_async
    assert answer.getvalue() == b"0\n1\n2\n"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="three.txt"'
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db(transaction=True)  # a piece is read with a connection at hand
async def test_a_stream_is_sent_in_pieces(
    async_rf: AsyncRequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PIECE", 2)
    read: list[str] = []

    def lines() -> Iterator[str]:
        for line in numbered(5):
            read.append(line)
            yield line

    answer = export.stream(
        async_rf.get("/"), lines(), content_type="text/plain", name="five.txt"
    )
    pieces = aiter(answer)

    first = await anext(pieces)

    assert (first, read) == (b"0\n1\n", ["0\n", "1\n"])  # no more than is asked for
    assert [piece async for piece in pieces] == [b"2\n3\n", b"4\n"]
