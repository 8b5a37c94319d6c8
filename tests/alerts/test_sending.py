"""Messages reach real receivers, once, whatever these answer."""

from __future__ import annotations

import threading
from datetime import timedelta
from time import monotonic
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.accounts.models import Team
from console.alerts import channels, incidents, outbound, sending
from console.alerts.models import ChannelKind, Delivery, DeliveryState
from console.audit.actors import SYSTEM
from console.keys.models import ApiKey, KeyState
from tests.alerts.conftest import MakeChannel, bad_key, make_due, told, turn
from tests.alerts.receivers import MailServer, Receiver

pytestmark = pytest.mark.django_db


def opened(team: Team, label: str = "search-ci") -> ApiKey:
    key = bad_key(team, label, KeyState.REJECTED, owner="Mara")
    incidents.reconcile([key.pk])
    return key


def webhook(make_channel: MakeChannel, receiver: Receiver, name: str = "hook") -> str:
    """Store a signed webhook; return its signing key."""
    _, key = channels.add_channel(
        name=name,
        kind=ChannelKind.WEBHOOK,
        target=receiver.url,
        digest_hour=8,
        actor=SYSTEM,
    )
    return key


def test_an_e_mail_says_it_in_plain_words(
    team: Team, make_channel: MakeChannel, mail_server: MailServer
) -> None:
    make_channel()
    opened(team)

    assert sending.deliver_due() == 1

    (mail,) = mail_server.box.mails
    delivery = Delivery.objects.get()
    assert mail["Subject"] == "[Gatehouse] Incident: xAI does not accept search-ci"
    assert mail["X-To"] == "ops@example.com"
    assert mail["Message-ID"] == f"<{delivery.pk}@127.0.0.1>"
    text = mail.get_content()
    assert "Replace its secret here" in text
    assert f"/incidents/{delivery.incident_id}/" in text
    assert delivery.state == DeliveryState.SENT
    assert delivery.sent_at is not None


def test_a_label_cannot_add_a_header(
    team: Team, make_channel: MakeChannel, mail_server: MailServer
) -> None:
    make_channel()
    opened(team, "x\r\nBcc: everybody@example.com\u202e")

    sending.deliver_due()

    (mail,) = mail_server.box.mails
    assert mail["Bcc"] is None
    assert "\\r\\nBcc" in mail["Subject"]


def test_without_a_mail_server_the_log_says_what_to_do(
    team: Team, make_channel: MakeChannel, settings: Settings
) -> None:
    settings.SMTP = None
    make_channel()
    opened(team)

    sending.deliver_due()

    delivery = Delivery.objects.get()
    assert delivery.state == DeliveryState.WAITING
    assert "GATEHOUSE_SMTP_URL" in delivery.problem


def test_a_mail_server_that_refuses_is_asked_again_later(
    team: Team, make_channel: MakeChannel, mail_server: MailServer
) -> None:
    make_channel()
    opened(team)
    mail_server.box.answer = "451 try later, secret-detail"

    sending.deliver_due()
    assert Delivery.objects.get().problem == "The mail server answered 451."

    mail_server.box.answer = "250 OK"
    make_due()
    sending.deliver_due()
    assert len(mail_server.box.mails) == 1
    assert Delivery.objects.get().state == DeliveryState.SENT


def test_slack_gets_text_and_blocks_in_which_nobody_is_called(
    team: Team, make_channel: MakeChannel, receiver: Receiver
) -> None:
    make_channel(kind=ChannelKind.SLACK, target=receiver.url)
    opened(team, "<!channel> & co")

    sending.deliver_due()

    (post,) = receiver.posts
    assert post.path == "/hooks/T0/B1/secret"
    assert post.json["text"] == (
        "Incident: xAI does not accept &lt;!channel&gt; &amp; co"
    )
    assert [block["type"] for block in post.json["blocks"]] == ["section", "section"]
    assert "<!" not in post.body.decode()


def test_a_webhook_is_signed_and_names_its_delivery(
    team: Team, make_channel: MakeChannel, receiver: Receiver
) -> None:
    key = webhook(make_channel, receiver)
    opened(team)

    sending.deliver_due()

    (post,) = receiver.posts
    assert post.is_signed_with(key)
    assert not post.is_signed_with(key + "x")
    body = post.json
    assert body["delivery"] == post.delivery == str(Delivery.objects.get().pk)
    assert body["event"] == "opened"
    assert body["incident"]["kind"] == "rejected"
    assert body["incident"]["key"]["name"] == "search-ci"
    assert body["incident"]["team"]["name"] == team.name


def test_after_a_rotation_the_new_key_signs(
    team: Team, make_channel: MakeChannel, receiver: Receiver
) -> None:
    old = webhook(make_channel, receiver)
    channel = type(make_channel("other")).objects.get(name="hook")
    new = channels.rotate_key(channel=channel, actor=SYSTEM)
    channels.send_test(channel=channel, actor=SYSTEM)

    sending.deliver_due()

    (post,) = receiver.posts
    assert post.json["event"] == "test"
    assert post.is_signed_with(new)
    assert not post.is_signed_with(old)


def test_opening_and_end_arrive_in_order(
    team: Team, make_channel: MakeChannel, receiver: Receiver
) -> None:
    webhook(make_channel, receiver)
    turn(opened(team), KeyState.ACTIVE)

    assert sending.deliver_due() == 2

    assert [post.json["event"] for post in receiver.posts] == ["opened", "closed"]
    assert receiver.posts[1].json["incident"]["ending"] == "recovered"


