"""A sentinel with a key of `team`, and an xAI that tokenizes as a test wishes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from console.accounts.models import User
from console.catalog import corpus
from console.catalog.models import LanguageModel
from console.finance.models import Sentinel
from console.finance.sentinel import running
from console.keys.models import ApiKey
from console.keys.upstream import use_transport
from tests.relay import stock

Answer = Callable[[str, str], httpx.Response]
TEXTS = len(corpus.texts())
LANGUAGES = {text.content: text.language for text in corpus.texts()}
LONG = timedelta(minutes=5)


def tokens(ids: list[Any]) -> httpx.Response:
    """Return an answer with these token ids."""
    rows = [{"token_id": n, "string_token": "a", "token_bytes": [97]} for n in ids]
    return httpx.Response(200, json={"token_ids": rows})


def by_word(model: str, text: str) -> httpx.Response:
    """Cut a text at its spaces."""
    return tokens([len(word) for word in text.split(" ")])


def by_four(model: str, text: str) -> httpx.Response:
    """Cut a text into pieces of four characters."""
    return tokens([ord(text[place]) for place in range(0, len(text), 4)])


class Tokenizer:
    """Answers /v1/tokenize-text; `answer` may be exchanged."""

    def __init__(self) -> None:
        self.answer: Answer = by_word
        self.asked: list[tuple[str, str]] = []  # model and language
        self.before: Callable[[], object] = lambda: None  # each answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.asked.append((body["model"], LANGUAGES[body["text"]]))
        self.before()
        return self.answer(body["model"], body["text"])


@pytest.fixture
def tokenizer() -> Iterator[Tokenizer]:
    made = Tokenizer()
    with use_transport(httpx.MockTransport(made)):
        yield made


@pytest.fixture
def grok(api_key: ApiKey) -> LanguageModel:
    """A model that the key sees."""
    model = stock.language_model()
    stock.price(model, api_key.team)
    stock.usable(api_key, model)
    return model


@pytest.fixture
def sentinel(api_key: ApiKey, grok: LanguageModel, ada: User) -> Sentinel:
    """The sentinel, switched on by ada and due."""
    return Sentinel.objects.create(
        key=api_key, person=ada, due_at=timezone.now() - timedelta(seconds=1)
    )


def look_now() -> bool:
    """Let another look be due, and a worker take a turn."""
    Sentinel.objects.update(due_at=timezone.now())
    return running.watch(time_limit=LONG)
