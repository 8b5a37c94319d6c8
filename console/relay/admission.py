"""Who may call what with which key: the way in for every call that may cost money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from console import vault, xai
from console.accounts.models import User
from console.catalog import costs
from console.catalog.models import PriceVersion
from console.keys import custody
from console.keys.models import ApiKey
from console.keys.upstream import UnknownHost
from console.lib.ticks import MAX_TICKS
from console.relay.candidates import (
    Candidate,
    candidates_of,
    candidates_of_team,
    obstacle_of_key,
    obstacle_of_model,
)
from console.relay.over_budget import reason_of
from console.relay.parameters import IMAGE_TOKENS, PLAIN, Extras, obstacle, reasons
from console.relay.refusal import Reason, Refused, Rule
from console.usage import ledger, limits, windows
from console.usage.models import Endpoint

BYTES_PER_TOKEN = 4  # about; for the estimate of an answer that was cut

NO_TEAM = Reason(
    rule=Rule.NO_TEAM,
    sentence="You belong to no team, so there is no key you may use.",
    advice="Ask an admin to add you to a team.",
)
NO_KEY = Reason(
    rule=Rule.NO_KEY,
    sentence="No key is stored for your teams.",
    advice="Ask an admin to add one.",
)
NOT_YOURS = Reason(
    rule=Rule.NO_TEAM,
    sentence="You do not belong to the team that was chosen to pay.",
    advice="Choose one of your teams. Reload the page if yours have changed.",
    status=404,
)
REMOVED = Reason(
    rule=Rule.NO_KEY,
    sentence="The key was removed.",
    advice="An admin has to choose another one.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that was admitted: its record is open, and it must be settled."""

    record_id: UUID
    key_id: UUID
    key_label: str
    team_name: str
    host: str
    auth: xai.XaiAuth
    model: str  # as asked, an id or an alias
    prompt_tokens: int  # roughly; books an estimate if the answer is cut


def admit(
    *,
    user: User,
    endpoint: Endpoint,
    model: str,
    prompt_bytes: int,
    max_tokens: int | None,
    team_id: UUID | None = None,
    extras: Extras = PLAIN,
) -> Call:
    """Choose the key, write the record of the call and return both.

    Of the keys that may, the one that may do least is used; `team_id` is the team
    whose keys these are, if one was chosen. Nothing is sent here, and the record is
    the only thing written, in one statement. Raises Refused, and then nothing was.

    A person may have ANSWERS_AT_ONCE and make CALLS_PER_MINUTE, a team and a key have
    limits of their own, and so has counting tokens. Each column of a comparison is a
    call like any other, so the usual limits are four at once, that one comparison of
    four can run, and five of them a minute.
    """
    chosen = chosen_for(user, endpoint, model, team_id=team_id)
    asked = _Asked(model, prompt_bytes, max_tokens, extras)
    return _open(chosen, user, endpoint, asked, within=_limits(endpoint))


def _limits(endpoint: Endpoint) -> limits.Limits:
    if endpoint == Endpoint.TOKENIZE:
        return limits.Limits(
            per_minute=settings.COUNTS_PER_MINUTE,
            team_per_minute=settings.TEAM_COUNTS_PER_MINUTE,
        )
    return limits.Limits(
        per_minute=settings.CALLS_PER_MINUTE,
        at_once=settings.ANSWERS_AT_ONCE,
        team_per_minute=settings.TEAM_CALLS_PER_MINUTE,
        team_at_once=settings.TEAM_ANSWERS_AT_ONCE,
        key_per_minute=settings.KEY_CALLS_PER_MINUTE,
    )


def chosen_for(
    user: User, endpoint: Endpoint, model: str, *, team_id: UUID | None = None
) -> Candidate:
    """Return the key a call would use, with its model and price. Raises Refused."""
    candidates = candidates_of(user, asked=model, team_id=team_id)
    if not candidates:
        raise Refused(why_no_key(user, team_id))
    return _weakest(candidates, endpoint, asked=model)


def admit_with(
    *,
    key: ApiKey,
    user: User,
    endpoint: Endpoint,
    model: str,
    prompt_bytes: int,
    max_tokens: int | None,
) -> Call:
    """Write the record of a call with one key that was chosen before; return both.

    For standing orders, whose key an admin named: `user` need not belong to its team,
    the calls are booked as theirs, and no limit of theirs applies. All else is as in
    `admit`.
    """
    candidates = [
        candidate
        for candidate in candidates_of_team(key.team_id, asked=model)
        if candidate.key.pk == key.pk
    ]
    if not candidates:
        raise Refused(REMOVED)
    chosen = _weakest(candidates, endpoint, asked=model)
    return _open(chosen, user, endpoint, _Asked(model, prompt_bytes, max_tokens))


