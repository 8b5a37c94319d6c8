"""Where the sentinel stands, and what it has found, as its page shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from console.accounts.models import Team, User
from console.catalog import corpus
from console.catalog.models import CatalogChange, ChangeKind, TokenizerReading
from console.finance.models import Sentinel
from console.finance.sentinel import running, switching
from console.keys.models import ApiKey
from console.usage.models import ChangeEffect

NEWEST: Final = 20  # changes shown


@dataclass(frozen=True, slots=True)
class Standing:
    """The sentinel, as one person may see it."""

    sentinel: Sentinel
    problem: str  # without names, for those who do not see the key's team
    key: ApiKey | None  # None: of a team this person does not see
    removed: bool  # the key was, so nothing can be read
    at_work: bool
    paused_until: datetime | None
    is_due: bool
    done: int  # texts of this look
    total: int
    may_ask: bool  # for a look now

    @property
    def is_unfinished(self) -> bool:
        """Tell whether a look has begun, or is about to."""
        return self.is_due and not self.removed


def standing(*, user: User | AnonymousUser, now: datetime) -> Standing | None:
    """Return where it stands; None: nobody has switched it on. At most five queries."""
    row = Sentinel.objects.select_related("key__team", "person").first()
    if row is None:
        return None
    seen = Team.objects.visible_to(user).filter(pk=row.key.team_id).exists()
    held = row.lease_until is not None and row.lease_until > now
    is_due = row.due_at <= now
    done = total = 0
    if seen and is_due and row.key.removed_at is None:
        done, total = _progress(row)
    finished = row.finished_at
    unnamed = "Not every text could be read." if row.problem else ""
    return Standing(
        sentinel=row,
        problem=row.problem if seen else unnamed,
        key=row.key if seen else None,
        removed=row.key.removed_at is not None,
        at_work=held and row.lease is not None,
        paused_until=row.lease_until if held and row.lease is None else None,
        is_due=is_due,
        done=done,
        total=total,
        may_ask=not is_due
        and (finished is None or now - finished >= switching.ASK_EVERY),
    )


def _progress(row: Sentinel) -> tuple[int, int]:
    """Count the texts that were read since the look was due, and all of them."""
    models = running.models_of(row.key)
    done = TokenizerReading.objects.filter(
        model__in=[model.pk for model in models],
        team=row.key.team_id,
        corpus=corpus.VERSION,
        superseded_at=None,
        last_seen_at__gte=row.due_at,
    )
    return done.count(), len(models) * len(corpus.texts())


@dataclass(frozen=True, slots=True)
class Recut:
    """One text that is cut otherwise than before."""

    name: str  # of the language
    before: int  # tokens
    after: int

    @property
    def percent(self) -> Decimal:
        """Return by how much its tokens grew."""
        return _growth(self.before, self.after)

    @property
    def size(self) -> Decimal:
        """Return the percent without its sign."""
        return abs(self.percent)


def _growth(before: int, after: int) -> Decimal:
    return (Decimal(100 * (after - before)) / before).quantize(Decimal("0.1"))


@dataclass(frozen=True, slots=True)
class TokenizerChange:
    """One change of a tokenizer, with what it means."""

    change: CatalogChange
    texts: tuple[Recut, ...]
    ticks: int | None  # for the teams this person sees, per 30 days; None: no calls
    calls: int
    unknown_calls: int

    @property
    def percent(self) -> Decimal:
        """Return by how much the tokens of all texts together grew."""
        return _growth(int(self.change.before or 0), int(self.change.after or 0))

    @property
    def size(self) -> Decimal:
        """Return the percent without its sign."""
        return abs(self.percent)

    @property
    def most(self) -> Recut | None:
        """Return the text whose tokens changed most; None where all changed alike."""
        most = max(self.texts, key=lambda text: text.size, default=None)
        return None if most is None or most.percent == self.percent else most

    @property
    def recounted(self) -> int:
        """Return how many texts take another number of tokens."""
        return sum(text.before != text.after for text in self.texts)

    @property
    def amount(self) -> int | None:
        """Return the ticks without their sign."""
        return None if self.ticks is None else abs(self.ticks)

    @property
    def same_counts(self) -> bool:
        """Tell whether only ids changed."""
        return all(text.before == text.after for text in self.texts)


def changes(*, user: User | AnonymousUser) -> list[TokenizerChange]:
    """Return the newest changes that teams of this person were told, in 3 queries."""
    found = list(
        CatalogChange.objects.visible_to(user)
        .filter(kind=ChangeKind.TOKENIZER)
        .select_related("model")[:NEWEST]
    )
    if not found:
        return []
    texts = _recut(found)
    effects: dict[UUID, list[ChangeEffect]] = defaultdict(list)
    for effect in ChangeEffect.objects.filter(
        change__in=found, team__in=Team.objects.visible_to(user)
    ):
        effects[effect.change_id].append(effect)
    return [
        _change(change, texts.get(change.pk, ()), effects[change.pk])
        for change in found
    ]


def _change(
    change: CatalogChange, texts: Sequence[Recut], effects: Sequence[ChangeEffect]
) -> TokenizerChange:
    calls = sum(effect.calls for effect in effects)
    return TokenizerChange(
        change=change,
        texts=tuple(texts),
        ticks=sum(effect.ticks or 0 for effect in effects) if calls else None,
        calls=calls,
        unknown_calls=sum(effect.unknown_calls for effect in effects),
    )


def _recut(found: Sequence[CatalogChange]) -> dict[UUID, list[Recut]]:
    """Return the texts whose readings ended and began with each change."""
    times = {change.first_seen_at for change in found}
    rows = TokenizerReading.objects.filter(
        Q(superseded_at__in=times) | Q(first_seen_at__in=times),
        model__in={change.model_id for change in found},
    )
    old, new = {}, {}
    for row in rows:
        place = row.model_id, row.corpus, row.language
        old[*place, row.superseded_at] = row
        new[*place, row.first_seen_at] = row
    recut: dict[UUID, list[Recut]] = defaultdict(list)
    for change in found:
        for language, name in corpus.NAMES.items():
            place = change.model_id, change.field, language
            before = old.get((*place, change.first_seen_at))
            after = new.get((*place, change.first_seen_at))
            if before and after:
                recut[change.pk].append(Recut(name, before.tokens, after.tokens))
    return recut
