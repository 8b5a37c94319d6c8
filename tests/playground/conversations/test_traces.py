"""The inspector of a kept answer: what is kept for it, and who may look."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import User
from console.audit.actors import SYSTEM
from console.keys.upstream import use_transport
from console.playground.conversations import (
    contents,
    editing,
    files,
    sharing,
    storing,
    traces,
)
from console.playground.inspect import wire
from console.playground.inspect.showing import inspector
from console.playground.models import Conversation, Turn, TurnState
from console.relay.tracing import FIRST, LAST, Moment, Trace
from tests.people import SECRET, ClientOf
from tests.playground.conversations.stored import (
    conversation_of,
    keep_trace,
    link_of,
)
from tests.playground.conversations.test_storing import kept
from tests.playground.inspect.traces import asked, ended, trace
from tests.playground.pictures import picture, url_of
from tests.playground.streams import CHAT, browser_of, events_of, prompt, ready
from tests.relay.upstream import Script, answer, saying, streaming

__all__ = ["ready"]

IMAGE = url_of(picture())
BYTES = IMAGE.partition(",")[2]


def read_again(seen: Trace) -> Trace:
    return traces.from_json(json.loads(json.dumps(traces.to_json(seen))))


def address(turn: UUID) -> str:
    return reverse("playground:inspect", args=[turn])


def traced_answer(owner: User, seen: Trace | None = None) -> Turn:
    """Store a conversation of a prompt and an answer that was traced."""
    made = conversation_of(owner, "Bluebird", "Bluebird too")
    turn: Turn = made.turns.get(place=1)
    keep_trace(turn, seen)
    return turn


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(trace(), id="a short answer"),
        pytest.param(
            trace(
                first=(Moment(0.12345, "text", "x" * 90),) * FIRST,
                last=(Moment(9.9, "usage"),),
                left_out=1_234,
            ),
            id="a long answer",
        ),
        pytest.param(
            trace(asked=asked({"text": "x" * 5_000, "list": list(range(200))})),
            id="a long request",
        ),
        pytest.param(
            trace(
                asked=None,
                status=None,
                connected=None,
                answered=None,
                first_token=None,
                last_event=None,
                first=(),
                counts=(),
            ),
            id="nothing was sent",
        ),
    ],
)
def test_the_inspector_of_what_is_kept_is_that_of_the_answer(seen: Trace) -> None:
    assert inspector(ended(trace=read_again(seen))) == inspector(ended(trace=seen))


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": IMAGE, "detail": "high"}},
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": BYTES},
        },
    ],
)
def test_of_an_image_its_place_alone_is_kept(part: dict[str, Any]) -> None:
    parts = [{"type": "text", "text": "What is this?"}, part]
    seen = trace(asked=asked({"messages": [{"role": "user", "content": parts}]}))

    told = json.dumps(traces.to_json(seen))

    assert BYTES[:40] not in told
    assert wire.NO_IMAGE in told
    assert "What is this?" in told


def test_no_secret_is_kept() -> None:
    """The canary: a stored secret in every place that xAI or a person can fill."""
    seen = trace(
        asked=asked(
            {"model": SECRET, "messages": [{"role": "user", "content": SECRET}]},
            authorization=f"Bearer {SECRET}",
        ),
        headers=(("x-ratelimit-key", SECRET),),
        first=(Moment(0, "text", SECRET), Moment(0, SECRET[:40])),
        last=(Moment(0, "text", SECRET),),
        counts=((SECRET[:40], 1),),
    )

    told = json.dumps(traces.to_json(seen))

    assert "search-prod" in told
    assert SECRET[4:30] not in told


def test_what_is_kept_is_bounded() -> None:
    moment = Moment(123.456, "k" * 40, "x" * 100_000)
    kinds = tuple((f"{number:040}", 2) for number in range(10_000))
    seen = trace(
        asked=asked({str(number): "x" * 500 for number in range(10_000)}),
        headers=(("x-ratelimit-" + "x" * 60, "y" * 200),) * 24,
        first=(moment,) * FIRST,
        last=(moment,) * LAST,
        counts=kinds,
    )

    told = traces.to_json(seen)

    assert len(json.dumps(told)) < 128 * 1024
    assert read_again(seen).events == seen.events == 20_000


def test_what_a_newer_version_keeps_as_well_is_passed_over() -> None:
    assert traces.from_json(traces.to_json(trace()) | {"newer": 1}).status == 200


@pytest.mark.django_db(transaction=True)
async def test_an_answer_is_inspected_after_a_reload(ready: User) -> None:
    browser, turn, conversation = await browser_of(ready), uuid4(), uuid4()
    asked_for = prompt("Hello there", answer=turn, conversation=conversation)
    with use_transport(streaming(Script(*answer("Hi")))):
        last = (await events_of(await browser.post(CHAT, asked_for)))[-1][1]
        await kept()

    page = await browser.get(
        reverse("playground:chat_kept", kwargs={"conversation_id": conversation})
    )
    found = await browser.get(address(turn))
    shown = found.content.decode()

    assert "data-inspect>" in page.content.decode()
    assert "data-inspected" not in page.content.decode()
    assert last["inspect"] is True  # what it holds comes when it is wanted
    assert found.headers["Cache-Control"] == "no-store"
    assert "Bearer [the key search-prod]" in shown
    assert SECRET not in shown


@pytest.mark.django_db(transaction=True)
async def test_a_refusal_is_inspected_after_a_reload(ready: User) -> None:
    browser, turn = await browser_of(ready), uuid4()
    refusal = saying(429, {"error": "slow down"}, **{"x-request-id": "up-2"})
    with use_transport(refusal):
        await events_of(await browser.post(CHAT, prompt("one", answer=turn)))
        await kept()

    found = await browser.get(address(turn))
    shown = found.content.decode()

    assert "<dd>429</dd>" in shown
    assert "up-2" in shown


@pytest.mark.django_db
def test_the_end_of_an_answer_is_written_by_one_statement(sam: User) -> None:
    turn = traced_answer(sam)
    Turn.objects.update(state=TurnState.COMING, sealed_trace=None)

    with CaptureQueriesContext(connection) as queries:
        assert storing.end(turn.pk, ended(), contents.to_json(ended()))

    assert len(queries) == 1
    turn.refresh_from_db(fields=["sealed_trace"])
    assert traces.traced(turn, ended(trace=None)).trace == read_again(trace())


@pytest.mark.django_db
def test_a_trace_is_read_where_it_is_shown_alone(
    client_of: ClientOf, sam: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    turn = traced_answer(sam)
    browser = client_of(sam)
    pages = [reverse("playground:chat_kept", args=[turn.conversation_id])]
    pages += [reverse("playground:history") + "?q=bluebird"]

    with CaptureQueriesContext(connection) as queries:
        assert [browser.get(page).status_code for page in pages] == [200, 200]
    with django_assert_num_queries(3):  # the session, the person, the answer
        assert browser.get(address(turn.pk)).status_code == 200

    read = [(one["sql"] or "").partition(" FROM ")[0] for one in queries]
    assert any("sealed_content" in columns for columns in read)
    assert not any('"sealed_trace",' in columns for columns in read)


@pytest.mark.django_db
def test_an_answer_without_a_trace_has_nothing_to_inspect(
    client_of: ClientOf, sam: User
) -> None:
    conversation = conversation_of(sam, "Hello", "Hi")
    turn = conversation.turns.get(place=1)

    page = client_of(sam).get(reverse("playground:chat_kept", args=[conversation.pk]))

    assert "data-inspect hidden>" in page.text
    assert "data-inspect>" not in page.text
    assert client_of(sam).get(address(turn.pk)).status_code == 404


@pytest.mark.django_db
def test_an_answer_that_is_not_kept_yet_says_so(client_of: ClientOf, sam: User) -> None:
    turn = traced_answer(sam)
    Turn.objects.update(state=TurnState.COMING, sealed_trace=None)

    found = client_of(sam).get(address(turn.pk))

    assert found.status_code == 409
    assert found.headers["Content-Type"] == "text/plain"
    assert found.text == "This answer is not kept yet. Try again in a moment."


@pytest.mark.django_db
def test_a_trace_opens_beside_its_own_answer_alone(
    client_of: ClientOf, sam: User
) -> None:
    one, other = traced_answer(sam), traced_answer(sam)
    Turn.objects.filter(pk=other.pk).update(sealed_trace=one.sealed_trace)

    assert client_of(sam).get(address(other.pk)).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["ada", "olga", "fin", "mia"])
def test_nobody_else_inspects_an_answer_whatever_their_role(
    client_of: ClientOf, sam: User, request: pytest.FixtureRequest, who: str
) -> None:
    turn = traced_answer(sam)
    sharing.share(turn.conversation, days=7, actor=SYSTEM)

    browser = client_of(request.getfixturevalue(who))

    assert browser.get(address(turn.pk)).status_code == 404
    assert client_of(sam).get(address(turn.pk)).status_code == 200


@pytest.mark.django_db
def test_a_conversation_that_is_over_is_not_inspected(
    client_of: ClientOf, sam: User
) -> None:
    turn = traced_answer(sam)
    Conversation.objects.update(kept_until="2026-01-01T00:00Z")

    assert client_of(sam).get(address(turn.pk)).status_code == 404


@pytest.mark.django_db
def test_a_stranger_is_sent_to_sign_in_and_a_post_refused(
    client: Client, client_of: ClientOf, sam: User
) -> None:
    turn = traced_answer(sam)

    assert client.get(address(turn.pk)).status_code == 302
    assert client_of(sam).post(address(turn.pk)).status_code == 405


@pytest.mark.django_db
def test_copies_carry_no_trace(client_of: ClientOf, sam: User, ada: User) -> None:
    seen = trace(request_id="up-canary", key_label="canary-key")
    turn = traced_answer(sam, seen)
    assert "up-canary" in client_of(sam).get(address(turn.pk)).text

    copy = editing.duplicate(turn.conversation)
    share = sharing.share(turn.conversation, days=7, actor=SYSTEM)
    exported = json.dumps(files.to_json(turn.conversation))
    shared = client_of(ada).get(reverse("playground:shared", args=[link_of(share)]))

    assert not copy.turns.filter(sealed_trace__isnull=False).exists()
    assert "Bluebird" in shared.text
    for text in (exported, shared.text):
        assert "canary" not in text
        assert "data-inspect" not in text


@pytest.mark.django_db
def test_a_sealed_vault_is_said_where_the_inspector_would_be(
    client_of: ClientOf, sam: User, settings: Settings
) -> None:
    turn, browser = traced_answer(sam), client_of(sam)
    settings.KEK_FILE = settings.KEK_FILE.parent / "nothing"
    vault.forget()

    found = browser.get(address(turn.pk), headers={"HX-Request": "true"})

    assert found.status_code == 503
    assert found.text.lstrip().startswith('<div class="notice"')
    assert vault.state().sentence in found.text.replace("&#x27;", "'")
