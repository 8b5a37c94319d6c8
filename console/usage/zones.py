"""In whose days sums are read: the zone of a person, or the organisation's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings

from console.accounts.models import User
from console.usage.models import ReportingZone

NOT_PLACES: Final = ("Etc/", "SystemV/", "US/", "Brazil/", "Canada/", "Chile/")


@dataclass(frozen=True, slots=True)
class Zone:
    """The zone whose days a page shows."""

    name: str
    pk: int | None  # of its ReportingZone; None: nothing is added up in it yet
    comes: str = ""  # the zone they chose, as long as its days are being added up

    @property
    def clock(self) -> ZoneInfo:
        """Return its calendar."""
        return ZoneInfo(self.name)


def clock_of(user: User) -> ZoneInfo:
    """Return the zone whose clocks this person reads, also before it is built."""
    return ZoneInfo(user.time_zone or settings.TIME_ZONE)


def zone_of(user: User) -> Zone:
    """Return the zone this person chose, and the organisation's until it is built.

    One query.
    """
    names = {user.time_zone, settings.TIME_ZONE}
    built = {
        zone.name: zone.pk
        for zone in ReportingZone.objects.filter(name__in=names)
        if zone.built_at
    }
    if not user.time_zone or user.time_zone in built:
        name = user.time_zone or settings.TIME_ZONE
        return Zone(name, built.get(name))
    return Zone(settings.TIME_ZONE, built.get(settings.TIME_ZONE), user.time_zone)


def keep_zone(*, user: User, name: str) -> None:
    """Keep in which zone's days this person reads; `name` is one of `zone_names`.

    The next `roll_up` adds up a zone that nobody else uses, and drops one that nobody
    uses any more.
    """
    User.objects.filter(pk=user.pk).update(
        time_zone="" if name == settings.TIME_ZONE else name
    )


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Return the zones that can be chosen: those named for a place, and UTC."""
    places = {
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(NOT_PLACES)
    }
    return tuple(sorted(places | {"UTC", settings.TIME_ZONE}))
