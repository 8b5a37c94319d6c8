"""The status page, and what it says of parts that do not work."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.keys.models import ApiKey
from console.pages import state_of_parts as parts
from console.polling import life
from console.polling.models import Breaker, PollKind, PollState, Pulse
from tests.pages.keys_of import stored
from tests.people import ClientOf

URL = "/status/"
pytestmark = pytest.mark.django_db


def due(key: ApiKey, at: datetime) -> None:
    """Put a key on the schedule."""
    PollState.objects.create(key=key, team=key.team, kind=PollKind.KEY, due_at=at)


def test_names_every_part(client_of: ClientOf, ada: User) -> None:
    page = client_of(ada).get(URL).text

    for name in (
        *("Database", "Migrations", "Broker", "Worker", "Beat", "Polls"),
        *("Upstream", "Vault", "Usage records", "Audit trail"),
    ):
        assert f'<th scope="row">{name}</th>' in page


def test_answers_htmx_with_the_part_alone(client_of: ClientOf, olga: User) -> None:
    part = client_of(olga).get(URL, headers={"HX-Request": "true"}).text

    assert part.lstrip().startswith('<div id="parts"')
    assert 'hx-trigger="every 10s"' in part
    assert "<html" not in part


@pytest.mark.parametrize("who", ["fin", "sam"])
def test_is_for_admins_and_auditors(
    client_of: ClientOf, who: str, request: pytest.FixtureRequest
) -> None:
    browser = client_of(request.getfixturevalue(who))

    assert browser.get(URL).status_code == 403
    assert browser.post(f"{URL}verify/").status_code == 403
    assert 'href="/status/"' not in browser.get("/").text


def test_a_worker_that_finished_nothing_lately_is_broken() -> None:
    now = timezone.now()
    assert parts.worker(now).tone == "bad"

    life.beat(life.WORKER)
    assert parts.worker(timezone.now()).tone == "ok"

    Pulse.objects.update(at=now - timedelta(hours=2))
    assert parts.worker(now).tone == "bad"


def test_a_beat_that_does_not_ring_is_broken() -> None:
    assert parts.beat(timezone.now()).tone == "bad"

    life.beat(life.BEAT)

    assert parts.beat(timezone.now()).tone == "ok"


def test_tells_how_late_the_oldest_check_is(team: Team) -> None:
    now = timezone.now()
    key = stored(team, "search-1")
    due(key, now - timedelta(minutes=7))

    part = parts.polls(now)

    assert part.tone == "warn"
    assert part.sentence == "1 due, the oldest since 7 min"


def test_a_key_nobody_watches_is_never_late(team: Team) -> None:
    now = timezone.now()
    key = stored(team, "search-1", watched=False)
    due(key, now - timedelta(days=1))

    assert parts.polls(now).sentence == "none is due"


def test_a_resting_host_is_named() -> None:
    now = timezone.now()
    Breaker.objects.create(host="xai", open_until=now + timedelta(seconds=50))

    assert parts.upstream(now).sentence == "xai rests for 50 s"
    assert parts.upstream(now + timedelta(minutes=1)).tone == "ok"


def test_a_sealed_vault_is_told_and_breaks_no_page(
    client_of: ClientOf, ada: User, settings: Settings
) -> None:
    settings.KEK_FILE = settings.DATA_DIR / "no-such-kek"
    vault.forget()

    page = client_of(ada).get(URL)

    assert page.status_code == 200
    assert "Sealed: no key can be used" in page.text
    assert parts.seal(timezone.now()).tone == "bad"


def test_a_broker_that_is_gone_is_told(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:9/0"

    part = parts.broker(timezone.now())

    assert (part.tone, part.sentence) == ("bad", "is not reachable")


def test_the_broker_of_the_tests_answers() -> None:
    assert parts.broker(timezone.now()).tone == "ok"


def test_verifies_a_short_trail_by_itself(api_key: object) -> None:
    part = parts.audit(timezone.now())

    assert part.tone == "ok"
    assert "verified just now" in part.detail


def test_a_long_trail_waits_for_a_person(api_key: object) -> None:
    entries = Entry.objects.count()

    part = parts.audit(timezone.now(), read_at_once=entries - 1)

    assert part.sentence == f"{entries} entries, not verified yet"


def test_verifying_is_one_button(
    client_of: ClientOf, olga: User, api_key: object
) -> None:
    answer = client_of(olga).post(f"{URL}verify/", follow=True)

    assert "audit entries follow in order." in answer.text


def test_a_broken_chain_is_told(api_key: object) -> None:
    broken = {"entries": 3, "head": 3, "broken_at": 4, "reason": "is missing"}
    cache.set(parts.AUDIT_RESULT, broken | {"at": timezone.now()})

    part = parts.audit(timezone.now())

    assert part.tone == "bad"
    assert part.sentence == "is broken: entry 4 is missing"


def test_verifying_a_sealed_trail_says_why_it_cannot(
    client_of: ClientOf, olga: User, settings: Settings
) -> None:
    browser = client_of(olga)
    settings.KEK_FILE = settings.BASE_DIR / "no-such-kek"
    vault.forget()

    answer = browser.post(f"{URL}verify/", follow=True)

    assert answer.status_code == 200
    assert "sealed" in answer.text
