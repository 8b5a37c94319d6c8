"""What models are, as the teams of one person are told.

`LanguageModel` holds the newest facts that any team was told; those who see all teams
may read them there, the others may not.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Min, Q, QuerySet

from console.accounts.models import User
from console.catalog.differences import KEPT_FACTS
from console.catalog.models import FactsVersion, LanguageModel, PriceVersion


def models_told(*, user: User | AnonymousUser, search: str) -> list[LanguageModel]:
    """Return models with the facts that teams of this person are told.

    `search` narrows to those with that text in id, alias, version or fingerprint. The
    rows are not to be saved. One query, or three for those who see some teams only.
    """
    models = LanguageModel.objects.defer("raw", "capabilities")
    if not (isinstance(user, User) and user.sees_all_teams):
        return [row for row in _own(user) if _matches(row, search.casefold())]
    if search:
        models = models.filter(
            Q(model_id__icontains=search)
            | Q(aliases__icontains=search)
            | Q(version__icontains=search)
            | Q(fingerprint__icontains=search)
        )
    return list(models)


def first_look(*, user: User | AnonymousUser) -> datetime | None:
    """Return when teams of this person were first told of any model; None: never."""
    told: QuerySet[Any] = PriceVersion.objects.visible_to(user)
    if isinstance(user, User) and user.sees_all_teams:
        told = LanguageModel.objects.all()  # the same, of fewer rows
    first: datetime | None = told.aggregate(first=Min("first_seen_at"))["first"]
    return first


def _own(user: User | AnonymousUser) -> list[LanguageModel]:
    """Return the models of this person's teams, without what others are told."""
    prices = PriceVersion.objects.visible_to(user).order_by()
    since = dict(prices.values_list("model").annotate(Min("first_seen_at")))
    told = FactsVersion.objects.visible_to(user).filter(superseded_at=None)
    facts = {
        row.model_id: row
        for row in told.order_by("model_id", "-last_seen_at").distinct("model_id")
    }
    models = list(
        LanguageModel.objects.filter(pk__in=since).defer("raw", "capabilities")
    )
    for model in models:
        own = facts.get(model.pk)
        for field in KEPT_FACTS:
            setattr(model, field, getattr(own, field, None))
        model.first_seen_at = since[model.pk]
    return models


def _matches(model: LanguageModel, search: str) -> bool:
    told = (model.model_id, model.version, model.fingerprint, *(model.aliases or ()))
    return any(search in text.casefold() for text in told if text)
