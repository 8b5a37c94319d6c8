"""What a model is and was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from console.accounts.models import Team, User
from console.catalog.models import LanguageModel
from console.catalog.observations import record_language_models
from console.finance.one_model.facts import (
    LONGEST_RAW,
    Facts,
    deprecations,
    facts,
    raw_text,
)
from tests.finance.told import changed, days_ago
from tests.finance.told import facts as stored_facts
from tests.keys.answers import listed, model_json
from tests.keys.stored import stored_model
from tests.people import NOON


def of(model: LanguageModel, team: Team, user: User) -> Facts:
    return facts(model=model, user=user, team=team.pk)


def look(team: Team, hours: int, **more: Any) -> None:
    """Store what a team is told of one model, so many hours after noon."""
    record_language_models(
        host="xai",
        team=team,
        models=None,
        seen_at=NOON + timedelta(hours=hours),
        listed=listed({**model_json(), **more}),
    )


def test_fingerprints_have_the_time_they_were_seen(ada: User, team: Team) -> None:
    model = stored_model()
    stored_facts(model, team, 90, 60, fingerprint="fp_1")
    stored_facts(model, team, 59, 30, fingerprint="fp_1", version="1.1")
    stored_facts(model, team, 29, 0, fingerprint="fp_2", version="1.1")

    found = of(model, team, ada)

    assert [
        (one.value, one.first_seen_at, one.last_seen_at, one.now)
        for one in found.fingerprints
    ] == [
        ("fp_2", days_ago(29), days_ago(0), True),
        ("fp_1", days_ago(90), days_ago(30), False),
    ]
    assert [one.value for one in found.versions] == ["1.1", "1.0"]


def test_an_alias_that_came_back_has_two_times(ada: User, team: Team) -> None:
    model = stored_model()
    stored_facts(model, team, 90, 61, aliases=["a", "b"])
    stored_facts(model, team, 60, 31, aliases=["b"])
    stored_facts(model, team, 30, 0, aliases=["b", "a"])

    found = of(model, team, ada)

    assert {
        (one.value, one.first_seen_at, one.last_seen_at, one.now)
        for one in found.alias_times
    } == {
        ("a", days_ago(30), days_ago(0), True),
        ("a", days_ago(90), days_ago(61), False),
        ("b", days_ago(90), days_ago(0), True),
    }


def test_without_versions_the_newest_facts_stand_alone(ada: User, team: Team) -> None:
    found = of(stored_model(), team, ada)

    assert found.fingerprint == "fp_156d35dcaa"
    assert (found.fingerprints, found.alias_times) == ((), ())
    assert (found.takes, found.gives) == ("text, image", "text")


def test_other_teams_that_are_told_otherwise_are_counted(
    ada: User, mia: User, team: Team, other_team: Team
) -> None:
    model, third = stored_model(), Team.objects.create(name="Third")
    stored_facts(model, team, 9, 0)
    for other in (other_team, third):
        stored_facts(model, other, 9, 0, fingerprint="fp_x", aliases=[])

    (telling,) = of(model, team, ada).others

    assert telling.teams == 2
    assert telling.differs == (("fingerprint", "fp_x"), ("aliases", "none"))
    assert of(model, other_team, mia).others == ()


def test_moves_of_an_alias_to_and_from_the_model_are_told(
    ada: User, mia: User, team: Team
) -> None:
    old, new = stored_model("old"), stored_model("new")
    changed(new, team, kind="alias", field="latest", before="old", after="new")
    changed(stored_model("c"), team, kind="alias", field="x", before="c", after=None)

    assert [one.field for one in of(old, team, ada).moves] == ["latest"]
    assert [one.field for one in of(new, team, ada).moves] == ["latest"]
    assert of(new, team, mia).moves == ()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, []),
        ({"id": "a", "created": 1}, []),
        ({"deprecated": False}, [("deprecated", "false", False)]),
        (
            {"deprecation_date": "2027-01-31"},
            [("deprecation_date", "2027-01-31", True)],
        ),
        ({"shutdown": {"at": 3}}, [("shutdown", '{"at": 3}', True)]),
        ({"lifecycle": {"sunset": None}}, [("lifecycle.sunset", "null", False)]),
        (
            {"Deprecation": "no more " * 90},
            [("Deprecation", ("no more " * 90)[:300], True)],
        ),
    ],
)
def test_what_speaks_of_an_end_is_told_verbatim_and_cut(
    raw: dict[str, Any], expected: list[tuple[str, str, bool]]
) -> None:
    found = [(one.name, one.text, one.says_so) for one in deprecations(raw)]

    assert found == expected


def test_a_whole_answer_is_shown_to_those_whose_team_was_told_it(
    fin: User, sam: User, mia: User, team: Team, other_team: Team
) -> None:
    """The newest of any team is kept; another team may have other terms in it."""
    terms = {"capabilities": {"secretcap": True}, "deprecation": {"note": "secret"}}
    for who, more in ((team, {}), (other_team, terms)):
        look(who, hours=who == other_team, **more)
    model = LanguageModel.objects.get()

    found = {
        user.username: facts(model=model, user=user, team=who.pk)
        for user, who in ((fin, team), (sam, team), (mia, other_team))
    }

    assert found["sam"].raw_is_own is False
    assert (found["sam"].raw, found["sam"].capabilities) == ("", {})
    assert found["sam"].deprecations == ()
    for name in ("fin", "mia"):
        assert found[name].raw_is_own
        assert "secretcap" in found[name].raw
        assert found[name].capabilities == {"secretcap": True}
        assert found[name].deprecations


def test_the_same_answer_to_two_teams_is_each_one_s_own(
    sam: User, team: Team, other_team: Team
) -> None:
    for who in (team, other_team, team):
        look(who, hours=who == other_team, note="for all")

    found = facts(model=LanguageModel.objects.get(), user=sam, team=team.pk)

    assert '"note": "for all"' in found.raw


def test_a_long_answer_is_cut_and_a_key_in_it_is_not_repeated() -> None:
    secret = "xai-" + "a1B2" * 20

    text = raw_text({"note": secret, "long": "so long " * LONGEST_RAW})

    assert secret not in text
    assert text.endswith("… cut")
