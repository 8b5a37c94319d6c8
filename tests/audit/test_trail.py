"""What is written to the trail, and what never is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.audit import canonical, chain, trail
from console.audit.actors import SYSTEM, Actor, command
from console.audit.models import ActorKind, Entry
from tests.people import NOON

SECRET = "xai-" + "Z9y8X7w6V5" * 8


@pytest.mark.django_db
class TestRecord:
    def test_keeps_who_did_what_to_what(self) -> None:
        team = UUID(int=7)
        actor = Actor(ActorKind.PERSON, "17", "ada", "192.0.2.7", "r-1")

        trail.record(
            action="key.edited",
            actor=actor,
            object_kind="key",
            object_id="k-1",
            object_name="search-prod",
            team_id=team,
            detail={"owner": ["", "Mara"]},
        )

        entry = Entry.objects.get()
        assert (entry.actor_kind, entry.actor_id, entry.actor_name) == (
            "person",
            "17",
            "ada",
        )
        assert (entry.address, entry.request_id) == ("192.0.2.7", "r-1")
        assert (entry.action, entry.outcome) == ("key.edited", "done")
        assert (entry.object_kind, entry.object_id) == ("key", "k-1")
        assert (entry.object_name, entry.team_id) == ("search-prod", team)
        assert entry.detail == {"owner": ["", "Mara"]}
        assert timezone.now() - entry.at < timedelta(minutes=1)

    def test_chains_each_entry_to_the_last(self) -> None:
        first = trail.record(action="team.added", actor=SYSTEM)
        second = trail.record(action="team.added", actor=SYSTEM)

        assert (first.seq, bytes(first.prev)) == (1, canonical.FIRST_PREV)
        assert (second.seq, second.prev) == (2, first.mac)
        assert first.mac != second.mac

    def test_names_commands_and_the_system(self) -> None:
        assert command("import_keys").name == "manage.py import_keys"
        assert SYSTEM.kind is ActorKind.SYSTEM

    @pytest.mark.parametrize(
        "detail",
        [
            pytest.param({"note": SECRET}, id="value"),
            pytest.param({"note": f"is {SECRET}, I think"}, id="inside a text"),
            pytest.param({SECRET: 1}, id="name"),
            pytest.param({"rows": [{"deep": (1, SECRET)}]}, id="deep"),
            pytest.param({"note": "xvk_" + "a" * 32}, id="virtual key"),
        ],
    )
    def test_refuses_a_secret_without_repeating_it(self, detail: Any) -> None:
        with pytest.raises(ValueError, match="would have held a secret") as caught:
            trail.record(action="key.edited", actor=SYSTEM, detail=detail)

        frames = caught.traceback
        assert SECRET not in str(caught.value)
        assert all(value != SECRET for value in frames[-1].frame.f_locals.values())
        assert Entry.objects.count() == 0

    def test_refuses_a_secret_as_a_name(self) -> None:
        with pytest.raises(ValueError, match="secret"):
            trail.record(action="key.added", actor=SYSTEM, object_name=SECRET)

    @pytest.mark.parametrize("value", [1.5, float("nan"), b"bytes", object()])
    def test_refuses_what_has_no_one_spelling(self, value: object) -> None:
        with pytest.raises(TypeError):
            trail.record(action="key.edited", actor=SYSTEM, detail={"value": value})

    def test_cuts_long_texts_and_shows_no_control_characters(self) -> None:
        entry = trail.record(
            action="key.edited",
            actor=SYSTEM,
            object_name="a\x1b[2J\u202eb\n",
            detail={"note": "x" * 1000, "at": NOON, "row": UUID(int=1)},
        )

        assert entry.object_name == "a\ufffd[2J\ufffdb\ufffd"
        assert entry.detail["note"] == "x" * 199 + "…"
        assert entry.detail["at"] == "2026-06-20T12:00:00.000000+00:00"
        assert chain.verify().sound

    @given(
        detail=st.dictionaries(
            st.text(max_size=8),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(),
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(st.text(max_size=4), inner, max_size=3)
                ),
                max_leaves=6,
            ),
            max_size=4,
        )
    )
    def test_any_detail_comes_back_from_the_database_as_it_was_signed(
        self, detail: dict[str, Any]
    ) -> None:
        with transaction.atomic():
            trail.record(action="key.edited", actor=SYSTEM, detail=detail)

            assert chain.verify().reason == ""
            transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    def test_refuses_to_stand_alone(self) -> None:
        with pytest.raises(trail.NotInTransaction):
            trail.record(action="key.added", actor=SYSTEM)

        assert Entry.objects.count() == 0

    def test_goes_away_with_the_act(self) -> None:
        with transaction.atomic():
            trail.record(action="key.added", actor=SYSTEM)
            transaction.set_rollback(True)

        assert Entry.objects.count() == 0

    def test_a_rollback_leaves_no_gap(self) -> None:
        for keep in (True, False, True):
            with transaction.atomic():
                trail.record(action="key.added", actor=SYSTEM)
                transaction.set_rollback(not keep)

        assert list(Entry.objects.order_by("seq").values_list("seq", flat=True)) == [
            1,
            2,
        ]
        assert chain.verify().sound

    def test_writers_at_once_make_one_chain(self) -> None:
        def act(number: int) -> None:
            try:
                with transaction.atomic():
                    trail.record(action="key.added", actor=command(str(number)))
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(act, range(40)))

        found = chain.verify()
        assert (found.entries, found.sound) == (40, True)
        assert Entry.objects.values("actor_id").distinct().count() == 40

    def test_without_a_kek_nothing_is_recorded(
        self, tmp_path: Path, settings: Settings
    ) -> None:
        settings.KEK_FILE = tmp_path / "gone"
        vault.forget()

        with pytest.raises(vault.Sealed), transaction.atomic():
            trail.record(action="key.added", actor=SYSTEM)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit_entry SET action = 'other'",
            "UPDATE audit_entry SET action = 'other' WHERE false",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_entry",
            "INSERT INTO audit_entry SELECT * FROM audit_entry "
            "ON CONFLICT (seq) DO UPDATE SET action = 'other'",
        ],
    )
    def test_the_database_refuses_changes(self, statement: str) -> None:
        with transaction.atomic():
            trail.record(action="key.added", actor=SYSTEM)

        with (
            pytest.raises(DatabaseError, match="append-only"),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

        assert Entry.objects.get().action == "key.added"

    def test_the_orm_is_refused_too(self) -> None:
        with transaction.atomic():
            trail.record(action="key.added", actor=SYSTEM)

        with pytest.raises(DatabaseError, match="append-only"):
            Entry.objects.all().delete()


def test_many_acts_are_chained_one_after_the_other_with_the_queries_of_one(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    acts = [trail.Act(action="key.edited", object_name=str(n)) for n in range(20)]
    with transaction.atomic():
        trail.record(action="first", actor=SYSTEM)

    with transaction.atomic(), django_assert_num_queries(3):
        entries = trail.record_all(acts, actor=SYSTEM)

    assert [entry.object_name for entry in entries] == [str(n) for n in range(20)]
    assert [entry.seq for entry in entries] == list(range(2, 22))
    assert chain.verify().sound


def test_no_acts_leave_no_entry(db: None) -> None:
    with transaction.atomic():
        assert trail.record_all([], actor=SYSTEM) == []
