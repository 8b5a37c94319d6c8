"""The calls that the sample people made, day by day. Pure.

Chance comes from the number of the day alone, so that two first starts tell the same;
only which days are weekends is the calendar's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from console import xai
from console.catalog import costs
from console.pages.samples import story
from console.pages.samples.telling import Telling
from console.sandbox import acls
from console.sandbox.world import Key
from console.usage.booking import Ending
from console.usage.models import Endpoint, Outcome

ON_WORKDAYS: Final = (7, 13)  # calls a day, at least and at most
ON_WEEKENDS: Final = (0, 3)
OPENS, CLOSES = 7, 18  # hours of the working day, UTC
SATURDAY: Final = 5
LEGACY: Final = (Endpoint.COMPLETE, Endpoint.COMPLETIONS)
ACL_NAMES: Final = dict.fromkeys(LEGACY, "sample")  # of all others: chat


@dataclass(frozen=True, slots=True)
class Habit:
    """What one person does again and again, the more `weight` the more often."""

    person: str
    key: str
    model: str  # as asked, an id or an alias
    weight: int
    prompt: int  # tokens, about
    answer: int
    thinking: int = 0  # tokens of reasoning, about
    endpoint: Endpoint = Endpoint.CHAT


HABITS: Final = (
    Habit("sam", "search-prod-ranker", "grok-4.3", 6, 24_000, 1_300, 1_500),
    Habit("sam", "search-prod-rewrite", "grok-4.3-latest", 3, 9_000, 600, 700),
    Habit("sam", "support-desk-prod", "grok-4.20-0309-non-reasoning", 5, 32_000, 2_100),
    Habit("sam", "support-desk-triage", "grok-4.6", 3, 15_000, 1_400, 2_000),
    Habit("sam", "support-desk-triage", "grok-4.20", 2, 20_000, 1_500),
    Habit("sam", "search-prod-rewrite", "grok-2-1212", 1, 5_000, 700, 0, LEGACY[0]),
    Habit("ada", "platform-gateway", "grok-4.6", 4, 52_000, 2_900, 3_400),
    Habit("ada", "platform-gateway", "grok-build-0.1", 3, 80_000, 5_200, 4_200),
    Habit("ada", "search-staging", "grok-4.5", 4, 40_000, 2_800, 0, Endpoint.MESSAGES),
    Habit("ada", "platform-gateway", "grok-4.7", 4, 60_000, 3_100, 3_900),
    Habit("ada", "platform-gateway", "grok-2-1212", 1, 7_000, 900, 0, LEGACY[1]),
)


@dataclass(frozen=True, slots=True)
class SampleCall:
    """One call, before it is known what its tokens cost."""

    at: datetime
    habit: Habit
    key: Key
    model: str  # id of the model that served it
    usage: xai.Usage
    fate: int  # of 100: how it ended

    @property
    def lasted(self) -> timedelta:
        """Return how long the answer took, at some 120 tokens a second."""
        usage = self.usage
        tokens = (usage.completion_tokens or 0) + (usage.reasoning_tokens or 0)
        return timedelta(seconds=0.6 + tokens / 120)


def calls(telling: Telling) -> list[SampleCall]:
    """Return all calls of the story, oldest first."""
    keys = {key.name: key for key in telling.stored()}
    found = [
        call for day in range(story.DAYS + 1) for call in _of_day(telling, keys, day)
    ]
    return sorted(found, key=lambda call: call.at)


def _of_day(telling: Telling, keys: dict[str, Key], day: int) -> Iterator[SampleCall]:
    chance = Random(day)
    midnight = telling.ago(day).replace(hour=0, minute=0, second=0, microsecond=0)
    workday, weekend = chance.randint(*ON_WORKDAYS), chance.randint(*ON_WEEKENDS)
    number = weekend if midnight.weekday() >= SATURDAY else workday
    for habit in chance.choices(HABITS, [one.weight for one in HABITS], k=number):
        seconds = chance.randrange(OPENS * 3600, CLOSES * 3600)
        at = midnight + timedelta(seconds=seconds, milliseconds=chance.randrange(1000))
        usage, fate = _usage(habit, chance), chance.randrange(100)
        key = keys.get(habit.key)
        if key and (model := _served(telling, habit, key, at)):
            yield SampleCall(at, habit, key, model, usage, fate)


def _usage(habit: Habit, chance: Random) -> xai.Usage:
    prompt = chance.randrange(habit.prompt // 2, habit.prompt * 2)
    answer = chance.randrange(habit.answer // 3, habit.answer * 2)
    thinking = chance.randrange(habit.thinking // 2, habit.thinking * 2 + 1)
    cached = chance.choice((0, 0, prompt // 4, prompt // 2)) // 64 * 64
    if habit.endpoint in LEGACY:
        cached = 0
    return xai.Usage(
        prompt_tokens=prompt,
        cached_tokens=cached,
        text_tokens=prompt,
        image_tokens=0,
        completion_tokens=answer,
        reasoning_tokens=thinking,
        total_tokens=prompt + answer + thinking,
    )


def _served(telling: Telling, habit: Habit, key: Key, at: datetime) -> str | None:
    """Return the model that answered; None: this call could not be made then."""
    down_from, down_until = map(telling.ago, story.OUTAGE)
    if not telling.start < at < telling.now or down_from <= at <= down_until:
        return None
    info, then = telling.key_told(key, at), telling.key(key, at)
    if not isinstance(info, xai.KeyInfo):
        return None
    if info.team_blocked or info.api_key_blocked or info.api_key_disabled:
        return None
    if not acls.allows_endpoint(then.acls, ACL_NAMES.get(habit.endpoint, "chat")):
        return None
    for model in telling.models(telling.team_of(key), at):
        if habit.model in model.names and acls.allows_model(then.acls, model.names):
            return model.id
    return None


def ending_of(call: SampleCall, prices: costs.Prices | None) -> Ending:
    """Return how a call ended: most of them whole, some stopped, a few refused."""
    request_id = f"sample-{call.at:%m%d%H%M%S%f}"
    seconds = call.lasted.total_seconds()
    done = Ending(
        outcome=Outcome.COMPLETE,
        usage=call.usage,
        status=200,
        request_id=request_id,
        model_served=call.model,
        first_token_after=seconds if call.habit.endpoint in LEGACY else seconds / 4,
    )
    if call.fate < 3:
        return Ending(
            outcome=Outcome.REFUSED,
            free=True,
            problem=xai.Cause.RATE_LIMIT,
            status=429,
            request_id=request_id,
        )
    if call.habit.endpoint == Endpoint.COMPLETE:  # it tells no usage at all
        return replace(done, usage=None)
    if call.habit.endpoint == Endpoint.MESSAGES:  # no amount, and no split of tokens
        return replace(done, usage=_as_message(call.usage))
    if call.fate < 11:
        return replace(
            done, outcome=Outcome.STOPPED, usage=None, guess=_as_cut(call.usage)
        )
    reported = costs.cost_ticks(prices, call.usage) if prices else None
    return replace(done, usage=replace(call.usage, cost_ticks=reported))


def _as_message(usage: xai.Usage) -> xai.Usage:
    return xai.Usage(
        prompt_tokens=usage.prompt_tokens,
        cached_tokens=usage.cached_tokens or None,
        completion_tokens=usage.completion_tokens,
        total_tokens=(usage.prompt_tokens or 0) + (usage.completion_tokens or 0),
    )


def _as_cut(usage: xai.Usage) -> xai.Usage:
    """Return what was seen of an answer that was stopped half-way."""
    return xai.Usage(
        prompt_tokens=usage.prompt_tokens,
        cached_tokens=0,
        image_tokens=0,
        completion_tokens=(usage.completion_tokens or 0) // 2,
        reasoning_tokens=usage.reasoning_tokens,
    )


def between(
    found: Sequence[SampleCall], start: datetime, end: datetime
) -> list[SampleCall]:
    """Return the calls of a time; both ends excluded."""
    return [call for call in found if start < call.at < end]
