"""Real tokens of a text, counted by xAI and kept as a number alone.

A count is a call like any other: admitted, sent with a key of the person's teams and
booked. Of the text nothing is kept but a keyed digest, beside the number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.utils.crypto import salted_hmac

from console import xai
from console.accounts.models import User
from console.relay import calls
from console.relay.admission import Call, admit
from console.relay.refusal import Refused
from console.relay.sentences import problem_of
from console.usage.models import Endpoint

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What one model makes of the text; without `tokens`, why that is not known."""

    model_id: str
    tokens: int | None = None
    known_before: bool = False  # no call was made
    key_label: str = ""  # of the call
    sentence: str = ""
    advice: str = ""


def known(user: User, *, hosts: Sequence[str], model: str, text: str) -> int | None:
    """Return what this person counted on one of these hosts in the last KEPT."""
    found = cache.get_many([_name(user, host, model, text) for host in hosts])
    return next((value for value in found.values() if isinstance(value, int)), None)


def admitted(user: User, *, model: str, text: str) -> Call | Count:
    """Open the record of a count, which `ask` must follow; or say why there is none."""
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


async def ask(user: User, call: Call, *, text: str) -> Count:
    """Count, settle the record and keep the number; say what went wrong if it did."""
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


def _name(user: User, host: str, model: str, text: str) -> str:
    """Return where a person's count is kept: what others counted is theirs to know."""
    digest = salted_hmac(
        "console.relay.counting",
        "\0".join((str(user.pk), host, model, text)),
        algorithm="sha256",
    )
    return f"tokens:{digest.hexdigest()}"
