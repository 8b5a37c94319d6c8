"""The five reads of xAI by hand: with one key, live, told to who asked and not kept.

They cost nothing, so they have no usage record; each has an entry in the audit log.
What they tell is no observation either: only polls, which hold a lease, write those.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import TextChoices
from django.utils import timezone

from console import xai
from console.accounts.models import User
from console.audit import trail
from console.audit.actors import Actor
from console.audit.models import Entry
from console.keys import upstream
from console.keys.models import ApiKey
from console.keys.models.api_key import ApiKeyQuerySet
from console.relay.admission import auth_for
from console.relay.sentences import Problem, problem_of
from console.xai import endpoints

ACTION = "key.explored"
PER_MINUTE = 20  # reads of one person
MINUTE = timedelta(minutes=1)


class Read(TextChoices):
    """What can be read."""

    KEY = "key", "/v1/api-key"
    MODELS = "models", "/v1/models"
    MODEL = "model", "/v1/models/{id}"
    LANGUAGE_MODELS = "language-models", "/v1/language-models"
    LANGUAGE_MODEL = "language-model", "/v1/language-models/{id}"

    @property
    def is_of_one_model(self) -> bool:
        """Whether it needs the id of a model."""
        return self in {Read.MODEL, Read.LANGUAGE_MODEL}


class TooOften(Exception):
    """This person has asked too often; `again_at` is when they may ask again."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__()
        self.again_at = again_at
        self.sentence = f"You have asked {PER_MINUTE} times within a minute."
        self.advice = f"Wait {self.seconds} s, then ask again. Nothing was sent."

    @property
    def seconds(self) -> int:
        """Return how long to wait, for Retry-After."""
        return max(1, int((self.again_at - timezone.now()).total_seconds()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A read that was permitted and recorded, and is not sent yet."""

    key_label: str
    team_name: str
    host: str
    call: endpoints.Call[Any]
    auth: xai.XaiAuth

    @property
    def curl(self) -> str:
        """Return the same as a command, with the key in a variable."""
        url = shlex.quote(upstream.address(self.host).rstrip("/") + self.call.path)
        return f'curl -sS {url} -H "Authorization: Bearer $XAI_API_KEY"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: the answer as told, or the problem in its place."""

    told: xai.Verbatim | None
    problem: Problem | None
    answered_at: datetime
    seconds: float


def keys_of(user: User) -> ApiKeyQuerySet:
    """Return the keys that a person may send: those of their teams, in any role."""
    return ApiKey.objects.visible_to(user).filter(team__in=user.team_ids())


@transaction.atomic
def permit(*, api_key: ApiKey, read: Read, model_id: str, actor: Actor) -> Question:
    """Record that somebody is about to read, and return what to send.

    `api_key` is one of their `keys_of`, with its team. Raises Refused, TooOften, or
    vault.Sealed: what cannot be recorded is not asked.
    """
    question = Question(
        key_label=api_key.label,
        team_name=api_key.team.name,
        host=api_key.host,
        call=_call(read, model_id),
        auth=auth_for(api_key),
    )
    trail.record(
        action=ACTION,
        actor=actor,
        object_kind="key",
        object_id=str(api_key.pk),
        object_name=api_key.label,
        team_id=api_key.team_id,
        detail={"address": question.call.path},
    )
    _refuse_too_often(actor)  # takes the entry back
    return question


async def read(question: Question) -> Answer:
    """Send it and return what came; every problem of xAI's is in the answer."""
    began = monotonic()
    told = problem = None
    try:
        client = upstream.async_client(question.host)
        told = await client.verbatim(question.call, auth=question.auth)
    except xai.XaiError as error:
        problem = problem_of(error)
    return Answer(
        told=told,
        problem=problem,
        answered_at=timezone.now(),
        seconds=monotonic() - began,
    )


def _call(read: Read, model_id: str) -> endpoints.Call[Any]:
    match read:
        case Read.KEY:
            return endpoints.key_info()
        case Read.MODELS:
            return endpoints.models()
        case Read.MODEL:
            return endpoints.model(model_id)
        case Read.LANGUAGE_MODELS:
            return endpoints.language_models()
        case Read.LANGUAGE_MODEL:
            return endpoints.language_model(model_id)


def _refuse_too_often(actor: Actor) -> None:
    """Count in the audit trail, whose lock lets one person's reads in one by one."""
    mine = Entry.objects.filter(action=ACTION, actor_id=actor.id).order_by("-seq")
    times = list(mine.values_list("at", flat=True)[: PER_MINUTE + 1])
    if len(times) > PER_MINUTE and times[-1] + MINUTE > timezone.now():
        raise TooOften(times[-1] + MINUTE)
