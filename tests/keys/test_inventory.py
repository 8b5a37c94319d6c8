"""What the inventory finds, how it sorts and counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest
from django.conf import settings
from django.utils import timezone

from console.accounts.models import Team, User
from console.keys import narrowing
from console.keys.inventory import found_in, inventory, records
from console.keys.models import ApiKey, KeyState
from console.keys.narrowing import Filters
from console.keys.reach import Share
from console.keys.shown import ShownState, shown_expression, shown_state
from console.keys.sorting import SORTS
from tests.keys.stored import key, stored_key

ALL = Filters()


def found(user: User, **filters: object) -> list[str]:
    wanted = Filters(**filters)  # type: ignore[arg-type]
    page = inventory(user=user, filters=wanted, now=timezone.now())
    return [row.label for row in page.rows]


@pytest.mark.parametrize(
    ("search", "hit"),
    [
        pytest.param("PROD", True, id="label, any case"),
        pytest.param("x9Qf", True, id="tail"),
        pytest.param("xai-...x9Qf", True, id="redacted key"),
        pytest.param("x9qf", True, id="tail, any case"),
        pytest.param("lindq", True, id="owner"),
        pytest.param("ranker", True, id="note"),
        pytest.param("at xai", True, id="name at xAI"),
        pytest.param("grok-4", True, id="model in the rules"),
        pytest.param("chat", True, id="endpoint in the rules"),
        pytest.param("api-key", False, id="what all rules share"),
        pytest.param("eu-west", True, id="tag"),
        pytest.param("prod\neu", False, id="never two lines at once"),
        pytest.param("%", False, id="a wildcard is text"),
        pytest.param("_", False, id="so is the other"),
        pytest.param("zzz", False, id="nothing"),
    ],
)
def test_search_looks_where_people_expect(
    ada: User, team: Team, search: str, hit: bool
) -> None:
    stored_key(team, owner="Mara Lindqvist", note="Feeds the ranker.", tags=["eu-west"])

    assert bool(found(ada, search=search)) is hit


def test_search_finds_keys_whose_facts_are_unknown(ada: User, team: Team) -> None:
    stored_key(team, acls=None, xai_name=None)

    assert found(ada, search="prod") == ["search-prod"]
    assert found(ada, search="grok") == []


def test_a_team_narrows_to_its_keys(ada: User, team: Team, other_team: Team) -> None:
    stored_key(team)
    stored_key(other_team, "elsewhere")

    assert found(ada, team=other_team.pk) == ["elsewhere"]


def test_need_for_attention_comes_first(ada: User, team: Team) -> None:
    ApiKey.objects.bulk_create(
        [
            key(team, "disabled", state=KeyState.DISABLED),
            key(team, "usable b"),
            key(team, "Usable a"),
            key(team, "stale", verified_at=None),
            key(team, "key blocked", state=KeyState.KEY_BLOCKED),
            key(team, "team blocked", state=KeyState.TEAM_BLOCKED),
            key(team, "rejected", state=KeyState.REJECTED),
            key(team, "unreachable", state=KeyState.UNREACHABLE),
            key(team, "new", state=KeyState.UNKNOWN, verified_at=None),
        ]
    )

    assert found(ada) == [
        "team blocked", "key blocked", "rejected", "unreachable", "stale", "new",
        "Usable a", "usable b", "disabled",
    ]  # fmt: skip


@pytest.mark.parametrize("state", ShownState)
def test_a_chosen_state_is_found_below_a_page_of_worse_ones(
    ada: User, team: Team, state: ShownState
) -> None:
    ApiKey.objects.bulk_create(
        [
            *(key(team, f"a {n}", state=KeyState.TEAM_BLOCKED) for n in range(30)),
            *(key(team, f"b {stored}", state=stored) for stored in KeyState),
            key(team, "b stale", verified_at=None),
            key(team, "b new", state=KeyState.UNKNOWN, verified_at=None),
        ]
    )

    page = inventory(user=ada, filters=Filters(state=state), now=timezone.now())

    assert {row.state for row in page.rows} == {state}
    assert len(page.rows) == min(page.facets.matching, 25)


@pytest.mark.parametrize("few", [1, 2])
def test_a_search_finds_the_same_however_many_keys_hold_the_text(
    ada: User, team: Team, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(narrowing, "FEW", few)
    for label, owner in [("prod a", "Amy"), ("prod b", "Amy"), ("ci", "Amy Prod")]:
        stored_key(team, label, owner=owner)

    filters = Filters(search="prod", owner="my", tag="")
    page = inventory(user=ada, filters=filters, now=timezone.now())

    assert [row.label for row in page.rows] == ["ci", "prod a", "prod b"]
    assert page.facets.matching == 3
    assert found(ada, search="prod a", owner="amy") == ["prod a"]
    assert found(ada, search="prod", owner="zoe") == []


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["a", "b", "c"]),
        ("team", ["b", "a", "c"]),
        ("owner", ["c", "a", "b"]),
        ("access", ["c", "b", "a"]),
        ("findings", ["b", "a", "c"]),
        ("worst", ["a", "c", "b"]),
        ("changed", ["b", "a", "c"]),
        ("checked", ["b", "c", "a"]),
    ],
)
def test_sorts(
    ada: User, team: Team, other_team: Team, sort: str, expected: list[str]
) -> None:
    now = timezone.now()
    stored_key(team, "a", owner="Zoe", checked_at=now, worst_hour_ticks=7,
               finding_weight=200, changed_at=now - timedelta(days=2))  # fmt: skip
    stored_key(other_team, "b", owner="", checked_at=None, changed_at=now,
               models_in_reach=1, finding_weight=10_000)  # fmt: skip
    stored_key(team, "c", owner="amy", all_models=True, worst_hour_ticks=0,
               checked_at=now - timedelta(days=1))  # fmt: skip

    assert found(ada, sort=sort) == expected
    assert found(ada, sort=sort, backwards=True) == expected[::-1]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("sort", SORTS)
def test_every_sort_pages_through_all_keys_once(
    ada: User, team: Team, sort: str, backwards: bool
) -> None:
    now = timezone.now()
    ApiKey.objects.bulk_create(
        key(
            team,
            f"key {n % 7}",
            owner=["", "amy", "Zoe"][n % 3],
            state=list(KeyState)[n % 7],
            changed_at=now - timedelta(hours=n % 4) if n % 4 else None,
            checked_at=now - timedelta(seconds=n % 5) if n % 5 else None,
            all_models=n % 3 == 0,
            models_in_reach=[None, 0, 4][n % 3],
            finding_weight=n % 4 * 100,
            worst_hour_ticks=[None, 0, 10**15][n % 3],
        )
        for n in range(60)
    )

    ids, cursor = [], ""
    while True:
        filters = Filters(sort=sort, backwards=backwards, cursor=cursor)
        page = inventory(user=ada, filters=filters, now=now)
        ids += [row.id for row in page.rows]
        if page.after is None:
            break
        cursor = page.after

    exported = records(
        user=ada, filters=Filters(sort=sort, backwards=backwards), now=now
    )
    assert len(set(ids)) == 60
    assert [str(each) for each in ids] == [record["id"] for record in exported]


def test_the_shown_state_is_the_same_in_sql_and_in_python(team: Team) -> None:
    now = timezone.now()
    moments: list[datetime | None] = [
        None,
        now - 7 * settings.XAI_POLL_REJECTED_EVERY,
        now - 6 * settings.XAI_POLL_REJECTED_EVERY,
        now - 7 * settings.XAI_POLL_EVERY,
        now - 6 * settings.XAI_POLL_EVERY,
        now,
    ]
    facts = product(KeyState, moments, moments, range(5))
    ApiKey.objects.bulk_create(
        key(
            team,
            "k",
            state=state,
            verified_at=verified_at,
            checked_at=checked_at,
            failures=failures,
        )
        for state, verified_at, checked_at, failures in facts
    )

    for each in ApiKey.objects.annotate(shown=shown_expression(now)):
        expected = shown_state(each, now=now)
        told = (each.state, each.verified_at, each.checked_at, each.failures)
        assert vars(each)["shown"] == expected, told


LONG_AGO = timedelta(days=1)
LATELY = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("state", "verified", "checked", "failures", "shown"),
    [
        ("active", LATELY, LATELY, 0, "active"),
        ("active", LONG_AGO, LATELY, 0, "stale"),
        ("team_blocked", LONG_AGO, LATELY, 0, "team_blocked"),  # refused in words
        ("team_blocked", LONG_AGO, LATELY, 2, "team_blocked"),
        ("team_blocked", LONG_AGO, LATELY, 3, "stale"),  # silent since
        ("disabled", None, LATELY, 0, "disabled"),
        ("disabled", LONG_AGO, LONG_AGO, 0, "stale"),
        ("rejected", LONG_AGO, LATELY, 0, "rejected"),
        ("rejected", LONG_AGO, timedelta(minutes=59), 0, "rejected"),
        ("rejected", LONG_AGO, timedelta(hours=6, minutes=1), 0, "stale"),
        ("unreachable", LONG_AGO, LATELY, 3, "unreachable"),
        ("unreachable", LONG_AGO, timedelta(minutes=59), 3, "stale"),
        ("unknown", None, None, 0, "unknown"),
        ("unknown", LATELY, LATELY, 0, "stale"),
    ],
)
def test_old_knowledge_is_never_shown_as_new(
    team: Team,
    state: str,
    verified: timedelta | None,
    checked: timedelta | None,
    failures: int,
    shown: str,
) -> None:
    now = timezone.now()
    judged = key(
        team,
        state=state,
        verified_at=verified and now - verified,
        checked_at=checked and now - checked,
        failures=failures,
    )

    assert shown_state(judged, now=now) == shown


def test_reach_is_what_the_assessment_found(ada: User, team: Team) -> None:
    some = {"models_in_sight": 8, "models_in_reach": 3, "endpoints_in_reach": 2}
    stored_key(team, "a", **some)
    stored_key(team, "b", **some, all_models=True, all_endpoints=True)
    stored_key(team, "c")
    stored_key(team, "d", all_models=True, endpoints_in_reach=1)

    page = inventory(user=ada, filters=Filters(sort="name"), now=timezone.now())

    a, b, c, d = (row.reach for row in page.rows)
    assert (a.models, a.endpoints) == (Share(3, 8, False), Share(2, 7, False))
    assert all(
        share is not None and share.everything for share in (b.models, b.endpoints)
    )
    assert c.unknown
    assert d.models == Share(0, 0, everything=True)


@pytest.mark.parametrize(
    ("weight", "words"),
    [(0, []), (1, ["1 low"]), (10_203, ["1 high", "2 medium", "3 low"]),
     (120_000, ["12 high"])],
)  # fmt: skip
def test_findings_are_read_from_their_weight(weight: int, words: list[str]) -> None:
    assert [f"{each.number} {each.severity}" for each in found_in(weight)] == words


@pytest.mark.parametrize(
    ("allowed", "listed", "filled", "bars"),
    [(0, 0, 0, 0), (0, 3, 0, 3), (1, 2, 1, 2), (1, 40, 1, 8), (39, 40, 8, 8)],
)
def test_bars_fill_for_their_share_and_never_hide_a_small_one(
    allowed: int, listed: int, filled: int, bars: int
) -> None:
    share = Share(allowed, listed, everything=False)

    assert (share.filled, share.bars) == (filled, bars)
