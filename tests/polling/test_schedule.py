from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import close_old_connections, connection, connections, transaction
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from console.accounts.models import Team
from console.keys.models import ApiKey
from console.polling import schedule
from console.polling.clock import StatementTime, database_time
from console.polling.models import PollKind, PollState
from console.polling.schedule import Claim, Finish
from tests.polling.conftest import MakeKeys, make_due, poll_of

MINUTE = timedelta(minutes=1)


def claim(
    limit: int = 100,
    *,
    lane: UUID | None = None,
    lease_time: timedelta = schedule.LEASE_TIME,
) -> list[Claim]:
    return schedule.claim_due(
        limit=limit, lane=lane, lease_time=lease_time, kinds=[PollKind.KEY]
    )


def age(api_key: ApiKey, by: timedelta) -> None:
    """Let a key be due since `by` ago."""
    PollState.objects.filter(key=api_key).update(due_at=StatementTime() - by)


@pytest.mark.django_db
class TestFilling:
    def test_a_new_key_is_due_at_once_for_both_kinds(self, api_key: ApiKey) -> None:
        schedule.fill()
        schedule.fill()

        assert PollState.objects.count() == 2
        assert {c.kind for c in schedule.claim_due(limit=9)} == set(PollKind)

    def test_unwatched_keys_get_no_rows_and_removed_ones_lose_theirs(
        self, make_keys: MakeKeys
    ) -> None:
        watched, unwatched, removed = make_keys(3)
        ApiKey.objects.filter(pk=unwatched.pk).update(watched=False)
        schedule.fill()
        ApiKey.objects.filter(pk=removed.pk).update(removed_at=database_time())

        schedule.fill()

        keys = PollState.objects.values_list("key", flat=True)
        assert set(keys) == {watched.pk}

    def test_a_replaced_secret_is_asked_for_its_models(self, api_key: ApiKey) -> None:
        schedule.fill()
        PollState.objects.update(due_at=StatementTime() + 60 * MINUTE)
        ApiKey.objects.update(models_checked_at=database_time())
        schedule.fill()
        assert schedule.pending() == 0

        ApiKey.objects.update(models_checked_at=None)
        schedule.fill()

        assert [c.kind for c in schedule.claim_due(limit=9)] == [PollKind.MODELS]


@pytest.mark.django_db
class TestClaiming:
    def test_a_claim_is_not_given_twice(self, make_keys: MakeKeys) -> None:
        make_keys(3)
        schedule.fill()

        assert len(claim()) == 3
        assert claim() == []

    def test_the_oldest_come_first(self, make_keys: MakeKeys) -> None:
        young, old, middle = make_keys(3)
        schedule.fill()
        for api_key, minutes in [(young, 1), (old, 9), (middle, 5)]:
            age(api_key, minutes * MINUTE)

        mine = uuid4()
        order = [claim(limit=1, lane=mine)[0].key_id for _ in range(3)]

        assert order == [old.pk, middle.pk, young.pk]

    def test_a_team_is_in_one_lane_at_a_time(
        self, make_keys: MakeKeys, other_team: Team
    ) -> None:
        make_keys(10)
        schedule.fill()
        mine = uuid4()
        assert len(claim(limit=4, lane=mine)) == 4

        (other,) = make_keys(1, of=other_team)
        schedule.fill()

        assert [c.key_id for c in claim()] == [other.pk]
        assert len(claim(lane=mine)) == 6

    def test_a_lane_holds_so_many_polls_of_a_team(self, make_keys: MakeKeys) -> None:
        make_keys(schedule.QUEUE + 3)
        schedule.fill()
        mine = uuid4()

        first = claim(limit=1000, lane=mine)
        assert len(first) == schedule.QUEUE
        assert claim(limit=1000, lane=mine) == []

        schedule.finish([Finish(first[0], 5 * MINUTE)])
        assert len(claim(limit=1000, lane=mine)) == 1

    def test_a_big_team_does_not_make_another_wait(
        self, make_keys: MakeKeys, other_team: Team
    ) -> None:
        make_keys(schedule.QUEUE + 10)
        schedule.fill()
        PollState.objects.update(due_at=StatementTime() - 9 * MINUTE)
        (late,) = make_keys(1, of=other_team)
        schedule.fill()

        assert late.pk in {c.key_id for c in claim(limit=schedule.QUEUE + 1)}

    def test_a_lease_that_ends_makes_its_key_due(self, api_key: ApiKey) -> None:
        schedule.fill()
        (lost,) = claim(lease_time=-MINUTE)

        (again,) = claim()

        assert again.key_id == lost.key_id
        assert again.lease != lost.lease

    def test_paused_keys_are_not_claimed(self, api_key: ApiKey) -> None:
        schedule.fill()
        ApiKey.objects.update(watched=False)

        assert claim() == []
        assert schedule.pending() == 0
        assert schedule.due_now() == (0, None)

    def test_it_says_how_late_it_is(self, api_key: ApiKey) -> None:
        schedule.fill()
        age(api_key, 5 * MINUTE)

        (late,) = claim()

        assert 5 * MINUTE <= late.late < 6 * MINUTE

    @pytest.mark.parametrize("number", [1, 40])
    def test_the_number_of_statements_does_not_grow(
        self, make_keys: MakeKeys, number: int
    ) -> None:
        make_keys(number)
        schedule.fill()

        with CaptureQueriesContext(connection) as queries:
            assert len(claim()) == number

        statements = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
        assert len(statements) == 3


