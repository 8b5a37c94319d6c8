from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.keys import tasks
from console.keys.importing import jobs, preview, running
from console.keys.importing.jobs import Claim
from console.keys.importing.running import Answer
from console.keys.intake import Told
from console.keys.models import (
    ApiKey,
    ImportJob,
    ImportRow,
    ImportState,
    KeyState,
    RowState,
)
from console.keys.upstream import use_transport
from console.lib import bell
from tests.keys.answers import WRONG_KEY, XAI_TEAM, Upstream, key_info, key_json, status
from tests.keys.importing.tables_of import (
    TABLE,
    A,
    B,
    actor_of,
    as_stored,
    draft,
    put_off,
    secret_of,
    started,
    table_of,
    work,
)
from tests.people import SECRET

pytestmark = pytest.mark.django_db


def row(job: ImportJob, number: int = 2) -> ImportRow:
    return job.rows.get(number=number)


def let_time_pass() -> None:
    """Make every row due."""
    ImportRow.objects.update(due_at=Now())


def test_each_row_is_asked_and_becomes_a_key_with_what_xai_said(
    team: Team, ada: User, upstream: Upstream
) -> None:
    job = started(maker=ada)

    work()

    job.refresh_from_db()
    a, b = ApiKey.objects.order_by("label").reverse()
    assert (a.team, a.owner, a.note) == (team, "Mara", "first, of two")
    assert (a.state, a.created_by) == (KeyState.ACTIVE, ada)
    assert a.verified_at is not None
    assert b.team.name == "New team"
    assert [r.key_id for r in job.rows.all()] == [a.pk, b.pk]
    assert row(job).sentence == "Stored in Search."
    assert (job.state, job.lease) == (ImportState.FINISHED, None)
    assert job.finished_at is not None
    assert upstream.count("/v1/api-key") == 2


def test_the_audit_log_names_who_started_it_and_each_key(
    team: Team, ada: User, upstream: Upstream
) -> None:
    job = started(maker=ada)

    work()

    acts = ["keys.import_started", "key.added", "key.added", "keys.imported"]
    entries = Entry.objects.filter(action__in=acts).order_by("seq")
    assert [entry.action for entry in entries] == acts
    assert {entry.actor_name for entry in entries} == {"ada"}
    assert entries[1].detail["checked_live"] is True
    assert entries[3].object_id == str(job.pk)
    assert entries[3].detail["rows"] == {"stored": 2}
    assert Entry.objects.filter(action="team.added").count() == 1


def test_a_second_import_of_the_same_table_asks_nothing(
    team: Team, upstream: Upstream
) -> None:
    second = draft()
    started()
    work()
    asked = len(upstream.asked)
    jobs.start(second, actor=actor_of(User(username="ada")))

    work()

    sentences = [r.sentence for r in second.rows.all()]
    assert all("already stored" in sentence for sentence in sentences)
    assert ApiKey.objects.count() == 2
    assert len(upstream.asked) == asked


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(WRONG_KEY, "and refused it", id="400"),
        pytest.param(status(401), "refused it", id="401"),
        pytest.param(status(403, {"error": "no region"}), "refused it", id="403"),
        pytest.param(status(402), "refused it", id="402"),
    ],
)
def test_a_refused_key_is_not_stored_and_makes_no_team(
    team: Team,
    upstream: Upstream,
    answer: Callable[[httpx.Request], httpx.Response],
    words: str,
) -> None:
    upstream.answers[B] = answer
    job = started()

    work()

    refused = row(job, 3)
    assert (refused.state, refused.key_id) == (RowState.REFUSED, None)
    assert words in refused.sentence
    assert ApiKey.objects.count() == 1
    assert not Team.objects.filter(name="New team").exists()


def test_a_blocked_key_is_stored_as_blocked(team: Team, upstream: Upstream) -> None:
    upstream.answers[A] = key_json(api_key_blocked=True)

    started()
    work()

    assert ApiKey.objects.get(label="search-a").state == KeyState.KEY_BLOCKED


