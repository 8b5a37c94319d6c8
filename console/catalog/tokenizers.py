"""What is read of tokenizers, and when one has changed. Called by the sentinel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Greatest

from console.accounts.models import Team
from console.catalog import corpus
from console.catalog.models import (
    CatalogChange,
    ChangeKind,
    ChangeSight,
    LanguageModel,
    PriceVersion,
    TokenizerReading,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a model cut one text of the corpus."""

    language: str
    characters: int
    tokens: int
    ids_digest: str  # the same for the same token ids in the same order


@transaction.atomic(savepoint=False)
def record_readings(
    *,
    model: LanguageModel,
    team: Team,
    readings: Iterable[Reading],
    seen_at: datetime,
    version: str = corpus.VERSION,
) -> CatalogChange | None:
    """Store one look at a tokenizer; return the change, if there is one.

    `seen_at` is the time of the last answer, and `team` the one whose key asked.
    Answers that are not newer than what is stored are ignored, so calling it twice
    with the same ones is harmless. The first look of a team is no change, and neither
    is the first one with another version of the corpus.

    The tokenizer is the model's, not the team's: every team that is told of the model
    is shown the change, and a change that another team's key has found is joined.
    """
    LanguageModel.objects.select_for_update(no_key=True).get(pk=model.pk)
    told = {reading.language: reading for reading in readings}
    rows = TokenizerReading.objects.filter(
        model=model, team=team, corpus=version, superseded_at=None
    )
    known = {row.language: row for row in rows if row.language in told}
    if any(seen_at <= row.last_seen_at for row in known.values()):
        return None
    changed = {
        language: row
        for language, row in known.items()
        if not _alike(row, told[language])
    }
    rows.filter(language__in=known.keys() - changed.keys()).update(last_seen_at=seen_at)
    rows.filter(language__in=changed).update(superseded_at=seen_at)
    TokenizerReading.objects.bulk_create(
        TokenizerReading(
            model=model,
            team=team,
            corpus=version,
            language=language,
            characters=reading.characters,
            tokens=reading.tokens,
            ids_digest=reading.ids_digest,
            first_seen_at=seen_at,
            last_seen_at=seen_at,
        )
        for language, reading in told.items()
        if language not in known or language in changed
    )
    return _note(model, team, version, known, told, seen_at) if changed else None


def _alike(row: TokenizerReading, reading: Reading) -> bool:
    return (row.tokens, row.ids_digest) == (reading.tokens, reading.ids_digest)


def _note(
    model: LanguageModel,
    team: Team,
    version: str,
    known: Mapping[str, TokenizerReading],
    told: Mapping[str, Reading],
    seen_at: datetime,
) -> CatalogChange | None:
    """Write the change, or join the one that another team's key has found."""
    unchanged_at = min(row.last_seen_at for row in known.values())
    what = {
        "kind": ChangeKind.TOKENIZER,
        "model": model,
        "field": version,
        "before": sum(row.tokens for row in known.values()),
        "after": sum(told[language].tokens for language in known),
    }
    found = CatalogChange.objects.filter(**what, first_seen_at__gt=unchanged_at)
    joined = found.exclude(first_seen_at=seen_at).first()
    change = joined or CatalogChange.objects.create(
        **what, first_seen_at=seen_at, last_joined_at=seen_at
    )
    seen_by = Q(pk=team.pk) | Q(
        pk__in=PriceVersion.objects.newest().filter(model=model).values("team")
    )
    ChangeSight.objects.bulk_create(
        (
            ChangeSight(
                change=change, team=each, unchanged_at=unchanged_at, seen_at=seen_at
            )
            for each in Team.objects.filter(seen_by)
        ),
        ignore_conflicts=True,
    )
    if joined is None:
        return change
    CatalogChange.objects.filter(pk=joined.pk).update(
        last_joined_at=Greatest("last_joined_at", seen_at)
    )
    return None
