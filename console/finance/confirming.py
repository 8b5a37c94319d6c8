"""Letting costs use a price that is not plausible. Pages call it."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from console.accounts.models import User
from console.alerts import incidents, model_changes
from console.audit import trail
from console.audit.actors import Actor
from console.catalog.models import LanguageModel, PriceVersion
from console.lib import bell
from console.usage.tasks import reprice_confirmed


@transaction.atomic
def confirm(*, model: LanguageModel, digest: int, user: User, actor: Actor) -> int:
    """Confirm one odd price of a model, for all teams that are told it now.

    Return for how many; 0 when it was confirmed before or is told no more. Calls that
    were booked meanwhile stay as they are; what the change costs is worked out soon.
    """
    told = PriceVersion.objects.newest().filter(model=model, missing_at=None)
    doubted = told.doubted().filter(prices_digest=digest)
    confirmed = doubted.update(confirmed_at=Now(), confirmed_by=user)
    if not confirmed:
        return 0
    incidents.hold()  # after the rows of prices, as the poller takes them
    version = PriceVersion.objects.newest().filter(model=model, prices_digest=digest)
    odd = version[0].odd
    model_changes.settle_odd_prices([model.pk], actor=actor)
    transaction.on_commit(lambda: bell.ring(reprice_confirmed.name))
    trail.record(
        action="price.confirmed",
        actor=actor,
        object_kind="model",
        object_id=str(model.pk),
        object_name=model.model_id,
        detail={
            "teams": confirmed,
            "ticks": {field: getattr(version[0], field) for field in odd},
        },
    )
    return confirmed
