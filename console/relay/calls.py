"""Calls whose answer comes in one piece."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from time import monotonic

from console import xai
from console.keys.upstream import async_client, sync_client
from console.relay import endings
from console.relay.admission import Call
from console.relay.hearing import Heard
from console.relay.settling import settle, settle_in_thread
from console.usage.booking import Cost, Ending


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
    task = asyncio.create_task(_tokenize(call, text))
    _running.add(task)
    task.add_done_callback(_forget)
    return await asyncio.shield(task)


_running: set[asyncio.Task[Tokenized]] = set()  # a task without a reference may vanish


def _forget(task: asyncio.Task[Tokenized]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # has been booked; the caller may have left


async def finish_all() -> None:
    """Wait for the calls in flight to be settled."""
    if _running:
        await asyncio.wait(_running)


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
