"""The key ring: made once, kept, and of no use without its KEK."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault, xai
from console.vault import kek, keyring, sealing
from console.vault.keyring import Seal
from console.vault.models import Keyring, Purpose

TEXT = "xai-" + "Z9y8X7w6V5" * 8
BOUND = sealing.Binding(row=UUID(int=1), version=1, team=UUID(int=2), host="a.example")
MAKE_ALL = """
import os, sys
from pathlib import Path
import django
django.setup()
from django.conf import settings
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
settings.KEK_FILE = Path(sys.argv[2])
from console.vault import keyring
from console.vault.models import Purpose
print([keyring.newest(purpose).material.hex() for purpose in Purpose])
"""


@pytest.fixture
def another_kek(tmp_path: Path) -> Path:
    path = tmp_path / "kek"
    assert kek.make(path)
    return path


def _use(file: Path, settings: Settings) -> None:
    settings.KEK_FILE = file
    vault.forget()


@pytest.mark.django_db(transaction=True)
class TestMaking:
    def test_each_purpose_gets_a_key_of_its_own(self) -> None:
        keys = {keyring.newest(purpose).material for purpose in Purpose}

        assert len(keys) == len(Purpose)
        assert Keyring.objects.count() == len(Purpose)

    def test_a_second_use_makes_none(self) -> None:
        first = keyring.newest(Purpose.DATA)
        vault.forget()

        assert keyring.newest(Purpose.DATA) == first
        assert Keyring.objects.count() == 1

    def test_a_key_outlives_the_transaction_that_first_needed_it(self) -> None:
        secret = xai.Secret.parse(TEXT)

        with transaction.atomic():
            blob = sealing.seal(secret, bound=BOUND)
            transaction.set_rollback(True)
        vault.forget()

        assert sealing.unseal(blob, bound=BOUND).reveal() == TEXT

    def test_processes_at_once_agree(self, kek_file: Path) -> None:
        name = connection.settings_dict["NAME"]
        command = [sys.executable, "-c", MAKE_ALL, name, str(kek_file)]
        running = [
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            for _ in range(3)
        ]

        said = {process.communicate(timeout=60)[0] for process in running}

        assert [process.returncode for process in running] == [0, 0, 0]
        assert len(said) == 1
        assert Keyring.objects.count() == len(Purpose)

    def test_keys_are_stored_wrapped(self) -> None:
        key = keyring.newest(Purpose.AUDIT)

        row = Keyring.objects.get(purpose=Purpose.AUDIT)
        assert key.material not in bytes(row.wrapped)
        assert repr(key.material) not in repr(key)


@pytest.mark.django_db(transaction=True)
class TestSealed:
    def test_an_empty_ring_fits_any_kek(self) -> None:
        assert vault.state().is_open

    def test_one_statement_tells_whether_the_kek_fits(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1):  # no process can fill the ring in between
            assert vault.state().is_open

    def test_the_right_kek_opens(self) -> None:
        keyring.newest(Purpose.DATA)
        vault.forget()

        assert vault.state().seal is Seal.OPEN

    def test_a_missing_kek_seals_and_says_what_to_do(
        self, tmp_path: Path, settings: Settings
    ) -> None:
        blob = sealing.seal(xai.Secret.parse(TEXT), bound=BOUND)
        _use(tmp_path / "gone", settings)

        assert vault.state().seal is Seal.MISSING
        assert "GATEHOUSE_KEK_FILE" in vault.state().sentence
        with pytest.raises(vault.Sealed):
            sealing.unseal(blob, bound=BOUND)

    def test_a_wrong_kek_seals_and_writes_nothing(
        self, another_kek: Path, settings: Settings
    ) -> None:
        blob = sealing.seal(xai.Secret.parse(TEXT), bound=BOUND)
        _use(another_kek, settings)

        assert vault.state().seal is Seal.WRONG
        with pytest.raises(vault.Sealed):
            sealing.unseal(blob, bound=BOUND)
        with pytest.raises(vault.Sealed):
            sealing.seal(xai.Secret.parse(TEXT), bound=BOUND)
        with pytest.raises(vault.Sealed):
            sealing.fingerprint(xai.Secret.parse(TEXT))
        assert Keyring.objects.count() == 1

    def test_the_right_kek_back_opens_again(
        self, another_kek: Path, kek_file: Path, settings: Settings
    ) -> None:
        blob = sealing.seal(xai.Secret.parse(TEXT), bound=BOUND)
        _use(another_kek, settings)
        assert not vault.state().is_open

        _use(kek_file, settings)

        assert sealing.unseal(blob, bound=BOUND).reveal() == TEXT

    def test_a_kek_renamed_in_the_ring_does_not_pass(self) -> None:
        keyring.newest(Purpose.DATA)
        vault.forget()
        Keyring.objects.update(kek_id="0" * 16)

        assert vault.state().seal is Seal.WRONG

    def test_an_altered_ring_does_not_open(self) -> None:
        keyring.newest(Purpose.DATA)
        row = Keyring.objects.get()
        Keyring.objects.update(wrapped=bytes(row.wrapped)[:-1] + b"\0\0")
        vault.forget()

        with pytest.raises(vault.Sealed):
            keyring.newest(Purpose.DATA)

    def test_keys_of_two_purposes_cannot_be_swapped(self) -> None:
        keyring.newest(Purpose.DATA)
        Keyring.objects.update(purpose=Purpose.AUDIT)
        vault.forget()

        assert vault.state().seal is Seal.WRONG

    def test_a_kek_lost_while_running_is_noticed(
        self, another_kek: Path, settings: Settings
    ) -> None:
        _use(another_kek, settings)
        keyring.newest(Purpose.DATA)
        another_kek.unlink()
        keyring._memory.looked_at -= keyring.LOOK_AGAIN + 1

        with pytest.raises(vault.Sealed):
            keyring.newest(Purpose.DATA)

    def test_asking_again_costs_no_query(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        vault.state()

        with django_assert_num_queries(0):
            assert vault.state().is_open


@pytest.mark.django_db(transaction=True)
class TestEnsureKek:
    @pytest.fixture(autouse=True)
    def own_file(self, tmp_path: Path, settings: Settings) -> None:
        settings.KEK_FILE_GIVEN = False
        settings.EXTERNAL_DATABASE = None
        _use(tmp_path / "kek", settings)

    def test_makes_the_file_once(self, settings: Settings) -> None:
        assert not vault.state().is_open

        assert vault.ensure_kek()
        assert not vault.ensure_kek()

        assert vault.state().is_open

    def test_never_where_the_operator_named_one(self, settings: Settings) -> None:
        settings.KEK_FILE_GIVEN = True

        assert not vault.ensure_kek()
        assert not settings.KEK_FILE.exists()

    def test_never_beside_a_database_of_the_operator(self, settings: Settings) -> None:
        settings.EXTERNAL_DATABASE = {"NAME": "gatehouse"}

        assert not vault.ensure_kek()
        assert not settings.KEK_FILE.exists()

    def test_always_to_try_out(self, settings: Settings) -> None:
        settings.EXTERNAL_DATABASE = {"NAME": "gatehouse"}
        settings.TRYOUT = True

        assert vault.ensure_kek()

    def test_never_for_a_ring_that_another_wraps(
        self, kek_file: Path, settings: Settings
    ) -> None:
        own_file = settings.KEK_FILE
        _use(kek_file, settings)
        keyring.newest(Purpose.DATA)
        _use(own_file, settings)

        assert not vault.ensure_kek()
        assert vault.state().seal is Seal.MISSING
