"""Refusals of xAI, and what we make of them."""

import pickle
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from console import xai
from console.xai import Cause, ChatRequest, XaiError, errors, redact
from tests.xai.answering import AUTH, KEY, Parts, always, blocking, waiting
from tests.xai.refusals import OLD_DENIED, TABLE, TEAM, flat

CHAT = ChatRequest(model="grok-4.3", messages=[{"role": "user", "content": "Hi"}])


async def refused(status: int, **content: Any) -> XaiError:
    """Return the error both clients raise for one answer."""
    content.setdefault("headers", {"x-request-id": "req-9"})
    answer = always(status, **content)
    with pytest.raises(XaiError) as one:
        blocking(answer).chat(CHAT, auth=AUTH)
    with pytest.raises(XaiError) as other:
        await waiting(answer).chat(CHAT, auth=AUTH)
    assert vars(one.value) == vars(other.value)
    return one.value


@pytest.mark.parametrize("name", TABLE)
async def test_judges_by_code_and_text(name: str) -> None:
    status, body, kind, cause = TABLE[name]

    error = await refused(status, text=body)

    assert (type(error), error.cause, error.status) == (kind, cause, status)
    assert error.request_id == "req-9"
    assert error.__context__ is None


@pytest.mark.parametrize("name", TABLE)
async def test_says_it_in_words_of_ours(name: str) -> None:
    status, body, _, cause = TABLE[name]

    error = await refused(status, text=body)

    assert str(error) == f"{errors.WORDS[cause]} ({status})"
    assert TEAM not in str(error)


def test_every_cause_has_words() -> None:
    assert set(errors.WORDS) == set(Cause)


def test_every_class_has_a_kind_of_its_own() -> None:
    kinds = [
        getattr(xai, name).kind
        for name in xai.__all__
        if isinstance(getattr(xai, name), type)
        and issubclass(getattr(xai, name), XaiError)
    ]

    assert len(set(kinds)) == len(kinds) == 11


def test_a_400_about_the_key_is_a_wrong_key_whatever_it_says() -> None:
    client = blocking(always(400, text="Bad Request"))

    with pytest.raises(xai.KeyRejected) as caught:
        client.key_info(auth=AUTH)

    assert caught.value.cause is Cause.WRONG_KEY


def test_a_404_without_words_about_a_model_is_a_missing_model() -> None:
    client = blocking(always(404))

    with pytest.raises(xai.ModelNotFound):
        client.language_model("grok-9", auth=AUTH)
    with pytest.raises(xai.ModelNotFound):
        client.model("grok-9", auth=AUTH)


@pytest.mark.parametrize("model_id", ["", ".", ".."])
def test_an_id_that_is_no_path_segment_is_never_sent(model_id: str) -> None:
    with pytest.raises(xai.ModelNotFound):
        blocking(always(200, json={"id": "x"})).model(model_id, auth=AUTH)


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("not-found", "not-found"),
        (429, "429"),
        (OLD_DENIED, OLD_DENIED),
        (KEY, None),
        ("a\nb", None),
        ("<b>", None),
        ("x" * 500, None),
        (None, None),
        (["a"], None),
    ],
    ids=repr,
)
async def test_keeps_only_codes_that_look_like_codes(code: Any, kept: str) -> None:
    assert (await refused(418, text=flat(code, "No."))).code == kept


async def test_keeps_the_tag_where_there_is_no_code() -> None:
    error = await refused(
        401, json={"error": "No. [WKE=unauthenticated:no-credentials]"}
    )

    assert error.code == "unauthenticated:no-credentials"


async def test_keeps_the_cost_of_a_refused_call() -> None:
    body = flat("invalid-argument", "No.", usage={"cost_in_usd_ticks": 500000000})

    error = await refused(400, text=body)

    assert error.usage is not None
    assert error.usage.cost_ticks == 500000000


async def test_shows_upstream_text_redacted_and_cut() -> None:
    text = f"Key {KEY} via Bearer {KEY[4:]} failed\n\x1b[31m" + "so " * 1000

    error = await refused(418, text=flat("x", text))

    assert error.upstream_text is not None
    assert len(error.upstream_text) == 500
    assert error.upstream_text.startswith("Key [redacted] via [redacted] failed [31mso")


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        KEY[4:],
        f"Bearer {KEY[:30]}",
        f"Authorization: Bearer {KEY}",
        f'{{"authorization": "Bearer {KEY}"}}',
        f"'authorization': b'Basic {'ab1/' * 60}'",
        "xvk_" + "a1" * 30,
        "QUJD" * 60,
    ],
)
def test_redacts_whatever_looks_like_a_key(text: str) -> None:
    shown = redact(f"before {text} after")

    assert KEY[4:20] not in shown
    assert "ab1/ab1/" not in shown
    assert "QUJDQUJD" not in shown
    assert "a1a1a1" not in shown
    assert shown.startswith("before ")


@pytest.mark.parametrize(
    "text", [f"team {TEAM}", "grok-4.20-multi-agent-0309", "xai-...b14o", "xai-a**b"]
)
def test_does_not_redact_what_names_things(text: str) -> None:
    assert redact(text) == text


def http_date(year: int) -> str:
    return format_datetime(datetime(year, 1, 1, tzinfo=UTC), usegmt=True)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        ("1.5", 1.5),
        ("0", 1),
        ("901", 900),
        ("9" * 300, 900),
        ("9" * 3000, None),
        (http_date(2020), 1),
        (http_date(2999), 900),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("1e3", None),
        ("soon", None),
        ("5, 10", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
async def test_reads_how_long_to_wait(header: str | None, seconds: float) -> None:
    headers = {} if header is None else {"retry-after": header.encode()}

    error = await refused(429, headers=headers)

    assert error.retry_after == seconds


@pytest.mark.parametrize("value", ["a b", "x" * 129, "<i>", ""])
async def test_keeps_only_request_ids_that_look_like_ids(value: str) -> None:
    error = await refused(429, headers={"x-request-id": value})

    assert error.request_id is None


def test_errors_travel_between_processes() -> None:
    error = xai.RateLimited(Cause.RATE_LIMIT, status=429, retry_after=3.0)

    copy = pickle.loads(pickle.dumps(error))

    assert (type(copy), vars(copy)) == (xai.RateLimited, vars(error))


def test_the_text_of_an_error_page_is_not_read_to_its_end() -> None:
    body = Parts(b"x" * 1024 for _ in range(10_000))

    with pytest.raises(xai.UpstreamDown):
        blocking(lambda request: httpx.Response(500, stream=body)).chat(CHAT, auth=AUTH)

    assert body.read < 100
    assert body.closed
