"""Saved estimates: one's own, and the links under which colleagues open them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.catalog.models import PriceVersion
from console.finance.estimate import scenarios
from console.finance.estimate.inputs import Inputs
from console.finance.models import Scenario
from tests.finance.estimate.test_page import rows
from tests.keys.importing.tables_of import actor_of
from tests.keys.stored import stored_model, stored_price
from tests.people import ClientOf

LIST = "/models/estimate/scenarios/"
JOB = Inputs(models=("grok-4.3", "grok-3"), prompt=2_400, output=180)
ACTS = ("", "delete/", "share/", "unshare/")


@pytest.fixture
def mine(sam: User) -> Scenario:
    """A scenario of sam's."""
    return scenarios.save(owner=sam, name="Query rewrite", inputs=JOB)


def url(scenario: Scenario, act: str = "") -> str:
    return f"{LIST}{scenario.pk}/{act}"


def shared(scenario: Scenario) -> str:
    link = scenarios.share(scenario.pk, actor=actor_of(scenario.owner)).share_token
    return f"/models/estimate/shared/{link}/"


def test_saves_what_goes_in_and_leads_back(
    client_of: ClientOf, sam: User, told: list[PriceVersion]
) -> None:
    browser = client_of(sam)

    answer = browser.post(LIST, {"name": " Query rewrite ", "inputs": JOB.query})

    saved = Scenario.objects.get()
    page = browser.get(answer.headers["Location"]).text
    assert answer.status_code == 303
    assert (saved.owner, saved.name, saved.share_token) == (sam, "Query rewrite", "")
    assert scenarios.inputs_of(saved) == JOB
    assert "Update “Query rewrite”" in page
    assert 'value="2,400"' in page


@pytest.mark.parametrize(
    ("name", "query", "sentence"),
    [
        ("", "prompt=5", "This field is required."),
        ("a\u202eb", "prompt=5", "cannot be shown"),
        ("x" * 101, "prompt=5", "at most 100"),
        ("fine", "prompt=x", "has a number that cannot be used"),
        ("fine", "", "There is no estimate to save."),
    ],
)
def test_what_cannot_be_saved_comes_back(
    client_of: ClientOf, sam: User, name: str, query: str, sentence: str
) -> None:
    answer = client_of(sam).post(LIST, {"name": name, "inputs": query})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert not Scenario.objects.exists()


def test_a_person_has_so_many_and_no_more(client_of: ClientOf, sam: User) -> None:
    Scenario.objects.bulk_create(
        Scenario(owner=sam, name=str(n), inputs={}) for n in range(scenarios.MOST)
    )

    answer = client_of(sam).post(LIST, {"name": "one more", "inputs": "prompt=5"})

    assert answer.status_code == 422
    assert "You have 100 scenarios. Delete one first." in answer.text


def test_lists_mine_alone(client_of: ClientOf, sam: User, mia: User) -> None:
    scenarios.save(owner=sam, name="of sam", inputs=JOB)
    scenarios.save(owner=mia, name="of mia", inputs=JOB)

    page = client_of(sam).get(LIST).text

    assert "of sam" in page
    assert "of mia" not in page
    assert "No scenario yet" not in page


def test_an_empty_list_says_how_to_begin(client_of: ClientOf, sam: User) -> None:
    assert "No scenario yet" in client_of(sam).get(LIST).text


def test_is_updated_with_another_job_or_another_name(
    client_of: ClientOf, sam: User, mine: Scenario
) -> None:
    browser, before = client_of(sam), mine.changed_at

    job = browser.post(url(mine), {"inputs": "prompt=7"})
    name = browser.post(url(mine), {"name": "Other"})

    mine.refresh_from_db()
    assert (job.status_code, name.status_code) == (303, 303)
    assert (mine.name, scenarios.inputs_of(mine)) == ("Other", Inputs(prompt=7))
    assert mine.changed_at > before


