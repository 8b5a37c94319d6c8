"""The file of changes: a line per price that moved, and sums that are true."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from console.accounts.models import Team, User
from console.catalog.models import PRICE_FIELDS
from console.finance.changes.feed import EFFECT_FIELDS
from tests.finance.told import changed, effect
from tests.keys.stored import stored_model
from tests.people import ClientOf

URL = "/models/changes/"
pytestmark = pytest.mark.django_db


def lines(client_of: ClientOf, by: User) -> list[dict[str, Any]]:
    answer = client_of(by).get(URL, {"format": "csv"})
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def moved(*fields: str) -> dict[str, Any]:
    return {"before": dict.fromkeys(fields, 1), "after": dict.fromkeys(fields, 2)}


def test_the_effect_stands_once_per_change_so_that_the_column_adds_up(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    many = changed(stored_model(), team, **moved(*PRICE_FIELDS[:7]))
    effect(many, team, 70_000_000_000, calls=4, unknown_calls=1)
    effect(changed(stored_model("grok-3"), team, ago=4), team, 5_000_000_000, calls=2)

    found = lines(client_of, fin)

    assert [one["change_line"] for one in found] == [*"1234567", "1"]
    assert [one["effect_of_change_usd"] for one in found] == ["7", *[""] * 6, "0.5"]
    told = [one for one in found if one["effect_of_change_ticks"]]
    assert sum(int(one["effect_of_change_calls"]) for one in told) == 6
    for one in found[1:7]:
        assert {one[name] for name in EFFECT_FIELDS} == {""}
        assert one["change_id"] == str(many.pk)
    assert [one["field"] for one in found[:7]] == list(PRICE_FIELDS[:7])


def test_a_change_without_an_effect_has_none_on_its_first_line_either(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    changed(stored_model(), team, kind="alias", field="g", before="a", after="b")

    (line,) = lines(client_of, fin)

    assert {line[name] for name in EFFECT_FIELDS} == {""}
    assert (line["change_line"], line["before"], line["after"]) == ("1", "a", "b")


def test_the_file_tells_when_the_viewer_reviewed_and_what_they_noted(
    client_of: ClientOf, fin: User, ada: User, team: Team
) -> None:
    model, browser = stored_model(), client_of(fin)
    first = changed(model, team, ago=3)
    up_to = first.recorded_at.isoformat()
    browser.post(f"{URL}review/", {"up_to": up_to, "note": "all of May"})
    second = changed(model, team, ago=2)
    browser.post(f"{URL}{second.pk}/review/", {"note": "this one"})
    changed(model, team, ago=1)

    newest, alone, together = lines(client_of, fin)

    assert (newest["reviewed_by_you"], newest["reviewed_by_you_at"]) == ("false", "")
    assert (alone["reviewed_by_you"], alone["your_review_note"]) == ("true", "this one")
    assert together["your_review_note"] == "all of May"
    assert alone["reviewed_by_you_at"] > together["reviewed_by_you_at"] > "20"
    for line in lines(client_of, ada):
        assert (line["reviewed_by_you_at"], line["your_review_note"]) == ("", "")