@dataclass(frozen=True, slots=True)
class _Asked:
    model: str
    prompt_bytes: int
    max_tokens: int | None
    extras: Extras = PLAIN

    @property
    def image_tokens(self) -> int:
        return self.extras.images * IMAGE_TOKENS


def _open(
    chosen: Candidate,
    user: User,
    endpoint: Endpoint,
    asked: _Asked,
    *,
    within: limits.Limits | None = None,
) -> Call:
    if chosen.model and (wrong := obstacle(chosen.model, endpoint, asked.extras)):
        raise Refused(_not_taken(wrong))
    auth = auth_for(chosen.key)
    opening = ledger.Opening(
        person=user,
        key=chosen.key,
        endpoint=endpoint,
        model_asked=asked.model,
        model=chosen.model,
        price=chosen.price,
        ceiling_ticks=ceiling_of(
            chosen.price,
            endpoint,
            # A token is never less than a byte, so the bytes bound the tokens.
            prompt_tokens=asked.prompt_bytes + asked.image_tokens,
            max_tokens=asked.max_tokens,
            extras=asked.extras,
        ),
    )
    try:
        record_id = ledger.open_record(opening, within=within)
    except limits.TooMany as reached:
        raise Refused(_too_many(reached)) from None
    except windows.OverBudget as over:
        raise Refused(reason_of(over, opening, now=timezone.now())) from None
    return Call(
        record_id=record_id,
        key_id=chosen.key.id,
        key_label=chosen.key.label,
        team_name=chosen.team_name,
        host=chosen.key.host,
        auth=auth,
        model=asked.model,
        prompt_tokens=-(-asked.prompt_bytes // BYTES_PER_TOKEN) + asked.image_tokens,
    )


def why_no_key(user: User, team_id: UUID | None = None) -> Reason:
    """Return why there is no key to choose from, of all teams or of a chosen one."""
    mine = set(user.memberships.values_list("team", flat=True))
    if team_id and mine and team_id not in mine:
        return NOT_YOURS
    return NO_KEY if mine else NO_TEAM


def _not_taken(sentence: str) -> Reason:
    return Reason(
        rule=Rule.PARAMETER,
        sentence=sentence,
        advice="Leave it empty, or choose another model.",
        status=422,
    )


def _too_many(reached: limits.TooMany) -> Reason:
    return Reason(
        rule=Rule.LIMIT,
        sentence=reached.sentence,
        advice=reached.advice,
        status=429,
        seconds=reached.seconds,
    )


def _weakest(
    candidates: Sequence[Candidate], endpoint: Endpoint, *, asked: str
) -> Candidate:
    now = timezone.now()
    usable: list[Candidate] = []
    reasons: list[Reason] = []
    for candidate in candidates:
        reason = obstacle_of_model(
            candidate, candidate.model, asked
        ) or obstacle_of_key(candidate, endpoint, now=now)
        if reason:
            reasons.append(reason)
        else:
            usable.append(candidate)
    if not usable:
        raise Refused(max(reasons, key=lambda reason: reason.rule.depth))
    return min(usable, key=lambda candidate: candidate.strength)


def auth_for(key: ApiKey) -> xai.XaiAuth:
    """Return what authorises a call with this key. Raises Refused."""
    try:
        return custody.auth_for(key)
    except vault.Sealed as sealed:
        reason = _cannot_open(Rule.SEALED, sealed.sentence, "Tell an operator.")
    except vault.Tampered as tampered:
        reason = _cannot_open(Rule.SECRET, tampered.sentence, "Tell an admin.")
    except UnknownHost:
        so = f"The settings do not name the address of {key.label} any more."
        reason = _cannot_open(Rule.SECRET, so, "Tell an operator: see XAI_HOSTS.")
    raise Refused(reason)


def _cannot_open(rule: Rule, sentence: str, advice: str) -> Reason:
    return Reason(rule=rule, sentence=sentence, advice=advice, status=503)


def ceiling_of(
    price: PriceVersion | None,
    endpoint: Endpoint,
    *,
    prompt_tokens: int,
    max_tokens: int | None,
    extras: Extras = PLAIN,
) -> int | None:
    """Return the most a call may cost; None without a price or a limit.

    `prompt_tokens` is a bound, with the images. `max_tokens` does not cap the reasoning
    of a model that reasons; its context does.
    """
    if price is None or max_tokens is None or endpoint == Endpoint.TOKENIZE:
        return None
    model, most = price.model, max_tokens
    if reasons(model) is not False:
        if model.context_length is None:
            return None
        most = max(most, model.context_length)
    # Whether each of several choices is charged for the prompt as well is not told: all
    # are, then.
    once = costs.ceiling_ticks(
        costs.Prices.of(price), prompt_tokens=prompt_tokens, completion_tokens=most
    )
    if once is None or once * extras.factor > MAX_TICKS:
        return None
    return once * extras.factor
