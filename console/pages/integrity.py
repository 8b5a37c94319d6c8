"""What is known of the audit trail's integrity, for the banner over the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from console import vault
from console.audit import anchors, chain, selfcheck
from console.audit.anchors import Anchor
from console.audit.models import Entry


@dataclass(frozen=True, slots=True)
class Integrity:
    """The banner: what the last look at the whole chain said, and the newest anchor."""

    tone: str  # "ok", "warn" or "bad"
    title: str
    sentence: str
    checked_at: datetime | None = None
    head: int = 0
    mark: str = ""  # first digits of the newest entry's mac
    since: datetime | None = None  # the first entry
    anchor: Anchor | None = None


def integrity() -> Integrity:
    """Judge by the last verification, the newest anchor, and the chain's two ends."""
    anchor = anchors.last(settings.AUDIT_ANCHORS)
    tone, title, sentence, checked_at = _judged(anchor)
    head = chain.head()
    return Integrity(
        tone=tone,
        title=title,
        sentence=sentence,
        checked_at=checked_at,
        head=head.seq if head else 0,
        mark=head.mac[:4].hex() if head else "",
        since=Entry.objects.filter(seq=1).values_list("at", flat=True).first(),
        anchor=anchor,
    )


def _judged(anchor: Anchor | None) -> tuple[str, str, str, datetime | None]:
    if anchor and anchors.contradicts(anchor):
        sentence = (
            f"The trail has not the entry {anchor.seq:,} that its newest anchor notes: "
            "its end was cut off, or it was rebuilt."
        )
        return "bad", "Chain broken", sentence, None
    try:
        kept = selfcheck.newest()
    except vault.Sealed as sealed:
        return "warn", "Chain not verified", sealed.sentence, None
    if kept is None:
        return "warn", "Chain not verified yet", "The first look is due at once.", None
    if not kept.result.sound:
        return "bad", "Chain broken", kept.result.sentence, kept.at
    return "ok", "Chain verified", kept.result.sentence, kept.at
