"""One key's page, and the dossier behind it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console import vault
from console.accounts.models import Team, User
from console.keys.dossier import Fact, dossier, is_waiting
from console.keys.models import ApiKey, KeyChange, KeySnapshot, KeyState, Origin
from console.keys.shown import ShownState
from console.keys.timeline import events
from console.polling import schedule
from tests.keys.stored import key, sees, stored_key, stored_model, stored_price
from tests.people import NOON, ClientOf

PART = {"HX-Request": "true"}


def answered(api_key: ApiKey, raw: dict[str, object]) -> None:
    KeySnapshot.objects.create(
        key=api_key, first_seen_at=NOON, last_seen_at=NOON, facts={}, raw=raw
    )


def url(api_key: ApiKey) -> str:
    return f"/keys/{api_key.pk}/"


def test_shows_state_meaning_facts_rules_models_prices_and_raw_answer(
    client_of: ClientOf, sam: User, team: Team
) -> None:
    shown = stored_key(
        team, state=KeyState.KEY_BLOCKED, xai_key_id="ae1e1841", note="Feeds search."
    )
    answered(shown, {"api_key_id": "ae1e1841", "newer_field": [1]})
    model = stored_model()
    stored_price(model, team)
    sees(shown, model)

    page = client_of(sam).get(url(shown)).text

    for text in (
        "Key blocked",
        "xAI has blocked this key",
        "replace the secret here",
        "ae1e1841",
        "Feeds search.",
        "May use the model <b>grok-4.3</b>.",
        "1 of 1 model it sees",
        "api-key:endpoint:chat",
        '1<span class="dec">.25</span>',
        "&quot;newer_field&quot;",
        "not told by xAI",
    ):
        assert text in page


def test_keys_of_others_removed_ones_and_none_answer_the_same(
    client_of: ClientOf, mia: User, team: Team, other_team: Team
) -> None:
    browser = client_of(mia)
    theirs = stored_key(team)
    removed = stored_key(other_team, "removed", removed_at=timezone.now())

    answers = [
        browser.get(f"/keys/{key_id}/")
        for key_id in (theirs.pk, removed.pk, uuid.uuid4())
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert all("search-prod" not in answer.text for answer in answers)
    bodies = {_without_tokens(answer.text, browser) for answer in answers}
    assert len(bodies) == 1


def _without_tokens(text: str, browser: Any) -> str:
    """Mask what differs between any two answers: the CSRF token."""
    head, _, rest = text.partition('X-CSRFToken":"')
    return head + rest.partition('"')[2]


def test_strangers_are_led_to_the_sign_in_page(client: Any, api_key: ApiKey) -> None:
    assert client.get(url(api_key)).status_code == 302


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_reading_is_allowed(
    client_of: ClientOf, ada: User, team: Team, method: str
) -> None:
    assert getattr(client_of(ada), method)(url(stored_key(team))).status_code == 405


def test_answers_htmx_with_the_live_part_alone(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    part = client_of(ada).get(url(stored_key(team)), headers=PART).text

    assert part.lstrip().startswith('<div class="stack-4" id="key-live"')
    assert "<html" not in part
    assert 'hx-trigger="every 10s"' in part


def test_looks_every_2_seconds_while_a_check_is_under_way(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    shown = stored_key(team)
    schedule.ask_now(shown)
    browser = client_of(ada)

    waiting = browser.get(url(shown), headers=PART).text
    ApiKey.objects.update(checked_at=timezone.now())
    answered = browser.get(url(shown), headers=PART).text

    assert 'hx-trigger="every 2s"' in waiting
    assert 'aria-busy="true"' in waiting
    assert 'hx-trigger="every 10s"' in answered
    assert "aria-busy" not in answered


@pytest.mark.parametrize(
    ("asked", "checked", "waiting"),
    [
        pytest.param(None, None, False, id="never asked"),
        pytest.param(5, None, True, id="asked, never checked"),
        pytest.param(5, 9, True, id="the last check is older"),
        pytest.param(5, 2, False, id="answered"),
        pytest.param(61, None, False, id="no answer for a minute"),
    ],
)
def test_waits_for_an_answer_but_not_for_ever(
    asked: int | None, checked: int | None, waiting: bool
) -> None:
    def ago(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOON - timedelta(seconds=seconds)

    assert waiting is is_waiting(asked_at=ago(asked), checked_at=ago(checked), now=NOON)


@pytest.mark.parametrize("act", ["edit", "replace", "remove", "pause"])
def test_only_admins_see_what_changes_a_key(
    client_of: ClientOf, ada: User, olga: User, sam: User, team: Team, act: str
) -> None:
    shown = stored_key(team)

    assert f"{url(shown)}{act}/" in client_of(ada).get(url(shown)).text
    for person in (olga, sam):
        assert f"{url(shown)}{act}/" not in client_of(person).get(url(shown)).text


def test_nothing_known_is_said_so(client_of: ClientOf, ada: User, team: Team) -> None:
    new = stored_key(
        team, state="unknown", acls=None, checked_at=None, verified_at=None,
        xai_name=None,
    )  # fmt: skip

    page = client_of(ada).get(url(new)).text

    for text in (
        "Never checked",
        "nothing is known of what it may do",
        "has not been read with this key yet",
        "xAI has not answered for this key yet",
        "unknown",
    ):
        assert text in page


@pytest.mark.parametrize("state", ShownState)
def test_every_state_says_what_it_means(team: Team, state: ShownState) -> None:
    now = timezone.now()
    stale = state == ShownState.STALE
    shown = stored_key(
        team,
        state=KeyState.ACTIVE if stale else state.value,
        verified_at=None if stale or state == ShownState.UNKNOWN else now,
    )

    found = dossier(key=shown, now=now)

    assert found.state == state
    assert found.meaning
    if state not in (ShownState.ACTIVE, ShownState.UNKNOWN):
        assert found.advice


def test_a_key_nobody_watches_says_why_it_is_not_verified(team: Team) -> None:
    shown = stored_key(team, watched=False, verified_at=None)

    found = dossier(key=shown, now=timezone.now())

    assert "Watching this key was stopped" in found.meaning
    assert found.next_check_at is None


def test_models_come_with_the_newest_price_of_the_team(
    team: Team, other_team: Team
) -> None:
    shown = stored_key(team)
    model, dropped, free = (stored_model(f"grok-{n}") for n in range(3))
    now = timezone.now()
    stored_price(model, team, prompt_text_token_price=1,
                 first_seen_at=now - timedelta(days=9))  # fmt: skip
    stored_price(model, team, prompt_text_token_price=2)
    stored_price(model, other_team, prompt_text_token_price=3)
    sees(shown, model)
    sees(shown, dropped, until=now)
    sees(shown, free)

    seen = dossier(key=shown, now=now).models

    assert [each.model for each in seen] == [model, free]
    assert seen[0].price is not None
    assert seen[0].price.prompt_text_token_price == 2
    assert seen[1].price is None


def change(field: str, before: Any, after: Any, **facts: Any) -> KeyChange:
    gap = {
        "gap_from": NOON - timedelta(minutes=5),
        "gap_until": NOON,
        "origin": Origin.OUTSIDE,
    }
    return KeyChange(field=field, before=before, after=after, **{**gap, **facts})


def test_what_one_look_found_is_one_event_named_by_the_weightiest_change() -> None:
    later = NOON + timedelta(hours=1)

    found = events(
        [
            change("api_key_blocked", False, True, gap_until=later),
            change("name", "old", "new", modified_by="3d38b4dc"),
            change("acls", ["a", "b"], ["b", "c", "d"], modified_by="3d38b4dc"),
        ]
    )

    assert [event.title for event in found] == [
        "xAI blocked this key",
        "Access changed",
    ]
    assert found[1].modified_by == "3d38b4dc"
    rules = found[1].differences[0]
    assert (rules.removed, rules.added, rules.unchanged) == (["a"], ["c", "d"], ("b",))
    assert found[0].differences[0].removed == ["false"]


@pytest.mark.parametrize(
    ("field", "after", "title"),
    [
        ("team_blocked", True, "xAI blocked the team"),
        ("api_key_disabled", False, "Switched on in xAI's console"),
        ("api_key_disabled", None, "Details changed"),
        ("state", "rejected", "xAI does not accept the secret"),
        ("state", "unknown", "State changed"),
        ("user_id", "u", "Details changed"),
    ],
)
def test_an_event_says_what_happened(field: str, after: Any, title: str) -> None:
    assert events([change(field, "before", after)])[0].title == title


@pytest.mark.parametrize(
    ("before", "after", "title"),
    [
        (["api-key:endpoint:chat"], ["api-key:endpoint:*"],
         "Access widened to all endpoints"),
        (["api-key:endpoint:*"], ["api-key:endpoint:chat"], "Access narrowed"),
        (["api-key:model:a"], ["api-key:model:b"], "Access changed"),
        (["api-key:model:a"], ["api-key:model:a", "api-key:model:b"], "Access widened"),
        (["api-key:model:a"], [], "Access narrowed"),
    ],
)  # fmt: skip
def test_a_change_of_rules_says_which_way(
    before: list[str], after: list[str], title: str
) -> None:
    assert events([change("acls", before, after)])[0].title == title


def test_what_turns_text_at_xai_is_made_visible(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    shown = stored_key(team)
    answered(shown, {"name": "a\u202eb"})
    made = change("name", "a", "a\u202eb")
    made.key, made.team = shown, shown.team
    made.save()

    page = client_of(ada).get(url(shown)).text

    assert "\u202e" not in page.split("<main", 1)[1]
    assert "<ins>a\\u202eb</ins>" in page


def test_a_state_is_named_as_on_all_pages() -> None:
    shown = events([change("state", "unknown", "team_blocked")])[0].differences[0]

    assert (shown.removed, shown.added) == (["never checked"], ["team blocked"])


@pytest.mark.parametrize(
    ("before", "after", "title"),
    [
        (["a"], ["a", "b"], "Access widened"),
        (["a", "b"], ["a"], "Access narrowed"),
        (["a"], ["b"], "Access changed"),
        (None, ["a"], "Access changed"),
    ],
)
def test_access_says_in_which_direction_it_changed(
    before: list[str] | None, after: list[str], title: str
) -> None:
    assert events([change("acls", before, after)])[0].title == title


def test_the_timeline_shows_gap_person_and_snapshots(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    shown = stored_key(team)
    made = change("name", "triage (new)", "triage", modified_by="3d38b4dc-4eb7")
    made.key, made.team = shown, shown.team
    made.save()
    answered(shown, {"name": "tri"})

    page = client_of(ada).get(url(shown)).text

    assert "<del>triage (new)</del><ins>triage</ins>" in page
    assert "20 Jun 2026, 11:55" in page
    assert 'title="3d38b4dc-4eb7"' in page
    assert "Snapshot" in page


def test_a_secret_in_an_answer_of_xai_is_not_shown(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    shown = stored_key(team)
    answered(shown, {"echo": "xai-" + "a" * 80})

    assert "xai-aaaa" not in client_of(ada).get(url(shown)).text


def test_asks_the_same_number_of_queries_for_any_history(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    browser = client_of(ada)
    shown = stored_key(team)
    asked = []

    for number in (1, 50):
        for n in range(number):
            model = stored_model(f"grok-{number}-{n}")
            sees(shown, model)
            stored_price(model, team)
            made = change("name", "a", "b", gap_until=NOON + timedelta(hours=n))
            made.key, made.team = shown, shown.team
            made.save()
        vault.forget()
        with CaptureQueriesContext(connection) as queries:
            browser.get(url(shown), headers=PART)
        asked.append(len(queries))

    assert asked[0] == asked[1]
    assert asked[0] <= 11


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "unknown"),
        ("", "unknown"),
        (False, "flag"),
        (True, "flag"),
        (NOON, "time"),
        ("text", "text"),
    ],
)
def test_a_fact_knows_how_to_be_written(value: Any, kind: str) -> None:
    assert Fact("Name", value).kind == kind


def test_a_flag_that_is_not_told_is_unknown_and_not_no(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    told = key(team, team_blocked=False, api_key_blocked=None)
    told.save(force_insert=True)

    facts = {fact.name: fact for fact in dossier(key=told, now=timezone.now()).told}

    assert facts["Team blocked"].value is False
    assert facts["Key blocked"].kind == "unknown"
