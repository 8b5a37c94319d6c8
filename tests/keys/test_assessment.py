"""Findings that open and close, the columns of reach, and who becomes due when."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import Team, User
from console.audit.actors import SYSTEM
from console.keys import custody, editing, overdue, tasks
from console.keys.assessment import assess, assess_due, catch_up
from console.keys.material import expected_team
from console.keys.models import ApiKey, Finding, KeyModel, KeyState
from console.keys.observations import record_key_info, record_models
from console.polling import tasks as polling_tasks
from tests.keys.answers import Upstream, key_info, listed, model_json
from tests.keys.stored import key, sees, stored_key, stored_model, stored_price
from tests.people import SECRET

pytestmark = pytest.mark.django_db
FULL = ["api-key:model:*", "api-key:endpoint:*"]
NEVER = timedelta(days=365)


def judged(api_key: ApiKey, *, now: datetime | None = None, **facts: Any) -> ApiKey:
    """Change the facts of a key, assess it and return it as it is stored then."""
    if facts:
        ApiKey.objects.filter(pk=api_key.pk).update(**facts)
    assess([api_key.pk], now=now or timezone.now())
    return ApiKey.objects.get(pk=api_key.pk)


def standing(api_key: ApiKey) -> list[str]:
    rows = Finding.objects.open().filter(key=api_key).order_by("kind", "subject")
    return [row.kind for row in rows]


def accept(finding: Finding, by: User, until: datetime) -> None:
    Finding.objects.filter(pk=finding.pk).update(
        accepted_by=by, accepted_at=timezone.now(), accepted_until=until,
        accepted_reason="known",
    )  # fmt: skip


def test_writes_reach_dearest_model_and_worst_hour(team: Team) -> None:
    dear, cheap = stored_model("grok-dear"), stored_model("grok-cheap")
    stored_price(dear, team, prompt_text_token_price=30_000,
                 completion_text_token_price=150_000)  # fmt: skip
    stored_price(cheap, team)
    api_key = stored_key(team, acls=FULL, owner="Mara")
    for model in (dear, cheap):
        sees(api_key, model)

    found = judged(api_key)

    assert (found.models_in_sight, found.models_in_reach) == (2, 2)
    assert found.endpoints_in_reach == 7
    assert (found.all_models, found.all_endpoints) == (True, True)
    assert found.dearest_model == "grok-dear"
    assert found.worst_hour_ticks == 3_024_000_000_000
    assert found.assess_due_at is None
    assert found.assessed_at is not None


def test_what_is_not_known_stays_unknown(team: Team) -> None:
    found = judged(stored_key(team, acls=None))

    assert found.models_in_sight is None
    assert found.models_in_reach is None
    assert found.endpoints_in_reach is None
    assert found.worst_hour_ticks is None
    assert found.dearest_model == ""


def test_an_empty_list_of_models_was_read_and_is_not_unknown(team: Team) -> None:
    found = judged(stored_key(team, models_checked_at=timezone.now()))

    assert found.models_in_sight == 0
    assert standing(found) == ["gone_model", "no_owner"]


def test_only_prices_of_the_key_s_own_team_and_the_newest_count(
    team: Team, other_team: Team
) -> None:
    model, now = stored_model(), timezone.now()
    stored_price(model, other_team, completion_text_token_price=9_999_999)
    stored_price(model, team, completion_text_token_price=8_888_888,
                 first_seen_at=now - timedelta(days=9))  # fmt: skip
    stored_price(model, team)
    api_key = stored_key(team)
    sees(api_key, model)

    assert judged(api_key).worst_hour_ticks == 3600 * (8000 * 12_500 + 4000 * 25_000)


def test_findings_open_once_stay_and_close(team: Team) -> None:
    api_key = stored_key(team, "ranker", acls=FULL)

    first = judged(api_key)
    judged(api_key)
    assert Finding.objects.count() == 2
    assert first.finding_kinds == ["full_wildcard", "no_owner"]
    assert first.finding_weight == 200

    later = judged(api_key, owner="Mara")
    assert later.finding_kinds == ["full_wildcard"]
    assert later.finding_weight == 100
    closed = Finding.objects.get(kind="no_owner")
    assert closed.closed_at is not None


def test_what_comes_back_is_a_new_row_and_history_stays(team: Team) -> None:
    api_key = stored_key(team)

    judged(api_key)
    judged(api_key, owner="Mara")
    judged(api_key, owner="")

    rows = Finding.objects.filter(key=api_key, kind="no_owner")
    assert sorted(row.closed_at is None for row in rows) == [False, True]


def test_weight_counts_by_severity_and_never_passes_the_next(team: Team) -> None:
    entries = [f"api-key:model:gone-{n}" for n in range(150)]
    api_key = stored_key(
        team, acls=[*entries, "api-key:endpoint:chat"], owner="Mara",
        models_checked_at=timezone.now(),
    )  # fmt: skip

    found = judged(api_key)

    assert Finding.objects.open().count() == 150
    assert found.finding_weight == 99


def test_an_accepted_finding_does_not_count_and_keeps_its_acceptance(
    team: Team, ada: User
) -> None:
    api_key = stored_key(team)
    judged(api_key)
    accept(Finding.objects.get(), ada, timezone.now() + timedelta(days=30))

    found = judged(api_key)

    assert found.finding_kinds == []
    assert found.finding_weight == 0
    kept = Finding.objects.get()
    assert kept.closed_at is None
    assert kept.accepted_reason == "known"


def test_an_acceptance_that_ended_counts_again(team: Team, ada: User) -> None:
    api_key = stored_key(team)
    judged(api_key)
    until = timezone.now() + timedelta(hours=1)
    accept(Finding.objects.get(), ada, until)

    assert judged(api_key, now=until - timedelta(seconds=1)).finding_kinds == []
    assert judged(api_key, now=until).finding_kinds == ["no_owner"]


def test_a_finding_that_comes_back_is_not_accepted(team: Team, ada: User) -> None:
    api_key = stored_key(team)
    judged(api_key)
    accept(Finding.objects.get(), ada, timezone.now() + timedelta(days=30))

    judged(api_key, owner="Mara")

    assert judged(api_key, owner="").finding_kinds == ["no_owner"]


def test_details_follow_the_facts_while_a_finding_stays(team: Team) -> None:
    api_key = stored_key(team, owner="Mara", xai_key_id="a", mistaken_for="b")
    judged(api_key)
    opened_at = Finding.objects.get().opened_at

    judged(api_key, mistaken_for="c")

    row = Finding.objects.get()
    assert row.detail == {"first": "a", "answered": "c"}
    assert row.opened_at == opened_at


def test_the_same_xai_key_in_two_teams_is_found_on_both_and_names_neither(
    team: Team, other_team: Team
) -> None:
    ours = stored_key(team, "ours", owner="Mara", xai_key_id="same")
    theirs = stored_key(other_team, "theirs", owner="Jun", xai_key_id="same")

    assess([ours.pk, theirs.pk], now=timezone.now())

    rows = Finding.objects.filter(kind="same_key")
    assert {row.key_id for row in rows} == {ours.pk, theirs.pk}
    assert not any("ours" in str(r.detail) or "theirs" in str(r.detail) for r in rows)


def test_a_removed_twin_does_not_count(team: Team) -> None:
    ours = stored_key(team, owner="Mara", xai_key_id="same")
    stored_key(team, "old", xai_key_id="same", removed_at=timezone.now())

    assert judged(ours).finding_kinds == []


def test_a_removed_key_has_no_open_finding(team: Team) -> None:
    api_key = stored_key(team)
    judged(api_key)

    found = judged(api_key, removed_at=timezone.now())

    assert standing(api_key) == []
    assert (found.finding_kinds, found.finding_weight) == ([], 0)
    assert found.worst_hour_ticks is None


@pytest.mark.parametrize(
    ("told", "own", "expected"),
    [
        pytest.param({}, "", "", id="nothing told"),
        pytest.param({}, "a", "a", id="told by a key that is gone"),
        pytest.param({"a": 1}, "a", "a", id="one key"),
        pytest.param({"a": 1, "b": 1}, "a", "a", id="the first key wins a tie"),
        pytest.param({"a": 1, "b": 2}, "a", "a", id="its vote makes a tie"),
        pytest.param({"a": 1, "b": 3}, "a", "b", id="the first key was the odd one"),
        pytest.param({"a": 2, "b": 1}, "", "a", id="majority"),
    ],
)
def test_the_expected_team_is_that_of_most_keys(
    told: dict[str, int], own: str, expected: str
) -> None:
    assert expected_team(told, own=own) == expected


def test_a_key_of_another_xai_team_is_found(team: Team) -> None:
    Team.objects.update(xai_team_id="a")
    stored_key(team, "ours", owner="Mara", xai_team_id="a")
    odd = stored_key(team, "odd", owner="Mara", xai_team_id="b")

    assert judged(odd).finding_kinds == ["team_mismatch"]


@pytest.mark.parametrize("number", [1, 50])
def test_asks_the_same_number_of_queries_for_any_number_of_keys(
    team: Team, number: int
) -> None:
    model = stored_model()
    stored_price(model, team)
    made = ApiKey.objects.bulk_create(
        key(team, str(n), acls=FULL, xai_key_id=str(n // 2)) for n in range(number)
    )
    KeyModel.objects.bulk_create(
        KeyModel(key=one, model=model, seen_from=timezone.now()) for one in made
    )
    ids = [one.pk for one in made]

    with CaptureQueriesContext(connection) as opening:
        assess(ids, now=timezone.now())
    ApiKey.objects.update(owner="Mara", acls=["beta"])
    with CaptureQueriesContext(connection) as changing:
        assess(ids, now=timezone.now())

    assert (len(opening), len(changing)) == (11, 12)


# --- due -------------------------------------------------------------------------


def test_takes_only_what_is_due_oldest_first(team: Team) -> None:
    now = timezone.now()
    ApiKey.objects.bulk_create(
        key(team, name, assess_due_at=due_at)
        for name, due_at in {
            "later": now + timedelta(hours=1),
            "second": now - timedelta(minutes=1),
            "first": now - timedelta(minutes=2),
            "not": None,
        }.items()
    )

    assert assess_due(limit=1) == 1
    assert ApiKey.objects.get(assessed_at__isnull=False).label == "first"
    assert catch_up(time_limit=NEVER) == 1
    assert catch_up(time_limit=NEVER) == 0
    assert ApiKey.objects.filter(assessed_at=None).count() == 2


def test_an_observation_makes_due_and_a_batch_of_the_poller_judges(
    api_key: ApiKey, upstream: Upstream
) -> None:
    upstream.answers[SECRET] = {**key_info().raw, "acls": []}
    assert "does_nothing" not in standing(api_key)

    polling_tasks.poll_batch()

    assert "does_nothing" in standing(api_key)


def test_an_answer_for_another_key_is_judged(team: Team) -> None:
    api_key = stored_key(
        team, owner="Mara", xai_key_id="a", state=KeyState.REJECTED, assess_due_at=None
    )
    later = timezone.now() + timedelta(seconds=1)

    record_key_info(api_key=api_key, info=key_info(api_key_id="b"), seen_at=later)

    assert ApiKey.objects.get().assess_due_at == later
    assert judged(api_key).finding_kinds == ["identity"]


@pytest.mark.parametrize(
    ("act", "left"),
    [
        pytest.param(
            lambda k: editing.edit(api_key=k, values={"owner": ""}, actor=SYSTEM),
            ["no_owner", "not_checked"],
            id="owner gone",
        ),
        pytest.param(lambda k: editing.pause(api_key=k, actor=SYSTEM), [], id="paused"),
        pytest.param(
            lambda k: custody.remove_key(api_key=k, actor=SYSTEM), [], id="removed"
        ),
    ],
)
def test_acts_of_people_are_judged_at_once(
    api_key: ApiKey, act: Callable[[ApiKey], object], left: list[str]
) -> None:
    stored_at = timezone.now() - timedelta(hours=2)
    assert judged(api_key, created_at=stored_at).finding_kinds == ["not_checked"]

    act(api_key)

    found = ApiKey.objects.get()
    assert found.finding_kinds == left
    assert standing(api_key) == left


def test_a_key_added_live_is_judged_at_once(team: Team, upstream: Upstream) -> None:
    added = custody.add_key(
        team=team, label="new", owner="", note="", host="xai", secret_text=SECRET,
        actor=SYSTEM,
    )  # fmt: skip

    assert added.finding_kinds == ["full_wildcard", "no_owner"]
    assert added.assess_due_at is None


# --- overdue ---------------------------------------------------------------------


def settled(team: Team, label: str = "settled", **facts: Any) -> ApiKey:
    """Store a key whose assessment is right as it stands."""
    made = stored_key(team, label, **{"owner": "Mara", **facts})
    return judged(made)


def test_what_is_judged_rightly_is_left_alone(team: Team, ada: User) -> None:
    settled(team)
    settled(team, "with findings", owner="", acls=FULL)
    settled(team, "removed", removed_at=timezone.now())
    accepted = settled(team, "accepted", owner="")
    accept(Finding.objects.get(key=accepted), ada, timezone.now() + timedelta(days=1))
    judged(accepted)

    assert overdue.mark() == 0


def move(api_key: ApiKey, **facts: Any) -> None:
    ApiKey.objects.filter(pk=api_key.pk).update(**facts)


def end_acceptance(api_key: ApiKey) -> None:
    ended = timezone.now() - timedelta(seconds=1)
    move(api_key, owner="")
    judged(api_key)
    Finding.objects.update(accepted_until=timezone.now() + timedelta(days=1))
    judged(api_key)
    Finding.objects.update(accepted_until=ended)


def store_twin(api_key: ApiKey) -> None:
    stored_key(api_key.team, "twin", xai_key_id="x", assess_due_at=None,
               assessed_at=timezone.now())  # fmt: skip


def answer_again(api_key: ApiKey) -> None:
    silent = timezone.now() - timedelta(hours=25)
    judged(api_key, verified_at=silent)
    move(api_key, verified_at=timezone.now())


def tell_prices(api_key: ApiKey) -> None:
    stored_price(stored_model(), api_key.team, first_seen_at=timezone.now())


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param(end_acceptance, id="an acceptance ended"),
        pytest.param(store_twin, id="its twin was stored"),
        pytest.param(answer_again, id="it answered again"),
        pytest.param(tell_prices, id="its team was told other prices"),
        pytest.param(
            lambda k: move(k, verified_at=timezone.now() - timedelta(hours=24)),
            id="silent for a day",
        ),
        pytest.param(
            lambda k: move(
                k, verified_at=None, created_at=timezone.now() - timedelta(hours=1)
            ),
            id="stored an hour ago and never checked",
        ),
        pytest.param(lambda k: move(k, assessed_at=None), id="never judged"),
        pytest.param(
            lambda k: move(k, assessed_at=timezone.now() - timedelta(hours=6)),
            id="judged long ago",
        ),
    ],
)
def test_finds_the_key_to_judge_anew(
    team: Team, other_team: Team, moved: Callable[[ApiKey], None]
) -> None:
    api_key = settled(team, xai_key_id="x")
    settled(other_team, "another")

    moved(api_key)
    tasks.mark_overdue(newer="argument")

    due = ApiKey.objects.filter(assess_due_at__isnull=False)
    assert {one.label for one in due} - {"twin"} == {"settled"}
    tasks.assess(newer="argument")
    assert not ApiKey.objects.filter(assess_due_at__isnull=False).exists()


def test_new_prices_reach_every_key_of_the_team_through_one_of_them(
    team: Team,
) -> None:
    now = timezone.now()
    asked, beside = settled(team, "asked"), settled(team, "beside")
    sees(beside, stored_model(first_seen_at=now, last_seen_at=now))
    judged(beside)

    record_models(
        api_key=asked, listed=listed(model_json()), models=None,
        seen_at=timezone.now(),
    )  # fmt: skip
    tasks.mark_overdue()
    tasks.assess()

    found = ApiKey.objects.get(label="beside")
    assert found.worst_hour_ticks == 3600 * (8000 * 12_500 + 4000 * 25_000)


# --- many workers ----------------------------------------------------------------


def in_thread(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_judge_each_key_once(team: Team) -> None:
    ApiKey.objects.bulk_create(key(team, str(n), acls=FULL) for n in range(120))
    done: list[int] = []

    def work() -> None:
        while number := assess_due(limit=7):
            done.append(number)

    workers = [in_thread(work) for _ in range(4)]
    for worker in workers:
        worker.join()

    assert sum(done) == 120
    assert Finding.objects.open().count() == 240
    assert not ApiKey.objects.exclude(assess_due_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_a_key_that_another_holds_is_left_for_the_next_time(team: Team) -> None:
    held, free = stored_key(team, "held"), stored_key(team, "free")

    with transaction.atomic():
        ApiKey.objects.select_for_update().get(pk=held.pk)
        worker = in_thread(lambda: assess_due())
        worker.join(timeout=10)
        assert not worker.is_alive()

    assert ApiKey.objects.get(pk=free.pk).assessed_at is not None
    assert ApiKey.objects.get(pk=held.pk).assessed_at is None
    assert assess_due() == 1


@pytest.mark.django_db(transaction=True)
def test_a_fact_written_meanwhile_makes_the_key_due_again(team: Team) -> None:
    api_key = stored_key(team)
    later = timezone.now() + timedelta(seconds=1)

    with transaction.atomic():
        assess([api_key.pk], now=timezone.now())
        poller = in_thread(
            lambda: record_key_info(
                api_key=api_key, info=key_info(acls=[]), seen_at=later
            )
        )
        poller.join(timeout=0.3)  # it waits for the row

    poller.join()
    assert ApiKey.objects.get().assess_due_at == later
