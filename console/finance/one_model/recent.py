"""The newest changes of one model, and the newest of its price with what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from console.accounts.models import User
from console.catalog.models import CatalogChange, ChangeKind
from console.finance.changes.rows import ChangeRow, rows_of

NEWEST: Final = 8


@dataclass(frozen=True, slots=True)
class Recent:
    """What changed lately."""

    changes: tuple[ChangeRow, ...] = ()  # the newest first
    price: ChangeRow | None = None  # the newest change of price, however old


def recent(*, user: User | AnonymousUser, model: UUID) -> Recent:
    """Return what teams of this person were told.

    The number of queries is fixed, but for one more if the newest are of no price.
    """
    if not isinstance(user, User):
        return Recent()
    told = CatalogChange.objects.visible_to(user).filter(model=model)
    told = told.select_related("model").defer("model__raw", "model__capabilities")
    newest = list(told[:NEWEST])
    price = next((one for one in newest if one.kind == ChangeKind.PRICE), None)
    asked = newest
    if price is None and len(newest) == NEWEST:
        price = told.filter(kind=ChangeKind.PRICE).first()
        asked = newest if price is None else [*newest, price]
    rows = rows_of(asked, user=user)
    return Recent(
        changes=tuple(rows[:NEWEST]),
        price=next((row for row in rows if row.change == price), None),
    )
