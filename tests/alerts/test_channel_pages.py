"""Channels, their rules, their secrets and the log of messages."""

from __future__ import annotations

from datetime import timedelta
from time import time

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import Team, User
from console.alerts import channels
from console.alerts.models import AlertRule, Channel, ChannelKind, Delivery
from console.alerts.refusals import Removed
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from tests.alerts.conftest import MakeChannel, told
from tests.people import ClientOf

URL = "/alerts/"
SLACK = "https://hooks.slack.example/services/T0SECRET/B0SECRET/abcdwxyz"


def add(browser: Client, **fields: str) -> HttpResponse:
    entered = {"name": "pager", "kind": "slack", "target": SLACK, "digest_hour": "8"}
    return browser.post(f"{URL}add/", {**entered, **fields})  # type: ignore[return-value]


def test_an_empty_page_says_what_to_do(
    client_of: ClientOf, ada: User, olga: User
) -> None:
    assert "Add channel" in client_of(ada).get(URL).text
    page = client_of(olga).get(URL).text
    assert "Nobody is told yet" in page
    assert "Add channel" not in page


def test_a_channel_is_stored_sealed_and_shown_in_part(
    client_of: ClientOf, ada: User
) -> None:
    browser = client_of(ada)

    answer = add(browser)

    assert answer.status_code == 303
    channel = Channel.objects.get()
    assert b"SECRET" not in bytes(channel.sealed_target or b"")
    assert channels.target_of(channel) == SLACK
    page = browser.get(URL).text
    assert "https://hooks.slack.example/…wxyz" in page
    assert "SECRET" not in page
    assert "SECRET" not in str(list(Entry.objects.values()))
    assert Entry.objects.filter(action="channel.added").count() == 1


def test_the_signing_key_is_shown_once(client_of: ClientOf, ada: User) -> None:
    browser = client_of(ada)

    answer = add(browser, kind="webhook")

    key = channels.signing_key_of(Channel.objects.get())
    assert f">{key}</pre>" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert key not in browser.get(URL).text
    assert key not in browser.get(f"{URL}{Channel.objects.get().pk}/edit/").text


def test_a_rotated_key_is_another_one_and_shown_once(
    client_of: ClientOf, ada: User
) -> None:
    browser = client_of(ada)
    add(browser, kind="webhook")
    channel = Channel.objects.get()
    before = channels.signing_key_of(channel)

    answer = browser.post(f"{URL}{channel.pk}/rotate/")

    channel.refresh_from_db()
    after = channels.signing_key_of(channel)
    assert after != before
    assert f">{after}</pre>" in answer.text
    assert Entry.objects.latest("seq").action == "channel.key_rotated"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"target": "http://hooks.example.com/"}, "must start with https://"),
        ({"target": "https://127.0.0.1/"}, "Write the name of a host"),
        ({"target": "https://localhost/"}, "leads into a private network"),
        ({"kind": "email"}, "This is not one e-mail address"),
        ({"kind": "email", "target": "a@b.example, c@d.example"}, "not one e-mail"),
        ({"kind": "email", "target": "a@b.example\nBcc: c@d"}, "not one e-mail"),
        ({"target": ""}, "required"),
        ({"kind": "pigeon"}, "Select a valid choice"),
        ({"digest_hour": "24"}, "Select a valid choice"),
        ({"name": "a\u202eb"}, "cannot be shown"),
    ],
)
def test_a_bad_form_says_why_and_does_not_repeat_the_address(
    client_of: ClientOf, ada: User, fields: dict[str, str], sentence: str
) -> None:
    answer = add(client_of(ada), **fields)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "SECRET" not in answer.text
    assert not Channel.objects.exists()


def test_two_channels_cannot_have_one_name(
    client_of: ClientOf, ada: User, make_channel: MakeChannel
) -> None:
    make_channel("pager")

    answer = add(client_of(ada))

    assert answer.status_code == 422
    assert "Another channel has this name" in answer.text


def test_the_name_of_a_removed_channel_is_free_again(
    client_of: ClientOf, ada: User, make_channel: MakeChannel
) -> None:
    channels.remove_channel(channel=make_channel("pager"), actor=SYSTEM)

    assert add(client_of(ada)).status_code == 303


