from __future__ import annotations

import pytest

from console.keys.importing.tables import (
    MOST_ROWS,
    BadTable,
    decode,
    read,
)
from tests.keys.importing.tables_of import A, B, table_of


@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semi", "tab"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["unix", "win", "mac"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "bom"])
def test_reads_what_spreadsheets_write(
    separator: str, line_end: str, mark: str
) -> None:
    lines = ["secret,team,label,owner,note", f"{A},Search,one,Mara,n", f"{B},X,two,,"]
    text = mark + line_end.join(lines).replace(",", separator) + line_end

    one, two = read(text)

    assert (one.number, one.secret, one.team, one.label) == (2, A, "Search", "one")
    assert (one.owner, one.note, one.surplus) == ("Mara", "n", False)
    assert (two.number, two.secret, two.owner, two.note) == (3, B, "", "")


def test_the_columns_may_stand_in_any_order_among_others() -> None:
    (row,) = read(f"Label , colour,SECRET,Team\n one , red ,{A}, Search\n")

    assert (row.secret, row.team, row.label, row.note) == (A, "Search", "one", "")


def test_rows_keep_their_numbers_when_empty_ones_are_left_out() -> None:
    rows = read(f"\n\nsecret,team,label\n\n{A},S,one\n,,\n  ,\n{B},S,two\n\n")

    assert [row.number for row in rows] == [5, 8]


def test_quotes_hold_separators_and_lines_together() -> None:
    one, two = read(f'secret,team,label,note\n{A},S,one,"a, b\nc"\n{B},S,two,\n')

    assert one.note == "a, b\nc"
    assert two.number == 3


def test_a_row_with_more_cells_than_the_heading_is_marked() -> None:
    odd, fine = read(f"secret,team,label\n{A},S,one,left over\n{B},S,two,,\n")

    assert (odd.surplus, fine.surplus) == (True, False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "missing: secret, team, label"),
        ("\n \n", "missing: secret, team, label"),
        ("a,b,c\n1,2,3\n", "missing: secret, team, label"),
        ("team,label\nSearch,x\n", "missing: secret"),
        (f"{A},Search,one\n", "missing: secret, team, label"),
        ("secret,team,label,secret\n", "twice: secret"),
        ("secret,team,label,owner,note", "no row below"),
        ("secret,team,label\n,,\n", "no row below"),
        (f'secret,team,label\n{A},"S,one\n{B},S,two\n', "see its quotes"),
        (f'secret,team,label\n{A},"S"earch,one\n', "Line 2 cannot be read"),
        (f"secret,team,label\n{A},S,{'x' * 140_000}\n", "Line 2 cannot be read"),
        (table_of(MOST_ROWS + 1), "more than 1,000 rows"),
    ],
    ids=[
        "nothing", "blank", "other columns", "no secret", "no heading", "twice",
        "heading alone", "empty rows", "open quote", "half quote", "huge", "many",
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_without_repeating_it(
    text: str, words: str
) -> None:
    with pytest.raises(BadTable, match=words) as refusal:
        read(text)

    assert A not in str(refusal.value)


def test_a_thousand_rows_are_read() -> None:
    assert len(read(table_of(MOST_ROWS))) == MOST_ROWS


def test_a_row_is_never_printed() -> None:
    (row,) = read(f"secret,team,label\n{A},S,one\n")

    assert A not in repr(row)
    assert A not in str(row)


def test_a_file_is_text_in_utf_8() -> None:
    assert decode("\ufeffsécret".encode()) == "sécret"
    with pytest.raises(BadTable, match="UTF-8"):
        decode(b"\xff\xfe\x00\x01")
