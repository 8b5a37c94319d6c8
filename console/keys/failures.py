"""What a failed poll says about a key. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from console import xai
from console.keys.models import ApiKey, KeyState
from console.keys.states import KNOWN_BAD

REJECTED_AFTER = timedelta(seconds=30)  # between the first refusal and a second one
UNREACHABLE_AFTER = 3  # polls in a row without an answer

# xAI says these in words, so one answer is enough.
SAID_IN_WORDS = {
    xai.Cause.KEY_DISABLED: KeyState.DISABLED,
    xai.Cause.KEY_BLOCKED: KeyState.KEY_BLOCKED,
    xai.Cause.TEAM_BLOCKED: KeyState.TEAM_BLOCKED,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to store of a failed poll."""

    state: KeyState
    problem: str
    failures: int = 0
    refused_at: datetime | None = None
    since: datetime | None = None  # of the state; None: the time of this poll


def judge(api_key: ApiKey, error: xai.XaiError, seen_at: datetime) -> Verdict:
    """Return what one failure makes of a key.

    A known-bad state outlasts silence. Refusals that speak of the request and not
    of the key, and 429, leave the state as it is: its age tells the rest.
    """
    state = KeyState(api_key.state)
    problem = _sentence(error)
    match error:
        case xai.KeyRejected(cause=cause) if cause in SAID_IN_WORDS:
            return Verdict(SAID_IN_WORDS[cause], problem)
        case xai.KeyRejected():
            first = api_key.refused_at or seen_at
            if state == KeyState.REJECTED or seen_at - first >= REJECTED_AFTER:
                return Verdict(
                    KeyState.REJECTED, problem, refused_at=first, since=first
                )
            return Verdict(state, problem, refused_at=first)
        case xai.Unreachable() | xai.UpstreamDown() | xai.BadAnswer() | xai.StreamCut():
            failures = api_key.failures + 1
            if failures >= UNREACHABLE_AFTER and state not in KNOWN_BAD:
                state = KeyState.UNREACHABLE
            return Verdict(state, problem, failures, api_key.refused_at)
        case _:
            return Verdict(state, problem, api_key.failures, api_key.refused_at)


def _sentence(error: xai.XaiError) -> str:
    words = str(error)
    name = words.startswith("xAI")  # is written so at the start of a sentence as well
    return f"{words if name else words[:1].upper() + words[1:]}."
