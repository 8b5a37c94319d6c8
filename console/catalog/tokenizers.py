"""What is read of tokenizers, and when one has changed. Called by the sentinel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from console.accounts.models import Team
from console.catalog import changes, corpus
from console.catalog.differences import Difference
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
) -> tuple[ChangeSight, ...]:
    """Store one look at a tokenizer; if it has changed, return who is told of it.

    `seen_at` is the time of the last answer, and `team` the one whose key asked.
    Answers that are not newer than what is stored are ignored, so calling it twice
    with the same ones is harmless. The first look of a team is no change, and neither
    is the first one with another version of the corpus.

    The tokenizer is the model's, not the team's: every team that is told of the model
    is told of the change, too, whichever team's key has found it.
    """
    LanguageModel.objects.select_for_update(no_key=True).get(pk=model.pk)
    told = {reading.language: reading for reading in readings}
    rows = TokenizerReading.objects.filter(
        model=model, team=team, corpus=version, superseded_at=None
    )
    known = {row.language: row for row in rows if row.language in told}
    if any(seen_at <= row.last_seen_at for row in known.values()):
        return ()
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
    return _note(model, team, version, known, told, seen_at) if changed else ()


def _alike(row: TokenizerReading, reading: Reading) -> bool:
    return (row.tokens, row.ids_digest) == (reading.tokens, reading.ids_digest)


def _note(
    model: LanguageModel,
    team: Team,
    version: str,
    known: Mapping[str, TokenizerReading],
    told: Mapping[str, Reading],
    seen_at: datetime,
) -> tuple[ChangeSight, ...]:
    """Write the change, unless this team was told of it when another's key found it."""
    difference = Difference(
        kind=ChangeKind.TOKENIZER,
        model=model,
        field=version,
        before=sum(row.tokens for row in known.values()),
        after=sum(told[language].tokens for language in known),
        unchanged_at=min(row.last_seen_at for row in known.values()),
        seen_at=seen_at,
    )
    if _is_told(difference, team):
        return ()
    (sight,) = changes.record([difference], team=team)
    change = sight.change
    listed = PriceVersion.objects.newest().filter(model=model).values("team")
    others = [
        ChangeSight(
            change=change,
            team=other,
            unchanged_at=difference.unchanged_at,
            seen_at=seen_at,
        )
        for other in Team.objects.filter(pk__in=listed).exclude(
            pk__in=change.sights.values("team")
        )
    ]
    return sight, *ChangeSight.objects.bulk_create(others)


def _is_told(difference: Difference, team: Team) -> bool:
    return CatalogChange.objects.filter(
        kind=difference.kind,
        model=difference.model,
        field=difference.field,
        before=difference.before,
        after=difference.after,
        first_seen_at__gt=difference.unchanged_at,
        sights__team=team,
    ).exists()
