"""Request, response and events as text: shortened, and never with a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from console.playground.inspect import wire
from console.playground.inspect.showing import inspector
from console.relay.hearing import ToolCall
from console.relay.tracing import Moment
from tests.people import SECRET
from tests.playground.inspect.traces import asked, ended, trace


def body_in(text: str) -> Any:
    return json.loads(text.split("\n\n", 1)[1])


def test_the_request_has_the_label_of_its_key() -> None:
    text = wire.request_of(trace())

    assert text.startswith("POST https://api.x.ai/v1/chat/completions\n")
    assert "authorization: Bearer [the key search-prod]\n" in text
    assert body_in(text)["model"] == "grok-4.3"


def test_a_request_that_was_never_sent_is_empty() -> None:
    assert wire.request_of(trace(asked=None)) == ""


def test_long_texts_and_lists_are_cut_with_how_long_they_were() -> None:
    turns = [{"role": "user", "content": "x" * 5_000}] * 100

    shown = body_in(wire.request_of(trace(asked=asked({"messages": turns}))))

    assert len(shown["messages"]) == wire.LONGEST_LIST + 1
    assert shown["messages"][30] == "… 40 more …"
    assert shown["messages"][0]["content"].endswith("… (5,000 characters)")


def test_all_of_it_together_is_cut_too() -> None:
    fields = {str(number): "x" * 500 for number in range(1_000)}

    text = wire.request_of(trace(asked=asked(fields)))

    assert len(text) < wire.LONGEST + 1_000
    assert "the rest is not shown" in text


def test_a_body_that_is_no_json_is_not_shown() -> None:
    assert "no JSON object" in wire.request_of(trace(asked=asked(b"\xff")))


def test_the_response_is_put_together() -> None:
    text = wire.response_of(ended(reasoning="Hm"), trace())

    assert text.startswith("200\ncontent-type: text/event-stream\n\n")
    shown = body_in(text)
    assert (shown["model"], shown["finish"]) == ("grok-4.3", "stop")
    assert (shown["text"], shown["reasoning"]) == ("Hello", "Hm")
    assert shown["usage"]["reasoning_tokens"] == 146
    assert "audio_tokens" not in shown["usage"]


def test_all_of_a_response_is_there() -> None:
    call = ToolCall("weather", '{"city": "Oslo"}')

    shown = body_in(
        wire.response_of(ended(others=("Hi",), tool_calls=(call,)), trace())
    )

    assert shown["others"] == ["Hi"]
    assert shown["tool_calls"] == [{"name": "weather", "arguments": '{"city": "Oslo"}'}]


def test_no_answer_has_no_status() -> None:
    nothing = ended(text="", finish="", model="", usage=None)

    text = wire.response_of(nothing, trace(status=None, headers=()))

    assert text == "no answer\n\n{}"


@pytest.mark.parametrize(
    ("moment", "event"),
    [
        (Moment(0.12345, "text", "Hi"), [0.123, "text", "Hi"]),
        (Moment(1, "usage"), [1, "usage", ""]),
        (Moment(1, "text", "x" * 60), [1, "text", "x" * 48 + "…"]),
    ],
)
def test_an_event_is_one_line(moment: Moment, event: list[Any]) -> None:
    assert json.loads(wire.events_of(trace(first=(moment,)))) == [event]


def test_what_is_left_out_stands_between_the_ends() -> None:
    first, last = (Moment(1, "text", "a"),), (Moment(9, "usage"),)

    events = json.loads(wire.events_of(trace(first=first, last=last, left_out=1_234)))

    assert events == [[1, "text", "a"], [None, "1,234 more", ""], [9, "usage", ""]]


def test_no_secret_is_shown_wherever_it_came_from() -> None:
    """The canary: a stored secret in every place that xAI or a person can fill."""
    body = {"model": SECRET, "messages": [{"role": "user", "content": SECRET}]}
    leaking = ended(
        text=f"Your key is {SECRET}",
        reasoning=SECRET,
        finish=SECRET,
        model=SECRET,
        trace=trace(
            asked=asked(body, authorization=f"Bearer {SECRET}", cookie="a=b"),
            headers=(("x-ratelimit-key", SECRET),),
            first=(Moment(0, "text", SECRET), Moment(0, SECRET[:40])),
            counts=((SECRET[:40], 1),),
        ),
    )

    html = inspector(leaking)

    assert html
    assert SECRET not in html
    assert SECRET[4:30] not in html


def test_whatever_a_model_says_is_text() -> None:
    said = "</pre><script>alert(1)</script>"
    hostile = ended(
        text=said, model=said, trace=trace(first=(Moment(0, "text", said),))
    )

    html = inspector(hostile)

    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 3  # model, text, the event


def test_times_in_the_inspector() -> None:
    reused = inspector(ended(trace=trace(connected=0.0, reused=True)))
    silent = inspector(
        ended(
            trace=trace(connected=None, answered=None, first_token=None, request_id="")
        )
    )

    assert "over a connection that was open" in reused
    assert "<dt>Connected</dt><dd>not measured</dd>" in silent
    assert "<dt>First token</dt><dd>never</dd>" in silent
    assert "not told" in silent


def test_an_answer_without_a_trace_has_no_inspector() -> None:
    assert inspector(ended(trace=None)) == ""
