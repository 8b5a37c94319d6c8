"""A worker's turn as the sentinel: tokenize the corpus, and record what came of it.

Calls go the way of all calls that may cost money: admitted, booked before anything is
sent, settled. They are made one after the other, which is all the hurry a night needs.
A model is recorded whole or not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from time import monotonic

from django.db import transaction
from django.db.models import Count, Q

from console import vault, xai
from console.alerts import model_changes
from console.catalog import corpus, tokenizers
from console.catalog.models import ChangeSight, LanguageModel
from console.catalog.tokenizers import Reading
from console.finance.sentinel import turns
from console.finance.sentinel.turns import Claim
from console.keys.models import ApiKey, KeyModel
from console.polling.clock import database_time
from console.relay import admission, calls
from console.relay.candidates import lists_models
from console.relay.refusal import Refused, Rule
from console.relay.sentences import problem_of
from console.usage import repricing
from console.usage.models import Endpoint
from console.xai import Cause

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(minutes=1)  # at a key that may not be used; this calls nobody
TRY_AGAIN = timedelta(minutes=15)  # after xAI failed, or refused the key
UNTOLD_WAIT = timedelta(minutes=1)  # where a 429 does not say how long

LEFT = "{} switched the sentinel on and is not active any more. Choose the key again."
NO_ACL = (
    "The ACLs of {} do not allow /v1/tokenize-text. Change them, or choose another."
)
NO_MODELS = "xAI shows no model to {}, so there is nothing to read."
NOT_ALLOWED = "the ACLs of the key do not allow it"
NO_IDS = "xAI's answer tells no token ids"


class Unreadable(Exception):
    """An answer came, but it holds no tokens or does not tell their ids."""


def watch(*, time_limit: timedelta) -> bool:
    """Take a turn if one is due; return whether it ended for lack of time.

    A sealed vault opens no key: the look waits for it.
    """
    if not vault.state().is_open:
        return False
    claim = turns.claim()
    if claim is None:
        return False
    try:
        return _Turn(claim, end=monotonic() + time_limit.total_seconds()).go()
    except turns.LeaseLost:
        return False  # another key was chosen, or it was switched off


def models_of(key: ApiKey) -> list[LanguageModel]:
    """Return the models to read with a key: those xAI shows it now.

    A key whose ACLs leave out the lists of models is taken to see what the keys of
    its team see, as in `relay.candidates`.
    """
    seen = KeyModel.objects.filter(seen_until=None, key__removed_at=None)
    if lists_models(key):
        seen = seen.filter(key=key)
    else:
        seen = seen.filter(key__team=key.team_id, key__host=key.host)
    rows = LanguageModel.objects.filter(pk__in=seen.values("model"))
    return list(rows.order_by("model_id"))


def unread(claim: Claim, models: Sequence[LanguageModel]) -> list[LanguageModel]:
    """Return the models that were not read whole since the look was due."""
    ours = Q(
        readings__team=claim.key.team_id,
        readings__corpus=corpus.VERSION,
        readings__superseded_at=None,
        readings__last_seen_at__gte=claim.due_at,
    )
    rows = LanguageModel.objects.filter(pk__in=[model.pk for model in models])
    read = rows.annotate(read=Count("readings", filter=ours))
    done = set(read.filter(read__gte=len(corpus.texts())).values_list("pk", flat=True))
    return [model for model in models if model.pk not in done]


def reading_of(text: corpus.Text, tokens: Sequence[xai.Token]) -> Reading:
    """Return what is kept of one answer. Raises Unreadable."""
    ids = [token.token_id for token in tokens]
    if not ids or None in ids:
        raise Unreadable
    return Reading(
        language=text.language,
        characters=text.characters,
        tokens=len(ids),
        ids_digest=sha256(",".join(map(str, ids)).encode()).hexdigest(),
    )


class _Stop(Exception):
    """The look cannot go on now."""

    def __init__(self, problem: str, wait: timedelta) -> None:
        super().__init__(problem)
        self.problem = problem
        self.wait = wait


class _Turn:
    """One worker's turn at one look."""

    def __init__(self, claim: Claim, *, end: float) -> None:
        self._claim = claim
        self._end = end
        self._left_out: list[str] = []

    def go(self) -> bool:
        """Read what is unread; return whether time ran out. Raises LeaseLost."""
        try:
            return self._read_all()
        except _Stop as stop:
            turns.pause(self._claim, stop.wait, problem=stop.problem)
            return False

    def _read_all(self) -> bool:
        claim = self._claim
        if not claim.person.is_active:
            raise _Stop(LEFT.format(claim.person.name), LOOK_AGAIN)
        if claim.key.removed_at is not None:
            raise _Stop(admission.REMOVED.sentence, LOOK_AGAIN)
        models = models_of(claim.key)
        if not models:
            raise _Stop(NO_MODELS.format(claim.key.label), LOOK_AGAIN)
        for model in unread(claim, models):
            if monotonic() >= self._end:
                turns.let_go(claim)
                return True
            readings = self._read(model)
            if readings:
                self._record(model, readings)
        turns.finish(claim, problem=self._problem(len(models)))
        return False

    def _read(self, model: LanguageModel) -> list[Reading]:
        """Tokenize the whole corpus; empty if this model cannot be read."""
        readings = []
        try:
            for text in corpus.texts():
                readings.append(self._read_text(model, text))
        except Refused as refused:
            if refused.reason.rule not in (Rule.MODEL, Rule.UNLISTED):
                raise self._refused(refused) from None
            self._leave_out(model, NOT_ALLOWED)
        except xai.XaiError as error:
            if _is_of_key(error):
                raise _stopped(error) from None
            self._leave_out(model, str(error))
        except Unreadable:
            self._leave_out(model, NO_IDS)
        else:
            return readings
        return []

    def _read_text(self, model: LanguageModel, text: corpus.Text) -> Reading:
        turns.renew(self._claim)
        call = admission.admit_with(
            key=self._claim.key,
            user=self._claim.person,
            endpoint=Endpoint.TOKENIZE,
            model=model.model_id,
            prompt_bytes=len(text.content.encode()),
            max_tokens=None,
        )
        told = calls.tokenize_in_thread(call, text.content)
        return reading_of(text, told.tokens)

    @transaction.atomic
    def _record(self, model: LanguageModel, readings: Sequence[Reading]) -> None:
        turns.hold(self._claim)
        seen_at = database_time()
        sights = tokenizers.record_readings(
            model=model, team=self._claim.key.team, readings=readings, seen_at=seen_at
        )
        _tell(sights)

    def _leave_out(self, model: LanguageModel, why: str) -> None:
        self._left_out.append(f"{model.model_id}: {why}")
        log.warning("the tokenizer of %s was not read", model.model_id)

    def _refused(self, refused: Refused) -> _Stop:
        problem = refused.sentence
        if refused.reason.rule == Rule.ENDPOINT:
            problem = NO_ACL.format(self._claim.key.label)
        return _Stop(problem, LOOK_AGAIN)

    def _problem(self, models: int) -> str:
        if not self._left_out:
            return ""
        number = f"{len(self._left_out)} of {models} models could not be read"
        return f"{number}. {'; '.join(self._left_out)}."


def _tell(sights: Sequence[ChangeSight]) -> None:
    """Work out what a change costs each team that is told of it; open its incident.

    In the transaction that records the change.
    """
    for sight in sights:
        repricing.record_effects([sight])
    model_changes.note(sights[:1])  # one change, however many are told


def _is_of_key(error: xai.XaiError) -> bool:
    """Tell whether the next model would fare no better."""
    if isinstance(error, xai.RequestRefused | xai.BadAnswer):
        return False
    return error.cause not in (Cause.ACL_MODEL, Cause.REGION)


def _stopped(error: xai.XaiError) -> _Stop:
    wait = TRY_AGAIN
    if isinstance(error, xai.RateLimited):
        told = error.retry_after
        wait = UNTOLD_WAIT if told is None else timedelta(seconds=told)
    return _Stop(problem_of(error).sentence, wait)
