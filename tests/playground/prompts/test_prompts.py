"""Prompt templates: for whom they are, and that only their owner changes them."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import Membership, Team, User
from console.audit.models import Entry
from console.playground.conversations import sealed
from console.playground.models import PromptTemplate
from console.playground.prompts import keeping
from console.runtime.bodies import without_ids
from tests.people import ClientOf
from tests.playground.conversations.stored import template_of

PROMPTS = "/playground/prompts/"
NAMES = reverse("playground:prompt_names")


def text_url(template: PromptTemplate) -> str:
    return reverse("playground:prompt_text", args=[template.pk])


def names(user: User) -> list[str]:
    return [one.name for one in keeping.templates_of(user)]


def test_one_is_stored_sealed_and_found_in_the_chat(
    client_of: ClientOf, sam: User
) -> None:
    browser = client_of(sam)
    form = {"name": "Hi", "text": "Dear {{customer}}\r\nBluebird", "team": ""}

    assert browser.post(PROMPTS, form).status_code == 303

    row = PromptTemplate.objects.values_list("sealed_name", "sealed_text").get()
    assert all(b"Bluebird" not in bytes(blob) for blob in row)
    (shown,) = keeping.templates_of(sam)
    assert shown.text == "Dear {{customer}}\nBluebird"
    assert not Entry.objects.exists()


def test_the_chat_holds_no_template_but_where_to_read_them(
    client_of: ClientOf, sam: User
) -> None:
    browser, template = client_of(sam), template_of(sam, "Hi", text="Dear <b>Bluebird")
    chat = browser.get(reverse("playground:chat")).text

    listed = browser.get(NAMES)
    text = browser.get(text_url(template))

    assert f'data-names-url="{NAMES}"' in chat
    assert "Bluebird" not in chat
    assert text_url(template) in listed.text
    assert ">Hi</span>" in listed.text
    assert "Bluebird" not in listed.text
    assert text.text == "Dear <b>Bluebird"
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert listed.headers["Cache-Control"] == "no-store"
    assert text.headers["Cache-Control"] == "no-store"


def test_a_template_is_read_by_whoever_may_use_it_alone(
    client_of: ClientOf, sam: User, ada: User, olga: User, mia: User, team: Team
) -> None:
    ours, mine = template_of(sam, "ours", team=team), template_of(sam, "mine")

    def seen(person: User) -> list[int]:
        browser = client_of(person)
        return [browser.get(text_url(one)).status_code for one in (ours, mine)]

    assert seen(sam) == [200, 200]
    assert seen(ada) == [200, 404]
    assert seen(olga) == seen(mia) == [404, 404]
    assert "ours" in client_of(ada).get(NAMES).text
    assert "No template yet." in client_of(mia).get(NAMES).text


@pytest.mark.parametrize("number", [1, 40])
def test_names_cost_one_query_and_no_text(
    client_of: ClientOf,
    sam: User,
    team: Team,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for at in range(number):
        template_of(sam, f"Number {at}", team=team)
    browser = client_of(sam)

    with django_assert_num_queries(3) as asked:  # the session, the person, the names
        browser.get(NAMES)

    assert "sealed_text" not in asked.captured_queries[-1]["sql"]


def test_many_names_end_with_the_ones_that_changed_last(
    client_of: ClientOf, sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_NAMED", 2)
    for name in ("one", "two", "three"):
        template_of(sam, name)

    page = client_of(sam).get(NAMES).text

    assert [one.name for one in keeping.named(sam)] == ["three", "two"]
    assert "Only the 2 that changed last stand here." in page


def test_a_sealed_vault_tells_no_name(
    client_of: ClientOf, sam: User, settings: Settings
) -> None:
    browser, template = client_of(sam), template_of(sam, "Hi")
    settings.KEK_FILE = settings.KEK_FILE.parent / "nothing"
    vault.forget()

    assert browser.get(NAMES).status_code == 503
    assert browser.get(text_url(template)).status_code == 503


def test_a_teams_template_is_seen_by_its_members_alone(
    sam: User, ada: User, olga: User, mia: User, team: Team
) -> None:
    template_of(sam, "ours", team=team)
    template_of(sam, "mine")

    assert names(sam) == ["mine", "ours"]
    assert names(ada) == ["ours"]
    assert names(olga) == names(mia) == []
    (entry,) = Entry.objects.all()
    assert (entry.action, entry.team_id) == ("prompt_template.added", team.pk)
    assert "ours" not in entry.object_name


def test_who_leaves_a_team_loses_its_templates(
    sam: User, ada: User, team: Team
) -> None:
    template_of(ada, "ours", team=team)
    Membership.objects.filter(user=sam).delete()

    assert names(sam) == []


@pytest.mark.parametrize("who", ["ada", "olga", "mia"])
@pytest.mark.parametrize("name", ["prompt_edit", "prompt_delete"])
def test_only_its_owner_changes_it(
    client_of: ClientOf,
    sam: User,
    team: Team,
    request: pytest.FixtureRequest,
    who: str,
    name: str,
) -> None:
    template = template_of(sam, "ours", team=team)
    url = reverse(f"playground:{name}", args=[template.pk])
    browser = client_of(request.getfixturevalue(who))

    assert browser.post(url, {"name": "x", "text": "x"}).status_code == 404
    assert names(sam) == ["ours"]


def test_its_owner_changes_and_deletes_it(
    client_of: ClientOf, sam: User, ada: User, team: Team
) -> None:
    browser, template = client_of(sam), template_of(sam, "mine")
    url = reverse("playground:prompt_edit", args=[template.pk])

    assert "mine for {{customer}}" in browser.get(url).text
    form = {"name": "ours", "text": "x", "team": str(team.pk)}
    assert browser.post(url, form).status_code == 303
    assert names(ada) == ["ours"]
    assert browser.post(url, form | {"team": ""}).status_code == 303
    assert names(ada) == []
    delete = reverse("playground:prompt_delete", args=[template.pk])
    assert browser.post(delete).status_code == 303
    assert names(sam) == []
    assert [*Entry.objects.order_by("seq").values_list("action", flat=True)] == [
        "prompt_template.edited",
        "prompt_template.deleted",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "Give the template a name."),
        ({"text": " \n"}, "Write the prompt."),
        ({"team": "nonsense"}, "Choose one of your teams."),
    ],
)
def test_what_is_wrong_is_said(
    client_of: ClientOf, sam: User, change: dict[str, str], said: str
) -> None:
    form = {"name": "x", "text": "x", "team": ""} | change

    answer = client_of(sam).post(PROMPTS, form)

    assert answer.status_code == 422
    assert said in answer.text
    assert names(sam) == []


def test_a_name_twice_is_refused_in_whatever_letters(
    client_of: ClientOf, sam: User
) -> None:
    template_of(sam, "Straße  one")
    form = {"name": "STRASSE one", "text": "Dear me", "team": ""}

    refused = client_of(sam).post(PROMPTS, form)

    assert refused.status_code == 422
    assert "You have a template of this name already." in refused.text
    assert refused.text.count('id="t-name-error"') == 1
    assert 'value="STRASSE one"' in refused.text
    assert "Dear me</textarea>" in refused.text
    assert names(sam) == ["Straße  one"]


def test_one_name_may_stand_in_every_place_once(
    client_of: ClientOf, sam: User, ada: User, mia: User, team: Team, other_team: Team
) -> None:
    template_of(sam, "Hi", team=team)
    said = "The team Search has a template of this name already."

    refused = client_of(ada).post(
        PROMPTS, {"name": "hi", "text": "x", "team": str(team.pk)}
    )

    assert refused.status_code == 422
    assert said in refused.text
    for person, place in ((sam, ""), (ada, ""), (mia, str(other_team.pk))):
        form = {"name": "Hi", "text": "x", "team": place}
        assert client_of(person).post(PROMPTS, form).status_code == 303


def test_a_template_takes_no_name_that_another_has(
    client_of: ClientOf, sam: User, ada: User, team: Team
) -> None:
    template_of(ada, "theirs", team=team)
    template_of(sam, "mine")
    other = template_of(sam, "Theirs")
    url = reverse("playground:prompt_edit", args=[other.pk])
    browser = client_of(sam)

    renamed = browser.post(url, {"name": "Mine", "text": "x"})
    moved = browser.post(url, {"name": "Theirs", "text": "x", "team": str(team.pk)})

    assert [renamed.status_code, moved.status_code] == [422, 422]
    assert "You have a template of this name already." in renamed.text
    assert "The team Search has a template of this name already." in moved.text
    assert browser.post(url, {"name": "THEIRS", "text": "y"}).status_code == 303
    assert names(sam) == ["mine", "THEIRS", "theirs"]


def test_names_that_were_the_same_before_stay_and_can_be_changed(
    client_of: ClientOf, sam: User
) -> None:
    template_of(sam, "Hi")
    twin = template_of(sam, "other")
    twin.sealed_name = sealed.close("Hi", kind=sealed.PROMPT_NAME, row=twin.pk)
    twin.save(update_fields=["sealed_name"])
    url = reverse("playground:prompt_edit", args=[twin.pk])

    answer = client_of(sam).post(url, {"name": "Hi", "text": "another text"})

    assert answer.status_code == 303
    assert names(sam) == ["Hi", "Hi"]
    assert keeping.text_of(PromptTemplate.objects.get(pk=twin.pk)) == "another text"


@pytest.mark.parametrize("number", [1, 40])
def test_a_name_is_compared_with_any_number_by_one_query_and_without_texts(
    sam: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for at in range(number):
        template_of(sam, f"Number {at}")

    with django_assert_num_queries(6) as asked:  # two of them of a savepoint
        template_of(sam, "new")

    (compared,) = [
        one["sql"]
        for one in asked.captured_queries
        if one["sql"].startswith("SELECT") and "sealed_name" in one["sql"]
    ]
    assert "sealed_text" not in compared


def test_a_text_too_long_is_refused_and_kept(client_of: ClientOf, sam: User) -> None:
    browser, longest = client_of(sam), "x\r\n" * 10_000  # a line end counts as one
    said = "The prompt has 20,001 characters. A template takes 20,000 at most"
    page = browser.get(PROMPTS).text

    refused = browser.post(PROMPTS, {"name": "x", "text": longest + "y"})

    assert "At most 20,000 characters." in page
    assert 'maxlength="20000"' not in page
    assert refused.status_code == 422
    assert said in refused.text
    assert f"\n{longest}y</textarea>" in refused.text
    assert names(sam) == []
    assert browser.post(PROMPTS, {"name": "x", "text": longest}).status_code == 303


def test_a_change_too_long_is_refused_and_kept(client_of: ClientOf, sam: User) -> None:
    browser, template = client_of(sam), template_of(sam, "mine", text="short")
    url = reverse("playground:prompt_edit", args=[template.pk])
    form = {"name": "mine", "text": "é" * 100_000}

    refused = browser.post(url, form)

    assert refused.status_code == 422
    assert "The prompt has 100,000 characters." in refused.text
    assert f"\n{form['text']}</textarea>" in refused.text
    assert len(urlencode(form)) > settings.MAX_BODY
    assert settings.LARGER_BODIES[without_ids(url)] == settings.LARGER_BODIES[PROMPTS]
    assert keeping.text_of(template) == "short"


def test_another_team_cannot_be_chosen(
    client_of: ClientOf, sam: User, other_team: Team
) -> None:
    form = {"name": "x", "text": "x", "team": str(other_team.pk)}

    assert client_of(sam).post(PROMPTS, form).status_code == 422


def test_there_is_an_end_to_them(
    client_of: ClientOf, sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST", 1)
    template_of(sam, "one")

    answer = client_of(sam).post(PROMPTS, {"name": "two", "text": "x"})

    assert answer.status_code == 422
    assert "You have 1 templates. Delete one first." in answer.text


def test_a_stranger_is_sent_to_sign_in(client: Client, db: None) -> None:
    assert client.get(PROMPTS).status_code == 302
