"""Calls whose answer comes in one piece."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, TypeVar

from console import xai
from console.keys.upstream import async_client, sync_client
from console.relay import endings, watching
from console.relay.admission import Call
from console.relay.ended import Ended
from console.relay.hearing import Heard
from console.relay.pump import GOODBYE_TIME, RESTARTING
from console.relay.sentences import Problem, problem_of
from console.relay.settling import settle, settle_in_thread
from console.usage.booking import Cost, Ending
from console.usage.models import Outcome

T = TypeVar("T")
LegacyRequest = xai.CompletionRequest | xai.CompleteRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokenized:
    """A text as the model's own tokenizer cuts it."""

    call: Call
    tokens: tuple[xai.Token, ...]
    cost: Cost | None
    seconds: float


async def tokenize(call: Call, text: str) -> Tokenized:
    """Return the tokens of a text and settle the record of the call.

    Raises xai.XaiError. The record is settled in any case, also when the caller is
    cancelled meanwhile.
    """
    return await _to_the_end(_tokenize(call, text))


async def complete(call: Call, request: LegacyRequest) -> Ended:
    """Return the continuation of a prompt, or what went wrong, with what it cost.

    The record is settled in any case, also when the caller is cancelled meanwhile. A
    process that stops waits no longer than for a stream: the rest is estimated.
    """
    return await _to_the_end(_complete(call, request))


async def _to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Do it in a task of its own, which the caller's end does not end."""
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_forget)
    return await asyncio.shield(task)


_running: set[asyncio.Task[Any]] = set()  # a task without a reference may vanish
_generating: set[asyncio.Task[Any]] = set()  # those that may take minutes


def _forget(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # has been booked; the caller may have left


async def finish_all() -> None:
    """Wait for the calls in flight to be settled; break off what generates long."""
    if _generating:
        await asyncio.wait(_generating, timeout=GOODBYE_TIME)
        for task in list(_generating):
            task.cancel()
    if _running:
        await asyncio.wait(_running)


async def _complete(call: Call, request: LegacyRequest) -> Ended:
    began = monotonic()
    heard = Heard()
    problem: Problem | None = None
    asking = asyncio.create_task(_ask(call, request))
    withdrawn = asyncio.Event()

    def withdraw() -> None:
        withdrawn.set()
        asking.cancel()

    _generating.add(asking)
    watching.watch(call.record_id, withdraw)
    try:
        await asyncio.wait({asking})
    finally:
        _generating.discard(asking)
        watching.forget(call.record_id)
    if asking.cancelled():
        ending, problem = _broken_off(call, heard, withdrawn=withdrawn.is_set())
    elif isinstance(error := asking.exception(), xai.XaiError):
        ending, problem = _failed(call, error), problem_of(error)
    else:
        answer = asking.result()
        _hear(heard, answer)
        ending = replace(endings.whole(heard), request_id=answer.request_id or "")
    cost = await settle(call.record_id, ending)
    seconds = monotonic() - began
    return Ended(
        outcome=ending.outcome,
        text="".join(heard.text),
        reasoning="",
        finish=heard.finish,
        model=heard.model,
        usage=heard.usage,
        cost=cost,
        problem=problem,
        first_token_after=None if problem else seconds,  # all came at once
        seconds=seconds,
    )


def _broken_off(call: Call, heard: Heard, *, withdrawn: bool) -> tuple[Ending, Problem]:
    outcome, problem = Outcome.LOST, RESTARTING
    if withdrawn:
        outcome, problem = Outcome.WITHDRAWN, watching.WITHDRAWN
    prompt = call.prompt_tokens
    return endings.broken_off(heard, outcome=outcome, prompt_tokens=prompt), problem


async def _ask(
    call: Call, request: LegacyRequest
) -> xai.TextCompletion | xai.LegacyCompletion:
    client = async_client(call.host)
    if isinstance(request, xai.CompletionRequest):
        return await client.completions(request, auth=call.auth)
    return await client.complete(request, auth=call.auth)


def _hear(heard: Heard, answer: xai.TextCompletion | xai.LegacyCompletion) -> None:
    heard.model = answer.model or ""
    if isinstance(answer, xai.LegacyCompletion):
        heard.text.append(answer.completion)
        heard.finish = answer.stop_reason or ""
        return
    heard.usage = answer.usage
    for choice in answer.choices[:1]:  # no more were asked for
        heard.text.append(choice.text or "")
        heard.finish = choice.finish_reason or ""


async def _tokenize(call: Call, text: str) -> Tokenized:
    began = monotonic()
    request = xai.TokenizeRequest(model=call.model, text=text)
    try:
        answer = await async_client(call.host).tokenize(request, auth=call.auth)
    except xai.XaiError as error:
        await settle(call.record_id, _failed(call, error))
        raise
    cost = await settle(call.record_id, _whole(answer))
    return Tokenized(
        call=call, tokens=answer.tokens, cost=cost, seconds=monotonic() - began
    )


def tokenize_in_thread(call: Call, text: str) -> Tokenized:
    """Do what `tokenize` does where no event loop runs: in a worker.

    A worker that is killed meanwhile leaves the record to the reaper.
    """
    began = monotonic()
    request = xai.TokenizeRequest(model=call.model, text=text)
    try:
        answer = sync_client(call.host).tokenize(request, auth=call.auth)
    except xai.XaiError as error:
        settle_in_thread(call.record_id, _failed(call, error))
        raise
    cost = settle_in_thread(call.record_id, _whole(answer))
    return Tokenized(
        call=call, tokens=answer.tokens, cost=cost, seconds=monotonic() - began
    )


def _failed(call: Call, error: xai.XaiError) -> Ending:
    return endings.failed(error, Heard(), prompt_tokens=call.prompt_tokens)


def _whole(answer: xai.Tokenization) -> Ending:
    # xAI publishes no price for this endpoint, and its answer tells no usage.
    return replace(endings.whole(Heard()), request_id=answer.request_id or "")
