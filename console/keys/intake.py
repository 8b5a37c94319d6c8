"""What is asked before a secret is stored. Called by `custody` alone."""

from __future__ import annotations

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


def ask(secret: xai.Secret, *, host: str, team: Team) -> tuple[xai.KeyInfo, datetime]:
    """Ask xAI about a secret that is not stored yet; return when it answered, too.

    Raises KeyNotAccepted, UpstreamSilent or TeamMismatch.
    """
    client = upstream.sync_client(host)
    try:
        info = client.key_info(auth=xai.XaiAuth(secret))
    except (xai.KeyRejected, xai.NotPermitted, xai.OutOfCredit) as error:
        raise KeyNotAccepted(str(error)) from None
    except xai.XaiError as error:
        raise UpstreamSilent(str(error)) from None
    if team.xai_team_id and info.team_id and team.xai_team_id != info.team_id:
        raise TeamMismatch(team)
    return info, timezone.now()


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
