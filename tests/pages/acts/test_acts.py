"""Every address that changes something leaves exactly one entry of the right kind.

Addresses are found by what methods they allow: a new one that takes a POST must be
named in the table, with its action or the reason why it has none.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from console import vault
from console.accounts.models import User
from console.alerts.models import AlertRule, Channel, Delivery, Incident
from console.audit.models import Entry
from console.finance.models import Scenario, Sentinel
from console.keys.models import (
    ApiKey,
    Finding,
    ImportJob,
    ImportRow,
    KeyChange,
    XaiUser,
)
from console.polling.models import PollState
from console.usage.models import Budget, BudgetRaise, BudgetWindow
from tests.addresses import addresses
from tests.keys.answers import Upstream
from tests.pages.acts.table import (
    ACTS,
    EXPORTS,
    FORMATS,
    SENT_ALL_THE_SAME,
    WITHOUT_ENTRY,
    Act,
    Ids,
)
from tests.people import ClientOf

WRITTEN = (
    AlertRule,
    ApiKey,
    Budget,
    BudgetRaise,
    BudgetWindow,
    Channel,
    Delivery,
    Finding,
    ImportJob,
    ImportRow,
    Incident,
    KeyChange,
    PollState,
    Sentinel,
    Scenario,
    XaiUser,
)


def post(browser: Client, name: str, data: dict[str, str], ids: Ids, **how: Any) -> Any:
    """Send a form whose values may name ids."""
    filled = {field: value.format(**ids) for field, value in data.items()}
    return browser.post(addresses()[name].url(ids), filled, **how)


def act_of(browser: Client, name: str, ids: Ids) -> Any:
    """Send what the table says."""
    act = ACTS[name]
    headers = {"HX-Request": "true"} if act.part else {}
    return post(browser, name, dict(act.data), ids, headers=headers)


def rows() -> dict[str, list[Any]]:
    """Return all that acts write."""
    return {one.__name__: list(one.objects.order_by("pk").values()) for one in WRITTEN}


def prepare(act: Act, ids: Ids, by: User) -> None:
    if act.before:
        act.before(ids, by)


@pytest.mark.django_db
def test_every_address_that_takes_a_post_is_named(
    client_of: ClientOf, ada: User, settings: Settings
) -> None:
    settings.TRYOUT = True
    browser = client_of(ada)

    answers = {
        name: browser.generic("TRACE", one.url()) for name, one in addresses().items()
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
    client_of: ClientOf,
    ada: User,
    api_key: ApiKey,
    ids: Ids,
    upstream: Upstream,
    name: str,
) -> None:
    act = ACTS[name]
    prepare(act, ids, ada)
    browser = Client() if name == "account_login" else client_of(ada)
    known = Entry.objects.count()

    answer = act_of(browser, name, ids)

    assert answer.status_code < HTTPStatus.BAD_REQUEST
    if answer.streaming:
        answer.close()  # else the file would be left open
    entries = Entry.objects.filter(seq__gt=known)
    assert {each.action for each in entries} == {act.action, *act.follows}
    assert len(entries) == 1 + len(act.follows)
    entry = entries.get(action=act.action)
    assert entry.outcome == act.outcome
    assert (entry.actor_id, entry.address) == (str(ada.pk), "127.0.0.1")
    assert act.detail <= entry.detail.keys()
    if act.of_key:
        assert (entry.object_kind, entry.team_id) == ("key", api_key.team_id)


@pytest.mark.parametrize("name", SENT_ALL_THE_SAME)
def test_what_has_a_reason_leaves_none(
    client_of: ClientOf, ada: User, ids: Ids, name: str
) -> None:
    browser, known = client_of(ada), Entry.objects.count()

    answer = post(browser, name, SENT_ALL_THE_SAME[name], ids)

    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert Entry.objects.count() == known


def test_every_address_that_answers_with_a_file_is_named(
    client_of: ClientOf, ada: User, ids: Ids
) -> None:
    browser = client_of(ada)

    files = {
        name
        for name, one in addresses().items()
        if "attachment"
        in browser.get(one.url(ids), {"format": "csv"}).headers.get(
            "Content-Disposition", ""
        )
    }

    assert files == EXPORTS.keys()


@pytest.mark.parametrize(
    ("name", "format"),
    [(name, one) for name in EXPORTS for one in FORMATS.get(name, ("csv", "json"))],
)
def test_each_export_leaves_one_entry(
    client_of: ClientOf, ada: User, ids: Ids, name: str, format: str
) -> None:
    browser, known = client_of(ada), Entry.objects.count()

    browser.get(addresses()[name].url(ids), {"format": format})

    (entry,) = Entry.objects.filter(seq__gt=known)
    assert (entry.action, entry.detail["format"]) == (EXPORTS[name], format)
    assert (entry.actor_id, entry.address) == (str(ada.pk), "127.0.0.1")


# Somebody must get in to read why it is sealed: signing in is counted meanwhile.
@pytest.mark.parametrize("name", [n for n in ACTS if not n.startswith("account_")])
@pytest.mark.django_db
def test_what_cannot_be_recorded_does_not_happen(
    client_of: ClientOf,
    ada: User,
    ids: Ids,
    upstream: Upstream,
    settings: Settings,
    tmp_path: Path,
    name: str,
) -> None:
    prepare(ACTS[name], ids, ada)
    browser = client_of(ada)
    before = rows()
    settings.KEK_FILE = tmp_path / "gone"
    vault.forget()

    act_of(browser, name, ids)

    assert rows() == before