def test_editing_keeps_the_address_unless_another_is_given(
    client_of: ClientOf, ada: User, make_channel: MakeChannel
) -> None:
    channel = make_channel()
    browser, url = client_of(ada), f"{URL}{channel.pk}/edit/"
    fields = {"name": "new name", "digest_hour": "17"}

    browser.post(url, fields)
    channel.refresh_from_db()
    assert (channel.name, channel.digest_hour) == ("new name", 17)
    assert channels.target_of(channel) == "ops@example.com"

    browser.post(url, {**fields, "target": "night@example.com"})
    channel.refresh_from_db()
    assert channels.target_of(channel) == "night@example.com"
    assert channel.shown_target == "night@example.com"


def test_switching_off_and_on(
    client_of: ClientOf, ada: User, make_channel: MakeChannel
) -> None:
    channel = make_channel()
    browser = client_of(ada)

    browser.post(f"{URL}{channel.pk}/switch/")
    channel.refresh_from_db()
    assert not channel.enabled
    assert "switched off" in browser.get(URL).text

    browser.post(f"{URL}{channel.pk}/switch/", {"enabled": "on"})
    channel.refresh_from_db()
    assert channel.enabled


def test_removing_destroys_the_secrets_and_keeps_the_log(
    client_of: ClientOf, ada: User
) -> None:
    browser = client_of(ada)
    add(browser, kind="webhook")
    channel = Channel.objects.get()
    channels.send_test(channel=channel, actor=SYSTEM)
    assert "Remove the channel pager?" in browser.get(f"{URL}{channel.pk}/remove/").text

    browser.post(f"{URL}{channel.pk}/remove/")

    channel.refresh_from_db()
    assert (channel.sealed_target, channel.sealed_signing_key) == (None, None)
    assert Delivery.objects.count() == 1
    assert browser.get(f"{URL}{channel.pk}/edit/").status_code == 404


def test_a_channel_that_is_removed_meanwhile_is_left_alone(
    make_channel: MakeChannel,
) -> None:
    channel = make_channel("pager")
    looked_up = Channel.objects.get(pk=channel.pk)
    channels.remove_channel(channel=channel, actor=SYSTEM)

    for act in (channels.rotate_key, channels.send_test, channels.remove_channel):
        with pytest.raises(Removed, match="removed meanwhile"):
            act(channel=looked_up, actor=SYSTEM)


def test_a_test_is_sent_at_most_twice_a_minute(
    client_of: ClientOf, ada: User, make_channel: MakeChannel
) -> None:
    channel = make_channel()
    browser = client_of(ada)

    browser.post(f"{URL}{channel.pk}/test/")
    again = browser.post(f"{URL}{channel.pk}/test/", follow=True)

    assert told(channel) == [("test", "waiting")]
    assert "A test was sent to this channel just now" in again.text
    Delivery.objects.update(created_at=timezone.now() - timedelta(seconds=31))
    browser.post(f"{URL}{channel.pk}/test/")
    assert len(told(channel)) == 2


def test_rules_are_added_changed_and_removed(
    client_of: ClientOf, ada: User, team: Team, make_channel: MakeChannel
) -> None:
    channel = make_channel()
    channel.rules.all().delete()
    browser = client_of(ada)
    assert "told of nothing" in browser.get(URL).text

    browser.post(
        f"{URL}{channel.pk}/rules/add/",
        {
            "team": str(team.pk),
            "kinds": ["rejected", "key_blocked"],
            "cool_down": "60",
            "daily": "on",
        },
    )
    rule = AlertRule.objects.get()
    assert (rule.team, rule.kinds) == (team, ["rejected", "key_blocked"])
    assert (rule.cool_down, rule.daily) == (timedelta(hours=1), True)
    page = browser.get(URL).text
    assert "Rejected, Key blocked of the team <b>Search</b>, once a day" in page

    browser.post(f"{URL}rules/{rule.pk}/edit/", {"cool_down": "0"})
    rule.refresh_from_db()
    assert (rule.team, rule.kinds, rule.cool_down) == (None, [], None)

    browser.post(f"{URL}rules/{rule.pk}/remove/")
    assert not AlertRule.objects.exists()
    saved = Entry.objects.filter(action__startswith="channel.rule_")
    assert saved.count() == 3


