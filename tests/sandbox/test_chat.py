"""Chat: what is answered, what limits it, how it is counted."""

import json
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Sandbox
from tests.sandbox.reading import events

PLAIN = "grok-4.20-0309-non-reasoning"
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def content(answer: httpx.Response) -> str:
    text: str = answer.json()["choices"][0]["message"]["content"]
    return text


def test_the_same_question_gives_the_same_answer(sandbox: Sandbox) -> None:
    first, again = sandbox.chat("What is a gate?"), sandbox.chat("What is a gate?")

    assert content(first) == content(again)
    assert first.json()["id"] != again.json()["id"]


def test_answers_vary_and_say_that_they_come_from_the_sandbox(
    sandbox: Sandbox,
) -> None:
    texts = {content(sandbox.chat(f"Question {n} on harbours")) for n in range(12)}

    assert len(texts) == 12
    assert all("sandbox" in text for text in texts)
    assert any("\n- " in text for text in texts)


def test_a_seed_changes_the_answer(sandbox: Sandbox) -> None:
    texts = {content(sandbox.chat("A seed", seed=seed)) for seed in range(5)}

    assert len(texts) > 1


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_limit_cuts_the_visible_answer_only(
    sandbox: Sandbox, name: str, stream: bool
) -> None:
    more: dict[str, Any] = {
        name: 3,
        "stream": stream,
        "stream_options": {"include_usage": True},
    }

    answer = sandbox.chat("Be long", **more)

    if stream:
        *_, last, final, done = events(answer)
        assert done == "[DONE]"
        finish, usage = last["choices"][0]["finish_reason"], final["usage"]
    else:
        finish = answer.json()["choices"][0]["finish_reason"]
        usage = answer.json()["usage"]
    assert finish == "length"
    assert usage["completion_tokens"] == 3
    assert usage["completion_tokens_details"]["reasoning_tokens"] > 3


@pytest.mark.parametrize(
    ("effort", "sentences"), [("none", 0), ("low", 1), ("medium", 2), ("high", 3)]
)
def test_effort_decides_how_much_is_reasoned(
    sandbox: Sandbox, effort: str, sentences: int
) -> None:
    answer = sandbox.chat("Think", reasoning_effort=effort).json()

    message = answer["choices"][0]["message"]
    assert message.get("reasoning_content", "").count(".") == sentences


def test_an_effort_out_of_reach_is_lowered(sandbox: Sandbox) -> None:
    high = sandbox.chat("Think", model="grok-4.5", reasoning_effort="high")
    xhigh = sandbox.chat("Think", model="grok-4.5", reasoning_effort="xhigh")

    reasoned = [
        answer.json()["usage"]["completion_tokens_details"] for answer in (high, xhigh)
    ]
    assert reasoned[0] == reasoned[1]


def test_a_model_that_does_not_reason_shows_none(sandbox: Sandbox) -> None:
    answer = sandbox.chat("Think", model=PLAIN).json()

    assert "reasoning_content" not in answer["choices"][0]["message"]
    assert answer["usage"]["completion_tokens_details"]["reasoning_tokens"] == 0


def test_a_stop_sequence_ends_the_answer(sandbox: Sandbox) -> None:
    whole = content(sandbox.chat("Stop here", model=PLAIN))

    cut = content(sandbox.chat("Stop here", model=PLAIN, stop=["sandbox"]))

    assert cut == whole[: whole.index("sandbox")]


def test_every_choice_is_billed_and_the_prompt_once(sandbox: Sandbox) -> None:
    one = sandbox.chat("Choices", n=1).json()
    three = sandbox.chat("Choices", n=3).json()

    texts = [choice["message"]["content"] for choice in three["choices"]]
    assert [choice["index"] for choice in three["choices"]] == [0, 1, 2]
    assert texts[0] == one["choices"][0]["message"]["content"]
    assert len(set(texts)) > 1
    assert three["usage"]["prompt_tokens"] == one["usage"]["prompt_tokens"]
    assert three["usage"]["completion_tokens"] > one["usage"]["completion_tokens"]


def test_the_beginning_of_a_prompt_is_cached_the_second_time(sandbox: Sandbox) -> None:
    long = {"role": "user", "content": "harbour " * 100}
    first = sandbox.chat(messages=[long]).json()["usage"]

    longer = [long, {"role": "assistant", "content": "Yes."}, long]
    second = sandbox.chat(messages=longer).json()["usage"]
    other_team = sandbox.chat(messages=[long], key="search-staging").json()["usage"]

    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    cached = second["prompt_tokens_details"]["cached_tokens"]
    assert first["prompt_tokens"] - 16 <= cached < first["prompt_tokens"]
    assert cached % 16 == 0
    assert other_team["prompt_tokens_details"]["cached_tokens"] == 0


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ],
    ids=["data", "address"],
)
def test_images_are_counted_where_a_model_sees_them(
    sandbox: Sandbox, part: dict[str, Any]
) -> None:
    parts = [{"type": "text", "text": "What is this?"}, part]
    messages = [{"role": "user", "content": parts}]

    seen = sandbox.chat(messages=messages)
    blind = sandbox.chat(messages=messages, model="grok-2")

    assert seen.json()["usage"]["prompt_tokens_details"]["image_tokens"] == 256
    assert blind.status_code == 400


def test_an_image_of_another_kind_is_refused(sandbox: Sandbox) -> None:
    part = {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}

    answer = sandbox.chat(messages=[{"role": "user", "content": [part]}])

    assert answer.status_code == 400


def test_a_retired_name_runs_and_is_billed_as_its_successor(sandbox: Sandbox) -> None:
    assert sandbox.chat(model="grok-4-0709").json()["model"] == "grok-4.3"


@pytest.mark.parametrize(
    ("wanted", "shape"),
    [
        ({"type": "json_object"}, {"answer": str, "sandbox": bool}),
        (
            {
                "type": "json_schema",
                "json_schema": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "city": {"type": "string"},
                            "ships": {"type": "array", "items": {"type": "integer"}},
                            "kind": {"enum": ["port", "pier"]},
                        },
                    }
                },
            },
            {"city": str, "ships": list, "kind": str},
        ),
    ],
    ids=["object", "schema"],
)
def test_json_is_answered_where_it_is_asked_for(
    sandbox: Sandbox, wanted: dict[str, Any], shape: dict[str, type]
) -> None:
    answer = json.loads(content(sandbox.chat(response_format=wanted)))

    assert {name: type(value) for name, value in answer.items()} == shape
