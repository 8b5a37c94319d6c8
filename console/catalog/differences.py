"""What differs between what a team knew and what it was told now. Pure.

A first version is no change by itself: of a team that was told of other models of
the host before it means that the model is new, of any other team nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from console.catalog.models import (
    PRICE_FIELDS,
    ChangeKind,
    FactsVersion,
    LanguageModel,
    PriceVersion,
)
from console.catalog.versions import Step

KEPT_FACTS: Final = (
    "version",
    "fingerprint",
    "input_modalities",
    "output_modalities",
    "aliases",
    "context_length",
)
_KINDS: Final = {
    "version": ChangeKind.VERSION,
    "fingerprint": ChangeKind.FINGERPRINT,
    "input_modalities": ChangeKind.MODALITIES,
    "output_modalities": ChangeKind.MODALITIES,
    "context_length": ChangeKind.CONTEXT,
}


@dataclass(frozen=True, slots=True)
class Told:
    """The newest versions of one host's models, as one team knew them; by model."""

    prices: Mapping[UUID, PriceVersion]
    facts: Mapping[UUID, FactsVersion]  # with their models

    @property
    def last_look_at(self) -> datetime | None:
        """When the team was told of any model of the host; None: never."""
        looks = [version.last_seen_at for version in self.prices.values()]
        looks += [v.missing_at for v in self.prices.values() if v.missing_at]
        return max(looks, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that changed in one model after `unchanged_at`, by `seen_at`."""

    kind: ChangeKind
    model: LanguageModel
    unchanged_at: datetime | None
    seen_at: datetime
    field: str = ""
    before: Any = None
    after: Any = None
    price_before: PriceVersion | None = None
    price_after: PriceVersion | None = None

    @property
    def place(self) -> tuple[str, UUID, str]:
        """Return what it has in common with the same change of another team."""
        return (self.kind, self.model.pk, self.field)

    @property
    def odd(self) -> bool:
        """Whether it is a price that is not plausible."""
        return self.price_after is not None and not self.price_after.is_sound


def differences(
    known: Told,
    *,
    prices: Sequence[Step[PriceVersion]],
    facts: Sequence[Step[FactsVersion]],
    seen_at: datetime,
) -> list[Difference]:
    """Return what one look changed."""
    last_look_at = known.last_look_at
    found = [*_of_lists(prices, last_look_at, seen_at), *_of_prices(prices, seen_at)]
    found += _of_facts(facts, seen_at)
    found += _of_aliases(known, facts, seen_at)
    return found


def _of_lists(
    steps: Sequence[Step[PriceVersion]],
    last_look_at: datetime | None,
    seen_at: datetime,
) -> Iterator[Difference]:
    for step in steps:
        kind, since = ChangeKind.LISTED, last_look_at
        if step.before is not None:
            kind, since = ChangeKind.RELISTED, step.before.missing_at
        if since is not None:
            yield Difference(
                kind=kind,
                model=step.after.model,
                unchanged_at=since,
                seen_at=seen_at,
                price_after=step.after,
            )


def _of_prices(
    steps: Sequence[Step[PriceVersion]], seen_at: datetime
) -> Iterator[Difference]:
    for step in steps:
        before, after = step.before, step.after
        if before is None or not step.differs:
            continue
        changed = [f for f in PRICE_FIELDS if getattr(before, f) != getattr(after, f)]
        yield Difference(
            kind=ChangeKind.PRICE,
            model=after.model,
            unchanged_at=before.last_seen_at,
            seen_at=seen_at,
            before={field: getattr(before, field) for field in changed},
            after={field: getattr(after, field) for field in changed},
            price_before=before,
            price_after=after,
        )


def _of_facts(
    steps: Sequence[Step[FactsVersion]], seen_at: datetime
) -> Iterator[Difference]:
    """Yield facts that differ from one told before; aliases are told apart."""
    for step in steps:
        before, after = step.before, step.after
        for field, kind in _KINDS.items():
            old, new = getattr(before, field, None), getattr(after, field)
            if before is not None and old is not None and old != new:
                yield Difference(
                    kind=kind,
                    model=after.model,
                    field=field,
                    before=old,
                    after=new,
                    unchanged_at=before.last_seen_at,
                    seen_at=seen_at,
                )


def _of_aliases(
    known: Told,
    steps: Sequence[Step[FactsVersion]],
    seen_at: datetime,
) -> Iterator[Difference]:
    """Yield each alias that stands for another model, for one more, or for none."""
    stood_for = _owners(known.facts.values())
    now_told = {step.after.model_id: step.after for step in steps}
    stands_for = _owners({**known.facts, **now_told}.values())
    for alias in sorted({*stood_for, *stands_for}):
        old, new = stood_for.get(alias), stands_for.get(alias)
        old_model = old.model if old else None
        new_model = new.model if new else None
        if old_model == new_model:
            continue
        if old is None and new is not None and _tells_first(known, new):
            continue  # a new model's own aliases, or the first that were told
        model = new_model or old_model
        if model is None:
            continue
        yield Difference(
            kind=ChangeKind.ALIAS,
            model=model,
            field=alias,
            before=old_model.model_id if old_model else None,
            after=new_model.model_id if new_model else None,
            unchanged_at=_unchanged_at(known, old, new),
            seen_at=seen_at,
        )


def _owners(versions: Any) -> dict[str, FactsVersion]:
    """Return whose alias each is; of two that claim one, the one seen last."""
    owners: dict[str, FactsVersion] = {}
    for version in sorted(versions, key=lambda one: one.first_seen_at):
        for alias in version.aliases or ():
            owners[alias] = version
    return owners


def _tells_first(known: Told, version: FactsVersion) -> bool:
    before = known.facts.get(version.model_id)
    return before is None or before.aliases is None


def _unchanged_at(
    known: Told, old: FactsVersion | None, new: FactsVersion | None
) -> datetime | None:
    before = old or (known.facts.get(new.model_id) if new else None)
    return before.last_seen_at if before else None
