"""The forms about one change: confirm, escalate, reopen, and who it was."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from console.accounts.models import Role, Team, User
from console.audit.models import Entry
from console.keys.models import ApiKey, KeyChange, Origin, Review, XaiUser
from tests.keys.looks import BLOCKED, SOMEBODY, WIDENED, look
from tests.keys.stored import stored_key
from tests.people import SECRET, ClientOf, person

ACTS = ("confirm", "escalate", "reopen", "person", "person/forget")
FORMS = ("confirm", "escalate", "person")
FEED = "/keys/changes/?review=waiting"


@pytest.fixture
def api_key(team: Team) -> ApiKey:
    return stored_key(team)


@pytest.fixture
def change(api_key: ApiKey) -> KeyChange:
    return look(api_key)[0]


def url(change: KeyChange, act: str) -> str:
    return f"/keys/changes/{change.pk}/{act}/"


def review_of(change: KeyChange) -> str:
    return KeyChange.objects.get(pk=change.pk).review


@pytest.mark.parametrize("act", FORMS)
def test_each_form_shows_the_change_it_speaks_of(
    client_of: ClientOf, ada: User, change: KeyChange, act: str
) -> None:
    page = client_of(ada).get(url(change, act)).text

    assert "search-prod" in page
    assert ("api-key:model:*" in page) is (act != "person")
    assert (SOMEBODY in page) is True


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("who", ["olga", "fin", "sam"])
def test_only_admins_review(
    client_of: ClientOf,
    request: pytest.FixtureRequest,
    change: KeyChange,
    who: str,
    act: str,
) -> None:
    browser = client_of(request.getfixturevalue(who))

    assert browser.post(url(change, act), {"note": "x"}).status_code == 403
    assert review_of(change) == "waiting"


@pytest.mark.parametrize("act", ACTS)
def test_a_stranger_is_led_to_the_sign_in_page(
    client: Client, change: KeyChange, act: str
) -> None:
    assert client.post(url(change, act)).status_code == 302
    assert review_of(change) == "waiting"


@pytest.mark.parametrize("act", ["reopen", "person/forget"])
def test_what_acts_at_once_is_not_opened_by_a_link(
    client_of: ClientOf, ada: User, change: KeyChange, act: str
) -> None:
    assert client_of(ada).get(url(change, act)).status_code == 405


@pytest.mark.parametrize("act", ACTS)
def test_a_change_that_does_not_exist_answers_404(
    client_of: ClientOf, ada: User, change: KeyChange, act: str
) -> None:
    browser = client_of(ada)
    ApiKey.objects.update(removed_at=timezone.now())

    removed = browser.post(url(change, act))
    nowhere = browser.post(f"/keys/changes/99999999999999999999/{act}/")

    assert (removed.status_code, nowhere.status_code) == (404, 404)


def test_confirms_with_a_note_and_goes_back_to_the_list(
    client_of: ClientOf, ada: User, change: KeyChange, api_key: ApiKey
) -> None:
    browser = client_of(ada)
    form = browser.get(f"{url(change, 'confirm')}?next={FEED}").text
    assert f'name="next" value="{FEED}"' in form

    answer = browser.post(url(change, "confirm"), {"note": "GAT-7", "next": FEED})

    assert (answer.status_code, answer["Location"]) == (303, FEED)
    change.refresh_from_db()
    assert (change.review, change.review_note) == ("confirmed", "GAT-7")
    assert change.reviewed_by == ada
    assert "is confirmed" in browser.get(FEED).text
    entry = Entry.objects.get(action="change.confirmed")
    assert (entry.actor_name, entry.outcome) == ("ada", "done")


def test_a_note_is_asked_for_to_escalate_and_not_to_confirm(
    client_of: ClientOf, ada: User, change: KeyChange, api_key: ApiKey
) -> None:
    browser = client_of(ada)

    refused = browser.post(url(change, "escalate"), {"note": ""})

    assert refused.status_code == 422
    assert "whom you asked" in refused.text
    assert review_of(change) == "waiting"
    answer = browser.post(url(change, "confirm"), {"note": ""})
    assert answer["Location"] == f"/keys/{api_key.pk}/"
    assert review_of(change) == "confirmed"


@pytest.mark.parametrize("note", [f"see {SECRET}", "x" * 501, "turned \u202e around"])
def test_a_bad_note_comes_back_with_a_sentence_and_without_a_key(
    client_of: ClientOf, ada: User, change: KeyChange, note: str
) -> None:
    answer = client_of(ada).post(url(change, "confirm"), {"note": note})

    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert SECRET not in answer.text
    assert review_of(change) == "waiting"


def test_a_second_review_is_told_who_was_first(
    client_of: ClientOf, ada: User, change: KeyChange
) -> None:
    browser = client_of(ada)
    browser.post(url(change, "confirm"))

    answer = browser.post(url(change, "escalate"), {"note": "who?"})

    assert answer.status_code == 422
    assert "Ada has confirmed this change already." in answer.text
    assert review_of(change) == "confirmed"


def test_what_xai_did_is_not_to_be_confirmed(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    (blocked,) = look(api_key, BLOCKED)

    answer = client_of(ada).post(url(blocked, "confirm"))

    assert answer.status_code == 422
    assert "Nothing of this was done outside Gatehouse" in answer.text


def test_reopens_and_says_why_not(
    client_of: ClientOf, ada: User, change: KeyChange
) -> None:
    browser = client_of(ada)
    browser.post(url(change, "confirm"))

    answer = browser.post(url(change, "reopen"), {"next": FEED})
    again = browser.post(url(change, "reopen"), {"next": FEED}, follow=True)

    assert (answer.status_code, answer["Location"]) == (303, FEED)
    assert review_of(change) == "waiting"
    assert "waits for a review already" in again.text


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil", ""],
)
def test_goes_back_to_pages_of_ours_only(
    client_of: ClientOf,
    ada: User,
    change: KeyChange,
    api_key: ApiKey,
    elsewhere: str,
) -> None:
    browser = client_of(ada)

    form = browser.get(url(change, "confirm"), {"next": elsewhere})
    answer = browser.post(url(change, "confirm"), {"next": elsewhere})

    assert "evil" not in form.text
    assert answer["Location"] == f"/keys/{api_key.pk}/"


@pytest.mark.parametrize("act", ["reopen", "person", "person/forget", "confirm"])
def test_a_sealed_vault_is_said_and_nothing_changed(
    client_of: ClientOf, ada: User, change: KeyChange, settings: Any, act: str
) -> None:
    KeyChange.objects.update(
        review=Review.CONFIRMED if act == "reopen" else Review.WAITING
    )
    before = review_of(change)
    XaiUser.objects.create(xai_id=SOMEBODY, name="Ines")
    settings.KEK_FILE = settings.BASE_DIR / "no-such-kek"

    answer = client_of(ada).post(url(change, act), {"name": "Mara"}, follow=True)

    assert "sealed" in answer.text.lower()
    assert review_of(change) == before
    assert XaiUser.objects.get().name == "Ines"


def test_links_a_user_of_xais_to_a_person(
    client_of: ClientOf, ada: User, sam: User, change: KeyChange
) -> None:
    browser = client_of(ada)

    answer = browser.post(url(change, "person"), {"person": sam.pk, "next": FEED})

    assert (answer.status_code, answer["Location"]) == (303, FEED)
    user = XaiUser.objects.get()
    assert (user.xai_id, user.name, user.person) == (SOMEBODY, "Sam", sam)
    assert "by Sam" in browser.get(FEED).text
    entry = Entry.objects.get(action="xai_user.linked")
    assert (entry.object_id, entry.object_name) == (SOMEBODY, "Sam")
    assert entry.detail == {"before": {}, "after": {"name": "Sam", "person": "sam"}}


def test_names_a_user_who_does_not_sign_in_here(
    client_of: ClientOf, ada: User, change: KeyChange
) -> None:
    browser = client_of(ada)
    browser.post(url(change, "person"), {"name": "Terraform"})

    form = browser.get(url(change, "person")).text
    browser.post(url(change, "person"), {"name": "Terraform"})
    browser.post(url(change, "person"), {"name": "The pipeline"})

    assert 'value="Terraform"' in form
    assert XaiUser.objects.get().name == "The pipeline"
    entries = Entry.objects.filter(action="xai_user.linked").order_by("seq")
    assert [entry.detail["before"] for entry in entries] == [
        {},
        {"name": "Terraform", "person": None},
    ]


@pytest.mark.parametrize(
    "sent",
    [{}, {"name": "  "}, {"name": "x" * 101}, {"name": SECRET}, {"person": "nobody"}],
)
def test_a_link_to_nobody_is_refused(
    client_of: ClientOf, ada: User, change: KeyChange, sent: dict[str, str]
) -> None:
    answer = client_of(ada).post(url(change, "person"), sent)

    assert answer.status_code == 422
    assert SECRET not in answer.text
    assert not XaiUser.objects.exists()


def test_people_who_left_are_not_offered(
    client_of: ClientOf, ada: User, change: KeyChange
) -> None:
    leaver = person("leaver", Role.STAFF)
    User.objects.filter(pk=leaver.pk).update(is_active=False)

    browser = client_of(ada)

    assert "leaver" not in browser.get(url(change, "person")).text
    sent = {"person": str(leaver.pk), "name": "L"}
    assert browser.post(url(change, "person"), sent).status_code == 422


def test_forgets_a_link(client_of: ClientOf, ada: User, change: KeyChange) -> None:
    XaiUser.objects.create(xai_id=SOMEBODY, name="Ines", person=ada)
    browser = client_of(ada)

    browser.post(url(change, "person/forget"))
    browser.post(url(change, "person/forget"))

    assert not XaiUser.objects.exists()
    entry = Entry.objects.get(action="xai_user.unlinked")
    assert entry.detail == {"before": {"name": "Ines", "person": "ada"}, "after": {}}


def test_a_change_without_a_user_has_nobody_to_link(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    (change,) = look(api_key, WIDENED, modified_by="", origin=Origin.OUTSIDE)

    assert client_of(ada).get(url(change, "person")).status_code == 404
