"""What the poller writes about models and prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from console import xai
from console.accounts.models import Team
from console.catalog.models import PRICE_FIELDS, LanguageModel, PriceVersion

_FACTS = (
    "created_upstream_at",
    "owned_by",
    "version",
    "fingerprint",
    "input_modalities",
    "output_modalities",
    "aliases",
    "context_length",
    "capabilities",
    "raw",
)


@dataclass(frozen=True, slots=True)
class CatalogSeen:
    """The models of one answer, and the prices in it that are new."""

    models: dict[str, UUID]  # model id -> row
    new_prices: tuple[PriceVersion, ...]


@transaction.atomic
def record_language_models(
    *,
    host: str,
    team: Team,
    listed: xai.LanguageModelList,
    models: xai.ModelList | None,
    seen_at: datetime,
) -> CatalogSeen:
    """Store what one key of a team was told about models; return what is new.

    A fact or price that is missing or odd keeps its last good value. Calling it
    twice is harmless; an answer older than what is known changes no fact and makes
    no price. The number of statements does not grow with the number of models.
    """
    _let_one_in(host)
    entries = {entry.id: entry for entry in reversed(listed.models)}
    lengths = (
        {entry.id: entry.context_length for entry in models.models} if models else {}
    )
    rows = _record_facts(host, entries, lengths, seen_at)
    new_prices = _record_prices(team, rows, entries, seen_at)
    return CatalogSeen({name: row.pk for name, row in rows.items()}, new_prices)


def _let_one_in(host: str) -> None:
    """Make writers of one host's catalog wait for each other until they commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"catalog {host}"]
        )


def _record_facts(
    host: str,
    entries: dict[str, xai.LanguageModel],
    lengths: dict[str, int | None],
    seen_at: datetime,
) -> dict[str, LanguageModel]:
    stored = LanguageModel.objects.filter(host=host, model_id__in=entries)
    rows = {row.model_id: row for row in stored}
    new: list[LanguageModel] = []
    changed: list[LanguageModel] = []
    same: list[LanguageModel] = []
    for model_id, entry in entries.items():
        row = rows.get(model_id)
        if row is None:
            row = LanguageModel(host=host, model_id=model_id, first_seen_at=seen_at)
            new.append(row)
        elif seen_at <= row.last_seen_at:
            continue
        told = _told(entry, lengths.get(model_id))
        differs = {
            field: value
            for field, value in told.items()
            if value is not None and value != getattr(row, field)
        }
        for field, value in differs.items():
            setattr(row, field, value)
        row.last_seen_at = seen_at
        if model_id in rows:
            (changed if differs else same).append(row)
        rows[model_id] = row
    LanguageModel.objects.bulk_create(new)
    LanguageModel.objects.bulk_update(changed, [*_FACTS, "last_seen_at"])
    LanguageModel.objects.filter(pk__in=[row.pk for row in same]).update(
        last_seen_at=seen_at
    )
    return rows


def _told(entry: xai.LanguageModel, context_length: int | None) -> dict[str, Any]:
    """Return the facts of one entry by column. None: not told."""
    return {
        "created_upstream_at": _instant(entry.created),
        "owned_by": _cut(entry.owned_by),
        "version": _cut(entry.version),
        "fingerprint": _cut(entry.fingerprint),
        "input_modalities": _listed(entry.input_modalities),
        "output_modalities": _listed(entry.output_modalities),
        "aliases": _listed(entry.aliases),
        "context_length": context_length,
        "capabilities": entry.capabilities,
        "raw": entry.raw,
    }


def _record_prices(
    team: Team,
    rows: dict[str, LanguageModel],
    entries: dict[str, xai.LanguageModel],
    seen_at: datetime,
) -> tuple[PriceVersion, ...]:
    """Move on the versions that still hold, and append one where a price differs."""
    newest = (
        PriceVersion.objects.filter(team=team, model__in=rows.values())
        .order_by("model_id", "-first_seen_at")
        .distinct("model_id")
    )
    latest = {version.model_id: version for version in newest}
    new, same = [], []
    for model_id, row in rows.items():
        known = latest.get(row.pk)
        if known is not None and seen_at <= known.last_seen_at:
            continue
        prices = _prices(entries[model_id], known)
        if known is not None and prices == _prices(known, None):
            same.append(known.pk)
        else:
            new.append(
                PriceVersion(
                    model=row,
                    team=team,
                    first_seen_at=seen_at,
                    last_seen_at=seen_at,
                    **prices,
                )
            )
    PriceVersion.objects.newest().filter(
        team=team, model__in=[version.model_id for version in new]
    ).update(superseded_at=seen_at)
    PriceVersion.objects.bulk_create(new)
    PriceVersion.objects.filter(pk__in=same).update(last_seen_at=seen_at)
    return tuple(new)


def _prices(
    told: xai.LanguageModel | PriceVersion, known: PriceVersion | None
) -> dict[str, int | None]:
    """Return the prices, with the last known one where none was told."""
    prices: dict[str, int | None] = {}
    for field in PRICE_FIELDS:
        price = getattr(told, field)
        prices[field] = getattr(known, field, None) if price is None else price
    return prices


def _instant(seconds: int | None) -> datetime | None:
    """Return Unix seconds as an instant, or None for years no model was made in."""
    if not seconds or seconds > 32_503_680_000:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _cut(text: str | None) -> str | None:
    return None if text is None else text[:100]


def _listed(texts: tuple[str, ...] | None) -> list[str] | None:
    return None if texts is None else list(texts)
