"""What is asked before a secret is stored. Called by `custody` and imports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from console import xai
from console.accounts.models import Team
from console.keys import upstream
from console.keys.models import ApiKey
from console.keys.refusals import (
    AlreadyStored,
    BadFormat,
    KeyNotAccepted,
    Refused,
    SecretInText,
    StoredElsewhere,
    TeamMismatch,
    UpstreamSilent,
)
from console.vault import sealing


def parse(secret_text: str) -> xai.Secret:
    """Return the secret in a form's field, or raise BadFormat."""
    try:
        return xai.Secret.parse(secret_text)
    except xai.BadSecret:
        raise BadFormat from None


@dataclass(frozen=True, slots=True)
class Told:
    """What xAI said of a secret that is not stored yet."""

    info: xai.KeyInfo
    seen_at: datetime  # when the answer arrived


def ask(secret: xai.Secret, *, host: str) -> Told:
    """Ask xAI about a secret. Raises KeyNotAccepted or UpstreamSilent."""
    try:
        info = upstream.sync_client(host).key_info(auth=xai.XaiAuth(secret))
    except xai.XaiError as error:
        raise refusal_of(error) from None
    return Told(info, timezone.now())


async def ask_among_others(secret: xai.Secret, *, host: str) -> Told | xai.XaiError:
    """Ask as `ask` does, from an event loop; an error is returned, for the caller
    to try again or to make a refusal of.
    """
    try:
        info = await upstream.async_client(host).key_info(auth=xai.XaiAuth(secret))
    except xai.XaiError as error:
        return error
    return Told(info, timezone.now())


def refusal_of(error: xai.XaiError) -> KeyNotAccepted | UpstreamSilent:
    """Return what an error makes of a key that was to be stored."""
    if isinstance(error, xai.KeyRejected | xai.NotPermitted | xai.OutOfCredit):
        return KeyNotAccepted(str(error))
    return UpstreamSilent(str(error))


def refuse_other_team(told: Told, *, team: Team) -> None:
    """Raise TeamMismatch if the key belongs to another xAI team than `team`."""
    belongs_to = told.info.team_id
    if team.xai_team_id and belongs_to and team.xai_team_id != belongs_to:
        raise TeamMismatch(team)


def refuse_stored(secret: xai.Secret, *, team: Team) -> None:
    """Raise AlreadyStored or StoredElsewhere if a key with this secret is stored."""
    stored = ApiKey.objects.filter(
        fingerprint=sealing.fingerprint(secret), removed_at=None
    )
    for api_key in stored.select_related("team"):
        same = api_key.team_id == team.pk
        raise AlreadyStored(api_key) if same else StoredElsewhere(api_key)


def stored_refusal(secret: xai.Secret, *, team: Team) -> Refused:
    """Say what the unique constraint found, now that the winner is visible."""
    try:
        refuse_stored(secret, team=team)
    except (AlreadyStored, StoredElsewhere) as refusal:
        return refusal
    return AlreadyStored(None)


def refuse_secrets_in(*texts: str) -> None:
    """Texts are shown and audited; a key pasted into one of them would be, too."""
    if any(xai.redact(text) != text for text in texts):
        raise SecretInText
