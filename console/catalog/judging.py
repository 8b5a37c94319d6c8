"""Judging new prices: after the team's own last sound ones, and beside other teams'."""

from __future__ import annotations

from collections.abc import Collection

from console.catalog.models import PRICE_FIELDS, PriceVersion
from console.catalog.plausibility import odd_fields
from console.catalog.versions import Step


def judge(steps: Collection[Step[PriceVersion]]) -> None:
    """Mark new prices of one team that are not plausible after its last sound ones.

    The rows are not stored yet. At most two queries.
    """
    doubted = [
        step.before for step in steps if step.before and not step.before.is_sound
    ]
    sound = {}
    if doubted:
        older = PriceVersion.objects.sound().filter(
            model__in=[version.model_id for version in doubted],
            team=doubted[0].team_id,
        )
        last = older.order_by("model_id", "-first_seen_at").distinct("model_id")
        sound = {version.model_id: version for version in last}
    for step in steps:
        trusted = step.before
        if trusted is not None and not trusted.is_sound:
            trusted = sound.get(trusted.model_id)
        step.after.odd = odd_fields(trusted, step.after)
    _agree([step.after for step in steps if step.after.odd or step.before is None])


def _agree(unsure: Collection[PriceVersion]) -> None:
    """Judge prices as those of other teams that are told the same.

    What a person confirmed is confirmed for teams that come later; what is doubted is
    doubted for a team that has nothing of its own to measure it by.
    """
    if not unsure:
        return
    judged = PriceVersion.objects.newest().exclude(odd=[])
    others = judged.filter(model__in={version.model_id for version in unsure})
    by_price = {
        (other.model_id, *_prices_of(other)): other
        for other in others.order_by(
            "model_id", "prices_digest", "confirmed_at"
        ).distinct("model_id", "prices_digest")
    }
    for version in unsure:
        other = by_price.get((version.model_id, *_prices_of(version)))
        if other is not None:
            version.odd = version.odd or other.odd
            version.confirmed_at = other.confirmed_at
            version.confirmed_by_id = other.confirmed_by_id


def _prices_of(version: PriceVersion) -> tuple[int | None, ...]:
    return tuple(getattr(version, field) for field in PRICE_FIELDS)