def test_a_key_of_another_xai_team_is_refused(team: Team, upstream: Upstream) -> None:
    Team.objects.update(xai_team_id="11111111-aaaa")
    job = started()

    work()

    assert "another xAI team" in row(job).sentence
    assert row(job, 3).state == RowState.STORED
    assert Team.objects.get(name="New team").xai_team_id == XAI_TEAM


@pytest.mark.parametrize("answer", [status(503), status(404)], ids=["503", "404"])
def test_a_row_without_an_answer_is_tried_three_times(
    team: Team,
    upstream: Upstream,
    answer: Callable[[httpx.Request], httpx.Response],
) -> None:
    upstream.answers[A] = answer
    job = started()

    work()
    assert (row(job).tries, row(job).state) == (1, RowState.WAITING)
    assert row(job).due_at - row(job, 3).due_at > timedelta(seconds=4)
    assert "tried again" in row(job).sentence
    assert row(job, 3).state == RowState.STORED  # no other waits for it

    work()
    assert row(job).tries == 1  # it is not due

    for tries in (2, 2):
        let_time_pass()
        work()
        assert row(job).tries == tries

    job.refresh_from_db()
    assert (row(job).state, job.state) == (RowState.REFUSED, ImportState.FINISHED)
    assert "could not be checked" in row(job).sentence
    assert row(job).sealed_secret is None


def test_a_row_that_gets_its_answer_later_is_stored(
    team: Team, upstream: Upstream
) -> None:
    upstream.answers[A] = status(503)
    job = started()
    work()
    del upstream.answers[A]

    let_time_pass()
    work()

    assert row(job).state == RowState.STORED


@pytest.mark.parametrize(
    ("headers", "seconds"), [({"Retry-After": "90"}, 90), ({}, 30)], ids=["told", "not"]
)
def test_a_429_holds_the_whole_team_back_and_costs_no_try(
    team: Team, upstream: Upstream, headers: dict[str, str], seconds: int
) -> None:
    for n in range(20):
        upstream.answers[secret_of(n)] = status(429, **headers)
    job = started(table_of(20) + f"\n{A},Elsewhere,one,,")

    work()

    asked = upstream.count("/v1/api-key")
    assert asked <= 5  # those in flight at the first 429, and the other team's
    waiting = job.rows.filter(state=RowState.WAITING)
    assert waiting.count() == 20
    assert set(waiting.values_list("tries", flat=True)) == {0}
    until = Now() + timedelta(seconds=seconds - 5)
    assert waiting.filter(due_at__gt=until).count() == 20
    assert row(job, 22).state == RowState.STORED
    job.refresh_from_db()
    assert (job.state, job.lease) == (ImportState.RUNNING, None)


def test_no_more_are_in_flight_than_the_caps_allow(
    team: Team, settings: Settings
) -> None:
    settings.XAI_POLL_BATCH, settings.XAI_POLL_PER_TEAM = 6, 2
    flight = Flight()
    tables = [table_of(1)] + [
        f"{secret_of(100 + n)},team {n % 5},key,," for n in range(40)
    ]

    with use_transport(httpx.MockTransport(flight.answer)):
        started("\n".join(tables))
        work()

    assert ApiKey.objects.count() == 41
    assert flight.most == 6
    assert max(flight.most_of_team.values()) == 2


class Flight:
    """xAI that notes how many requests are in it at once, in all and by team."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.of_team: dict[str, int] = {}
        self.most_of_team: dict[str, int] = {}

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer after a while."""
        secret = request.headers["Authorization"].removeprefix("Bearer ")
        number = int(secret.removeprefix("xai-"))
        team = f"team {number % 5}" if number >= 100 else "Search"
        self.now += 1
        self.of_team[team] = self.of_team.get(team, 0) + 1
        self.most = max(self.most, self.now)
        self.most_of_team[team] = max(
            self.most_of_team.get(team, 0), self.of_team[team]
        )
        await asyncio.sleep(0.01)
        self.now -= 1
        self.of_team[team] -= 1
        return httpx.Response(
            200, json=key_json(api_key_id=str(number), team_id=f"id of {team}")
        )


def test_a_row_whose_seal_was_moved_is_never_sent(
    team: Team, upstream: Upstream
) -> None:
    job = started()
    stolen = row(job, 3).sealed_secret
    ImportRow.objects.filter(pk=row(job).pk).update(sealed_secret=stolen)

    work()

    assert "does not open" in row(job).sentence
    assert [secret for _, secret in upstream.asked] == [B]


