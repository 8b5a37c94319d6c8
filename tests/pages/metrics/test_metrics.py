"""/metrics: who may read it, and what it tells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console.accounts.models import Team, User
from console.keys.models import ApiKey
from console.polling import life
from console.usage import partitions
from console.usage.models import (
    CostSource,
    Endpoint,
    Outcome,
    ProblemDay,
    RecordState,
    TouchedSlot,
    UsageRecord,
)
from console.usage.rollup import roll_up
from tests.finance.calls.booked import TICKS, booked, whole
from tests.keys.stored import stored_key, stored_model
from tests.pages.metrics.reading import Told, Values, told
from tests.usage.by_hand import entered, lost

pytestmark = pytest.mark.django_db

TOKEN = "t0ken-of-the-monitor-0123"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def token(settings: Settings) -> None:
    """Switch the page on."""
    settings.METRICS_TOKEN = TOKEN


def ask(client: Client, authorization: str = f"Bearer {TOKEN}") -> Any:
    return client.get("/metrics", headers={"Authorization": authorization})


def read(client: Client) -> dict[str, Told]:
    answer = ask(client)
    assert answer.status_code == 200
    return told(answer.text)


def values(client: Client, name: str) -> Values:
    return read(client)[name].values


def test_there_is_no_page_without_a_token_in_the_settings(
    client: Client, settings: Settings
) -> None:
    settings.METRICS_TOKEN = ""

    assert ask(client).status_code == 404
    assert ask(client, "Bearer ").status_code == 404


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer é",
        f"Bearer  {TOKEN}",
    ],
)
def test_whoever_has_not_the_token_is_asked_for_it(
    client: Client, authorization: str
) -> None:
    answer = ask(client, authorization)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "gatehouse_" not in answer.text


def test_an_admin_needs_the_token_too(client: Client, ada: User) -> None:
    client.force_login(ada, backend="console.accounts.sessions.PeopleBackend")

    assert client.get("/metrics").status_code == 401


def test_is_text_of_the_format_that_prometheus_reads(client: Client) -> None:
    answer = ask(client, f"bearer {TOKEN}")

    expected = "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Content-Type"] == expected
    assert answer.headers["Cache-Control"] == "no-store"
    for name, metric in told(answer.text).items():
        assert name.startswith("gatehouse_")
        assert (metric.kind == "counter") is name.endswith("_total")


def test_takes_no_post(client: Client) -> None:
    assert client.post("/metrics").status_code == 405


def test_says_when_the_database_is_gone(client: Client) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(gone):
        assert ask(client).status_code == 503


def unknown(call: UsageRecord) -> UsageRecord:
    """Make it one of which nothing is known."""
    call.source, call.cost_ticks = CostSource.UNKNOWN, None
    call.reported_ticks = call.computed_ticks = call.prompt_tokens = None
    return call


def test_counts_calls_cost_and_tokens(
    client: Client, sam: User, ada: User, api_key: ApiKey, other_team: Team
) -> None:
    now, grok = timezone.now(), stored_model()
    booked(
        whole(sam, api_key, now, model=grok),
        whole(ada, api_key, now - 40 * DAY, model=grok, computed_ticks=1),
        whole(sam, stored_key(other_team, "else"), now, outcome=Outcome.CUT),
        unknown(whole(sam, api_key, now, model=grok)),
    )

    found = read(client)

    assert found["gatehouse_calls_total"].values == {
        ("grok-4.3", "chat", "reported", "complete"): 2,
        ("grok-4.3", "chat", "unknown", "complete"): 1,
        ("unknown", "chat", "reported", "cut"): 1,
    }
    assert found["gatehouse_spend_ticks_total"].values == {
        ("grok-4.3", "chat", "reported", "complete"): 2 * TICKS,
        ("unknown", "chat", "reported", "cut"): TICKS,
    }
    tokens = found["gatehouse_tokens_total"].values
    assert tokens["grok-4.3", "chat", "prompt"] == 2 * 197
    assert tokens["unknown", "chat", "reasoning"] == 146
    without = found["gatehouse_calls_without_tokens_total"].values
    assert without["grok-4.3", "chat"] == 1
    assert found["gatehouse_calls_differing_total"].values["grok-4.3", "chat"] == 1


def test_what_was_entered_by_hand_makes_no_counter_fall(
    client: Client, sam: User, ada: User, api_key: ApiKey
) -> None:
    one = lost(sam, api_key, model=stored_model())
    lost(sam, api_key)
    roll_up()
    before = read(client)

    for after, ticks in enumerate((500, 80)):
        entered(one, ticks, ada, after=after)
        roll_up()

    found = read(client)
    assert found["gatehouse_adjusted_calls"].values == {("grok-4.3", "chat"): 1}
    assert found["gatehouse_adjusted_ticks"].values == {("grok-4.3", "chat"): 80}
    for name in ("gatehouse_calls_total", "gatehouse_spend_ticks_total"):
        assert found[name].values == before[name].values
    assert before["gatehouse_adjusted_calls"].values == {}


def test_tells_nothing_of_people_keys_or_teams(
    client: Client, sam: User, api_key: ApiKey, team: Team
) -> None:
    booked(whole(sam, api_key, timezone.now(), problem="rate_limit"))

    text = ask(client).text

    for secret in ("sam", "Sam", "search-prod", "Search", "up-1"):
        assert secret not in text
    for pk in (sam.pk, api_key.pk, team.pk):
        assert str(pk) not in text


def test_what_is_in_flight_is_a_gauge(
    client: Client, sam: User, api_key: ApiKey
) -> None:
    now = timezone.now()
    open_call = {"state": RecordState.OPEN, "settled_at": None}
    booked(
        whole(sam, api_key, now, **open_call, ceiling_ticks=70),
        whole(sam, api_key, now, **open_call, ceiling_ticks=None),
        whole(sam, api_key, now, endpoint=Endpoint.MESSAGES, **open_call),
        whole(sam, api_key, now),
    )

    found = read(client)

    assert found["gatehouse_calls_open"].values == {("chat",): 2, ("messages",): 1}
    assert found["gatehouse_open_ceiling_ticks"].values == {(): 70 + 5_000_000}


def failed(
    sam: User, key: ApiKey, days_ago: float, problem: str, **more: Any
) -> UsageRecord:
    at = timezone.now() - days_ago * DAY
    return whole(sam, key, at, problem=problem, outcome=Outcome.REFUSED, **more)


class TestProblems:
    """Counted by kind, and never less than before."""

    name = "gatehouse_problems_total"

    def test_are_counted_by_endpoint_and_kind(
        self, client: Client, sam: User, api_key: ApiKey
    ) -> None:
        released = {"state": RecordState.RELEASED, "source": "", "ticks": None}
        booked(
            failed(sam, api_key, 40, "rate_limit"),
            failed(sam, api_key, 0, "rate_limit"),
            failed(sam, api_key, 0, "cut", endpoint=Endpoint.MESSAGES),
            failed(sam, api_key, 3, "connect", **released),
            whole(sam, api_key, timezone.now()),
        )

        expected = {
            ("chat", "connect"): 1,
            ("chat", "rate_limit"): 2,
            ("messages", "cut"): 1,
        }
        assert values(client, self.name) == expected
        assert values(client, self.name) == expected

    def test_stay_when_a_month_is_dropped(
        self, client: Client, sam: User, api_key: ApiKey
    ) -> None:
        now = timezone.now()
        booked(failed(sam, api_key, 100, "cut"), failed(sam, api_key, 0, "cut"))
        before = values(client, self.name)
        calls = values(client, "gatehouse_calls_total")
        partitions.ensure_months(now)

        assert partitions.drop_before(now.date() - timedelta(days=60))

        assert UsageRecord.objects.count() == 1
        assert values(client, self.name) == before == {("chat", "cut"): 2}
        assert values(client, "gatehouse_calls_total") == calls

    def test_a_day_is_not_over_while_a_call_of_it_is_in_flight(
        self, client: Client, sam: User, api_key: ApiKey
    ) -> None:
        still = {"state": RecordState.OPEN, "settled_at": None, "source": ""}
        (late, _) = booked(
            failed(sam, api_key, 5, "", **still, ticks=None),
            failed(sam, api_key, 5, "timeout"),
        )
        assert values(client, self.name) == {("chat", "timeout"): 1}
        assert not ProblemDay.objects.exists()

        UsageRecord.objects.filter(pk=late.pk).update(
            state=RecordState.SETTLED, settled_at=timezone.now(), problem="cut"
        )

        expected = {("chat", "timeout"): 1, ("chat", "cut"): 1}
        assert values(client, self.name) == expected
        assert values(client, self.name) == expected

    def test_days_that_are_over_are_counted_once(
        self,
        client: Client,
        sam: User,
        api_key: ApiKey,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        booked(*(failed(sam, api_key, n, "cut") for n in range(9)))
        ask(client)

        with django_assert_num_queries(13):
            ask(client)

        assert values(client, self.name) == {("chat", "cut"): 9}


def test_what_waits_is_told(client: Client, sam: User, api_key: ApiKey) -> None:
    whole(sam, api_key, timezone.now()).save(force_insert=True)
    assert TouchedSlot.objects.exists()

    before = values(client, "gatehouse_queue_waiting")
    roll_up()

    assert before == {("polls",): 0, ("alerts",): 0, ("slots",): 1}
    assert values(client, "gatehouse_queue_waiting")["slots",] == 0
    assert values(client, "gatehouse_poll_lag_seconds") == {(): 0}


def test_parts_have_an_age_once_they_did_something(client: Client) -> None:
    assert values(client, "gatehouse_part_age_seconds") == {}

    life.beat(life.BEAT)

    assert list(values(client, "gatehouse_part_age_seconds")) == [("beat",)]


def test_keys_are_counted_by_state(client: Client, team: Team) -> None:
    stored_key(team)
    stored_key(team, "gone", removed_at=timezone.now())

    assert values(client, "gatehouse_keys") == {("active",): 1}
