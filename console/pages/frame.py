"""What stands around every page: a context processor, evaluated only where it is shown.

It costs two queries: one over the keys this person sees, one over the poller's pulse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Max, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from console import vault
from console.accounts import rules
from console.accounts.models import User
from console.keys.models import ApiKey, KeyState
from console.polling import life


@dataclass(frozen=True, slots=True)
class Facts:
    """The keys one person sees, in figures; times are those of the newest answer."""

    keys: int
    bad: int  # blocked, rejected or unreachable; disabling is a person's wish
    keys_checked_at: datetime | None
    prices_read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Item:
    """One address of the rail."""

    title: str
    icon: str
    url: str
    current: bool
    count: int | None = None
    alert: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Addresses of one kind; the first group has no title."""

    title: str
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Address:
    """Where an item of the rail leads, and which rule opens it."""

    group: str
    title: str
    icon: str
    name: str
    rule: str


ADDRESSES = (
    Address("", "Overview", "overview", "pages:overview", "overview.view"),
    Address("Keys", "Inventory", "key", "keys:list", "keys.view"),
    Address("Money", "Prices", "price", "finance:prices", "prices.view"),
    Address("Playground", "Chat", "chat", "playground:chat", "playground.use"),
    Address(
        "Playground", "Messages", "braces", "playground:messages", "playground.use"
    ),
    Address("Playground", "Tokenize", "token", "playground:tokenize", "playground.use"),
    Address("Record", "Audit log", "log", "pages:audit", "audit.view"),
    Address("Running", "Status", "bolt", "pages:status", "status.view"),
    Address("Running", "Sandbox", "sliders", "pages:sandbox", "sandbox.control"),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what base.html and its parts show on every page."""
    user = getattr(request, "user", None)
    person = user if isinstance(user, User) else None
    facts = _lazy(lambda: facts_for(person))
    return {
        "may": rules.may(person or AnonymousUser()),
        "nav": _lazy(lambda: rail(person, request.path, facts)),
        "facts": facts,
        "poller": _lazy(lambda: life.poller_state(timezone.now())),
        "seal": _lazy(vault.state),
        "tryout": settings.TRYOUT,
    }


def facts_for(person: User | None) -> Facts:
    """Count the keys this person sees, in one query."""
    if person is None:
        return Facts(0, 0, None, None)
    fine = (KeyState.ACTIVE, KeyState.UNKNOWN, KeyState.DISABLED)
    row = ApiKey.objects.visible_to(person).aggregate(
        Count("id"),
        Max("checked_at"),
        Max("models_checked_at"),
        bad=Count("id", filter=~Q(state__in=fine)),
    )
    return Facts(
        keys=row["id__count"],
        bad=row["bad"],
        keys_checked_at=row["checked_at__max"],
        prices_read_at=row["models_checked_at__max"],
    )


def rail(person: User | None, path: str, facts: Facts) -> list[Group]:
    """Return the addresses this person may open, grouped, the current one marked."""
    groups: dict[str, Group] = {}
    for address in ADDRESSES:
        if person is None or not rules.allows(person, address.rule):
            continue
        group = groups.setdefault(address.group, Group(address.group, []))
        url = reverse(address.name)
        group.items.append(
            Item(
                title=address.title,
                icon=address.icon,
                url=url,
                current=path == url if url == "/" else path.startswith(url),
                count=facts.keys if address.name == "keys:list" else None,
                alert=facts.bad if address.name == "pages:overview" else 0,
            )
        )
    return list(groups.values())


def _lazy(make: Callable[[], Any]) -> Any:
    return SimpleLazyObject(make)
