"""What a person reads when xAI refuses or fails: what happened, and what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from console import xai
from console.xai import Cause

RETRY = "Try again. If it stays so, look at the status page."
KEY = "Tell an admin: the key needs attention in xAI's console."
OTHER_MODEL = "Choose another model."

# xAI's words name the team, and sometimes the key or the person, by id. Who chats need
# not see those; the id of the request stands apart.
ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem in words; the last three are for support."""

    sentence: str
    advice: str
    cause: str
    upstream_text: str = ""  # xAI's own words, without secrets and ids
    request_id: str = ""
    status: int | None = None


SENTENCES: dict[Cause, tuple[str, str]] = {
    Cause.WRONG_KEY: (
        "xAI does not accept the key that was used.",
        "Tell an admin: its secret was deleted or replaced at xAI.",
    ),
    Cause.NO_CREDENTIALS: (
        "xAI saw no key in the request.",
        "This is a fault of Gatehouse or of a proxy on the way. Tell an admin.",
    ),
    Cause.KEY_DISABLED: ("The key that was used has been disabled.", KEY),
    Cause.KEY_BLOCKED: ("xAI has blocked the key that was used.", KEY),
    Cause.KEY_EXPIRED: ("The key that was used has expired.", KEY),
    Cause.TEAM_BLOCKED: (
        "xAI has blocked the team of the key that was used.",
        "Every key of that team stops. An admin has to settle it with xAI.",
    ),
    Cause.NO_CREDIT: (
        "The team has no credit left at xAI, or has reached its spending limit.",
        "Waiting does not help. Ask an admin to add credit or raise the limit.",
    ),
    Cause.ACL_ENDPOINT: (
        "The key may not call this endpoint.",
        "Ask an admin for a key whose ACLs name it.",
    ),
    Cause.ACL_MODEL: ("The key may not use this model.", OTHER_MODEL),
    Cause.REGION: ("xAI does not offer this model in this region.", OTHER_MODEL),
    Cause.POLICY: (
        "xAI refused because of its usage guidelines.",
        "Change the prompt. xAI may charge for a refused answer.",
    ),
    Cause.PRODUCT: (
        "The team may not use this product of xAI.",
        "Ask an admin to have it enabled at xAI.",
    ),
    Cause.FORBIDDEN: ("xAI forbids this request.", "Ask an admin to look at the key."),
    Cause.BAD_REQUEST: (
        "xAI refused the request.",
        "Change the parameters: not every model takes all of them.",
    ),
    Cause.PROMPT_TOO_LONG: (
        "The prompt is longer than the model allows.",
        "Shorten it, start a new conversation or choose a model with more context.",
    ),
    Cause.NOT_FOUND: (
        "xAI has nothing at this address.",
        "This is a fault of Gatehouse or of the address in XAI_HOSTS. Tell an admin.",
    ),
    Cause.GONE: ("xAI has withdrawn this feature.", OTHER_MODEL),
    Cause.TOO_LARGE: ("The request is too large for xAI.", "Shorten the prompt."),
    Cause.MODEL_UNKNOWN: (
        "xAI does not know this model, or does not offer it to the team.",
        OTHER_MODEL,
    ),
    Cause.MODEL_RETIRED: ("xAI has retired this model.", OTHER_MODEL),
    Cause.RATE_LIMIT: (
        "Too many requests for this team and model at the moment.",
        "Wait a little and send it again.",
    ),
    Cause.CAPACITY: (
        "The model is at capacity.",
        "Wait a little and send it again, or choose another model.",
    ),
    Cause.UNREACHABLE: ("The connection to xAI broke.", RETRY),
    Cause.CONNECT: ("xAI cannot be reached.", RETRY),
    Cause.TIMEOUT: ("xAI did not answer in time.", RETRY),
    Cause.SERVER_ERROR: ("xAI has trouble.", RETRY),
    Cause.OVERLOADED: ("xAI is overloaded.", "Wait a little and send it again."),
    Cause.MALFORMED: (
        "xAI's answer cannot be read.",
        "What came before is shown. Try again; if it stays so, tell an admin.",
    ),
    Cause.ENCODED: (
        "xAI's answer is compressed, which was not asked for.",
        "A proxy on the way may do it. Tell an admin.",
    ),
    Cause.TOO_BIG: (
        "xAI's answer is larger than Gatehouse reads.",
        "Ask for less output: lower the limit of tokens.",
    ),
    Cause.REDIRECT: (
        "xAI's answer points to another address, which is never followed.",
        "Tell an admin to look at XAI_HOSTS.",
    ),
    Cause.CUT: (
        "The answer was cut off before its end.",
        "What came is shown and its cost estimated. Send it again for a whole one.",
    ),
}


def problem_of(error: xai.XaiError) -> Problem:
    """Return what to tell about an error of a call."""
    sentence, advice = SENTENCES[error.cause]
    if error.retry_after is not None:
        advice = f"Wait {_seconds(error.retry_after)}, then send it again."
    return Problem(
        sentence=sentence,
        advice=advice,
        cause=error.cause.value,
        upstream_text=ID.sub("[id]", error.upstream_text or ""),
        request_id=error.request_id or "",
        status=error.status,
    )


def _seconds(seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole < 120:
        return f"{whole} s"
    return f"{round(whole / 60)} min"
