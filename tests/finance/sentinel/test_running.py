"""A worker's turn: what it asks, what it books, what it records, what stops it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.accounts.models import Team, User
from console.alerts.models import Incident
from console.audit.actors import SYSTEM
from console.catalog import corpus
from console.catalog.models import (
    CatalogChange,
    LanguageModel,
    PriceVersion,
    TokenizerReading,
)
from console.finance.models import Sentinel
from console.finance.sentinel import running, turns
from console.finance.tasks import watch_tokenizers
from console.keys import custody
from console.keys.models import ApiKey, KeyModel, KeyState
from console.usage.models import ChangeEffect, Endpoint, RecordState, UsageRecord
from tests.finance.sentinel.conftest import (
    LONG,
    TEXTS,
    Tokenizer,
    by_four,
    by_word,
    look_now,
    tokens,
)
from tests.relay import stock

pytestmark = pytest.mark.django_db


def watch() -> bool:
    return running.watch(time_limit=LONG)


def the_row() -> Sentinel:
    return Sentinel.objects.get()


def test_reads_the_whole_corpus_and_books_every_call(
    sentinel: Sentinel, grok: LanguageModel, tokenizer: Tokenizer, ada: User
) -> None:
    assert watch() is False

    assert tokenizer.asked == [(stock.GROK, language) for language in corpus.NAMES]
    rows = TokenizerReading.objects.filter(model=grok, team=sentinel.key.team)
    assert {row.language for row in rows} == set(corpus.NAMES)
    english = corpus.texts()[0]
    row = rows.get(language="en")
    assert row.tokens == len(english.content.split(" "))
    assert row.characters == len(english.content)
    assert (row.corpus, len(row.ids_digest)) == (corpus.VERSION, 64)
    records = UsageRecord.objects.all()
    assert len(records) == TEXTS
    assert {record.state for record in records} == {RecordState.SETTLED}
    assert {record.endpoint for record in records} == {Endpoint.TOKENIZE}
    assert {record.cost_ticks for record in records} == {None}
    assert {record.consumer.person for record in records} == {ada}
    assert {record.key for record in records} == {sentinel.key}


def test_a_call_is_booked_before_it_is_sent(
    sentinel: Sentinel, tokenizer: Tokenizer
) -> None:
    open_then: list[int] = []
    still_open = UsageRecord.objects.filter(state=RecordState.OPEN)
    tokenizer.before = lambda: open_then.append(still_open.count())

    watch()

    assert open_then == [1] * TEXTS


def test_ends_with_a_date_in_the_night(
    sentinel: Sentinel, tokenizer: Tokenizer
) -> None:
    watch()

    row = the_row()
    assert row.finished_at is not None
    assert (row.lease, row.lease_until, row.problem) == (None, None, "")
    assert row.due_at > timezone.now() + timedelta(hours=5)
    assert row.due_at.hour == 3


def test_asks_nobody_before_it_is_due(sentinel: Sentinel, tokenizer: Tokenizer) -> None:
    Sentinel.objects.update(due_at=timezone.now() + timedelta(minutes=1))

    watch()

    assert tokenizer.asked == []


def test_asks_nobody_while_it_is_off(tokenizer: Tokenizer, db: None) -> None:
    assert watch() is False
    assert tokenizer.asked == []


def test_the_task_takes_a_turn(sentinel: Sentinel, tokenizer: Tokenizer) -> None:
    watch_tokenizers()

    assert len(tokenizer.asked) == TEXTS


def test_the_same_tokens_again_are_no_change(
    sentinel: Sentinel, tokenizer: Tokenizer
) -> None:
    watch()
    look_now()

    assert len(tokenizer.asked) == 2 * TEXTS
    assert TokenizerReading.objects.count() == TEXTS
    assert not CatalogChange.objects.exists()


def test_another_tokenizer_is_a_change_with_its_cost_and_an_incident(
    sentinel: Sentinel, grok: LanguageModel, tokenizer: Tokenizer, ada: User
) -> None:
    watch()
    answered = UsageRecord.objects.first()
    assert answered is not None
    call = {
        "consumer": answered.consumer,
        "team": sentinel.key.team,
        "key": sentinel.key,
        "endpoint": Endpoint.CHAT,
        "model": grok,
        "price": PriceVersion.objects.get(),
        "state": RecordState.SETTLED,
        "opened_at": timezone.now() - timedelta(days=2),
        "settled_at": timezone.now(),
        "completion_tokens": 0,
        "reasoning_tokens": 0,
        "image_tokens": 0,
    }
    UsageRecord.objects.create(prompt_tokens=1000, cached_tokens=400, **call)
    UsageRecord.objects.create(prompt_tokens=None, cached_tokens=None, **call)
    tokenizer.answer = by_four

    look_now()

    change = CatalogChange.objects.get()
    before = sum(len(text.content.split(" ")) for text in corpus.texts())
    after = sum(-(-len(text.content) // 4) for text in corpus.texts())
    assert (change.before, change.after) == (before, after)
    effect = ChangeEffect.objects.get()
    cost = 600 * 12_500 + 400 * 2_000
    assert effect.ticks == round(cost * (after - before) / before)
    assert (effect.calls, effect.unknown_calls) == (1, 1)
    incident = Incident.objects.get()
    assert incident.title == f"The tokenizer of {stock.GROK} changed"


def test_other_ids_alone_cost_the_same(
    sentinel: Sentinel, tokenizer: Tokenizer
) -> None:
    watch()
    tokenizer.answer = lambda model, text: tokens([7] * len(text.split(" ")))

    look_now()

    change = CatalogChange.objects.get()
    assert change.before == change.after


def test_a_model_that_fails_is_left_out_whole_and_does_not_stop_the_others(
    sentinel: Sentinel, api_key: ApiKey, grok: LanguageModel, tokenizer: Tokenizer
) -> None:
    bad = stock.language_model("bad-model")
    stock.usable(api_key, bad)

    def answer(model: str, text: str) -> httpx.Response:
        if model == "bad-model" and len(tokenizer.asked) > 3:
            return httpx.Response(400, json={"error": "no"})
        return by_word(model, text)

    tokenizer.answer = answer

    watch()

    assert not TokenizerReading.objects.filter(model=bad).exists()
    assert TokenizerReading.objects.filter(model=grok).count() == TEXTS
    row = the_row()
    assert row.finished_at is not None
    assert row.problem.startswith("1 of 2 models could not be read. bad-model: ")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(tokens([]), id="no tokens"),
        pytest.param(tokens([1, None]), id="no id"),
        pytest.param(httpx.Response(200, text="<html>"), id="not json"),
        pytest.param(httpx.Response(200, json={"token_ids": [1]}), id="no objects"),
        pytest.param(httpx.Response(404, json={"error": "no model"}), id="no model"),
    ],
)
def test_what_cannot_be_read_is_never_a_reading(
    sentinel: Sentinel, tokenizer: Tokenizer, answer: httpx.Response
) -> None:
    tokenizer.answer = lambda model, text: answer

    watch()

    assert len(tokenizer.asked) == 1
    assert not TokenizerReading.objects.exists()
    assert not UsageRecord.objects.exclude(state=RecordState.SETTLED).exists()
    assert "could not be read" in the_row().problem


@pytest.mark.parametrize(
    ("answer", "wait", "said"),
    [
        pytest.param(
            httpx.Response(429, headers={"retry-after": "300"}, json={"error": "slow"}),
            timedelta(minutes=5),
            "Too many requests",
            id="told to wait",
        ),
        pytest.param(
            httpx.Response(429, json={"error": "slow"}),
            timedelta(minutes=1),
            "Too many requests",
            id="to wait, not how long",
        ),
        pytest.param(
            httpx.Response(500, json={"error": "oops"}),
            timedelta(minutes=15),
            "xAI has trouble",
            id="xai down",
        ),
        pytest.param(
            httpx.Response(
                400, json={"code": "x", "error": "Incorrect API key provided: xai-a."}
            ),
            timedelta(minutes=15),
            "does not accept the key",
            id="key rejected",
        ),
    ],
)
def test_what_the_next_model_would_meet_too_pauses_the_look(
    sentinel: Sentinel,
    api_key: ApiKey,
    tokenizer: Tokenizer,
    answer: httpx.Response,
    wait: timedelta,
    said: str,
) -> None:
    stock.usable(api_key, stock.language_model("another"))
    tokenizer.answer = lambda model, text: answer

    watch()
    watch()

    assert len(tokenizer.asked) == 1
    row = the_row()
    assert said in row.problem
    assert row.lease is None
    assert row.finished_at is None
    assert row.lease_until is not None
    left = row.lease_until - timezone.now()
    assert wait - timedelta(seconds=30) < left <= wait


def test_a_paused_look_goes_on_with_what_is_unread(
    sentinel: Sentinel, api_key: ApiKey, tokenizer: Tokenizer
) -> None:
    stock.usable(api_key, stock.language_model("z-last"))

    def answer(model: str, text: str) -> httpx.Response:
        return by_word(model, text) if model == stock.GROK else httpx.Response(503)

    tokenizer.answer = answer
    watch()
    Sentinel.objects.update(lease_until=timezone.now())
    tokenizer.answer = by_word

    watch()

    assert [model for model, _ in tokenizer.asked].count(stock.GROK) == TEXTS
    assert TokenizerReading.objects.count() == 2 * TEXTS
    assert (the_row().problem, the_row().lease_until) == ("", None)


def test_out_of_time_it_lets_go_and_says_so(
    sentinel: Sentinel, tokenizer: Tokenizer
) -> None:
    assert running.watch(time_limit=timedelta(0)) is True

    row = the_row()
    assert tokenizer.asked == []
    assert (row.lease, row.lease_until) == (None, None)
    assert row.due_at <= timezone.now()


def test_a_killed_worker_is_followed_when_its_lease_ends(
    sentinel: Sentinel, api_key: ApiKey, tokenizer: Tokenizer
) -> None:
    stock.usable(api_key, stock.language_model("z-last"))

    def die() -> None:
        if len(tokenizer.asked) == TEXTS + 3:
            raise SystemExit

    tokenizer.before = die
    with pytest.raises(SystemExit):
        watch()
    tokenizer.before = lambda: None

    watch()  # the lease of the dead one holds still
    assert len(tokenizer.asked) == TEXTS + 3
    Sentinel.objects.update(lease_until=timezone.now())
    watch()

    assert len(tokenizer.asked) == 2 * TEXTS + 3  # what was read whole is not asked
    assert TokenizerReading.objects.count() == 2 * TEXTS
    lost = UsageRecord.objects.get(state=RecordState.OPEN)  # the reaper's
    assert lost.endpoint == Endpoint.TOKENIZE


def test_two_workers_never_have_the_same_look(sentinel: Sentinel) -> None:
    assert turns.claim() is not None
    assert turns.claim() is None


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(lambda: Sentinel.objects.all().delete(), id="switched off"),
        pytest.param(lambda: Sentinel.objects.update(lease=None), id="another key"),
    ],
)
def test_who_has_lost_the_lease_asks_and_writes_nothing_more(
    sentinel: Sentinel, tokenizer: Tokenizer, meanwhile: Callable[[], object]
) -> None:
    def lose() -> None:
        if len(tokenizer.asked) == 3:
            meanwhile()

    tokenizer.before = lose

    assert watch() is False

    assert len(tokenizer.asked) == 3
    assert not TokenizerReading.objects.exists()
    assert not UsageRecord.objects.filter(state=RecordState.OPEN).exists()


def test_a_result_that_comes_after_the_lease_is_not_written(
    sentinel: Sentinel, tokenizer: Tokenizer
) -> None:
    def lose() -> None:
        if len(tokenizer.asked) == TEXTS:
            Sentinel.objects.update(lease_until=timezone.now())

    tokenizer.before = lose

    watch()

    assert not TokenizerReading.objects.exists()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        pytest.param({"state": KeyState.TEAM_BLOCKED}, "blocked its team", id="state"),
        pytest.param(
            {"acls": ["api-key:model:*", "api-key:endpoint:chat"]},
            "search-prod do not allow /v1/tokenize-text",
            id="acl",
        ),
        pytest.param(
            {"verified_at": timezone.now() - timedelta(days=1)},
            "too long ago",
            id="age",
        ),
        pytest.param({"removed_at": timezone.now()}, "The key was removed", id="gone"),
    ],
)
def test_a_key_that_may_not_be_used_sends_nothing_and_says_why(
    sentinel: Sentinel,
    api_key: ApiKey,
    tokenizer: Tokenizer,
    facts: dict[str, Any],
    said: str,
) -> None:
    ApiKey.objects.filter(pk=api_key.pk).update(**facts)

    watch()

    assert tokenizer.asked == []
    assert not UsageRecord.objects.exists()
    assert said in the_row().problem
    assert the_row().finished_at is None


def test_a_key_removed_in_good_order_stops_it(
    sentinel: Sentinel, api_key: ApiKey, tokenizer: Tokenizer
) -> None:
    custody.remove_key(api_key=api_key, actor=SYSTEM)

    watch()

    assert tokenizer.asked == []
    assert "The key was removed" in the_row().problem


def test_a_person_who_left_pays_for_nothing(
    sentinel: Sentinel, tokenizer: Tokenizer, ada: User
) -> None:
    ada.is_active = False
    ada.save(update_fields=["is_active"])

    watch()

    assert tokenizer.asked == []
    assert "Ada switched the sentinel on and is not active" in the_row().problem


def test_a_sealed_vault_leaves_the_look_for_later(
    sentinel: Sentinel, tokenizer: Tokenizer, settings: Settings, tmp_path: Path
) -> None:
    settings.KEK_FILE = tmp_path / "gone"
    vault.forget()

    assert watch() is False

    assert tokenizer.asked == []
    assert the_row().lease is None


def test_a_model_that_the_acls_do_not_allow_is_left_out_unasked(
    sentinel: Sentinel, api_key: ApiKey, tokenizer: Tokenizer
) -> None:
    other = stock.language_model("secret-model")
    acls = ["api-key:model:grok-4.3", "api-key:endpoint:*"]
    stock.usable(api_key, other, acls=acls)

    watch()

    assert {model for model, _ in tokenizer.asked} == {stock.GROK}
    assert "secret-model: the ACLs of the key do not allow it" in the_row().problem


def test_only_models_the_key_sees_now_are_read(
    sentinel: Sentinel, api_key: ApiKey, tokenizer: Tokenizer, other_team: Team
) -> None:
    gone, foreign = stock.language_model("gone"), stock.language_model("foreign")
    stock.usable(api_key, gone)
    KeyModel.objects.filter(model=gone).update(seen_until=timezone.now())
    stock.usable(stock.stored(other_team, "theirs"), foreign)

    watch()

    assert {model for model, _ in tokenizer.asked} == {stock.GROK}


def test_a_key_without_the_list_reads_what_its_team_sees(
    sentinel: Sentinel, api_key: ApiKey, tokenizer: Tokenizer, team: Team
) -> None:
    stock.usable(api_key, acls=["api-key:model:*", "api-key:endpoint:tokenize"])
    KeyModel.objects.all().delete()
    stock.usable(stock.stored(team, "lists"), LanguageModel.objects.get())

    watch()

    assert {model for model, _ in tokenizer.asked} == {stock.GROK}
    assert set(UsageRecord.objects.values_list("key", flat=True)) == {api_key.pk}


def test_a_key_that_sees_no_model_says_so(
    sentinel: Sentinel, tokenizer: Tokenizer
) -> None:
    KeyModel.objects.all().delete()

    watch()

    assert the_row().problem == (
        "xAI shows no model to search-prod, so there is nothing to read."
    )


def test_no_text_of_xai_and_no_secret_gets_into_the_problem(
    sentinel: Sentinel, tokenizer: Tokenizer
) -> None:
    body = {"error": "your key xai-abcdefghijklmnop is odd"}
    tokenizer.answer = lambda model, text: httpx.Response(400, json=body)

    watch()

    assert "xai-abc" not in the_row().problem
    assert "is odd" not in the_row().problem
