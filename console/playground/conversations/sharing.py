"""Read-only snapshots of conversations, for colleagues who have the link.

A snapshot is a copy: what is said, changed or deleted later does not change it. It
ends by itself, no later than conversations are kept, or when its owner revokes it;
then its text is deleted, too.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import User
from console.audit import trail
from console.audit.actors import Actor
from console.playground.conversations import files, sealed
from console.playground.models import Conversation, Share

DAYS = (1, 7, 30)
TOKEN_BYTES = 32
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLine:
    """One share as its owner sees it; `link` is empty once it is over."""

    id: uuid.UUID
    reference: str  # as the audit log names it
    title: str
    link: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def days_to_choose() -> list[int]:
    """Return for how many days one may share; none where nothing is kept."""
    return [days for days in DAYS if days <= settings.CONVERSATION_DAYS]


def is_open(share: Share) -> bool:
    """Return whether the link works."""
    over = share.revoked_at or share.expires_at <= timezone.now()
    return not over and share.owner.is_active


@transaction.atomic
def share(conversation: Conversation, *, days: int, actor: Actor) -> Share:
    """Copy a conversation as it stands for colleagues. Raises vault.Sealed."""
    pk, token = uuid.uuid4(), secrets.token_urlsafe(TOKEN_BYTES)
    snapshot = files.to_json(conversation)
    made = Share.objects.create(
        id=pk,
        owner=conversation.owner,
        token_digest=_digest(token),
        sealed_token=sealed.close(token, kind=sealed.LINK, row=pk),
        sealed_title=sealed.close(snapshot["title"], kind=sealed.TITLE, row=pk),
        sealed_snapshot=sealed.close(snapshot, kind=sealed.SNAPSHOT, row=pk),
        expires_at=timezone.now() + timedelta(days=days),
    )
    _record("conversation.shared", made, actor, {"days": days})
    return made


@transaction.atomic
def revoke(share: Share, *, actor: Actor) -> bool:
    """Close a link and delete its text; return whether it was open until now."""
    locked = Share.objects.select_for_update().get(pk=share.pk)
    if locked.revoked_at:
        return False
    locked.revoked_at = timezone.now()
    locked.sealed_snapshot = b""
    locked.save(update_fields=["revoked_at", "sealed_snapshot"])
    _record("conversation.share_revoked", locked, actor, {})
    return True


def opened_by(token: str) -> Share | None:
    """Return what a link belongs to, open or not; None for one that we never made."""
    if TOKEN.fullmatch(token) is None:
        return None
    found = Share.objects.select_related("owner")
    return found.filter(token_digest=_digest(token)).first()


def snapshot_of(share: Share) -> files.Json:
    """Return the copy that a share holds. Raises vault.Sealed."""
    value = sealed.open_(share.sealed_snapshot, kind=sealed.SNAPSHOT, row=share.pk)
    return value if isinstance(value, dict) else {"title": "", "turns": []}


def shares_of(user: User | AnonymousUser) -> list[ShareLine]:
    """Return what a person shared, the newest first. Raises vault.Sealed."""
    own = Share.objects.visible_to(user).select_related("owner")
    return [line_of(one) for one in own]


def line_of(share: Share) -> ShareLine:
    """Return one share as its owner sees it. Raises vault.Sealed."""
    token = sealed.open_(share.sealed_token, kind=sealed.LINK, row=share.pk)
    path = reverse("playground:shared", args=[token]) if token else ""
    return ShareLine(
        id=share.pk,
        reference=share.reference,
        title=sealed.open_text(share.sealed_title, kind=sealed.TITLE, row=share.pk),
        link=f"{settings.SITE_URL}{path}" if is_open(share) and path else "",
        created_at=share.created_at,
        expires_at=share.expires_at,
        revoked_at=share.revoked_at,
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _record(action: str, share: Share, actor: Actor, detail: dict[str, Any]) -> None:
    """Note the act; its title is text of the conversation, and so is not noted."""
    until = share.expires_at.isoformat(timespec="seconds")
    trail.record(
        action=action,
        actor=actor,
        object_kind="share",
        object_id=str(share.pk),
        object_name=f"a conversation (share {share.reference})",
        detail={"until": until, **detail},
    )
