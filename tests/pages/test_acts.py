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
from pytest_django import Settings

from console import vault
from console.accounts.models import User
from console.audit.models import Entry
from console.keys.models import ApiKey
from tests.conventions.test_urls import patterns
from tests.keys.answers import Upstream
from tests.keys.conftest import upstream
from tests.people import PASSWORD, ClientOf

__all__ = ["upstream"]

NEW_SECRET = "xai-" + "N3wS3cr3t0" * 8
OF_THE_SANDBOX = "moves the sandbox, which plays xAI: nothing of Gatehouse changes"
A_CALL = "a call: it has a usage record in place of an entry"
WITHOUT_ENTRY = {
    "pages:sandbox_team": OF_THE_SANDBOX,
    "pages:sandbox_key": OF_THE_SANDBOX,
    "pages:sandbox_price": OF_THE_SANDBOX,
    "pages:sandbox_fault": OF_THE_SANDBOX,
    "pages:sandbox_new_key": OF_THE_SANDBOX,
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
EXPORTS = {
    "keys:list": "keys.exported",
    "finance:prices": "export.prices",
    "pages:audit_export": "audit.exported",
}


def addresses(key: UUID) -> dict[str, str]:
    """Return every address by its full name; whatever it takes is this id."""
    found = {}
    for path, one in patterns(get_resolver("console.urls")):
        for name, converter in one.pattern.converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower()
            path = path.replace(f"<{kind}:{name}>", str(key))
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
    assert answers.keys() - refused == ACTS.keys() | WITHOUT_ENTRY.keys()


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
