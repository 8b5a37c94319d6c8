from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from console import vault, xai
from console.accounts.models import Team
from console.catalog.models import LanguageModel, PriceVersion
from console.keys.models import ApiKey, KeyChange, KeyModel, KeyState
from console.keys.upstream import use_transport
from console.polling import fetching, poller, schedule
from console.polling.clock import StatementTime, database_time
from console.polling.fetching import Fetched, ModelLists
from console.polling.models import Breaker, PollKind, PollState
from tests.keys.answers import (
    WRONG_KEY,
    Upstream,
    key_info,
    key_json,
    listed,
    model_json,
    status,
)
from tests.polling.conftest import MakeKeys, make_due, poll_keys, poll_of, secret_of

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
Answer = Callable[[httpx.Request], httpx.Response]


def wait_of(api_key: ApiKey, kind: PollKind = PollKind.KEY) -> timedelta:
    """Return how long from now a key is due."""
    return poll_of(api_key, kind).due_at - database_time()


def test_a_new_key_is_polled_with_its_models(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    (api_key,) = make_keys(1)
    schedule.fill()

    assert poller.poll_due() == 2

    api_key.refresh_from_db()
    assert api_key.state == KeyState.ACTIVE
    assert api_key.xai_name == "staging playground"
    assert LanguageModel.objects.get().context_length == 1000
    assert KeyModel.objects.get().key_id == api_key.pk
    assert PriceVersion.objects.get().team_id == api_key.team_id
    assert sorted(path for path, _ in upstream.asked) == [
        "/v1/api-key",
        "/v1/language-models",
        "/v1/models",
    ]


def test_waits_are_spread_over_one_interval_and_never_longer(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    keys = make_keys(40)

    poll_keys()

    waits = sorted(wait_of(api_key) for api_key in keys)
    assert waits[0] < 60 * SECOND
    assert waits[-1] > 4 * MINUTE
    assert waits[-1] <= 5 * MINUTE


def test_a_key_on_time_waits_one_interval_less_a_tenth(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    (api_key,) = make_keys(1)
    poll_keys()
    make_due()

    poll_keys()

    assert 4 * MINUTE + 29 * SECOND < wait_of(api_key) <= 5 * MINUTE


FAILURES = [
    pytest.param(WRONG_KEY, "unknown", 31, 0, id="wrong key"),
    pytest.param(
        status(403, {"code": "permission-denied", "error": "The key is disabled."}),
        "disabled",
        300,
        0,
        id="disabled, said with 403",
    ),
    pytest.param(status(500), "unknown", 30, 1, id="500"),
    pytest.param(status(503), "unknown", 30, 1, id="503"),
    pytest.param(status(302, Location="/other"), "unknown", 30, 1, id="redirect"),
    pytest.param(
        lambda _: httpx.Response(200, content=b"<html>"), "unknown", 30, 1, id="html"
    ),
    pytest.param(
        lambda _: httpx.Response(200, content=b'{"api_key_id": '),
        "unknown",
        30,
        1,
        id="half a JSON",
    ),
    pytest.param(
        lambda _: httpx.Response(200, content=b"[" * 5000), "unknown", 30, 1, id="deep"
    ),
    pytest.param(
        lambda _: httpx.Response(200, json={"name": "x"}), "unknown", 30, 1, id="no id"
    ),
    pytest.param(
        lambda _: httpx.Response(200, content=b"x" * 100_000),
        "unknown",
        30,
        1,
        id="too big",
    ),
]


@pytest.mark.parametrize(("answer", "state", "seconds", "failures"), FAILURES)
def test_each_failure_has_its_date(
    make_keys: MakeKeys,
    upstream: Upstream,
    answer: Answer,
    state: str,
    seconds: int,
    failures: int,
) -> None:
    bad, good = make_keys(2)
    upstream.answers[secret_of(0)] = answer

    poll_keys()

    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, bad.failures) == (state, failures)
    assert bad.problem
    assert "xai-0000" not in bad.problem
    assert (seconds - 5) * SECOND < wait_of(bad) <= seconds * SECOND
    assert poll_of(bad).failures == 1
    assert good.state == KeyState.ACTIVE


def test_no_answer_at_all_is_unreachable_after_three(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    (api_key,) = make_keys(1)

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    upstream.answers[secret_of(0)] = refuse
    waits = []
    for _ in range(3):
        poll_keys()
        waits.append(round(wait_of(api_key) / SECOND))
        make_due()

    api_key.refresh_from_db()
    assert api_key.state == KeyState.UNREACHABLE
    assert waits == pytest.approx([30, 60, 120], abs=5)


def test_a_wrong_key_is_rejected_at_the_second_look_and_then_hourly(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    (api_key,) = make_keys(1)
    upstream.answers[secret_of(0)] = WRONG_KEY
    poll_keys()
    ApiKey.objects.update(refused_at=timezone.now() - 31 * SECOND)
    make_due()

    poll_keys()

    api_key.refresh_from_db()
    assert api_key.state == KeyState.REJECTED
    assert 59 * MINUTE < wait_of(api_key) <= 60 * MINUTE


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ({"Retry-After": "40"}, 39, 40),
        ({"Retry-After": "0"}, 0, 1),
        ({"Retry-After": "99999"}, 899, 900),
        ({"Retry-After": "soon"}, 1, 120),
        ({"Retry-After": "-5"}, 0, 120),
        ({}, 1, 120),
    ],
    ids=lambda value: str(value),
)
def test_a_429_holds_the_whole_team_back(
    make_keys: MakeKeys,
    upstream: Upstream,
    other_team: Team,
    settings: Settings,
    header: dict[str, str],
    least: int,
    most: int,
) -> None:
    settings.XAI_POLL_PER_TEAM = 1
    keys = make_keys(3)
    (other,) = make_keys(1, of=other_team)
    for number in range(3):
        upstream.answers[secret_of(number)] = status(429, **header)

    poll_keys()

    refused = [path for path, secret in upstream.asked if secret != secret_of(3)]
    assert len(refused) == 1
    for api_key in keys:
        assert least * SECOND - SECOND <= wait_of(api_key) <= most * SECOND
        api_key.refresh_from_db()
        assert api_key.state == KeyState.UNKNOWN
    other.refresh_from_db()
    assert other.state == KeyState.ACTIVE


def test_changed_acls_ask_for_the_models_at_once(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    (api_key,) = make_keys(1)
    schedule.fill()
    poller.poll_due()
    upstream.answers[secret_of(0)] = lambda request: (
        httpx.Response(200, json={"models": [], "data": []})
        if "models" in request.url.path
        else httpx.Response(
            200,
            json=key_json(api_key_id=f"id-{secret_of(0)[-20:]}", acls=["api-key:x:y"]),
        )
    )
    schedule.ask_now(api_key)
    PollState.objects.filter(kind=PollKind.MODELS).update(
        due_at=StatementTime() + 60 * MINUTE
    )

    assert poller.poll_due() == 2

    assert [change.field for change in KeyChange.objects.all()] == ["acls"]
    assert KeyModel.objects.get().seen_until is not None


def test_models_that_may_not_be_listed_leave_the_key_as_it_is(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    (api_key,) = make_keys(1)
    denied = {"code": "permission-denied", "error": "endpoint models not in ACLs"}
    info = key_json(api_key_id="x")
    upstream.answers[secret_of(0)] = lambda request: (
        httpx.Response(403, json=denied)
        if "models" in request.url.path
        else httpx.Response(200, json=info)
    )
    schedule.fill()

    poller.poll_due()

    api_key.refresh_from_db()
    assert (api_key.state, api_key.models_checked_at) == (KeyState.ACTIVE, None)
    assert wait_of(api_key, PollKind.MODELS) > 5 * MINUTE


def test_prices_do_not_wait_for_context_lengths(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    make_keys(1)
    upstream.answers[secret_of(0)] = lambda request: (
        httpx.Response(200, json={"models": [model_json()]})
        if request.url.path == "/v1/language-models"
        else httpx.Response(500)
    )
    schedule.fill()

    poller.poll_due(kinds=[PollKind.MODELS])

    assert LanguageModel.objects.get().context_length is None
    assert PriceVersion.objects.count() == 1


def test_a_zombie_writes_nothing(make_keys: MakeKeys, upstream: Upstream) -> None:
    (api_key,) = make_keys(1)
    schedule.fill()
    (claim,) = schedule.claim_due(limit=1, kinds=[PollKind.KEY], lease_time=-MINUTE)
    late = Fetched(claim, api_key, key_info(), timezone.now())

    poller.write([late])

    api_key.refresh_from_db()
    assert (api_key.state, api_key.checked_at) == (KeyState.UNKNOWN, None)
    assert poll_of(api_key).lease == claim.lease


def test_a_zombie_writes_no_models_and_no_prices(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    (api_key,) = make_keys(1)
    schedule.fill()
    (claim,) = schedule.claim_due(limit=1, kinds=[PollKind.MODELS], lease_time=-MINUTE)
    lists = ModelLists(listed(model_json()), None)

    poller.write([Fetched(claim, api_key, lists, timezone.now())])

    assert not LanguageModel.objects.exists()
    assert not KeyModel.objects.exists()
    assert poll_of(api_key, PollKind.MODELS).lease == claim.lease


def test_a_poll_of_a_replaced_secret_writes_nothing_about_the_key(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    (api_key,) = make_keys(1)
    schedule.fill()
    (claim,) = schedule.claim_due(limit=1, kinds=[PollKind.KEY])
    ApiKey.objects.update(secret_version=2)

    poller.write([Fetched(claim, api_key, key_info(), timezone.now())])

    api_key.refresh_from_db()
    assert api_key.state == KeyState.UNKNOWN
    assert poll_of(api_key).lease is None


def test_a_sealed_vault_polls_nothing(
    make_keys: MakeKeys,
    upstream: Upstream,
    settings: Settings,
    tmp_path: object,
) -> None:
    make_keys(2)
    settings.KEK_FILE = settings.BASE_DIR / "no-such-kek"
    vault.forget()

    assert poll_keys() == 0

    assert upstream.asked == []
    assert PollState.objects.filter(lease=None).count() == 4


def test_a_secret_that_does_not_open_delays_no_other(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    moved, good = make_keys(2)
    other = ApiKey.objects.get(pk=good.pk).sealed_secret
    ApiKey.objects.filter(pk=moved.pk).update(sealed_secret=other)

    poll_keys()

    moved.refresh_from_db()
    good.refresh_from_db()
    assert moved.state == KeyState.UNKNOWN
    assert "does not open" in moved.problem
    assert good.state == KeyState.ACTIVE
    assert len(upstream.asked) == 1


def test_a_host_that_is_no_longer_named_is_a_problem_of_ours(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    (api_key,) = make_keys(1)
    ApiKey.objects.update(host="gone")

    poll_keys()

    api_key.refresh_from_db()
    assert "XAI_HOSTS" in api_key.problem
    assert upstream.asked == []


def test_a_mistake_of_ours_is_logged_and_delays_no_other(
    make_keys: MakeKeys, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = make_keys(2)

    def break_down(_request: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError

    upstream.answers[secret_of(0)] = break_down
    with caplog.at_level(logging.ERROR, logger="console.polling"):
        poll_keys()

    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == (KeyState.UNKNOWN, KeyState.ACTIVE)
    assert poll_of(bad).failures == 1
    assert "A poll broke." in caplog.text
    assert secret_of(0) not in caplog.text


def test_an_answer_that_cannot_be_stored_holds_back_no_other_team(
    make_keys: MakeKeys,
    upstream: Upstream,
    other_team: Team,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (bad,), (good,) = make_keys(1), make_keys(1, of=other_team)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE catalog_priceversion ADD CHECK (team_id <> %s)", [bad.team_id]
        )
    schedule.fill()

    poller.poll_due()

    assert [one.team_id for one in PriceVersion.objects.all()] == [good.team_id]
    assert "could not be stored" in caplog.text
    assert poll_of(bad, PollKind.MODELS).failures == 1
    assert wait_of(bad, PollKind.MODELS) > SECOND
    assert poll_of(good, PollKind.MODELS).failures == 0


def test_a_slow_key_delays_no_other(make_keys: MakeKeys, upstream: Upstream) -> None:
    keys = make_keys(8)
    release = threading.Event()
    written: list[int] = []
    info = key_json(api_key_id="slow")

    async def slow_first(request: httpx.Request) -> httpx.Response:
        if request.headers["Authorization"].endswith(secret_of(0)):
            import asyncio

            await asyncio.to_thread(release.wait, 20)
            return httpx.Response(200, json=info)
        return upstream(request)

    lane, loop = fetching.Lane(at_once=16, per_team=4), fetching.Background()
    with use_transport(httpx.MockTransport(slow_first)):
        schedule.fill()
        in_flight = poller.start(
            schedule.claim_due(limit=4, kinds=[PollKind.KEY]), lane, loop
        )
        while len(written) < in_flight - 1:
            done = lane.take(enough=1)
            poller.write([item for item in done if isinstance(item, Fetched)])
            written += [1] * len(done)

        assert ApiKey.objects.filter(state=KeyState.ACTIVE).count() == 3
        release.set()
        poller.write([i for i in lane.take(enough=1) if isinstance(i, Fetched)])
        loop.close()
    assert ApiKey.objects.filter(state=KeyState.ACTIVE).count() == 4
    assert len(keys) == 8


@pytest.mark.parametrize("number", [2, 40])
def test_an_unchanged_batch_costs_the_same_number_of_statements(
    make_keys: MakeKeys, upstream: Upstream, number: int
) -> None:
    make_keys(number)
    poll_keys()
    make_due()
    claims = schedule.claim_due(limit=number, kinds=[PollKind.KEY])
    keys = ApiKey.objects.in_bulk([claim.key_id for claim in claims])
    results = [
        Fetched(
            claim,
            keys[claim.key_id],
            xai.KeyInfo.from_json(keys[claim.key_id].snapshots.get().raw),
            timezone.now(),
        )
        for claim in claims
    ]

    with CaptureQueriesContext(connection) as queries:
        poller.write(results)

    statements = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
    assert len(results) == number
    assert len(statements) == 8, statements
    assert KeyChange.objects.count() == 0


def test_an_outage_opens_the_breaker_and_one_probe_closes_it(
    make_keys: MakeKeys, upstream: Upstream, settings: Settings
) -> None:
    settings.XAI_POLL_PER_TEAM = settings.XAI_POLL_BATCH = 5
    keys = make_keys(90)
    for number in range(90):
        upstream.answers[secret_of(number)] = status(503)

    poll_keys()

    row = Breaker.objects.get()
    assert (row.host, row.openings) == ("xai", 1)
    asked = {secret for _, secret in upstream.asked}
    assert 5 <= len(asked) < len(keys)
    assert schedule.shut_out() > 0

    # Its time is over: a single key tries again, and the outage goes on.
    Breaker.objects.update(open_until=database_time() - SECOND)
    make_due()
    assert poll_keys() == 1
    row.refresh_from_db()
    assert row.openings == 2
    assert row.open_until is not None
    assert 55 * SECOND < row.open_until - database_time() <= 60 * SECOND

    upstream.answers.clear()
    Breaker.objects.update(open_until=database_time() - SECOND)
    make_due()
    poll_keys()
    closed = Breaker.objects.get()
    assert (closed.openings, closed.open_until) == (0, None)
    active = ApiKey.objects.filter(state=KeyState.ACTIVE).count()
    assert active == len(keys)


def test_a_refusal_never_opens_the_breaker(
    make_keys: MakeKeys, upstream: Upstream, settings: Settings
) -> None:
    settings.XAI_POLL_PER_TEAM = 12
    make_keys(12)
    for number in range(12):
        upstream.answers[secret_of(number)] = WRONG_KEY

    assert poll_keys() == 12

    assert not Breaker.objects.filter(openings__gt=0).exists()
