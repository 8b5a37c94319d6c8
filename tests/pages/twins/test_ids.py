"""An id of another team is answered as one that nobody has."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from console.accounts.models import User
from tests.addresses import NOBODYS, addresses
from tests.keys.answers import Upstream
from tests.keys.conftest import upstream
from tests.pages.acts.table import ACTS
from tests.pages.twins.answers import CARD, PART, Plain, leaks, plain, stored
from tests.pages.twins.rows import Rows
from tests.people import ClientOf

__all__ = ["upstream"]

LINKS = {  # open for whoever has them
    "finance:feed",
    "finance:scenario_copy",
    "finance:scenario_shared",
    "playground:shared",
}
WITH_IDS = sorted(
    name for name, one in addresses().items() if one.parameters and name not in LINKS
)
CLOSED = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
OWN = {  # nobody else's
    "finance:scenario_delete",
    "finance:scenario_share",
    "finance:scenario_unshare",
    "finance:scenario_update",
    "keys:view_delete",
    "keys:view_rename",
    "playground:chat_kept",
    "playground:history_delete",
    "playground:history_duplicate",
    "playground:history_export",
    "playground:history_pin",
    "playground:history_rename",
    "playground:history_share",
    "playground:inspect",
    "playground:messages_kept",
    "playground:prompt_delete",
    "playground:prompt_edit",
    "playground:share_revoke",
    "playground:stop",
    "playground:stream_answer",
    "usage:view_delete",
    "usage:view_rename",
}


def of_team(name: str) -> bool:
    """Tell whether an address is about something that belongs to a team.

    A channel is Gatehouse's, and its rules speak of any team. A started import is for
    all who may store keys, in whichever team.
    """
    app, _, view = name.partition(":")
    return app != "alerts" and not view.startswith("import")


def asked(browser: Client, name: str, ids: Mapping[str, object]) -> list[Plain]:
    """Return the answers to every way of asking an address."""
    address = addresses()[name]
    url, sent = address.url(ids), [ids[each] for each in address.parameters]
    act = ACTS.get(name)
    form = {"name": "other"} if act is None else dict(act.data)
    answers: list[Any] = [
        browser.get(url),
        browser.head(url),
        browser.get(url, headers=PART),
        browser.get(url, headers=CARD),
        browser.get(url, {"shown": ""}, headers=PART),
        browser.get(url, {"format": "csv"}),
        browser.get(url, {"format": "json"}),
        browser.post(url, {}),
        browser.post(url, form),
        browser.post(url, form, headers=PART),
        browser.delete(url),
    ]
    return [plain(answer, *sent) for answer in answers]


def check(browser: Client, name: str, twin: Rows) -> None:
    before = stored()

    told = asked(browser, name, {each: row.pk for each, row in twin.items()})

    assert told == asked(browser, name, NOBODYS)
    assert {each.status for each in told} <= CLOSED
    assert [leaks(each, twin) for each in told] == [[]] * len(told)
    assert stored() == before


@pytest.mark.parametrize("name", WITH_IDS)
def test_staff_of_another_team_find_nothing(
    client_of: ClientOf, sam: User, twin: Rows, upstream: Upstream, name: str
) -> None:
    check(client_of(sam), name, twin)


# No admin is bound to teams. If one were, the queries alone would hold.
@pytest.mark.parametrize("name", [name for name in WITH_IDS if of_team(name)])
def test_queries_hold_where_no_rule_closes_the_address(
    client_of: ClientOf,
    ada: User,
    twin: Rows,
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setattr(User, "sees_all_teams", False)

    check(client_of(ada), name, twin)


@pytest.mark.parametrize("name", WITH_IDS)
def test_own_ids_are_found(
    client_of: ClientOf, ada: User, sam: User, ours: Rows, upstream: Upstream, name: str
) -> None:
    ids = {each: row.pk for each, row in ours.items()}
    own = addresses()[name].url(ids)
    browser = client_of(sam if name in OWN else ada)

    statuses = {browser.get(own).status_code, browser.post(own).status_code}

    assert statuses.isdisjoint({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
