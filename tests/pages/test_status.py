"""The status page, and what it says of parts that do not work."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.accounts.models import Team, User
from console.audit import anchors, selfcheck
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from console.keys.models import ApiKey
from console.pages import state_of_parts as parts
from console.polling import life
from console.polling.models import Breaker, PollKind, PollState, Pulse
from console.usage import rollup
from console.usage.models import LedgerCheck, ReportingZone
from tests.audit.owner import as_owner
from tests.finance.told import call
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
        *("Upstream", "Vault", "Usage records", "Usage sums", "Ledger"),
        "Audit trail",
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


def test_a_trail_nobody_verified_yet_is_told(api_key: object) -> None:
    entries = Entry.objects.count()

    part = parts.audit(timezone.now())

    assert (part.tone, part.sentence) == (
        "warn",
        f"{entries} entries, not verified yet",
    )


def test_a_verified_trail_is_fine(api_key: object) -> None:
    selfcheck.verify(actor=SYSTEM)

    part = parts.audit(timezone.now())

    assert (part.tone, part.sentence) == ("ok", "2 entries")
    assert part.detail == "verified just now by Gatehouse, up to entry 1"


def test_a_broken_chain_is_told(api_key: object, team: Team) -> None:
    as_owner("UPDATE audit_entry SET actor_name = 'Mallory' WHERE seq = 1")
    selfcheck.verify(actor=SYSTEM)

    part = parts.audit(timezone.now())

    assert part.tone == "bad"
    assert part.sentence == (
        "The chain is broken: entry 1 was changed after it was written."
    )


def test_a_trail_that_contradicts_its_newest_anchor_is_told_at_once(
    api_key: object, settings: Settings, tmp_path: Path
) -> None:
    settings.AUDIT_ANCHORS = tmp_path / "anchors"
    selfcheck.verify(actor=SYSTEM)
    anchors.write_due()
    assert parts.audit(timezone.now()).tone == "ok"

    as_owner(f"DELETE FROM audit_entry WHERE action = '{selfcheck.ACTION}'")
    selfcheck.verify(actor=SYSTEM, file=tmp_path / "other")

    part = parts.audit(timezone.now())
    assert part.tone == "bad"
    assert "that its newest anchor notes" in part.sentence


def test_sums_that_are_behind_are_said_to_be(ada: User, team: Team) -> None:
    now = timezone.now()
    assert parts.usage_sums(now).tone == "warn"

    call(ada, stored(team, "search-prod"), now, 1).save(force_insert=True)
    assert rollup.roll_up() == 1
    assert parts.usage_sums(timezone.now()).tone == "ok"

    call(ada, ApiKey.objects.get(), now, 1).save(force_insert=True)
    ReportingZone.objects.update(added_up_at=now - timedelta(minutes=5))
    late = parts.usage_sums(now)
    assert late.tone == "warn"
    assert late.sentence == "added up 5 min ago, 1 slots wait"


def test_a_ledger_that_differs_is_broken() -> None:
    now = timezone.now()
    facts = {"since": now, "by": "the worker", "waiting": 0}
    assert parts.ledger_check(now).tone == "warn"

    LedgerCheck.objects.create(at=now, differences=0, **facts)
    assert parts.ledger_check(now).tone == "ok"

    LedgerCheck.objects.create(at=now, differences=3, **facts)
    broken = parts.ledger_check(now)
    assert (broken.tone, broken.detail) == ("bad", "manage.py ledger check says which")
    assert "3 differ" in broken.sentence
