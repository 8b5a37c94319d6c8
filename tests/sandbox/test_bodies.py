"""Bodies that cannot be read, lack a field, or ask for what no model does."""

from typing import Any

import pytest

from tests.sandbox.conftest import Sandbox, chat_body

HI = [{"role": "user", "content": "Hi"}]
CHAT = "/v1/chat/completions"
PLAIN = "grok-4.20-0309-non-reasoning"


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        (CHAT, {"messages": HI}, "missing field `model`"),
        (CHAT, {"model": "grok-4.3"}, "missing field `messages`"),
        (CHAT, {"model": 3, "messages": HI}, "expected a string"),
        (CHAT, {"model": "grok-4.3", "messages": "Hi"}, "expected a sequence"),
        (CHAT, chat_body(max_tokens="9"), "expected an integer"),
        (CHAT, chat_body(max_tokens=True), "expected an integer"),
        (CHAT, chat_body(temperature="warm"), "expected a number"),
        (CHAT, chat_body(stream=1), "expected a boolean"),
        (CHAT, {"model": "grok-4.3", "messages": ["Hi"]}, "expected a map"),
        (
            CHAT,
            {"model": "grok-4.3", "messages": [{"role": "robot", "content": ""}]},
            "unknown variant `robot`",
        ),
        (CHAT, [], "expected a map"),
        ("/v1/messages", {"messages": HI, "model": "x"}, "missing field `max_tokens`"),
        ("/v1/messages", {"max_tokens": 1, "model": "x"}, "missing field `messages`"),
        ("/v1/messages", {"max_tokens": 1, "messages": HI}, "missing field `model`"),
        ("/v1/tokenize-text", {"model": "grok-4.3"}, "missing field `text`"),
        ("/v1/tokenize-text", {"text": "Hi"}, "missing field `model`"),
        ("/v1/completions", {"model": "grok-2"}, "missing field `prompt`"),
        ("/v1/completions", {"prompt": "Hi"}, "missing field `model`"),
        ("/v1/complete", {"prompt": "Hi", "model": "grok-2"}, "`max_tokens_to_sample`"),
    ],
)
def test_a_missing_or_mistyped_field_is_a_422_in_plain_text(
    sandbox: Sandbox, path: str, body: Any, problem: str
) -> None:
    answer = sandbox.post(path, body)

    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith("Failed to deserialize the JSON body")
    assert problem in answer.text
    assert "at line 1 column " in answer.text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"temperature": 2.1}, "temperature must be"),
        ({"temperature": -1}, "temperature must be"),
        ({"top_p": 1.5}, "topP must be"),
        ({"n": 0}, "n must be"),
        ({"max_tokens": 0}, "maxTokens must be"),
        ({"presence_penalty": 3}, "presencePenalty must be"),
        ({"presence_penalty": 1}, "does not support parameter presencePenalty"),
        ({"frequency_penalty": 1}, "does not support parameter frequencyPenalty"),
        ({"stop": ["x"]}, "does not support parameter stop"),
        ({"reasoning_effort": "extreme"}, "parameter reasoningEffort"),
        (
            {"model": "grok-4.20-0309-non-reasoning", "reasoning_effort": "low"},
            "Effort",
        ),
        ({"model": "grok-2", "stop": ["a", "b", "c", "d", "e"]}, "At most 4"),
        ({"messages": []}, "must not be empty"),
        ({"model": "grok-imagine-image"}, "does not generate text"),
        ({"deferred": True}, "deferred"),
        ({"tools": [{}] * 351}, "maximum of 350"),
        ({"response_format": {"type": "poem"}}, "responseFormat"),
    ],
)
def test_a_bad_value_is_a_400(
    sandbox: Sandbox, more: dict[str, Any], words: str
) -> None:
    answer = sandbox.chat(**more)

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid-argument"
    assert words in answer.json()["error"]


def test_live_search_is_gone(sandbox: Sandbox) -> None:
    assert sandbox.chat(search_parameters={"mode": "auto"}).status_code == 410


def test_a_prompt_beyond_the_context_names_both_numbers(sandbox: Sandbox) -> None:
    sandbox.control.change_model("grok-4.3", context_length=20)

    answer = sandbox.chat("one two three four five " * 10)

    assert answer.status_code == 400
    assert "maximum prompt length is 20 but" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/complete"])
def test_reasoning_models_refuse_the_legacy_routes(sandbox: Sandbox, path: str) -> None:
    body = {"model": "grok-4.3", "prompt": "Hi", "max_tokens_to_sample": 5}

    answer = sandbox.post(path, body)

    assert answer.status_code == 400
    assert "is not supported by" in answer.json()["error"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"", "", 415),
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"model": "\\ud800"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
    ],
    ids=["text", "no type", "half", "empty", "no utf-8", "half a character", "deep"],
)
def test_a_body_that_cannot_be_read_is_refused_in_plain_text(
    sandbox: Sandbox, content: bytes, kind: str, status: int
) -> None:
    headers = sandbox.auth() | ({"Content-Type": kind} if kind else {})

    answer = sandbox.http.post(CHAT, content=content, headers=headers)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "counted"])
def test_a_body_over_the_limit_is_a_413(sandbox: Sandbox, chunked: bool) -> None:
    sandbox.control.settings(max_body=1000)
    body = b'{"model": "' + b"x" * 1000 + b'"}'
    headers = sandbox.auth() | {"Content-Type": "application/json"}

    content = iter([body]) if chunked else body
    answer = sandbox.http.post(CHAT, content=content, headers=headers)

    assert answer.status_code == 413


def test_a_wrong_method_is_a_bare_405_and_a_wrong_path_a_bare_404(
    sandbox: Sandbox,
) -> None:
    method = sandbox.http.get(CHAT, headers=sandbox.auth())
    path = sandbox.http.get("/v1/nothing", headers=sandbox.auth())

    assert (method.status_code, method.content) == (405, b"")
    assert method.headers["allow"] == "POST"
    assert (path.status_code, path.content) == (404, b"")
