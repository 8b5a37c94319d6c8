from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from console.accounts.models import Team
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from console.keys.importing import BadTable, RowResult, import_rows, read_rows
from console.keys.models import ApiKey
from tests.people import SECRET

pytestmark = pytest.mark.django_db
A, B = "xai-" + "a1" * 20, "xai-" + "b2" * 20
TABLE = f"""secret,team,label,owner,note
{A},Search,search-a,Mara,"first, of two"
{B},New team,new-b,,
"""


def run(table: str) -> list[RowResult]:
    return list(import_rows(read_rows(io.StringIO(table)), actor=SYSTEM))


def test_each_row_becomes_a_key_and_missing_teams_are_made(team: Team) -> None:
    results = run(TABLE)

    assert [result.number for result in results] == [2, 3]
    a, b = ApiKey.objects.order_by("label").reverse()
    assert (a.team, a.owner, a.note) == (team, "Mara", "first, of two")
    assert b.team.name == "New team"
    assert (a.verified_at, b.verified_at) == (None, None)
    assert Entry.objects.get(action="keys.imported").detail == {
        "stored": 2,
        "refused": 0,
    }
    assert Entry.objects.filter(action="team.added").count() == 1


def test_a_second_import_of_the_same_table_stores_nothing(team: Team) -> None:
    run(TABLE)

    results = run(TABLE)

    assert [result.api_key for result in results] == [None, None]
    assert "already stored" in results[0].sentence
    assert ApiKey.objects.count() == 2


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",Search,label,,", "Empty: secret"),
        (f"{A},,,,", "Empty: team, label"),
        ("nonsense,Search,label,,", "not an xAI API key"),
        (f"{A},Search,{'l' * 101},,", "longer than 100"),
        (f"{A},Search,a\u0007b,,", "cannot be shown"),
        (f"{A},Search,label,{B},", "looks like a key"),
        (f"{SECRET},Search,label,,", "already stored"),
        (f"{A},Search", "Empty: label"),
    ],
)
def test_a_bad_row_is_refused_alone(api_key: ApiKey, row: str, words: str) -> None:
    bad, good = run(f"secret,team,label,owner,note\n{row}\n{B},Search,good,,\n")

    assert bad.api_key is None
    assert words in bad.sentence
    assert good.api_key is not None
    assert A not in repr(bad)
    assert B not in repr(bad)


def test_a_secret_in_the_wrong_column_is_not_repeated(team: Team) -> None:
    (result,) = run(f"secret,team,label\nSearch,label,{A}\n")

    assert result.api_key is None
    assert A not in result.label
    assert A not in result.sentence


def test_a_refused_row_makes_no_team(team: Team, api_key: ApiKey) -> None:
    run(f"secret,team,label\n{SECRET},Brand new,label\n")

    assert not Team.objects.filter(name="Brand new").exists()


@pytest.mark.parametrize(
    "table", ["", "a,b,c\n1,2,3\n", "team,label\nSearch,x\n"], ids=range(3)
)
def test_a_table_without_the_columns_is_refused(table: str) -> None:
    with pytest.raises(BadTable, match="missing: "):
        run(table)


def test_the_command_prints_each_row_without_secrets(
    team: Team, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "keys.csv"
    file.write_text(f"\ufeff{TABLE}", encoding="utf-8")

    call_command("import_keys", str(file))

    printed = capsys.readouterr().out
    assert "row 2, search-a:" in printed
    assert "2 stored, 0 refused." in printed
    assert A not in printed
    assert B not in printed


def test_the_command_reads_standard_input_and_fails_for_a_bad_row(
    team: Team,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(TABLE + "nonsense,Search,x,,\n"))

    with pytest.raises(SystemExit) as end:
        call_command("import_keys", "-")

    assert end.value.code == 1
    assert "2 stored, 1 refused." in capsys.readouterr().out


@pytest.mark.parametrize("name", ["no-such-file.csv", "."])
def test_the_command_says_what_it_cannot_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_keys", str(tmp_path / name))


def test_the_command_refuses_what_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / "keys.csv"
    file.write_bytes(b"\xff\xfe\x00\x01")

    with pytest.raises(CommandError, match="UTF-8"):
        call_command("import_keys", str(file))
