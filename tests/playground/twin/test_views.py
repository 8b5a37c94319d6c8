"""The page with a request in both dialects; it works without a script."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import User
from console.playground.images import MOST_IMAGES
from console.playground.snippets.asking import Asking, body_of, form_of
from console.playground.twin import forms
from console.usage.models import Endpoint, UsageRecord
from tests.people import ClientOf
from tests.playground.pictures import noise, url_of

URL = reverse("playground:twin")
CHAT = {
    "model": "grok-4.3",
    "messages": [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "Hi"},
    ],
    "max_tokens": 9,
}
MESSAGES = {
    "model": "grok-4.3",
    "max_tokens": 9,
    "system": "Be brief",
    "messages": [{"role": "user", "content": "Hi"}],
}


def made(answer: Any) -> Any:
    (found,) = re.findall(
        r'<pre[^>]*id="twin-made"[^>]*>(.*?)</pre>', answer.text, re.S
    )
    return json.loads(unescape(found))


def convert(browser: Client, dialect: str, body: object) -> Any:
    text = body if isinstance(body, str) else json.dumps(body, indent=2)
    return browser.post(URL, {"dialect": dialect, "body": text})


def test_shows_an_example_to_begin_with(client_of: ClientOf, sam: User) -> None:
    page = client_of(sam).get(URL)

    assert page.status_code == 200
    assert "An example" in page.text
    assert "Nothing converted yet" in page.text
    assert "deprecated" in page.text


@pytest.mark.parametrize(
    ("dialect", "body", "other"),
    [("chat", CHAT, MESSAGES), ("messages", MESSAGES, CHAT)],
)
def test_converts_either_way(
    client_of: ClientOf, sam: User, dialect: str, body: Any, other: Any
) -> None:
    answer = convert(client_of(sam), dialect, body)

    assert answer.status_code == 200
    assert made(answer) == other
    assert "Nothing is lost" in answer.text
    assert not UsageRecord.objects.exists()


def test_the_way_back_is_a_plain_form(client_of: ClientOf, sam: User) -> None:
    browser = client_of(sam)
    answer = convert(browser, "chat", CHAT)
    hidden = r'name="dialect" value="messages"><textarea name="body" hidden>\n(.*?)<'

    (body,) = re.findall(hidden, answer.text, re.S)

    assert made(convert(browser, "messages", unescape(body))) == CHAT


def test_says_in_words_what_has_no_counterpart(client_of: ClientOf, sam: User) -> None:
    answer = convert(client_of(sam), "chat", CHAT | {"seed": 7, "n": 2})

    assert "Messages has no seed" in answer.text
    assert "Messages gives one answer" in answer.text
    assert "Nothing is lost" not in answer.text


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ('{\n "model": }', "Line 2: "),
        ('{\n "model": "m",\n "messages": [{"role": "usr"}]}', "Line 3: "),
        ("[1]", "no JSON object"),
    ],
    ids=["syntax", "role", "list"],
)
def test_what_is_wrong_is_shown_at_its_line(
    client_of: ClientOf, sam: User, body: str, line: str
) -> None:
    answer = convert(client_of(sam), "chat", body)

    assert answer.status_code == 422
    assert line in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert unescape(answer.text).count(body.replace("\n", "\n")) == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"dialect": "chat"}, "Paste the JSON of a request."),
        ({"body": "{}"}, "Choose a dialect."),
        ({"dialect": "legacy", "body": "{}"}, "Select a valid choice."),
    ],
    ids=["no body", "no dialect", "odd dialect"],
)
def test_a_wrong_form_says_what_is_wrong(
    client_of: ClientOf, sam: User, data: dict[str, str], words: str
) -> None:
    answer = client_of(sam).post(URL, data)

    assert answer.status_code == 422
    assert words in answer.text


def test_a_request_that_is_too_large_is_refused(
    client_of: ClientOf, sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "LONGEST", 10)

    assert "larger than 18 MB" in convert(client_of(sam), "chat", CHAT).text


@pytest.mark.parametrize("endpoint", [Endpoint.CHAT, Endpoint.MESSAGES])
def test_takes_the_largest_request_of_the_playground(
    client_of: ClientOf, sam: User, endpoint: Endpoint
) -> None:
    image: dict[str, object] = {
        "type": "image_url",
        "image_url": {"url": url_of(noise((1_000, 1_000)))},
    }
    parts = [image] * MOST_IMAGES
    parts.append({"type": "text", "text": "\1" * (settings.LONGEST_PROMPT - 1000)})
    turns = json.dumps([{"role": "user", "content": parts}])
    asked = form_of(endpoint, {"model": "m", "max_tokens": "9", "turns": turns})
    assert asked.is_valid(), asked.errors
    text = Asking(endpoint, "", body_of(asked)).text

    answer = convert(client_of(sam), endpoint, text)

    assert answer.status_code == 200
    assert "Nothing is lost" in answer.text


def test_its_address_takes_more_than_its_form() -> None:
    around = 100_000  # of the other fields

    assert forms.LONGEST + around < settings.LARGER_BODIES[URL]


@pytest.mark.parametrize(
    ("text", "status"), [("x" * 300_000, 200), ("x" * (18 * forms.MIB), 422)]
)
def test_its_own_form_says_what_is_too_large(
    client_of: ClientOf, sam: User, text: str, status: int
) -> None:
    body = json.dumps(CHAT | {"messages": [{"role": "user", "content": text}]})

    answer = convert(client_of(sam), "chat", body)

    assert answer.status_code == status
    assert ("larger than 18 MB" in answer.text) is (status == 422)


def test_whatever_is_pasted_stays_text(client_of: ClientOf, sam: User) -> None:
    hostile = "</textarea></pre><script>alert(1)</script>"
    for body in (CHAT | {"model": hostile}, CHAT | {hostile: 1}, hostile):
        answer = convert(client_of(sam), "chat", body)

        assert "<script>" not in answer.text


def test_is_closed_to_strangers(client: Client) -> None:
    assert client.get(URL).status_code == 302
    assert client.post(URL, {"dialect": "chat", "body": "{}"}).status_code == 302
    assert client.put(URL).status_code in {302, 405}


def test_what_is_pasted_costs_no_query(
    client_of: ClientOf, sam: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = client_of(sam)
    browser.get(URL)

    with django_assert_num_queries(7):  # the frame of every page
        convert(browser, "chat", CHAT)
