"""Taking keys in and letting go of them: the only place with secrets.

Every act here writes its audit entry in its own transaction. Rules are judged by the
caller; what is refused here is refused to everybody.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from console import xai
from console.accounts.models import Team, User
from console.accounts.teams import add_team
from console.audit.actors import Actor
from console.keys import assessment, entries, intake, observations, spans, upstream
from console.keys.models import ApiKey
from console.keys.refusals import (
    AlreadyStored,
    BadFormat,
    KeyNotAccepted,
    NotStored,
    Refused,
    SecretInText,
    StoredElsewhere,
    TeamMismatch,
    UpstreamSilent,
)
from console.vault import Sealed, sealing

__all__ = [
    "AlreadyStored",
    "BadFormat",
    "KeyNotAccepted",
    "NotStored",
    "Refused",
    "Sealed",
    "SecretInText",
    "StoredElsewhere",
    "TeamMismatch",
    "UpstreamSilent",
    "add_key",
    "auth_for",
    "remove_key",
    "replace_secret",
    "store",
    "store_unverified",
]


def auth_for(api_key: ApiKey) -> xai.XaiAuth:
    """Return what authorises a call with this key.

    Raises vault.Sealed without a usable KEK, vault.Tampered when the row was
    edited, upstream.UnknownHost when the settings no longer name its host and
    NotStored when the key was removed.
    """
    if api_key.sealed_secret is None:
        raise NotStored
    blob = bytes(api_key.sealed_secret)
    return xai.XaiAuth(sealing.unseal(blob, bound=_binding(api_key)))


def add_key(
    *,
    team: Team,
    label: str,
    owner: str,
    note: str,
    host: str,
    secret_text: str,
    actor: Actor,
    added_by: User | None = None,
) -> ApiKey:
    """Check the key live and store it with what xAI said of it.

    xAI is asked before the transaction, so nothing is locked meanwhile. Raises a
    subclass of Refused, or vault.Sealed.
    """
    secret = intake.parse(secret_text)
    intake.refuse_stored(secret, team=team)
    return store(
        team=team,
        label=label,
        owner=owner,
        note=note,
        host=host,
        secret=secret,
        told=intake.ask(secret, host=host),
        actor=actor,
        added_by=added_by,
    )


@transaction.atomic
def store(
    *,
    team: Team,
    label: str,
    owner: str,
    note: str,
    host: str,
    secret: xai.Secret,
    told: intake.Told | None,
    actor: Actor,
    added_by: User | None = None,
) -> ApiKey:
    """Store a key with what xAI said of it; None: it is due for its first poll.

    A team that is not stored yet is stored with its first key, so a refused key
    leaves no empty team. Raises TeamMismatch, AlreadyStored, StoredElsewhere,
    SecretInText, teams.Refused or vault.Sealed.
    """
    intake.refuse_secrets_in(label, owner, note)
    if told is not None:
        intake.refuse_other_team(told, team=team)
    if team._state.adding:
        team = add_team(name=team.name, actor=actor)
    api_key = ApiKey(team=team, label=label, owner=owner, note=note, host=host)
    api_key.created_by = added_by
    _seal_into(api_key, secret)
    try:
        with transaction.atomic():
            api_key.save(force_insert=True)
    except IntegrityError:
        raise intake.stored_refusal(secret, team=team) from None
    if told is not None:
        observations.record_key_info(
            api_key=api_key, info=told.info, seen_at=told.seen_at
        )
    assessment.assess([api_key.pk], now=timezone.now())
    api_key.refresh_from_db()
    entries.record_added(api_key, actor, checked_live=told is not None)
    return api_key


def store_unverified(
    *,
    team: Team,
    label: str,
    owner: str,
    note: str,
    host: str,
    secret: xai.Secret,
    actor: Actor,
) -> ApiKey:
    """Store a key without asking xAI, for the first start. Raises as `store` does."""
    upstream.address(host)
    intake.refuse_stored(secret, team=team)
    return store(
        team=team,
        label=label,
        owner=owner,
        note=note,
        host=host,
        secret=secret,
        told=None,
        actor=actor,
    )


def replace_secret(*, api_key: ApiKey, secret_text: str, actor: Actor) -> ApiKey:
    """Check another secret live and put it in the place of the stored one.

    The row, its history and its usage stay; the model list is due again. Raises
    as `add_key` does.
    """
    secret = intake.parse(secret_text)
    intake.refuse_stored(secret, team=api_key.team)
    told = intake.ask(secret, host=api_key.host)
    intake.refuse_other_team(told, team=api_key.team)
    try:
        with transaction.atomic():
            api_key = _locked(api_key)
            before = entries.shown(api_key)
            api_key.secret_version += 1
            _seal_into(api_key, secret)
            api_key.xai_key_id = ""
            api_key.refused_at = api_key.models_checked_at = None
            api_key.save(
                update_fields=[
                    "secret_version",
                    "sealed_secret",
                    "fingerprint",
                    "last_four",
                    "xai_key_id",
                    "refused_at",
                    "models_checked_at",
                ]
            )
            observations.record_key_info(
                api_key=api_key, info=told.info, seen_at=told.seen_at
            )
            assessment.assess([api_key.pk], now=timezone.now())
            entries.record(
                "key.secret_replaced",
                api_key,
                actor,
                {"before": before, "after": entries.shown(api_key)},
            )
    except IntegrityError:
        raise intake.stored_refusal(secret, team=api_key.team) from None
    api_key.refresh_from_db()
    return api_key


@transaction.atomic
def remove_key(*, api_key: ApiKey, actor: Actor) -> None:
    """Forget the secret. The row stays, unseen, for its usage and the audit log.

    The key itself lives on at xAI. Its fingerprint stays as well, so that the key
    is recognised when somebody asks.
    """
    api_key = _locked(api_key)
    now = timezone.now()
    ApiKey.objects.filter(pk=api_key.pk).update(
        sealed_secret=None, watched=False, removed_at=now
    )
    assessment.assess([api_key.pk], now=now)
    spans.end(api_key, at=now)
    entries.record("key.removed", api_key, actor, entries.shown(api_key))


def _seal_into(api_key: ApiKey, secret: xai.Secret) -> None:
    api_key.sealed_secret = sealing.seal(secret, bound=_binding(api_key))
    api_key.fingerprint = sealing.fingerprint(secret)
    api_key.last_four = secret.last_four


def _binding(api_key: ApiKey) -> sealing.Binding:
    return sealing.Binding(
        row=api_key.id,
        version=api_key.secret_version,
        team=api_key.team_id,
        host=upstream.hostname(api_key.host),
    )


def _locked(api_key: ApiKey) -> ApiKey:
    found = (
        ApiKey.objects.select_for_update()
        .filter(pk=api_key.pk, removed_at=None)
        .first()
    )
    if found is None:
        raise NotStored
    return found
