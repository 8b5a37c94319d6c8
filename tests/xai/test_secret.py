"""A secret cannot be shown by accident, whatever goes wrong."""

import copy
import io
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.xai import BadSecret, Secret, XaiAuth, XaiClient, XaiError
from tests.xai.answering import AUTH, BASE, KEY, no_sleep

SECRET = Secret.parse(KEY)


def test_reveals_its_characters_on_request_only() -> None:
    assert SECRET.reveal() == KEY
    assert SECRET.last_four == KEY[-4:]
    assert repr(SECRET) == "<Secret>"


def test_spaces_around_a_key_are_dropped() -> None:
    assert Secret.parse(f"\n  {KEY}\t").reveal() == KEY


FORBIDDEN: dict[str, Callable[[Any], Any]] = {
    "str": str,
    "f-string": lambda secret: f"{secret}",
    "f-string with a conversion": lambda secret: f"{secret!s}",
    "percent": lambda secret: "%s" % secret,  # noqa: UP031
    "format": "{}".format,
    "print": lambda secret: print(secret, file=io.StringIO()),
    "join": lambda secret: "".join([secret]),
    "bytes": bytes,
    "len": len,
    "bool": bool,
    "iterate": list,
    "index": lambda secret: secret[0],
    "add": lambda secret: secret + "",
    "contains": lambda secret: "x" in secret,
    "equal": lambda secret: secret == KEY,
    "not equal": lambda secret: secret != KEY,
    "less": lambda secret: secret < KEY,
    "sort": lambda secret: sorted([secret, Secret.parse(KEY)]),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": pickle.dumps,
    "pickle 2": lambda secret: pickle.dumps(secret, protocol=2),
    "json": json.dumps,
    "make": lambda secret: Secret(),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_nothing_else_can_be_done_with_it(name: str) -> None:
    with pytest.raises(TypeError) as caught:
        FORBIDDEN[name](SECRET)

    assert KEY not in str(caught.value)


def test_it_has_no_attributes_to_list_and_does_not_change() -> None:
    with pytest.raises(TypeError):
        vars(SECRET)
    with pytest.raises(AttributeError):
        SECRET._text = "xai-other"


def test_hashes_tell_nothing_of_the_text() -> None:
    assert hash(SECRET) != hash(Secret.parse(KEY))


BAD = {
    "empty": "",
    "no prefix": "A" * 84,
    "short": "xai-abc",
    "long": "xai-" + "a" * 201,
    "line break": KEY[:40] + "\n" + KEY[40:],
    "carriage return": KEY[:40] + "\r" + KEY[40:],
    "header": f"{KEY}\r\nX-Other: 1",
    "NUL": KEY + "\0",
    "zero width": KEY + "\u200b",
    "right to left": "\u202e" + KEY,
    "two keys": f"{KEY} {KEY}",
    "quotes": f'"{KEY}"',
    "emoji": KEY + "🔑",
    "other digits": "xai-" + "٣" * 40,
    "capital prefix": KEY.replace("xai", "XAI"),
    "a megabyte": KEY * 12_000,
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_key_is_refused_without_repeating_it(name: str) -> None:
    with pytest.raises(BadSecret) as caught:
        Secret.parse(BAD[name])

    assert "AB" not in str(caught.value)
    assert str(caught.value).startswith("An xAI key is")
    assert caught.value.__context__ is None
    last = list(traceback.walk_tb(caught.value.__traceback__))[-1][0]
    assert "text" not in last.f_locals


@given(st.text())
def test_any_text_is_a_key_or_a_bad_secret(text: str) -> None:
    try:
        revealed = Secret.parse(text).reveal()
    except BadSecret:
        return
    assert revealed == text.strip()


def test_the_gate_stands_at_the_header_as_well() -> None:
    forged = Secret.__new__(Secret)
    object.__setattr__(forged, "_text", f"{KEY}\nX-Other: 1")

    with pytest.raises(BadSecret) as caught:
        XaiAuth(forged)

    assert KEY not in str(caught.value)


def test_auth_shows_and_stores_nothing() -> None:
    assert KEY not in repr(AUTH)
    for store in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            store(AUTH)


def everything_in(error: BaseException) -> str:
    """Return what an error report with all variables of all frames would print."""
    seen = ["".join(traceback.format_exception(error)), repr(vars(error))]
    chain: list[BaseException | None] = [error, error.__cause__, error.__context__]
    for link in filter(None, chain):
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if "/tests/" not in frame.f_code.co_filename:
                seen.extend(repr(value) for value in frame.f_locals.values())
    return "\n".join(seen)


def echo(request: httpx.Request) -> httpx.Response:
    """Answer as an upstream that repeats the key in its error."""
    return httpx.Response(403, text=request.headers["authorization"])


def break_line(request: httpx.Request) -> httpx.Response:
    value = request.headers["authorization"]
    raise httpx.LocalProtocolError(f"Illegal header value {value!r}")


@pytest.mark.parametrize("answer", [echo, break_line])
def test_what_others_say_about_the_key_is_not_passed_on(
    answer: Callable[[httpx.Request], httpx.Response], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    transport = httpx.MockTransport(answer)
    client = XaiClient(BASE, transport=transport, sleep=no_sleep)

    with pytest.raises(XaiError) as caught:
        client.key_info(auth=AUTH)
    logging.getLogger("test").exception("It failed", exc_info=caught.value)

    assert KEY[4:] not in everything_in(caught.value)
    assert KEY[4:] not in caplog.text
