"""Entering by hand what a call of unknown cost came to, and where it is shown."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import Role, User
from console.audit.models import Entry
from console.finance.calls import files
from console.finance.calls.files import Format
from console.finance.calls.filters import filters_of
from console.finance.calls.listing import listing
from console.finance.calls.one import one_call
from console.keys.models import ApiKey
from console.usage.models import Adjustment, UsageRecord
from console.usage.rollup import roll_up
from console.usage.zones import zone_of
from tests.finance.calls.booked import booked, whole
from tests.people import ClientOf, person
from tests.usage.by_hand import CEILING, entered, lost

pytestmark = pytest.mark.django_db

URL = "/usage/calls/"
USD = 10**10


@pytest.fixture
def record(sam: User, api_key: ApiKey) -> UsageRecord:
    return lost(sam, api_key, upstream_request_id="up-9")


def one(record: UsageRecord) -> str:
    return f"{URL}{record.pk}/"


def form(record: UsageRecord) -> str:
    return f"{one(record)}adjust/"


def said(**more: str) -> dict[str, str]:
    return {
        "cost": "ticks",
        "amount": "120",
        "reason": "invoice 7",
        "after": "0",
        **more,
    }


def noted(record: UsageRecord) -> int | None:
    record.refresh_from_db()
    return record.adjusted_ticks


@pytest.mark.parametrize(
    ("sent", "ticks", "exactly"),
    [
        pytest.param(
            {"cost": "ticks", "amount": "120"}, 120, "$0.000000012", id="ticks"
        ),
        pytest.param(
            {"cost": "ticks", "amount": " 4,121,500 ", "above": "on"},
            4_121_500,
            "$0.00041215",
            id="with commas",
        ),
        pytest.param(
            {"cost": "dollars", "amount": "0.0000000123"},
            123,
            "$0.0000000123",
            id="exact dollars",
        ),
        pytest.param(
            {"cost": "dollars", "amount": "$0.00000001"},
            100,
            "$0.00000001",
            id="a sign",
        ),
        pytest.param({"cost": "nothing", "amount": ""}, 0, "nothing", id="nothing"),
    ],
)
def test_an_admin_enters_what_it_cost(
    client_of: ClientOf,
    ada: User,
    record: UsageRecord,
    sent: dict[str, str],
    ticks: int,
    exactly: str,
) -> None:
    answer = client_of(ada).post(form(record), said(**sent), follow=True)

    assert answer.redirect_chain == [(one(record), 303)]
    assert f"It counts as {exactly}, in budgets at once." in answer.text
    assert noted(record) == ticks
    made = Adjustment.objects.get()
    assert (made.reason, made.made_by) == ("invoice 7", ada)


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"amount": ""}, "Give whole ticks, such as 4121500."),
        ({"amount": "1.5"}, "Give whole ticks, such as 4121500."),
        ({"amount": "1,5"}, "Give whole ticks, such as 4121500."),
        ({"amount": "1_000"}, "Give whole ticks, such as 4121500."),
        ({"amount": "0"}, "Give an amount of more than nothing."),
        ({"amount": "-5"}, "Give an amount of more than nothing."),
        ({"amount": str(10**19)}, "The most is $100,000,000."),
        ({"cost": "dollars", "amount": ""}, "Give an amount in dollars"),
        ({"cost": "dollars", "amount": "0"}, "Give an amount of more than nothing."),
        ({"cost": "dollars", "amount": "1e-3"}, "with digits and a point alone"),
        ({"cost": "dollars", "amount": "NaN"}, "Give an amount in dollars"),
        ({"cost": "dollars", "amount": "0.00000000001"}, "10 decimals at most"),
        ({"cost": "nothing"}, "Leave this empty if it cost nothing."),
        ({"cost": "some"}, "Select a valid choice"),
        ({"reason": ""}, "Say how you know"),
        ({"reason": "x\u202e"}, "characters that cannot be shown"),
    ],
)
def test_what_is_no_amount_comes_back_with_the_reason(
    client_of: ClientOf,
    ada: User,
    record: UsageRecord,
    sent: dict[str, str],
    error: str,
) -> None:
    answer = client_of(ada).post(form(record), said(**sent))

    assert answer.status_code == 422
    assert error in answer.text
    assert noted(record) is None


def test_more_than_it_could_cost_wants_a_second_look(
    client_of: ClientOf, ada: User, record: UsageRecord
) -> None:
    browser, above = client_of(ada), said(amount=str(CEILING + 1))
    assert 'name="above"' not in browser.get(form(record)).text

    refused = browser.post(form(record), above)

    assert refused.status_code == 422
    assert "it could cost at most. If it is right, tick the box below." in refused.text
    assert 'name="above"' in refused.text
    assert 'value="701"' in refused.text
    assert noted(record) is None
    assert browser.post(form(record), above | {"above": "on"}).status_code == 303
    assert noted(record) == CEILING + 1


def test_as_much_as_it_could_cost_is_taken_at_once(
    client_of: ClientOf, ada: User, record: UsageRecord
) -> None:
    assert client_of(ada).post(form(record), said(amount="700")).status_code == 303


@pytest.mark.parametrize(
    ("dollars", "status"), [("1", 303), ("1.01", 422), ("100000000", 422)]
)
def test_a_large_amount_wants_a_second_look_where_no_ceiling_is_known(
    client_of: ClientOf, ada: User, record: UsageRecord, dollars: str, status: int
) -> None:
    UsageRecord.objects.filter(pk=record.pk).update(ceiling_ticks=None)
    browser, sent = client_of(ada), said(cost="dollars", amount=dollars)

    answer = browser.post(form(record), sent)

    assert answer.status_code == status
    if status == 422:
        assert "This is more than $1.00, and what it could cost at most" in answer.text
        assert noted(record) is None
        assert browser.post(form(record), sent | {"above": "on"}).status_code == 303
    assert noted(record) == int(float(dollars) * 10**10)


def test_what_is_sent_twice_is_entered_once(
    client_of: ClientOf, ada: User, record: UsageRecord
) -> None:
    browser = client_of(ada)

    first, again = (browser.post(form(record), said()) for _ in "12")
    other = browser.post(form(record), said(amount="121"))

    assert (first.status_code, again.status_code) == (303, 303)
    assert "You entered another amount meanwhile." in other.text
    assert other.status_code == 422
    assert Adjustment.objects.count() == 1
    assert Entry.objects.filter(action="call.adjusted").count() == 1


def test_the_same_again_says_that_it_changes_nothing(
    client_of: ClientOf, ada: User, record: UsageRecord
) -> None:
    browser = client_of(ada)
    browser.post(form(record), said())

    again = browser.post(form(record), said(after="1"))

    assert again.status_code == 422
    assert "It counts as this already, for the same reason." in again.text
    assert Adjustment.objects.count() == 1
    assert Entry.objects.filter(action="call.adjusted").count() == 1
    other = said(after="1", reason="invoice 8")
    assert browser.post(form(record), other).status_code == 303


def test_nobody_overwrites_what_they_have_not_seen(
    client_of: ClientOf, ada: User, record: UsageRecord
) -> None:
    entered(record, 500, person("eve", Role.ADMIN))
    browser = client_of(ada)

    answer = browser.post(form(record), said(reason="my own reason"))

    assert answer.status_code == 422
    assert "Somebody else entered another amount meanwhile" in answer.text
    assert "(500 ticks) now, entered by Eve" in answer.text
    assert "invoice 7" in answer.text
    assert 'value="my own reason"' in answer.text
    assert noted(record) == 500
    (after,) = re.findall(r'name="after" value="(\d+)"', answer.text)
    assert browser.post(form(record), said(after=after)).status_code == 303
    assert noted(record) == 120


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_known_cost_is_not_entered_again(
    client_of: ClientOf, ada: User, sam: User, api_key: ApiKey, method: str
) -> None:
    (known,) = booked(whole(sam, api_key, timezone.now()))
    browser = client_of(ada)

    answer: Any = getattr(browser, method)(form(known), said(), follow=True)

    assert answer.redirect_chain == [(one(known), 303)]
    assert "The cost of this call is booked, and never changes." in answer.text
    assert not Adjustment.objects.exists()


@pytest.mark.parametrize("who", ["fin", "olga", "sam", "mia"])
def test_only_admins_act(
    client_of: ClientOf,
    request: pytest.FixtureRequest,
    record: UsageRecord,
    who: str,
) -> None:
    browser = client_of(request.getfixturevalue(who))

    assert browser.get(form(record)).status_code == 403
    assert browser.post(form(record), said()).status_code == 403
    assert noted(record) is None


def test_with_a_sealed_vault_the_form_says_so(
    client_of: ClientOf,
    ada: User,
    record: UsageRecord,
    settings: Settings,
    tmp_path: Path,
) -> None:
    browser = client_of(ada)
    settings.KEK_FILE = tmp_path / "none"
    vault.forget()

    answer = browser.post(form(record), said())

    assert answer.status_code == 422
    assert "sealed" in answer.text
    assert noted(record) is None


def test_the_form_tells_how_to_find_the_call_at_xai(
    client_of: ClientOf, ada: User, record: UsageRecord
) -> None:
    text = client_of(ada).get(form(record)).text

    assert "up-9" in text
    assert f"{record.opened_at:%H:%M:%S}" in text


def test_the_page_of_the_call_leads_an_admin_to_the_form(
    client_of: ClientOf, ada: User, fin: User, record: UsageRecord
) -> None:
    link = f'href="{form(record)}"'

    for user, leads in ((ada, True), (fin, False)):
        text = client_of(user).get(one(record)).text
        assert (link in text) is leads
        assert "What it cost was never told" in text
    listed = {"source": "unknown"}
    assert 'id="may-adjust"' in client_of(ada).get(URL, listed).text
    assert 'id="may-adjust"' not in client_of(fin).get(URL, listed).text
    assert 'id="may-adjust"' not in client_of(ada).get(URL).text


def test_the_page_of_the_call_tells_all_that_was_entered(
    client_of: ClientOf, fin: User, ada: User, sam: User, record: UsageRecord
) -> None:
    entered(record, 2 * USD, ada)
    entered(record, USD, person("eve", Role.ADMIN), after=1)

    for user in (fin, sam):
        text = client_of(user).get(one(record)).text
        assert "It counts as $1.00, entered by hand" in text
        assert "an admin entered 10,000,000,000 ticks by hand" in text
        table = text.partition('id="adjustments"')[2].partition("</table>")[0]
        assert re.findall(r"\$\d\.\d\d|Eve|Ada|counts|replaced", table) == (
            ["$1.00", "Eve", "counts", "$2.00", "Ada", "replaced"]
        )
        assert "What it cost was never told" not in text


def test_one_that_cost_nothing_says_so(
    client_of: ClientOf, fin: User, ada: User, record: UsageRecord
) -> None:
    entered(record, 0, ada)

    text = client_of(fin).get(one(record)).text

    assert "It counts as $0.00, entered by hand" in text
    assert '<th scope="row">nothing</th>' in text


def test_lists_tell_it_apart_from_what_is_unknown(
    fin: User, ada: User, sam: User, api_key: ApiKey, record: UsageRecord
) -> None:
    other = lost(sam, api_key)
    booked(whole(sam, api_key, timezone.now()))
    entered(record, 120, ada)
    roll_up()

    def shown(source: str) -> tuple[list[Any], Any]:
        asked = filters_of({"source": source}, zone=zone_of(fin), now=timezone.now())
        found = listing(fin, asked)
        assert found.figures is not None
        return [row.id for row in found.rows], found.figures

    ids, figures = shown("adjusted")
    assert ids == [record.id]
    assert (figures.calls, figures.unknown_calls, figures.ticks) == (1, 0, 120)
    ids, figures = shown("unknown")
    assert ids == [other.id]
    assert (figures.calls, figures.unknown_calls, figures.ticks) == (1, 1, None)


def test_a_line_of_the_list_says_that_it_was_entered_by_hand(
    client_of: ClientOf, fin: User, ada: User, record: UsageRecord
) -> None:
    entered(record, USD, ada)

    text = client_of(fin).get(URL).text

    assert 'data-src="adjusted"' in text
    assert "by hand" in text
    assert "$1.00" in text


@pytest.mark.parametrize("format", [Format.CSV, Format.JSON, Format.JSONL])
def test_files_have_it_as_the_cost_with_its_source(
    fin: User, ada: User, sam: User, api_key: ApiKey, format: Format
) -> None:
    record, _ = lost(sam, api_key), lost(sam, api_key)
    entered(record, 120, ada)
    asked = filters_of({}, zone=zone_of(fin), now=timezone.now())

    text = "".join(files.lines(fin, asked, format))

    if format is Format.CSV:
        rows = csv.DictReader(io.StringIO(text, newline=""))
        assert [
            (row["source"], row["cost_ticks"], row["cost_usd"]) for row in rows
        ] == [
            ("unknown", "", ""),
            ("adjusted", "120", "0.000000012"),
        ]
    else:
        for fact in ('"adjusted"', "120", '"0.000000012"', '"unknown"', "null"):
            assert fact in text


def test_focus_has_a_charge_for_it_that_says_so(
    fin: User, ada: User, sam: User, api_key: ApiKey
) -> None:
    record, _ = lost(sam, api_key), lost(sam, api_key)
    entered(record, 120, ada)
    asked = filters_of({}, zone=zone_of(fin), now=timezone.now())

    text = "".join(files.lines(fin, asked, Format.FOCUS))

    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["BilledCost"] == "0.000000012"
    assert row["ChargeDescription"].endswith(", cost entered by hand")
    assert row["x_CostSource"] == "adjusted"


def test_one_call_costs_one_query_more_where_its_cost_is_unknown(
    fin: User,
    ada: User,
    record: UsageRecord,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for after in range(3):
        entered(record, after, ada, after=after)

    with django_assert_num_queries(3):
        one_call(fin, record.pk)
