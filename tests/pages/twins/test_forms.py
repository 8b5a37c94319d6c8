"""A form that is sent what belongs to another team does nothing to it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest

from console.accounts.models import User
from console.audit.models import Entry
from console.finance.models import UsageView
from console.keys.bulk import Act
from console.keys.models import SavedView
from tests.addresses import addresses
from tests.keys.answers import Upstream
from tests.keys.conftest import upstream
from tests.pages.twins.answers import leaks, plain, stored
from tests.pages.twins.rows import MARK, Rows
from tests.people import ClientOf

__all__ = ["upstream"]

NEW_EACH_TIME = "finance:feed_make"  # it shows a token that is made by chance
FORMS = sorted(
    name
    for name, one in addresses().items()
    if not (one.parameters or name.startswith("account_") or name == NEW_EACH_TIME)
)
OF_PICKED = [*(f"keys:bulk_{act}" for act in Act), "polling:check_picked"]


def form(key: object, team: object, name: str) -> dict[str, Any]:
    """Return what any of the forms takes, with somebody's ids."""
    return {
        "key": [str(key), str(key)],
        "keys": str(key),
        "team": str(team),
        "back": f"team={team}",
        "name": name,
        "label": name,
        "owner": "Tomas",
        "tags": "us",
        "model": name,
        "text": "Hello",
        "prompt": "Hello",
        "token": "nonsense",
    }


def test_staff_change_nothing_of_another_team(
    client_of: ClientOf, sam: User, twin: Rows, upstream: Upstream
) -> None:
    key, team, nobody = twin["key_id"].pk, twin["team_id"].pk, uuid4()
    theirs, nothing = form(key, team, f"{MARK}-model"), form(nobody, nobody, "zqxjvkwb")
    sent = [key, team, nobody, f"{MARK}-model", "zqxjvkwb"]
    before = stored()

    told = {
        name: [
            plain(client_of(sam).post(addresses()[name].url(), data), *sent)
            for data in (theirs, nothing)
        ]
        for name in FORMS
    }

    assert {name for name, (one, other) in told.items() if one != other} == set()
    assert {name for name, (one, _) in told.items() if leaks(one, twin)} == set()
    own = SavedView.objects.filter(user=sam).exclude(name="ours view")
    assert set(own.values_list("query", flat=True)) == {""}
    own.delete()
    UsageView.objects.filter(person=sam).exclude(name="ours usage").delete()
    assert stored() == before


# No admin is bound to teams. If one were, the queries alone would hold.
@pytest.mark.parametrize("name", OF_PICKED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_keys_of_another_team_cannot_be_picked(
    client_of: ClientOf,
    ada: User,
    twin: Rows,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    method: str,
) -> None:
    monkeypatch.setattr(User, "sees_all_teams", False)
    browser, before, known = client_of(ada), stored(), Entry.objects.count()
    data = form(twin["key_id"].pk, twin["team_id"].pk, "other")

    answer = getattr(browser, method)(addresses()[name].url(), data)

    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert MARK not in browser.get(answer.headers["Location"]).text
    assert (stored(), Entry.objects.count()) == (before, known)


@pytest.mark.usefixtures("contexts")
def test_what_somebody_else_did_cannot_be_taken_back(
    client_of: ClientOf, ada: User, twin: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, browser = twin["key_id"], client_of(ada)
    done = browser.post("/keys/bulk/owner/", {"keys": str(key.pk), "owner": "Tomas"})
    (message,) = browser.get(done.headers["Location"]).context["messages"]
    monkeypatch.setattr(User, "sees_all_teams", False)

    browser.post("/keys/bulk/undo/", {"token": message.extra_tags})

    key.refresh_from_db()
    assert key.owner == "Tomas"
