from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.keys import upstream
from console.keys.importing import preview, tables
from console.keys.models import ApiKey, ImportJob, ImportRow, RowState
from tests.keys.importing.tables_of import A, B, C, draft, table_of
from tests.people import SECRET

pytestmark = pytest.mark.django_db
SHAPE = "not an xAI API key"

# One table, each row beside what must be said of it; "" means nothing is wrong. The
# stored key of the fixture has the secret SECRET and lies in the team Search.
ROWS = [
    (f"{A},Search,fine,,", ""),
    (f"{B},search,other capitals,,", ""),
    (f'{C},Search,lines in a note,,"one\ntwo"', ""),
    (",Search,label,,", "Empty: secret."),
    (f"{A}x,,label,,", "Empty: team."),
    (f"{A}y,Search,,,", "Empty: label."),
    (",,,owner,", "Empty: secret, team, label."),
    (f"{A}z,Search", "Empty: label."),
    ("nonsense,Search,label,,", SHAPE),
    ("xai-short,Search,label,,", SHAPE),
    ("sk-0123456789012345678901234,Search,label,,", SHAPE),
    (f"xai-{'a' * 201},Search,label,,", SHAPE),
    (f"{A[:30]} {A[30:]},Search,label,,", SHAPE),
    (f'"{A[:30]}\n{A[30:]}",Search,label,,', SHAPE),
    (f"{A}é,Search,label,,", SHAPE),
    (f"“{A}”,Search,label,,", SHAPE),
    ("xai-...9QfZ,Search,label,,", SHAPE),
    (f"{A},Search,again,,", "The same key as in row 2."),
    (f" {A} ,Elsewhere,again,,", "The same key as in row 2."),
    (f"{SECRET},Search,stored,,", "already stored in this team as “search-prod”"),
    (f"{SECRET},Elsewhere,stored,,", "already stored under another team, Search"),
    (f"{A}1,{'t' * 101},label,,", "The team is longer than 100 characters."),
    (f"{A}2,Search,{'l' * 101},,", "The label is longer than 100 characters."),
    (f"{A}3,Search,label,{'o' * 101},", "The owner is longer than 100 characters."),
    (f"{A}4,Search,label,,{'n ' * 501}x", "The note is longer than 1,000 characters."),
    (f"{A}5,Sea\u202erch,label,,", "The team has characters that cannot be shown."),
    (f"{A}6,Search,a\u0007b,,", "The label has characters that cannot be shown."),
    (f"{A}7,Search,label,a\u200bb,", "The owner has characters that cannot be shown."),
    (f"{A}8,Search,label,,a\x00b", "The note has characters that cannot be shown."),
    (f'{A}9,Search,"two\nlines",,', "The label has characters that cannot be shown."),
    (f"{A}a,{B},label,,", "The team holds something that looks like a key"),
    (f"{A}b,Search,mine {B},,", "The label holds something that looks like a key"),
    (f"{A}c,Search,label,{B},", "The owner holds something that looks like a key"),
    (f"{A}d,Search,label,,{B}", "The note holds something that looks like a key"),
    (f"{A}e,Search,label,,a note, with a comma", "more cells than the heading"),
    (f"Search,{A}f,label,,", SHAPE),
    (f"{A}g,New team,label,,", ""),
]
TABLE = "secret,team,label,owner,note\n" + "".join(f"{row}\n" for row, _ in ROWS)
BAD = [words for _, words in ROWS if words]


def test_the_table_of_problems_is_long_enough() -> None:
    assert len(BAD) >= 25


@pytest.fixture
def rows(api_key: ApiKey) -> list[ImportRow]:
    """The preview of the table above."""
    return list(draft(TABLE).rows.order_by("number"))


@pytest.mark.parametrize("at", range(len(ROWS)), ids=[words for _, words in ROWS])
def test_each_row_says_what_is_wrong_with_it(rows: list[ImportRow], at: int) -> None:
    row, words = rows[at], ROWS[at][1]

    assert row.number == at + 2
    assert row.state == (RowState.BAD if words else RowState.WAITING)
    assert words in row.sentence
    assert (row.sealed_secret is None) is bool(words)


def test_several_problems_of_one_row_are_all_said(rows: list[ImportRow]) -> None:
    (row,) = draft(f"secret,team,label,owner\n{A[:9]},,a\u0007b,{B}\n").rows.all()

    for words in ("Empty: team.", "cannot be shown", "looks like a key", SHAPE):
        assert words in row.sentence


def test_nothing_of_a_secret_is_kept_but_a_seal_and_four_characters(
    rows: list[ImportRow],
) -> None:
    for row in rows:
        shown = repr(
            (row.team, row.label, row.owner, row.note, row.sentence, row.last_four)
        )
        for secret in (A, B, C, SECRET):
            assert secret[4:30] not in shown
            assert secret.encode() not in bytes(row.sealed_secret or b"")
    assert rows[0].last_four == A[-4:]


def test_a_seal_opens_for_its_own_row_alone(team: Team) -> None:
    one, two = draft(f"secret,team,label\n{A},Search,a\n{B},Search,b\n").rows.all()
    assert preview.unsealed(one).reveal() == A

    one.sealed_secret = two.sealed_secret

    with pytest.raises(vault.Tampered):
        preview.unsealed(one)


def test_says_which_team_will_be_made(rows: list[ImportRow], team: Team) -> None:
    assert rows[-1].sentence == "The team New team will be made."
    assert rows[1].sentence == ""
    assert not Team.objects.filter(name="New team").exists()


def test_a_team_of_the_same_capitals_comes_first(team: Team) -> None:
    small = Team.objects.create(name="search")

    assert preview.team_named("search") == small
    assert preview.team_named("Search") == team
    assert preview.team_named("SEARCH") in (small, team)
    assert preview.team_named("Sear") is None


def test_a_removed_key_may_be_imported_again(api_key: ApiKey) -> None:
    ApiKey.objects.update(removed_at="2026-01-01T00:00Z", sealed_secret=None)

    (row,) = draft(f"secret,team,label\n{SECRET},Search,back\n").rows.all()

    assert row.state == RowState.WAITING


def test_a_preview_leaves_no_trace_in_the_audit_log(team: Team, ada: User) -> None:
    draft(maker=ada)

    assert not Entry.objects.filter(action__startswith="key").exists()


@pytest.mark.parametrize("number", [1, 300])
def test_asks_the_same_number_of_queries_for_any_number_of_rows(
    team: Team, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    draft()  # warms the key ring
    rows = tables.read(table_of(number))

    with django_assert_num_queries(2):
        preview.judge(rows)


def test_a_sealed_vault_keeps_nothing(
    team: Team, settings: Settings, tmp_path: Path
) -> None:
    settings.KEK_FILE = tmp_path / "none"
    vault.forget()

    with pytest.raises(vault.Sealed):
        draft()

    assert not ImportJob.objects.exists()


def test_an_upstream_that_is_not_in_the_settings_is_a_mistake_of_ours(
    team: Team, settings: Settings
) -> None:
    settings.XAI_HOSTS = {"eu": "https://eu.x.ai"}

    with pytest.raises(upstream.UnknownHost):
        draft()
