"""The sentence of health, and the order of what needs attention."""

from __future__ import annotations

import pytest
from django.utils import timezone

from console.accounts.models import Team, User
from console.alerts import acting, incidents, noticing
from console.alerts.models import Incident, IncidentKind
from console.audit.actors import SYSTEM
from console.keys.models import KeyState
from console.keys.shown import ShownState as S
from console.pages.attention import IN_SENTENCE, ORDER, Tally, attention, clauses
from console.pages.overview import overview_for
from tests.pages.keys_of import stored


def tally(state: S, keys: int = 1, team: str = "Search") -> Tally:
    return Tally(team, state, keys, None)


def sentence(*tallies: Tally) -> str:
    return "".join(one.text + one.after for one in clauses(tallies))


@pytest.mark.parametrize(
    ("tallies", "text"),
    [
        pytest.param([tally(S.ACTIVE, 5)], "", id="all is well"),
        pytest.param([tally(S.REJECTED)], "1 is rejected.", id="one"),
        pytest.param([tally(S.REJECTED, 2)], "2 are rejected.", id="two of a kind"),
        pytest.param(
            [tally(S.REJECTED), tally(S.DISABLED, 1200)],
            "1 is rejected and 1,200 disabled.",
            id="two kinds",
        ),
        pytest.param(
            [tally(S.TEAM_BLOCKED, 3, "Research lab")],
            "xAI has blocked the team Research lab, which stops 3 keys.",
            id="a team alone",
        ),
        pytest.param(
            [
                tally(S.TEAM_BLOCKED, 3, "Research lab"),
                tally(S.REJECTED),
                tally(S.DISABLED),
                tally(S.STALE),
            ],
            "xAI has blocked the team Research lab, which stops 3 keys; "
            "1 is rejected, 1 disabled and 1 not verified.",
            id="everything",
        ),
        pytest.param(
            [tally(S.TEAM_BLOCKED, 2, name) for name in ("A", "B", "C")],
            "xAI has blocked 3 teams, which stops 6 keys.",
            id="many teams",
        ),
        pytest.param(
            [tally(S.REJECTED, 1, "A"), tally(S.REJECTED, 1, "B")],
            "2 are rejected.",
            id="summed over teams",
        ),
    ],
)
def test_the_sentence(tallies: list[Tally], text: str) -> None:
    assert sentence(*tallies) == text


def test_every_state_but_the_good_one_has_a_word() -> None:
    assert {*IN_SENTENCE, S.TEAM_BLOCKED, S.ACTIVE} == set(S)


def test_nothing_is_open_when_nothing_is_wrong() -> None:
    assert attention(incidents=[], stale=[], reader=User()) == []


def test_the_worst_comes_first_and_what_is_unsure_last(
    ada: User, team: Team, other_team: Team
) -> None:
    stored(team, "late", age=10_000)
    stored(team, "silent", KeyState.UNREACHABLE)
    stored(team, "gone", KeyState.REJECTED)
    stored(team, "stopped", KeyState.KEY_BLOCKED)
    stored(other_team, "all", KeyState.TEAM_BLOCKED)
    stored(team, "off", KeyState.DISABLED)
    incidents.sweep()

    seen = overview_for(ada, now=timezone.now())

    assert [one.kind for one in seen.attention] == [
        "team_blocked",
        "key_blocked",
        "rejected",
        "unreachable",
        "key_disabled",
        "stale",
    ]


def test_what_somebody_looks_after_comes_behind(ada: User, team: Team) -> None:
    stored(team, "stopped", KeyState.KEY_BLOCKED)
    stored(team, "silent", KeyState.UNREACHABLE)
    incidents.sweep()
    worst = Incident.objects.get(kind="key_blocked")

    acting.acknowledge(incident=worst, note="", by=ada, actor=SYSTEM)

    kinds = [one.kind for one in overview_for(ada, now=timezone.now()).attention]
    assert kinds == ["unreachable", "key_blocked"]


def test_every_kind_has_its_place() -> None:
    assert set(ORDER) == set(IncidentKind)


def test_while_the_poller_is_silent_no_key_asks_apart(ada: User, team: Team) -> None:
    stored(team, "late", age=10_000)
    noticing.note_silence(None)

    seen = overview_for(ada, now=timezone.now())

    assert [one.kind for one in seen.attention] == ["poller_silent"]


def test_counts_what_is_not_written_out(ada: User, team: Team) -> None:
    for number in range(25):
        stored(team, str(number), KeyState.REJECTED)
    incidents.sweep()

    seen = overview_for(ada, now=timezone.now())

    assert (len(seen.attention), seen.more) == (20, 5)


def test_a_key_that_nobody_watches_asks_for_nothing(ada: User, team: Team) -> None:
    stored(team, "paused", age=10_000, watched=False)

    assert overview_for(ada, now=timezone.now()).attention == []