@pytest.mark.usefixtures("contexts")
@pytest.mark.parametrize("data", [{"inputs": "prompt=x"}, {"name": ""}, {}])
def test_a_bad_update_changes_nothing_and_says_so(
    client_of: ClientOf, sam: User, mine: Scenario, data: dict[str, str]
) -> None:
    browser = client_of(sam)

    answer = browser.post(url(mine), data)

    page = browser.get(answer.headers["Location"])
    before, after = mine.inputs, Scenario.objects.get()
    assert (after.name, after.inputs) == ("Query rewrite", before)
    assert [message.level_tag for message in page.context["messages"]] == ["error"]


def test_is_deleted_after_a_question(
    client_of: ClientOf, sam: User, mine: Scenario
) -> None:
    browser, link = client_of(sam), shared(mine)

    asked = browser.get(url(mine, "delete/"))
    assert "Delete “Query rewrite”?" in asked.text
    assert "Its link stops working" in asked.text
    assert browser.post(url(mine, "delete/")).status_code == 303

    assert not Scenario.objects.exists()
    assert browser.get(link).status_code == 404
    entry = Entry.objects.get(action="scenario.deleted")
    assert (entry.object_id, entry.object_name) == (str(mine.pk), "Query rewrite")


def test_is_deleted_once_however_often_it_is_asked(mine: Scenario, sam: User) -> None:
    for _ in range(2):
        scenarios.delete(mine, actor=actor_of(sam))

    assert Entry.objects.filter(action="scenario.deleted").count() == 1


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("who", ["mia", "ada", "fin", "olga"])
def test_those_of_others_do_not_exist(
    client_of: ClientOf,
    mine: Scenario,
    who: str,
    act: str,
    request: pytest.FixtureRequest,
) -> None:
    browser = client_of(request.getfixturevalue(who))

    answers = [browser.post(url(mine, act), {"name": "taken"}) for _ in range(1)]
    answers.append(browser.post(f"{LIST}{uuid4()}/{act}"))

    assert [answer.status_code for answer in answers] == [404, 404]
    assert Scenario.objects.get().name == "Query rewrite"


@pytest.mark.parametrize("act", ["", "share/", "unshare/"])
def test_acts_are_posts(
    client_of: ClientOf, client: Any, sam: User, mine: Scenario, act: str
) -> None:
    assert client_of(sam).get(url(mine, act)).status_code == 405
    assert client.post(url(mine, act)).status_code == 302


def test_a_link_opens_for_any_colleague_with_their_own_prices(
    client_of: ClientOf, mia: User, mine: Scenario, told: list[PriceVersion]
) -> None:
    page = client_of(mia).get(shared(mine)).text

    (row,) = rows(page)
    assert "grok-4.3" in row
    assert "Shared by Sam" in page
    assert "180 output x 99,000" in page
    assert "25,000" not in page
    assert "grok-3" not in page
    assert "1 model of this scenario is not told to your teams" in page


def test_a_link_names_no_team_that_the_viewer_is_not_in(
    client_of: ClientOf, ada: User, mia: User, team: Team, told: list[PriceVersion]
) -> None:
    job = Inputs(models=(f"grok-4.3@{team.pk}",), counted={"grok-3": 5, "grok-4.3": 6})
    link = shared(scenarios.save(owner=ada, name="ours", inputs=job))

    page = client_of(mia).get(link).text

    assert str(team.pk) not in page
    assert "grok-3" not in page
    assert "180 output" not in page
    assert "500 output x 99,000" in page


def test_a_link_without_any_model_for_the_viewer_computes_nothing(
    client_of: ClientOf, mia: User, sam: User, told: list[PriceVersion]
) -> None:
    link = shared(
        scenarios.save(owner=sam, name="ours", inputs=Inputs(models=("grok-3",)))
    )

    page = client_of(mia).get(link).text
    copied = client_of(mia).post(f"{link}copy/")

    assert rows(page) == []
    assert "Nothing to compute with" in page
    assert "grok" not in page
    assert copied.status_code == 303
    assert not Scenario.objects.filter(owner=mia).exists()


