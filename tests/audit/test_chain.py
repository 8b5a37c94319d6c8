"""Every way to falsify the trail is found, even by the owner of the database."""

from __future__ import annotations

import hmac
from dataclasses import replace

import pytest

from console.audit import canonical, chain, trail
from console.audit.actors import SYSTEM, command
from console.audit.chain import Note
from console.audit.models import Entry
from tests.audit.owner import as_owner

pytestmark = pytest.mark.django_db

ENTRIES = 7


@pytest.fixture(autouse=True)
def some_acts() -> None:
    """The trail under attack; a test's transaction rolls the attack back."""
    for number in range(ENTRIES):
        trail.record(action="key.added", actor=command("test"), detail={"n": number})


def test_an_untouched_trail_is_sound() -> None:
    assert chain.verify() == chain.Verification(ENTRIES, ENTRIES, None, "")
    assert chain.verify(notes=[_noted()]).sound


def test_an_empty_trail_is_sound() -> None:
    as_owner("DELETE FROM audit_entry")

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
    as_owner(f"UPDATE audit_entry SET {change} WHERE seq = 4")

    found = chain.verify()

    assert found.broken_at == 4
    assert found.entries == 3


def test_finds_a_removed_entry() -> None:
    as_owner("DELETE FROM audit_entry WHERE seq = 4")

    found = chain.verify()

    assert found.broken_at == 4
    assert "missing" in found.reason


def test_finds_a_removed_beginning() -> None:
    as_owner("DELETE FROM audit_entry WHERE seq < 4")

    assert chain.verify().broken_at == 1


def test_finds_a_removal_that_was_closed_up() -> None:
    as_owner(
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
    as_owner(
        "UPDATE audit_entry SET seq = 100 WHERE seq = 3",
        "UPDATE audit_entry SET seq = 3 WHERE seq = 5",
        "UPDATE audit_entry SET seq = 5 WHERE seq = 100",
    )

    assert chain.verify().broken_at == 3


def test_finds_swapped_entries_with_mended_links() -> None:
    as_owner(
        "UPDATE audit_entry a SET detail = b.detail FROM audit_entry b "
        "WHERE (a.seq, b.seq) IN ((3, 5), (5, 3))",
    )

    assert chain.verify().broken_at == 3


def test_finds_an_entry_of_a_past_that_was_rolled_back() -> None:
    forked = Entry.objects.get(seq=6)
    as_owner("DELETE FROM audit_entry WHERE seq > 4")
    for _ in range(3):
        trail.record(action="key.removed", actor=SYSTEM)
    before = Entry.objects.get(seq=5)

    as_owner("DELETE FROM audit_entry WHERE seq > 5")
    Entry.objects.bulk_create([_copy(forked, prev=before.mac)])

    assert chain.verify().broken_at == 6


def test_a_cut_end_shows_beside_the_head_noted_before() -> None:
    noted = _noted()
    as_owner("DELETE FROM audit_entry WHERE seq > 5")

    assert chain.verify().sound
    found = chain.verify(notes=[noted])

    assert found.broken_at == 6
    assert found.reason == "is missing: the end was cut off, as noted by a friend"


def test_a_rebuilt_end_shows_beside_the_head_noted_before() -> None:
    noted = _noted()
    as_owner("DELETE FROM audit_entry WHERE seq > 5")
    trail.record(action="key.added", actor=SYSTEM)
    trail.record(action="key.added", actor=SYSTEM)

    assert chain.verify().sound
    found = chain.verify(notes=[noted])

    assert found.broken_at == ENTRIES
    assert found.reason == "is not the entry noted by a friend"


def test_a_chain_rebuilt_from_its_start_shows_beside_any_note() -> None:
    noted = [_noted(seq) for seq in range(1, ENTRIES + 1)]
    as_owner("DELETE FROM audit_entry")
    for _ in range(ENTRIES):
        trail.record(action="key.added", actor=SYSTEM)

    assert chain.verify().sound
    assert chain.verify(notes=noted).broken_at == 1
    assert chain.verify(notes=noted[3:4]).broken_at == 4


def test_finds_a_chain_rebuilt_with_another_key() -> None:
    prev = canonical.FIRST_PREV
    for row in list(Entry.objects.order_by("seq").values(*chain.COLUMNS)):
        row["outcome"] = "refused"
        mac = canonical.mac_of(row, prev=prev, key=b"guessed" * 5)
        as_owner(
            f"UPDATE audit_entry SET outcome = 'refused', "
            f"prev = '\\x{prev.hex()}', mac = '\\x{mac.hex()}' "
            f"WHERE seq = {row['seq']}"
        )
        prev = mac

    found = chain.verify()

    assert found.broken_at == 1
    assert found.reason == "was changed after it was written"


def test_finds_an_entry_put_between_two_others() -> None:
    between = Entry.objects.get(seq=4)
    for seq in range(ENTRIES, 3, -1):
        as_owner(f"UPDATE audit_entry SET seq = {seq + 1} WHERE seq = {seq}")
    Entry.objects.bulk_create([_copy(between, action="key.removed")])

    found = chain.verify()

    assert found.broken_at == 4
    assert found.reason == "was changed after it was written"


def test_finds_two_entries_that_swapped_their_numbers() -> None:
    as_owner(
        "UPDATE audit_entry SET seq = -3 WHERE seq = 3",
        "UPDATE audit_entry SET seq = 3 WHERE seq = 4",
        "UPDATE audit_entry SET seq = 4 WHERE seq = -3",
    )

    found = chain.verify()

    assert found.broken_at == 3
    assert found.reason == "does not follow from the entry before it"


def test_a_chain_that_grew_still_holds_the_head_noted_before() -> None:
    noted = _noted()
    trail.record(action="key.added", actor=SYSTEM)

    assert chain.verify(notes=[noted]).sound


def test_the_first_digits_of_a_mac_do_as_a_note() -> None:
    noted = _noted()

    assert chain.verify(notes=[replace(noted, mac=noted.mac[:4])]).sound
    assert not chain.verify(notes=[replace(noted, mac=bytes(4))]).sound


def test_a_false_note_is_told() -> None:
    noted = [_noted(3), replace(_noted(5), mac=bytes(32)), _noted(7)]

    found = chain.verify(notes=reversed(noted))

    assert (found.entries, found.broken_at) == (4, 5)


def test_two_notes_of_one_entry_cannot_both_be_right() -> None:
    assert not chain.verify(notes=[_noted(), replace(_noted(), mac=bytes(32))]).sound


def test_one_row_is_judged_without_its_place() -> None:
    (row,) = Entry.objects.filter(seq=4).values(*chain.COLUMNS)

    assert chain.genuine(row)
    assert not chain.genuine(row | {"detail": {"n": 9}})


def test_a_mac_covers_the_row_and_the_mac_before() -> None:
    (row,) = Entry.objects.filter(seq=1).values(*chain.COLUMNS)

    first = canonical.mac_of(row, prev=canonical.FIRST_PREV, key=b"k" * 32)

    assert first != canonical.mac_of(row, prev=bytes(31) + b"1", key=b"k" * 32)
    assert len(first) == hmac.new(b"k", digestmod="sha256").digest_size


def _noted(seq: int = ENTRIES) -> Note:
    return Note(seq, bytes(Entry.objects.get(seq=seq).mac), "a friend")


def _copy(entry: Entry, **changes: object) -> Entry:
    columns = {
        each.attname: getattr(entry, each.attname) for each in Entry._meta.fields
    }
    return Entry(**(columns | changes))