def test_an_upstream_that_is_named_no_more_refuses_its_rows(
    team: Team, upstream: Upstream, settings: Settings
) -> None:
    job = started()
    settings.XAI_HOSTS = {"eu": "https://eu.x.ai"}

    work()

    assert "XAI_HOSTS" in row(job).sentence
    assert upstream.asked == []


def test_rows_are_stored_unasked_if_that_was_asked_for(
    team: Team, upstream: Upstream
) -> None:
    job = started(asks=False)

    work()

    assert upstream.asked == []
    assert row(job).sentence == "Stored in Search; not checked yet."
    assert ApiKey.objects.get(label="search-a").verified_at is None
    assert Entry.objects.filter(action="key.added")[0].detail["checked_live"] is False


def test_a_sealed_vault_lets_rows_wait(
    team: Team, upstream: Upstream, settings: Settings, tmp_path: Path
) -> None:
    job = started()
    right = settings.KEK_FILE
    settings.KEK_FILE = tmp_path / "none"
    vault.forget()

    work()
    assert row(job).state == RowState.WAITING

    settings.KEK_FILE = right
    vault.forget()
    work()
    assert row(job).state == RowState.STORED


def test_when_the_time_is_over_what_is_in_flight_is_still_written(
    team: Team, upstream: Upstream
) -> None:
    job = started(table_of(30))

    def answer_too_late(request: httpx.Request) -> httpx.Response:
        threading.Event().wait(1.2)
        return httpx.Response(200, json=key_json(api_key_id="first"))

    upstream.answers[secret_of(0)] = answer_too_late
    over = work(seconds=1)

    job.refresh_from_db()
    assert over
    assert job.lease is None
    assert job.rows.filter(state=RowState.STORED).count() == len(upstream.asked) == 4

    assert not work()
    assert ApiKey.objects.count() == 30


def claimed(job: ImportJob) -> tuple[Claim, Answer]:
    """Return the claim of a worker, and a good answer that it has just got."""
    claim = jobs.claim()
    assert claim is not None
    first = row(job)
    errand = running.Errand(first.pk, "search", preview.unsealed(first))
    return claim, Answer(errand, Told(key_info(), timezone.now()))


def test_a_worker_that_lost_its_lease_writes_nothing(team: Team) -> None:
    job = started()
    claim, answer = claimed(job)
    ImportJob.objects.update(lease=uuid4())

    with pytest.raises(jobs.LeaseLost):
        running.settle(claim, answer)
    with pytest.raises(jobs.LeaseLost):
        jobs.renew(claim)
    jobs.let_go(claim)

    job.refresh_from_db()
    assert job.lease is not None  # it is another's
    assert not ApiKey.objects.exists()
    assert row(job).state == RowState.WAITING


def test_an_answer_that_comes_twice_stores_one_key(team: Team) -> None:
    job = started()
    claim, answer = claimed(job)
    running.settle(claim, answer)

    with pytest.raises(jobs.LeaseLost):
        running.settle(claim, answer)

    assert ApiKey.objects.count() == 1


def test_an_answer_that_comes_after_cancelling_is_dropped(
    team: Team, ada: User
) -> None:
    job = started()
    claim, answer = claimed(job)
    jobs.cancel(job, actor=actor_of(ada))

    with pytest.raises(jobs.LeaseLost):
        running.settle(claim, answer)

    assert not ApiKey.objects.exists()


def test_a_lease_that_ended_writes_nothing_and_is_free_for_others(
    team: Team, upstream: Upstream
) -> None:
    job = started()
    claim = jobs.claim()
    assert claim is not None
    assert jobs.claim() is None  # somebody is at work

    ImportJob.objects.update(lease_until=Now())
    with pytest.raises(jobs.LeaseLost):
        jobs.hold(claim, row(job).pk)

    assert jobs.claim() is not None