def test_an_end_waits_until_its_opening_is_told(
    team: Team, make_channel: MakeChannel, receiver: Receiver
) -> None:
    webhook(make_channel, receiver)
    receiver.answers = [503, 200]
    turn(opened(team), KeyState.ACTIVE)

    sending.deliver_due()
    assert sending.deliver_due() == 0  # both wait
    make_due()
    sending.deliver_due()

    events = [post.json["event"] for post in receiver.posts]
    assert events == ["opened", "opened", "closed"]


def test_a_redirect_is_refused_and_said(
    team: Team, make_channel: MakeChannel, receiver: Receiver
) -> None:
    webhook(make_channel, receiver)
    receiver.answers, receiver.location = [302], "http://127.0.0.1:1/elsewhere"
    opened(team)

    sending.deliver_due()

    assert len(receiver.posts) == 1
    assert "Redirects are not followed" in Delivery.objects.get().problem


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_a_bad_answer_is_tried_again_with_the_same_id(
    team: Team, make_channel: MakeChannel, receiver: Receiver, status: int
) -> None:
    webhook(make_channel, receiver)
    receiver.answers = [status, 200]
    opened(team)

    sending.deliver_due()
    assert Delivery.objects.get().problem == f"The receiver answered {status}."
    make_due()
    sending.deliver_due()

    assert len({post.delivery for post in receiver.posts}) == 1
    assert len(receiver.posts) == 2
    assert Delivery.objects.get().state == DeliveryState.SENT


def test_it_waits_longer_and_longer_and_then_gives_up(
    team: Team, make_channel: MakeChannel, receiver: Receiver
) -> None:
    webhook(make_channel, receiver)
    receiver.answers = [500]
    opened(team)
    waits = []

    for _ in range(6):
        make_due()
        sending.deliver_due()
        delivery = Delivery.objects.get()
        waits.append(round((delivery.due_at - timezone.now()).total_seconds()))

    assert waits[:5] == pytest.approx([30, 120, 480, 1800, 7200], abs=5)
    assert delivery.state == DeliveryState.FAILED
    assert delivery.problem == "The receiver answered 500."
    make_due()
    assert sending.deliver_due() == 0


def test_a_receiver_that_is_down_is_asked_once_and_not_for_each_message(
    team: Team, make_channel: MakeChannel, receiver: Receiver
) -> None:
    webhook(make_channel, receiver)
    receiver.answers = [503]
    for number in range(5):
        opened(team, str(number))

    assert sending.deliver_due() == 1
    assert len(receiver.posts) == 1


def test_one_message_that_is_refused_holds_no_other_back(
    team: Team, make_channel: MakeChannel, receiver: Receiver
) -> None:
    webhook(make_channel, receiver)
    receiver.answers = [400, 200]
    for number in range(3):
        opened(team, str(number))

    assert sending.deliver_due() == 3
    states = Delivery.objects.order_by("created_at").values_list("state", flat=True)
    assert list(states) == ["waiting", "sent", "sent"]


def test_a_receiver_that_hangs_is_left(
    team: Team,
    make_channel: MakeChannel,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbound, "READ", timedelta(seconds=0.3))
    webhook(make_channel, receiver)
    hangs = threading.Event()
    receiver.before = lambda post: hangs.wait(10)
    opened(team)
    begun = monotonic()

    sending.deliver_due()

    hangs.set()
    assert monotonic() - begun < 5
    assert "in time" in Delivery.objects.get().problem


def test_a_receiver_nobody_allowed_is_refused_at_sending_too(
    team: Team, make_channel: MakeChannel, receiver: Receiver, settings: Settings
) -> None:
    webhook(make_channel, receiver)
    settings.ALERT_PRIVATE_HOSTS = frozenset()
    opened(team)

    sending.deliver_due()

    assert receiver.posts == []
    assert Delivery.objects.get().problem.startswith("The address must start with")


def test_what_waits_for_a_channel_that_was_switched_off_fails_and_says_so(
    team: Team, make_channel: MakeChannel
) -> None:
    channel = make_channel()
    opened(team)
    channels.set_enabled(channel=channel, enabled=False, actor=SYSTEM)

    sending.deliver_due()

    assert told(channel) == [("opened", "failed")]
    assert "switched off" in Delivery.objects.get().problem


def test_an_address_that_was_edited_in_the_database_is_not_told(
    team: Team, make_channel: MakeChannel, receiver: Receiver
) -> None:
    channel = make_channel(kind=ChannelKind.SLACK, target=receiver.url)
    other = make_channel("other", target="mallory@example.com")
    opened(team)
    type(channel).objects.update(sealed_target=other.sealed_target)

    sending.deliver_due()

    assert receiver.posts == []
    row = Delivery.objects.get(channel=channel)
    assert (row.state, row.problem) == ("failed", sending.TAMPERED)


def test_a_sealed_vault_sends_nothing_and_loses_nothing(
    team: Team, make_channel: MakeChannel, settings: Settings
) -> None:
    make_channel()
    opened(team)
    settings.KEK_FILE = settings.BASE_DIR / "no-such-kek"
    vault.forget()

    assert sending.deliver_due() == 0
    assert Delivery.objects.get().state == DeliveryState.WAITING


def test_a_result_is_not_written_once_another_has_taken_it(
    team: Team, make_channel: MakeChannel, receiver: Receiver
) -> None:
    webhook(make_channel, receiver)
    opened(team)
    taken = uuid4()
    delivery = sending._claim(uuid4())
    assert delivery is not None
    Delivery.objects.update(lease=taken)

    sending._deliver(delivery)

    row = Delivery.objects.get()
    assert (row.state, row.lease) == (DeliveryState.WAITING, taken)
