"""Every address that changes something leaves exactly one entry of the right kind.

Addresses are found by what methods they allow: a new one that takes a POST must be
named here, with its action or the reason why it has none.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.accounts.models import Team, User
from console.alerts import channels
from console.alerts.models import ChannelKind, Incident, IncidentKind
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from console.keys.models import ApiKey, Finding, FindingKind, Severity
from tests.conventions.sources import PROJECT
from tests.conventions.test_urls import patterns
from tests.keys.answers import Upstream
from tests.keys.conftest import upstream
from tests.keys.looks import look
from tests.people import PASSWORD, ClientOf

__all__ = ["upstream"]

NEW_SECRET = "xai-" + "N3wS3cr3t0" * 8
OF_THE_SANDBOX = "moves the sandbox, which plays xAI: nothing of Gatehouse changes"
A_CALL = "a call: it has a usage record in place of an entry"
A_VIEW = "a person's own name for some filters, which nobody else sees"
A_DRAFT = "no key is stored before the import is started, which is an act"
WITHOUT_ENTRY = {
    "pages:sandbox_team": OF_THE_SANDBOX,
    "pages:sandbox_key": OF_THE_SANDBOX,
    "pages:sandbox_price": OF_THE_SANDBOX,
    "pages:sandbox_fault": OF_THE_SANDBOX,
    "pages:sandbox_new_key": OF_THE_SANDBOX,
    "keys:views": A_VIEW,
    "keys:view_rename": A_VIEW,
    "keys:view_delete": A_VIEW,
    "keys:import": A_DRAFT,
    "keys:import_discard": A_DRAFT,
    "playground:stop": A_CALL,
    "playground:stream_chat": A_CALL,
    "playground:stream_messages": A_CALL,
    "playground:stream_tokenize": A_CALL,
}


class Act(NamedTuple):
    """What to send to an address, and which entry that must leave."""

    action: str
    data: dict[str, Any] = {}
    before: dict[str, Any] = {}  # columns of the key that it needs
    detail: set[str] = set()  # names that must be in the entry's detail
    is_long: bool = False  # needs a transaction of its own
    is_part: bool = False  # is asked for by htmx


ACTS = {
    "account_login": Act("sign_in.done", {"login": "ada", "password": PASSWORD}),
    "account_logout": Act("sign_out"),
    "account_reauthenticate": Act("sign_in.confirmed", {"password": PASSWORD}),
    "keys:add": Act(
        "key.added",
        {"team": "", "label": "new", "host": "xai", "credential_material": NEW_SECRET},
        detail={"last_four", "fingerprint", "owner"},
    ),
    "keys:edit": Act(
        "key.edited",
        {"label": "other", "owner": "Tomas", "note": ""},
        detail={"before", "after"},
    ),
    "keys:replace": Act(
        "key.secret_replaced",
        {"credential_material": NEW_SECRET},
        detail={"before", "after"},
    ),
    "keys:pause": Act("key.watch_paused"),
    "keys:resume": Act("key.watch_resumed", before={"watched": False}),
    "keys:remove": Act("key.removed", {"label": "search-prod"}, detail={"last_four"}),
    "polling:check_now": Act("key.checked_by_hand"),
    "pages:audit_verify": Act("audit.verified", detail={"entries", "broken_at"}),
    "pages:evidence": Act(
        "evidence.made",
        {"first_day": "2026-01-01", "last_day": "2026-01-31"},
        detail={"manifest_sha256"},
        is_long=True,
    ),
}
CHANNEL = {"name": "night", "kind": "slack", "digest_hour": "17"}
SLACK = "https://hooks.slack.example/services/T0/B0/abcdwxyz"
ACTS_ON_ROWS = {
    "keys:owner": Act("key.edited", {"owner": "Tomas"}, is_part=True),
    "keys:note": Act("key.edited", {"note": "for search"}, is_part=True),
    "keys:tags": Act("key.edited", {"tags": "prod"}, is_part=True),
    "keys:finding_accept": Act("finding.accepted", {"reason": "known", "until": "30"}),
    "keys:change_confirm": Act("change.confirmed", {"note": "GAT-7"}),
    "keys:change_person": Act("xai_user.linked", {"name": "Mallory"}),
    "incidents:acknowledge": Act("incident.acknowledged", {"note": "on it"}),
    "alerts:add": Act("channel.added", {**CHANNEL, "target": SLACK}),
    "alerts:edit": Act("channel.edited", CHANNEL, detail={"before", "after"}),
    "alerts:switch": Act("channel.disabled"),
    "alerts:remove": Act("channel.removed"),
    "alerts:rotate": Act("channel.key_rotated"),
    "alerts:test": Act("channel.tested"),
    "alerts:rule_add": Act("channel.rule_saved", {"cool_down": "0"}),
    "alerts:rule_edit": Act("channel.rule_saved", {"cool_down": "60"}),
    "alerts:rule_remove": Act("channel.rule_removed"),
}
# Acts on many rows, or that need another act before: see the tests named behind.
PROVEN_ELSEWHERE = {
    "keys:bulk_owner": "tests/keys/test_bulk.py",
    "keys:bulk_tag": "tests/keys/test_bulk.py",
    "keys:bulk_untag": "tests/keys/test_bulk.py",
    "keys:bulk_pause": "tests/keys/test_bulk.py",
    "keys:bulk_resume": "tests/keys/test_bulk.py",
    "keys:undo": "tests/keys/test_bulk.py",
    "keys:lookup": "tests/keys/test_lookup.py",
    "keys:import_start": "tests/keys/importing/test_pages.py",
    "keys:import_cancel": "tests/keys/importing/test_pages.py",
    "keys:finding_reopen": "tests/keys/test_findings_page.py",
    "keys:change_escalate": "tests/keys/test_reviewing.py",
    "keys:change_reopen": "tests/keys/test_reviewing.py",
    "keys:change_person_forget": "tests/keys/test_change_pages.py",
    "polling:check_picked": "tests/polling/test_check_now.py",
}
EXPORTS = {
    "keys:list": "keys.exported",
    "finance:prices": "export.prices",
    "pages:audit_export": "audit.exported",
}


def addresses(key: UUID, **rows: object) -> dict[str, str]:
    """Return every address by its full name; what it takes is in `rows`, or a key."""
    found = {}
    for path, one in patterns(get_resolver("console.urls")):
        for name, converter in one.pattern.converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower()
            value = str(rows.get(name, "1" if kind == "int" else key))
            path = path.replace(f"<{kind}:{name}>", value)
        found[get_resolver().resolve(f"/{path}").view_name] = f"/{path}"
    return found


@pytest.mark.django_db
def test_every_address_that_takes_a_post_is_named(
    client_of: ClientOf, ada: User, settings: Settings
) -> None:
    settings.TRYOUT = True
    browser = client_of(ada)

    answers = {
        name: browser.generic("TRACE", url) for name, url in addresses(uuid4()).items()
    }

    refused = {
        name
        for name, answer in answers.items()
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        and "POST" not in answer.headers["Allow"]
    }
    named = {*ACTS, *ACTS_ON_ROWS, *WITHOUT_ENTRY, *PROVEN_ELSEWHERE}
    assert sorted(answers.keys() - refused - named) == []
    assert sorted(named - (answers.keys() - refused)) == []


@pytest.mark.parametrize("name", PROVEN_ELSEWHERE)
def test_the_test_named_for_an_act_looks_at_entries(name: str) -> None:
    text = (PROJECT / PROVEN_ELSEWHERE[name]).read_text()

    assert "Entry.objects" in text


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.django_db(transaction=one.is_long))
        for name, one in ACTS.items()
    ],
)
def test_each_act_leaves_one_entry(
    client_of: ClientOf, ada: User, api_key: ApiKey, upstream: Upstream, name: str
) -> None:
    act = ACTS[name]
    ApiKey.objects.filter(pk=api_key.pk).update(**act.before)
    browser = Client() if name == "account_login" else client_of(ada)
    known = Entry.objects.count()
    data = {
        field: str(api_key.team_id) if field == "team" else value
        for field, value in act.data.items()
    }

    answer = browser.post(addresses(api_key.pk)[name], data)

    assert answer.status_code < HTTPStatus.BAD_REQUEST
    if answer.streaming:
        answer.close()  # else the file would be left open
    (entry,) = Entry.objects.filter(seq__gt=known)
    assert (entry.action, entry.outcome) == (act.action, "done")
    assert (entry.actor_id, entry.address) == (str(ada.pk), "127.0.0.1")
    assert act.detail <= entry.detail.keys()
    if name.startswith(("keys:", "polling:")):
        assert (entry.object_kind, entry.team_id) == ("key", api_key.team_id)


@pytest.fixture
def rows(api_key: ApiKey, team: Team) -> dict[str, object]:
    """One row of each kind that can be acted on, by the names addresses have for it."""
    channel, _ = channels.add_channel(
        name="on call",
        kind=ChannelKind.WEBHOOK,
        target="https://hooks.example.com/x",
        digest_hour=8,
        actor=SYSTEM,
    )
    finding = Finding.objects.create(
        key=api_key, kind=FindingKind.NO_OWNER, severity=Severity.LOW
    )
    incident = Incident.objects.create(
        kind=IncidentKind.REJECTED, team=team, key=api_key, began_at=timezone.now()
    )
    return {
        "channel_id": channel.pk,
        "rule_id": channel.rules.get().pk,
        "finding_id": finding.pk,
        "incident_id": incident.pk,
        "change_id": look(api_key)[0].pk,
    }


@pytest.mark.parametrize("name", ACTS_ON_ROWS)
@pytest.mark.django_db
def test_each_act_on_a_row_leaves_one_entry(
    client_of: ClientOf,
    ada: User,
    api_key: ApiKey,
    rows: dict[str, object],
    name: str,
) -> None:
    act = ACTS_ON_ROWS[name]
    browser = client_of(ada)
    known = Entry.objects.count()
    headers = {"HX-Request": "true"} if act.is_part else {}

    answer = browser.post(
        addresses(api_key.pk, **rows)[name], act.data, headers=headers
    )

    assert answer.status_code < HTTPStatus.BAD_REQUEST
    # What Gatehouse does of itself then, such as ending an incident, is its own act.
    (entry,) = Entry.objects.filter(seq__gt=known, actor_id=str(ada.pk))
    assert (entry.action, entry.outcome) == (act.action, "done")
    assert act.detail <= entry.detail.keys()
    assert entry.object_id


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.parametrize("format", ["csv", "json"])
@pytest.mark.django_db
def test_each_export_leaves_one_entry(
    client_of: ClientOf, ada: User, name: str, format: str
) -> None:
    browser = client_of(ada)

    browser.get(addresses(uuid4())[name], {"format": format})

    entry = Entry.objects.get()
    assert (entry.action, entry.detail["format"]) == (EXPORTS[name], format)


# Somebody must get in to read why it is sealed: signing in is counted meanwhile.
@pytest.mark.parametrize("name", [n for n in ACTS if not n.startswith("account_")])
@pytest.mark.django_db
def test_what_cannot_be_recorded_does_not_happen(
    client_of: ClientOf,
    ada: User,
    api_key: ApiKey,
    upstream: Upstream,
    settings: Settings,
    tmp_path: Path,
    name: str,
) -> None:
    act = ACTS[name]
    ApiKey.objects.filter(pk=api_key.pk).update(**act.before)
    browser = client_of(ada)
    before = list(ApiKey.objects.values())
    settings.KEK_FILE = tmp_path / "gone"
    vault.forget()

    browser.post(addresses(api_key.pk)[name], act.data)

    assert list(ApiKey.objects.values()) == before
