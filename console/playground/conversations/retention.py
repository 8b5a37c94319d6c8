"""The end of conversations and shares, and what the pages say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from console.playground.conversations import keeping
from console.playground.models import Conversation, Share

AT_ONCE = 500  # conversations of one ring
SHARES_NAMED_FOR = timedelta(days=30)  # after their end, their link says what it was


@dataclass(frozen=True, slots=True)
class Tidied:
    """How much was deleted or marked."""

    conversations: int
    shares: int
    cut: int


def tidy() -> Tidied:
    """Delete what is over its time, pinned or not, and mark what died as cut.

    A shorter setting holds for what is stored, too; a longer one for new turns only.
    """
    now = timezone.now()
    latest = now - timedelta(days=settings.CONVERSATION_DAYS)
    over = Conversation.objects.filter(kept_until__lte=now)
    over |= Conversation.objects.filter(updated_at__lte=latest)
    _, gone = Conversation.objects.filter(pk__in=over.values("pk")[:AT_ONCE]).delete()
    too_long = Share.objects.filter(created_at__lte=latest, expires_at__gt=now)
    too_long.update(expires_at=now)
    old = Share.objects.filter(expires_at__lte=now - SHARES_NAMED_FOR)
    Share.objects.filter(expires_at__lte=now).update(sealed_snapshot=b"")
    shares, _ = old.delete()
    conversations = gone.get(Conversation._meta.label, 0)
    return Tidied(conversations, shares, keeping.cut_the_dead())


def in_words() -> str:
    """Return how long conversations are kept: "30 days"; empty if none is."""
    days = settings.CONVERSATION_DAYS
    return f"{days} day{'' if days == 1 else 's'}" if days else ""
