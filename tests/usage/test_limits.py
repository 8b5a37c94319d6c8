"""A person, a team and a key have so many answers at once and calls a minute."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team, User
from console.keys.models import ApiKey
from console.usage import ledger
from console.usage.booking import Ending
from console.usage.limits import Limits, TooMany
from console.usage.models import Consumer, Endpoint, Outcome, UsageRecord
from tests.keys.stored import stored_key
from tests.usage.ageing import older
from tests.waiting import wait_until

TWO_AT_ONCE = Limits(at_once=2, per_minute=100)
TWO_A_MINUTE = Limits(at_once=100, per_minute=2)
TEAMS_TWO_AT_ONCE = Limits(per_minute=99, team_per_minute=99, team_at_once=2)
TEAMS_TWO_A_MINUTE = Limits(per_minute=99, team_per_minute=2)
KEYS_TWO_A_MINUTE = Limits(per_minute=99, team_per_minute=99, key_per_minute=2)
TWO_COUNTS = Limits(per_minute=2)
TEAMS_TWO_COUNTS = Limits(per_minute=99, team_per_minute=2)
DONE = Ending(outcome=Outcome.COMPLETE)


def open_one(
    person: User,
    key: ApiKey,
    within: Limits | None,
    endpoint: Endpoint = Endpoint.CHAT,
) -> UUID:
    return ledger.open_record(
        ledger.Opening(
            person=person,
            key=key,
            endpoint=endpoint,
            model_asked="grok-4.3",
            model=None,
            price=None,
            ceiling_ticks=None,
        ),
        within=within,
    )


def test_an_answer_more_than_may_come_at_once_is_refused(
    sam: User, api_key: ApiKey
) -> None:
    first = open_one(sam, api_key, TWO_AT_ONCE)
    open_one(sam, api_key, TWO_AT_ONCE)

    with pytest.raises(TooMany) as refused:
        open_one(sam, api_key, TWO_AT_ONCE)

    assert "2 answers coming. Nobody may have more than 2 at" in refused.value.sentence
    assert "Stop one" in refused.value.advice
    assert UsageRecord.objects.count() == 2
    ledger.settle(first, DONE)
    assert open_one(sam, api_key, TWO_AT_ONCE)


def test_a_call_more_than_a_minute_may_have_is_refused_until_it_is_over(
    sam: User, api_key: ApiKey
) -> None:
    for before in (59, 30):
        record_id = open_one(sam, api_key, TWO_A_MINUTE)
        ledger.settle(record_id, DONE)
        older(record_id, timedelta(seconds=before))

    with pytest.raises(TooMany) as refused:
        open_one(sam, api_key, TWO_A_MINUTE)

    assert refused.value.seconds == 1
    assert refused.value.sentence.startswith("You have made 2 calls within a minute")
    assert refused.value.advice == "Wait 1 s, then send it again."
    older(UsageRecord.objects.earliest("opened_at").pk, timedelta(seconds=1))
    assert open_one(sam, api_key, TWO_A_MINUTE)


def test_how_long_to_wait_is_told_by_the_call_that_has_to_grow_old(
    sam: User, api_key: ApiKey
) -> None:
    for before in (50, 40, 20):  # when the limit was another
        older(open_one(sam, api_key, None), timedelta(seconds=before))

    with pytest.raises(TooMany) as refused:
        open_one(sam, api_key, TWO_A_MINUTE)

    assert refused.value.seconds == 20


@pytest.mark.parametrize("limits", [TWO_AT_ONCE, TWO_A_MINUTE])
def test_neither_counting_nor_other_people_use_a_persons_room(
    sam: User, ada: User, api_key: ApiKey, limits: Limits
) -> None:
    for _ in range(2):
        open_one(ada, api_key, limits)
        open_one(sam, api_key, None, Endpoint.TOKENIZE)

    assert open_one(sam, api_key, limits)


def test_counting_has_a_limit_of_its_own(sam: User, api_key: ApiKey) -> None:
    for _ in range(2):
        open_one(sam, api_key, TWO_A_MINUTE)
        open_one(sam, api_key, TWO_COUNTS, Endpoint.TOKENIZE)

    with pytest.raises(TooMany, match="You have made 2 token counts within a minute"):
        open_one(sam, api_key, TWO_COUNTS, Endpoint.TOKENIZE)


@pytest.mark.parametrize(
    ("within", "endpoint", "sentence", "seconds"),
    [
        pytest.param(
            TEAMS_TWO_AT_ONCE,
            Endpoint.CHAT,
            "The team that pays has 2 answers coming. No team may have more than 2",
            5,
            id="answers of a team",
        ),
        pytest.param(
            TEAMS_TWO_A_MINUTE,
            Endpoint.CHAT,
            "The team that pays has made 2 calls within a minute. No team may make",
            20,
            id="calls of a team",
        ),
        pytest.param(
            TEAMS_TWO_COUNTS,
            Endpoint.TOKENIZE,
            "The team that pays has made 2 token counts within a minute. No team",
            20,
            id="counts of a team",
        ),
        pytest.param(
            KEYS_TWO_A_MINUTE,
            Endpoint.CHAT,
            "2 calls within a minute went with search-prod. No key may be used for",
            20,
            id="calls with a key",
        ),
    ],
)
def test_what_several_people_ask_for_together_is_limited(
    sam: User,
    ada: User,
    api_key: ApiKey,
    within: Limits,
    endpoint: Endpoint,
    sentence: str,
    seconds: int,
) -> None:
    for person, before in ((sam, 40), (ada, 10)):
        older(open_one(person, api_key, within, endpoint), timedelta(seconds=before))

    with pytest.raises(TooMany) as refused:
        open_one(sam, api_key, within, endpoint)

    assert refused.value.sentence.startswith(sentence)
    assert refused.value.seconds == seconds
    assert UsageRecord.objects.count() == 2
    older(UsageRecord.objects.earliest("opened_at").pk, timedelta(seconds=20))
    UsageRecord.objects.filter(consumer__person=sam).update(
        state="settled", settled_at=F("opened_at")
    )
    assert open_one(sam, api_key, within, endpoint)


@pytest.mark.parametrize(
    "within", [TEAMS_TWO_AT_ONCE, TEAMS_TWO_A_MINUTE, KEYS_TWO_A_MINUTE]
)
def test_what_others_do_leaves_the_room_of_a_team(
    sam: User, mia: User, other_team: Team, api_key: ApiKey, within: Limits
) -> None:
    elsewhere = stored_key(team=other_team, label="elsewhere")
    for _ in range(2):
        open_one(mia, elsewhere, within)
        open_one(sam, api_key, None, Endpoint.TOKENIZE)

    assert open_one(sam, api_key, within)


def test_another_key_of_the_team_has_room_of_its_own(
    sam: User, team: Team, api_key: ApiKey
) -> None:
    for _ in range(2):
        open_one(sam, api_key, KEYS_TWO_A_MINUTE)

    assert open_one(sam, stored_key(team=team, label="other"), KEYS_TWO_A_MINUTE)


def test_answers_of_a_process_that_died_do_not_count(
    sam: User, api_key: ApiKey
) -> None:
    for _ in range(2):
        open_one(sam, api_key, TWO_AT_ONCE)
    UsageRecord.objects.update(alive_at=F("alive_at") - timedelta(seconds=31))

    assert open_one(sam, api_key, TWO_AT_ONCE)


def test_the_first_call_of_a_person_counts(sam: User, api_key: ApiKey) -> None:
    one = Limits(at_once=1, per_minute=9)

    open_one(sam, api_key, one)

    with pytest.raises(TooMany, match="You have 1 answer coming"):
        open_one(sam, api_key, one)


def test_a_limit_costs_no_way_to_the_database(
    sam: User, api_key: ApiKey, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    every = Limits(
        per_minute=9, at_once=9, team_per_minute=9, team_at_once=9, key_per_minute=9
    )
    open_one(sam, api_key, every)

    with django_assert_num_queries(1):
        open_one(sam, api_key, every)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("who", "one"),
    [
        ("sam", Limits(at_once=1, per_minute=9)),
        ("ada", Limits(per_minute=9, team_per_minute=9, team_at_once=1)),
        ("ada", Limits(per_minute=9, team_per_minute=9, key_per_minute=1)),
    ],
    ids=["a person", "a team", "a key"],
)
def test_a_call_in_another_process_waits_to_be_counted(
    sam: User, api_key: ApiKey, request: pytest.FixtureRequest, who: str, one: Limits
) -> None:
    other_person = request.getfixturevalue(who)
    for person in {sam, other_person}:
        Consumer.objects.create(person=person)

    def elsewhere() -> str:
        try:
            return str(open_one(other_person, api_key, one))
        except TooMany:
            return "refused"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            open_one(sam, api_key, one)
            other = pool.submit(elsewhere)
            wait_until(lambda: other.done() or _somebody_waits_for_us())
        assert other.result() == "refused"


def _somebody_waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks WHERE NOT granted"
            " AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return cursor.fetchone() is not None