@pytest.mark.parametrize("field", ["team", "kinds", "cool_down"])
def test_a_rule_of_nonsense_is_refused(
    client_of: ClientOf, ada: User, make_channel: MakeChannel, field: str
) -> None:
    channel = make_channel()

    answer = client_of(ada).post(
        f"{URL}{channel.pk}/rules/add/", {"cool_down": "0", field: "nonsense"}
    )

    assert answer.status_code == 422
    assert channel.rules.count() == 1


POSTS = ["switch", "remove", "rotate", "test", "edit", "rules/add"]


@pytest.mark.parametrize("who", ["olga", "fin", "sam"])
@pytest.mark.parametrize("act", POSTS)
def test_only_an_admin_changes_channels(
    client_of: ClientOf,
    make_channel: MakeChannel,
    who: str,
    act: str,
    request: pytest.FixtureRequest,
) -> None:
    url = f"{URL}{make_channel().pk}/{act}/"

    assert client_of(request.getfixturevalue(who)).post(url).status_code == 403


@pytest.mark.parametrize("act", POSTS)
def test_changing_needs_a_fresh_proof(
    client_of: ClientOf,
    ada: User,
    make_channel: MakeChannel,
    act: str,
    settings: Settings,
) -> None:
    settings.TRYOUT = False
    browser = client_of(ada)
    session = browser.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time() - 3600}
    ]
    session.save()

    answer = browser.post(f"{URL}{make_channel().pk}/{act}/")

    assert answer.headers["Location"].startswith("/account/reauthenticate/")


@pytest.mark.parametrize(("who", "status"), [("fin", 403), ("sam", 403), ("olga", 200)])
def test_the_page_is_for_oversight(
    client_of: ClientOf, who: str, status: int, request: pytest.FixtureRequest
) -> None:
    answer = client_of(request.getfixturevalue(who)).get(URL)

    assert answer.status_code == status


@pytest.mark.usefixtures("contexts")
def test_the_log_shows_states_problems_and_filters(
    client_of: ClientOf, ada: User, make_channel: MakeChannel
) -> None:
    channel = make_channel()
    for state, problem in (("sent", ""), ("failed", "The receiver answered 500.")):
        Delivery.objects.create(
            channel=channel, event="test", body={}, state=state, problem=problem
        )
    browser = client_of(ada)

    page = browser.get(URL).text
    assert "Failed <b>1</b>" in page
    assert "The receiver answered 500." in page

    rows = browser.get(f"{URL}?state=sent&channel=nonsense").context["board"].log.rows
    assert [row.state for row in rows] == ["sent"]


def test_says_that_no_mail_server_is_set(
    client_of: ClientOf, ada: User, make_channel: MakeChannel, settings: Settings
) -> None:
    settings.SMTP = None
    make_channel()

    assert "No mail server is set" in client_of(ada).get(URL).text


def test_a_sealed_vault_changes_nothing_and_says_so(
    client_of: ClientOf, ada: User, make_channel: MakeChannel, settings: Settings
) -> None:
    channel = make_channel(kind=ChannelKind.EMAIL)
    browser = client_of(ada)
    settings.KEK_FILE = settings.BASE_DIR / "no-such-kek"
    vault.forget()

    assert add(browser).status_code == 422
    browser.post(f"{URL}{channel.pk}/switch/")

    channel.refresh_from_db()
    assert channel.enabled
    assert Channel.objects.count() == 1


@pytest.mark.parametrize("number", [1, 20])
def test_asks_the_same_number_of_queries_for_any_number(
    client_of: ClientOf,
    ada: User,
    make_channel: MakeChannel,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(number):
        channels.send_test(channel=make_channel(str(n)), actor=SYSTEM)
    browser = client_of(ada)
    vault.state()

    with django_assert_num_queries(11):
        browser.get(URL)