def test_a_copy_is_ones_own_and_has_nothing_that_is_not_told(
    client_of: ClientOf, mia: User, mine: Scenario, told: list[PriceVersion]
) -> None:
    answer = client_of(mia).post(f"{shared(mine)}copy/")

    copy = Scenario.objects.get(owner=mia)
    assert (answer.status_code, copy.name, copy.share_token) == (303, mine.name, "")
    assert scenarios.inputs_of(copy).models == ("grok-4.3",)
    assert Scenario.objects.get(owner=mine.owner).inputs == mine.inputs


def test_a_copy_beyond_the_limit_is_refused(
    client_of: ClientOf, mia: User, mine: Scenario, told: list[PriceVersion]
) -> None:
    Scenario.objects.bulk_create(
        Scenario(owner=mia, name=str(n), inputs={}) for n in range(scenarios.MOST)
    )

    browser = client_of(mia)
    answer = browser.post(f"{shared(mine)}copy/")

    assert "Delete one first." in browser.get(answer.headers["Location"]).text


def test_unsharing_kills_the_link_and_a_new_one_differs(
    client_of: ClientOf, sam: User, mia: User, mine: Scenario
) -> None:
    first, owner, colleague = shared(mine), client_of(sam), client_of(mia)

    owner.post(url(mine, "unshare/"))
    assert colleague.get(first).status_code == 404
    assert colleague.post(f"{first}copy/").status_code == 404
    owner.post(url(mine, "share/"))

    mine.refresh_from_db()
    second = shared(mine)
    assert second != first
    assert len(mine.share_token) >= 43
    assert colleague.get(second).status_code == 200
    assert f"http://127.0.0.1:8000{second}" in owner.get(LIST).text


def test_sharing_twice_is_one_link_and_one_entry(sam: User, mine: Scenario) -> None:
    assert shared(mine) == shared(mine)

    for _ in range(2):
        scenarios.unshare(mine.pk, actor=actor_of(sam))

    actions = Entry.objects.order_by("seq").values_list("action", flat=True)
    assert list(actions) == ["scenario.shared", "scenario.unshared"]


def test_the_link_of_somebody_who_left_opens_nothing(
    client_of: ClientOf, sam: User, mia: User, mine: Scenario
) -> None:
    link = shared(mine)
    User.objects.filter(pk=sam.pk).update(is_active=False)

    assert client_of(mia).get(link).status_code == 404


def test_strangers_are_sent_to_sign_in(client: Any, mine: Scenario) -> None:
    assert client.get(shared(mine)).status_code == 302
    assert client.get(LIST).status_code == 302


@pytest.mark.parametrize("inputs", [None, [], 5, {"models": [1], "prompt": "x"}])
def test_old_and_odd_inputs_are_read_all_the_same(
    client_of: ClientOf, sam: User, told: list[PriceVersion], inputs: Any
) -> None:
    odd = Scenario.objects.create(owner=sam, name="odd", inputs=inputs or {})

    assert scenarios.inputs_of(odd) == Inputs()
    assert client_of(sam).get(LIST).status_code == 200
    assert client_of(sam).get(shared(odd)).status_code == 200


@pytest.mark.parametrize("act", ["share/", "unshare/", "delete/"])
def test_what_cannot_be_recorded_does_not_happen(
    client_of: ClientOf, sam: User, mine: Scenario, settings: Settings, act: str
) -> None:
    if act == "unshare/":
        shared(mine)
    before = Scenario.objects.values().get()
    settings.KEK_FILE = settings.KEK_FILE.parent / "gone"
    vault.forget()

    answer = client_of(sam).post(url(mine, act))

    assert answer.status_code == 303
    assert Scenario.objects.values().get() == before


@pytest.mark.parametrize("number", [1, 20])
def test_a_shared_one_asks_the_same_number_of_queries_for_any_number_of_models(
    client_of: ClientOf,
    sam: User,
    mia: User,
    other_team: Team,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    names = tuple(f"m{n}" for n in range(number))
    for name in names:
        stored_price(stored_model(name), other_team)
    link = shared(scenarios.save(owner=sam, name="x", inputs=Inputs(models=names)))
    browser = client_of(mia)
    browser.get(link)

    # Session, person, scenario with its owner, prices (6), and five around every page.
    with django_assert_num_queries(14):
        assert len(rows(browser.get(link).text)) == number
