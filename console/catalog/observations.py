"""What the poller writes about models and prices."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from console import xai
from console.accounts.models import Team
from console.catalog import changes, versions
from console.catalog.differences import KEPT_FACTS, Told, differences
from console.catalog.judging import judge
from console.catalog.models import (
    PRICE_FIELDS,
    ChangeKind,
    ChangeSight,
    FactsVersion,
    LanguageModel,
    PriceVersion,
)
from console.catalog.versions import Step

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
    """The models of one answer, and what in it is new."""

    models: dict[str, UUID]  # model id -> row
    new_prices: tuple[PriceVersion, ...] = ()
    sights: tuple[ChangeSight, ...] = ()  # changes, as this team was told of them


@transaction.atomic
def record_language_models(
    *,
    host: str,
    team: Team,
    listed: xai.LanguageModelList,
    models: xai.ModelList | None,
    seen_at: datetime,
    is_first_look: bool = False,
) -> CatalogSeen:
    """Store what one key of a team was told about models; return what is new.

    `is_first_look` says that this key was never told before: what it is shown beside
    what other keys of the team were shown is new to us, but not new at xAI.

    A fact or price that is missing or odd keeps its last good value. Calling it twice
    is harmless; an answer older than what is known changes no fact and makes no price.
    The number of statements does not grow with the number of models.
    """
    _let_one_in(host)
    entries = {entry.id: entry for entry in reversed(listed.models)}
    lengths = (
        {entry.id: entry.context_length for entry in models.models} if models else {}
    )
    rows = _record_facts(host, entries, lengths, seen_at)
    known = _known(host, team)
    prices = _follow_prices(team, rows, entries, known, seen_at)
    facts = _follow_facts(team, rows, entries, lengths, known, seen_at)
    found = differences(known, prices=prices, facts=facts, seen_at=seen_at)
    if is_first_look:
        found = [one for one in found if one.kind != ChangeKind.LISTED]
    return CatalogSeen(
        models={name: row.pk for name, row in rows.items()},
        new_prices=tuple(step.after for step in prices),
        sights=changes.record(found, team=team),
    )


@transaction.atomic
def record_missing(
    *, host: str, team: Team, models: Collection[UUID], seen_at: datetime
) -> tuple[ChangeSight, ...]:
    """Store that no key of the team was shown these models any more.

    Return the changes. A model that is known to be missing, or that was seen since,
    is left out, so that calling it twice is harmless.
    """
    _let_one_in(host)
    listed = PriceVersion.objects.newest().filter(
        team=team, model__in=models, missing_at=None, last_seen_at__lt=seen_at
    )
    gone = list(listed.select_related("model"))
    PriceVersion.objects.filter(pk__in=[version.pk for version in gone]).update(
        missing_at=seen_at
    )
    return changes.record(changes.unlisted(gone, seen_at=seen_at), team=team)


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


def _known(host: str, team: Team) -> Told:
    """Return the newest versions of all models of one host, as one team knows them."""
    prices = PriceVersion.objects.newest().filter(team=team, model__host=host)
    facts = FactsVersion.objects.filter(
        team=team, model__host=host, superseded_at=None
    ).select_related("model")
    return Told(
        prices={version.model_id: version for version in prices},
        facts={version.model_id: version for version in facts},
    )


def _follow_prices(
    team: Team,
    rows: Mapping[str, LanguageModel],
    entries: Mapping[str, xai.LanguageModel],
    known: Told,
    seen_at: datetime,
) -> list[Step[PriceVersion]]:
    """Move on the versions that still hold, and append one where a price differs."""
    steps: list[Step[PriceVersion]] = []
    same: list[UUID] = []
    for model_id, row in rows.items():
        before = known.prices.get(row.pk)
        if versions.is_late(before, seen_at):
            continue
        told = {field: getattr(entries[model_id], field) for field in PRICE_FIELDS}
        prices = versions.merged(told, before)
        differs = before is None or _differ(before, prices)
        if before is not None and not differs and versions.goes_on(before, seen_at):
            same.append(before.pk)
            continue
        after = PriceVersion(
            model=row, team=team, first_seen_at=seen_at, last_seen_at=seen_at, **prices
        )
        steps.append(Step(before, after, differs))
    judge(steps)
    versions.write(PriceVersion, steps=steps, same=same, seen_at=seen_at)
    return steps


def _follow_facts(
    team: Team,
    rows: Mapping[str, LanguageModel],
    entries: Mapping[str, xai.LanguageModel],
    lengths: Mapping[str, int | None],
    known: Told,
    seen_at: datetime,
) -> list[Step[FactsVersion]]:
    """Do the same for what a model is; and note which whole answer the team got."""
    steps: list[Step[FactsVersion]] = []
    same: list[UUID] = []
    unlike: list[FactsVersion] = []
    for model_id, row in rows.items():
        before, listing = known.facts.get(row.pk), known.prices.get(row.pk)
        if versions.is_late(before, seen_at) or versions.is_late(listing, seen_at):
            continue
        told = _told(entries[model_id], lengths.get(model_id))
        facts = versions.merged({field: told[field] for field in KEPT_FACTS}, before)
        differs = before is None or _differ(before, facts)
        seen_on = listing is None or versions.goes_on(listing, seen_at)
        digest = raw_digest(told["raw"])
        if before is not None and not differs and seen_on:
            same.append(before.pk)
            if before.raw_digest != digest:
                before.raw_digest = digest
                unlike.append(before)
            continue
        after = FactsVersion(
            model=row, team=team, first_seen_at=seen_at, last_seen_at=seen_at,
            raw_digest=digest, **facts,
        )  # fmt: skip
        steps.append(Step(before, after, differs))
    versions.write(FactsVersion, steps=steps, same=same, seen_at=seen_at)
    FactsVersion.objects.bulk_update(unlike, ["raw_digest"])
    return steps


def raw_digest(raw: Mapping[str, Any]) -> str:
    """Return what is the same for the same answer, in any order of its fields."""
    return sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()


def _differ(known: PriceVersion | FactsVersion, told: Mapping[str, Any]) -> bool:
    return any(getattr(known, field) != value for field, value in told.items())


def _instant(seconds: int | None) -> datetime | None:
    """Return Unix seconds as an instant, or None for years no model was made in."""
    if not seconds or seconds > 32_503_680_000:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _cut(text: str | None) -> str | None:
    return None if text is None else text[:100]


def _listed(texts: tuple[str, ...] | None) -> list[str] | None:
    return None if texts is None else list(texts)