@pytest.mark.django_db
class TestFinishing:
    def test_a_finished_claim_waits_for_its_date(self, api_key: ApiKey) -> None:
        schedule.fill()
        (mine,) = claim()

        schedule.finish([Finish(mine, 5 * MINUTE, failures=2)])

        row = poll_of(api_key)
        assert (row.lease, row.lease_until, row.failures) == (None, None, 2)
        assert 4 * MINUTE < row.due_at - database_time() <= 5 * MINUTE

    def test_a_zombie_finishes_nothing(self, api_key: ApiKey) -> None:
        schedule.fill()
        (zombie,) = claim(lease_time=-MINUTE)
        (mine,) = claim()

        with transaction.atomic():
            assert schedule.held([zombie]) == set()
            assert schedule.held([mine]) == {mine}
        schedule.finish([Finish(zombie, 5 * MINUTE)])

        assert poll_of(api_key).lease == mine.lease

    def test_a_lease_that_ended_holds_no_more(self, api_key: ApiKey) -> None:
        schedule.fill()
        (late,) = claim(lease_time=-MINUTE)

        with transaction.atomic():
            assert schedule.held([late]) == set()

    def test_a_lease_nobody_gave_holds_nothing(self, api_key: ApiKey) -> None:
        schedule.fill()
        (mine,) = claim()
        forged = replace(mine, lease=uuid4())

        with transaction.atomic():
            assert schedule.held([forged]) == set()


@pytest.mark.django_db
class TestAsking:
    def test_a_key_is_due_at_once_and_once_a_minute(self, api_key: ApiKey) -> None:
        assert schedule.ask_now(api_key) is True
        assert schedule.ask_now(api_key) is False

        PollState.objects.update(asked_at=StatementTime() - 2 * MINUTE)
        assert schedule.ask_now(api_key) is True
        assert len(schedule.claim_due(limit=9)) == 2

    def test_asking_while_a_poll_is_in_flight_is_not_lost(
        self, api_key: ApiKey
    ) -> None:
        schedule.fill()
        (mine,) = claim()

        assert schedule.ask_now(api_key)
        assert claim() == []  # the lease still holds
        schedule.finish([Finish(mine, 5 * MINUTE)])

        assert [c.key_id for c in claim()] == [api_key.pk]

    def test_a_lane_does_not_claim_again_what_it_is_asking(
        self, api_key: ApiKey
    ) -> None:
        schedule.fill()
        lane = uuid4()
        assert len(claim(lane=lane)) == 1

        assert schedule.ask_now(api_key)

        assert claim(lane=lane) == []

    def test_bringing_forward_takes_one_kind(self, api_key: ApiKey) -> None:
        schedule.fill()
        PollState.objects.update(due_at=StatementTime() + 5 * MINUTE)

        schedule.bring_forward([api_key.pk], PollKind.MODELS)

        assert [c.kind for c in schedule.claim_due(limit=9)] == [PollKind.MODELS]

    def test_holding_a_team_back_leaves_others_and_what_is_in_flight(
        self, make_keys: MakeKeys, other_team: Team
    ) -> None:
        keys = [*make_keys(2), *make_keys(2, of=other_team)]
        schedule.fill()
        (in_flight,) = claim(limit=1)  # of either team
        others = {key.pk for key in keys if key.team_id != in_flight.team_id}

        schedule.hold_team_back(ApiKey.objects.get(pk=in_flight.key_id).team_id, MINUTE)

        assert {c.key_id for c in schedule.claim_due(limit=9)} == others
        with transaction.atomic():
            assert schedule.held([in_flight])

    def test_all_are_due_when_all_are_asked_for(self, make_keys: MakeKeys) -> None:
        make_keys(2)
        schedule.fill()
        PollState.objects.update(due_at=StatementTime() + 5 * MINUTE)

        assert schedule.ask_all() == 4
        assert schedule.pending() == 4
        assert schedule.due_now()[0] == 4


@pytest.mark.django_db(transaction=True)
def test_four_threads_claiming_at_once_never_overlap(
    make_keys: MakeKeys, other_team: Team
) -> None:
    make_keys(20)
    make_keys(20, of=other_team)
    schedule.fill()
    make_due()
    taken: Counter[UUID] = Counter()
    lanes_of_a_team: list[int] = []
    broken: list[BaseException] = []
    lock = threading.Lock()

    def work() -> None:
        try:
            close_old_connections()
            while len(taken) < 40:
                claims = claim(limit=3)
                in_hands = PollState.objects.filter(lease__isnull=False)
                lanes = in_hands.values("team").annotate(
                    lanes=Count("lease", distinct=True)
                )
                with lock:
                    taken.update(c.key_id for c in claims)
                    lanes_of_a_team.extend(row["lanes"] for row in lanes)
                with transaction.atomic():
                    assert len(schedule.held(claims)) == len(claims)
                    schedule.finish([Finish(c, 5 * MINUTE) for c in claims])
        except BaseException as error:
            broken.append(error)
            raise
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert broken == []
    assert len(taken) == 40
    assert set(taken.values()) == {1}
    assert set(lanes_of_a_team) == {1}
