"""What the views that act on many keys share: which keys, and the way back."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from console.keys.forms.filters import came_from, picked_of
from console.keys.inventory import visible_teams
from console.keys.narrowing import Filters
from console.keys.selection import NothingPicked, Selection, selected


def picked(request: HttpRequest) -> Selection:
    """Return the keys somebody picked and may see. Raises NothingPicked or TooMany."""
    teams = visible_teams(request.user)
    filters = picked_of(_values(request), teams=teams)
    if filters is None:
        raise NothingPicked
    return selected(user=request.user, filters=filters, now=timezone.now())


def list_of(request: HttpRequest) -> Filters:
    """Return the filters of the list that was picked from."""
    return came_from(_values(request), teams=visible_teams(request.user))


def _values(request: HttpRequest) -> QueryDict:
    return request.POST if request.method == "POST" else request.GET
