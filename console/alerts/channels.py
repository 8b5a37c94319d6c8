"""Channels and their rules: the only place with their addresses and signing keys.

Every act writes its audit entry in its own transaction. A sealed vault refuses them
all with vault.Sealed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone

from console.accounts.models import Team, User
from console.alerts import deciding, mailing, messages, outbound
from console.alerts.models import (
    AlertRule,
    Channel,
    ChannelKind,
    Delivery,
    Event,
)
from console.alerts.refusals import BadTarget, NameTaken, Removed, TooSoon
from console.audit import trail
from console.audit.actors import Actor
from console.vault import sealing

TARGET, SIGNING_KEY = "alerts.target", "alerts.signing-key"  # what a blob is for
TEST_EVERY = timedelta(seconds=30)
NO_ADDRESS = "This is not one e-mail address."


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTerms:
    """What a rule says: which incidents, and when the channel is told."""

    team: Team | None  # None: all
    kinds: list[str]  # empty: all
    cool_down: timedelta | None
    daily: bool


EVERYTHING = RuleTerms(team=None, kinds=[], cool_down=None, daily=False)


def target_of(channel: Channel) -> str:
    """Return where a channel's messages go. Raises vault.Sealed or vault.Tampered."""
    blob = bytes(channel.sealed_target or b"")
    return sealing.unseal_text(blob, kind=TARGET, row=channel.pk)


def signing_key_of(channel: Channel) -> str:
    """Return what a channel's bodies are signed with; raises as `target_of` does."""
    blob = bytes(channel.sealed_signing_key or b"")
    return sealing.unseal_text(blob, kind=SIGNING_KEY, row=channel.pk)


def add_channel(
    *,
    name: str,
    kind: ChannelKind,
    target: str,
    digest_hour: int,
    actor: Actor,
    added_by: User | None = None,
) -> tuple[Channel, str]:
    """Store a channel that is told of everything; return it and its signing key.

    The key is "" for kinds that sign nothing, and is never shown again. Raises
    BadTarget, NameTaken or vault.Sealed.
    """
    shown = check_target(kind, target)  # asks name servers, so before the transaction
    channel = Channel(name=name, kind=kind, digest_hour=digest_hour)
    channel.created_by, channel.shown_target = added_by, shown
    channel.sealed_target = sealing.seal_text(target, kind=TARGET, row=channel.pk)
    key = _make_signing_key(channel) if kind == ChannelKind.WEBHOOK else ""
    with transaction.atomic():
        _save(channel, new=True)
        AlertRule.objects.create(channel=channel)
        record("channel.added", channel, actor, _facts(channel))
    return channel, key


def edit_channel(
    *, channel: Channel, name: str, target: str, digest_hour: int, actor: Actor
) -> Channel:
    """Change a channel; an empty target keeps the stored one. Raises as adding does."""
    shown = check_target(ChannelKind(channel.kind), target) if target else ""
    with transaction.atomic():
        channel = _locked(channel)
        before = _facts(channel)
        channel.name, channel.digest_hour = name, digest_hour
        if target:
            channel.shown_target = shown
            channel.sealed_target = sealing.seal_text(
                target, kind=TARGET, row=channel.pk
            )
        _save(channel)
        after = _facts(channel)
        if target or before != after:
            detail = {"before": before, "after": after, "new_target": bool(target)}
            record("channel.edited", channel, actor, detail)
    return channel


@transaction.atomic
def set_enabled(*, channel: Channel, enabled: bool, actor: Actor) -> Channel:
    """Switch a channel on or off. What waits while it is off fails and says so."""
    channel = _locked(channel)
    if channel.enabled is not enabled:
        channel.enabled = enabled
        channel.save(update_fields=["enabled"])
        action = "channel.enabled" if enabled else "channel.disabled"
        record(action, channel, actor, {})
    return channel


@transaction.atomic
def remove_channel(*, channel: Channel, actor: Actor) -> None:
    """Forget a channel's secrets and rules. Its row stays for the log of deliveries."""
    channel = _locked(channel)
    channel.sealed_target = channel.sealed_signing_key = None
    channel.enabled, channel.removed_at = False, timezone.now()
    channel.save(
        update_fields=["sealed_target", "sealed_signing_key", "enabled", "removed_at"]
    )
    channel.rules.all().delete()
    record("channel.removed", channel, actor, _facts(channel))


