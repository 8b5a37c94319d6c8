"""What is kept of a conversation, and that a call is made once."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from console.accounts.models import User
from console.keys.upstream import use_transport
from console.lib.db import in_db
from console.playground import images, showing
from console.playground.conversations import contents, storing
from console.playground.models import Conversation, Turn, TurnState
from console.relay import pump as pumps
from console.relay.admission import admit
from console.usage.models import Endpoint, RecordState, UsageRecord
from tests.playground.inspect.traces import ended
from tests.playground.pictures import picture
from tests.playground.streams import CHAT, browser_of, events_of, prompt, ready
from tests.relay.upstream import Script, answer, chunk, saying, settled, streaming

__all__ = ["ready"]

pytestmark = pytest.mark.django_db(transaction=True)

SECRET_WORDS = "The merger is called Bluebird"


def turns_of(conversation: UUID) -> list[tuple[int, int, str, str, str]]:
    """Return place, lane, state, role and words of each turn."""
    found = Turn.objects.filter(conversation=conversation)
    return [
        (
            turn.place,
            turn.lane,
            turn.state,
            turn.role,
            contents.text_of(storing.open_turn(turn)),
        )
        for turn in found
    ]


async def kept() -> None:
    """Wait until no answer is being read, and so each is written down."""
    async with asyncio.timeout(10):
        while pumps._in_flight:  # noqa: ASYNC110  (nobody tells)
            await asyncio.sleep(0.01)


async def say(browser: Any, *said: str, replies: str = "Fine", **more: Any) -> None:
    with use_transport(streaming(Script(*answer(replies)))):
        await events_of(await browser.post(CHAT, prompt(*said, **more)))
        await kept()


async def test_keeps_the_prompt_and_the_answer(ready: User) -> None:
    browser, conversation, turn = await browser_of(ready), uuid4(), uuid4()
    more = {"conversation": conversation, "answer": turn, "temperature": "0.5"}

    await say(browser, "Hello\nthere", replies="Hi", **more)

    (row,) = await in_db(lambda: list(Conversation.objects.all()))
    assert await in_db(turns_of, conversation) == [
        (0, 0, "whole", "user", "Hello\nthere"),
        (1, 0, "whole", "assistant", "Hi"),
    ]
    assert (row.owner_id, row.endpoint, row.model) == (ready.pk, "chat", "grok-4.3")
    assert await in_db(storing.open_title, row) == "Hello"
    parameters = (await in_db(storing.parameters_of, row))["0"]
    assert parameters["temperature"] == ["0.5"]
    assert "turns" not in parameters
    record = await settled()
    stored = await in_db(Turn.objects.get, pk=turn)
    assert (stored.record_id, stored.finish) == (record.pk, "stop")


async def test_nothing_that_was_said_can_be_read_in_the_database(ready: User) -> None:
    browser = await browser_of(ready)
    words = {"system": SECRET_WORDS}

    await say(browser, SECRET_WORDS, replies=SECRET_WORDS, **words)

    def all_columns() -> str:
        with connection.cursor() as cursor:
            texts = []
            for table in ("conversation", "turn", "share"):
                cursor.execute(f"SELECT * FROM playground_{table}")
                texts += [
                    bytes(value) if isinstance(value, memoryview) else str(value)
                    for row in cursor.fetchall()
                    for value in row
                ]
        return repr(texts)

    columns = await in_db(all_columns)
    assert len(columns) > 500
    assert "Bluebird" not in columns
    assert "merger" not in columns


async def test_a_sealed_text_opens_in_its_own_row_alone(ready: User) -> None:
    browser = await browser_of(ready)
    await say(browser, "one")
    first, second = await in_db(lambda: list(Turn.objects.all()))

    second.sealed_content = first.sealed_content

    assert await in_db(storing.open_turn, second) == {"content": ""}


@pytest.mark.parametrize(
    ("again", "left"),
    [
        pytest.param(
            ("one", "Fine", "two", "Fine", "three"),
            ["one", "Fine", "two", "Fine", "three", "New"],
            id="the next turn",
        ),
        pytest.param(
            ("one", "Fine", "two"), ["one", "Fine", "two", "New"], id="another try"
        ),
        pytest.param(
            ("one", "Fine", "2"), ["one", "Fine", "2", "New"], id="the last one edited"
        ),
        pytest.param(("1",), ["1", "New"], id="the first one edited"),
        pytest.param(
            ("one", "", "two", "", "three"),
            ["one", "Fine", "two", "Fine", "three", "New"],
            id="answers of which the page has no words",
        ),
        pytest.param(
            ("one", "Not fine", "two"),
            ["one", "Not fine", "two", "New"],
            id="an answer that the page had otherwise",
        ),
    ],
)
async def test_what_is_stored_follows_the_page(
    ready: User, again: tuple[str, ...], left: list[str]
) -> None:
    browser, conversation = await browser_of(ready), uuid4()
    await say(browser, "one", conversation=conversation)
    await say(browser, "one", "Fine", "two", conversation=conversation)

    await say(browser, *again, replies="New", conversation=conversation, replaces="on")

    turns = await in_db(turns_of, conversation)
    assert [turn[-1] for turn in turns] == left
    assert [turn[0] for turn in turns] == [*range(len(left))]


async def test_lanes_stand_side_by_side(ready: User) -> None:
    browser, conversation = await browser_of(ready), uuid4()
    for lane in range(4):
        reply = f"from {lane}"
        await say(browser, "one", replies=reply, conversation=conversation, lane=lane)

    more = {"conversation": conversation, "lane": 2}
    await say(browser, "one", replies="again", replaces="on", **more)
    before = await in_db(turns_of, conversation)
    await say(browser, "one", "again", "two", replies="on", **more)

    assert [turn[1:2] + turn[-1:] for turn in before] == [
        *((0, "one"), (0, "from 0"), (1, "from 1"), (2, "again"), (3, "from 3"))
    ]
    after = await in_db(turns_of, conversation)
    assert after[:5] == before
    assert [turn[-1] for turn in after[5:]] == ["two", "on"]


async def test_what_a_lane_goes_on_with_is_kept_in_the_lane_that_said_it(
    ready: User,
) -> None:
    browser, conversation = await browser_of(ready), uuid4()
    there: dict[str, Any] = {"conversation": conversation}
    await say(browser, "one", replies="from 1", lane=1, **there)

    await say(browser, "one", "from 1", "two", replies="of 0", lane=0, **there)
    await say(browser, "one", "from 1", "two", replies="of 1", lane=1, **there)
    await say(browser, "one", "from 1", "two", "of 0", "end", lane=0, **there)

    assert [turn[:2] + turn[-1:] for turn in await in_db(turns_of, conversation)] == [
        *((0, 0, "one"), (1, 1, "from 1"), (2, 0, "two"), (3, 0, "of 0")),
        *((3, 1, "of 1"), (4, 0, "end"), (5, 0, "Fine")),
    ]


async def test_a_lane_that_failed_keeps_that_it_did(ready: User) -> None:
    browser, conversation = await browser_of(ready), uuid4()
    there: dict[str, Any] = {"conversation": conversation}
    await say(browser, "one", replies="from 0", lane=0, **there)
    with use_transport(saying(503, {"error": "down"})):
        await events_of(await browser.post(CHAT, prompt("one", lane=1, **there)))
        await kept()

    await say(browser, "one", "from 0", "two", replies="on", lane=1, **there)

    assert [turn[1:3] + turn[-1:] for turn in await in_db(turns_of, conversation)] == [
        *((0, "whole", "one"), (0, "whole", "from 0"), (1, "failed", "")),
        *((0, "whole", "two"), (1, "whole", "on")),
    ]


async def test_a_page_that_does_not_know_how_it_went_on_takes_nothing_away(
    ready: User,
) -> None:
    browser, conversation = await browser_of(ready), uuid4()
    there: dict[str, Any] = {"conversation": conversation}
    await say(browser, "One", replies="First", **there)
    await say(browser, "One", "First", "In this tab", replies="Second", **there)
    before = await in_db(turns_of, conversation)

    other = prompt("One", "First", "In the other tab", **there)
    stale = await browser.post(CHAT, other)
    shorter = await browser.post(CHAT, prompt("One again", **there))

    assert (stale.status_code, shorter.status_code) == (409, 409)
    assert "went on in another tab" in stale.content.decode()
    assert await in_db(turns_of, conversation) == before
    assert await in_db(UsageRecord.objects.count) == 2
    await say(browser, "One", "First", "Edited", replaces="on", **there)
    assert [words for *_, words in await in_db(turns_of, conversation)] == [
        *("One", "First", "Edited", "Fine")
    ]


async def test_images_are_never_kept_and_may_be_sent_again(ready: User) -> None:
    browser, conversation = await browser_of(ready), uuid4()
    image = {"type": "image_url", "image_url": {"url": images.drawn(picture()).url}}
    shown: list[dict[str, Any]] = [
        {"role": "user", "content": [image, {"type": "text", "text": "What is it?"}]}
    ]

    await say(browser, conversation=conversation, turns=json.dumps(shown))
    first = await in_db(lambda: list(Turn.objects.values_list("pk", flat=True)))
    shown += [
        {"role": "assistant", "content": "Fine"},
        {"role": "user", "content": "Sure?"},
    ]
    await say(browser, conversation=conversation, turns=json.dumps(shown))

    kept_now = await in_db(lambda: list(Turn.objects.all()))
    contents_kept = [json.dumps(await in_db(storing.open_turn, t)) for t in kept_now]
    assert "data:image" not in "".join(contents_kept)
    assert [turn.pk for turn in kept_now][:2] == first
    assert (await in_db(turns_of, conversation))[0][4] == (
        "[image, not kept]\n\nWhat is it?"
    )
    page = (await browser.get(f"/playground/chat/{conversation}/")).content.decode()
    assert page.count("Images are not kept.") == 1
    assert "in place of the image: add it to your next prompt" in page


async def test_json_and_other_answers_are_shown_again_as_they_came(
    ready: User,
) -> None:
    browser, conversation = await browser_of(ready), uuid4()
    more = {"conversation": conversation, "response_format": "json_object", "n": 2}

    second = {"index": 1, "delta": {"content": "no JSON"}}
    parts = [*answer('{"a": 1}')[:1], chunk(choices=[second]), *answer()]
    with use_transport(streaming(Script(*parts))):
        told = await events_of(await browser.post(CHAT, prompt("Hello", **more)))
        await kept()

    url = reverse("playground:chat_kept", args=[conversation])
    page = (await browser.get(url)).content.decode()
    came = told[-1][1]["html"]
    assert "A JSON object" in came
    assert "Answer 2 of 2" in came
    assert came.strip() in page


async def test_a_fifth_lane_is_refused(ready: User) -> None:
    browser = await browser_of(ready)

    response = await browser.post(CHAT, prompt("one", lane=4))

    assert response.status_code == 422
    assert not await in_db(UsageRecord.objects.exists)


async def test_asking_twice_is_one_call(ready: User) -> None:
    browser = await browser_of(ready)
    more: dict[str, Any] = {"conversation": uuid4(), "answer": uuid4()}
    gate = asyncio.Event()
    script = Script(chunk("Hel"), gate.wait, *answer("lo"))

    with use_transport(streaming(script)):
        first, second = await asyncio.gather(
            browser.post(CHAT, prompt("one", **more)),
            browser.post(CHAT, prompt("one", **more)),
        )
        reading = [asyncio.create_task(events_of(one)) for one in (first, second)]
        gate.set()
        heard = [await one for one in reading]
        await kept()
        third = await events_of(await browser.post(CHAT, prompt("one", **more)))

    record = await settled()  # there is one
    assert record.cost_ticks == 4_121_500
    starts = [events[0][1] for events in (*heard, third)]
    assert (
        starts
        == [{"record": str(record.pk), "key": "search-prod", "team": "Search"}] * 3
    )
    lasts = [events[-1] for events in (*heard, third)]
    assert {name for name, _ in lasts} == {"done"}
    assert {last["text"] for _, last in lasts} == {"Hello"}
    assert all("$0.000412" in last["meter"] for _, last in lasts)


async def test_a_refused_prompt_is_not_kept(mia: User) -> None:
    browser = await browser_of(mia)

    response = await browser.post(CHAT, prompt("one"))

    assert response.status_code == 403
    assert not await in_db(Conversation.objects.exists)


async def test_what_was_never_sent_may_be_asked_again(ready: User) -> None:
    browser = await browser_of(ready)
    more: dict[str, Any] = {"conversation": uuid4(), "answer": uuid4()}

    response = await browser.post(CHAT, prompt("one", **more))
    await in_db(response.close)
    await say(browser, "one", **more)

    states = await in_db(lambda: [*UsageRecord.objects.values_list("state", flat=True)])
    assert sorted(states) == [RecordState.RELEASED, RecordState.SETTLED]
    assert len(await in_db(turns_of, more["conversation"])) == 2


@pytest.mark.parametrize("field", ["conversation", "answer"])
async def test_nobody_adds_to_what_another_said(
    ready: User, ada: User, field: str
) -> None:
    more: dict[str, Any] = {"conversation": uuid4(), "answer": uuid4()}
    await say(await browser_of(ready), "one", **more)
    theirs = await browser_of(ada)

    response = await theirs.post(CHAT, prompt("one", **{field: more[field]}))

    assert response.status_code == 409
    assert "cannot be added to" in response.content.decode()
    assert await in_db(UsageRecord.objects.count) == 1


async def test_what_xai_refuses_is_kept_with_the_reason(ready: User) -> None:
    browser, turn = await browser_of(ready), uuid4()

    with use_transport(saying(503, {"error": "down"})):
        await events_of(await browser.post(CHAT, prompt("one", answer=turn)))
        await kept()

    stored = await in_db(storing.answers().get, pk=turn)
    ended = contents.from_json(await in_db(storing.open_turn, stored), stored.record)
    assert stored.state == TurnState.FAILED
    assert ended.problem
    assert ended.problem.sentence == "xAI has trouble."


async def test_without_days_nothing_is_kept(ready: User, settings: Settings) -> None:
    settings.CONVERSATION_DAYS = 0
    browser = await browser_of(ready)

    await say(browser, "one", conversation=uuid4(), answer=uuid4())

    assert (await settled()).cost_ticks == 4_121_500
    assert not await in_db(Conversation.objects.exists)


def test_the_meter_of_what_is_kept_is_that_of_the_answer() -> None:
    told = ended(cost=None, reasoning="Hm")

    again = contents.from_json(json.loads(json.dumps(contents.to_json(told))), None)

    assert "tokens/s" in showing.meter(told)
    assert showing.meter(again) == showing.meter(told)


async def test_each_answer_is_shown_with_what_it_was_asked_with(ready: User) -> None:
    browser, conversation = await browser_of(ready), uuid4()
    said = (["one"], ["one", "Fine", "two"])
    for turns, warm in zip(said, ("0.1", "0.9"), strict=True):
        await say(browser, *turns, conversation=conversation, temperature=warm)

    page = await browser.get(
        reverse("playground:chat_kept", kwargs={"conversation_id": conversation})
    )

    asked = re.findall(r'data-asked="([^"]*)"', page.content.decode())
    fields = [json.loads(unescape(one)) for one in asked]
    assert [one["temperature"] for one in fields] == [["0.1"], ["0.9"]]
    assert {*fields[0]} == {"model", "max_tokens", "temperature"}


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Hello", "Hello"),
        ("  \n  Hello   there  \nmore", "Hello there"),
        ("x" * 100, "x" * 79 + "…"),
        ([{"type": "image"}, {"type": "text", "text": "What is it?"}], "What is it?"),
        ([{"type": "image"}], "Untitled"),
    ],
)
def test_a_title_is_the_first_line(said: object, title: str) -> None:
    assert contents.title_of([{"role": "user", "content": said}]) == title


@pytest.mark.parametrize("number", [1, 41])
def test_keeping_a_prompt_costs_as_many_queries_however_long_the_conversation(
    ready: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    said = [
        {"role": ("user", "assistant")[at % 2], "content": "words"}
        for at in range(number)
    ]
    call = admit(
        user=ready,
        endpoint=Endpoint.CHAT,
        model="grok-4.3",
        prompt_bytes=9,
        max_tokens=9,
    )
    first = storing.Asked(
        owner=ready,
        conversation_id=uuid4(),
        answer_id=uuid4(),
        lane=0,
        endpoint=Endpoint.CHAT,
        model="grok-4.3",
        turns=said,
        parameters={"temperature": ["0.5"]},
    )
    again = replace(first, answer_id=uuid4(), model="grok-4.20", replaces=True)
    changed = replace(again, answer_id=uuid4(), parameters={})

    with django_assert_num_queries(2 + 2):  # begin and commit, in all of them
        storing.begin(first, lambda: call)
    with django_assert_num_queries(2 + 4):
        storing.begin(again, lambda: call)
    with django_assert_num_queries(2 + 5):
        storing.begin(changed, lambda: call)

    kept_now = Conversation.objects.get(pk=first.conversation_id)
    assert kept_now.model == "grok-4.20"
    assert kept_now.kept_until > kept_now.updated_at > kept_now.created_at
    assert storing.parameters_of(kept_now) == {"0": {}}
    assert kept_now.turns.count() == number + 1


async def test_an_answer_is_not_asked_for_again_from_another_conversation(
    ready: User,
) -> None:
    browser, turn = await browser_of(ready), uuid4()
    await say(browser, "one", answer=turn, conversation=uuid4())

    more = {"answer": turn, "conversation": uuid4()}
    again = await events_of(await browser.post(CHAT, prompt("one", **more)))

    assert again[-1][1]["text"] == "Fine"
    assert (await settled()).cost_ticks == 4_121_500  # of the only record
    assert await in_db(Conversation.objects.count) == 1
