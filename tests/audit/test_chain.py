"""Every way to falsify the trail is found, even by the owner of the database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection

from console.audit import chain, trail
from console.audit.actors import SYSTEM, command
from console.audit.models import Entry

pytestmark = pytest.mark.django_db

ENTRIES = 7


@pytest.fixture(autouse=True)
def some_acts() -> None:
    """The trail under attack; a test's transaction rolls the attack back."""
    for number in range(ENTRIES):
        trail.record(action="key.added", actor=command("test"), detail={"n": number})


def _as_owner(*statements: str) -> None:
    """Do what only the owner of the table can: switch the triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_an_untouched_trail_is_sound() -> None:
    assert chain.verify() == chain.Verification(ENTRIES, ENTRIES, None, "")
    assert chain.verify(expected_head=chain.head()).sound


def test_an_empty_trail_is_sound() -> None:
    _as_owner("DELETE FROM audit_entry")

    assert chain.verify() == chain.Verification(0, 0, None, "")
    assert chain.head() is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("action = 'key.removed'", id="action"),
        pytest.param("at = at + interval '1 microsecond'", id="time"),
        pytest.param("actor_kind = 'person'", id="actor kind"),
        pytest.param("actor_id = 'other'", id="actor id"),
        pytest.param("actor_name = 'other'", id="actor name"),
        pytest.param("object_kind = 'team'", id="object kind"),
        pytest.param("object_id = '1'", id="object id"),
        pytest.param("object_name = 'x'", id="object name"),
        pytest.param("team_id = gen_random_uuid()", id="team"),
        pytest.param("request_id = 'r'", id="request"),
        pytest.param("address = '::1'", id="address"),
        pytest.param("outcome = 'refused'", id="outcome"),
        pytest.param("""detail = '{"n": 4}'""", id="detail"),
        pytest.param("""detail = '{"n": "3"}'""", id="detail's type"),
        pytest.param("key_version = 9", id="key version"),
        pytest.param("prev = decode(repeat('00', 32), 'hex')", id="prev"),
        pytest.param("mac = decode(repeat('00', 32), 'hex')", id="mac"),
    ],
)
def test_finds_an_edit_of_any_column(change: str) -> None:
    _as_owner(f"UPDATE audit_entry SET {change} WHERE seq = 4")

    found = chain.verify()

    assert found.broken_at == 4
    assert found.entries == 3


def test_finds_a_removed_entry() -> None:
    _as_owner("DELETE FROM audit_entry WHERE seq = 4")

    found = chain.verify()

    assert found.broken_at == 4
    assert "missing" in found.reason


def test_finds_a_removed_beginning() -> None:
    _as_owner("DELETE FROM audit_entry WHERE seq < 4")

    assert chain.verify().broken_at == 1


def test_finds_a_removal_that_was_closed_up() -> None:
    _as_owner(
        "DELETE FROM audit_entry WHERE seq = 4",
        "UPDATE audit_entry SET seq = seq - 1 WHERE seq = 5",
        "UPDATE audit_entry SET seq = seq - 1 WHERE seq = 6",
        "UPDATE audit_entry SET seq = seq - 1 WHERE seq = 7",
    )

    assert chain.verify().broken_at == 4


def test_finds_an_added_entry() -> None:
    last = Entry.objects.get(seq=ENTRIES)
    Entry.objects.bulk_create([_copy(last, seq=ENTRIES + 1, prev=last.mac)])

    assert chain.verify().broken_at == ENTRIES + 1


def test_finds_two_entries_in_each_others_place() -> None:
    _as_owner(
        "UPDATE audit_entry SET seq = 100 WHERE seq = 3",
        "UPDATE audit_entry SET seq = 3 WHERE seq = 5",
        "UPDATE audit_entry SET seq = 5 WHERE seq = 100",
    )

    assert chain.verify().broken_at == 3


def test_finds_swapped_entries_with_mended_links() -> None:
    _as_owner(
        "UPDATE audit_entry a SET detail = b.detail FROM audit_entry b "
        "WHERE (a.seq, b.seq) IN ((3, 5), (5, 3))",
    )

    assert chain.verify().broken_at == 3


def test_finds_an_entry_of_a_past_that_was_rolled_back() -> None:
    forked = Entry.objects.get(seq=6)
    _as_owner("DELETE FROM audit_entry WHERE seq > 4")
    for _ in range(3):
        trail.record(action="key.removed", actor=SYSTEM)
    before = Entry.objects.get(seq=5)

    _as_owner("DELETE FROM audit_entry WHERE seq > 5")
    Entry.objects.bulk_create([_copy(forked, prev=before.mac)])

    assert chain.verify().broken_at == 6


def test_a_cut_end_shows_beside_the_head_noted_before() -> None:
    noted = chain.head()
    _as_owner("DELETE FROM audit_entry WHERE seq > 5")

    assert chain.verify().sound
    found = chain.verify(expected_head=noted)

    assert found.broken_at == 6
    assert "cut off" in found.reason


def test_a_rebuilt_end_shows_beside_the_head_noted_before() -> None:
    noted = chain.head()
    _as_owner("DELETE FROM audit_entry WHERE seq > 5")
    trail.record(action="key.added", actor=SYSTEM)
    trail.record(action="key.added", actor=SYSTEM)

    assert chain.verify().sound
    assert chain.verify(expected_head=noted).broken_at == ENTRIES


def test_a_chain_that_grew_still_holds_the_head_noted_before() -> None:
    noted = chain.head()
    trail.record(action="key.added", actor=SYSTEM)

    assert chain.verify(expected_head=noted).sound


def test_a_false_note_is_told() -> None:
    noted = chain.head()
    assert noted is not None

    assert not chain.verify(expected_head=replace(noted, mac=bytes(32))).sound


def _copy(entry: Entry, **changes: object) -> Entry:
    columns = {
        each.attname: getattr(entry, each.attname) for each in Entry._meta.fields
    }
    return Entry(**(columns | changes))
