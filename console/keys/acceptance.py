"""Letting a finding stay for a time, and taking that back.

The key is locked before its finding, as assessing does, so the two never wait for each
other in a circle.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from console.accounts.models import User
from console.audit import trail
from console.audit.actors import Actor
from console.keys import intake
from console.keys.assessment import assess
from console.keys.models import ApiKey, Finding
from console.keys.refusals import FindingGone

__all__ = ["FindingGone", "accept", "reopen"]


@transaction.atomic
def accept(
    *, finding: Finding, reason: str, until: datetime, by: User, actor: Actor
) -> Finding:
    """Let a finding stay until a time that lies ahead; it counts no more till then.

    Accepting again replaces reason and end. Raises FindingGone, SecretInText or
    vault.Sealed.
    """
    intake.refuse_secrets_in(reason)
    finding = _locked(finding)
    before = _shown(finding)
    finding.accepted_by, finding.accepted_at = by, timezone.now()
    finding.accepted_until, finding.accepted_reason = until, reason
    _store(finding, "finding.accepted", before, actor)
    return finding


@transaction.atomic
def reopen(*, finding: Finding, actor: Actor) -> Finding:
    """Let a finding count again. One that nobody accepted leaves no entry.

    Raises FindingGone or vault.Sealed.
    """
    finding = _locked(finding)
    if finding.accepted_until is None:
        return finding
    before = _shown(finding)
    finding.accepted_by = finding.accepted_at = finding.accepted_until = None
    finding.accepted_reason = ""
    _store(finding, "finding.reopened", before, actor)
    return finding


def _locked(finding: Finding) -> Finding:
    stored = ApiKey.objects.select_for_update(no_key=True)
    if stored.filter(pk=finding.key_id, removed_at=None).first() is None:
        raise FindingGone
    rows = Finding.objects.open().select_for_update(of=("self",))
    found = rows.select_related("key", "accepted_by").filter(pk=finding.pk).first()
    if found is None:
        raise FindingGone
    return found


def _store(
    finding: Finding, action: str, before: dict[str, object], actor: Actor
) -> None:
    finding.save(
        update_fields=[
            "accepted_by", "accepted_at", "accepted_until", "accepted_reason",
        ]
    )  # fmt: skip
    assess([finding.key_id], now=timezone.now())
    trail.record(
        action=action,
        actor=actor,
        object_kind="key",
        object_id=str(finding.key_id),
        object_name=finding.key.label,
        team_id=finding.key.team_id,
        detail={
            "finding": finding.pk,
            "kind": finding.kind,
            "subject": finding.subject,
            "before": before,
            "after": _shown(finding),
        },
    )


def _shown(finding: Finding) -> dict[str, object]:
    by = finding.accepted_by
    return {
        "accepted_by": by.username if by else None,
        "accepted_until": finding.accepted_until,
        "reason": finding.accepted_reason,
    }
