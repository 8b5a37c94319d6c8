"""What people say of keys, changed one by one and many at once."""

from __future__ import annotations

import pytest

from console.accounts.models import Team
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from console.keys import editing
from console.keys.models import ApiKey
from console.keys.refusals import NotStored, SecretInText
from tests.keys.stored import stored_key
from tests.people import SECRET

WATCHED, NOT_WATCHED = {"watched": True}, {"watched": False}


def test_an_edit_audits_what_differs(api_key: ApiKey) -> None:
    for _ in range(2):
        editing.edit(
            api_key=api_key,
            values={"label": "search-prod", "owner": "Jo", "tags": ["prod"]},
            actor=SYSTEM,
        )

    entry = Entry.objects.get(action="key.edited")
    assert entry.detail == {
        "before": {"owner": "Mara Lindqvist", "tags": []},
        "after": {"owner": "Jo", "tags": ["prod"]},
    }
    api_key.refresh_from_db()
    assert (api_key.owner, api_key.tags) == ("Jo", ["prod"])


def test_an_edit_is_judged_at_once(api_key: ApiKey) -> None:
    editing.edit(api_key=api_key, values={"owner": ""}, actor=SYSTEM)
    api_key.refresh_from_db()
    assert "no_owner" in api_key.finding_kinds

    editing.edit(api_key=api_key, values={"owner": "Jo"}, actor=SYSTEM)

    api_key.refresh_from_db()
    assert "no_owner" not in api_key.finding_kinds


def test_pausing_and_resuming_are_audited_once(api_key: ApiKey) -> None:
    assert editing.pause(api_key=api_key, actor=SYSTEM).watched is False
    editing.pause(api_key=api_key, actor=SYSTEM)
    assert editing.resume(api_key=api_key, actor=SYSTEM).watched is True

    watching = Entry.objects.filter(action__contains="watch").order_by("seq")
    assert list(watching.values_list("action", "detail")) == [
        ("key.watch_paused", {"before": WATCHED, "after": NOT_WATCHED}),
        ("key.watch_resumed", {"before": NOT_WATCHED, "after": WATCHED}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [{"owner": SECRET}, {"note": f"see {SECRET}"}, {"tags": [SECRET.lower()]}],
    ids=["owner", "note", "tags"],
)
def test_a_secret_in_a_text_changes_nothing(
    api_key: ApiKey, values: dict[str, object]
) -> None:
    with pytest.raises(SecretInText):
        editing.edit(api_key=api_key, values=values, actor=SYSTEM)

    assert not Entry.objects.filter(action="key.edited").exists()


def test_a_removed_key_is_not_edited(team: Team, api_key: ApiKey) -> None:
    ApiKey.objects.update(removed_at=api_key.created_at)

    with pytest.raises(NotStored):
        editing.edit(api_key=api_key, values={"owner": "Jo"}, actor=SYSTEM)


def test_many_keys_change_together_with_one_entry_each(team: Team) -> None:
    keys = [stored_key(team, name, owner=name) for name in "abc"]

    changes = editing.change(
        key_ids=[key.pk for key in keys],
        values_of=lambda key: {"owner": "b"},
        action="key.edited",
        actor=SYSTEM,
    )

    assert {each.key.label: each.before for each in changes} == {
        "a": {"owner": "a"},
        "c": {"owner": "c"},
    }
    entries = Entry.objects.filter(action="key.edited").order_by("seq")
    assert [entry.object_name for entry in entries] == [c.key.label for c in changes]
    assert [entry.seq for entry in entries] == [each.entry for each in changes]
    assert set(ApiKey.objects.values_list("owner", flat=True)) == {"b"}
