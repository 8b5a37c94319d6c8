"""What stands around every page: a context processor, evaluated only where it is shown.

It costs five queries, of which one counts the keys this person sees; the others read
a few rows each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Max, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from console import vault
from console.accounts import rules
from console.accounts.models import User
from console.alerts.models import Incident
from console.keys.assessment import WEIGHTS
from console.keys.models import ApiKey, Severity, TeamChecks, marked
from console.polling import life


@dataclass(frozen=True, slots=True)
class Facts:
    """The keys one person sees, in figures; times are those of the newest answer."""

    keys: int
    incidents: int  # that are open
    outside: int  # looks at changes made outside that wait for a person
    high_findings: int  # open and not accepted
    keys_checked_at: datetime | None  # in the teams they see
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

    @property
    def url(self) -> str:
        """Return the path, which is the same for as long as the process runs."""
        return _path(self.name)


ADDRESSES = (
    Address("", "Overview", "overview", "pages:overview", "overview.view"),
    Address("Keys", "Inventory", "key", "keys:list", "keys.view"),
    Address("Keys", "Access matrix", "matrix", "keys:access", "keys.view"),
    Address("Keys", "Changes", "columns", "keys:changes", "keys.view"),
    Address("Keys", "Findings", "flag", "keys:findings", "keys.view"),
    Address("Money", "Prices", "price", "finance:prices", "prices.view"),
    Address("Money", "Usage", "usage", "usage:usage", "usage.view"),
    Address("Money", "Calls", "log", "calls:list", "usage.view"),
    Address("Money", "Budgets", "coin", "budgets:list", "budgets.view"),
    Address("Playground", "Chat", "chat", "playground:chat", "playground.use"),
    Address(
        "Playground", "Messages", "braces", "playground:messages", "playground.use"
    ),
    Address(
        "Playground", "History", "bookmark", "playground:history", "playground.use"
    ),
    Address("Playground", "Twin", "columns", "playground:twin", "playground.use"),
    Address("Playground", "Tokenize", "token", "playground:tokenize", "playground.use"),
    Address("Playground", "Legacy", "stale", "playground:legacy", "playground.use"),
    Address("Playground", "Explore", "code", "playground:explore", "playground.use"),
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
    """Count the keys and open incidents this person sees, in four queries."""
    if person is None:
        return Facts(0, 0, 0, 0, None, None)
    keys = ApiKey.objects.visible_to(person)
    marks = keys.filter(marked()).aggregate(
        outside=Sum("outside_changes", default=0),
        high=Sum(F("finding_weight") / WEIGHTS[Severity.HIGH], default=0),
    )
    checks = TeamChecks.objects.visible_to(person).aggregate(
        keys=Max("keys_checked_at"), models=Max("models_checked_at")
    )
    return Facts(
        keys=keys.count(),
        incidents=Incident.objects.visible_to(person).open().count(),
        outside=marks["outside"],
        high_findings=marks["high"],
        keys_checked_at=checks["keys"],
        prices_read_at=checks["models"],
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
                url=address.url,
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
        for url in [address.url]
        if path == url or (url != "/" and path.startswith(url))
    ]
    return max(above, key=lambda found: found[0], default=(0, None))[1]


@cache
def _path(name: str) -> str:
    return reverse(name)


def _lazy(make: Callable[[], Any]) -> Any:
    return SimpleLazyObject(make)
