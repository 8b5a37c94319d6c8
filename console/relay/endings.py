"""How the end of a call is booked, by who or what ended it. Pure."""

from __future__ import annotations

from dataclasses import replace

from console import xai
from console.relay.hearing import Heard
from console.usage.booking import Ending
from console.usage.models import Outcome

BYTES_PER_TOKEN = 4  # about

# xAI read the request and refused it, so nothing was generated.
REFUSALS = (
    xai.KeyRejected,
    xai.NotPermitted,
    xai.OutOfCredit,
    xai.RequestRefused,
    xai.RateLimited,
)


def whole(heard: Heard) -> Ending:
    """Return the ending of an answer that came to its end."""
    return Ending(
        outcome=Outcome.COMPLETE,
        usage=heard.usage,
        model_served=heard.model,
        status=200,
    )


def broken_off(heard: Heard, *, outcome: Outcome, prompt_tokens: int) -> Ending:
    """Return the ending of an answer that we stopped reading.

    xAI tells the usage last. If it did not, the cost is estimated from the
    prompt and from the output that came, whichever of its measures is larger: one
    token per piece, or one per four characters.
    """
    ending = Ending(outcome=outcome, usage=heard.usage, model_served=heard.model)
    return replace(ending, guess=_guess(heard, prompt_tokens=prompt_tokens))


def failed(error: xai.XaiError, heard: Heard, *, prompt_tokens: int) -> Ending:
    """Return the ending of a call that xAI or the network ended with an error."""
    told = heard.usage
    if error.usage is not None:
        told = told.updated_by(error.usage) if told else error.usage
    refused = isinstance(error, REFUSALS) and not heard.begun
    ending = Ending(
        outcome=Outcome.REFUSED if refused else Outcome.CUT,
        usage=told,
        # The content of the prompt can be charged for although it was refused.
        free=refused and error.cause is not xai.Cause.POLICY,
        sent=not isinstance(error, xai.Unreachable) or error.sent,
        problem=error.cause.value,
        status=error.status,
        request_id=error.request_id or "",
        model_served=heard.model,
    )
    if heard.begun:
        guess = _guess(heard, prompt_tokens=prompt_tokens)
        ending = replace(ending, guess=guess)
    return ending


def _guess(heard: Heard, *, prompt_tokens: int) -> xai.Usage:
    told = heard.usage or xai.Usage()
    prompt = told.prompt_tokens
    seen = max(heard.pieces, -(-heard.size // BYTES_PER_TOKEN))
    return xai.Usage(
        prompt_tokens=prompt_tokens if prompt is None else prompt,
        cached_tokens=told.cached_tokens or 0,
        image_tokens=told.image_tokens or 0,
        completion_tokens=max(seen, told.completion_tokens or 0),
        reasoning_tokens=told.reasoning_tokens or 0,
    )
