"""Which models a key sees; written by the poller through `observations`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from console import xai
from console.catalog.models import ChangeSight, PriceVersion
from console.catalog.observations import (
    CatalogSeen,
    record_language_models,
    record_missing,
)
from console.catalog.versions import longest_gap
from console.keys import team_checks
from console.keys.models import ApiKey, KeyModel


@dataclass(frozen=True, slots=True)
class ModelsSeen:
    """What one answer of the model lists changed."""

    appeared: tuple[str, ...] = ()  # model ids this key did not see before
    gone: tuple[str, ...] = ()
    sights: tuple[ChangeSight, ...] = ()  # what changed for its team


@transaction.atomic
def record_models(
    *,
    api_key: ApiKey,
    listed: xai.LanguageModelList,
    models: xai.ModelList | None,
    seen_at: datetime,
) -> ModelsSeen:
    """Store one answer of /v1/language-models, with /v1/models if that was told.

    Calling it twice is harmless, and an answer older than what is known is left
    out. A list with unreadable entries closes no sighting: the model that is
    missed may be one of them.
    """
    stored = (
        ApiKey.objects.select_for_update(no_key=True)
        .filter(pk=api_key.pk, removed_at=None, secret_version=api_key.secret_version)
        .select_related("team")
        .first()
    )
    last = stored.models_checked_at if stored else None
    if stored is None or (last is not None and seen_at <= last):
        return ModelsSeen()
    catalog = record_language_models(
        host=stored.host,
        team=stored.team,
        listed=listed,
        models=models,
        seen_at=seen_at,
        is_first_look=last is None,
    )
    seen = _follow(stored, catalog, listed, seen_at)
    stored.models_checked_at = seen_at
    if last is None or seen.appeared or seen.gone or seen.sights:
        stored.assess_due_at = seen_at
    stored.save(update_fields=["models_checked_at", "assess_due_at"])
    team_checks.note_models(team=stored.team_id, read_at=seen_at)
    return seen


def _follow(
    stored: ApiKey,
    catalog: CatalogSeen,
    listed: xai.LanguageModelList,
    seen_at: datetime,
) -> ModelsSeen:
    """Open and close the sightings that differ from the list."""
    open_rows = {
        row.model_id: row
        for row in stored.sees.filter(seen_until=None).select_related("model")
    }
    appeared = [pk for pk in catalog.models.values() if pk not in open_rows]
    KeyModel.objects.bulk_create(
        KeyModel(key=stored, model_id=pk, seen_from=seen_at) for pk in appeared
    )
    here = set(catalog.models.values())
    gone = [] if listed.skipped else [pk for pk in open_rows if pk not in here]
    if gone:
        stored.sees.filter(seen_until=None, model__in=gone).update(
            seen_until=stored.models_checked_at or seen_at
        )
    names = {pk: model_id for model_id, pk in catalog.models.items()}
    return ModelsSeen(
        appeared=tuple(names[pk] for pk in appeared),
        gone=tuple(open_rows[pk].model.model_id for pk in gone),
        sights=(*catalog.sights, *_missing(stored, catalog, listed, seen_at)),
    )


def _missing(
    stored: ApiKey,
    catalog: CatalogSeen,
    listed: xai.LanguageModelList,
    seen_at: datetime,
) -> tuple[ChangeSight, ...]:
    """Store which models no key of the team is shown any more.

    What another key saw counts as long as its own look is not too old to be trusted.
    """
    if listed.skipped:
        return ()
    shown = KeyModel.objects.filter(
        seen_until=None,
        key__team=stored.team_id,
        key__host=stored.host,
        key__removed_at=None,
        key__models_checked_at__gte=seen_at - longest_gap(),
    ).exclude(key=stored)
    unseen = (
        PriceVersion.objects.newest()
        .filter(team=stored.team_id, model__host=stored.host, missing_at=None)
        .exclude(model__in=catalog.models.values())
        .exclude(model__in=shown.values("model"))
    )
    gone = [version.model_id for version in unseen]
    if not gone:
        return ()
    return record_missing(
        host=stored.host, team=stored.team, models=gone, seen_at=seen_at
    )