def test_one_import_is_at_work_at_a_time_and_they_take_turns(
    team: Team, upstream: Upstream
) -> None:
    one, two = started(), started(table_of(3))
    first = jobs.claim()
    assert first is not None
    assert first.job_id == one.pk
    assert jobs.claim() is None

    jobs.let_go(first)

    second = jobs.claim()
    assert second is not None
    assert second.job_id == two.pk


def test_cancelling_leaves_the_rest_out_and_destroys_its_secrets(
    team: Team, ada: User, upstream: Upstream
) -> None:
    job = started(table_of(30), maker=ada)
    put_off(job, after=15)
    work()

    jobs.cancel(job, actor=actor_of(ada))
    work()

    job.refresh_from_db()
    stored = ApiKey.objects.count()
    assert job.state == ImportState.CANCELLED
    assert stored == job.rows.filter(state=RowState.STORED).count() == 14
    assert job.rows.filter(state=RowState.LEFT_OUT).count() == 16
    assert not job.rows.exclude(sealed_secret=None).exists()
    detail = Entry.objects.get(action="keys.import_cancelled").detail
    assert detail["rows"] == {"stored": 14, "left_out": 16}


def test_starting_and_cancelling_happen_once(team: Team, ada: User) -> None:
    actor = actor_of(ada)
    job = draft(maker=ada)
    with pytest.raises(jobs.NotInThisState):
        jobs.cancel(job, actor=actor)
    jobs.start(job, actor=actor)
    job.refresh_from_db()
    assert job.actor == as_stored(actor)
    for act in (jobs.discard, lambda it: jobs.start(it, actor=actor)):
        with pytest.raises(jobs.NotInThisState):
            act(job)

    jobs.cancel(job, actor=actor)

    with pytest.raises(jobs.NotInThisState):
        jobs.cancel(job, actor=actor)


def test_a_discarded_preview_is_gone(team: Team, ada: User) -> None:
    jobs.discard(draft(maker=ada))

    assert not ImportRow.objects.exists()


def test_a_preview_expires_after_an_hour_with_its_secrets(
    team: Team, ada: User
) -> None:
    young, old = draft(maker=ada), draft(maker=ada)
    ImportJob.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(hours=1))

    tasks.tidy_imports()

    old.refresh_from_db()
    assert (old.state, old.started_at) == (ImportState.CANCELLED, None)
    assert not old.rows.exclude(sealed_secret=None).exists()
    assert young.rows.exclude(sealed_secret=None).count() == 2


def test_an_import_gives_up_after_a_day(team: Team, upstream: Upstream) -> None:
    job = started()
    ImportJob.objects.update(started_at=Now() - timedelta(hours=24))

    tasks.tidy_imports()

    job.refresh_from_db()
    assert job.state == ImportState.FINISHED
    assert {r.state for r in job.rows.all()} == {RowState.REFUSED}
    assert not job.rows.exclude(sealed_secret=None).exists()
    assert Entry.objects.get(action="keys.imported").detail["rows"] == {"refused": 2}


def test_an_import_is_forgotten_after_thirty_days_and_its_keys_are_not(
    team: Team, upstream: Upstream
) -> None:
    started()
    work()
    tasks.tidy_imports()
    assert ImportJob.objects.count() == 1
    ImportJob.objects.update(created_at=Now() - timedelta(days=30))

    tasks.tidy_imports()

    assert not ImportJob.objects.exists()
    assert ApiKey.objects.count() == 2


def test_the_task_rings_again_when_its_time_was_over(
    team: Team, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "TASK_TIME", timedelta(0))
    rung: list[object] = []
    monkeypatch.setattr(bell, "ring", rung.append)
    started()

    tasks.import_rows(newer="argument")

    assert rung == [tasks.import_rows.name]


def test_a_row_that_is_no_secret_any_more_leaves_none_behind(
    team: Team, api_key: ApiKey, upstream: Upstream
) -> None:
    upstream.answers[A] = WRONG_KEY
    job = started(TABLE + f"{SECRET},Search,stored,,\nnonsense,Search,bad,,\n")

    work()

    assert not job.rows.exclude(sealed_secret=None).exists()
    states = [r.state for r in job.rows.order_by("number")]
    assert states == [RowState.REFUSED, RowState.STORED, RowState.BAD, RowState.BAD]
