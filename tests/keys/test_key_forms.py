"""Adding, replacing, editing, pausing and removing keys, in the browser's words."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.test import Client
from pytest_django import Settings

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.keys import upstream
from console.keys.models import ApiKey
from tests.people import SECRET, ClientOf

ADD = "/keys/add/"
NEW_SECRET = "xai-" + "Z9y8X7w6V5" * 8
ACTS = ("edit", "replace", "remove", "pause", "resume")
FORMS = ("edit", "replace", "remove")

KEY_INFO = {
    "redacted_api_key": "xai-...w6V5",
    "user_id": "59fbe5f2-040b-46d5-8325-868bb8f23eb2",
    "name": "triage",
    "create_time": "2026-01-14T07:58:18.139305Z",
    "modify_time": "2026-06-16T10:12:40.118305Z",
    "modified_by": "3d38b4dc-4eb7-4785-ae26-c3fa8997ffc7",
    "team_id": "8c0e2f71-94a6-4c55-b3d0-1f6e7ad2c9b4",
    "acls": ["api-key:model:*", "api-key:endpoint:*"],
    "api_key_id": "ae1e1841-4326-4b36-a8a9-8a1a7237db11",
    "team_blocked": False,
    "api_key_blocked": False,
    "api_key_disabled": False,
}


class Upstream:
    """xAI, as the test wants it to answer."""

    def __init__(self) -> None:
        self.answer: Callable[[], httpx.Response] = lambda: httpx.Response(
            200, json=KEY_INFO
        )
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.asked += 1
        return self.answer()


@pytest.fixture
def xai_answers() -> Iterator[Upstream]:
    """Let this stand in for xAI."""
    answers = Upstream()
    with upstream.use_transport(httpx.MockTransport(answers)):
        yield answers


def url(api_key: ApiKey, act: str) -> str:
    return f"/keys/{api_key.pk}/{act}/"


def values(of: Team, /, **changes: str) -> dict[str, str]:
    """Return a filled form."""
    filled = {
        "credential_material": NEW_SECRET,
        "team": str(of.pk),
        "new_team": "",
        "label": "support-triage",
        "owner": "Ines Okafor",
        "note": "Sorts tickets.",
    }
    return {**filled, **changes}


def test_the_form_hides_what_is_typed_and_asks_the_browser_to_forget(
    client_of: ClientOf, ada: User
) -> None:
    page = client_of(ada).get(ADD).text

    field = page.split('name="credential_material"', 1)
    tag = field[0].rsplit("<", 1)[1] + field[1].split(">", 1)[0]
    assert 'type="password"' in tag
    assert 'autocomplete="off"' in tag
    assert 'spellcheck="false"' in tag
    assert "value=" not in tag
    assert 'name="host"' not in page


def test_a_good_key_is_checked_stored_and_shown(
    client_of: ClientOf, ada: User, team: Team, xai_answers: Upstream
) -> None:
    answer = client_of(ada).post(ADD, values(team), follow=True)

    stored = ApiKey.objects.get(label="support-triage")
    assert answer.redirect_chain == [(f"/keys/{stored.pk}/", 303)]
    assert "support-triage was checked and stored." in answer.text
    assert "Usable" in answer.text
    assert (stored.team, stored.owner, stored.created_by) == (team, "Ines Okafor", ada)
    assert stored.acls == KEY_INFO["acls"]
    assert NEW_SECRET not in answer.text


def test_a_new_team_is_stored_with_its_first_key(
    client_of: ClientOf, ada: User, team: Team, xai_answers: Upstream
) -> None:
    wanted = values(team, team="", new_team="Research lab")

    assert client_of(ada).post(ADD, wanted).status_code == 303

    assert ApiKey.objects.get().team == Team.objects.get(name="Research lab")
    assert Entry.objects.filter(action="team.added").count() == 1


def test_a_refused_key_leaves_no_empty_team(
    client_of: ClientOf, ada: User, team: Team, xai_answers: Upstream
) -> None:
    xai_answers.answer = lambda: httpx.Response(503)
    wanted = values(team, team="", new_team="Research lab")

    answer = client_of(ada).post(ADD, wanted)

    assert answer.status_code == 422
    assert 'value="Research lab"' in answer.text
    assert not Team.objects.filter(name="Research lab").exists()


def refuse_wrong_key() -> httpx.Response:
    body = {"code": "invalid-argument", "error": "Incorrect API key provided"}
    return httpx.Response(400, json=body)


def fail_to_connect() -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize(
    ("changes", "answer", "sentence"),
    [
        pytest.param({"credential_material": ""}, None, "Paste the key", id="empty"),
        pytest.param(
            {"credential_material": "sk-48f0"}, None, "not an xAI API key", id="other"
        ),
        pytest.param(
            {"credential_material": f"{NEW_SECRET[:40]}\n{NEW_SECRET[40:]}"},
            None,
            "not an xAI API key",
            id="two lines",
        ),
        pytest.param(
            {"credential_material": "xai-" + "a" * 3000}, None, "too long", id="huge"
        ),
        pytest.param(
            {"credential_material": SECRET}, None, "already stored", id="stored"
        ),
        pytest.param({}, refuse_wrong_key, "refused it", id="wrong"),
        pytest.param({}, fail_to_connect, "could not be checked", id="unreachable"),
        pytest.param(
            {}, lambda: httpx.Response(200, text="<html>"), "could not", id="malformed"
        ),
        pytest.param({"label": ""}, None, "This field is required", id="no label"),
        pytest.param({"team": ""}, None, "Choose a team", id="no team"),
        pytest.param(
            {"team": str(uuid.uuid4())}, None, "does not exist", id="no such team"
        ),
        pytest.param({"new_team": "Other"}, None, "not both", id="two teams"),
        pytest.param(
            {"team": "", "new_team": "SEARCH"}, None, "choose it from", id="taken name"
        ),
    ],
)
def test_a_refusal_is_one_sentence_beside_the_form_and_repeats_no_secret(
    client_of: ClientOf,
    ada: User,
    team: Team,
    api_key: ApiKey,
    xai_answers: Upstream,
    changes: dict[str, str],
    answer: Callable[[], httpx.Response] | None,
    sentence: str,
) -> None:
    xai_answers.answer = answer or xai_answers.answer
    sent = values(team, **changes)

    page = client_of(ada).post(ADD, sent)

    assert page.status_code == 422
    assert sentence in page.text
    assert page.text.count('class="error"') == 1
    assert ApiKey.objects.count() == 1
    typed = sent["credential_material"]
    assert not typed or typed not in page.text
    assert "aria-invalid" in page.text


@pytest.mark.parametrize("field", ["label", "owner", "note", "new_team"])
def test_a_key_in_a_text_is_refused_there_and_not_repeated(
    client_of: ClientOf,
    ada: User,
    team: Team,
    xai_answers: Upstream,
    field: str,
) -> None:
    pasted = {field: f"mine: {NEW_SECRET}"}

    page = client_of(ada).post(ADD, values(team, **pasted))

    assert page.status_code == 422
    assert "looks like a key" in page.text
    assert NEW_SECRET not in page.text
    assert xai_answers.asked == 0
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("field", ["label", "owner", "note", "new_team"])
@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\x1b"])
def test_texts_with_hidden_characters_are_refused(
    client_of: ClientOf,
    ada: User,
    team: Team,
    xai_answers: Upstream,
    field: str,
    hidden: str,
) -> None:
    page = client_of(ada).post(ADD, values(team, **{field: f"se{hidden}arch"}))

    assert page.status_code == 422
    assert "cannot be shown" in page.text
    assert xai_answers.asked == 0


def test_a_note_keeps_its_lines(
    client_of: ClientOf, ada: User, team: Team, xai_answers: Upstream
) -> None:
    client_of(ada).post(ADD, values(team, note="one\r\n\ttwo"))

    assert ApiKey.objects.get().note == "one\r\n\ttwo"


def test_a_team_that_somebody_else_makes_meanwhile_is_not_a_mistake_of_ours(
    client_of: ClientOf, ada: User, team: Team, xai_answers: Upstream
) -> None:
    def make_team_first() -> httpx.Response:
        Team.objects.create(name="Research lab")
        return httpx.Response(200, json=KEY_INFO)

    xai_answers.answer = make_team_first

    page = client_of(ada).post(ADD, values(team, team="", new_team="Research lab"))

    assert page.status_code == 422
    assert "There is a team named Research lab already." in page.text
    assert not ApiKey.objects.exists()


def test_a_key_stored_under_another_team_names_that_team(
    client_of: ClientOf, ada: User, other_team: Team, api_key: ApiKey
) -> None:
    sent = values(other_team, credential_material=SECRET)

    assert "another team, Search" in client_of(ada).post(ADD, sent).text


def test_a_key_of_another_xai_team_is_refused_beside_the_team(
    client_of: ClientOf, ada: User, team: Team, xai_answers: Upstream
) -> None:
    Team.objects.update(xai_team_id="11111111-aaaa")

    page = client_of(ada).post(ADD, values(team)).text

    assert 'id="id_team_error"' in page
    assert "another xAI team" in page


def test_several_upstreams_are_a_choice(
    client_of: ClientOf,
    ada: User,
    team: Team,
    xai_answers: Upstream,
    settings: Settings,
) -> None:
    settings.XAI_HOSTS = {"xai": "https://api.x.ai", "eu": "https://eu.x.ai"}
    browser = client_of(ada)

    assert 'name="host"' in browser.get(ADD).text
    assert browser.post(ADD, values(team, host="nowhere")).status_code == 422
    assert browser.post(ADD, values(team, host="eu")).status_code == 303
    assert ApiKey.objects.get().host == "eu"


def test_a_replaced_secret_keeps_the_key_and_says_so(
    client_of: ClientOf, ada: User, api_key: ApiKey, xai_answers: Upstream
) -> None:
    answer = client_of(ada).post(
        url(api_key, "replace"), {"credential_material": NEW_SECRET}
    )

    assert answer.status_code == 303
    again = ApiKey.objects.get()
    assert (again.pk, again.last_four) == (api_key.pk, "w6V5"[-4:])
    assert again.secret_version == 2


def test_a_secret_that_xai_refuses_does_not_replace(
    client_of: ClientOf, ada: User, api_key: ApiKey, xai_answers: Upstream
) -> None:
    xai_answers.answer = refuse_wrong_key

    page = client_of(ada).post(
        url(api_key, "replace"), {"credential_material": NEW_SECRET}
    )

    assert page.status_code == 422
    assert "refused it" in page.text
    assert NEW_SECRET not in page.text
    assert ApiKey.objects.get().secret_version == 1


def test_edits_are_saved_and_shown(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    browser = client_of(ada)
    assert 'value="search-prod"' in browser.get(url(api_key, "edit")).text

    answer = browser.post(
        url(api_key, "edit"), {"label": "new", "owner": "", "note": "n"}, follow=True
    )

    assert "new was saved." in answer.text
    assert browser.post(url(api_key, "edit"), {"label": ""}).status_code == 422


def test_watching_stops_and_resumes(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    browser = client_of(ada)

    stopped = browser.post(url(api_key, "pause"), follow=True)
    assert "not watched any more" in stopped.text
    assert "Resume watching" in stopped.text
    assert not ApiKey.objects.get().watched

    assert browser.post(url(api_key, "resume")).status_code == 303
    assert ApiKey.objects.get().watched


def test_removing_needs_the_label_typed(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    browser = client_of(ada)

    wrong = browser.post(url(api_key, "remove"), {"label": "search"})
    assert wrong.status_code == 422
    assert ApiKey.objects.get().removed_at is None

    right = browser.post(url(api_key, "remove"), {"label": "search-prod"}, follow=True)
    assert right.redirect_chain == [("/keys/", 303)]
    assert "its secret is destroyed" in right.text
    assert ApiKey.objects.get().sealed_secret is None
    assert browser.get(f"/keys/{api_key.pk}/").status_code == 404


def test_a_sealed_vault_refuses_every_act_with_its_sentence(
    client_of: ClientOf, ada: User, api_key: ApiKey, settings: Settings,
    xai_answers: Upstream, tmp_path: Any,
) -> None:  # fmt: skip
    browser = client_of(ada)
    settings.KEK_FILE = tmp_path / "none"
    vault.forget()

    for act, sent in {
        "edit": {"label": "new"},
        "replace": {"credential_material": NEW_SECRET},
        "remove": {"label": "search-prod"},
    }.items():
        page = browser.post(url(api_key, act), sent)
        assert page.status_code == 422, act
        assert vault.state().sentence in page.text.replace("&#x27;", "'")
    for act in ("pause", "resume"):
        answer = browser.post(url(api_key, act), follow=True)
        assert answer.redirect_chain == [("/keys/", 303)] or act == "resume"
    assert browser.get("/keys/", {"format": "csv"}).status_code == 303
    assert ApiKey.objects.get().label == "search-prod"


@pytest.mark.parametrize("act", ACTS)
def test_only_admins_may(
    client_of: ClientOf, olga: User, fin: User, sam: User, api_key: ApiKey, act: str
) -> None:
    for person in (olga, fin, sam):
        assert client_of(person).post(url(api_key, act)).status_code == 403
        assert client_of(person).post(ADD).status_code == 403


@pytest.mark.parametrize("act", ACTS)
def test_what_does_not_exist_is_not_found(
    client_of: ClientOf, ada: User, act: str
) -> None:
    answer = client_of(ada).post(f"/keys/{uuid.uuid4()}/{act}/", {"label": "x"})

    assert answer.status_code == 404


@pytest.mark.parametrize("act", ACTS)
def test_strangers_are_led_to_the_sign_in_page(
    client: Client, api_key: ApiKey, act: str
) -> None:
    assert client.post(url(api_key, act)).status_code == 302


@pytest.mark.parametrize("act", ["pause", "resume"])
def test_acts_without_a_form_are_posted_only(
    client_of: ClientOf, ada: User, api_key: ApiKey, act: str
) -> None:
    assert client_of(ada).get(url(api_key, act)).status_code == 405


@pytest.mark.parametrize("act", FORMS)
def test_forms_take_get_and_post_only(
    client_of: ClientOf, ada: User, api_key: ApiKey, act: str
) -> None:
    browser = client_of(ada)

    assert browser.get(url(api_key, act)).status_code == 200
    assert browser.put(url(api_key, act)).status_code == 405
    assert browser.post(url(api_key, act)).status_code == 422


def test_no_secret_is_in_the_audit_trail(
    client_of: ClientOf, ada: User, team: Team, xai_answers: Upstream
) -> None:
    client_of(ada).post(ADD, values(team))

    assert Entry.objects.exists()
    for entry in Entry.objects.all():
        assert NEW_SECRET[4:40] not in json.dumps(entry.detail)
