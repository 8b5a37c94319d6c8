"""What stands around every page: a context processor, evaluated only where it is shown.

It costs three queries: over the keys this person sees, over the open incidents, and
over the poller's pulse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, F, Max, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from console import vault
from console.accounts import rules
from console.accounts.models import User
from console.alerts.models import Incident
from console.keys.assessment import WEIGHTS
from console.keys.models import ApiKey, Severity
from console.polling import life


@dataclass(frozen=True, slots=True)
class Facts:
    """The keys one person sees, in figures; times are those of the newest answer."""

    keys: int
    incidents: int  # that are open
    outside: int  # looks at changes made outside that wait for a person
    high_findings: int  # open and not accepted
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
    alert_words: str = ""  # what the number counts, for those who hear it


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
    Address("Keys", "Access matrix", "matrix", "keys:access", "keys.view"),
    Address("Keys", "Changes", "columns", "keys:changes", "keys.view"),
    Address("Keys", "Findings", "flag", "keys:findings", "keys.view"),
    Address("Money", "Prices", "price", "finance:prices", "prices.view"),
    Address("Playground", "Chat", "chat", "playground:chat", "playground.use"),
    Address(
        "Playground", "Messages", "braces", "playground:messages", "playground.use"
    ),
    Address("Playground", "Tokenize", "token", "playground:tokenize", "playground.use"),
    Address("Record", "Audit log", "log", "pages:audit", "audit.view"),
    Address("Running", "Incidents", "warn", "incidents:list", "incidents.view"),
    Address("Running", "Alerts", "send", "alerts:list", "alerts.view"),
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
    """Count the keys and open incidents this person sees, in two queries."""
    if person is None:
        return Facts(0, 0, 0, 0, None, None)
    row = ApiKey.objects.visible_to(person).aggregate(
        Count("id"),
        Max("checked_at"),
        Max("models_checked_at"),
        Sum("outside_changes"),
        high=Sum(F("finding_weight") / WEIGHTS[Severity.HIGH], default=0),
    )
    return Facts(
        keys=row["id__count"],
        incidents=Incident.objects.visible_to(person).open().count(),
        outside=row["outside_changes__sum"] or 0,
        high_findings=row["high"],
        keys_checked_at=row["checked_at__max"],
        prices_read_at=row["models_checked_at__max"],
    )


def rail(person: User | None, path: str, facts: Facts) -> list[Group]:
    """Return the addresses this person may open, grouped, the current one marked."""
    groups: dict[str, Group] = {}
    counts = {"keys:list": facts.keys, "keys:changes": facts.outside or None}
    alerts = {
        "pages:overview": (facts.incidents, "open incidents"),
        "incidents:list": (facts.incidents, "open incidents"),
        "keys:findings": (facts.high_findings, "of high severity"),
    }
    here = current(path)
    for address in ADDRESSES:
        if person is None or not rules.allows(person, address.rule):
            continue
        group = groups.setdefault(address.group, Group(address.group, []))
        alert, words = alerts.get(address.name, (0, ""))
        group.items.append(
            Item(
                title=address.title,
                icon=address.icon,
                url=reverse(address.name),
                current=address is here,
                count=counts.get(address.name),
                alert=alert,
                alert_words=words,
            )
        )
    return list(groups.values())


def current(path: str) -> Address | None:
    """Return the address a page lies below; of several, the nearest."""
    above = [
        (len(url), address)
        for address in ADDRESSES
        for url in [reverse(address.name)]
        if path == url or (url != "/" and path.startswith(url))
    ]
    return max(above, key=lambda found: found[0], default=(0, None))[1]


def _lazy(make: Callable[[], Any]) -> Any:
    return SimpleLazyObject(make)
