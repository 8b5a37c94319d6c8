"""Real tokens of a text for several models at once, from a view in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from threading import BoundedSemaphore

from console.accounts.models import User
from console.finance.estimate.prices_for import Offer
from console.keys.models import ApiKey
from console.keys.upstream import close_async_clients
from console.relay.admission import Call, why_no_key
from console.relay.counting import Count, admitted, ask, known
from console.relay.refusal import Reason

MOST_CALLS = 4  # of one text
# Each waits in one of the eight threads of pages, at most as long as the client does.
MOST_WAITING = 2
_waiting = BoundedSemaphore(MOST_WAITING)


class Busy(Exception):
    """Others are counting; nothing was sent."""

    sentence = "Others are counting at this moment, so nothing was sent."
    advice = "Try again in a few seconds."


def obstacle(user: User) -> Reason | None:
    """Return why this person can count nothing at all; None when a call may be tried.

    A person spends through the keys of the teams they belong to, whatever their role.
    """
    keys = ApiKey.objects.filter(team__in=user.team_ids(), removed_at=None)
    return None if keys.exists() else why_no_key(user)


def count(*, user: User, text: str, offers: Sequence[Offer]) -> list[Count]:
    """Return the tokens of a text for each model of the offers, at most MOST_CALLS.

    What is known from an earlier count is not asked again. Raises Busy. Otherwise a
    model that cannot be asked, or an xAI that does not answer, is in the result.
    """
    hosts: dict[str, list[str]] = {}
    for offer in offers:
        hosts.setdefault(offer.model_id, []).append(offer.host)
    models = list(hosts)[:MOST_CALLS]
    counted = {
        model: known(user, hosts=hosts[model], model=model, text=text)
        for model in models
    }
    missing = [model for model in models if counted[model] is None]
    fresh = _ask_all(user, missing, text) if missing else {}
    return [
        fresh[model]
        if model in fresh
        else Count(model_id=model, tokens=counted[model], known_before=True)
        for model in models
    ]


def _ask_all(user: User, models: Sequence[str], text: str) -> dict[str, Count]:
    if not _waiting.acquire(blocking=False):
        raise Busy
    try:
        opened = {model: admitted(user, model=model, text=text) for model in models}
        waiting = [one for one in opened.values() if isinstance(one, Call)]
        answers = asyncio.run(_wait_for(user, waiting, text)) if waiting else []
        refused = {
            model: one for model, one in opened.items() if isinstance(one, Count)
        }
        return refused | {answer.model_id: answer for answer in answers}
    finally:
        _waiting.release()


async def _wait_for(user: User, opened: Sequence[Call], text: str) -> list[Count]:
    try:
        return await asyncio.gather(*(ask(user, call, text=text) for call in opened))
    finally:
        await close_async_clients()  # they belong to this event loop