@transaction.atomic
def rotate_key(*, channel: Channel, actor: Actor) -> str:
    """Give a webhook another signing key, from now on; return it, once."""
    channel = _locked(channel)
    key = _make_signing_key(channel)
    channel.save(update_fields=["sealed_signing_key"])
    record("channel.key_rotated", channel, actor, {})
    return key


@transaction.atomic
def send_test(*, channel: Channel, actor: Actor) -> Delivery:
    """Write a test message; a worker sends it as any other. Raises TooSoon."""
    channel = _locked(channel)
    lately = timezone.now() - TEST_EVERY
    if channel.deliveries.filter(event=Event.TEST, created_at__gt=lately).exists():
        raise TooSoon
    delivery = Delivery.objects.create(
        channel=channel, event=Event.TEST, body=messages.test_body(channel.name)
    )
    deciding.ring_after_commit()
    record("channel.tested", channel, actor, {})
    return delivery


@transaction.atomic
def save_rule(
    *, channel: Channel, terms: RuleTerms, actor: Actor, rule: AlertRule | None = None
) -> AlertRule:
    """Add a rule to a channel, or change the one given."""
    channel = _locked(channel)
    before = rule_facts(rule) if rule else None
    rule = rule or AlertRule(channel=channel)
    rule.team, rule.kinds = terms.team, terms.kinds
    rule.cool_down, rule.daily = terms.cool_down, terms.daily
    rule.save()
    detail = {"before": before, "after": rule_facts(rule)}
    record("channel.rule_saved", channel, actor, detail)
    return rule


@transaction.atomic
def remove_rule(*, rule: AlertRule, actor: Actor) -> None:
    """Take a rule away from its channel."""
    channel = _locked(rule.channel)
    detail = {"before": rule_facts(rule)}
    rule.delete()
    record("channel.rule_removed", channel, actor, detail)


def check_target(kind: ChannelKind, target: str) -> str:
    """Return how a target is shown, if messages may go there. Raises BadTarget."""
    if kind == ChannelKind.EMAIL:
        if not mailing.is_address(target):
            raise BadTarget(NO_ADDRESS)
        return target[:100]
    try:
        checked = outbound.check(target)
    except outbound.Refused as refusal:
        raise BadTarget(refusal.sentence) from None
    path = urlsplit(target).path.strip("/")
    tail = f"/…{target[-4:]}" if len(path) > 4 else "/"
    return f"{checked.origin[:90]}{tail}"


def rule_facts(rule: AlertRule) -> dict[str, object]:
    """Return what a rule says, for the audit log."""
    return {
        "team": str(rule.team_id) if rule.team_id else None,
        "kinds": list(rule.kinds),
        "cool_down_seconds": int(rule.cool_down.total_seconds())
        if rule.cool_down
        else None,
        "daily": rule.daily,
    }


def record(
    action: str, channel: Channel, actor: Actor, detail: Mapping[str, object]
) -> None:
    """Write an audit entry about a channel."""
    trail.record(
        action=action,
        actor=actor,
        object_kind="channel",
        object_id=str(channel.pk),
        object_name=channel.name,
        detail=detail,
    )


def _facts(channel: Channel) -> dict[str, object]:
    return {
        "name": channel.name,
        "kind": str(channel.kind),
        "target": channel.shown_target,
        "digest_hour": channel.digest_hour,
    }


def _make_signing_key(channel: Channel) -> str:
    key = secrets.token_urlsafe(32)
    channel.sealed_signing_key = sealing.seal_text(
        key, kind=SIGNING_KEY, row=channel.pk
    )
    return key


def _save(channel: Channel, *, new: bool = False) -> None:
    columns = ["name", "digest_hour", "shown_target", "sealed_target"]
    try:
        with transaction.atomic():
            if new:
                channel.save(force_insert=True)
            else:
                channel.save(update_fields=columns)
    except IntegrityError:
        raise NameTaken from None


def _locked(channel: Channel) -> Channel:
    """Return the row, locked. Raises Removed."""
    rows = Channel.objects.select_for_update(no_key=True).filter(removed_at=None)
    stored = rows.filter(pk=channel.pk).first()
    if stored is None:
        raise Removed
    return stored
