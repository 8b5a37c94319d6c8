"""One entry as a row: what changed, what else is known, who it was."""

from __future__ import annotations

from typing import Any

import pytest

from console.audit.models import ActorKind, Entry
from console.pages.audit_rows import Change, Difference, Row, row_of
from tests.people import NOON


def row(
    detail: Any = None,
    *,
    roles: dict[str, str] | None = None,
    links: dict[str, str] | None = None,
    **facts: Any,
) -> Row:
    """Return the row of an entry that was never stored."""
    entry = Entry(
        **{
            "seq": 7,
            "at": NOON,
            "actor_kind": ActorKind.PERSON,
            "actor_id": "17",
            "actor_name": "ada",
            "action": "key.edited",
            "object_kind": "key",
            "object_id": "k-1",
            "object_name": "search-prod",
            "detail": {} if detail is None else detail,
            "mac": bytes(range(32)),
            **facts,
        }
    )
    return row_of(entry, links=links or {}, roles=roles or {})


def test_values_before_and_after() -> None:
    shown = row(
        {
            "before": {"owner": "", "watched": True, "note": "same", "n": 1000},
            "after": {"owner": "Mara", "watched": False, "note": "same", "n": None},
            "why": "asked for",
        }
    )

    assert shown.changes == (
        Change("owner", "nothing", "Mara"),
        Change("watched", "yes", "no"),
        Change("n", "1,000", "nothing"),
    )
    assert shown.facts == (("why", "asked for"),)


def test_lists_become_what_was_taken_and_put() -> None:
    shown = row({"before": {"tags": ["a", "b"]}, "after": {"tags": ["b", "c", "d"]}})

    assert shown.changes == ()
    assert shown.differences == (Difference("tags", ("a",), ("c", "d")),)


def test_a_field_that_came_or_went() -> None:
    shown = row({"before": {"team": "Search"}, "after": {"owner": "Mara"}})

    assert shown.changes == (
        Change("team", "Search", "nothing"),
        Change("owner", "nothing", "Mara"),
    )


@pytest.mark.parametrize(
    "detail",
    [
        {"before": None, "after": {"daily": True, "note": ""}},
        {"before": {"daily": True, "note": ""}},
    ],
    ids=["came", "went"],
)
def test_of_a_thing_that_came_or_went_it_tells_how_it_is_or_was(
    detail: dict[str, Any],
) -> None:
    shown = row(detail)

    assert (shown.changes, shown.facts) == ((), (("daily", "yes"),))


def test_fields_are_in_words_and_ticks_in_dollars() -> None:
    changed = row(
        {
            "before": {"limit_ticks": 200_000_000, "hard": True, "contact": "ada"},
            "after": {"limit_ticks": 50_000_000, "hard": False, "contact": "bea"},
        }
    )
    raised = row({"ticks": 30_000_000_000, "ceiling_ticks": None, "reason": "launch"})

    assert changed.changes == (
        Change("limit", "$0.02", "$0.005"),
        Change("at the limit", "refuses", "only warns"),
        Change("whom to ask", "ada", "bea"),
    )
    assert raised.facts == (("amount", "$3.00"), ("reason", "launch"))


def test_what_makes_an_incident_the_same_one_is_not_told() -> None:
    shown = row({"kind": "budget", "subject": "5:100"}, action="incident.opened")

    assert shown.facts == (("kind", "budget"),)


def test_other_details_are_facts_and_empty_ones_are_left_out() -> None:
    shown = row({"last_four": "x9Qf", "reason": "", "teams": ["A", "B"], "rows": 0})

    assert shown.facts == (("last four", "x9Qf"), ("teams", "A, B"), ("rows", "0"))


@pytest.mark.parametrize("detail", [[], "text", 7, {"before": 1, "after": [2]}])
def test_details_of_another_shape_break_nothing(detail: Any) -> None:
    assert row(detail).changes == ()


@pytest.mark.parametrize(
    ("facts", "meta"),
    [
        pytest.param({"address": "192.0.2.7"}, "Admin, from 192.0.2.7", id="a person"),
        pytest.param({"actor_id": "99"}, "No account", id="somebody who is gone"),
        pytest.param(
            {"actor_id": "", "address": "::1"}, "Stranger, from ::1", id="a stranger"
        ),
        pytest.param(
            {"actor_kind": ActorKind.COMMAND}, "A command on the host", id="a command"
        ),
        pytest.param(
            {"actor_kind": ActorKind.SYSTEM}, "Gatehouse itself", id="the system"
        ),
    ],
)
def test_says_who_it_was(facts: dict[str, Any], meta: str) -> None:
    assert row(roles={"17": "Admin"}, **facts).meta == meta


@pytest.mark.parametrize(
    ("outcome", "tone"), [("done", ""), ("refused", "warn"), ("broken", "bad")]
)
def test_what_did_not_work_stands_out(outcome: str, tone: str) -> None:
    assert row(outcome=outcome).tone == tone


def test_leads_to_the_thing_while_it_exists() -> None:
    assert row(links={"k-1": "/keys/k-1/"}).url == "/keys/k-1/"
    assert row(links={"k-2": "/keys/k-2/"}).url == ""


def test_shows_the_first_digits_of_its_mark() -> None:
    assert (row().mark, len(row().mac)) == ("000102", 64)
