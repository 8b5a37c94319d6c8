"""Current prices, for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db.models import Q

from console.catalog.models import PRICE_FIELDS, PriceVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentPrice:
    """What one model costs now, as the keys of the named teams see it.

    Teams that are told the same prices share a row. Prices are ticks per token;
    None means not told. A long-context price or threshold of 0 means no such tier.
    """

    model: UUID  # the row of the catalog
    host: str
    model_id: str
    aliases: tuple[str, ...] | None
    version: str | None
    fingerprint: str | None
    input_modalities: tuple[str, ...] | None
    output_modalities: tuple[str, ...] | None
    context_length: int | None  # tokens
    teams: tuple[str, ...]  # names, in order
    team_ids: tuple[UUID, ...]
    differs: bool  # another team is told other prices
    first_seen_at: datetime  # of these prices, by the first team
    last_seen_at: datetime  # of these prices, by any of the teams
    prompt_text_token_price: int | None
    cached_prompt_text_token_price: int | None
    prompt_image_token_price: int | None
    completion_text_token_price: int | None
    search_price: int | None
    prompt_text_token_price_long_context: int | None
    cached_prompt_text_token_price_long_context: int | None
    completion_text_token_price_long_context: int | None
    long_context_threshold: int | None  # tokens

    @property
    def takes_images(self) -> bool | None:
        """Whether images go in; None: xAI did not tell."""
        told = self.input_modalities
        return None if told is None else "image" in told

    @property
    def has_long_context_tier(self) -> bool | None:
        """Whether long prompts cost more; None: xAI did not tell."""
        threshold = self.long_context_threshold
        return None if threshold is None else threshold > 0


def current_prices(*, team_ids: Iterable[UUID], search: str = "") -> list[CurrentPrice]:
    """Return the prices as these teams see them, by model id. One query.

    `search` narrows to models with that text in id, alias, version or fingerprint.
    """
    versions = (
        PriceVersion.objects.filter(team__in=list(team_ids))
        .order_by("model_id", "team_id", "-first_seen_at")
        .distinct("model_id", "team_id")
        .select_related("model", "team")
    )
    if search:
        versions = versions.filter(
            Q(model__model_id__icontains=search)
            | Q(model__aliases__icontains=search)
            | Q(model__version__icontains=search)
            | Q(model__fingerprint__icontains=search)
        )
    found = sorted(versions, key=lambda v: (v.model.model_id, v.model.host, v.model_id))
    rows: list[CurrentPrice] = []
    for _, of_model in groupby(found, key=lambda version: version.model_id):
        rows += _rows_of_model(list(of_model))
    return rows


def _rows_of_model(versions: list[PriceVersion]) -> list[CurrentPrice]:
    alike: dict[tuple[int | None, ...], list[PriceVersion]] = {}
    for version in sorted(versions, key=lambda version: version.team.name):
        prices = tuple(getattr(version, field) for field in PRICE_FIELDS)
        alike.setdefault(prices, []).append(version)
    return [
        _row(prices, group, differs=len(alike) > 1) for prices, group in alike.items()
    ]


def _row(
    prices: tuple[int | None, ...], versions: list[PriceVersion], *, differs: bool
) -> CurrentPrice:
    model = versions[0].model
    return CurrentPrice(
        model=model.pk,
        host=model.host,
        model_id=model.model_id,
        aliases=_texts(model.aliases),
        version=model.version,
        fingerprint=model.fingerprint,
        input_modalities=_texts(model.input_modalities),
        output_modalities=_texts(model.output_modalities),
        context_length=model.context_length,
        teams=tuple(version.team.name for version in versions),
        team_ids=tuple(version.team_id for version in versions),
        differs=differs,
        first_seen_at=min(version.first_seen_at for version in versions),
        last_seen_at=max(version.last_seen_at for version in versions),
        **dict(zip(PRICE_FIELDS, prices, strict=True)),
    )


def _texts(stored: list[str] | None) -> tuple[str, ...] | None:
    return None if stored is None else tuple(stored)
