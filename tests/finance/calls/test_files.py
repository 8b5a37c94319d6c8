"""Single calls as files: CSV, JSON, JSON lines, and FOCUS."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import AsyncClient
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.finance.calls import files, focus
from console.finance.calls.files import Format
from console.finance.calls.filters import Filters, filters_of
from console.keys.models import ApiKey
from console.lib.db import in_db
from console.lib.ticks import usd
from console.usage.models import CostSource, Endpoint, RecordState, UsageRecord
from console.usage.zones import zone_of
from tests.finance.calls.booked import TICKS, booked, whole
from tests.finance.told import call
from tests.keys.stored import stored_model, stored_price
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

URL = "/usage/calls/"
MINUTE = timedelta(minutes=1)
BACKEND = "console.accounts.sessions.PeopleBackend"


def last_month(user: User, **values: str) -> Filters:
    return filters_of(values, zone=zone_of(user), now=timezone.now())


def of(user: User, format: Format, **values: str) -> str:
    return "".join(files.lines(user, last_month(user, **values), format))


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def unknown(person: User, key: ApiKey, at: datetime) -> UsageRecord:
    """Return a call of which nothing was told."""
    return call(person, key, at, None)


def test_a_told_0_is_0_and_what_was_not_told_is_empty(
    fin: User, sam: User, api_key: ApiKey
) -> None:
    kinds = ("prompt", "cached", "image", "completion", "reasoning")
    names = [f"{kind}_tokens" for kind in kinds]
    now = timezone.now() - MINUTE
    none = whole(sam, api_key, now, **dict.fromkeys(names))
    zero = whole(sam, api_key, now - MINUTE, **dict.fromkeys(names, 0))
    booked(none, zero)

    for line, told in zip(table(of(fin, Format.CSV)), ("", "0"), strict=True):
        assert {line[name] for name in names} == {told}
    for row, said in zip(json.loads(of(fin, Format.JSON)), (None, 0), strict=True):
        assert {row[name] for name in names} == {said}
    for charge, told in zip(table(of(fin, Format.FOCUS)), ("", "0"), strict=True):
        assert {charge[f"x_{kind.title()}Tokens"] for kind in kinds} == {told}


def test_csv_holds_every_fact_of_a_call(
    fin: User, sam: User, api_key: ApiKey, team: Team
) -> None:
    price = stored_price(stored_model(), team)
    at = timezone.now() - MINUTE
    (one,) = booked(
        whole(sam, api_key, at, price=price, model=price.model, ceiling_ticks=10**6)
    )

    (row,) = table(of(fin, Format.CSV))

    assert tuple(row) == files.FIELDS
    assert row == {
        "id": str(one.id),
        "opened_at": at.isoformat(),
        "first_token_at": "",
        "settled_at": at.isoformat(),
        "state": "settled",
        "outcome": "complete",
        "problem": "",
        "status": "200",
        "upstream_request_id": "up-1",
        "team_id": str(team.pk),
        "team": "Search",
        "key_id": str(api_key.pk),
        "key": "search-prod",
        "person_id": str(sam.pk),
        "person": "sam",
        "endpoint": "chat",
        "model_asked": "grok-4.3",
        "model_served": "",
        "model": "grok-4.3",
        "prompt_tokens": "197",
        "cached_tokens": "192",
        "image_tokens": "0",
        "completion_tokens": "1",
        "reasoning_tokens": "146",
        "source": "reported",
        "cost_ticks": str(TICKS),
        "cost_usd": "0.00041215",
        "reported_ticks": str(TICKS),
        "computed_ticks": str(TICKS),
        "difference_ticks": "0",
        "ceiling_ticks": "1000000",
        "overrun_ticks": str(TICKS - 10**6),
        "price_id": str(price.pk),
    }


def test_what_is_unknown_is_empty_in_csv_and_null_in_json(
    fin: User, sam: User, api_key: ApiKey
) -> None:
    booked(unknown(sam, api_key, timezone.now()))

    (row,) = table(of(fin, Format.CSV))
    (record,) = json.loads(of(fin, Format.JSON))

    names = ("cost_ticks", "cost_usd", "prompt_tokens", "difference_ticks")
    assert [row[name] for name in names] == [""] * 4
    assert [record[name] for name in names] == [None] * 4
    assert row["source"] == record["source"] == "unknown"


def test_json_lines_are_the_records_of_json(
    fin: User, sam: User, api_key: ApiKey
) -> None:
    now = timezone.now()
    booked(whole(sam, api_key, now), unknown(sam, api_key, now - MINUTE))

    lines = of(fin, Format.JSONL).splitlines()

    assert [json.loads(line) for line in lines] == json.loads(of(fin, Format.JSON))
    assert len(lines) == 2


@pytest.mark.parametrize("format", [Format.CSV, Format.FOCUS])
def test_names_cannot_become_formulas(
    fin: User, sam: User, api_key: ApiKey, team: Team, format: Format
) -> None:
    team.name = "=cmd()"
    team.save(update_fields=["name"])
    booked(whole(sam, api_key, timezone.now(), model_asked="@grok"))

    cells = [cell for row in csv.reader(of(fin, format).splitlines()) for cell in row]

    assert not [cell for cell in cells if cell.startswith(("=", "@"))]
    assert {"'=cmd()", "'@grok"} <= set(cells)


def test_a_file_obeys_the_filters_and_who_asks(
    fin: User, sam: User, ada: User, mia: User, api_key: ApiKey
) -> None:
    now = timezone.now()
    of_sam, of_ada, _ = booked(
        whole(sam, api_key, now),
        whole(ada, api_key, now - MINUTE),
        whole(sam, api_key, now - timedelta(days=60)),
    )

    def found(user: User, **values: str) -> list[str]:
        return [row["id"] for row in table(of(user, Format.CSV, **values))]

    assert found(fin) == [str(of_sam.id), str(of_ada.id)]
    assert found(fin, person=str(ada.pk)) == [str(of_ada.id)]
    assert found(sam) == [str(of_sam.id)]
    assert found(mia) == []


def test_calls_are_read_in_pieces_without_a_gap(
    monkeypatch: pytest.MonkeyPatch,
    fin: User,
    sam: User,
    api_key: ApiKey,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(files, "AT_ONCE", 3)
    now = timezone.now()
    same = [whole(sam, api_key, now - n // 2 * MINUTE) for n in range(7)]
    stored = {str(one.id) for one in booked(*same)}

    asked = last_month(fin)
    with django_assert_num_queries(3):
        rows = table("".join(files.lines(fin, asked, Format.CSV)))

    assert {row["id"] for row in rows} == stored
    assert [row["id"] for row in rows] == sorted(stored, reverse=True)


def test_a_call_settled_while_the_file_is_read_is_in_it_once(
    monkeypatch: pytest.MonkeyPatch, fin: User, sam: User, api_key: ApiKey
) -> None:
    monkeypatch.setattr(files, "AT_ONCE", 2)
    now = timezone.now()
    booked(*(whole(sam, api_key, now - n * MINUTE) for n in range(1, 6)))
    lines = files.lines(fin, last_month(fin), Format.JSONL)
    first = next(lines)

    booked(whole(sam, api_key, now))
    UsageRecord.objects.update(settled_at=now)

    ids = [json.loads(line)["id"] for line in [first, *lines]]
    assert len(ids) == len(set(ids)) == 5


class TestFocus:
    """The columns of the FinOps Open Cost and Usage Specification."""

    def row(self, user: User) -> dict[str, str]:
        (row,) = table(of(user, Format.FOCUS))
        return row

    def test_a_call_is_a_charge(
        self, fin: User, sam: User, api_key: ApiKey, team: Team
    ) -> None:
        price = stored_price(stored_model(), team)
        team.xai_team_id = "xai-team-1"
        team.save(update_fields=["xai_team_id"])
        at = timezone.now().replace(microsecond=600_000)
        booked(whole(sam, api_key, at, price=price, model=price.model))

        row = self.row(fin)

        assert tuple(row) == focus.FIELDS
        for cost in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"):
            assert Decimal(row[cost]) == usd(TICKS)
        assert row["BillingAccountId"] == "xai-team-1"
        assert row["BillingAccountName"] == "Search"
        assert row["BillingCurrency"] == "USD"
        assert row["ChargeCategory"] == "Usage"
        assert "grok-4.3 at /v1/chat/completions" in row["ChargeDescription"]
        assert (row["ConsumedQuantity"], row["ConsumedUnit"]) == ("344", "Tokens")
        assert (row["PricingQuantity"], row["PricingUnit"]) == ("344", "Tokens")
        assert row["ServiceCategory"] == "AI and Machine Learning"
        assert (row["SkuId"], row["SkuPriceId"]) == ("grok-4.3", str(price.pk))
        assert row["ResourceId"] == str(api_key.pk)
        assert json.loads(row["Tags"]) == {"endpoint": "chat", "team": "Search"}
        assert row["x_CostTicks"] == str(TICKS)
        assert row["ChargePeriodStart"] == f"{at:%Y-%m-%dT%H:%M:%SZ}"
        assert row["ChargePeriodEnd"] > row["ChargePeriodStart"]

    def test_a_billing_period_is_a_month_of_utc(self) -> None:
        row: dict[str, Any] = dict.fromkeys((*files.STORED, *files.NAMED))
        row |= {"opened_at": datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)}
        row |= {"endpoint": Endpoint.CHAT, "model_asked": "grok", "cost_ticks": 5}

        charge = focus.charge_of(row)

        assert charge["BillingPeriodStart"] == "2026-12-01T00:00:00Z"
        assert charge["BillingPeriodEnd"] == "2027-01-01T00:00:00Z"
        assert charge["ChargePeriodEnd"] == "2027-01-01T00:00:00Z"
        assert charge["BilledCost"] == "0.0000000005"

    def test_what_has_no_known_cost_is_no_charge(
        self, fin: User, sam: User, api_key: ApiKey
    ) -> None:
        now = timezone.now()
        in_flight = unknown(sam, api_key, now)
        in_flight.state, in_flight.source = RecordState.OPEN, ""
        in_flight.settled_at = None
        free = call(sam, api_key, now, 0, source=CostSource.COMPUTED)
        booked(in_flight, unknown(sam, api_key, now), free)

        row = self.row(fin)

        assert (row["x_CallId"], row["BilledCost"]) == (str(free.id), "0.00")

    def test_tokens_that_were_not_told_are_null_and_not_zero(
        self, fin: User, sam: User, api_key: ApiKey
    ) -> None:
        booked(call(sam, api_key, timezone.now()))

        row = self.row(fin)

        assert (row["ConsumedQuantity"], row["ConsumedUnit"]) == ("", "")
        assert (row["PricingQuantity"], row["PricingUnit"]) == ("1", "Requests")

    def test_null_is_an_empty_cell_without_quotes(
        self, fin: User, sam: User, api_key: ApiKey
    ) -> None:
        booked(call(sam, api_key, timezone.now()))

        line = of(fin, Format.FOCUS).splitlines()[1]

        assert ',"",' not in line
        assert ",Usage,," in line  # ChargeClass

    def test_own_columns_are_marked_as_such(self) -> None:
        ours = [name for name in focus.FIELDS if name.startswith("x_")]

        assert ours == list(focus.FIELDS[-len(ours) :])
        assert all(name[0].isupper() for name in focus.FIELDS[: -len(ours)])


class TestDownload:
    """The file as it is asked for."""

    @pytest.mark.parametrize(
        ("format", "name", "content_type"),
        [
            ("csv", "calls.csv", "text/csv; charset=utf-8"),
            ("json", "calls.json", "application/json"),
            ("jsonl", "calls.jsonl", "application/jsonl"),
            ("focus", "calls-focus.csv", "text/csv; charset=utf-8"),
        ],
    )
    def test_has_a_name_and_leaves_an_entry(
        self,
        client_of: ClientOf,
        fin: User,
        format: str,
        name: str,
        content_type: str,
    ) -> None:
        asked = {"format": format, "source": "unknown", "from": "2026-01-01"}

        answer = client_of(fin).get(URL, {**asked, "to": "2026-01-31"})

        assert answer.headers["Content-Type"] == content_type
        disposition = answer.headers["Content-Disposition"]
        assert disposition == f'attachment; filename="{name}"'
        entry = Entry.objects.get(action="export.calls")
        assert entry.actor_id == str(fin.pk)
        assert entry.detail == {
            "format": format,
            "source": "unknown",
            "from": "2026-01-01",
            "to": "2026-01-31",
        }

    def test_there_is_none_while_the_vault_is_sealed(
        self, client_of: ClientOf, fin: User, settings: Settings, tmp_path: Path
    ) -> None:
        browser = client_of(fin)
        settings.KEK_FILE = tmp_path / "gone"
        vault.forget()

        answer = browser.get(URL, {"format": "csv"})

        assert (answer.status_code, answer.headers["Location"]) == (303, URL)

    def test_another_format_is_the_page(self, client_of: ClientOf, fin: User) -> None:
        assert "<html" in client_of(fin).get(URL, {"format": "xlsx"}).text


@pytest.mark.django_db(transaction=True)
async def test_the_server_streams_it_piece_by_piece(
    monkeypatch: pytest.MonkeyPatch, fin: User, sam: User, api_key: ApiKey
) -> None:
    monkeypatch.setattr(files, "AT_ONCE", 4)
    monkeypatch.setattr("console.lib.export.PIECE", 5)
    now = timezone.now()
    made = await in_db(
        lambda: booked(*(whole(sam, api_key, now - n * MINUTE) for n in range(10)))
    )
    browser = AsyncClient()
    await browser.aforce_login(fin, backend=BACKEND)

    answer: Any = await browser.get(URL, {"format": "jsonl"})

    assert answer.is_async
    pieces = [bytes(piece).decode() async for piece in answer]
    assert [len(piece.splitlines()) for piece in pieces] == [5, 5]
    ids = [UUID(json.loads(line)["id"]) for line in "".join(pieces).splitlines()]
    assert ids == [one.id for one in made]
