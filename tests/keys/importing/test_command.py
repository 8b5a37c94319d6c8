from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from console import vault
from console.accounts.models import Team
from console.audit.models import Entry
from console.keys.models import ApiKey, ImportRow
from tests.keys.answers import WRONG_KEY, Upstream
from tests.keys.importing.tables_of import TABLE, A, B

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A table of two keys, as Excel writes it."""
    file = tmp_path / "keys.csv"
    file.write_text(f"\ufeff{TABLE}", encoding="utf-8")
    return file


def test_asks_xai_and_prints_each_row_without_secrets(
    team: Team, upstream: Upstream, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("import_keys", str(file))

    printed = capsys.readouterr().out
    assert "row 2, search-a:\n    Stored in Search." in printed
    assert "2 stored, 0 refused." in printed
    assert A not in printed
    assert B not in printed
    assert upstream.count("/v1/api-key") == 2
    assert ApiKey.objects.exclude(verified_at=None).count() == 2
    entry = Entry.objects.get(action="keys.imported")
    assert entry.actor_name == "manage.py import_keys"
    assert not ImportRow.objects.exclude(sealed_secret=None).exists()


def test_unverified_asks_nobody(
    team: Team, upstream: Upstream, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("import_keys", str(file), "--unverified")

    assert "not checked yet" in capsys.readouterr().out
    assert upstream.asked == []
    assert ApiKey.objects.filter(verified_at=None).count() == 2


def test_reads_standard_input_and_fails_for_a_row_that_was_not_stored(
    team: Team,
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    upstream.answers[B] = WRONG_KEY
    text = TABLE + f"nonsense,Search,x,,\n{A},Search,mine {B},,\n"
    stdin = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", stdin)

    with pytest.raises(SystemExit) as end:
        call_command("import_keys", "-")

    printed = capsys.readouterr().out
    assert end.value.code == 1
    assert "1 stored, 3 refused." in printed
    assert "refused it" in printed
    assert "not an xAI API key" in printed
    assert "row 5, mine [redacted]:" in printed
    assert B not in printed


@pytest.mark.parametrize("name", ["no-such-file.csv", "."])
def test_says_what_it_cannot_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_keys", str(tmp_path / name))


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"\xff\xfe\x00\x01", "UTF-8"), (b"a,b\n1,2\n", "missing: secret")],
    ids=["bytes", "columns"],
)
def test_refuses_what_is_no_table(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "keys.csv"
    file.write_bytes(data)

    with pytest.raises(CommandError, match=words):
        call_command("import_keys", str(file))


def test_a_sealed_vault_is_said_at_once(file: Path, settings: Settings) -> None:
    settings.KEK_FILE = settings.BASE_DIR / "no-such-kek"
    vault.forget()

    with pytest.raises(CommandError, match="sealed"):
        call_command("import_keys", str(file))
