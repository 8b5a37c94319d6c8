"""Taking keys in, changing and letting go of them: the only place with secrets.

Every act here writes its audit entry in its own transaction. Rules are judged by the
caller; what is refused here is refused to everybody.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

from console import xai
from console.accounts.models import Team, User
from console.accounts.teams import add_team
from console.audit import trail
from console.audit.actors import Actor
from console.keys import assessment, intake, observations, spans, upstream
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
    "edit",
    "pause",
    "remove_key",
    "replace_secret",
    "resume",
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

    xAI is asked before the transaction, so nothing is locked meanwhile. A team
    that is not stored yet is stored with its first key, so a refused key leaves no
    empty team. Raises a subclass of Refused, or vault.Sealed.
    """
    secret = intake.parse(secret_text)
    intake.refuse_stored(secret, team=team)
    info, seen_at = intake.ask(secret, host=host, team=team)
    with transaction.atomic():
        if team._state.adding:
            team = add_team(name=team.name, actor=actor)
        api_key = _store(
            ApiKey(team=team, label=label, owner=owner, note=note, host=host),
            secret=secret,
            added_by=added_by,
        )
        observations.record_key_info(api_key=api_key, info=info, seen_at=seen_at)
        assessment.assess([api_key.pk], now=timezone.now())
        _record_added(api_key, actor, checked_live=True)
    api_key.refresh_from_db()
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
    added_by: User | None = None,
) -> ApiKey:
    """Store a key without asking xAI; it is due for its first poll at once.

    For imports and for the first start. Raises AlreadyStored, StoredElsewhere or
    vault.Sealed.
    """
    upstream.address(host)
    intake.refuse_stored(secret, team=team)
    with transaction.atomic():
        api_key = _store(
            ApiKey(team=team, label=label, owner=owner, note=note, host=host),
            secret=secret,
            added_by=added_by,
        )
        _record_added(api_key, actor, checked_live=False)
    return api_key


def replace_secret(*, api_key: ApiKey, secret_text: str, actor: Actor) -> ApiKey:
    """Check another secret live and put it in the place of the stored one.

    The row, its history and its usage stay; the model list is due again. Raises
    as `add_key` does.
    """
    secret = intake.parse(secret_text)
    intake.refuse_stored(secret, team=api_key.team)
    info, seen_at = intake.ask(secret, host=api_key.host, team=api_key.team)
    try:
        with transaction.atomic():
            api_key = _locked(api_key)
            before = _shown(api_key)
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
            observations.record_key_info(api_key=api_key, info=info, seen_at=seen_at)
            assessment.assess([api_key.pk], now=timezone.now())
            _record(
                "key.secret_replaced",
                api_key,
                actor,
                {"before": before, "after": _shown(api_key)},
            )
    except IntegrityError:
        raise intake.stored_refusal(secret, team=api_key.team) from None
    api_key.refresh_from_db()
    return api_key


@transaction.atomic
def edit(*, api_key: ApiKey, label: str, owner: str, note: str, actor: Actor) -> ApiKey:
    """Change what we call the key. Unchanged values leave no audit entry."""
    intake.refuse_secrets_in(label, owner, note)
    api_key = _locked(api_key)
    wanted = {"label": label, "owner": owner, "note": note}
    before = {
        field: getattr(api_key, field)
        for field in wanted
        if getattr(api_key, field) != wanted[field]
    }
    if before:
        after = {field: wanted[field] for field in before}
        ApiKey.objects.filter(pk=api_key.pk).update(**after)
        assessment.assess([api_key.pk], now=timezone.now())
        api_key.refresh_from_db()
        _record("key.edited", api_key, actor, {"before": before, "after": after})
    return api_key


def pause(*, api_key: ApiKey, actor: Actor) -> ApiKey:
    """Stop polling the key. What is known of it stays and grows old."""
    return _set_watched(api_key, False, "key.watch_paused", actor)


def resume(*, api_key: ApiKey, actor: Actor) -> ApiKey:
    """Poll the key again; it is long due, so it is polled at the next ring."""
    return _set_watched(api_key, True, "key.watch_resumed", actor)


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
    _record("key.removed", api_key, actor, _shown(api_key))


def _store(api_key: ApiKey, *, secret: xai.Secret, added_by: User | None) -> ApiKey:
    intake.refuse_secrets_in(api_key.label, api_key.owner, api_key.note)
    api_key.created_by = added_by
    _seal_into(api_key, secret)
    try:
        with transaction.atomic():
            api_key.save(force_insert=True)
    except IntegrityError:
        raise intake.stored_refusal(secret, team=api_key.team) from None
    return api_key


def _record_added(api_key: ApiKey, actor: Actor, *, checked_live: bool) -> None:
    facts = {
        **_shown(api_key),
        "host": api_key.host,
        "owner": api_key.owner,
        "checked_live": checked_live,
    }
    _record("key.added", api_key, actor, facts)


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


@transaction.atomic
def _set_watched(api_key: ApiKey, watched: bool, action: str, actor: Actor) -> ApiKey:
    api_key = _locked(api_key)
    if api_key.watched is not watched:
        api_key.watched = watched
        api_key.save(update_fields=["watched"])
        assessment.assess([api_key.pk], now=timezone.now())
        _record(action, api_key, actor, {})
    return api_key


def _shown(api_key: ApiKey) -> dict[str, object]:
    """What may be said of the secret."""
    return {
        "last_four": api_key.last_four,
        "fingerprint": sealing.short(bytes(api_key.fingerprint or b"")),
        "secret_version": api_key.secret_version,
    }


def _record(
    action: str, api_key: ApiKey, actor: Actor, detail: Mapping[str, object]
) -> None:
    trail.record(
        action=action,
        actor=actor,
        object_kind="key",
        object_id=str(api_key.id),
        object_name=api_key.label,
        team_id=api_key.team_id,
        detail=dict(detail),
    )
