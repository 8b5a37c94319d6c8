"""Real tokens of a text, counted by xAI and kept as a number alone.

A count is a call like any other: admitted, sent with a key of the person's teams and
booked. Of the text nothing is kept but a keyed digest, beside the number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import BoundedSemaphore

from django.core.cache import cache
from django.utils.crypto import salted_hmac

from console import xai
from console.accounts.models import User
from console.finance.estimate.prices_for import Offer
from console.keys.models import ApiKey
from console.keys.upstream import close_async_clients
from console.relay import calls
from console.relay.admission import Call, admit, why_no_key
from console.relay.refusal import Reason, Refused
from console.relay.sentences import problem_of
from console.usage.models import Endpoint

MOST_CALLS = 4  # of one text
KEPT = timedelta(days=30)
# Each waits in one of the eight threads of pages, at most as long as the client does.
MOST_WAITING = 2
_waiting = BoundedSemaphore(MOST_WAITING)


class Busy(Exception):
    """Others are counting; nothing was sent."""

    sentence = "Others are counting at this moment, so nothing was sent."
    advice = "Try again in a few seconds."


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What one model makes of the text; without `tokens`, why that is not known."""

    model_id: str
    tokens: int | None = None
    known_before: bool = False  # no call was made
    key_label: str = ""  # of the call
    sentence: str = ""
    advice: str = ""


def obstacle(user: User) -> Reason | None:
    """Return why this person can count nothing at all; None when a call may be tried.

    A person spends through the keys of the teams they belong to, whatever their role.
    """
    keys = ApiKey.objects.filter(team__in=user.team_ids(), removed_at=None)
    return None if keys.exists() else why_no_key(user)


def count(*, user: User, text: str, offers: Sequence[Offer]) -> list[Count]:
    """Return the tokens of a text for each model of the offers, at most MOST_CALLS.

    What was counted in the last KEPT is not asked again. Raises Busy. Otherwise a
    model that cannot be asked, or an xAI that does not answer, is in the result.
    """
    hosts: dict[str, list[str]] = {}
    for offer in offers:
        hosts.setdefault(offer.model_id, []).append(offer.host)
    models = list(hosts)[:MOST_CALLS]
    known = {model: _known(user, hosts[model], model, text) for model in models}
    missing = [model for model in models if known[model] is None]
    fresh = _ask_all(user, missing, text) if missing else {}
    return [
        fresh[model]
        if model in fresh
        else Count(model_id=model, tokens=known[model], known_before=True)
        for model in models
    ]


def _ask_all(user: User, models: Sequence[str], text: str) -> dict[str, Count]:
    if not _waiting.acquire(blocking=False):
        raise Busy
    try:
        admitted = {model: _admitted(user, model, text) for model in models}
        waiting = [one for one in admitted.values() if isinstance(one, Call)]
        answers = asyncio.run(_wait_for(user, waiting, text)) if waiting else []
        refused = {
            model: one for model, one in admitted.items() if isinstance(one, Count)
        }
        return refused | {answer.model_id: answer for answer in answers}
    finally:
        _waiting.release()


def _admitted(user: User, model: str, text: str) -> Call | Count:
    try:
        return admit(
            user=user,
            endpoint=Endpoint.TOKENIZE,
            model=model,
            prompt_bytes=len(text.encode()),
            max_tokens=None,
        )
    except Refused as refusal:
        said = refusal.reason
        return Count(model_id=model, sentence=said.sentence, advice=said.advice)


async def _wait_for(user: User, admitted: Sequence[Call], text: str) -> list[Count]:
    try:
        return await asyncio.gather(*(_ask(user, call, text) for call in admitted))
    finally:
        await close_async_clients()  # they belong to this event loop


async def _ask(user: User, call: Call, text: str) -> Count:
    try:
        result = await calls.tokenize(call, text)
    except xai.XaiError as error:
        problem = problem_of(error)
        return Count(
            model_id=call.model, sentence=problem.sentence, advice=problem.advice
        )
    tokens = len(result.tokens)
    name = _name(user, call.host, call.model, text)
    await cache.aset(name, tokens, KEPT.total_seconds())
    return Count(model_id=call.model, tokens=tokens, key_label=call.key_label)


def _known(user: User, hosts: Sequence[str], model: str, text: str) -> int | None:
    found = cache.get_many([_name(user, host, model, text) for host in hosts])
    return next((value for value in found.values() if isinstance(value, int)), None)


def _name(user: User, host: str, model: str, text: str) -> str:
    """Return where a person's count is kept: what others counted is theirs to know."""
    digest = salted_hmac(
        "console.finance.estimate.counting",
        "\0".join((str(user.pk), host, model, text)),
        algorithm="sha256",
    )
    return f"tokens:{digest.hexdigest()}"
