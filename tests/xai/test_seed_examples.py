"""The ten endpoints of the base document: requests to the letter, answers read."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from console.xai import (
    ChatRequest,
    CompleteRequest,
    CompletionRequest,
    MessagesRequest,
    Secret,
    TokenizeRequest,
    Usage,
    XaiAuth,
)
from tests.xai.answering import AUTH, KEY, SEED, Upstream, blocking, waiting

MODEL = "grok-2-latest"
CHAT = ChatRequest(
    model=MODEL,
    messages=(
        {"role": "system", "content": "You're an assistant"},
        {"role": "user", "content": "Hi"},
    ),
)
MESSAGES = MessagesRequest(
    model=MODEL, max_tokens=32, messages=[{"role": "user", "content": "Hello, world"}]
)
TOKENIZE = TokenizeRequest(model=MODEL, text="Hello world!")
COMPLETION = CompletionRequest(model=MODEL, prompt="1, 2, 3, 4, ", max_tokens=3)
COMPLETE = CompleteRequest(
    model=MODEL,
    prompt="\n\nHuman: Hello, how are you?\n\nAssistant:",
    max_tokens_to_sample=8,
    temperature=0.1,
)

CALLS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "POST /v1/chat/completions": ("chat", (CHAT,)),
    "POST /v1/messages": ("messages", (MESSAGES,)),
    "GET /v1/api-key": ("key_info", ()),
    "GET /v1/models": ("models", ()),
    "GET /v1/models/{model_id}": ("model", (MODEL,)),
    "GET /v1/language-models": ("language_models", ()),
    "GET /v1/language-models/{model_id}": ("language_model", (MODEL,)),
    "POST /v1/tokenize-text": ("tokenize", (TOKENIZE,)),
    "POST /v1/completions": ("completions", (COMPLETION,)),
    "POST /v1/complete": ("complete", (COMPLETE,)),
}


def answered(endpoint: str) -> Any:
    """Return what the client makes of the example answer of one endpoint."""
    method, arguments = CALLS[endpoint]
    example = httpx.Response(
        200, json=SEED[endpoint]["response"], headers={"x-request-id": "req-1"}
    )
    client = blocking(lambda request: example)
    return getattr(client, method)(*arguments, auth=AUTH)


def test_all_ten_endpoints_are_called() -> None:
    assert set(CALLS) == set(SEED)


@pytest.mark.parametrize("endpoint", CALLS)
async def test_both_clients_send_the_example_and_keep_the_answer(endpoint: str) -> None:
    method, arguments = CALLS[endpoint]
    upstream = Upstream(httpx.Response(200, json=SEED[endpoint]["response"]))

    one = getattr(blocking(upstream), method)(*arguments, auth=AUTH)
    other = await getattr(waiting(upstream), method)(*arguments, auth=AUTH)

    assert one == other
    assert one.raw == SEED[endpoint]["response"]
    for request in upstream.requests:
        verb, path = endpoint.replace("{model_id}", MODEL).split()
        assert (request.method, request.url.path) == (verb, path)
        body = json.loads(request.content) if request.content else None
        assert body == SEED[endpoint].get("request")


@pytest.mark.parametrize("endpoint", CALLS)
def test_the_headers_are_ours_and_no_others(endpoint: str) -> None:
    method, arguments = CALLS[endpoint]
    upstream = Upstream(
        httpx.Response(
            200, json=SEED[endpoint]["response"], headers={"set-cookie": "a=b"}
        )
    )
    client = blocking(upstream)

    getattr(client, method)(*arguments, auth=AUTH)
    getattr(client, method)(*arguments, auth=AUTH)

    for request in upstream.requests:
        expected = {"host", "accept", "accept-encoding", "user-agent"}
        expected |= {"authorization", "x-client-request-id"}
        if request.method == "POST":
            expected |= {"content-type", "content-length"}
        assert set(request.headers) == expected
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert request.headers["accept-encoding"] == "identity"
    ids = {request.headers["x-client-request-id"] for request in upstream.requests}
    assert len(ids) == 2


def test_reads_a_key() -> None:
    info = answered("GET /v1/api-key")

    assert info.api_key_id == "ae1e1841-4326-4b36-a8a9-8a1a7237db11"
    assert info.create_time == datetime(2024, 1, 1, 12, 55, 18, 139305, UTC)
    assert info.acls == ("api-key:model:*", "api-key:endpoint:*")
    assert (info.team_blocked, info.api_key_blocked, info.api_key_disabled) == (
        False,
        False,
        False,
    )
    assert info.odd == ()
    assert info.request_id == "req-1"


def test_reads_prices_and_leaves_unknown_ones_unknown() -> None:
    plain, vision = answered("GET /v1/language-models").models

    assert plain.prompt_text_token_price == 20000
    assert plain.prompt_image_token_price == 0
    assert plain.cached_prompt_text_token_price is None
    assert plain.aliases == ("grok-2", "grok-2-latest")
    assert vision.input_modalities == ("text", "image")


def test_reads_a_model_of_either_route() -> None:
    assert answered("GET /v1/models/{model_id}").created == 1726444800
    assert answered("GET /v1/language-models/{model_id}").fingerprint is None
    assert [model.id for model in answered("GET /v1/models").models] == [
        "grok-2-1212",
        "grok-2-vision-1212",
    ]


def test_reads_generated_answers() -> None:
    chat = answered("POST /v1/chat/completions")
    message = answered("POST /v1/messages")
    completion = answered("POST /v1/completions")
    legacy = answered("POST /v1/complete")

    assert chat.text == message.text == "Hello! How can I assist you today?"
    assert chat.choices[0].finish_reason == "stop"
    assert chat.usage == Usage(
        prompt_tokens=15,
        cached_tokens=0,
        text_tokens=15,
        image_tokens=0,
        completion_tokens=10,
        total_tokens=25,
    )
    assert message.usage == Usage(
        prompt_tokens=9, cached_tokens=0, completion_tokens=10, total_tokens=19
    )
    assert completion.choices[0].text == "5, "
    assert legacy.completion == "Hello there! I'm Grok"


def test_reads_tokens_with_their_bytes() -> None:
    tokens = answered("POST /v1/tokenize-text").tokens

    assert [token.token_id for token in tokens] == [13902, 1749, 161]
    assert b"".join(token.token_bytes for token in tokens) == b"Hello world!"


def test_a_model_id_is_one_path_segment() -> None:
    upstream = Upstream(httpx.Response(200, json={"id": "a"}))

    blocking(upstream).model("a/../b c?d#e", auth=AUTH)

    path = upstream.requests[0].url.raw_path
    assert path == b"/v1/models/a%2F..%2Fb%20c%3Fd%23e"


def test_every_field_of_a_request_is_sent_when_set() -> None:
    request = ChatRequest(
        model="m", messages=[], stop=("a", "b"), temperature=0.0, logprobs=False
    )

    assert request.to_json() == {
        "model": "m",
        "messages": [],
        "stop": ["a", "b"],
        "temperature": 0.0,
        "logprobs": False,
    }


def test_two_keys_never_share_a_header() -> None:
    other = XaiAuth(Secret.parse("xai-" + "z" * 80))
    upstream = Upstream(httpx.Response(200, json=SEED["GET /v1/api-key"]["response"]))
    client = blocking(upstream)

    client.key_info(auth=AUTH)
    client.key_info(auth=other)

    sent = [request.headers["authorization"] for request in upstream.requests]
    assert sent == [f"Bearer {KEY}", "Bearer xai-" + "z" * 80]
